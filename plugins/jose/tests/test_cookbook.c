/* SPDX-License-Identifier: MIT
 *
 * The files of the IETF JOSE cookbook (RFC 7520 and what was added to it), every one in tests/data/cookbook, at any
 * depth: of what they hold, a compact signature with its content is a token, and nothing else is.
 */
#include <config.h>

#include <check.h>
#include <ftw.h>
#include <stdio.h>
#include <src/base/array.h>
#include <tests/support/jose_support.h>
#include <tests/support/suite.h>

#define ANY UINT32_MAX

static struct {
    unsigned accepted, refused;        /* tokens */
    unsigned keys_taken, keys_refused; /* files that are a JWK, as from a file */
} tally;

static const char *text(const json_t *object, const char *name) {
    const char *value = json_string_value(json_object_get(object, name));
    return value != NULL ? value : "";
}

/* ---- Keys ---- */

/* The key that verifies: the files hold the one that signs. */
static json_t *verifying_key(json_t *key) {
    static const char *const private_members[] = { "d", "p", "q", "dp", "dq", "qi" };
    json_t *copy = json_deep_copy(key);

    for (size_t i = 0; i < COUNT(private_members); i++) {
        json_object_del(copy, private_members[i]);
    }
    return copy;
}

/* Those of an example; where it has none to verify with (a password, a key that wraps), one that has signed nothing
 * here. */
static struct keys *keys_of(const json_t *example) {
    size_t i;
    struct buf why;
    json_t *one, *key = json_object_get(json_object_get(example, "input"), "key"), *list = json_array();
    if (json_is_object(key)) {
        json_array_append_new(list, verifying_key(key));
    }
    json_array_foreach(key, i, one) {
        json_array_append_new(list, verifying_key(one));
    }
    char *set = test_text(json_pack("{s:o}", "keys", list));
    struct keys *keys = test_keys(set, KEY_FROM_FILE, &why);
    buf_free(&why);
    mem_free(set);
    return keys != NULL ? keys : test_keys_of(test_jwk(test_key("P-256"), NULL), KEY_FROM_URL);
}

static void judge_jwk(json_t *jwk) {
    const char *words = json_object_get(jwk, "d") != NULL      ? "private key"
                        : strcmp(text(jwk, "use"), "enc") == 0 ? "it is not for signatures"
                                                               : NULL;
    bool secret = strcmp(text(jwk, "kty"), "oct") == 0;

    test_key_expect(json_incref(jwk), KEY_FROM_FILE, words);
    test_key_expect(json_incref(jwk), KEY_FROM_URL,
                    secret && words == NULL ? "a shared secret (oct) from a URL" : words);
    tally.keys_taken += words == NULL;
    tally.keys_refused += words != NULL;
}

/* ---- Tokens ---- */

static void expect_refused(const char *path, const char *token, const struct keys *keys) {
    ck_assert_msg(test_token_read(token) == TAM_REASON_MALFORMED, "%s: %s", path, token);
    ck_assert_msg(test_jws_verify(token, keys, ANY) != TAM_REASON_NONE, "%s: %s", path, token);
    tally.refused++;
}

/* The first digit of each segment changed, in turn. */
static void expect_altered_refused(const char *path, const char *token, const struct keys *keys) {
    char *altered = mem_text(str_of(token));
    for (char *digit = altered; digit != NULL; digit = strchr(digit, '.')) {
        digit += *digit == '.';
        char kept = *digit;
        *digit = kept == 'A' ? 'B' : 'A';
        ck_assert_msg(test_jws_verify(altered, keys, ANY) != TAM_REASON_NONE, "%s: %s", path, altered);
        *digit = kept;
    }
    ck_assert_msg(test_jws_verify(altered, keys, ANY) == TAM_REASON_NONE, "%s: %s", path, altered);
    mem_free(altered);
    tally.accepted++;
}

/* What was signed and its signature, and so nothing detached or encrypted; an extension that must be understood is not.
 */
static bool is_token(const json_t *example, const char *compact) {
    const json_t *signing = json_object_get(example, "signing");
    const char *input = text(signing, "sig-input");
    size_t len = strlen(input);
    return len > 0 && strncmp(compact, input, len) == 0 && compact[len] == '.' &&
           strcmp(compact + len + 1, text(signing, "sig")) == 0 &&
           json_object_get(json_object_get(signing, "protected"), "crit") == NULL;
}

static void judge_example(const char *path, json_t *example) {
    const char *form;
    json_t *output;
    struct keys *keys = keys_of(example);
    json_object_foreach(json_object_get(example, "output"), form, output) {
        char *token =
            json_is_string(output) ? mem_text(str_of(json_string_value(output))) : test_text(json_incref(output));
        if (is_token(example, token)) {
            expect_altered_refused(path, token, keys);
        } else {
            expect_refused(path, token, keys);
        }
        mem_free(token);
    }
    keys_unref(keys);
}

/* ---- The folder ---- */

static int judge_file(const char *path, const struct stat *status, int type, struct FTW *place) {
    size_t len = strlen(path);
    (void)status;
    (void)place;
    if (type != FTW_F || len < 5 || strcmp(path + len - 5, ".json") != 0) {
        return 0;
    }
    json_t *content = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
    ck_assert_msg(content != NULL, "%s", path);
    if (json_object_get(content, "kty") != NULL) {
        judge_jwk(content);
    } else {
        judge_example(path, content);
    }
    json_decref(content);
    return 0;
}

START_TEST(of_the_cookbook_compact_signatures_are_tokens_and_nothing_else) {
    char *folder = test_project_path("data/cookbook");
    ck_assert_int_eq(nftw(folder, judge_file, 8, FTW_PHYS), 0);
    mem_free(folder);
    printf("%u tokens accepted, %u refused; %u keys taken, %u refused\n", tally.accepted, tally.refused,
           tally.keys_taken, tally.keys_refused);
    fflush(stdout);
    /* A folder of which nothing was accepted proves nothing. */
    ck_assert_uint_gt(tally.accepted, 0);
    ck_assert_uint_gt(tally.keys_taken, 0);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("cookbook");
    tcase_add_unchecked_fixture(tests, NULL, test_keys_free);
    tcase_add_test(tests, of_the_cookbook_compact_signatures_are_tokens_and_nothing_else);
    return suite_run("cookbook", tests);
}
