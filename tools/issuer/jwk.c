/* SPDX-License-Identifier: MIT
 *
 * A key as a JWK (RFC 7517, RFC 7518 §6, RFC 8037 §2), public members only: no function here reads a private number.
 */
#include <config.h>

#include <tools/issuer/key.h>

#include <jansson.h>
#include <openssl/core_names.h>
#include <src/base/base64.h>
#include <src/base/mem.h>
#include <src/base/str.h>
#include <tools/issuer/signing.h>

#define NUMBER_MAX      2048 /* bytes of a public number */
#define CERTIFICATE_MAX 8192

static json_t *base64url_string(const unsigned char *bytes, size_t len) {
    char text[BASE64_ENCODED_MAX(NUMBER_MAX)];
    return json_stringn(text, base64url_encode((struct tam_str){ (const char *)bytes, len }, text));
}

/* Padded on the left to `width` bytes, or (width 0) without leading zeros: RFC 7518 §6.2.1.2 and §6.3.1.1. */
static bool number_add(json_t *jwk, const char *member, EVP_PKEY *pkey, const char *parameter, int width) {
    unsigned char bytes[NUMBER_MAX];
    BIGNUM *number = NULL;
    if (EVP_PKEY_get_bn_param(pkey, parameter, &number) != 1) {
        return false;
    }
    int len = width > 0 ? width : BN_num_bytes(number);
    bool good = len <= NUMBER_MAX && BN_bn2binpad(number, bytes, len) == len &&
                json_object_set_new(jwk, member, base64url_string(bytes, (size_t)len)) == 0;
    BN_free(number);
    return good;
}

static bool rsa_add(json_t *jwk, const struct issuer_key *key) {
    return number_add(jwk, "n", key->pkey, OSSL_PKEY_PARAM_RSA_N, 0) &&
           number_add(jwk, "e", key->pkey, OSSL_PKEY_PARAM_RSA_E, 0);
}

static bool ec_add(json_t *jwk, const struct issuer_key *key) {
    int width = (EVP_PKEY_get_bits(key->pkey) + 7) / 8;
    const char *curve = signing_algorithm_find(str_of(key->alg))->group;
    return json_object_set_new(jwk, "crv", json_string(curve)) == 0 &&
           number_add(jwk, "x", key->pkey, OSSL_PKEY_PARAM_EC_PUB_X, width) &&
           number_add(jwk, "y", key->pkey, OSSL_PKEY_PARAM_EC_PUB_Y, width);
}

static bool okp_add(json_t *jwk, const struct issuer_key *key) {
    unsigned char bytes[NUMBER_MAX];
    size_t len = sizeof bytes;
    const char *curve = EVP_PKEY_is_a(key->pkey, "ED448") ? "Ed448" : "Ed25519";
    return EVP_PKEY_get_raw_public_key(key->pkey, bytes, &len) == 1 &&
           json_object_set_new(jwk, "crv", json_string(curve)) == 0 &&
           json_object_set_new(jwk, "x", base64url_string(bytes, len)) == 0;
}

/* x5c is plain base64 with padding (RFC 7517 §4.7), unlike everything else. */
static bool certificate_add(json_t *jwk, X509 *certificate) {
    unsigned char der[CERTIFICATE_MAX], *end = der;
    int len = i2d_X509(certificate, NULL);
    if (len <= 0 || len > CERTIFICATE_MAX || i2d_X509(certificate, &end) != len) {
        return false;
    }
    char text[BASE64_ENCODED_MAX(CERTIFICATE_MAX)];
    size_t text_len = base64_encode((struct tam_str){ (const char *)der, (size_t)len }, text);
    json_t *chain = json_array();
    if (json_array_append_new(chain, json_stringn(text, text_len)) != 0) {
        json_decref(chain);
        return false;
    }
    return json_object_set_new(jwk, "x5c", chain) == 0;
}

static bool thumbprint_add(json_t *jwk, X509 *certificate) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    return X509_digest(certificate, EVP_sha1(), digest, &len) == 1 &&
           json_object_set_new(jwk, "x5t", base64url_string(digest, len)) == 0;
}

static bool members_override(json_t *jwk, json_t *members) {
    const char *name;
    json_t *value;
    json_object_foreach(members, name, value) {
        if (json_is_null(value)) {
            json_object_del(jwk, name);
        } else if (json_object_set(jwk, name, value) != 0) {
            return false;
        }
    }
    return true;
}

static const struct {
    enum signing_family family;
    const char *kty;
    bool (*add)(json_t *jwk, const struct issuer_key *key);
} key_types[] = {
    { SIGNING_RSA, "RSA", rsa_add },
    { SIGNING_PSS, "RSA", rsa_add },
    { SIGNING_ECDSA, "EC", ec_add },
    { SIGNING_EDDSA, "OKP", okp_add },
};

static bool jwk_fill(json_t *jwk, const struct issuer_key *key, bool plain) {
    enum signing_family family = signing_algorithm_find(str_of(key->alg))->family;
    size_t i = 0;
    while (key_types[i].family != family) {
        i++;
    }
    /* Entra names no algorithm beside its RSA keys; a key of another type would be ambiguous without one. */
    bool named = plain || family != SIGNING_RSA;
    return json_object_set_new(jwk, "kty", json_string(key_types[i].kty)) == 0 &&
           json_object_set_new(jwk, "use", json_string("sig")) == 0 &&
           json_object_set_new(jwk, "kid", json_string(key->kid)) == 0 &&
           (!named || json_object_set_new(jwk, "alg", json_string(key->alg)) == 0) &&
           (plain || thumbprint_add(jwk, key->certificate)) && key_types[i].add(jwk, key) &&
           (plain || certificate_add(jwk, key->certificate)) && members_override(jwk, key->jwk);
}

json_t *issuer_key_jwk(const struct issuer_key *key, bool plain) {
    json_t *jwk = json_object();
    if (jwk != NULL && jwk_fill(jwk, key, plain)) {
        return jwk;
    }
    json_decref(jwk);
    return NULL;
}
