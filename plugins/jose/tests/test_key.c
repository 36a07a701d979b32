/* SPDX-License-Identifier: MIT
 *
 * Keys: what a published key must not be, each beside one that is good; and that reading one, or verifying with it,
 * leaves OpenSSL's error queue alone.
 */
#include <config.h>

#include <check.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <plugins/jose/jws/token.h>
#include <pthread.h>
#include <stdlib.h>
#include <src/base/array.h>
#include <tests/support/jose_support.h>
#include <tests/support/suite.h>

#define SECRET "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* ---- Bad JWKs: a good one with one change ------------------------------------------------------------------------ */

static char *number_of(size_t bytes, const char *begin, const char *end) {
    char *raw = mem_alloc(bytes);
    size_t begin_len = strlen(begin), end_len = strlen(end);
    memset(raw, 0x5a, bytes);
    memcpy(raw, begin, begin_len);
    memcpy(raw + bytes - end_len, end, end_len);
    char *text = test_base64url((struct tam_str){ raw, bytes });
    mem_free(raw);
    return text;
}

/* One member of the JWK of a good key changed. */
static const struct bad_key {
    const char *base;   /* test_key() */
    const char *member; /* what is changed */
    const char *value;  /* JSON; NULL: removed */
    const char *why;    /* part of the sentence */
} bad_keys[] = {
    { "RSA-2048", "kty", NULL, "kty is missing" },
    { "RSA-2048", "kty", "1", "kty is missing" },
    { "RSA-2048", "kty", "\"rsa\"", "no kty that this verifier knows" },
    { "RSA-2048", "kty", "\"AKP\"", "\"AKP\"" },
    { "RSA-2048", "kty", "\"EC\"", "crv is missing" },
    { "RSA-2048", "kty", "\"OKP\"", "crv is missing" },
    { "RSA-2048", "kty", "\"oct\"", "nobody's secret" },
    { "RSA-2048", "n", NULL, "n is missing" },
    { "RSA-2048", "n", "5", "n is missing or not a string" },
    { "RSA-2048", "n", "\"\"", "n or e is empty" },
    { "RSA-2048", "n", "\"AAAA\"", "begins with zeros" },
    { "RSA-2048", "n", "\"AQAB\"", "less than 2048 bits" },
    { "RSA-2048", "n", "\"AQ==\"", "n is not canonical base64url" },
    { "RSA-2048", "n", "\"A+/B\"", "n is not canonical base64url" },
    { "RSA-2048", "e", NULL, "e is missing" },
    { "RSA-2048", "e", "65537", "e is missing or not a string" },
    { "RSA-2048", "e", "\"\"", "n or e is empty" },
    { "RSA-2048", "e", "\"AQ\"", "exponent is even or less than 3" },
    { "RSA-2048", "e", "\"Ag\"", "exponent is even or less than 3" },
    { "RSA-2048", "e", "\"AQAA\"", "exponent is even or less than 3" },
    { "RSA-2048", "e", "\"AQAAAAE\"", "exponent has more than 32 bits" },
    { "RSA-2048", "use", "\"enc\"", "use is \"enc\"" },
    { "RSA-2048", "use", "\"\"", "use is \"\"" },
    { "RSA-2048", "use", "[\"sig\"]", "use is not a string" },
    { "RSA-2048", "use", "null", "use is not a string" },
    { "RSA-2048", "key_ops", "\"verify\"", "key_ops is not an array" },
    { "RSA-2048", "key_ops", "[]", "does not hold verify" },
    { "RSA-2048", "key_ops", "[\"encrypt\"]", "does not hold verify" },
    { "RSA-2048", "key_ops", "[\"sign\"]", "does not hold verify" },
    { "RSA-2048", "key_ops", "[\"sign, verify\"]", "does not hold verify" },
    { "RSA-2048", "key_ops", "[\"verify\",\"verify\"]", "verify twice" },
    { "RSA-2048", "key_ops", "[\"verify\",1]", "something else than strings" },
    { "RSA-2048", "alg", "\"RSA-OAEP\"", "no signature algorithm is called \"RSA-OAEP\"" },
    { "RSA-2048", "alg", "\"none\"", "no signature algorithm is called \"none\"" },
    { "RSA-2048", "alg", "\"rs256\"", "no signature algorithm is called \"rs256\"" },
    { "RSA-2048", "alg", "\"ES256\"", "do not fit its alg \"ES256\"" },
    { "RSA-2048", "alg", "\"HS256\"", "do not fit its alg \"HS256\"" },
    { "RSA-2048", "alg", "256", "alg is not a string" },
    { "RSA-2048", "d", "\"AQAB\"", "private key" },
    { "RSA-2048", "p", "\"AQAB\"", "private key" },
    { "RSA-2048", "q", "\"AQAB\"", "private key" },
    { "RSA-2048", "dp", "\"AQAB\"", "private key" },
    { "RSA-2048", "dq", "\"AQAB\"", "private key" },
    { "RSA-2048", "qi", "\"AQAB\"", "private key" },
    { "RSA-2048", "oth", "[]", "private key" },
    { "RSA-2048", "d", "null", "private key" },
    { "RSA-2048", "k", "\"AQAB\"", "shared secret" },
    { "RSA-2048", "kid", "1", "kid is not a string" },
    { "RSA-2048", "kid", "null", "kid is not a string" },
    { "RSA-2048", "issuer", "[]", "issuer is not a string" },
    { "RSA-2048", "cloud_instance_name", "7", "cloud_instance_name is not a string" },
    { "RSA-2048", "x5c", "\"AAAA\"", "x5c is not an array" },
    { "RSA-2048", "x5c", "[]", "x5c is not an array" },
    { "RSA-2048", "x5c", "[1]", "x5c is not an array" },
    { "RSA-2048", "x5c", "[\"\"]", "does not begin with a certificate" },
    { "RSA-2048", "x5c", "[\"AAAA\"]", "does not begin with a certificate" },
    { "RSA-2048", "x5c", "[\"not base64\"]", "does not begin with a certificate" },
    { "P-256", "crv", NULL, "crv is missing" },
    { "P-256", "crv", "\"P-384\"", "not as long as the curve's coordinates" },
    { "P-256", "crv", "\"secp256k1\"", "no curve to verify signatures with is called \"secp256k1\"" },
    { "P-256", "crv", "\"Ed25519\"", "no curve to verify signatures with" },
    { "P-256", "crv", "\"prime256v1\"", "no curve to verify signatures with" },
    { "P-256", "x", NULL, "x is missing" },
    { "P-256", "y", NULL, "y is missing" },
    { "P-256", "x", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"", "no point of the curve" },
    { "P-256", "y", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\"", "no point of the curve" },
    { "P-256", "x", "\"__________________________________________8\"", "no point of the curve" },
    { "P-256", "x", "\"AQAB\"", "not as long as the curve's coordinates" },
    { "P-256", "d", "\"AQAB\"", "private key" },
    { "P-256", "alg", "\"ES384\"", "do not fit its alg \"ES384\"" },
    { "P-256", "alg", "\"ES512\"", "do not fit its alg \"ES512\"" },
    { "P-256", "alg", "\"ES521\"", "no signature algorithm is called \"ES521\"" },
    { "P-256", "alg", "\"RS256\"", "do not fit its alg \"RS256\"" },
    { "P-256", "alg", "\"EdDSA\"", "do not fit its alg \"EdDSA\"" },
    { "P-521", "crv", "\"P-256\"", "not as long as the curve's coordinates" },
    { "Ed25519", "crv", "\"Ed448\"", "not as long as a public key of that curve" },
    { "Ed25519", "crv", "\"X25519\"", "no curve to verify signatures with is called \"X25519\"" },
    { "Ed25519", "x", "\"AQAB\"", "not as long as a public key of that curve" },
    { "Ed25519", "d", "\"AQAB\"", "private key" },
    { "Ed25519", "alg", "\"ES256\"", "do not fit its alg \"ES256\"" },
    { "Ed25519", "alg", "\"Ed448\"", "do not fit its alg \"Ed448\"" },
    { "Ed448", "crv", "\"Ed25519\"", "not as long as a public key of that curve" },
};

static json_t *json_of(const char *text) {
    json_t *json = json_loads(text, JSON_DECODE_ANY, NULL);
    ck_assert_msg(json != NULL, "%s", text);
    return json;
}

START_TEST(key_is_refused) {
    const struct bad_key *row = &bad_keys[_i];
    json_t *jwk = test_jwk(test_key(row->base), "k");
    if (row->value == NULL) {
        json_object_del(jwk, row->member);
    } else {
        json_object_set_new(jwk, row->member, json_of(row->value));
    }
    test_key_expect(jwk, KEY_FROM_URL, row->why);
}
END_TEST

/* Numbers too long for a table: so many bytes, beginning and ending so. */
static const struct {
    const char *member;
    size_t bytes;
    const char *begin, *end, *why;
} bad_numbers[] = {
    { "n", 255, "\xff", "\xff", "less than 2048 bits" },    { "n", 256, "\x7f", "\xff", "less than 2048 bits" },
    { "n", 256, "\xff", "\xfe", "modulus is even" },        { "n", 1025, "\x01", "\xff", "more than 8192 bits" },
    { "n", 2048, "\xff", "\xff", "more than 8192 bits" }, /* 16384 bits */
    { "n", 100000, "\xff", "\xff", "more than 8192 bits" }, { "e", 5, "\x01", "\x01", "more than 32 bits" },
    { "e", 512, "\xff", "\xff", "more than 32 bits" }, /* 4096 bits */
    { "e", 256, "\x7f", "\x01", "more than 32 bits" },
};

START_TEST(key_with_an_absurd_number_is_refused) {
    json_t *jwk = test_jwk(test_key("RSA-2048"), "k");
    char *number = number_of(bad_numbers[_i].bytes, bad_numbers[_i].begin, bad_numbers[_i].end);
    json_object_set_new(jwk, bad_numbers[_i].member, json_string(number));
    mem_free(number);
    test_key_expect(jwk, KEY_FROM_URL, bad_numbers[_i].why);
}
END_TEST

START_TEST(key_with_a_small_factor_is_refused) {
    BIGNUM *n = NULL;
    unsigned char bytes[512];
    json_t *jwk = test_jwk(test_key("RSA-2048"), "k");
    ck_assert_int_eq(EVP_PKEY_get_bn_param(test_key("RSA-2048"), "n", &n), 1);
    ck_assert_int_eq(BN_mul_word(n, 167), 1);
    int len = BN_bn2bin(n, bytes);
    char *number = test_base64url((struct tam_str){ (char *)bytes, (size_t)len });
    json_object_set_new(jwk, "n", json_string(number));
    mem_free(number);
    BN_free(n);
    test_key_expect(jwk, KEY_FROM_URL, "small factor");
}
END_TEST

/* A number that is, modulo every prime up to 167, a power of 65537, as all moduli of CVE-2017-15361 are. */
START_TEST(key_with_the_roca_weakness_is_refused) {
    static const unsigned char primes[] = { 3,   5,   7,   11,  13,  17,  19,  23,  29,  31,  37,  41,  43,
                                            47,  53,  59,  61,  67,  71,  73,  79,  83,  89,  97,  101, 103,
                                            107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167 };
    unsigned char bytes[256];
    BIGNUM *n = BN_new(), *product = BN_new();
    json_t *jwk = test_jwk(test_key("RSA-2048"), "k");

    BN_one(product);
    for (size_t i = 0; i < sizeof primes; i++) {
        BN_mul_word(product, primes[i]);
    }
    /* 65537^3, and an even multiple of the product so large that the sum has 2048 bits */
    BN_copy(n, product);
    BN_lshift(n, n, 2048 - BN_num_bits(product));
    BN_add_word(n, UINT64_C(65537) * 65537 * 65537);
    ck_assert_int_eq(BN_bn2bin(n, bytes), sizeof bytes);
    char *number = test_base64url((struct tam_str){ (char *)bytes, sizeof bytes });
    json_object_set_new(jwk, "n", json_string(number));
    mem_free(number);
    BN_free(n);
    BN_free(product);
    test_key_expect(jwk, KEY_FROM_URL, "ROCA");
}
END_TEST

START_TEST(key_kid_has_a_limit) {
    char kid[258];
    memset(kid, 'k', sizeof kid);
    kid[257] = '\0';
    test_key_expect(test_jwk(test_key("P-256"), kid), KEY_FROM_URL, "kid is longer than 256 bytes");
    kid[256] = '\0';
    char *text = test_text(test_jwk(test_key("P-256"), kid));
    struct buf why;
    struct key *key = test_key_read(text, KEY_FROM_URL, &why);
    ck_assert_ptr_nonnull(key);
    ck_assert_uint_eq(key_kid(key).len, 256);
    key_free(key);
    buf_free(&why);
    mem_free(text);
}
END_TEST

/* RFC 7517 §4.3 allows both members where they agree. */
START_TEST(key_whose_use_and_key_ops_contradict_is_refused) {
    json_t *jwk = test_jwk(test_key("RSA-2048"), "k");
    json_object_set_new(jwk, "use", json_string("sig"));
    json_object_set_new(jwk, "key_ops", json_of("[\"verify\",\"encrypt\"]"));
    test_key_expect(jwk, KEY_FROM_URL, "use contradicts key_ops");
}
END_TEST

static const struct {
    const char *json, *why;
} bad_shapes[] = {
    { "[]", "not a JSON object" },
    { "\"key\"", "not a JSON object" },
    { "null", "not a JSON object" },
    { "{}", "kty is missing" },
};

START_TEST(key_of_another_shape_is_refused) {
    test_key_expect(json_of(bad_shapes[_i].json), KEY_FROM_URL, bad_shapes[_i].why);
}
END_TEST

/* ---- Shared secrets ---------------------------------------------------------------------------------------------- */

static const struct {
    size_t len;
    const char *alg; /* NULL: none written */
    enum key_source source;
    uint32_t permits; /* 0: refused */
    const char *why;
} secret_rows[] = {
    { 64, NULL, KEY_FROM_FILE, ALGORITHMS_HS, NULL },
    { 63, NULL, KEY_FROM_FILE, ALGORITHM_BIT(ALGORITHM_HS256) | ALGORITHM_BIT(ALGORITHM_HS384), NULL },
    { 47, NULL, KEY_FROM_FILE, ALGORITHM_BIT(ALGORITHM_HS256), NULL },
    { 32, "HS256", KEY_FROM_FILE, ALGORITHM_BIT(ALGORITHM_HS256), NULL },
    { 64, "HS512", KEY_FROM_FILE, ALGORITHM_BIT(ALGORITHM_HS512), NULL },
    { 31, NULL, KEY_FROM_FILE, 0, "too short" },
    { 0, NULL, KEY_FROM_FILE, 0, "too short" },
    { 32, "HS384", KEY_FROM_FILE, 0, "do not fit its alg" },
    { 63, "HS512", KEY_FROM_FILE, 0, "do not fit its alg" },
    { 64, "RS256", KEY_FROM_FILE, 0, "do not fit its alg" },
    { 32, "A256GCM", KEY_FROM_FILE, 0, "no signature algorithm" },
    { 64, NULL, KEY_FROM_URL, 0, "nobody's secret" },
    { 64, "HS256", KEY_FROM_URL, 0, "nobody's secret" },
};

START_TEST(key_from_a_secret_is_as_strong_as_its_digest) {
    json_t *jwk = test_jwk_secret((struct tam_str){ SECRET, secret_rows[_i].len }, "k");
    struct buf why;
    if (secret_rows[_i].alg != NULL) {
        json_object_set_new(jwk, "alg", json_string(secret_rows[_i].alg));
    }
    if (secret_rows[_i].permits == 0) {
        test_key_expect(jwk, secret_rows[_i].source, secret_rows[_i].why);
        return;
    }
    char *text = test_text(jwk);
    struct key *key = test_key_read(text, secret_rows[_i].source, &why);
    ck_assert_msg(key != NULL, "%s", why.ptr);
    ck_assert_uint_eq(key_algorithms(key), secret_rows[_i].permits);
    ck_assert_int_eq(key_type(key), KEY_OCT);
    key_free(key);
    mem_free(text);
}
END_TEST

START_TEST(key_from_a_secret_is_no_pem) {
    static const char *const secrets[] = { "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE",
                                           " \n\t-----BEGIN RSA PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYI" };

    for (size_t i = 0; i < 2; i++) {
        struct buf why;
        buf_init(&why, 1024);
        ck_assert_ptr_null(key_from_secret(str_of(secrets[i]), &why));
        ck_assert_ptr_nonnull(strstr(why.ptr, "PEM"));
        buf_free(&why);
    }
}
END_TEST

/* ---- Good keys --------------------------------------------------------------------------------------------------- */

#define RSA_ALL                                                                                                        \
    (ALGORITHM_BIT(ALGORITHM_RS256) | ALGORITHM_BIT(ALGORITHM_RS384) | ALGORITHM_BIT(ALGORITHM_RS512) |                \
     ALGORITHM_BIT(ALGORITHM_PS256) | ALGORITHM_BIT(ALGORITHM_PS384) | ALGORITHM_BIT(ALGORITHM_PS512))

static const struct {
    const char *base, *more; /* members beside kty and numbers */
    uint32_t permits;
    enum key_type type;
} good_keys[] = {
    { "RSA-2048", "{}", RSA_ALL, KEY_RSA },
    { "RSA-3072", "{\"use\":\"sig\"}", RSA_ALL, KEY_RSA },
    { "RSA-2048", "{\"key_ops\":[\"verify\"]}", RSA_ALL, KEY_RSA },
    { "RSA-2048", "{\"use\":\"sig\",\"key_ops\":[\"sign\",\"verify\"]}", RSA_ALL, KEY_RSA },
    { "RSA-2048", "{\"alg\":\"RS256\",\"use\":\"sig\"}", ALGORITHM_BIT(ALGORITHM_RS256), KEY_RSA },
    { "RSA-2048", "{\"alg\":\"PS512\"}", ALGORITHM_BIT(ALGORITHM_PS512), KEY_RSA },
    { "RSA-2048", "{\"x5t\":\"abc\",\"unknown\":{\"a\":[1]}}", RSA_ALL, KEY_RSA },
    { "P-256", "{}", ALGORITHM_BIT(ALGORITHM_ES256), KEY_EC },
    { "P-384", "{}", ALGORITHM_BIT(ALGORITHM_ES384), KEY_EC },
    { "P-521", "{\"alg\":\"ES512\"}", ALGORITHM_BIT(ALGORITHM_ES512), KEY_EC },
    { "Ed25519", "{}", ALGORITHM_BIT(ALGORITHM_EDDSA) | ALGORITHM_BIT(ALGORITHM_ED25519), KEY_OKP },
    { "Ed25519", "{\"alg\":\"EdDSA\"}", ALGORITHM_BIT(ALGORITHM_EDDSA), KEY_OKP },
    { "Ed448", "{}", ALGORITHM_BIT(ALGORITHM_EDDSA) | ALGORITHM_BIT(ALGORITHM_ED448), KEY_OKP },
};

START_TEST(key_is_read) {
    struct buf why;
    json_t *jwk = test_jwk(test_key(good_keys[_i].base), "k"), *more = json_of(good_keys[_i].more);
    json_object_update(jwk, more);
    json_decref(more);
    char *text = test_text(jwk);
    struct key *key = test_key_read(text, KEY_FROM_URL, &why);
    ck_assert_msg(key != NULL, "%s", why.ptr);
    ck_assert_uint_eq(key_algorithms(key), good_keys[_i].permits);
    ck_assert_int_eq(key_type(key), good_keys[_i].type);
    ck_assert(key_has_kid(key));
    ck_assert(str_equal(key_kid(key), STR("k")));
    ck_assert_uint_eq(key_issuer(key).len, 0);
    key_free(key);
    buf_free(&why);
    mem_free(text);
}
END_TEST

START_TEST(key_names_are_kept) {
    struct buf why;
    json_t *jwk = test_jwk(test_key("RSA-2048"), NULL);
    json_object_set_new(jwk, "issuer", json_string("https://login.microsoftonline.com/{tenantid}/v2.0"));
    json_object_set_new(jwk, "cloud_instance_name", json_string("microsoftonline.com"));
    char *text = test_text(jwk);
    struct key *key = test_key_read(text, KEY_FROM_URL, &why);
    ck_assert_ptr_nonnull(key);
    ck_assert(!key_has_kid(key));
    ck_assert(str_equal(key_issuer(key), STR("https://login.microsoftonline.com/{tenantid}/v2.0")));
    ck_assert(str_equal(key_cloud_instance_name(key), STR("microsoftonline.com")));
    key_free(key);
    mem_free(text);
}
END_TEST

/* RFC 7518 §6.3.1.1 tells of the zero byte that some libraries write before a modulus. */
START_TEST(key_modulus_may_have_one_sign_byte) {
    BIGNUM *n = NULL;
    unsigned char bytes[300];
    struct buf why;
    json_t *jwk = test_jwk(test_key("RSA-2048"), "k");
    ck_assert_int_eq(EVP_PKEY_get_bn_param(test_key("RSA-2048"), "n", &n), 1);
    ck_assert_int_eq(BN_bn2binpad(n, bytes, 257), 257);
    BN_free(n);
    char *number = test_base64url((struct tam_str){ (char *)bytes, 257 });
    json_object_set_new(jwk, "n", json_string(number));
    mem_free(number);
    char *text = test_text(jwk), *plain = test_text(test_jwk(test_key("RSA-2048"), "k"));
    struct key *key = test_key_read(text, KEY_FROM_URL, &why);
    ck_assert_msg(key != NULL, "%s", why.ptr);
    struct key *same = test_key_read(plain, KEY_FROM_URL, &why);
    ck_assert(key_equal(key, same));
    key_free(key);
    key_free(same);
    mem_free(text);
    mem_free(plain);
}
END_TEST

/* ---- Equality ---------------------------------------------------------------------------------------------------- */

static const struct {
    const char *a, *b; /* bases */
    const char *more;  /* of b */
    bool equal;
} equal_rows[] = {
    { "RSA-2048", "RSA-2048", "{}", true },
    { "RSA-2048", "RSA-2048", "{\"use\":\"sig\",\"x5t\":\"t\"}", true },
    { "Ed25519", "Ed25519", "{}", true },
    { "RSA-2048", "RSA-2048/2", "{}", false },
    { "P-256", "P-256/2", "{}", false },
    { "P-256", "P-384", "{}", false },
    { "Ed25519", "Ed25519/2", "{}", false },
    { "RSA-2048", "P-256", "{}", false },
    { "RSA-2048", "RSA-2048", "{\"kid\":\"other\"}", false },
    { "RSA-2048", "RSA-2048", "{\"alg\":\"RS256\"}", false },
    { "RSA-2048", "RSA-2048", "{\"issuer\":\"https://i\"}", false },
    { "RSA-2048", "RSA-2048", "{\"cloud_instance_name\":\"c\"}", false },
};

START_TEST(key_equality_is_of_all_that_matters) {
    struct buf why;
    json_t *b = test_jwk(test_key(equal_rows[_i].b), "k"), *more = json_of(equal_rows[_i].more);
    json_object_update(b, more);
    json_decref(more);
    char *text_a = test_text(test_jwk(test_key(equal_rows[_i].a), "k")), *text_b = test_text(b);
    struct key *key_a = test_key_read(text_a, KEY_FROM_URL, &why), *key_b = test_key_read(text_b, KEY_FROM_URL, &why);
    ck_assert_ptr_nonnull(key_a);
    ck_assert_ptr_nonnull(key_b);
    ck_assert_int_eq(key_equal(key_a, key_b), equal_rows[_i].equal);
    ck_assert_int_eq(key_equal(key_b, key_a), equal_rows[_i].equal);
    key_free(key_a);
    key_free(key_b);
    mem_free(text_a);
    mem_free(text_b);
}
END_TEST

/* ---- x5c and PEM ------------------------------------------------------------------------------------------------- */

START_TEST(key_must_be_that_of_its_certificate) {
    struct buf why;
    static const char *const bases[] = { "RSA-2048", "P-256" };

    for (size_t i = 0; i < 2; i++) {
        char other[16];
        json_t *jwk = test_jwk(test_key(bases[i]), "k");
        json_object_set_new(jwk, "x5c", json_pack("[o]", test_x5c_element(test_key(bases[i]), 0)));
        char *text = test_text(json_deep_copy(jwk));
        struct key *key = test_key_read(text, KEY_FROM_URL, &why);
        ck_assert_msg(key != NULL, "%s", why.ptr);
        key_free(key);
        mem_free(text);
        snprintf(other, sizeof other, "%s/2", bases[i]);
        json_object_set_new(jwk, "x5c", json_pack("[o]", test_x5c_element(test_key(other), 0)));
        test_key_expect(json_deep_copy(jwk), KEY_FROM_URL, "x5c does not match");
        json_object_set_new(jwk, "x5c", json_pack("[o]", test_x5c_element(test_key(bases[i]), 3)));
        test_key_expect(jwk, KEY_FROM_URL, "does not begin with a certificate");
    }
}
END_TEST

enum pem_kind { PEM_PUBLIC, PEM_PKCS1, PEM_CERTIFICATE, PEM_PRIVATE, PEM_CUT, PEM_TWICE, PEM_LIE, PEM_KINDS };

static char *pem_of(EVP_PKEY *pkey, enum pem_kind kind) {
    BIO *bio = BIO_new(BIO_s_mem());
    char *bytes = NULL;
    if (kind == PEM_CERTIFICATE) {
        X509 *certificate = test_certificate(pkey);
        PEM_write_bio_X509(bio, certificate);
        X509_free(certificate);
    } else if (kind == PEM_PRIVATE) {
        PEM_write_bio_PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL);
    } else if (kind == PEM_PKCS1 || kind == PEM_LIE) {
        unsigned char *der = NULL;
        int len = i2d_PublicKey(pkey, &der);
        PEM_write_bio(bio, kind == PEM_LIE ? "PUBLIC KEY" : "RSA PUBLIC KEY", "", der, len);
        OPENSSL_free(der);
    } else {
        PEM_write_bio_PUBKEY(bio, pkey);
    }
    if (kind == PEM_TWICE) {
        PEM_write_bio_PUBKEY(bio, pkey);
    }
    long len = BIO_get_mem_data(bio, &bytes);
    char *text = mem_text((struct tam_str){ bytes, (size_t)(kind == PEM_CUT ? len / 2 : len) });
    BIO_free(bio);
    return text;
}

static const struct {
    const char *base;
    enum pem_kind kind;
    const char *why; /* NULL: good */
} pem_rows[] = {
    { "RSA-2048", PEM_PUBLIC, NULL },
    { "RSA-2048", PEM_PKCS1, NULL },
    { "RSA-2048", PEM_CERTIFICATE, NULL },
    { "P-256", PEM_PUBLIC, NULL },
    { "P-384", PEM_CERTIFICATE, NULL },
    { "P-521", PEM_PUBLIC, NULL },
    { "Ed25519", PEM_PUBLIC, NULL },
    { "Ed448", PEM_PUBLIC, NULL },
    { "RSA-2048", PEM_PRIVATE, "private key" },
    { "P-256", PEM_PRIVATE, "private key" },
    { "RSA-2048", PEM_CUT, "no PEM block" },
    { "RSA-2048", PEM_TWICE, "more than one PEM block" },
    { "RSA-2048", PEM_LIE, "not hold what its label says" },
    { "RSA-1024", PEM_PUBLIC, "less than 2048 bits" },
    { "RSA-1024", PEM_CERTIFICATE, "less than 2048 bits" },
    { "P-224", PEM_PUBLIC, "no RSA, P-256" },
};

START_TEST(key_is_read_from_pem) {
    struct buf why;
    char *pem = pem_of(test_key(pem_rows[_i].base), pem_rows[_i].kind);
    buf_init(&why, 1024);
    struct key *key = key_from_pem(str_of(pem), &why);
    if (pem_rows[_i].why == NULL) {
        ck_assert_msg(key != NULL, "%s", why.ptr);
    } else {
        ck_assert_msg(key == NULL && strstr(why.ptr, pem_rows[_i].why) != NULL, "%s", why.ptr);
    }
    ck_assert(key == NULL || !key_has_kid(key));
    key_free(key);
    buf_free(&why);
    mem_free(pem);
}
END_TEST

START_TEST(key_is_not_read_from_what_is_no_pem) {
    static const char *const texts[] = {
        "", "hello", "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
    };

    for (size_t i = 0; i < COUNT(texts); i++) {
        struct buf why;
        buf_init(&why, 1024);
        ck_assert_ptr_null(key_from_pem(str_of(texts[i]), &why));
        ck_assert_uint_gt(why.len, 0);
        buf_free(&why);
    }
}
END_TEST

/* A curve by its parameters instead of its name (CVE-2020-0601), though the parameters are the right ones. */
START_TEST(key_on_a_curve_without_a_name_is_refused) {
    struct buf why;
    EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    ck_assert_int_eq(EVP_PKEY_set_utf8_string_param(pkey, "encoding", "explicit"), 1);
    char *pem = pem_of(pkey, PEM_PUBLIC);
    ck_assert_uint_gt(strlen(pem), 300); /* it did become explicit */
    buf_init(&why, 1024);
    ck_assert_ptr_null(key_from_pem(str_of(pem), &why));
    ck_assert_ptr_nonnull(strstr(why.ptr, "not given by its name"));
    buf_free(&why);
    mem_free(pem);
    EVP_PKEY_free(pkey);
}
END_TEST

static struct tam_str raw_signature(const char *token, struct tam_str *ret_input, char **ret_memory) {
    struct test_memory memory;
    struct token parsed;
    struct tam_str detail;
    test_memory_open(&memory);
    ck_assert_uint_eq(token_read(str_of(token), &memory.pool, &parsed, &detail), TAM_REASON_NONE);
    *ret_input = parsed.signing_input;
    *ret_memory = mem_text(parsed.signature);
    size_t len = parsed.signature.len;
    test_memory_close(&memory);
    return (struct tam_str){ *ret_memory, len };
}

/* key_judge() refuses algorithms that the key does not permit, even if its caller does not check. */
START_TEST(key_verifies_under_what_it_permits_alone) {
    struct buf why;
    struct tam_str input;
    char *good;
    json_t *jwk = test_jwk(test_key("RSA-2048"), "k");
    json_object_set_new(jwk, "alg", json_string("RS256"));
    char *text = test_text(jwk);
    struct key *key = test_key_read(text, KEY_FROM_URL, &why);
    for (enum algorithm_index i = 0; i < ALGORITHM_COUNT; i++) {
        const char *name = i <= ALGORITHM_PS512 ? algorithm_at(i)->name.ptr : "RS256";
        char *token = test_sign(name, test_key("RSA-2048"), "{\"alg\":\"RS256\"}", "{}");
        struct tam_str signature = raw_signature(token, &input, &good);
        ck_assert_int_eq(test_key_verify(key, algorithm_at(i), input, signature), i == ALGORITHM_RS256);
        ck_assert(!test_key_verify(key, NULL, input, signature));
        ck_assert(!test_key_verify(NULL, algorithm_at(i), input, signature));
        mem_free(good);
        mem_free(token);
    }
    key_free(key);
    mem_free(text);
}
END_TEST

/* ---- The error queue --------------------------------------------------------------------------------------------- */

/* Exactly the planted error is there, and only it. */
static void assert_queue_untouched(bool planted, const char *after) {
    unsigned long error = ERR_get_error();
    ck_assert_msg(planted ? ERR_GET_LIB(error) == ERR_LIB_USER && ERR_GET_REASON(error) == 77 : error == 0,
                  "after %s: %lx", after, error);
    ck_assert_msg(ERR_get_error() == 0, "after %s there is more", after);
}

static void plant(bool planted) {
    ERR_clear_error();
    if (planted) {
        ERR_raise(ERR_LIB_USER, 77);
    }
}

START_TEST(key_leaves_the_error_queue_alone) {
    bool planted = _i == 1;
    struct buf why;
    for (size_t i = 0; i < COUNT(bad_keys); i++) {
        json_t *jwk = test_jwk(test_key(bad_keys[i].base), "k");
        json_object_set_new(jwk, bad_keys[i].member,
                            bad_keys[i].value != NULL ? json_of(bad_keys[i].value) : json_null());
        char *text = test_text(jwk);
        plant(planted);
        key_free(test_key_read(text, KEY_FROM_URL, &why));
        assert_queue_untouched(planted, text);
        buf_free(&why);
        mem_free(text);
    }
    for (size_t i = 0; i < COUNT(pem_rows); i++) {
        char *pem = pem_of(test_key(pem_rows[i].base), pem_rows[i].kind);
        plant(planted);
        buf_init(&why, 1024);
        key_free(key_from_pem(str_of(pem), &why));
        assert_queue_untouched(planted, pem_rows[i].why);
        buf_free(&why);
        mem_free(pem);
    }
}
END_TEST

static const struct {
    const char *base, *alg;
} signers[] = { { "RSA-2048", "RS256" }, { "RSA-2048", "PS256" }, { "P-256", "ES256" },
                { "P-521", "ES512" },    { "Ed25519", "EdDSA" },  { "Ed448", "EdDSA" } };

START_TEST(key_verify_leaves_the_error_queue_alone) {
    bool planted = _i == 1;
    static char noise[1024];
    struct buf why;
    for (size_t i = 0; i < COUNT(signers); i++) {
        char *text = test_text(test_jwk(test_key(signers[i].base), "k"));
        struct key *key = test_key_read(text, KEY_FROM_URL, &why);
        const struct algorithm *row = algorithm_find(str_of(signers[i].alg));
        for (size_t len = 1; len < sizeof noise; len++) {
            memset(noise, (int)(len * 37 % 256), len);
            plant(planted);
            ck_assert(!test_key_verify(key, row, STR("input"), (struct tam_str){ noise, len }));
            assert_queue_untouched(planted, signers[i].alg);
        }
        key_free(key);
        mem_free(text);
    }
}
END_TEST

/* ---- Threads ----------------------------------------------------------------------------------------------------- */

struct work {
    const struct key *key;
    const struct algorithm *algorithm;
    struct tam_str input, good, bad;
    unsigned wrong;
};

static void *work_run(void *ctx) {
    struct work *work = ctx;
    for (int i = 0; i < 200; i++) {
        work->wrong += !test_key_verify(work->key, work->algorithm, work->input, work->good);
        work->wrong += test_key_verify(work->key, work->algorithm, work->input, work->bad);
    }
    return NULL;
}

START_TEST(key_is_verified_with_from_many_threads) {
    pthread_t threads[4];
    struct work works[4];
    struct buf why;
    struct tam_str input;
    char *good, *text = test_text(test_jwk(test_key(signers[_i].base), "k"));
    struct key *key = test_key_read(text, KEY_FROM_URL, &why);
    char *token = test_sign(signers[_i].alg, test_key(signers[_i].base), "{\"alg\":\"RS256\"}", "{}");
    struct tam_str signature = raw_signature(token, &input, &good);
    char *bad = mem_text(signature);
    bad[signature.len / 2] ^= 1;
    for (size_t i = 0; i < 4; i++) {
        works[i] =
            (struct work){ key, algorithm_find(str_of(signers[_i].alg)), input, signature, { bad, signature.len }, 0 };
        ck_assert_int_eq(pthread_create(&threads[i], NULL, work_run, &works[i]), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        ck_assert_uint_eq(works[i].wrong, 0);
    }
    key_free(key);
    mem_free(text);
    mem_free(token);
    mem_free(good);
    mem_free(bad);
}
END_TEST

/* Once, before check forks. */
static void keys_make(void) {
    static const char *const names[] = { "RSA-2048", "RSA-2048/2", "RSA-3072", "RSA-1024", "P-224",     "P-256",
                                         "P-256/2",  "P-384",      "P-521",    "Ed25519",  "Ed25519/2", "Ed448" };
    for (size_t i = 0; i < COUNT(names); i++) {
        test_key(names[i]);
    }
}

#define LOOP(tests, test, rows) tcase_add_loop_test(tests, test, 0, COUNT(rows))

int main(void) {
    TCase *tests = tcase_create("key");
    tcase_add_unchecked_fixture(tests, keys_make, test_keys_free);
    tcase_set_timeout(tests, 120);
    LOOP(tests, key_is_refused, bad_keys);
    LOOP(tests, key_with_an_absurd_number_is_refused, bad_numbers);
    tcase_add_test(tests, key_with_a_small_factor_is_refused);
    tcase_add_test(tests, key_with_the_roca_weakness_is_refused);
    tcase_add_test(tests, key_kid_has_a_limit);
    tcase_add_test(tests, key_whose_use_and_key_ops_contradict_is_refused);
    LOOP(tests, key_of_another_shape_is_refused, bad_shapes);
    LOOP(tests, key_from_a_secret_is_as_strong_as_its_digest, secret_rows);
    tcase_add_test(tests, key_from_a_secret_is_no_pem);
    LOOP(tests, key_is_read, good_keys);
    tcase_add_test(tests, key_names_are_kept);
    tcase_add_test(tests, key_modulus_may_have_one_sign_byte);
    LOOP(tests, key_equality_is_of_all_that_matters, equal_rows);
    tcase_add_test(tests, key_must_be_that_of_its_certificate);
    LOOP(tests, key_is_read_from_pem, pem_rows);
    tcase_add_test(tests, key_is_not_read_from_what_is_no_pem);
    tcase_add_test(tests, key_on_a_curve_without_a_name_is_refused);
    tcase_add_test(tests, key_verifies_under_what_it_permits_alone);
    tcase_add_loop_test(tests, key_leaves_the_error_queue_alone, 0, 2);
    tcase_add_loop_test(tests, key_verify_leaves_the_error_queue_alone, 0, 2);
    LOOP(tests, key_is_verified_with_from_many_threads, signers);
    return suite_run("key", tests);
}
