/* SPDX-License-Identifier: MIT
 *
 * Reads a configured key: a public key or certificate in PEM (RFC 7468), or a file with a JWK. The PEM reader refuses
 * private keys, and a file of more than one block.
 */
#include <config.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <plugins/jose/key/key_internal.h>
#include <src/base/arena.h>
#include <src/base/array.h>

#define PEM_MAX (64 * 1024)

/* Keeps pkey only if its decoder consumed all of the block. */
static EVP_PKEY *if_whole(EVP_PKEY *pkey, bool whole) {
    if (whole) {
        return pkey;
    }
    EVP_PKEY_free(pkey);
    return NULL;
}

static EVP_PKEY *read_spki(const unsigned char *der, long len) {
    const unsigned char *end = der;
    EVP_PKEY *pkey = d2i_PUBKEY(NULL, &end, len);
    return if_whole(pkey, end == der + len);
}

static EVP_PKEY *read_pkcs1(const unsigned char *der, long len) {
    const unsigned char *end = der;
    EVP_PKEY *pkey = d2i_PublicKey(EVP_PKEY_RSA, NULL, &end, len);
    return if_whole(pkey, end == der + len);
}

static EVP_PKEY *read_certificate(const unsigned char *der, long len) {
    const unsigned char *end = der;
    X509 *certificate = d2i_X509(NULL, &end, len);
    EVP_PKEY *pkey = certificate != NULL ? X509_get_pubkey(certificate) : NULL;
    X509_free(certificate);
    return if_whole(pkey, end == der + len);
}

/* RFC 7468 §13, RFC 8017 appendix A.1.1, RFC 7468 §5 */
static const struct label_row {
    const char *label;
    EVP_PKEY *(*read)(const unsigned char *der, long len);
} label_rows[] = {
    { "PUBLIC KEY", read_spki },
    { "RSA PUBLIC KEY", read_pkcs1 },
    { "CERTIFICATE", read_certificate },
};

static EVP_PKEY *read_labelled(const char *label, const unsigned char *der, long len, struct buf *ret_why) {
    for (size_t i = 0; i < COUNT(label_rows); i++) {
        if (strcmp(label_rows[i].label, label) != 0) {
            continue;
        }
        EVP_PKEY *pkey = label_rows[i].read(der, len);
        if (pkey == NULL) {
            key_refuse(ret_why, "the PEM block does not hold what its label says");
        }
        return pkey;
    }
    key_refuse(ret_why, str_ends(str_of(label), STR("PRIVATE KEY"))
                            ? "it is a private key; a verifier gets the public one"
                            : "the PEM block is neither a public key nor a certificate");
    return NULL;
}

/* The next PEM block; false: there is none. The caller frees *ret_der with OPENSSL_clear_free(), as it may be a private
 * key. */
static bool block_next(BIO *bio, char **ret_label, unsigned char **ret_der, long *ret_len) {
    char *header = NULL;
    bool there = PEM_read_bio(bio, ret_label, &header, ret_der, ret_len) == 1;
    if (there) {
        OPENSSL_free(header);
    }
    return there;
}

static EVP_PKEY *read_only_block(BIO *bio, struct buf *ret_why) {
    char *label = NULL, *more_label = NULL;
    unsigned char *der = NULL, *more_der = NULL;
    long len = 0, more_len = 0;
    EVP_PKEY *pkey = NULL;
    if (!block_next(bio, &label, &der, &len)) {
        key_refuse(ret_why, "it holds no PEM block");
        return NULL;
    }
    if (block_next(bio, &more_label, &more_der, &more_len)) {
        key_refuse(ret_why, "it holds more than one PEM block");
    } else {
        pkey = read_labelled(label, der, len, ret_why);
    }
    OPENSSL_free(label);
    OPENSSL_clear_free(der, (size_t)len);
    OPENSSL_free(more_label);
    OPENSSL_clear_free(more_der, (size_t)more_len);
    return pkey;
}

static struct key *read_pem(struct tam_str pem, struct buf *ret_why) {
    BIO *bio = BIO_new_mem_buf(pem.ptr, (int)pem.len);
    EVP_PKEY *pkey = NULL;
    if (bio != NULL) {
        pkey = read_only_block(bio, ret_why);
    } else {
        key_refuse(ret_why, "no memory");
    }
    BIO_free(bio);
    if (pkey == NULL) {
        return NULL;
    }
    if (!key_material_check(pkey, ret_why)) {
        EVP_PKEY_free(pkey);
        return NULL;
    }
    struct key *key = key_of_pkey(pkey, ret_why);
    if (key != NULL && !key_prepare(key, ret_why)) {
        key_free(key);
        key = NULL;
    }
    return key;
}

struct key *key_from_pem(struct tam_str pem, struct buf *ret_why) {
    if (pem.len == 0 || pem.len > PEM_MAX) {
        key_refuse(ret_why, "it is empty or longer than 64 KiB");
        return NULL;
    }
    ERR_set_mark();
    struct key *key = read_pem(pem, ret_why);
    ERR_pop_to_mark();
    return key;
}

static struct key *read_jwk(struct tam_str content, struct buf *ret_why) {
    const char *fault = NULL;
    struct key *key = NULL;
    struct arena arena;
    arena_init(&arena, NULL, 0, (size_t)1 << 20);
    struct pool pool = arena_pool(&arena);
    const struct json *jwk = json_read(content, &pool, &fault);
    if (jwk == NULL) {
        buf_format(ret_why, "it is no JWK: %s", fault);
    } else {
        key = key_from_jwk(jwk, KEY_FROM_FILE, ret_why);
    }
    if (key != NULL && !key_strength_check(key, ret_why)) {
        key_free(key);
        key = NULL;
    }
    arena_free(&arena);
    return key;
}

struct key *key_from_file(struct tam_str content, struct buf *ret_why) {
    return str_starts(content, STR("{")) ? read_jwk(content, ret_why) : key_from_pem(content, ret_why);
}
