/* SPDX-License-Identifier: MIT
 *
 * The examples of RFC 7515, 7517, 7519, 7520 and 8037 (tests/vectors/jose.json): signatures that verify, keys that are
 * taken or refused, and what those documents also show and a verifier of compact signed tokens never takes.
 */
#include <config.h>

#include <check.h>
#include <stdlib.h>
#include <tests/support/jose_support.h>
#include <tests/support/suite.h>

#define ANY UINT32_MAX

static json_t *vectors;

static void setup(void) {
    char *path = test_project_path("vectors/jose.json");
    vectors = json_load_file(path, 0, NULL);
    ck_assert_msg(vectors != NULL, "%s", path);
    mem_free(path);
}

static void teardown(void) {
    json_decref(vectors);
    test_keys_free();
}

static const char *text(const json_t *row, const char *name) {
    return json_string_value(json_object_get(row, name));
}

static struct keys *keys_of(const json_t *row) {
    return test_keys_of(json_incref(json_object_get(row, "key")), KEY_FROM_FILE);
}

/* ---- Tokens ------------------------------------------------------------------------------------------------------ */

START_TEST(signatures_verify) {
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(vectors, "signatures"), i, row) {
        char *token = mem_text(str_of(text(row, "token")));
        struct keys *keys = keys_of(row);
        ck_assert_msg(test_jws_verify(token, keys, ANY) == TAM_REASON_NONE, "%s", text(row, "name"));
        /* and with the first digit changed it does not */
        char *digit = strrchr(token, '.') + 1;
        *digit = *digit == 'A' ? 'B' : 'A';
        ck_assert_msg(test_jws_verify(token, keys, ANY) == TAM_REASON_BAD_SIGNATURE, "%s, changed", text(row, "name"));
        keys_unref(keys);
        mem_free(token);
    }
    ck_assert_uint_eq(i, 9);
}
END_TEST

/* RFC 7519 §3: a JWT is in a compact serialization, and tam takes only signed tokens, with a payload. test_jws_verify
 * takes an empty payload as well, so that detached content is found out by its signature, and not with the key that
 * made it. */
START_TEST(other_serializations_are_malformed) {
    size_t i, j;
    json_t *row, *signature;
    json_array_foreach(json_object_get(vectors, "refused"), i, row) {
        ck_assert_msg(test_token_read(text(row, "token")) == TAM_REASON_MALFORMED, "%s", text(row, "name"));
    }
    ck_assert_uint_eq(i, 13);
    json_array_foreach(json_object_get(vectors, "signatures"), j, signature) {
        struct keys *keys = keys_of(signature);
        ck_assert_uint_eq(test_token_read(text(signature, "token")), TAM_REASON_NONE);
        json_array_foreach(json_object_get(vectors, "refused"), i, row) {
            ck_assert_msg(test_jws_verify(text(row, "token"), keys, ANY) != TAM_REASON_NONE, "%s", text(row, "name"));
        }
        keys_unref(keys);
    }
}
END_TEST

/* ---- Keys -------------------------------------------------------------------------------------------------------- */

START_TEST(keys_are_taken_from_where_they_may_come_from) {
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(vectors, "keys"), i, row) {
        test_key_expect(json_incref(json_object_get(row, "key")), KEY_FROM_URL, text(row, "url"));
        test_key_expect(json_incref(json_object_get(row, "key")), KEY_FROM_FILE, text(row, "file"));
    }
    ck_assert_uint_eq(i, 7);
}
END_TEST

/* RFC 7517 §4.7: the key in the first certificate MUST match the public key. */
START_TEST(a_certificate_of_another_key_spoils_a_key) {
    size_t i;
    json_t *row, *key = NULL, *other = test_jwk(test_key("RSA-2048"), NULL);
    json_array_foreach(json_object_get(vectors, "keys"), i, row) {
        if (json_object_get(json_object_get(row, "key"), "x5c") != NULL) {
            key = json_object_get(row, "key");
        }
    }
    test_key_expect(json_incref(key), KEY_FROM_URL, NULL);
    json_object_set(key, "n", json_object_get(other, "n"));
    test_key_expect(json_incref(key), KEY_FROM_URL, "x5c does not match");
    json_decref(other);
}
END_TEST

START_TEST(sets_are_judged_key_by_key) {
    struct buf why;
    char *public = test_text(json_incref(json_object_get(vectors, "public_set")));
    char *private = test_text(json_incref(json_object_get(vectors, "private_set")));

    struct keys *keys = test_keys(public, KEY_FROM_URL, &why);
    ck_assert_uint_eq(keys_count(keys), 1);
    ck_assert(str_equal(key_kid(keys_at(keys, 0)), STR("2011-04-29")));
    ck_assert(str_equal(keys_skipped(keys, 0), STR("key 1 (kid \"1\"): it is not for signatures: use is \"enc\"")));
    keys_unref(keys);
    buf_free(&why);
    ck_assert_ptr_null(test_keys(private, KEY_FROM_URL, &why));
    ck_assert_ptr_nonnull(strstr(why.ptr, "private key"));
    buf_free(&why);
    ck_assert_ptr_null(test_keys(private, KEY_FROM_FILE, &why));
    buf_free(&why);
    mem_free(public);
    mem_free(private);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("rfcs");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, signatures_verify);
    tcase_add_test(tests, other_serializations_are_malformed);
    tcase_add_test(tests, keys_are_taken_from_where_they_may_come_from);
    tcase_add_test(tests, a_certificate_of_another_key_spoils_a_key);
    tcase_add_test(tests, sets_are_judged_key_by_key);
    return suite_run("rfcs", tests);
}
