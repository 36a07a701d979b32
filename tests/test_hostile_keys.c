/* SPDX-License-Identifier: MIT
 *
 * One bad key in a set that a server sends, a row each, against the jwt plugin: the good key beside it works, the bad one
 * verifies nothing, the log names it and says why, and the server is asked no more for it. The first row is the control.
 */
#include <config.h>

#include <src/base/mem.h>
#include <src/base/str.h>
#include <string.h>
#include <tests/jose_support.h>
#include <tests/served_host.h>
#include <tests/suite.h>

static struct scripted_server server;

/* The JWK of that key with one member changed; `number` bytes 0xff in base64url where value is NULL. */
static const struct {
    const char *key, *member, *value;
    size_t number;
    const char *why; /* NULL: it is good */
} rows[] = {
    { "RSA-2048", "use", "\"sig\"", 0, NULL },

    { "RSA-2048", "e", NULL, 512, "the exponent has more than 32 bits" },
    { "RSA-2048", "e", "\"AQ\"", 0, "the exponent is even or less than 3" },
    { "RSA-2048", "e", "\"AQAA\"", 0, "the exponent is even or less than 3" },
    { "RSA-2048", "n", NULL, 2048, "the modulus has more than 8192 bits" },
    { "RSA-2048", "n", NULL, 128, "the modulus has less than 2048 bits" },
    { "RSA-2048", "kty", "\"EC\"", 0, "crv is missing" },
    { "RSA-2048", "kty", "\"oct\"", 0, "nobody's secret" },
    { "RSA-2048", "alg", "\"ES256\"", 0, "do not fit its alg" },
    { "RSA-2048", "alg", "\"HS256\"", 0, "do not fit its alg" },
    { "RSA-2048", "alg", "\"none\"", 0, "no signature algorithm is called" },
    { "RSA-2048", "use", "\"enc\"", 0, "it is not for signatures: use is" },
    { "RSA-2048", "key_ops", "[\"encrypt\"]", 0, "key_ops does not hold verify" },
    { "RSA-2048", "d", "\"AQAB\"", 0, "it carries members of a private key" },
    { "RSA-2048", "k", "\"AQAB\"", 0, "it carries a shared secret" },
    { "RSA-2048", "x5c", "[\"AAAA\"]", 0, "x5c does not begin with a certificate" },
    { "P-256", "y", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\"", 0, "x and y are no point of the curve" },
    { "P-256", "x", "\"AQAB\"", 0, "not as long as the curve's coordinates" },
    { "P-256", "crv", "\"P-384\"", 0, "not as long as the curve's coordinates" },
    { "P-256", "d", "\"AQAB\"", 0, "it carries members of a private key" },
    { "Ed25519", "x", "\"AQAB\"", 0, "not as long as a public key of that curve" },
    { "Ed25519", "crv", "\"X25519\"", 0, "no curve to verify signatures with" },
};

static json_t *value_of(size_t row) {
    char bytes[2048];
    if (rows[row].value != NULL)
        return json_loads(rows[row].value, JSON_DECODE_ANY, NULL);
    memset(bytes, 0xff, sizeof bytes);
    char *text = test_base64url((struct tam_str){ bytes, rows[row].number });
    json_t *value = json_string(text);
    mem_free(text);
    return value;
}

/* Serves the good key between the bad one and, where there is one, another. Takes the references. */
static void serve(json_t *bad, json_t *other) {
    char *set = test_set(bad, test_jwk(test_key("P-256/2"), "good"), other, NULL);
    scripted_server_reset(&server);
    scripted_server_answer(&server, "/keys", &(struct scripted_answer){ .body = str_of(set) });
    mem_free(set);
}

static void expect(struct plugin_host *host, const char *key, const char *kid, const char *verdict) {
    const char *found = served_ask(host, key, kid, "alice");
    ck_assert_msg(strcmp(found, verdict) == 0, "row %s %s: %s, expected %s\n%.*s", key, kid, found, verdict,
                  STR_PRINT(buf_str(&host->log)));
}

START_TEST(a_bad_key_spoils_nothing_but_itself) {
    struct plugin_host host;
    json_t *bad = test_jwk(test_key(rows[_i].key), "bad");
    json_object_set_new(bad, rows[_i].member, value_of((size_t)_i));
    serve(bad, NULL);
    served_host_open(&host, &server, "jwks_uri=" SERVED_KEYS " ");
    expect(&host, "P-256/2", "good", "accept");
    expect(&host, rows[_i].key, "bad", rows[_i].why != NULL ? "unknown_key" : "accept");
    served_expect_log(&host, SERVED_KEYS,
                      rows[_i].why != NULL ? "1 keys usable, 1 skipped" : "2 keys usable, 0 skipped");
    if (rows[_i].why != NULL) {
        plugin_host_expect_log(&host, "key 1 (kid \"bad\")");
        plugin_host_expect_log(&host, rows[_i].why);
    }
    ck_assert_uint_eq(scripted_server_requests(&server, "/keys"), 1); /* its kid is known to be no good */
    plugin_host_close(&host);
}
END_TEST

START_TEST(of_two_keys_of_one_name_neither_counts) {
    struct plugin_host host;
    serve(test_jwk(test_key("Ed25519"), "twice"), test_jwk(test_key("Ed25519/2"), "twice"));
    served_host_open(&host, &server, "jwks_uri=" SERVED_KEYS " ");
    expect(&host, "P-256/2", "good", "accept");
    expect(&host, "Ed25519", "twice", "unknown_key");
    expect(&host, "Ed25519/2", "twice", "unknown_key");
    served_expect_log(&host, SERVED_KEYS, "1 keys usable, 2 skipped");
    plugin_host_expect_log(&host, "another key has the same kid and fits the same alg");
    ck_assert_uint_eq(scripted_server_requests(&server, "/keys"), 1);
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

static void setup(void) {
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
    tcase_add_loop_test(tests, a_bad_key_spoils_nothing_but_itself, 0, sizeof rows / sizeof rows[0]);
    tcase_add_test(tests, of_two_keys_of_one_name_neither_counts);
    tcase_add_test(tests, a_kid_of_300_bytes_names_no_key);
    return suite_run("hostile keys", tests);
}
