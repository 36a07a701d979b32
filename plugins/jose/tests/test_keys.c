/* SPDX-License-Identifier: MIT
 *
 * Sets of keys: what is no set, what is skipped and how that is said, which key answers to which token, and that the
 * real sets of real issuers load.
 */
#include <config.h>

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <src/base/array.h>
#include <tests/support/jose_support.h>
#include <tests/support/suite.h>
#include <time.h>

static void keys_make(void) {
    static const char *const names[] = { "RSA-2048", "RSA-2048/2", "P-256", "P-256/2", "P-384", "Ed25519" };

    for (size_t i = 0; i < COUNT(names); i++) {
        test_key(names[i]);
    }
}

/* ---- What is no set ---- */

static const struct {
    const char *body, *why;
} bad_sets[] = {
    { "", "not strict JSON" },
    { "<html><body>Bad Gateway</body></html>", "not strict JSON" },
    { "{\"keys\":[", "not strict JSON" },
    { "{\"keys\":[]}{\"keys\":[]}", "not strict JSON" },
    { "{\"keys\":[],\"keys\":[]}", "not strict JSON" },
    { "null", "not a key set" },
    { "[]", "not a key set" },
    { "{}", "not a key set" },
    { "{\"Keys\":[]}", "not a key set" },
    { "{\"keys\":{}}", "not a key set" },
    { "{\"keys\":null}", "not a key set" },
    { "{\"keys\":[]}", "no usable key" },
    { "{\"keys\":[{}]}", "no usable key; key 1 (no kid): kty is missing or not a string" },
    { "{\"keys\":[{\"kid\":\"a\"},1]}",
      "no usable key; key 1 (kid \"a\"): kty is missing or not a string (and 1 more)" },
    { "{\"keys\":[{\"kid\":\"\\u0007\\\"\"}]}", "(kid \"\\x07" },
};

START_TEST(keys_are_not_read_from_what_is_no_set) {
    struct buf why;
    struct keys *keys = test_keys(bad_sets[_i].body, KEY_FROM_URL, &why);
    ck_assert_ptr_null(keys);
    ck_assert_msg(why.ptr != NULL && strstr(why.ptr, bad_sets[_i].why) != NULL, "%s: %s", bad_sets[_i].body, why.ptr);
    buf_free(&why);
}
END_TEST

/* That many keys without a number, and one good key before them. */
static char *set_of(size_t count) {
    struct buf text;
    char *good = test_text(test_jwk(test_key("P-256"), "good"));
    buf_init(&text, 8 * 1024 * 1024);
    buf_format(&text, "{\"keys\":[%s", good);
    for (size_t i = 1; i < count; i++) {
        buf_add_text(&text, ",{\"kty\":\"RSA\"}");
    }
    buf_add_text(&text, "]}");
    char *copy = mem_text(buf_str(&text));
    buf_free(&text);
    mem_free(good);
    return copy;
}

START_TEST(keys_have_a_limit) {
    static const size_t counts[] = { 64, 65, 1000, 10000 };
    for (size_t i = 0; i < COUNT(counts); i++) {
        struct buf why;
        char *set = set_of(counts[i]);
        struct keys *keys = test_keys(set, KEY_FROM_URL, &why);
        if (counts[i] <= KEYS_MAX) {
            ck_assert_uint_eq(keys_count(keys), 1);
            ck_assert_uint_eq(keys_skipped_count(keys), counts[i] - 1);
        } else {
            ck_assert_ptr_null(keys);
            ck_assert_ptr_nonnull(strstr(why.ptr, "more than 64"));
        }
        keys_unref(keys);
        buf_free(&why);
        mem_free(set);
    }
}
END_TEST

START_TEST(keys_body_has_a_limit) {
    struct buf why;
    char *set = test_set(test_jwk(test_key("P-256"), "k"), NULL);
    size_t len = strlen(set);
    for (int more = 0; more <= 1; more++) {
        char *body = mem_alloc(KEYS_MAX_BODY + 2);
        memset(body, ' ', KEYS_MAX_BODY + (size_t)more);
        memcpy(body, set, len);
        struct keys *keys = test_keys(body, KEY_FROM_URL, &why);
        ck_assert_int_eq(keys != NULL, more == 0);
        ck_assert(more == 0 || strstr(why.ptr, "longer than 256 KiB") != NULL);
        keys_unref(keys);
        buf_free(&why);
        mem_free(body);
    }
    mem_free(set);
}
END_TEST

/* The worst that 256 KiB can hold, by processor time: a bound that only a mistake of order would break. */
static double seconds_to_read(char *body) {
    struct buf why;
    clock_t before = clock();
    struct keys *keys = test_keys(body, KEY_FROM_URL, &why);
    double seconds = (double)(clock() - before) / CLOCKS_PER_SEC;
    keys_unref(keys);
    buf_free(&why);
    mem_free(body);
    return seconds;
}

static char *filled(const char *begin, const char *unit, const char *end) {
    struct buf text;
    buf_init(&text, KEYS_MAX_BODY);
    buf_add_text(&text, begin);
    while (text.len + strlen(unit) + strlen(end) <= KEYS_MAX_BODY) {
        buf_add_text(&text, unit);
    }
    buf_add_text(&text, end);
    char *copy = mem_text(buf_str(&text));
    buf_free(&text);
    return copy;
}

START_TEST(keys_of_a_hostile_server_cost_little) {
    static const struct {
        const char *begin, *unit, *end;
    } rows[] = {
        { "{\"keys\":[{}", ",{}", "]}" },
        { "{\"keys\":[{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"", "____", "\"}]}" },
        { "{\"keys\":[{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"", "____", "\"}]}" },
        { "{\"keys\":[{\"kty\":\"EC\",\"key_ops\":[\"sign\"", ",\"sign\"", "]}]}" },
        { "{\"keys\":[{\"kty\":\"EC\",\"x5c\":[\"", "AAAA", "\"]}]}" },
        { "", "[", "" },
        { "{\"keys\":[", "{\"kty\":", "" },
    };
    char members[KEYS_MAX_BODY + 1] = "{\"keys\":[{";
    size_t len = strlen(members);

    for (size_t i = 0; i < COUNT(rows); i++) {
        ck_assert_double_lt(seconds_to_read(filled(rows[i].begin, rows[i].unit, rows[i].end)), 1.0);
    }
    for (unsigned i = 0; len < KEYS_MAX_BODY - 64; i++) {
        len += (size_t)snprintf(members + len, 64, "\"member%u\":0,", i);
    }
    snprintf(members + len, 8, "\"\":0}]}");
    ck_assert_double_lt(seconds_to_read(mem_text(str_of(members))), 1.0);
}
END_TEST

/* ---- What is skipped ---- */

static json_t *with(json_t *jwk, const char *member, const char *value) {
    json_object_set_new(jwk, member, json_string(value));
    return jwk;
}

static void assert_skipped(const struct keys *keys, size_t i, const char *sentence) {
    ck_assert_uint_lt(i, keys_skipped_count(keys));
    ck_assert_msg(str_equal(keys_skipped(keys, i), str_of(sentence)), "%.*s", STR_PRINT(keys_skipped(keys, i)));
}

START_TEST(keys_skip_a_bad_one_and_name_it) {
    struct buf why;
    struct tam_str detail = STR_NONE;
    json_t *set = json_pack("{s:[o,o,o,o,{s:s,s:s},o]}", "keys", test_jwk(test_key("RSA-2048"), "good"),
                            with(test_jwk(test_key("P-256"), "encryption"), "use", "enc"),
                            with(test_jwk(test_key("P-384"), "private"), "d", "AQAB"), json_integer(5), "kty", "AKP",
                            "kid", "post-quantum", test_jwk(test_key("Ed25519"), NULL));
    char *text = test_text(set);
    struct keys *keys = test_keys(text, KEY_FROM_URL, &why);

    ck_assert_msg(keys != NULL, "%s", why.ptr);
    ck_assert_uint_eq(keys_count(keys), 2);
    ck_assert_uint_eq(keys_skipped_count(keys), 4);
    assert_skipped(keys, 0, "key 2 (kid \"encryption\"): it is not for signatures: use is \"enc\"");
    assert_skipped(keys, 1, "key 3 (kid \"private\"): it carries members of a private key");
    assert_skipped(keys, 2, "key 4 (no kid): it is not a JSON object");
    assert_skipped(keys, 3, "key 5 (kid \"post-quantum\"): no kty that this verifier knows is called \"AKP\"");

    /* Unfit, but in the set: no reason to fetch it again. */
    const struct algorithm *es256 = algorithm_at(ALGORITHM_ES256);
    ck_assert(keys_has_kid(keys, STR("good")));
    ck_assert(keys_has_kid(keys, STR("encryption")));
    ck_assert(!keys_has_kid(keys, STR("other")));
    ck_assert(!keys_has_kid(keys, STR_NONE));
    ck_assert_ptr_null(keys_find(keys, true, STR("encryption"), es256, &detail));
    ck_assert(str_equal(detail, STR("the key of that kid is in the set but not usable")));
    keys_unref(keys);
    mem_free(text);
}
END_TEST

/* Two keys of one kid: both out if a token could mean either, both in if its alg tells. */
static const struct {
    const char *a, *alg_a, *b, *alg_b;
    size_t usable; /* of these two and a third */
} duplicates[] = {
    { "RSA-2048", NULL, "RSA-2048/2", NULL, 1 },    { "RSA-2048", "RS256", "RSA-2048/2", "RS256", 1 },
    { "RSA-2048", NULL, "RSA-2048/2", "PS512", 1 }, { "P-256", NULL, "P-256/2", "ES256", 1 },
    { "RSA-2048", NULL, "RSA-2048", NULL, 1 },      { "RSA-2048", "RS256", "RSA-2048/2", "PS256", 3 },
    { "RSA-2048", NULL, "P-256", NULL, 3 },         { "P-256", NULL, "P-384", NULL, 3 },
};

START_TEST(keys_of_one_kid_and_algorithm_cancel_each_other) {
    struct buf why;
    struct tam_str detail = STR_NONE;
    json_t *a = test_jwk(test_key(duplicates[_i].a), "twin"), *b = test_jwk(test_key(duplicates[_i].b), "twin");
    if (duplicates[_i].alg_a != NULL) {
        with(a, "alg", duplicates[_i].alg_a);
    }
    if (duplicates[_i].alg_b != NULL) {
        with(b, "alg", duplicates[_i].alg_b);
    }
    char *text = test_set(a, test_jwk(test_key("Ed25519"), "other"), b, NULL);
    struct keys *keys = test_keys(text, KEY_FROM_URL, &why);
    ck_assert_ptr_nonnull(keys);
    ck_assert_uint_eq(keys_count(keys), duplicates[_i].usable);
    ck_assert_ptr_nonnull(keys_find(keys, true, STR("other"), algorithm_at(ALGORITHM_EDDSA), &detail));
    if (duplicates[_i].usable == 1) {
        assert_skipped(keys, 0, "key 1 (kid \"twin\"): another key has the same kid and fits the same alg");
        assert_skipped(keys, 1, "key 3 (kid \"twin\"): another key has the same kid and fits the same alg");
        ck_assert_ptr_null(keys_find(keys, true, STR("twin"), algorithm_at(ALGORITHM_RS256), &detail));
        ck_assert(keys_has_kid(keys, STR("twin")));
    }
    keys_unref(keys);
    mem_free(text);
}
END_TEST

START_TEST(keys_without_kid_are_no_duplicates) {
    struct buf why;
    struct tam_str detail = STR_NONE;
    char *text = test_set(test_jwk(test_key("RSA-2048"), NULL), test_jwk(test_key("RSA-2048/2"), NULL),
                          test_jwk(test_key("P-256"), ""), NULL);
    struct keys *keys = test_keys(text, KEY_FROM_URL, &why);

    ck_assert_uint_eq(keys_count(keys), 3);
    ck_assert_ptr_null(keys_find(keys, true, STR("a"), algorithm_at(ALGORITHM_RS256), &detail));
    ck_assert_ptr_null(keys_find(keys, true, STR_NONE, algorithm_at(ALGORITHM_RS256), &detail));
    /* An empty kid is a kid. */
    ck_assert_ptr_nonnull(keys_find(keys, true, STR_NONE, algorithm_at(ALGORITHM_ES256), &detail));
    keys_unref(keys);
    mem_free(text);
}
END_TEST

/* The twin of a good key, with one member changed: does it take the good one along? */
static const struct {
    const char *member, *value; /* JSON */
    size_t usable;
} broken_twins[] = {
    /* a key for the same that is no good: which one was meant? */
    { "n", "\"AQAB\"", 0 },
    { "n", "\"AQ==\"", 0 },
    { "e", "\"AQ\"", 0 },
    { "d", "\"AQAB\"", 0 },
    { "x5c", "[]", 0 },
    { "alg", "\"PS256\"", 2 }, /* good, and for another algorithm than its twin: no duplicate */
    /* a key for something else */
    { "use", "\"enc\"", 1 },
    { "key_ops", "[\"encrypt\"]", 1 },
    { "alg", "\"RSA-OAEP\"", 1 },
    { "kty", "\"AKP\"", 1 },
    { "kid", "5", 1 },
};

START_TEST(keys_with_a_broken_twin_are_judged_by_what_it_claims) {
    struct buf why;
    json_t *twin = test_jwk(test_key("RSA-2048/2"), "twin");
    json_object_set_new(twin, broken_twins[_i].member, json_loads(broken_twins[_i].value, JSON_DECODE_ANY, NULL));
    char *text = test_set(with(test_jwk(test_key("RSA-2048"), "twin"), "alg", "RS256"),
                          test_jwk(test_key("P-256"), "other"), twin, NULL);
    struct keys *keys = test_keys(text, KEY_FROM_URL, &why);
    ck_assert_ptr_nonnull(keys);
    ck_assert_uint_eq(keys_count(keys), broken_twins[_i].usable + 1);
    ck_assert(keys_has_kid(keys, STR("twin")));
    keys_unref(keys);
    mem_free(text);
}
END_TEST

START_TEST(keys_of_a_mixed_set_leave_the_secrets_out) {
    struct buf why;
    const struct tam_str secret = STR("0123456789abcdef0123456789abcdef"),
                         other = STR("0123456789abcdef0123456789abcdeX");
    char *mixed = test_set(test_jwk_secret(secret, "s"), test_jwk(test_key("P-256"), "p"), NULL);
    char *pure = test_set(test_jwk_secret(secret, "s"), test_jwk_secret(other, "t"), NULL);

    struct keys *keys = test_keys(mixed, KEY_FROM_FILE, &why);
    ck_assert_uint_eq(keys_count(keys), 1);
    ck_assert_int_eq(key_type(keys_at(keys, 0)), KEY_EC);
    assert_skipped(keys, 0, "key 1 (kid \"s\"): a shared secret beside public keys");
    keys_unref(keys);
    keys = test_keys(pure, KEY_FROM_FILE, &why);
    ck_assert_uint_eq(keys_count(keys), 2);
    keys_unref(keys);
    ck_assert_ptr_null(test_keys(pure, KEY_FROM_URL, &why));
    buf_free(&why);
    mem_free(mixed);
    mem_free(pure);
}
END_TEST

/* ---- Finding ---- */

static const struct {
    const char *kid; /* of the token; NULL: it has none */
    enum algorithm_index algorithm;
    const char *detail; /* NULL: found */
} finds[] = {
    { "rsa", ALGORITHM_RS256, NULL },
    { "rsa", ALGORITHM_PS512, NULL },
    { "ec", ALGORITHM_ES256, NULL },
    { "rsa", ALGORITHM_ES256, "the key of that kid is not for this algorithm" },
    { "rsa", ALGORITHM_HS256, "the key of that kid is not for this algorithm" },
    { "ec", ALGORITHM_ES384, "the key of that kid is not for this algorithm" },
    { "ec", ALGORITHM_RS256, "the key of that kid is not for this algorithm" },
    { "RSA", ALGORITHM_RS256, "no key of that kid in the set" },
    { "rsa ", ALGORITHM_RS256, "no key of that kid in the set" },
    { "", ALGORITHM_RS256, "no key of that kid in the set" },
    { "r", ALGORITHM_RS256, "no key of that kid in the set" },
    { NULL, ALGORITHM_RS256, "the token names no kid, and the key set has several keys" },
    { NULL, ALGORITHM_ES256, "the token names no kid, and the key set has several keys" },
};

START_TEST(keys_are_found_by_kid_and_algorithm) {
    struct buf why;
    struct tam_str detail = STR_NONE;
    char *text = test_set(test_jwk(test_key("RSA-2048"), "rsa"), test_jwk(test_key("P-256"), "ec"), NULL);
    struct keys *keys = test_keys(text, KEY_FROM_URL, &why);
    const struct key *key =
        keys_find(keys, finds[_i].kid != NULL, str_of(finds[_i].kid), algorithm_at(finds[_i].algorithm), &detail);

    if (finds[_i].detail == NULL) {
        ck_assert(key != NULL && str_equal(key_kid(key), str_of(finds[_i].kid)));
    } else {
        ck_assert(key == NULL && str_equal(detail, str_of(finds[_i].detail)));
    }
    keys_unref(keys);
    mem_free(text);
}
END_TEST

START_TEST(keys_without_kid_answer_where_they_are_alone) {
    struct buf why;
    struct tam_str detail = STR_NONE;
    const struct algorithm *es256 = algorithm_at(ALGORITHM_ES256), *rs256 = algorithm_at(ALGORITHM_RS256);
    char *text = test_set(test_jwk(test_key("P-256"), NULL), NULL), *one = test_text(test_jwk(test_key("P-256"), NULL));
    char *named = test_text(test_jwk(test_key("P-256"), "a"));

    struct keys *keys = test_keys(text, KEY_FROM_URL, &why);
    ck_assert_ptr_nonnull(keys_find(keys, false, STR_NONE, es256, &detail));
    ck_assert_ptr_null(keys_find(keys, false, STR_NONE, rs256, &detail));
    ck_assert_ptr_null(keys_find(keys, true, STR("a"), es256, &detail));
    ck_assert(!keys_has_kid(keys, STR("a")));
    keys_unref(keys);

    /* A key that was configured alone has no name to go by. */
    keys = keys_from_key(test_key_read(one, KEY_FROM_FILE, &why));
    ck_assert_ptr_nonnull(keys_find(keys, false, STR_NONE, es256, &detail));
    ck_assert_ptr_nonnull(keys_find(keys, true, STR("a"), es256, &detail));
    ck_assert_ptr_null(keys_find(keys, true, STR("a"), rs256, &detail));
    keys_unref(keys);

    /* Unless it was given one. */
    keys = keys_from_key(test_key_read(named, KEY_FROM_FILE, &why));
    ck_assert_ptr_nonnull(keys_find(keys, true, STR("a"), es256, &detail));
    ck_assert_ptr_null(keys_find(keys, true, STR("b"), es256, &detail));
    keys_unref(keys);
    mem_free(text);
    mem_free(one);
    mem_free(named);
}
END_TEST

/* ---- Comparing and life ------------------------------------------------------------------------------------------ */

START_TEST(keys_notice_a_lost_key) {
    struct buf why;
    json_t *a = test_jwk(test_key("RSA-2048"), "a"), *b = test_jwk(test_key("P-256"), "b");
    char *texts[] = {
        test_set(json_deep_copy(a), json_deep_copy(b), NULL),
        test_set(json_deep_copy(b), json_deep_copy(a), NULL),
        test_set(json_deep_copy(a), json_deep_copy(b), test_jwk(test_key("Ed25519"), "c"), NULL),
        test_set(json_deep_copy(a), NULL),
        test_set(json_deep_copy(b), test_jwk(test_key("RSA-2048/2"), "a"), NULL),
        test_set(a, with(b, "kid", "B"), NULL),
    };
    static const bool kept[] = { true, true, true, false, false, false };
    struct keys *old = test_keys(texts[0], KEY_FROM_URL, &why);

    for (size_t i = 0; i < COUNT(kept); i++) {
        struct keys *now = test_keys(texts[i], KEY_FROM_URL, &why);
        ck_assert_msg(keys_all_kept(old, now) == kept[i], "%s", texts[i]);
        keys_unref(now);
    }
    keys_unref(old);
    for (size_t i = 0; i < COUNT(texts); i++) {
        mem_free(texts[i]);
    }
}
END_TEST

START_TEST(keys_remember_their_origin_by_copy) {
    struct buf why;
    char issuer[] = "https://issuer.example";
    char *text = test_set(test_jwk(test_key("P-256"), "k"), NULL);
    struct keys *keys = keys_ref(test_keys(text, KEY_FROM_URL, &why));
    const struct discovery origin = { .issuer = str_of(issuer), .jwks_uri = STR("https://issuer.example/keys") };
    ck_assert_uint_eq(keys_origin(keys)->issuer.len, 0);
    ck_assert(keys_set_origin(keys, &origin));
    ck_assert(keys_set_origin(keys, &origin));
    issuer[0] = 'X';
    keys_unref(keys);
    ck_assert(str_equal(keys_origin(keys)->issuer, STR("https://issuer.example")));
    ck_assert_uint_eq(keys_origin(keys)->authorization_endpoint.len, 0);
    keys_unref(keys);
    keys_unref(NULL);
    mem_free(text);
}
END_TEST

/* ---- Real sets ---- */

static const struct {
    const char *path;
    size_t keys;
    bool issuers; /* each key names its issuer */
} real_sets[] = {
    { "data/entra/common.jwks.json", 7, true }, { "data/entra/organizations.jwks.json", 6, true },
    { "data/jwks/google.jwks.json", 2, false }, { "data/jwks/apple.jwks.json", 3, false },
    { "data/jwks/gitlab.jwks.json", 2, false }, { "data/jwks/slack.jwks.json", 1, false },
};

START_TEST(keys_of_real_issuers_load) {
    struct buf why;
    size_t len = 0;
    char *path = test_project_path(real_sets[_i].path);

    char *text = test_file(path, &len);
    struct keys *keys = test_keys(text, KEY_FROM_URL, &why);
    ck_assert_msg(keys != NULL, "%s", why.ptr);
    ck_assert_uint_eq(keys_skipped_count(keys), 0);
    ck_assert_uint_eq(keys_count(keys), real_sets[_i].keys);
    for (size_t i = 0; i < keys_count(keys); i++) {
        ck_assert(key_has_kid(keys_at(keys, i)));
        ck_assert_uint_ne(key_algorithms(keys_at(keys, i)) & ALGORITHM_BIT(ALGORITHM_RS256), 0);
        ck_assert_int_eq(key_issuer(keys_at(keys, i)).len > 0, real_sets[_i].issuers);
    }
    ck_assert(keys_all_kept(keys, keys));
    keys_unref(keys);
    mem_free(text);
    mem_free(path);
}
END_TEST

#define LOOP(tests, test, rows) tcase_add_loop_test(tests, test, 0, COUNT(rows))

int main(void) {
    TCase *tests = tcase_create("keys");
    tcase_add_unchecked_fixture(tests, keys_make, test_keys_free);
    tcase_set_timeout(tests, 60);
    LOOP(tests, keys_are_not_read_from_what_is_no_set, bad_sets);
    tcase_add_test(tests, keys_have_a_limit);
    tcase_add_test(tests, keys_body_has_a_limit);
    tcase_add_test(tests, keys_of_a_hostile_server_cost_little);
    tcase_add_test(tests, keys_skip_a_bad_one_and_name_it);
    LOOP(tests, keys_of_one_kid_and_algorithm_cancel_each_other, duplicates);
    tcase_add_test(tests, keys_without_kid_are_no_duplicates);
    LOOP(tests, keys_with_a_broken_twin_are_judged_by_what_it_claims, broken_twins);
    tcase_add_test(tests, keys_of_a_mixed_set_leave_the_secrets_out);
    LOOP(tests, keys_are_found_by_kid_and_algorithm, finds);
    tcase_add_test(tests, keys_without_kid_answer_where_they_are_alone);
    tcase_add_test(tests, keys_notice_a_lost_key);
    tcase_add_test(tests, keys_remember_their_origin_by_copy);
    LOOP(tests, keys_of_real_issuers_load, real_sets);
    return suite_run("keys", tests);
}
