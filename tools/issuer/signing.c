/* SPDX-License-Identifier: MIT
 *
 * Signing as RFC 7518 and RFC 8037 say, with OpenSSL. It verifies nothing, and no verifier of tam links it.
 */
#include <config.h>

#include <tools/issuer/signing.h>

#include <jwt.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>
#include <src/base/array.h>
#include <src/base/mem.h>
#include <src/base/str.h>
#include <tools/common/terminal.h>

#define SIGNATURE_MAX 2048 /* RSA-16384 */
#define NAMES_MAX     1024

static const struct signing_algorithm algorithms[] = {
    { "RS256", SIGNING_RSA, "SHA256", NULL, JWT_ALG_RS256 },
    { "RS384", SIGNING_RSA, "SHA384", NULL, JWT_ALG_RS384 },
    { "RS512", SIGNING_RSA, "SHA512", NULL, JWT_ALG_RS512 },
    { "PS256", SIGNING_PSS, "SHA256", NULL, -1 },
    { "PS384", SIGNING_PSS, "SHA384", NULL, -1 },
    { "PS512", SIGNING_PSS, "SHA512", NULL, -1 },
    { "ES256", SIGNING_ECDSA, "SHA256", "P-256", JWT_ALG_ES256 },
    { "ES384", SIGNING_ECDSA, "SHA384", "P-384", JWT_ALG_ES384 },
    { "ES512", SIGNING_ECDSA, "SHA512", "P-521", JWT_ALG_ES512 },
    { "ES256K", SIGNING_ECDSA, "SHA256", "secp256k1", -1 },
    { "EdDSA", SIGNING_EDDSA, NULL, "ED25519", -1 },
    { "Ed25519", SIGNING_EDDSA, NULL, "ED25519", -1 },
    { "Ed448", SIGNING_EDDSA, NULL, "ED448", -1 },
    { "HS256", SIGNING_HMAC, "SHA256", NULL, JWT_ALG_HS256 },
    { "HS384", SIGNING_HMAC, "SHA384", NULL, JWT_ALG_HS384 },
    { "HS512", SIGNING_HMAC, "SHA512", NULL, JWT_ALG_HS512 },
    { "none", SIGNING_NONE, NULL, NULL, -1 },
};

const struct signing_algorithm *signing_algorithm_find(struct tam_str name) {
    for (size_t i = 0; i < COUNT(algorithms); i++) {
        if (str_equal(str_of(algorithms[i].name), name)) {
            return &algorithms[i];
        }
    }
    return NULL;
}

void signing_algorithm_list(struct buf *ret_names) {
    for (size_t i = 0; i < COUNT(algorithms); i++) {
        buf_format(ret_names, "%s%s", i > 0 ? " " : "", algorithms[i].name);
    }
}

void signing_algorithms_print(FILE *stream) {
    struct buf text;
    buf_init(&text, NAMES_MAX);
    buf_add_text(&text, "Algorithms: ");
    signing_algorithm_list(&text);
    terminal_wrap(stream, buf_str(&text), 0, 0);
    buf_free(&text);
}

bool signing_failed(struct buf *why, const char *what) {
    const char *reason = ERR_reason_error_string(ERR_peek_error());
    buf_format(why, "%s: %s", what, reason != NULL ? reason : "OpenSSL gives no reason");
    ERR_clear_error();
    return false;
}

EVP_PKEY *signing_key_make(const struct signing_algorithm *algorithm, int bits, struct buf *why) {
    EVP_PKEY *key = NULL;
    switch (algorithm->family) {
    case SIGNING_RSA:
    case SIGNING_PSS:
        key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)(bits > 0 ? bits : 2048));
        break;
    case SIGNING_ECDSA:
        key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", algorithm->group);
        break;
    case SIGNING_EDDSA:
        key = EVP_PKEY_Q_keygen(NULL, NULL, algorithm->group);
        break;
    case SIGNING_NONE:
    case SIGNING_HMAC:
        buf_format(why, "%s has no key pair", algorithm->name);
        return NULL;
    }
    if (key == NULL) {
        signing_failed(why, "cannot make a key");
    }
    return key;
}

static bool sign_hmac(const struct signing_algorithm *algorithm, struct tam_str secret, struct tam_str input,
                      struct buf *ret_signature, struct buf *why) {
    unsigned char mac[EVP_MAX_MD_SIZE];
    size_t len = 0;
    /* An empty secret is a secret to attack with; OpenSSL wants a pointer for it all the same. */
    const char *key = secret.len > 0 ? secret.ptr : "";
    const void *done = EVP_Q_mac(NULL, "HMAC", NULL, algorithm->digest, NULL, key, secret.len,
                                 (const unsigned char *)input.ptr, input.len, mac, sizeof mac, &len);
    if (done == NULL) {
        return signing_failed(why, "cannot compute the HMAC");
    }
    buf_add(ret_signature, (struct tam_str){ (const char *)mac, len });
    return !ret_signature->failed;
}

static bool context_start(EVP_MD_CTX *ctx, const struct signing_algorithm *algorithm, EVP_PKEY *key) {
    EVP_PKEY_CTX *key_ctx = NULL; /* belongs to ctx */
    if (EVP_DigestSignInit_ex(ctx, &key_ctx, algorithm->digest, NULL, NULL, key, NULL) != 1) {
        return false;
    }
    if (algorithm->family != SIGNING_PSS) {
        return true;
    }
    /* RFC 7518 §3.5: MGF1 with the same digest, a salt as long as its output. */
    return EVP_PKEY_CTX_set_rsa_padding(key_ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(key_ctx, RSA_PSS_SALTLEN_DIGEST) == 1;
}

/* DER to the two numbers side by side (RFC 7518 §3.4), each as long as the key's order. */
static bool ecdsa_flatten(EVP_PKEY *key, const unsigned char *der, size_t len, struct buf *ret_signature) {
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &der, (long)len);
    if (pair == NULL) {
        return false;
    }
    unsigned char flat[SIGNATURE_MAX];
    int half = (EVP_PKEY_get_bits(key) + 7) / 8;
    bool good = BN_bn2binpad(ECDSA_SIG_get0_r(pair), flat, half) == half &&
                BN_bn2binpad(ECDSA_SIG_get0_s(pair), flat + half, half) == half;
    if (good) {
        buf_add(ret_signature, (struct tam_str){ (const char *)flat, 2 * (size_t)half });
    }
    ECDSA_SIG_free(pair);
    return good;
}

static bool sign_pair(const struct signing_algorithm *algorithm, EVP_PKEY *key, struct tam_str input,
                      struct buf *ret_signature, struct buf *why) {
    unsigned char signature[SIGNATURE_MAX];
    size_t len = sizeof signature;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = ctx != NULL && context_start(ctx, algorithm, key) &&
                EVP_DigestSign(ctx, signature, &len, (const unsigned char *)input.ptr, input.len) == 1;
    EVP_MD_CTX_free(ctx);
    if (good && algorithm->family == SIGNING_ECDSA) {
        good = ecdsa_flatten(key, signature, len, ret_signature);
    } else if (good) {
        buf_add(ret_signature, (struct tam_str){ (const char *)signature, len });
    }
    return good || signing_failed(why, "this key cannot sign with this algorithm");
}

static bool key_fits(const struct signing_algorithm *algorithm, EVP_PKEY *key) {
    static const char *const types[][2] = {
        [SIGNING_RSA] = { "RSA", "RSA" },
        [SIGNING_PSS] = { "RSA", "RSA-PSS" },
        [SIGNING_ECDSA] = { "EC", "EC" },
        [SIGNING_EDDSA] = { "ED25519", "ED448" },
    };
    return key != NULL &&
           (EVP_PKEY_is_a(key, types[algorithm->family][0]) || EVP_PKEY_is_a(key, types[algorithm->family][1]));
}

bool signing_sign(const struct signing_algorithm *algorithm, EVP_PKEY *key, struct tam_str secret, struct tam_str input,
                  struct buf *ret_signature, struct buf *why) {
    if (algorithm->family == SIGNING_NONE) {
        return true;
    }
    if (algorithm->family == SIGNING_HMAC) {
        return sign_hmac(algorithm, secret, input, ret_signature, why);
    }
    if (!key_fits(algorithm, key)) {
        buf_format(why, "%s cannot be signed with a key of this type", algorithm->name);
        return false;
    }
    return sign_pair(algorithm, key, input, ret_signature, why);
}
