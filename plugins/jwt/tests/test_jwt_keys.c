/* SPDX-License-Identifier: MIT
 *
 * The jwt plugin with keys that are configured: from a file in PEM or JWK, and secrets from a file. Each algorithm is
 * taken where it is configured and nowhere else, and only with a key that is made for it.
 */
#include <config.h>

#include <openssl/pem.h>
#include <src/base/array.h>
#include <src/base/mem.h>
#include <src/base/str.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tests/support/jose_support.h>
#include <tests/support/plugin_host.h>
#include <tests/support/scratch.h>
#include <tests/support/suite.h>

#define ISSUER "https://id.example"
#define JWT    "jwt issuer=" ISSUER " audience=api "
#define CLAIMS "{\"iss\":\"" ISSUER "\",\"aud\":\"api\",\"sub\":\"alice\",\"exp\":4102444800}"
/* RFC 8037 A.2 */
#define ED25519  "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}"
#define SET(key) "{\"keys\":[" key "]}"
#define SECRET   "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct scratch scratch;

/* The keys once, before the tests part ways. */
static void setup(void) {
    static const char *const names[] = { "RSA-2048", "RSA-2048/2", "P-256",   "P-256/2",
                                         "P-384",    "P-521",      "Ed25519", "Ed448" };
    scratch_make(&scratch);
    for (size_t i = 0; i < COUNT(names); i++) {
        test_key(names[i]);
    }
}

static void teardown(void) {
    scratch_remove(&scratch);
    test_keys_free();
}

/* ---- Keys in files ---------------------------------------------------------------------------------------------- */

static const char *pem_write(const char *key) {
    const char *path = scratch_text(&scratch, "key.pem", "");
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(PEM_write_PUBKEY(file, test_key(key)), 1);
    ck_assert_int_eq(fclose(file), 0);
    return path;
}

/* With these members laid over it. */
static const char *jwk_write(const char *key, const char *members) {
    json_t *jwk = test_jwk(test_key(key), NULL), *over = json_loads(members, 0, NULL);
    ck_assert_int_eq(json_object_update(jwk, over), 0);
    json_decref(over);
    char *text = test_text(jwk);
    const char *path = scratch_text(&scratch, "key.jwk", text);
    mem_free(text);
    return path;
}

/* "accept", the reason of a reject, or another verdict's name. */
static const char *ask(const char *configuration, char *token) {
    struct plugin_host host;
    plugin_host_open(&host, "jwt", configuration);
    struct tam_result *result = plugin_host_ask(&host, str_of(token));
    uint32_t verdict = tam_result_verdict(result);
    const char *name =
        verdict == TAM_VERDICT_REJECT ? tam_reason_name(tam_result_reason(result)) : tam_verdict_name(verdict);
    tam_result_free(result);
    plugin_host_close(&host);
    mem_free(token);
    return name;
}

/* key NULL: with the secret; kid NULL: none. */
static char *token_with(const char *alg, const char *key, const char *kid) {
    char header[64];
    if (kid != NULL) {
        (void)snprintf(header, sizeof header, "{\"alg\":\"%s\",\"kid\":\"%s\"}", alg, kid);
    } else {
        (void)snprintf(header, sizeof header, "{\"alg\":\"%s\"}", alg);
    }
    return key != NULL ? test_sign(alg, test_key(key), header, CLAIMS) : test_mac(alg, STR(SECRET), header, CLAIMS);
}

static char *token_of(const char *alg, const char *key) {
    return token_with(alg, key, NULL);
}

/* ---- Algorithms ------------------------------------------------------------------------------------------------- */

static const struct {
    const char *alg, *key; /* key NULL: the secret */
} algorithms[] = {
    { "RS256", "RSA-2048" }, { "RS384", "RSA-2048" }, { "RS512", "RSA-2048" }, { "PS256", "RSA-2048" },
    { "PS384", "RSA-2048" }, { "PS512", "RSA-2048" }, { "ES256", "P-256" },    { "ES384", "P-384" },
    { "ES512", "P-521" },    { "EdDSA", "Ed25519" },  { "EdDSA", "Ed448" },    { "HS256", NULL },
    { "HS384", NULL },       { "HS512", NULL },
};
#define ALGORITHMS COUNT(algorithms)

static void configure(char *text, size_t size, const char *alg, const char *key) {
    if (key != NULL) {
        (void)snprintf(text, size, JWT "algorithms=%s key_file=%s", alg, pem_write(key));
    } else {
        (void)snprintf(text, size, JWT "algorithms=%s secret_file=%s", alg,
                       scratch_text(&scratch, "secret", SECRET "\n"));
    }
}

START_TEST(an_algorithm_is_taken_where_it_is_configured_and_nowhere_else) {
    char text[1024];
    configure(text, sizeof text, algorithms[_i].alg, algorithms[_i].key);
    for (size_t i = 0; i < ALGORITHMS; i++) {
        bool same_alg = strcmp(algorithms[i].alg, algorithms[_i].alg) == 0;
        bool same_key = (algorithms[i].key == NULL) == (algorithms[_i].key == NULL) &&
                        (algorithms[i].key == NULL || strcmp(algorithms[i].key, algorithms[_i].key) == 0);
        const char *expected = !same_alg ? "unsupported_algorithm" : same_key ? "accept" : "bad_signature";
        const char *found = ask(text, token_of(algorithms[i].alg, algorithms[i].key));
        ck_assert_msg(strcmp(found, expected) == 0, "%s: a token with %s of %s: %s", text, algorithms[i].alg,
                      algorithms[i].key != NULL ? algorithms[i].key : "the secret", found);
    }
}
END_TEST

/* All that could be meant are configured: the key says which it is. */
static const struct {
    const char *key, *members, *alg, *found;
} bindings[] = {
    { "RSA-2048", "{}", "RS256", "accept" },
    { "RSA-2048", "{}", "PS512", "accept" },
    { "RSA-2048", "{\"alg\":\"PS256\"}", "PS256", "accept" },
    { "RSA-2048", "{\"alg\":\"PS256\"}", "RS256", "unknown_key" },
    { "RSA-2048", "{\"alg\":\"PS256\"}", "PS384", "unknown_key" },
    { "RSA-2048", "{\"alg\":\"RS256\"}", "RS512", "unknown_key" },
    { "P-384", "{}", "ES384", "accept" },
    { "Ed448", "{}", "EdDSA", "accept" },
};

START_TEST(a_key_in_jwk_says_what_it_is_for) {
    char text[1024];
    (void)snprintf(text, sizeof text, JWT "algorithms=RS256,RS384,RS512,PS256,PS384,PS512,ES384,EdDSA key_file=%s",
                   jwk_write(bindings[_i].key, bindings[_i].members));
    ck_assert_str_eq(ask(text, token_of(bindings[_i].alg, bindings[_i].key)), bindings[_i].found);
}
END_TEST

/* ---- A key set in a file ----------------------------------------------------------------------------------------- */

static const struct {
    size_t count;    /* so many of the set's keys are in the file: RSA-2048 as r, P-256 as e, Ed25519 as o */
    const char *kid; /* of the token; NULL: none */
    const char *alg, *key, *found;
} set_rows[] = {
    { 3, "r", "RS256", "RSA-2048", "accept" },
    { 3, "r", "PS256", "RSA-2048", "accept" },
    { 3, "e", "ES256", "P-256", "accept" },
    { 3, "o", "EdDSA", "Ed25519", "accept" },
    { 1, "r", "RS256", "RSA-2048", "accept" },
    { 1, NULL, "RS256", "RSA-2048", "accept" },
    { 3, NULL, "RS256", "RSA-2048", "unknown_key" },
    { 3, "e", "RS256", "RSA-2048", "unknown_key" },
    { 3, "x", "RS256", "RSA-2048", "unknown_key" },
    { 3, "R", "RS256", "RSA-2048", "unknown_key" },
    { 1, "e", "ES256", "P-256", "unknown_key" },
    { 3, "r", "RS256", "RSA-2048/2", "bad_signature" },
    { 3, "e", "ES256", "P-256/2", "bad_signature" },
    { 3, "r", "RS512", "RSA-2048", "unsupported_algorithm" }, /* not of the defaults */
    { 3, "r", "HS256", NULL, "unsupported_algorithm" },
};

static const char *set_write(size_t count) {
    json_t *r = test_jwk(test_key("RSA-2048"), "r");
    char *text = count == 1 ? test_set(r, NULL)
                            : test_set(r, test_jwk(test_key("P-256"), "e"), test_jwk(test_key("Ed25519"), "o"), NULL);
    const char *path = scratch_text(&scratch, "jwks.json", text);
    mem_free(text);
    return path;
}

START_TEST(a_key_set_in_a_file_verifies_what_its_keys_signed) {
    char text[1024];
    (void)snprintf(text, sizeof text, JWT "jwks_file=%s", set_write(set_rows[_i].count));
    ck_assert_str_eq(ask(text, token_with(set_rows[_i].alg, set_rows[_i].key, set_rows[_i].kid)), set_rows[_i].found);
}
END_TEST

/* RFC 8725 §2.1: the public key's own text as a secret. */
START_TEST(a_public_key_is_no_secret) {
    char text[1024];
    const char *path = pem_write("RSA-2048");
    size_t len = 0;
    char *pem = test_file(path, &len);
    (void)snprintf(text, sizeof text, JWT "key_file=%s", path);
    ck_assert_str_eq(ask(text, token_of("RS256", "RSA-2048")), "accept");
    ck_assert_str_eq(ask(text, test_mac("HS256", (struct tam_str){ pem, len }, "{\"alg\":\"HS256\"}", CLAIMS)),
                     "unsupported_algorithm");
    ck_assert_str_eq(ask(text, test_mac("HS256", (struct tam_str){ pem, len - 1 }, "{\"alg\":\"HS256\"}", CLAIMS)),
                     "unsupported_algorithm");
    mem_free(pem);
}
END_TEST

/* RFC 7519 §4.1.1: StringOrURI. */
START_TEST(an_issuer_may_be_any_string) {
    char text[1024];
    (void)snprintf(text, sizeof text, "jwt issuer=my-service audience=api key_file=%s", pem_write("RSA-2048"));
    ck_assert_str_eq(
        ask(text, test_sign("RS256", test_key("RSA-2048"), "{\"alg\":\"RS256\"}",
                            "{\"iss\":\"my-service\",\"aud\":\"api\",\"sub\":\"alice\",\"exp\":4102444800}")),
        "accept");
    ck_assert_str_eq(ask(text, token_of("RS256", "RSA-2048")), "wrong_issuer");
}
END_TEST

/* ---- What a configuration must not say --------------------------------------------------------------------------- */

static const struct {
    const char *file, *content; /* NULL: none */
    const char *options;        /* %s: the file */
    const char *words;          /* NULL: it is good */
} configurations[] = {
    { "secret", SECRET, "secret_file=%s", NULL },
    { "secret", SECRET, "secret_file=%s algorithms=HS512,HS256", NULL },
    { "secret", "0123456789abcdef0123456789abcde", "secret_file=%s", "secret_file must be a secret" },
    { "secret", "", "secret_file=%s", "of 32 to 4096 bytes" },
    { "secret", "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA", "secret_file=%s",
      "cannot be used: a PEM is no shared secret" },
    { "secret", SECRET, "secret_file=%s algorithms=RS256", "may name only HS256, HS384 and HS512" },
    { "secret", SECRET, "secret_file=%s algorithms=HS256,RS256", "may name only HS256, HS384 and HS512" },
    { "secret", SECRET, "secret_file=%s jwks_uri=https://id.example/jwks", "only one of" },
    { NULL, NULL, "secret=" SECRET, "must not be written here: write secret_file=PATH" },
    { NULL, NULL, "secret_file=/nonexistent/secret", "/nonexistent/secret cannot be opened" },
    { NULL, NULL, "jwks_uri=https://id.example/jwks algorithms=HS256", "only where the key is a secret" },
    { NULL, NULL, "jwks_uri=https://id.example/jwks algorithms=none", "found 'none'" },
    { NULL, NULL, "jwks_uri=https://id.example/jwks algorithms=rs256", "found 'rs256'" },
    { NULL, NULL, "jwks_uri=https://id.example/jwks algorithms=RS256,RS256", "a repeated entry" },
    { NULL, NULL, "jwks_uri=https://id.example/jwks authority=https://id.example", "only one of" },
    { NULL, NULL, "", "where do keys come from?" },
    { NULL, NULL, "key_file=/nonexistent/key", "key_file cannot be used: /nonexistent/key cannot be opened" },
    { NULL, NULL, "jwks_file=/nonexistent/set", "jwks_file cannot be used: /nonexistent/set cannot be opened" },
    { NULL, NULL, "jwks_uri=https://id.example/jwks ca_file=/nonexistent/ca",
      "ca_file cannot be used: /nonexistent/ca cannot be opened" },
    { "key", "no key", "key_file=%s", "key_file cannot be used: it holds no PEM block" },
    { "key", "{\"kty\":\"oct\",\"k\":\"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T\"}", "key_file=%s algorithms=RS256",
      "may name only HS256, HS384 and HS512" },
    { "key", "{\"kty\":\"oct\",\"k\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}", "key_file=%s",
      "key_file cannot be used: the shared secret is too simple" },
    { "key", "{\"kty\":\"oct\",\"k\":\"MCowBQYDK2VwAyEA11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}", "key_file=%s",
      "key_file cannot be used: a key or certificate in DER is no shared secret" },
    { "key", "{\"kty\":\"oct\",\"k\":\"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T\"}", "key_file=%s", NULL },
    { "key",
      "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n-----END PUBLIC KEY-----\n",
      "key_file=%s", "key_file cannot be used: it is a point of small order" },
    { "key",
      "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAAgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n-----END PUBLIC KEY-----\n",
      "key_file=%s", "key_file cannot be used: it is no point of the curve" },
    { "key",
      "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n",
      "key_file=%s", NULL },
    { "key", "{}", "key_file=%s", "key_file cannot be used: kty is missing" },
    { "set", SET(ED25519), "jwks_file=%s", NULL },
    { "set", SET(ED25519), "jwks_file=%s algorithms=EdDSA,RS256", NULL },
    { "set", SET(ED25519), "jwks_file=%s algorithms=RS256,ES256",
      "jwks_file cannot be used: none of its keys is for an algorithm that this verifier takes" },
    { "set", SET(ED25519), "jwks_file=%s jwks_uri=https://id.example/jwks", "only one of" },
    { "set", SET(ED25519), "jwks_file=%s algorithms=HS256", "only where the key is a secret" },
    { "set", ED25519, "jwks_file=%s", "jwks_file cannot be used: " },
    { "set", SET("{\"kty\":\"oct\",\"k\":\"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T\"}"), "jwks_file=%s",
      "jwks_file cannot be used: the key set holds shared secrets and no public key" },
    { "set", SET("{\"kty\":\"oct\",\"k\":\"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T\"}," ED25519), "jwks_file=%s",
      NULL },
    { "set", "<html></html>", "jwks_file=%s", "jwks_file cannot be used: " },
    { "set", "", "jwks_file=%s", "jwks_file cannot be used: " },
    { NULL, NULL, "jwks_file=/nonexistent/set", "/nonexistent/set" },
    { "set", "{\"keys\":[]}", "jwks_file=%s", "jwks_file cannot be used: the key set has no usable key" },
    { NULL, NULL, "jwks_uri=https://id.example/jwks typ=JWT", "typ must be one of any or at+jwt" },
    { NULL, NULL, "jwks_uri=https://id.example/jwks scope_match=some", "scope_match must be one of all or any" },
    { NULL, NULL, "jwks_uri=https://id.example/jwks clock_skew=6m", "from 0 to 5m" },
};

START_TEST(what_could_not_work_is_refused_in_words) {
    const struct tam_setup any = { .size = sizeof any,
                                   .flags = TAM_SETUP_ANY_OWNER,
                                   .plugin_dir = TAM_TOP_BUILDDIR "/plugins/jwt/.libs" };
    struct tam_faults *faults = NULL;
    char text[1024] = JWT;
    const char *path = configurations[_i].file != NULL
                           ? scratch_text(&scratch, configurations[_i].file, configurations[_i].content)
                           : "";
    size_t used = strlen(text);
    const char *hole = strstr(configurations[_i].options, "%s");
    if (hole != NULL) {
        (void)snprintf(text + used, sizeof text - used, "%.*s%s%s", (int)(hole - configurations[_i].options),
                       configurations[_i].options, path, hole + 2);
    } else {
        (void)snprintf(text + used, sizeof text - used, "%s", configurations[_i].options);
    }
    int status = tam_service_check_string(text, &any, &faults);
    const char *fault = tam_faults_text(faults, 0);
    ck_assert_msg((status == 0) == (configurations[_i].words == NULL), "%s: %s", text, fault != NULL ? fault : "good");
    if (configurations[_i].words != NULL) {
        ck_assert_msg(strstr(fault, configurations[_i].words) != NULL, "%s: %s", text, fault);
        ck_assert_ptr_null(strstr(fault, "0123456789abcde")); /* no secret in an error */
    }
    tam_faults_free(faults);
}
END_TEST

#define LOOP(tests, test, rows) tcase_add_loop_test(tests, test, 0, COUNT(rows))

int main(void) {
    TCase *tests = tcase_create("jwt keys");
    tcase_set_timeout(tests, 60);
    tcase_add_unchecked_fixture(tests, setup, teardown);
    LOOP(tests, an_algorithm_is_taken_where_it_is_configured_and_nowhere_else, algorithms);
    LOOP(tests, a_key_in_jwk_says_what_it_is_for, bindings);
    LOOP(tests, a_key_set_in_a_file_verifies_what_its_keys_signed, set_rows);
    tcase_add_test(tests, a_public_key_is_no_secret);
    tcase_add_test(tests, an_issuer_may_be_any_string);
    LOOP(tests, what_could_not_work_is_refused_in_words, configurations);
    return suite_run("jwt keys", tests);
}
