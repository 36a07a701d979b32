/* SPDX-License-Identifier: MIT
 *
 * A result is a private copy: it outlives the service, is shared by references, and its claims can be read one by one.
 */
#include <config.h>

#include <src/base/array.h>
#include <tests/support/fixture.h>
#include <tests/support/suite.h>

START_TEST(a_result_outlives_its_service) {
    static struct fixture fixture;
    fixture_open(&fixture, "puppet scopes=read,write roles=Admin");
    struct tam_result *result = ask(&fixture, "accept.1");
    fixture_close(&fixture);
    ck_assert(view_is(tam_result_subject(result), "alice"));
    ck_assert(view_is(tam_result_scopes(result).items[0], "read"));
    ck_assert(view_is(tam_result_roles(result).items[0], "Admin"));
    tam_result_free(result);
}
END_TEST

START_TEST(a_reference_keeps_a_result_alive) {
    static struct fixture fixture;
    fixture_open(&fixture, "puppet");
    struct tam_result *result = ask(&fixture, "accept.1");
    struct tam_result *other = tam_result_ref(result);
    ck_assert_ptr_eq(result, other);
    tam_result_free(result);
    ck_assert(view_is(tam_result_subject(other), "alice"));
    tam_result_free(other);
    fixture_close(&fixture);
}
END_TEST

static void *share(void *ctx) {
    struct tam_result *result = ctx;
    for (int i = 0; i < 1000; i++) {
        struct tam_result *mine = tam_result_ref(result);
        ck_assert(view_is(tam_result_claim(mine, "sub"), "\"alice\""));
        tam_result_free(mine);
    }
    tam_result_free(result);
    return NULL;
}

START_TEST(threads_may_share_a_result) {
    static struct fixture fixture;
    pthread_t threads[3];
    fixture_open(&fixture, "puppet");
    struct tam_result *result = ask(&fixture, "accept.1");
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, share, tam_result_ref(result)), 0);
    }
    tam_result_free(result);
    for (int i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
    }
    fixture_close(&fixture);
}
END_TEST

START_TEST(a_claim_is_read_as_json_text) {
    static const struct {
        const char *name, *text;
    } rows[] = {
        { "sub", "\"alice\"" },
        { "nested", "{\"a\":[1,2]}" },
        { "scp", "\"read write\"" },
        { "a", "" },       /* not at the top */
        { "", "" },        /* no such name */
        { "Sub", "" },     /* names have a case */
        { "sub\"", "" },   /* not a name */
        { "missing", "" }, /* absent */
    };
    static struct fixture fixture;

    fixture_open(&fixture, "puppet");
    struct tam_result *result = ask(&fixture, "accept.1");
    ck_assert(view_has(tam_result_claims(result), "\"nested\":{\"a\":[1,2]}"));
    for (size_t i = 0; i < COUNT(rows); i++) {
        ck_assert_msg(view_is(tam_result_claim(result, rows[i].name), rows[i].text), "%s", rows[i].name);
    }
    ck_assert_uint_eq(tam_result_claim(result, NULL).len, 0);
    tam_result_free(result);
    result = ask(&fixture, "reject.6");
    ck_assert_uint_eq(tam_result_claim(result, "sub").len, 0);
    tam_result_free(result);
    fixture_close(&fixture);
}
END_TEST

START_TEST(names_are_stable_and_numbers_outside_are_unknown) {
    ck_assert_str_eq(tam_reason_name(TAM_REASON_NONE), "none");
    ck_assert_str_eq(tam_reason_name(TAM_REASON_WRONG_AUDIENCE), "wrong_audience");
    ck_assert_str_eq(tam_reason_name(TAM_REASON_INVALID_REQUEST), "invalid_request");
    ck_assert_str_eq(tam_reason_name(TAM_REASON_WRONG_BINDING + 1), "unknown");
    ck_assert_str_eq(tam_reason_name(UINT32_MAX), "unknown");
    ck_assert_str_eq(tam_verdict_name(TAM_VERDICT_UNAVAILABLE), "unavailable");
    ck_assert_str_eq(tam_verdict_name(6), "unknown");
    ck_assert_str_eq(tam_kind_name(TAM_KIND_APP), "app");
    ck_assert_str_eq(tam_kind_name(3), "unknown");
    ck_assert_str_eq(tam_version(), PACKAGE_VERSION);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {
        a_result_outlives_its_service,
        a_reference_keeps_a_result_alive,
        threads_may_share_a_result,
        a_claim_is_read_as_json_text,
        names_are_stable_and_numbers_outside_are_unknown,
    };

    return suite_run("result", suite_case("result", 60, tests, COUNT(tests)));
}
