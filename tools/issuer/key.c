/* SPDX-License-Identifier: MIT
 *
 * One signing key of the development identity provider: made, kept and described.
 */
#include <config.h>

#include <tools/issuer/key.h>

#include <jansson.h>
#include <openssl/evp.h>
#include <src/base/base64.h>
#include <src/base/mem.h>
#include <src/base/str.h>
#include <tools/issuer/certificate.h>
#include <tools/issuer/files.h>
#include <tools/issuer/signing.h>
#include <unistd.h>

#define PEM_MAX  ((size_t)64 << 10)
#define KEY_DAYS 1825 /* Entra's own certificates live for five years */
#define KEY_NAME "tam-issuer (not for production)"
#define BITS_MAX 16384

/* It becomes a file's name. */
static bool kid_good(const char *kid) {
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    size_t len = strlen(kid);
    return len > 0 && len <= ISSUER_KID_MAX && strspn(kid, allowed) == len;
}

static const struct signing_algorithm *key_algorithm_find(const char *name) {
    const struct signing_algorithm *found = signing_algorithm_find(str_of(name));
    bool pair = found != NULL && found->family != SIGNING_NONE && found->family != SIGNING_HMAC;
    return pair ? found : NULL;
}

static const char *description_fault(const char *kid, const struct signing_algorithm *algorithm, int bits,
                                     const json_t *jwk) {
    if (algorithm == NULL) {
        return "its alg is none that has a key pair";
    }
    if (kid != NULL && !kid_good(kid)) {
        return "its kid is not made of 1 to 64 letters, digits, - and _";
    }
    if (bits < 0 || bits > BITS_MAX) {
        return "its bits are not in 0..16384";
    }
    if (jwk != NULL && !json_is_object(jwk)) {
        return "its jwk is not an object";
    }
    return NULL;
}

bool issuer_key_describe(json_t *description, struct issuer_key *ret_key, struct buf *why) {
    const char *kid = NULL, *alg = NULL;
    json_t *jwk = NULL; /* borrowed from description */
    int bits = 0, published = 1, pinned = 0;
    json_error_t unpacking;
    int result = json_unpack_ex(description, &unpacking, JSON_STRICT, "{s?s, s:s, s?i, s?b, s?b, s?o}", "kid", &kid,
                                "alg", &alg, "bits", &bits, "published", &published, "pinned", &pinned, "jwk", &jwk);
    const struct signing_algorithm *algorithm = result == 0 ? key_algorithm_find(alg) : NULL;
    const char *fault = result != 0 ? unpacking.text : description_fault(kid, algorithm, bits, jwk);
    if (fault != NULL || algorithm == NULL) {
        buf_format(why, "a key's description: %s", fault);
        return false;
    }
    char *kid_copy = kid != NULL ? mem_text(str_of(kid)) : NULL;
    if (kid != NULL && kid_copy == NULL) {
        buf_add_text(why, "out of memory");
        return false;
    }
    *ret_key = (struct issuer_key){ .kid = kid_copy,
                                    .alg = algorithm->name,
                                    .bits = bits,
                                    .jwk = json_incref(jwk),
                                    .published = published != 0,
                                    .pinned = pinned != 0 };
    return true;
}

json_t *issuer_key_description(const struct issuer_key *key) {
    json_t *jwk = key->jwk != NULL ? json_incref(key->jwk) : json_object();
    return json_pack("{s:s, s:s, s:i, s:b, s:b, s:o}", "kid", key->kid, "alg", key->alg, "bits", key->bits, "published",
                     (int)key->published, "pinned", (int)key->pinned, "jwk", jwk);
}

void issuer_key_free(struct issuer_key *key) {
    mem_free(key->kid);
    EVP_PKEY_free(key->pkey);
    X509_free(key->certificate);
    json_decref(key->jwk);
    *key = (struct issuer_key){ .kid = NULL };
}

/* The SHA-1 thumbprint of RFC 7517 §4.8, which is Entra's kid as well; it names and protects nothing. */
static char *thumbprint(X509 *certificate) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    if (X509_digest(certificate, EVP_sha1(), digest, &len) != 1) {
        return NULL;
    }
    char text[BASE64_ENCODED_MAX(EVP_MAX_MD_SIZE)];
    size_t text_len = base64url_encode((struct tam_str){ (const char *)digest, len }, text);
    return mem_text((struct tam_str){ text, text_len });
}

bool issuer_key_make(struct issuer_key *key, struct buf *why) {
    key->pkey = signing_key_make(signing_algorithm_find(str_of(key->alg)), key->bits, why);
    if (key->pkey == NULL) {
        return false;
    }
    struct certificate_request request = { .name = KEY_NAME, .key = key->pkey, .valid_from = -1, .valid_to = KEY_DAYS };
    key->certificate = certificate_make(&request, why);
    if (key->certificate == NULL) {
        return false;
    }
    if (key->kid == NULL) {
        key->kid = thumbprint(key->certificate);
    }
    return key->kid != NULL || signing_failed(why, "cannot name a key");
}

static char *key_path(const char *dir, const struct issuer_key *key, const char *ending) {
    struct buf name;
    buf_init(&name, 256);
    buf_format(&name, "keys/%s%s", key->kid, ending);
    char *path = name.failed ? NULL : issuer_path(dir, name.ptr);
    buf_free(&name);
    return path;
}

bool issuer_key_read(const char *dir, struct issuer_key *key, struct buf *why) {
    struct buf pem;
    buf_init(&pem, PEM_MAX);
    char *path = key_path(dir, key, ".pem");
    bool good = path != NULL && issuer_file_read(path, &pem, why);
    key->pkey = good ? certificate_read_private_pem(buf_str(&pem), why) : NULL;
    key->certificate = key->pkey != NULL ? certificate_read_pem(buf_str(&pem), why) : NULL;
    buf_free(&pem);
    mem_free(path);
    return key->certificate != NULL;
}

bool issuer_key_write(const char *dir, const struct issuer_key *key, struct buf *why) {
    struct buf pem;
    buf_init(&pem, PEM_MAX);
    char *path = key_path(dir, key, ".pem");
    char *public_path = key_path(dir, key, ".pub.pem");
    bool good = path != NULL && public_path != NULL && certificate_add_private_pem(key->pkey, &pem, why) &&
                certificate_add_pem(key->certificate, &pem, why) && issuer_file_write(path, buf_str(&pem), 0600, why);
    buf_free(&pem);
    good = good && certificate_add_public_pem(key->pkey, &pem, why) &&
           issuer_file_write(public_path, buf_str(&pem), 0644, why);
    buf_free(&pem);
    mem_free(public_path);
    mem_free(path);
    return good;
}

void issuer_key_remove(const char *dir, const struct issuer_key *key) {
    static const char *const endings[] = { ".pem", ".pub.pem" };
    for (size_t i = 0; i < 2; i++) {
        char *path = key_path(dir, key, endings[i]);
        if (path != NULL) {
            unlink(path);
        }
        mem_free(path);
    }
}
