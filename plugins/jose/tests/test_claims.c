/* SPDX-License-Identifier: MIT
 *
 * Claims by table, the judgements all token plugins share, and the making of a verdict out of checks.
 */
#include <config.h>

#include <check.h>
#include <plugins/common/claims.h>
#include <plugins/common/judge.h>
#include <stdlib.h>
#include <src/base/array.h>
#include <tests/support/jose_support.h>
#include <tests/support/suite.h>

static struct test_memory memory;

static void setup(void) {
    test_memory_open(&memory);
}

static void teardown(void) {
    test_memory_close(&memory);
}

enum { SUB, EXP, AUD, ROLES, ACTIVE, CNF, MISC, ROW_COUNT };
static const struct claim_row rows[ROW_COUNT] = {
    [SUB] = { STR_INIT("sub"), CLAIM_STRING },
    [EXP] = { STR_INIT("exp"), CLAIM_INTEGER },
    [AUD] = { STR_INIT("aud"), CLAIM_STRING | CLAIM_STRINGS },
    [ROLES] = { STR_INIT("roles"), CLAIM_STRINGS },
    [ACTIVE] = { STR_INIT("active"), CLAIM_BOOL },
    [CNF] = { STR_INIT("cnf"), CLAIM_OBJECT },
    [MISC] = { STR_INIT("misc"), CLAIM_ANY },
};

static bool find(const char *text, const struct json_item **ret_values, struct tam_str *ret_detail) {
    struct claim_table table;
    ck_assert(claim_table_init(&table, rows, ROW_COUNT));
    return claims_find(str_of(text), &table, ret_values, NULL, &memory.pool, ret_detail) == CLAIMS_GOOD;
}

static const struct {
    const char *payload, *why;
} bad_payloads[] = {
    { "[]", "not a JSON object" },
    { "\"x\"", "not a JSON object" },
    { "{\"sub\":1}", "sub is not a string" },
    { "{\"sub\":[\"a\"]}", "sub is not a string" },
    { "{\"sub\":{}}", "sub is not a string" },
    { "{\"sub\":true}", "sub is not a string" },
    { "{\"exp\":\"1\"}", "exp is not a whole number" },
    { "{\"exp\":1.0}", "exp is not a whole number" },
    { "{\"exp\":1e3}", "exp is not a whole number" },
    { "{\"exp\":1e300}", "exp is not a whole number" },
    { "{\"exp\":-1}", "exp is not a whole number" },
    { "{\"exp\":-0}", "exp is not a whole number" },
    { "{\"exp\":0.0}", "exp is not a whole number" },
    { "{\"exp\":0e0}", "exp is not a whole number" },
    { "{\"exp\":9007199254740993}", "exp is not a whole number" },
    { "{\"exp\":9999999999999999}", "exp is not a whole number" },
    { "{\"exp\":10000000000000000}", "exp is not a whole number" },
    { "{\"exp\":18446744073709551617}", "exp is not a whole number" },
    { "{\"exp\":99999999999999999999999}", "exp is not a whole number" },
    { "{\"exp\":true}", "exp is not a whole number" },
    { "{\"exp\":[1]}", "exp is not a whole number" },
    { "{\"aud\":1}", "aud is not a string or an array of strings" },
    { "{\"aud\":{}}", "aud is not a string or an array of strings" },
    { "{\"aud\":[1]}", "aud is not a string or an array of strings" },
    { "{\"aud\":[\"a\",null]}", "aud is not a string or an array of strings" },
    { "{\"aud\":[[\"a\"]]}", "aud is not a string or an array of strings" },
    { "{\"roles\":\"admin\"}", "roles is not an array of strings" },
    { "{\"active\":\"true\"}", "active is not true or false" },
    { "{\"active\":1}", "active is not true or false" },
    { "{\"cnf\":[]}", "cnf is not an object" },
    { "{\"sub\":\"a\",\"SUB\":\"b\"}", "sub is there twice" },
    { "{\"Sub\":\"a\",\"sub\":\"b\"}", "sub is there twice" },
    { "{\"Sub\":\"a\",\"SUB\":\"b\"}", "sub is there twice" },
    { "{\"sub\":null,\"sUb\":\"b\"}", "sub is there twice" },
    { "{\"x\":1,\"exp\":5,\"y\":2,\"eXp\":6}", "exp is there twice" },
};

START_TEST(claims_refuse_what_reads_two_ways) {
    const struct json_item *values[ROW_COUNT];
    struct tam_str detail = STR_NONE;
    ck_assert(!find(bad_payloads[_i].payload, values, &detail));
    ck_assert_msg(memmem(detail.ptr, detail.len, bad_payloads[_i].why, strlen(bad_payloads[_i].why)) != NULL,
                  "%s: \"%.*s\"", bad_payloads[_i].payload, STR_PRINT(detail));
}
END_TEST

START_TEST(claims_are_found) {
    const struct json_item *values[ROW_COUNT];
    struct tam_str detail = STR_NONE;
    ck_assert(find(
        "{\"sub\":\"alice\",\"exp\":9007199254740992,\"aud\":[\"a\",\"b\"],\"roles\":[],\"active\":false,\"cnf\":{},"
        "\"misc\":1.5,\"other\":-1e9,\"bus\":1,\"\":2}",
        values, &detail));
    ck_assert(str_equal(claim_text(values[SUB]), STR("alice")));
    ck_assert_int_eq(claim_integer(values[EXP]), INT64_C(9007199254740992));
    ck_assert_uint_eq(values[AUD]->count, 2);
    ck_assert_uint_eq(values[ROLES]->count, 0);
    ck_assert(json_item_is(values[ACTIVE], JSON_TYPE_BOOL));
    ck_assert(json_item_is(values[CNF], JSON_TYPE_OBJECT));
    ck_assert(json_item_is(values[MISC], JSON_TYPE_NUMBER));
}
END_TEST

START_TEST(claims_absent_null_or_in_another_case_are_not_there) {
    static const char *const payloads[] = { "{}", "{\"sub\":null,\"exp\":null,\"aud\":null}",
                                            "{\"Sub\":\"a\",\"EXP\":1,\"aUd\":5}" };

    for (size_t i = 0; i < COUNT(payloads); i++) {
        const struct json_item *values[ROW_COUNT];
        struct tam_str detail = STR_NONE;
        ck_assert(find(payloads[i], values, &detail));
        for (size_t row = 0; row < ROW_COUNT; row++) {
            ck_assert_ptr_null(values[row]);
        }
    }
    ck_assert_uint_eq(claim_text(NULL).len, 0);
    ck_assert_int_eq(claim_integer(NULL), 0);
}
END_TEST

/* Every name of a large table is found at its own row, whatever the buckets are. */
START_TEST(claims_of_a_large_table_do_not_collide) {
    enum { COUNT = 128 };
    struct claim_row many[COUNT];
    struct claim_table table;
    const struct json_item *values[COUNT];
    char names[COUNT][8];
    struct buf text;
    struct tam_str detail = STR_NONE;

    buf_init(&text, 65536);
    buf_add_text(&text, "{");
    for (int i = 0; i < COUNT; i++) {
        snprintf(names[i], sizeof names[i], "a%03db", i & 0xfff);
        many[i] = (struct claim_row){ str_of(names[i]), CLAIM_INTEGER };
        buf_format(&text, "%s\"%s\":%d", i > 0 ? "," : "", names[i], i);
    }
    buf_add_text(&text, "}");
    ck_assert(claim_table_init(&table, many, COUNT));
    ck_assert_int_eq(claims_find(buf_str(&text), &table, values, NULL, &memory.pool, &detail), CLAIMS_GOOD);
    for (int i = 0; i < COUNT; i++) {
        ck_assert_int_eq(claim_integer(values[i]), i);
    }
    ck_assert(!claim_table_init(&table, many, COUNT + 1));
    buf_free(&text);
}
END_TEST

/* ---- Lists ------------------------------------------------------------------------------------------------------- */

static const struct {
    const char *text;
    size_t count;
    const char *words[4];
} word_rows[] = {
    { "", 0, { NULL } },
    { " ", 0, { NULL } },
    { "a", 1, { "a" } },
    { "a b", 2, { "a", "b" } },
    { "  a   b ", 2, { "a", "b" } },
    { "a\tb", 1, { "a\tb" } },
    { "Files.Read Mail.Send openid", 3, { "Files.Read", "Mail.Send", "openid" } },
};

START_TEST(claim_words_are_split_at_spaces) {
    struct tam_list words;
    ck_assert(claim_words(str_of(word_rows[_i].text), &memory.pool, &words));
    ck_assert_uint_eq(words.count, word_rows[_i].count);
    for (size_t i = 0; i < words.count; i++) {
        ck_assert(str_equal(words.items[i], str_of(word_rows[_i].words[i])));
    }
}
END_TEST

static const struct {
    const char *json;
    size_t count;
} list_rows[] = {
    { "\"a\"", 1 },     { "[\"a\",\"b\"]", 2 }, { "[]", 0 }, { "null", 0 },
    { "[\"a\",1]", 0 }, { "{\"a\":\"b\"}", 0 }, { "7", 0 },
};

START_TEST(claim_list_takes_strings_alone) {
    struct tam_list list;
    struct json_item item;
    ck_assert(json_item_again(str_of(list_rows[_i].json), &memory.pool, &item));
    ck_assert(claim_list(&item, &memory.pool, &list));
    ck_assert_uint_eq(list.count, list_rows[_i].count);
    ck_assert(list.count == 0 || str_equal(list.items[0], STR("a")));
}
END_TEST

/* ---- Time -------------------------------------------------------------------------------------------------------- */

static const struct {
    int64_t when, now, skew;
    bool past, ahead;
} time_rows[] = {
    { 100, 99, 0, false, true },
    { 100, 100, 0, true, false },
    { 100, 159, 60, false, false },
    { 100, 160, 60, true, false },
    { 100, 40, 60, false, false },
    { 100, 39, 60, false, true },
    { 0, 0, 0, true, false },
    { INT64_MAX, 100, 300, false, true },
    { INT64_C(9007199254740992), 1700000000, 300, false, true },
    { 100, INT64_MAX, 300, true, false },
    { 100, INT64_MIN, 300, false, true },
};

START_TEST(time_is_compared_with_skew_and_saturates) {
    ck_assert_int_eq(time_is_past(time_rows[_i].when, time_rows[_i].now, time_rows[_i].skew), time_rows[_i].past);
    ck_assert_int_eq(time_is_ahead(time_rows[_i].when, time_rows[_i].now, time_rows[_i].skew), time_rows[_i].ahead);
}
END_TEST

static const struct {
    const char *text;
    int64_t number; /* negative: none */
} integers[] = {
    { "0", 0 },
    { "1", 1 },
    { "7225600", 7225600 },
    { "9007199254740992", INT64_C(9007199254740992) },
    { "-1", -1 },
    { "-0", -1 },
    { "1.5", -1 },
    { "1E2", -1 },
    { "\"1\"", -1 },
    { "true", -1 },
    { "9007199254740993", -1 },
    { "12345678901234567", -1 },
    { "[1]", -1 },
};

START_TEST(a_whole_number_is_read_as_it_is_written) {
    char room[1024];
    const char *fault = NULL;
    int64_t number = -1;
    struct arena arena;
    arena_init(&arena, room, sizeof room, 0);
    const struct pool pool = arena_pool(&arena);
    const struct json *json = json_read(str_of(integers[_i].text), &pool, &fault);
    ck_assert_ptr_nonnull(json);
    ck_assert_int_eq(json_to_integer(json, &number), integers[_i].number >= 0);
    ck_assert_int_eq(number, integers[_i].number);
    arena_free(&arena);
}
END_TEST

/* ---- Judge ------------------------------------------------------------------------------------------------------- */

struct seen {
    unsigned passed, failed, skipped;
};

static void *request_alloc(void *ctx, size_t size) {
    (void)ctx;
    return pool_alloc(&memory.pool, size);
}

static void request_check(void *ctx, const struct tam_check *check) {
    struct seen *seen = ctx;
    ck_assert_uint_eq(check->size, sizeof *check);
    seen->passed += check->outcome == TAM_CHECK_PASSED;
    seen->failed += check->outcome == TAM_CHECK_FAILED;
    seen->skipped += check->outcome == TAM_CHECK_NOT_REACHED;
}

START_TEST(judge_keeps_the_first_failure) {
    struct seen seen = { 0, 0, 0 };
    struct tam_request request = { .size = sizeof request, .ctx = &seen, .alloc = request_alloc };
    struct tam_verdict verdict = { .size = sizeof verdict };
    struct judge judge;
    request.check = _i == 1 ? request_check : NULL;
    judge_init(&judge, &request, &verdict);
    ck_assert_uint_eq(judge_verdict(&judge), TAM_VERDICT_ACCEPT);
    ck_assert(judge_check(&judge, "iss", true, TAM_REASON_WRONG_ISSUER, STR("a"), STR("a")));
    /* goes on only for an explanation */
    ck_assert_int_eq(judge_check(&judge, "aud", false, TAM_REASON_WRONG_AUDIENCE, STR("api"), STR("x\n")), _i == 1);
    judge_fail(&judge, "tid", TAM_REASON_WRONG_TENANT, STR("t"), STR("u"), STR("another sentence"));
    judge_skip(&judge, "scp");
    ck_assert_uint_eq(judge_verdict(&judge), TAM_VERDICT_REJECT);
    ck_assert_uint_eq(verdict.reason, TAM_REASON_WRONG_AUDIENCE);
    ck_assert_msg(str_equal(verdict.detail, STR("aud: expected api, found x\\x0a")), "%.*s", STR_PRINT(verdict.detail));
    ck_assert_uint_eq(seen.passed, _i == 1 ? 1 : 0);
    ck_assert_uint_eq(seen.failed, _i == 1 ? 2 : 0);
    ck_assert_uint_eq(seen.skipped, _i == 1 ? 1 : 0);
}
END_TEST

static const struct {
    const char *expected, *found, *detail;
} sentences[] = {
    { "a", "b", "x: expected a, found b" },
    { "a", "", "x: expected a, found nothing" },
    { "", "b", "x: found b" },
    { "", "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJlc2lnbmF0dXJl", "x: found (token of 66 bytes)" },
};

START_TEST(judge_writes_a_sentence_that_gives_no_token_away) {
    struct tam_request request = { .size = sizeof request, .alloc = request_alloc };
    struct tam_verdict verdict = { .size = sizeof verdict };
    struct judge judge;
    judge_init(&judge, &request, &verdict);
    judge_check(&judge, "x", false, TAM_REASON_MISSING_CLAIM, str_of(sentences[_i].expected),
                str_of(sentences[_i].found));
    ck_assert_msg(str_equal(verdict.detail, str_of(sentences[_i].detail)), "%.*s", STR_PRINT(verdict.detail));
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("claims");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, claims_refuse_what_reads_two_ways, 0, COUNT(bad_payloads));
    tcase_add_test(tests, claims_are_found);
    tcase_add_test(tests, claims_absent_null_or_in_another_case_are_not_there);
    tcase_add_test(tests, claims_of_a_large_table_do_not_collide);
    tcase_add_loop_test(tests, claim_words_are_split_at_spaces, 0, COUNT(word_rows));
    tcase_add_loop_test(tests, claim_list_takes_strings_alone, 0, COUNT(list_rows));
    tcase_add_loop_test(tests, time_is_compared_with_skew_and_saturates, 0, COUNT(time_rows));
    tcase_add_loop_test(tests, a_whole_number_is_read_as_it_is_written, 0, COUNT(integers));
    tcase_add_loop_test(tests, judge_keeps_the_first_failure, 0, 2);
    tcase_add_loop_test(tests, judge_writes_a_sentence_that_gives_no_token_away, 0, COUNT(sentences));
    return suite_run("claims", tests);
}
