/* SPDX-License-Identifier: MIT
 *
 * Makes keys, JWKs and tokens for tests, and asks about them. What it makes has nothing of what it helps to test:
 * signatures are OpenSSL's, JSON is jansson's.
 */
#include <config.h>

#include <check.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>
#include <plugins/jose/jws/token.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <src/base/array.h>
#include <tests/support/jose_support.h>

#define MEMORY_LIMIT (64 * 1024 * 1024)
#define BYTES_MAX    4096

void test_memory_open(struct test_memory *memory) {
    arena_init(&memory->arena, NULL, 0, MEMORY_LIMIT);
    memory->pool = arena_pool(&memory->arena);
}

void test_memory_close(struct test_memory *memory) {
    arena_free(&memory->arena);
}

/* ---- Keys -------------------------------------------------------------------------------------------------------- */

static struct {
    char name[32];
    EVP_PKEY *pkey;
} made[32];

static EVP_PKEY *rsa_make(const char *type, int bits) {
    EVP_PKEY *pkey = NULL;
    EVP_PKEY_CTX *make = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    ck_assert_int_eq(EVP_PKEY_keygen_init(make), 1);
    ck_assert_int_eq(EVP_PKEY_CTX_set_rsa_keygen_bits(make, bits), 1);
    ck_assert_int_eq(EVP_PKEY_generate(make, &pkey), 1);
    EVP_PKEY_CTX_free(make);
    return pkey;
}

static EVP_PKEY *key_make(const char *name) {
    EVP_PKEY *pkey = NULL;
    if (strncmp(name, "RSA-", 4) == 0 || strncmp(name, "PSS-", 4) == 0) {
        pkey = rsa_make(name[0] == 'R' ? "RSA" : "RSA-PSS", (int)strtol(name + 4, NULL, 10));
    } else if (strcmp(name, "secp256k1") == 0) {
        pkey = EVP_PKEY_Q_keygen(NULL, NULL, "EC", name);
    } else if (strncmp(name, "P-", 2) == 0) {
        pkey = EVP_PKEY_Q_keygen(NULL, NULL, "EC", (char[]){ name[0], name[1], name[2], name[3], name[4], '\0' });
    } else {
        pkey = EVP_PKEY_Q_keygen(NULL, NULL, strncmp(name, "Ed448", 5) == 0 ? "ED448" : "ED25519");
    }
    ck_assert_ptr_nonnull(pkey);
    return pkey;
}

EVP_PKEY *test_key(const char *name) {
    size_t i = 0;
    while (made[i].pkey != NULL && strcmp(made[i].name, name) != 0) {
        i++;
    }
    ck_assert_uint_lt(i, COUNT(made) - 1);
    if (made[i].pkey == NULL) {
        snprintf(made[i].name, sizeof made[i].name, "%s", name);
        made[i].pkey = key_make(name);
    }
    return made[i].pkey;
}

void test_keys_free(void) {
    for (size_t i = 0; made[i].pkey != NULL; i++) {
        EVP_PKEY_free(made[i].pkey);
        made[i].pkey = NULL;
    }
}

/* ---- JWKs -------------------------------------------------------------------------------------------------------- */

char *test_base64url(struct tam_str bytes) {
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    char *text = mem_alloc(bytes.len * 2 + 4);
    size_t len = 0;
    for (size_t i = 0; i < bytes.len; i += 3) {
        unsigned long bits = 0;
        for (size_t j = i; j < i + 3; j++) {
            bits = bits << 8 | (j < bytes.len ? (unsigned char)bytes.ptr[j] : 0u);
        }
        size_t digits = bytes.len - i >= 3 ? 4 : bytes.len - i + 1;
        for (size_t j = 0; j < digits; j++) {
            text[len++] = alphabet[bits >> (18 - 6 * j) & 63];
        }
    }
    return text;
}

static void set_bytes(json_t *jwk, const char *name, const unsigned char *bytes, size_t len) {
    char *text = test_base64url((struct tam_str){ (const char *)bytes, len });
    json_object_set_new(jwk, name, json_string(text));
    mem_free(text);
}

static void set_number(json_t *jwk, const char *name, EVP_PKEY *pkey, const char *param, int len) {
    unsigned char bytes[BYTES_MAX];
    BIGNUM *number = NULL;
    ck_assert_int_eq(EVP_PKEY_get_bn_param(pkey, param, &number), 1);
    if (len == 0) {
        len = BN_num_bytes(number);
    }
    ck_assert_int_eq(BN_bn2binpad(number, bytes, len), len);
    set_bytes(jwk, name, bytes, (size_t)len);
    BN_free(number);
}

static json_t *jwk_rsa(EVP_PKEY *pkey) {
    json_t *jwk = json_pack("{s:s}", "kty", "RSA");
    set_number(jwk, "n", pkey, OSSL_PKEY_PARAM_RSA_N, 0);
    set_number(jwk, "e", pkey, OSSL_PKEY_PARAM_RSA_E, 0);
    return jwk;
}

static json_t *jwk_ec(EVP_PKEY *pkey) {
    int bits = EVP_PKEY_get_bits(pkey);
    json_t *jwk = json_pack("{s:s}", "kty", "EC");
    json_object_set_new(jwk, "crv", json_sprintf("P-%d", bits));
    set_number(jwk, "x", pkey, OSSL_PKEY_PARAM_EC_PUB_X, (bits + 7) / 8);
    set_number(jwk, "y", pkey, OSSL_PKEY_PARAM_EC_PUB_Y, (bits + 7) / 8);
    return jwk;
}

static json_t *jwk_okp(EVP_PKEY *pkey) {
    unsigned char bytes[64];
    size_t len = sizeof bytes;
    json_t *jwk = json_pack("{s:s, s:s}", "kty", "OKP", "crv", EVP_PKEY_is_a(pkey, "ED448") ? "Ed448" : "Ed25519");
    ck_assert_int_eq(EVP_PKEY_get_raw_public_key(pkey, bytes, &len), 1);
    set_bytes(jwk, "x", bytes, len);
    return jwk;
}

json_t *test_jwk(EVP_PKEY *pkey, const char *kid) {
    json_t *jwk = EVP_PKEY_is_a(pkey, "RSA") ? jwk_rsa(pkey) : EVP_PKEY_is_a(pkey, "EC") ? jwk_ec(pkey) : jwk_okp(pkey);
    if (kid != NULL) {
        json_object_set_new(jwk, "kid", json_string(kid));
    }
    return jwk;
}

json_t *test_jwk_secret(struct tam_str secret, const char *kid) {
    json_t *jwk = json_pack("{s:s}", "kty", "oct");
    set_bytes(jwk, "k", (const unsigned char *)secret.ptr, secret.len);
    if (kid != NULL) {
        json_object_set_new(jwk, "kid", json_string(kid));
    }
    return jwk;
}

X509 *test_certificate(EVP_PKEY *pkey) {
    X509 *certificate = X509_new();
    bool edwards = EVP_PKEY_is_a(pkey, "ED25519") || EVP_PKEY_is_a(pkey, "ED448"); /* these bring their digest */
    X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, pkey);
    ck_assert_int_gt(X509_sign(certificate, pkey, edwards ? NULL : EVP_sha256()), 0);
    return certificate;
}

json_t *test_x5c_element(EVP_PKEY *pkey, int more) {
    unsigned char der[8192] = { 0 }, *end = der;
    char text[12000];
    X509 *certificate = test_certificate(pkey);
    int len = i2d_X509(certificate, &end);
    X509_free(certificate);
    EVP_EncodeBlock((unsigned char *)text, der, len + more);
    return json_string(text);
}

char *test_text(json_t *json) {
    char *dumped = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);
    char *text = mem_text(str_of(dumped));
    free(dumped);
    json_decref(json);
    return text;
}

char *test_set(json_t *first, ...) {
    json_t *array = json_array();
    va_list more;
    va_start(more, first);
    for (json_t *jwk = first; jwk != NULL; jwk = va_arg(more, json_t *)) {
        json_array_append_new(array, jwk);
    }
    va_end(more);
    return test_text(json_pack("{s:o}", "keys", array));
}

struct keys *test_keys(const char *set, enum key_source source, struct buf *ret_why) {
    buf_init(ret_why, BYTES_MAX);
    return keys_from_jwks(str_of(set), source, ret_why);
}

struct key *test_key_read(const char *jwk, enum key_source source, struct buf *ret_why) {
    struct test_memory memory;
    const char *fault = NULL;
    buf_init(ret_why, BYTES_MAX);
    test_memory_open(&memory);
    const struct json *json = json_read(str_of(jwk), &memory.pool, &fault);
    ck_assert_msg(json != NULL, "%s", fault);
    struct key *key = key_from_jwk(json, source, ret_why);
    test_memory_close(&memory);
    return key;
}

void test_key_expect(json_t *jwk, enum key_source source, const char *words) {
    struct buf why;
    char *text = test_text(jwk);
    struct key *key = test_key_read(text, source, &why);
    const char *said = key != NULL ? "taken" : why.ptr != NULL ? why.ptr : "";
    ck_assert_msg((key != NULL) == (words == NULL), "%s: %s", text, said);
    ck_assert_msg(words == NULL || strstr(said, words) != NULL, "%s: %s, and not: %s", text, said, words);
    key_free(key);
    buf_free(&why);
    mem_free(text);
}

struct keys *test_keys_of(json_t *jwk, enum key_source source) {
    struct buf why;
    char *text = test_set(jwk, NULL);
    struct keys *keys = test_keys(text, source, &why);
    ck_assert_msg(keys != NULL, "%s", why.ptr);
    buf_free(&why);
    mem_free(text);
    return keys;
}

uint32_t test_token_read(const char *token) {
    struct test_memory memory;
    struct token parsed;
    struct tam_str detail;
    test_memory_open(&memory);
    uint32_t reason = token_read(str_of(token), &memory.pool, &parsed, &detail);
    test_memory_close(&memory);
    return reason;
}

static uint32_t jws_verify(struct tam_str compact, const struct keys *keys, uint32_t algorithms,
                           const struct pool *pool) {
    struct token token;
    struct tam_str detail = STR_NONE;
    uint32_t reason = token_read_jws(compact, pool, &token, &detail);
    ck_assert_int_eq(reason != TAM_REASON_NONE, detail.len > 0);
    if (reason != TAM_REASON_NONE) {
        return reason;
    }
    if (token.algorithm == NULL || (token.algorithm->bit & algorithms) == 0) {
        return TAM_REASON_UNSUPPORTED_ALGORITHM;
    }
    const struct key *key = keys_find(keys, token.has_kid, token.kid, token.algorithm, &detail);
    if (key == NULL) {
        ck_assert_uint_gt(detail.len, 0);
        return TAM_REASON_UNKNOWN_KEY;
    }
    enum key_outcome outcome = key_judge(key, token.algorithm, token.signing_input, token.signature);
    ck_assert_int_ne(outcome, KEY_UNDECIDED);
    return outcome == KEY_GOOD ? TAM_REASON_NONE : TAM_REASON_BAD_SIGNATURE;
}

uint32_t test_jws_verify(const char *token, const struct keys *keys, uint32_t algorithms) {
    struct test_memory memory;
    test_memory_open(&memory);
    uint32_t reason = jws_verify(str_of(token), keys, algorithms, &memory.pool);
    test_memory_close(&memory);
    return reason;
}

/* ---- Tokens ------------------------------------------------------------------------------------------------------ */

static char *signing_input(const char *header, const char *payload) {
    char *head = test_base64url(str_of(header)), *body = test_base64url(str_of(payload));
    size_t len = strlen(head) + strlen(body) + 2;
    char *input = mem_alloc(len);
    snprintf(input, len, "%s.%s", head, body);
    mem_free(head);
    mem_free(body);
    return input;
}

static char *join(char *input, const unsigned char *signature, size_t signature_len) {
    char *tail = test_base64url((struct tam_str){ (const char *)signature, signature_len });
    size_t len = strlen(input) + strlen(tail) + 2;
    char *token = mem_alloc(len);
    snprintf(token, len, "%s.%s", input, tail);
    mem_free(tail);
    mem_free(input);
    return token;
}

char *test_compact(const char *header, const char *payload, struct tam_str signature) {
    return join(signing_input(header, payload), (const unsigned char *)signature.ptr, signature.len);
}

static const char *digest_of(const char *alg) {
    return strcmp(alg + 2, "256") == 0 ? "SHA256" : strcmp(alg + 2, "384") == 0 ? "SHA384" : "SHA512";
}

/* DER to r || s. */
static size_t der_to_raw(unsigned char *bytes, size_t len, int coordinate_len) {
    const unsigned char *der = bytes;
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &der, (long)len);
    ck_assert_ptr_nonnull(pair);
    BN_bn2binpad(ECDSA_SIG_get0_r(pair), bytes, coordinate_len);
    BN_bn2binpad(ECDSA_SIG_get0_s(pair), bytes + coordinate_len, coordinate_len);
    ECDSA_SIG_free(pair);
    return (size_t)coordinate_len * 2;
}

static void pad(EVP_PKEY_CTX *padding, const struct test_scheme *scheme) {
    ck_assert_int_eq(EVP_PKEY_CTX_set_rsa_padding(padding, RSA_PKCS1_PSS_PADDING), 1);
    ck_assert_int_eq(EVP_PKEY_CTX_set_rsa_mgf1_md_name(padding, scheme->mask, NULL), 1);
    ck_assert_int_eq(EVP_PKEY_CTX_set_rsa_pss_saltlen(padding, scheme->salt_len), 1);
}

size_t test_signature(const struct test_scheme *scheme, EVP_PKEY *pkey, struct tam_str input,
                      unsigned char *ret_bytes) {
    size_t len = TEST_SIGNATURE_MAX;
    EVP_MD_CTX *sign = EVP_MD_CTX_new();
    EVP_PKEY_CTX *padding = NULL;
    ck_assert_int_eq(EVP_DigestSignInit_ex(sign, &padding, scheme->digest, NULL, NULL, pkey, NULL), 1);
    if (scheme->mask != NULL) {
        pad(padding, scheme);
    }
    ck_assert_int_eq(EVP_DigestSign(sign, ret_bytes, &len, (const unsigned char *)input.ptr, input.len), 1);
    EVP_MD_CTX_free(sign);
    return EVP_PKEY_is_a(pkey, "EC") ? der_to_raw(ret_bytes, len, (EVP_PKEY_get_bits(pkey) + 7) / 8) : len;
}

static char *sign(const char *alg, EVP_PKEY *pkey, int salt_len, const char *header, const char *payload) {
    unsigned char signature[TEST_SIGNATURE_MAX];
    bool edwards = alg[0] == 'E' && (alg[1] == 'd' || alg[1] == 'D');
    const char *digest = edwards ? NULL : digest_of(alg);
    const struct test_scheme scheme = { digest, alg[0] == 'P' ? digest : NULL, salt_len };
    char *input = signing_input(header, payload);

    size_t len = test_signature(&scheme, pkey, str_of(input), signature);
    return join(input, signature, len);
}

char *test_sign(const char *alg, EVP_PKEY *pkey, const char *header, const char *payload) {
    return sign(alg, pkey, RSA_PSS_SALTLEN_DIGEST, header, payload);
}

char *test_sign_salted(EVP_PKEY *pkey, int salt_len, const char *header, const char *payload) {
    return sign("PS256", pkey, salt_len, header, payload);
}

char *test_mac(const char *alg, struct tam_str secret, const char *header, const char *payload) {
    unsigned char tag[EVP_MAX_MD_SIZE];
    unsigned int len = 0;
    char *input = signing_input(header, payload);
    ck_assert_ptr_nonnull(HMAC(EVP_get_digestbyname(digest_of(alg)), secret.ptr, (int)secret.len,
                               (const unsigned char *)input, strlen(input), tag, &len));
    return join(input, tag, len);
}

/* ---- Files ------------------------------------------------------------------------------------------------------- */

char *test_file(const char *path, size_t *ret_len) {
    struct stat status;
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "%s cannot be read", path);
    ck_assert_int_eq(fstat(fileno(file), &status), 0);
    char *content = mem_alloc((size_t)status.st_size + 1);
    *ret_len = fread(content, 1, (size_t)status.st_size, file);
    fclose(file);
    return content;
}

static char *path_of(const char *folder, const char *between, const char *name) {
    size_t len = strlen(folder) + strlen(between) + strlen(name) + 1;
    char *path = mem_alloc(len);
    snprintf(path, len, "%s%s%s", folder, between, name);
    return path;
}

static const char *source_folder(void) {
    const char *folder = getenv("srcdir");
    return folder != NULL ? folder : TEST_SOURCE_DIR;
}

char *test_project_path(const char *name) {
    return path_of(source_folder(), "/tests/", name);
}
