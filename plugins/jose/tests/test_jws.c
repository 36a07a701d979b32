/* SPDX-License-Identifier: MIT
 *
 * Signatures from end to end at the level of a JWS: tokens of another producer (libjwt), and the known attacks, each
 * beside a token that passes. The examples of the RFCs are in test_rfcs.c.
 */
#include <config.h>

#include <check.h>
#include <jwt.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <plugins/jose/jws/token.h>
#include <stdio.h>
#include <stdlib.h>
#include <src/base/array.h>
#include <tests/support/jose_support.h>
#include <tests/support/suite.h>

#define ANY     UINT32_MAX
#define PAYLOAD "{\"sub\":\"alice\"}"
#define SECRET  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct test_memory memory;

static void setup(void) {
    test_memory_open(&memory);
}

static void teardown(void) {
    test_memory_close(&memory);
}

static void keys_make(void) {
    static const char *const names[] = { "RSA-2048", "RSA-2048/2", "RSA-3072", "P-256",
                                         "P-384",    "P-521",      "Ed25519",  "Ed448" };

    for (size_t i = 0; i < COUNT(names); i++) {
        test_key(names[i]);
    }
}

static struct keys *set_of_key(const char *name) {
    return test_keys_of(test_jwk(test_key(name), "k"), KEY_FROM_URL);
}

/* ---- Every algorithm ---- */

static const struct {
    const char *alg, *key;
} algorithms[] = {
    { "RS256", "RSA-2048" }, { "RS384", "RSA-2048" }, { "RS512", "RSA-3072" }, { "PS256", "RSA-2048" },
    { "PS384", "RSA-3072" }, { "PS512", "RSA-2048" }, { "ES256", "P-256" },    { "ES384", "P-384" },
    { "ES512", "P-521" },    { "EdDSA", "Ed25519" },  { "EdDSA", "Ed448" },    { "Ed25519", "Ed25519" },
    { "Ed448", "Ed448" },
};

static char *header_of(const char *alg) {
    static char header[128];
    snprintf(header, sizeof header, "{\"alg\":\"%s\",\"kid\":\"k\"}", alg);
    return header;
}

START_TEST(jws_verifies_under_its_algorithm_and_no_other) {
    const char *alg = algorithms[_i].alg;
    EVP_PKEY *pkey = test_key(algorithms[_i].key);
    struct keys *keys = set_of_key(algorithms[_i].key);
    char *token = test_sign(alg, pkey, header_of(alg), PAYLOAD);
    ck_assert_uint_eq(test_jws_verify(token, keys, ANY), TAM_REASON_NONE);
    ck_assert_uint_eq(test_jws_verify(token, keys, algorithm_find(str_of(alg))->bit), TAM_REASON_NONE);
    ck_assert_uint_eq(test_jws_verify(token, keys, ~algorithm_find(str_of(alg))->bit),
                      TAM_REASON_UNSUPPORTED_ALGORITHM);
    mem_free(token);
    /* The same signature under every other name. */
    for (enum algorithm_index i = 0; i < ALGORITHM_COUNT; i++) {
        const char *name = algorithm_at(i)->name.ptr;
        bool edwards = alg[0] == 'E' && alg[1] == 'd' && algorithm_at(i)->type == KEY_OKP;
        if (strcmp(name, alg) == 0 || edwards) {
            continue;
        }
        token = test_sign(alg, pkey, header_of(name), PAYLOAD);
        uint32_t reason = test_jws_verify(token, keys, ANY);
        ck_assert_msg(reason == TAM_REASON_BAD_SIGNATURE || reason == TAM_REASON_UNKNOWN_KEY, "%s as %s", alg, name);
        mem_free(token);
    }
    keys_unref(keys);
}
END_TEST

/* Any byte of the token changed to any of several others is refused. */
START_TEST(jws_with_any_byte_changed_is_refused) {
    static const char others[] = "AaZ9-_.= ";
    const char *alg = algorithms[_i].alg;
    struct keys *keys = set_of_key(algorithms[_i].key);
    char *token = test_sign(alg, test_key(algorithms[_i].key), header_of(alg), PAYLOAD);
    for (size_t i = 0; i < strlen(token); i++) {
        char kept = token[i];
        char other = others[(i + (size_t)_i) % (sizeof others - 1)];
        if (other == kept) {
            continue;
        }
        token[i] = other;
        ck_assert_msg(test_jws_verify(token, keys, ANY) != TAM_REASON_NONE, "%s: byte %zu", alg, i);
        token[i] = kept;
    }
    ck_assert_uint_eq(test_jws_verify(token, keys, ANY), TAM_REASON_NONE);
    keys_unref(keys);
    mem_free(token);
}
END_TEST

START_TEST(jws_cut_at_any_byte_is_refused) {
    struct keys *keys = set_of_key("RSA-2048");
    char *token = test_sign("RS256", test_key("RSA-2048"), header_of("RS256"), PAYLOAD);
    size_t signed_len = (size_t)(strrchr(token, '.') + 1 - token), len = strlen(token);
    size_t bad_signatures = 0;
    ck_assert_uint_eq(test_jws_verify(token, keys, ANY), TAM_REASON_NONE);
    while (len-- > 0) {
        token[len] = '\0';
        uint32_t reason = test_jws_verify(token, keys, ANY);
        if (len > signed_len && reason == TAM_REASON_BAD_SIGNATURE) {
            bad_signatures++;
        } else {
            ck_assert_uint_eq(reason, TAM_REASON_MALFORMED);
        }
    }
    ck_assert_uint_gt(bad_signatures, 0);
    keys_unref(keys);
    mem_free(token);
}
END_TEST

/* ---- Attacks ---- */

static const struct {
    const char *header, *signature;
    uint32_t reason;
} unsigned_rows[] = {
    { "{\"alg\":\"none\"}", "", TAM_REASON_MALFORMED },
    { "{\"alg\":\"none\"}", "x", TAM_REASON_UNSUPPORTED_ALGORITHM },
    { "{\"alg\":\"None\"}", "x", TAM_REASON_UNSUPPORTED_ALGORITHM },
    { "{\"alg\":\"NONE\"}", "x", TAM_REASON_UNSUPPORTED_ALGORITHM },
    { "{\"alg\":\"nOnE\"}", "x", TAM_REASON_UNSUPPORTED_ALGORITHM },
    { "{\"alg\":\"\"}", "x", TAM_REASON_UNSUPPORTED_ALGORITHM },
    { "{\"alg\":\"\"}", "", TAM_REASON_MALFORMED },
    { "{\"alg\":\"rs256\",\"kid\":\"k\"}", "x", TAM_REASON_UNSUPPORTED_ALGORITHM },
    { "{\"alg\":\"RS1\",\"kid\":\"k\"}", "x", TAM_REASON_UNSUPPORTED_ALGORITHM },
    { "{\"alg\":\"RS256\",\"kid\":\"k\"}", "", TAM_REASON_MALFORMED },
    { "{\"alg\":\"RS256\",\"kid\":\"k\"}", "x", TAM_REASON_BAD_SIGNATURE },
    { "{\"alg\":\"RS256\",\"kid\":\"other\"}", "x", TAM_REASON_UNKNOWN_KEY },
};

START_TEST(jws_without_a_signature_is_refused) {
    struct keys *keys = set_of_key("RSA-2048");
    char *token = test_compact(unsigned_rows[_i].header, PAYLOAD, str_of(unsigned_rows[_i].signature));
    ck_assert_uint_eq(test_jws_verify(token, keys, ANY), unsigned_rows[_i].reason);
    keys_unref(keys);
    mem_free(token);
}
END_TEST

static struct tam_str view(BIO *bio) {
    char *bytes = NULL;
    long len = BIO_get_mem_data(bio, &bytes);
    return (struct tam_str){ bytes, (size_t)len };
}

/* Every spelling of a public key as the secret of an HMAC (CVE-2022-29217 and the like). */
START_TEST(jws_hmac_keyed_with_a_public_key_is_refused) {
    static const char *const names[] = { "RSA-2048", "P-256", "Ed25519" };
    static const char *const hs[] = { "HS256", "HS384", "HS512" };

    for (size_t i = 0; i < 9; i++) {
        const char *alg = hs[i % 3];
        EVP_PKEY *pkey = test_key(names[i / 3]);
        struct keys *keys = set_of_key(names[i / 3]);
        BIO *spelling[4] = { BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()) };
        char *jwk = test_text(test_jwk(pkey, "k"));
        PEM_write_bio_PUBKEY(spelling[0], pkey);
        BIO_puts(spelling[1], " ");
        PEM_write_bio_PUBKEY(spelling[1], pkey);
        i2d_PUBKEY_bio(spelling[2], pkey);
        BIO_puts(spelling[3], jwk);
        for (size_t j = 0; j < 4; j++) {
            char *token = test_mac(alg, view(spelling[j]), header_of(alg), PAYLOAD);
            ck_assert_uint_eq(test_jws_verify(token, keys, ANY), TAM_REASON_UNKNOWN_KEY);
            mem_free(token);
            BIO_free(spelling[j]);
        }
        keys_unref(keys);
        mem_free(jwk);
    }
}
END_TEST

START_TEST(jws_hmac_verifies_with_a_configured_secret) {
    static const char *const hs[] = { "HS256", "HS384", "HS512" };
    const struct tam_str secret = STR(SECRET);
    struct keys *keys = test_keys_of(test_jwk_secret(secret, "k"), KEY_FROM_FILE);
    char *token = test_mac(hs[_i], secret, header_of(hs[_i]), PAYLOAD);

    ck_assert_uint_eq(test_jws_verify(token, keys, ALGORITHMS_HS), TAM_REASON_NONE);
    ck_assert_uint_eq(test_jws_verify(token, keys, ~ALGORITHMS_HS), TAM_REASON_UNSUPPORTED_ALGORITHM);
    mem_free(token);
    token = test_mac(hs[_i], STR(SECRET "x"), header_of(hs[_i]), PAYLOAD);
    ck_assert_uint_eq(test_jws_verify(token, keys, ALGORITHMS_HS), TAM_REASON_BAD_SIGNATURE);
    mem_free(token);
    token = test_mac(hs[_i], secret, header_of(hs[(_i + 1) % 3]), PAYLOAD);
    ck_assert_uint_eq(test_jws_verify(token, keys, ALGORITHMS_HS), TAM_REASON_BAD_SIGNATURE);
    mem_free(token);
    keys_unref(keys);
}
END_TEST

/* r and s at and beyond the borders of 1..n-1 (CVE-2022-21449), and other lengths and encodings of a signature. */
enum border { ZERO, ONE, ORDER_LESS_ONE, ORDER, ORDER_MORE_ONE, ALL_ONES, BORDERS };

static void border_write(const EVP_PKEY *pkey, enum border border, unsigned char *out, int len) {
    BIGNUM *number = NULL;
    ck_assert_int_eq(EVP_PKEY_get_bn_param(pkey, "order", &number), 1);
    if (border == ZERO || border == ONE) {
        BN_set_word(number, border == ONE);
    } else if (border == ORDER_LESS_ONE) {
        BN_sub_word(number, 1);
    } else if (border == ORDER_MORE_ONE) {
        BN_add_word(number, 1);
    }
    if (border == ALL_ONES) {
        memset(out, 0xff, (size_t)len);
    } else {
        ck_assert_int_eq(BN_bn2binpad(number, out, len), len);
    }
    BN_free(number);
}

START_TEST(jws_with_coordinates_out_of_range_is_refused) {
    static const struct {
        const char *key, *alg;
        int len;
    } rows[] = { { "P-256", "ES256", 32 }, { "P-384", "ES384", 48 }, { "P-521", "ES512", 66 } };
    struct keys *keys = set_of_key(rows[_i].key);
    EVP_PKEY *pkey = test_key(rows[_i].key);
    unsigned char signature[132];

    for (int r = 0; r < BORDERS; r++) {
        for (int s = 0; s < BORDERS; s++) {
            border_write(pkey, (enum border)r, signature, rows[_i].len);
            border_write(pkey, (enum border)s, signature + rows[_i].len, rows[_i].len);
            char *token = test_compact(header_of(rows[_i].alg), PAYLOAD,
                                       (struct tam_str){ (char *)signature, (size_t)rows[_i].len * 2 });
            ck_assert_uint_eq(test_jws_verify(token, keys, ANY), TAM_REASON_BAD_SIGNATURE);
            mem_free(token);
        }
    }
    keys_unref(keys);
}
END_TEST

/* The signature of a token, its length changed: bytes off or on, at either end. */
static char *resized(const char *token, int front, int back) {
    struct token parsed;
    struct tam_str detail;
    char bytes[2048] = { 0 };
    ck_assert_uint_eq(token_read(str_of(token), &memory.pool, &parsed, &detail), TAM_REASON_NONE);
    size_t len = (size_t)((long)parsed.signature.len + front + back);
    if (front >= 0) {
        memcpy(bytes + front, parsed.signature.ptr, parsed.signature.len);
    } else {
        memcpy(bytes, parsed.signature.ptr - front, parsed.signature.len - (size_t)-front);
    }
    char *tail = test_base64url((struct tam_str){ bytes, len });
    size_t head = parsed.signing_input.len + 1, size = head + strlen(tail) + 1;
    char *text = mem_alloc(size);
    memcpy(text, token, head);
    memcpy(text + head, tail, strlen(tail));
    mem_free(tail);
    return text;
}

START_TEST(jws_signature_of_another_length_is_refused) {
    static const int changes[][2] = { { 0, 0 }, { 0, -1 }, { -1, 0 },  { 1, 0 },  { 0, 1 },
                                      { 2, 0 }, { 32, 0 }, { 0, 300 }, { 0, -20 } };
    const char *alg = algorithms[_i].alg;
    struct keys *keys = set_of_key(algorithms[_i].key);
    char *token = test_sign(alg, test_key(algorithms[_i].key), header_of(alg), PAYLOAD);

    for (size_t i = 0; i < COUNT(changes); i++) {
        char *other = resized(token, changes[i][0], changes[i][1]);
        ck_assert_uint_eq(test_jws_verify(other, keys, ANY), i == 0 ? TAM_REASON_NONE : TAM_REASON_BAD_SIGNATURE);
        mem_free(other);
    }
    keys_unref(keys);
    mem_free(token);
}
END_TEST

/* A DER signature, as OpenSSL makes it, is no JWS signature (RFC 7518 §3.4). */
START_TEST(jws_with_a_der_signature_is_refused) {
    struct keys *keys = set_of_key("P-256");
    char *token = test_sign("ES256", test_key("P-256"), header_of("ES256"), PAYLOAD);
    struct token parsed;
    struct tam_str detail;
    unsigned char der[128], *end = der;
    ck_assert_uint_eq(token_read(str_of(token), &memory.pool, &parsed, &detail), TAM_REASON_NONE);
    ECDSA_SIG *pair = ECDSA_SIG_new();
    const unsigned char *raw = (const unsigned char *)parsed.signature.ptr;
    ECDSA_SIG_set0(pair, BN_bin2bn(raw, 32, NULL), BN_bin2bn(raw + 32, 32, NULL));
    int len = i2d_ECDSA_SIG(pair, &end);
    char *other = test_compact(header_of("ES256"), PAYLOAD, (struct tam_str){ (char *)der, (size_t)len });
    ck_assert_uint_eq(test_jws_verify(token, keys, ANY), TAM_REASON_NONE);
    ck_assert_uint_eq(test_jws_verify(other, keys, ANY), TAM_REASON_BAD_SIGNATURE);
    ECDSA_SIG_free(pair);
    keys_unref(keys);
    mem_free(token);
    mem_free(other);
}
END_TEST

/* RFC 7518 §3.5: the salt is as long as the digest, no shorter and no longer. */
START_TEST(jws_with_a_salt_of_another_length_is_refused) {
    static const int lengths[] = { 32, 0, 20, 31, 33, 64, 222 };
    struct keys *keys = set_of_key("RSA-2048");
    for (size_t i = 0; i < COUNT(lengths); i++) {
        char *token = test_sign_salted(test_key("RSA-2048"), lengths[i], header_of("PS256"), PAYLOAD);
        ck_assert_uint_eq(test_jws_verify(token, keys, ANY), i == 0 ? TAM_REASON_NONE : TAM_REASON_BAD_SIGNATURE);
        mem_free(token);
    }
    keys_unref(keys);
}
END_TEST

/* A key that says its alg permits no sister of it (RFC 8725 §3.1). */
static const struct {
    const char *key, *key_alg, *token_alg;
} downgrades[] = {
    { "RSA-2048", "RS512", "RS256" }, { "RSA-2048", "RS256", "PS256" },  { "RSA-2048", "PS256", "RS256" },
    { "RSA-2048", "PS512", "PS256" }, { "Ed25519", "EdDSA", "Ed25519" }, { "Ed25519", "Ed25519", "EdDSA" },
};

START_TEST(jws_under_another_algorithm_than_the_keys_is_refused) {
    json_t *jwk = test_jwk(test_key(downgrades[_i].key), "k");
    json_object_set_new(jwk, "alg", json_string(downgrades[_i].key_alg));
    struct keys *keys = test_keys_of(jwk, KEY_FROM_URL);
    char *good =
        test_sign(downgrades[_i].key_alg, test_key(downgrades[_i].key), header_of(downgrades[_i].key_alg), PAYLOAD);
    char *bad =
        test_sign(downgrades[_i].token_alg, test_key(downgrades[_i].key), header_of(downgrades[_i].token_alg), PAYLOAD);
    ck_assert_uint_eq(test_jws_verify(good, keys, ANY), TAM_REASON_NONE);
    ck_assert_uint_eq(test_jws_verify(bad, keys, ANY), TAM_REASON_UNKNOWN_KEY);
    keys_unref(keys);
    mem_free(good);
    mem_free(bad);
}
END_TEST

/* A token that brings its own key along, signed with that key (RFC 7515 §4.1.3, CVE-2018-0114). */
START_TEST(jws_with_a_key_of_its_own_is_refused) {
    static const char *const kids[] = { "k", "evil" };
    struct keys *keys = set_of_key("RSA-2048");
    char *jwk = test_text(test_jwk(test_key("RSA-2048/2"), "k"));

    for (size_t i = 0; i < 2; i++) {
        char header[4096];
        snprintf(header, sizeof header,
                 "{\"alg\":\"RS256\",\"kid\":\"%s\",\"jwk\":%s,\"jku\":\"https://evil.example/\"}", kids[i], jwk);
        char *bad = test_sign("RS256", test_key("RSA-2048/2"), header, PAYLOAD);
        char *good = test_sign("RS256", test_key("RSA-2048"), header, PAYLOAD);
        ck_assert_uint_eq(test_jws_verify(bad, keys, ANY), i == 0 ? TAM_REASON_BAD_SIGNATURE : TAM_REASON_UNKNOWN_KEY);
        ck_assert_uint_eq(test_jws_verify(good, keys, ANY), i == 0 ? TAM_REASON_NONE : TAM_REASON_UNKNOWN_KEY);
        mem_free(bad);
        mem_free(good);
    }
    keys_unref(keys);
    mem_free(jwk);
}
END_TEST

/* ---- Another producer ---- */

static const struct {
    jwt_alg_t jwt;
    const char *alg, *key; /* key NULL: the secret */
} foreign[] = {
    { JWT_ALG_RS256, "RS256", "RSA-2048" }, { JWT_ALG_RS384, "RS384", "RSA-2048" },
    { JWT_ALG_RS512, "RS512", "RSA-3072" }, { JWT_ALG_ES256, "ES256", "P-256" },
    { JWT_ALG_ES384, "ES384", "P-384" },    { JWT_ALG_ES512, "ES512", "P-521" },
    { JWT_ALG_HS256, "HS256", NULL },       { JWT_ALG_HS384, "HS384", NULL },
    { JWT_ALG_HS512, "HS512", NULL },
};

static char *foreign_token(jwt_alg_t alg, const char *key) {
    jwt_t *jwt = NULL;
    BIO *bio = BIO_new(BIO_s_mem());
    if (key != NULL) {
        PEM_write_bio_PrivateKey(bio, test_key(key), NULL, NULL, 0, NULL, NULL);
    } else {
        BIO_puts(bio, SECRET);
    }
    ck_assert_int_eq(jwt_new(&jwt), 0);
    jwt_add_grant(jwt, "sub", "alice");
    ck_assert_int_eq(jwt_set_alg(jwt, alg, (const unsigned char *)view(bio).ptr, (int)view(bio).len), 0);
    char *encoded = jwt_encode_str(jwt);
    ck_assert_ptr_nonnull(encoded);
    char *token = mem_text(str_of(encoded));
    free(encoded);
    jwt_free(jwt);
    BIO_free(bio);
    return token;
}

START_TEST(jws_of_libjwt_verifies) {
    json_t *jwk =
        foreign[_i].key != NULL ? test_jwk(test_key(foreign[_i].key), NULL) : test_jwk_secret(STR(SECRET), NULL);
    struct keys *keys = test_keys_of(jwk, KEY_FROM_FILE);

    /* Several, as the first byte of r or s is zero in one of 128 signatures only. */
    for (int i = 0; i < 20; i++) {
        char *token = foreign_token(foreign[_i].jwt, foreign[_i].key);
        ck_assert_msg(test_jws_verify(token, keys, ANY) == TAM_REASON_NONE, "%s", foreign[_i].alg);
        ck_assert_uint_eq(test_jws_verify(token, keys, ~algorithm_find(str_of(foreign[_i].alg))->bit),
                          TAM_REASON_UNSUPPORTED_ALGORITHM);
        char *digit = strrchr(token, '.') + 1 + i;
        *digit = *digit == 'A' ? 'B' : 'A';
        ck_assert_uint_eq(test_jws_verify(token, keys, ANY), TAM_REASON_BAD_SIGNATURE);
        mem_free(token);
    }
    keys_unref(keys);
}
END_TEST

#define LOOP(tests, test, rows) tcase_add_loop_test(tests, test, 0, COUNT(rows))

int main(void) {
    TCase *tests = tcase_create("jws");
    tcase_add_unchecked_fixture(tests, keys_make, test_keys_free);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 120);
    LOOP(tests, jws_verifies_under_its_algorithm_and_no_other, algorithms);
    LOOP(tests, jws_with_any_byte_changed_is_refused, algorithms);
    tcase_add_test(tests, jws_cut_at_any_byte_is_refused);
    LOOP(tests, jws_without_a_signature_is_refused, unsigned_rows);
    tcase_add_test(tests, jws_hmac_keyed_with_a_public_key_is_refused);
    tcase_add_loop_test(tests, jws_hmac_verifies_with_a_configured_secret, 0, 3);
    tcase_add_loop_test(tests, jws_with_coordinates_out_of_range_is_refused, 0, 3);
    LOOP(tests, jws_signature_of_another_length_is_refused, algorithms);
    tcase_add_test(tests, jws_with_a_der_signature_is_refused);
    tcase_add_test(tests, jws_with_a_salt_of_another_length_is_refused);
    LOOP(tests, jws_under_another_algorithm_than_the_keys_is_refused, downgrades);
    tcase_add_test(tests, jws_with_a_key_of_its_own_is_refused);
    LOOP(tests, jws_of_libjwt_verifies, foreign);
    return suite_run("jws", tests);
}
