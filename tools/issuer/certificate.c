/* SPDX-License-Identifier: MIT
 *
 * Certificates of the development identity provider, made with OpenSSL's X509 functions. Nothing here is fit for
 * production: private keys lie unencrypted in a directory.
 */
#include <config.h>

#include <tools/issuer/certificate.h>

#include <arpa/inet.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <src/base/str.h>
#include <tools/issuer/signing.h>

#define PEM_MAX ((size_t)64 << 10)

static bool name_is_address(const char *name) {
    unsigned char address[sizeof(struct in6_addr)];
    return inet_pton(AF_INET, name, address) == 1 || inet_pton(AF_INET6, name, address) == 1;
}

bool certificate_name_good(const char *name) {
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.";
    if (name_is_address(name)) {
        return true;
    }
    bool wildcard = strncmp(name, "*.", 2) == 0;
    if (wildcard) {
        name += 2;
    }
    if (wildcard && strchr(name, '.') == NULL) {
        return false; /* OpenSSL believes in no wildcard for a whole top-level domain */
    }
    size_t len = strlen(name);
    return len > 0 && len <= 253 && strspn(name, allowed) == len && name[0] != '.' && name[0] != '-';
}

static bool extension_add(X509 *certificate, X509V3_CTX *ctx, int nid, const char *value) {
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, ctx, nid, value);
    if (extension == NULL) {
        return false;
    }
    bool good = X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return good;
}

/* The names were checked by certificate_name_good(), so none can bring a comma and an entry of its own. */
static bool names_add(X509 *certificate, X509V3_CTX *ctx, const struct certificate_request *request) {
    struct buf text;
    buf_init(&text, PEM_MAX);
    for (size_t i = 0; i < request->host_count; i++) {
        buf_format(&text, "%s%s:%s", i > 0 ? "," : "", name_is_address(request->host_names[i]) ? "IP" : "DNS",
                   request->host_names[i]);
    }
    bool good = !text.failed && text.len > 0 && extension_add(certificate, ctx, NID_subject_alt_name, text.ptr);
    buf_free(&text);
    return good;
}

static bool extensions_add(X509 *certificate, const struct certificate_request *request) {
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, request->authority != NULL ? request->authority : certificate, certificate, NULL, NULL, 0);
    if (!extension_add(certificate, &ctx, NID_subject_key_identifier, "hash")) {
        return false;
    }
    if (request->is_authority) {
        return extension_add(certificate, &ctx, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
               extension_add(certificate, &ctx, NID_key_usage, "critical,keyCertSign,cRLSign");
    }
    if (request->host_names == NULL) {
        return true;
    }
    return extension_add(certificate, &ctx, NID_basic_constraints, "critical,CA:FALSE") &&
           extension_add(certificate, &ctx, NID_key_usage, "critical,digitalSignature") &&
           extension_add(certificate, &ctx, NID_ext_key_usage, "serverAuth") &&
           extension_add(certificate, &ctx, NID_authority_key_identifier, "keyid") &&
           names_add(certificate, &ctx, request);
}

static bool serial_set(X509 *certificate) {
    unsigned char random[16];
    if (RAND_bytes(random, sizeof random) != 1) {
        return false;
    }
    random[0] = (unsigned char)((random[0] & 0x7f) | 0x40); /* positive, and always of the same length */
    BIGNUM *number = BN_bin2bn(random, sizeof random, NULL);
    bool good = number != NULL && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != NULL;
    BN_free(number);
    return good;
}

static bool subject_set(X509 *certificate, const struct certificate_request *request) {
    X509_NAME *subject = X509_get_subject_name(certificate);
    const X509_NAME *issuer = request->authority != NULL ? X509_get_subject_name(request->authority) : subject;
    return X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)request->name, -1, -1, 0) ==
               1 &&
           X509_set_issuer_name(certificate, issuer) == 1;
}

/* Ed25519 and Ed448 bring their own digest. */
static bool certificate_sign(X509 *certificate, const struct certificate_request *request) {
    EVP_PKEY *key = request->authority != NULL ? request->authority_key : request->key;
    bool own_digest = EVP_PKEY_is_a(key, "ED25519") || EVP_PKEY_is_a(key, "ED448");
    return X509_sign(certificate, key, own_digest ? NULL : EVP_sha256()) > 0;
}

X509 *certificate_make(const struct certificate_request *request, struct buf *why) {
    X509 *certificate = X509_new();
    bool good = certificate != NULL && X509_set_version(certificate, X509_VERSION_3) == 1 && serial_set(certificate) &&
                X509_time_adj_ex(X509_getm_notBefore(certificate), request->valid_from, 0, NULL) != NULL &&
                X509_time_adj_ex(X509_getm_notAfter(certificate), request->valid_to, 0, NULL) != NULL &&
                X509_set_pubkey(certificate, request->key) == 1 && subject_set(certificate, request) &&
                extensions_add(certificate, request) && certificate_sign(certificate, request);
    if (good) {
        return certificate;
    }
    signing_failed(why, "cannot make a certificate");
    X509_free(certificate);
    return NULL;
}

static bool bio_drain(BIO *bio, bool written, struct buf *ret_pem, struct buf *why) {
    char *text = NULL;
    long len = written ? BIO_get_mem_data(bio, &text) : 0;
    if (len > 0) {
        buf_add(ret_pem, (struct tam_str){ text, (size_t)len });
    }
    BIO_free(bio);
    return len > 0 || signing_failed(why, "cannot write PEM");
}

bool certificate_add_pem(X509 *certificate, struct buf *ret_pem, struct buf *why) {
    BIO *bio = BIO_new(BIO_s_mem());
    return bio_drain(bio, bio != NULL && PEM_write_bio_X509(bio, certificate) == 1, ret_pem, why);
}

bool certificate_add_private_pem(EVP_PKEY *key, struct buf *ret_pem, struct buf *why) {
    BIO *bio = BIO_new(BIO_s_secmem());
    bool written = bio != NULL && PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1;
    return bio_drain(bio, written, ret_pem, why);
}

bool certificate_add_public_pem(EVP_PKEY *key, struct buf *ret_pem, struct buf *why) {
    BIO *bio = BIO_new(BIO_s_mem());
    return bio_drain(bio, bio != NULL && PEM_write_bio_PUBKEY(bio, key) == 1, ret_pem, why);
}

/* Without it OpenSSL would ask a terminal for a passphrase. */
static int no_passphrase(char *text, int size, int writing, void *ctx) {
    (void)text, (void)size, (void)writing, (void)ctx;
    return -1;
}

EVP_PKEY *certificate_read_private_pem(struct tam_str pem, struct buf *why) {
    BIO *bio = pem.len <= PEM_MAX ? BIO_new_mem_buf(pem.ptr, (int)pem.len) : NULL;
    EVP_PKEY *key = bio != NULL ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL) : NULL;
    BIO_free(bio);
    if (key == NULL) {
        signing_failed(why, "no private key in PEM");
    }
    return key;
}

X509 *certificate_read_pem(struct tam_str pem, struct buf *why) {
    BIO *bio = pem.len <= PEM_MAX ? BIO_new_mem_buf(pem.ptr, (int)pem.len) : NULL;
    X509 *certificate = bio != NULL ? PEM_read_bio_X509(bio, NULL, no_passphrase, NULL) : NULL;
    BIO_free(bio);
    if (certificate == NULL) {
        signing_failed(why, "no certificate in PEM");
    }
    return certificate;
}
