/* SPDX-License-Identifier: MIT
 *
 * One bad key in a set that a server sends, a row each, against the jwt plugin: the good key beside it works, the bad
 * one verifies nothing, the log names it and says why, and the server is asked no more for it. Rows of good keys are
 * the controls.
 */
#include <config.h>

#include <openssl/bn.h>
#include <src/base/array.h>
#include <src/base/mem.h>
#include <src/base/str.h>
#include <stdio.h>
#include <string.h>
#include <tests/support/jose_support.h>
#include <tests/support/served_host.h>
#include <tests/support/suite.h>

static struct scripted_server server;

/* Numbers of 2048 bits and a little more: a prime, the square of one, the cube of one, and one with a factor of 173. */
#define PRIME                                                                                                          \
    "\""                                                                                                               \
    "yd1Ea8fbUVECnAqn4uD8YamnOEgBy1d6DIopYcYXqlKVW4f8SMTzaEde_lLTkQbc61dlwnUkohfNHoLDJlVLJBRHb2"                       \
    "7K3j_clBtSeHT1eUzT663fK-gY3ioQiFXenx59Kie_gWQiJLzw-_xQP7Hd9WG3eQQ3GoDtTpnJFsDlKtoJSCpYQDUn"                       \
    "VzGolaAu5_QYueAtQgXbpQJnzmPi0xZF7sqo0G07-UOebQICzhZpu6NQYhf29-ybEMLj2MxU9qUNtYR2FuDs7171eW"                       \
    "25Jh7rxC6w1X2-VIzZ7iRKl0MVa8B-CMvQ9K6yJL3pOSmuLorTpOt7BqelgtVObHlkibbOJw"                                         \
    "\""
#define SQUARE                                                                                                         \
    "\""                                                                                                               \
    "9ai41vZMVmA1BNV4MS0L6hQUPsAb6_mv-7vRh80MycDC7cRwlOeaWhLS3ZX-65xhGqHvnDhcPxIUtV0K23W37posn3"                       \
    "nORjGiiDuXxdHUFtDTIph_T8FNol00BmKRbtXuSALult1SpFjf3_waMu2JZuIG5FQUMqaaFh6l76GxDkuBpREjM7U1"                       \
    "hshAW6CPMkVaDzA-HMadeMKZZrFQiV0CmJxcDny48oCCYL1rNqIhn5-od_1K27ACxUHPElKD_2J3ebGHYdZgPcSEaX"                       \
    "mZBgcnu4_PQ9r50Aob8zjAIbnDoGifjbcvwhC0jtvWeTYte-9ENfB5OrKuyHgHO-zzUCmDAQ"                                         \
    "\""
#define CUBE                                                                                                           \
    "\""                                                                                                               \
    "ATwetOtZUxaeppptfgGy6JHS0tzNFx4jy50p5NQyrw1-1ICJtKK6T9fL6xL307qardokt9v33--phGfZAyszdNd2ax"                       \
    "PRD_pWdtDQrL7AN2ZxlgyAsnF08FFH2VNQ0_IUJjv4dGp0LfK-CPwsL1T7GVBkIabGBFQ0rulYblmVkSZm_XVR9SbR"                       \
    "YYW2jPHnap87C2k5JCAGCoYWofBWGR2ILNRpK7hGyeI6Ey1o9IKqk0DG8pRrVaYzXF8uCY_YqQJ-Ar5nyFfY_XKH_0"                       \
    "9QmCwc9tArvAXAfTfFw7zyNsSyF24Jt5iwTnYSaFr9HgybFyiSYa0TqrgVlz5fkeTBeEG8qS8"                                        \
    "\""
#define FACTOR_173                                                                                                     \
    "\""                                                                                                               \
    "QmnyTKGFwyGW61kqXEbgMvFNCkF6mhFBj_mcnmyva_Tod9GClC6P0uJj3NuPpbnJn-_6K-3ymXNddMuaAl0rDkVeVX"                       \
    "mhMBR3pA6FGbYNMHTYyvQFMH6nleEzIUmBiq3lSdayIENrHyy_yDMKoxoLE-7DFHXrw3QMevFWgfZl61myGlMYspWP"                       \
    "RkKcPSglk8OfE1YdNl8BZcd5pQ1dUUZhqzWvjJcC126n9KdMMbNdPqk0dJ-SslP7El-fafRCBCdbFVu9HhBzTESBTX"                       \
    "xjGZSJyQpIEeg5sAmKyGSqrt-mc8cgh3rBxnCxJNcYtPBRTOl0OVFAOXvL44y8IwVJ4mdDHWE"                                        \
    "\""
/* The product of two primes next to each other. */
#define CLOSE                                                                                                          \
    "\""                                                                                                               \
    "xO3oBbMiJggBYH5EGavhRseCEYiqV_Qpo2UUuoWxShRmQdDxak-NGVG898i2gn51sUj5KGjJgsFQq9Q515aQlNq5bM"                       \
    "zkL5HT0NXeHW03qmnTwbMVvTgX9EhZdd_xnc7-fQrMzwq2qUYylILCeMdPxOlG5kS6qbZEONX2G83pjUkcwb_V-aU9"                       \
    "7SCOBUMqdfKU8lb6YUns1qnRGM34PDFFb1IOzmehkx5zKLoO4ArZFWfGzjZiXiqJ969Z8MnRaIKgL7KQvGaNWTdzup"                       \
    "tiBWkrIKBVm9ccczvrtTmtvxfrhJ8aVAroXL7EUbLc6LBPLbAYYWAmgZznkAj7Wm80QPRgvQ"                                         \
    "\""

#define WEAK  "the modulus is a prime, a power of one, or has a small factor"
#define SMALL "it is a point of small order, for which anybody can sign"
#define OFF   "it is no point of the curve"

/* The JWK of that key with one member changed; `number` bytes 0xff in base64url where value is NULL. In an array,
 * "@NAME" stands for a certificate of that key. */
static const struct row {
    const char *key, *member, *value;
    size_t number;
    const char *why; /* NULL: it is good */
} rows[] = {
    { "RSA-2048", "use", "\"sig\"", 0, NULL },
    { "Ed25519", "alg", "\"EdDSA\"", 0, NULL },
    { "Ed25519", "key_ops", "[\"verify\"]", 0, NULL },
    { "Ed448", "use", "\"sig\"", 0, NULL },

    { "RSA-1024", "use", "\"sig\"", 0, "the modulus has less than 2048 bits" },
    { "RSA-2048", "e", NULL, 512, "the exponent has more than 32 bits" },
    { "RSA-2048", "e", "\"AQ\"", 0, "the exponent is even or less than 3" },
    { "RSA-2048", "e", "\"AQAA\"", 0, "the exponent is even or less than 3" },
    { "RSA-2048", "n", NULL, 2048, "the modulus has more than 8192 bits" },
    { "RSA-2048", "n", NULL, 128, "the modulus has less than 2048 bits" },
    { "RSA-2048", "n", "null", 0, "n is missing or not a string" },
    { "RSA-2048", "n", "\"a+b/\"", 0, "n is not canonical base64url" },
    { "RSA-2048", "kty", "\"EC\"", 0, "crv is missing" },
    { "RSA-2048", "kty", "\"oct\"", 0, "nobody's secret" },
    { "RSA-2048", "kty", "\"rsa\"", 0, "no kty that this verifier knows is called \"rsa\"" },
    { "RSA-2048", "alg", "\"ES256\"", 0, "do not fit its alg" },
    { "RSA-2048", "alg", "\"HS256\"", 0, "do not fit its alg" },
    { "RSA-2048", "alg", "\"none\"", 0, "no signature algorithm is called" },
    { "RSA-2048", "use", "\"enc\"", 0, "it is not for signatures: use is" },
    { "RSA-2048", "key_ops", "[\"encrypt\"]", 0, "key_ops does not hold verify" },
    { "RSA-2048", "key_ops", "[\"sign\"]", 0, "key_ops does not hold verify" },
    { "RSA-2048", "d", "\"AQAB\"", 0, "it carries members of a private key" },
    { "RSA-2048", "k", "\"AQAB\"", 0, "it carries a shared secret" },
    { "P-256", "y", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\"", 0, "x and y are no point of the curve" },
    { "P-256", "x", "\"AQAB\"", 0, "not as long as the curve's coordinates" },
    { "P-256", "crv", "\"P-384\"", 0, "not as long as the curve's coordinates" },
    { "P-256", "d", "\"AQAB\"", 0, "it carries members of a private key" },
    { "RSA-2048", "n", PRIME, 0, WEAK },
    { "RSA-2048", "n", SQUARE, 0, WEAK },
    { "RSA-2048", "n", CUBE, 0, WEAK },
    { "RSA-2048", "n", FACTOR_173, 0, WEAK },
    { "RSA-2048", "n", CLOSE, 0, "the factors of the modulus are too close to each other" },
    /* RFC 8032 §5.1.3 and §5.2.3: all points of small order, no points, and numbers beyond the prime. */
    { "Ed25519", "x", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAIA\"", 0, SMALL },
    { "Ed25519", "x", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"", 0, SMALL },
    { "Ed25519", "x", "\"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"", 0, SMALL },
    { "Ed25519", "x", "\"JuiVj8KyJ7BFw_SJ8u-Y8NXfrAXTxjM5sTgCiG1T_IU\"", 0, SMALL },
    { "Ed25519", "x", "\"JuiVj8KyJ7BFw_SJ8u-Y8NXfrAXTxjM5sTgCiG1T_AU\"", 0, SMALL },
    { "Ed25519", "x", "\"xxdqcD1N2E-6PAt2DRBnDyogU_osOczGTsf9d5KsA_o\"", 0, SMALL },
    { "Ed25519", "x", "\"xxdqcD1N2E-6PAt2DRBnDyogU_osOczGTsf9d5KsA3o\"", 0, SMALL },
    { "Ed25519", "x", "\"7P_______________________________________38\"", 0, SMALL },
    { "Ed25519", "x", "\"AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"", 0, OFF },
    { "Ed25519", "x", "\"BwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"", 0, OFF },
    { "Ed25519", "x", "\"7f_______________________________________38\"", 0, OFF },
    { "Ed25519", "x", "\"7v_______________________________________38\"", 0, OFF },
    { "Ed25519", "x", "\"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAIA\"", 0, OFF },
    { "Ed25519", "x", "\"7P________________________________________8\"", 0, OFF },
    { "Ed25519", "x", "\"__________________________________________8\"", 0, OFF },
    { "Ed448", "x", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"", 0, SMALL },
    { "Ed448", "x", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAACA\"", 0, SMALL },
    { "Ed448", "x", "\"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"", 0, SMALL },
    { "Ed448", "x", "\"_v____________________________________7___________________________________8A\"", 0, SMALL },
    { "Ed448", "x", "\"AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"", 0, OFF },
    { "Ed448", "x", "\"BgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"", 0, OFF },
    { "Ed448", "x", "\"______________________________________7___________________________________8A\"", 0, OFF },
    { "Ed448", "x", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAP____________________________________8A\"", 0, OFF },
    { "Ed448", "x", "\"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAACA\"", 0, OFF },
    { "Ed448", "x", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\"", 0, OFF },
    { "Ed25519", "x", "\"AQAB\"", 0, "not as long as a public key of that curve" },
    { "Ed25519", "crv", "\"X25519\"", 0, "no curve to verify signatures with" },

    /* A certificate of another key contradicts the JWK, so the JWK is refused. The rest of the chain is not read,
     * because trust comes from the key set. */
    { "RSA-2048", "x5c", "[\"@RSA-2048\"]", 0, NULL },
    { "P-256", "x5c", "[\"@P-256\"]", 0, NULL },
    { "Ed25519", "x5c", "[\"@Ed25519\"]", 0, NULL },
    { "RSA-2048", "x5c", "[\"@RSA-2048\",\"@P-256\"]", 0, NULL },
    { "RSA-2048", "x5c", "[\"@RSA-2048\",\"rubbish\"]", 0, NULL },
    { "RSA-2048", "x5c", "[\"@RSA-2048/2\"]", 0, "x5c does not match: its first certificate carries another key" },
    { "RSA-2048", "x5c", "[\"@P-256\"]", 0, "x5c does not match: its first certificate carries another key" },
    { "P-256", "x5c", "[\"@P-256/2\"]", 0, "x5c does not match: its first certificate carries another key" },
    { "P-256", "x5c", "[\"@RSA-2048\"]", 0, "x5c does not match: its first certificate carries another key" },
    { "Ed25519", "x5c", "[\"@Ed25519/2\"]", 0, "x5c does not match: its first certificate carries another key" },
    { "RSA-2048", "x5c", "[\"@RSA-2048/2\",\"@RSA-2048\"]", 0, "x5c does not match" },
    { "RSA-2048", "x5c", "[\"rubbish\",\"@RSA-2048\"]", 0, "x5c does not begin with a certificate" },
    { "RSA-2048", "x5c", "[\"AAAA\"]", 0, "x5c does not begin with a certificate" },
    { "RSA-2048", "x5c", "[\"@RSA-2048\",7]", 0, "x5c is not an array of certificates" },
    { "RSA-2048", "x5c", "[[\"@RSA-2048\"]]", 0, "x5c is not an array of certificates" },
    { "RSA-2048", "x5c", "[]", 0, "x5c is not an array of certificates" },
    { "RSA-2048", "x5c", "\"AAAA\"", 0, "x5c is not an array of certificates" },
    { "RSA-2048", "x5c", "{}", 0, "x5c is not an array of certificates" },
    { "RSA-2048", "x5c", "null", 0, "x5c is not an array of certificates" },
};

static json_t *number_of(size_t len) {
    char bytes[2048];
    memset(bytes, 0xff, sizeof bytes);
    char *text = test_base64url((struct tam_str){ bytes, len });
    json_t *value = json_string(text);
    mem_free(text);
    return value;
}

static json_t *value_of(const struct row *row) {
    json_t *value = row->value != NULL ? json_loads(row->value, JSON_DECODE_ANY, NULL) : number_of(row->number),
           *element;
    size_t i;
    json_array_foreach(value, i, element) {
        const char *text = json_string_value(element);
        if (text != NULL && text[0] == '@') {
            json_array_set_new(value, i, test_x5c_element(test_key(text + 1), 0));
        }
    }
    return value;
}

static json_t *jwk_of(const struct row *row) {
    json_t *jwk = test_jwk(test_key(row->key), "bad");
    json_object_set_new(jwk, row->member, value_of(row));
    return jwk;
}

/* Serves the good key between the bad one and, where there is one, another. Takes the references. */
static void serve(json_t *bad, json_t *other) {
    char *set = test_set(bad, test_jwk(test_key("P-256/2"), "good"), other, NULL);
    scripted_server_reset(&server);
    scripted_server_answer(&server, "/keys", &(struct scripted_answer){ .body = str_of(set) });
    mem_free(set);
}

/* Each question is a token of its own, so that no answer is a cached one. */
static void expect(struct plugin_host *host, const char *key, const char *kid, const char *verdict) {
    static unsigned serial;
    char sub[32];
    snprintf(sub, sizeof sub, "user-%u", serial++);
    const char *found = served_ask(host, key, kid, sub);
    ck_assert_msg(strcmp(found, verdict) == 0, "row %s %s: %s, expected %s\n%.*s", key, kid, found, verdict,
                  STR_PRINT(buf_str(&host->log)));
}

START_TEST(a_bad_key_spoils_nothing_but_itself) {
    const struct row *row = &rows[_i];
    struct plugin_host host;
    serve(jwk_of(row), NULL);
    served_host_open(&host, &server, "jwks_uri=" SERVED_KEYS " ");
    expect(&host, "P-256/2", "good", "accept");
    expect(&host, row->key, "bad", row->why != NULL ? "unknown_key" : "accept");
    served_expect_log(&host, SERVED_KEYS, row->why != NULL ? "1 key usable, 1 skipped" : "2 keys usable, 0 skipped");
    if (row->why != NULL) {
        plugin_host_expect_log(&host, "key 1 (kid \"bad\"): ");
        plugin_host_expect_log(&host, row->why);
    }
    ck_assert_uint_eq(scripted_server_requests(&server, "/keys"), 1); /* its kid is known to be no good */
    plugin_host_close(&host);
}
END_TEST

/* What was good about a key before does not help it, nor what is remembered of it: the unknown kid has the set fetched
 * anew, and when its answer is there, the old answers are gone. */
START_TEST(a_key_gone_bad_is_gone) {
    const struct row *row = &rows[_i];
    struct plugin_host host;
    bool never_good = strcmp(row->key, "RSA-1024") == 0;
    if (never_good) {
        return;
    }
    serve(test_jwk(test_key(row->key), "bad"), NULL);
    served_host_open(&host, &server, "jwks_uri=" SERVED_KEYS " ");
    char *token = served_token(row->key, "bad", "alice");
    ck_assert_str_eq(served_ask_token(&host, token), "accept");
    serve(jwk_of(row), NULL);
    expect(&host, "P-256", "new", "unknown_key");
    ck_assert_str_eq(served_ask_token(&host, token), row->why != NULL ? "unknown_key" : "accept");
    mem_free(token);
    expect(&host, "P-256/2", "good", "accept");
    plugin_host_close(&host);
}
END_TEST

/* Two keys of one name, the second of which is good by itself. */
static void expect_neither(json_t *first, const char *why) {
    struct plugin_host host;
    json_object_set_new(first, "kid", json_string("twice"));
    serve(first, test_jwk(test_key("Ed25519/2"), "twice"));
    served_host_open(&host, &server, "jwks_uri=" SERVED_KEYS " ");
    expect(&host, "P-256/2", "good", "accept");
    expect(&host, "Ed25519", "twice", "unknown_key");
    expect(&host, "Ed25519/2", "twice", "unknown_key");
    served_expect_log(&host, SERVED_KEYS, "1 key usable, 2 skipped");
    plugin_host_expect_log(&host, why);
    plugin_host_expect_log(&host, "key 3 (kid \"twice\"): another key has the same kid and fits the same alg");
    ck_assert_uint_eq(scripted_server_requests(&server, "/keys"), 1);
    plugin_host_close(&host);
}

START_TEST(of_two_keys_of_one_name_neither_counts) {
    expect_neither(test_jwk(test_key("Ed25519"), NULL), "key 1 (kid \"twice\"): another key has the same kid");
}
END_TEST

/* Two keys of one kid: the issuer may have meant either, so both are skipped. */
START_TEST(a_bad_key_takes_the_good_one_of_its_name_with_it) {
    json_t *bad = test_jwk(test_key("Ed25519"), NULL);
    json_object_set_new(bad, "x5c", json_pack("[o]", test_x5c_element(test_key("Ed25519/2"), 0)));
    expect_neither(bad, "key 1 (kid \"twice\"): x5c does not match");
}
END_TEST

/* Each of 63 has its own line in the status; in the log, eight have. */
START_TEST(many_bad_keys_fill_no_log) {
    struct plugin_host host;
    json_t *keys = json_pack("[o]", test_jwk(test_key("P-256/2"), "good"));
    for (int i = 0; i < 63; i++) {
        json_array_append_new(keys, json_pack("{s:s, s:s}", "kty", "RSA", "kid", "bad"));
    }
    char *set = test_text(json_pack("{s:o}", "keys", keys));
    scripted_server_reset(&server);
    scripted_server_answer(&server, "/keys", &(struct scripted_answer){ .body = str_of(set) });
    served_host_open(&host, &server, "jwks_uri=" SERVED_KEYS " ");
    expect(&host, "P-256/2", "good", "accept");
    served_expect_log(&host, SERVED_KEYS, "and 55 more keys are skipped");
    ck_assert(plugin_host_logged(&host, "key 9 (kid \"bad\"): n is missing")); /* the eighth that is bad */
    ck_assert(!plugin_host_logged(&host, "key 10 ("));
    struct tam_document *status = tam_status(host.service);
    ck_assert_ptr_nonnull(strstr(tam_document_text(status).ptr, "key 64 ("));
    tam_document_free(status);
    mem_free(set);
    plugin_host_close(&host);
}
END_TEST

/* The square of the product of two moduli: no prime, no power of one, and the longest that is taken. */
static char *long_modulus(void) {
    BIGNUM *a = NULL, *b = NULL;
    BN_CTX *ctx = BN_CTX_new();
    ck_assert(EVP_PKEY_get_bn_param(test_key("RSA-2048"), "n", &a) == 1 &&
              EVP_PKEY_get_bn_param(test_key("RSA-2048/2"), "n", &b) == 1 && BN_mul(a, a, b, ctx) == 1 &&
              BN_sqr(a, a, ctx) == 1);
    unsigned char bytes[1024];
    int len = BN_bn2bin(a, bytes);
    BN_free(a);
    BN_free(b);
    BN_CTX_free(ctx);
    return test_base64url((struct tam_str){ (const char *)bytes, (size_t)len });
}

/* To check one of 8192 bits takes a tenth of a second, so a set of 63 does not get that done. */
START_TEST(many_large_keys_take_no_time) {
    struct plugin_host host;
    char *n = long_modulus();
    json_t *keys = json_array();
    for (int i = 0; i < 63; i++) {
        json_array_append_new(keys, json_pack("{s:s, s:s, s:s}", "kty", "RSA", "n", n, "e", "AQAB"));
    }
    json_array_append_new(keys, test_jwk(test_key("P-256/2"), "good"));
    char *set = test_text(json_pack("{s:o}", "keys", keys));
    scripted_server_reset(&server);
    scripted_server_answer(&server, "/keys", &(struct scripted_answer){ .body = str_of(set) });
    served_host_open(&host, &server, "jwks_uri=" SERVED_KEYS " ");
    expect(&host, "P-256/2", "good", "accept");
    served_expect_log(&host, SERVED_KEYS, "5 keys usable, 59 skipped");
    plugin_host_expect_log(&host, "key 5 (no kid): it is not checked, as the key set has too many large RSA keys");
    mem_free(set);
    mem_free(n);
    plugin_host_close(&host);
}
END_TEST

START_TEST(a_kid_of_300_bytes_names_no_key) {
    char kid[301] = { 0 };
    struct plugin_host host;
    memset(kid, 'k', sizeof kid - 1);
    serve(test_jwk(test_key("Ed25519"), kid), test_jwk(test_key("Ed25519/2"), NULL));
    served_host_open(&host, &server, "jwks_uri=" SERVED_KEYS " ");
    expect(&host, "P-256/2", "good", "accept");
    expect(&host, "Ed25519", kid, "malformed");
    plugin_host_expect_log(&host, "kid is longer than 256 bytes");
    plugin_host_close(&host);
}
END_TEST

/* Keys are made once, and not in each process that is forked from here. */
static void setup(void) {
    static const char *const names[] = { "P-256",      "P-256/2", "RSA-1024",  "RSA-2048",
                                         "RSA-2048/2", "Ed25519", "Ed25519/2", "Ed448" };
    for (size_t i = 0; i < COUNT(names); i++) {
        test_key(names[i]);
    }
    scripted_server_start(&server, &(struct scripted_server_options){ .names = NULL });
}

static void teardown(void) {
    scripted_server_stop(&server);
    test_keys_free();
}

int main(void) {
    TCase *tests = tcase_create("hostile keys");
    tcase_set_timeout(tests, 60);
    tcase_add_unchecked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, a_bad_key_spoils_nothing_but_itself, 0, COUNT(rows));
    tcase_add_loop_test(tests, a_key_gone_bad_is_gone, 0, COUNT(rows));
    tcase_add_test(tests, a_bad_key_takes_the_good_one_of_its_name_with_it);
    tcase_add_test(tests, of_two_keys_of_one_name_neither_counts);
    tcase_add_test(tests, many_bad_keys_fill_no_log);
    tcase_add_test(tests, many_large_keys_take_no_time);
    tcase_add_test(tests, a_kid_of_300_bytes_names_no_key);
    return suite_run("hostile keys", tests);
}
