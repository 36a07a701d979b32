/* SPDX-License-Identifier: MIT
 *
 * What counts as a bearer token, in both members of a query: RFC 6750 §2.1.
 */
#include <config.h>

#include <stdio.h>
#include <src/base/array.h>
#include <tests/support/fixture.h>
#include <tests/support/suite.h>

#define MANY 2048

struct row {
    const char *value;
    size_t len; /* 0: strlen */
    uint32_t reason;
    const char *why;
};

#define NONE    TAM_REASON_NO_CREDENTIALS
#define INVALID TAM_REASON_INVALID_REQUEST
#define BAD     TAM_REASON_MALFORMED

/* TAM_REASON_NONE: accepted. */
static const struct row headers[] = {
    { "Bearer accept", 0, TAM_REASON_NONE, "the control" },
    { "bearer accept", 0, TAM_REASON_NONE, "a scheme has no case (RFC 9110 §11.1)" },
    { "BEARER accept", 0, TAM_REASON_NONE, "a scheme has no case" },
    { "Bearer   accept", 0, TAM_REASON_NONE, "1*SP" },
    { "Bearer accept.1==", 0, TAM_REASON_NONE, "padding at the end" },
    { "Bearer accept.1.-._~+/", 0, TAM_REASON_NONE, "all of b64token's marks" },
    { "", 0, NONE, "no header" },
    { " ", 0, NONE, "no scheme" },
    { "Basic YWxhZGRpbjpvcGVuc2VzYW1l", 0, NONE, "another scheme" },
    { "DPoP accept", 0, NONE, "another scheme with a token" },
    { "Bearerx accept", 0, NONE, "another scheme that begins alike" },
    { "Bearer-accept", 0, NONE, "a longer scheme" },
    { "accept", 0, NONE, "a token without a scheme is a scheme" },
    { " Bearer accept", 0, NONE, "a blank in front: HTTP has taken it off" },
    { "\tBearer accept", 0, NONE, "a tab in front" },
    { "Bea rer accept", 0, NONE, "another scheme" },
    { "Bearer", 0, INVALID, "nothing behind the scheme" },
    { "Bearer ", 0, INVALID, "nothing behind the blank" },
    { "Bearer      ", 0, INVALID, "blanks only" },
    { "Bearer\taccept", 0, INVALID, "a tab is not SP" },
    { "Bearer \taccept", 0, INVALID, "a tab is not SP" },
    { "Bearer accept ", 0, INVALID, "a blank behind" },
    { "Bearer accept\r\n", 0, INVALID, "the end of the line" },
    { "Bearer accept\r\nX-Admin: yes", 0, INVALID, "another header" },
    { "Bearer accept accept", 0, INVALID, "two words" },
    { "Bearer accept,accept", 0, INVALID, "a list" },
    { "Bearer accept, Bearer accept", 0, INVALID, "two credentials" },
    { "Bearer Bearer accept", 0, INVALID, "the scheme twice" },
    { "Bearer,accept", 0, INVALID, "a comma for a blank" },
    { "Bearer/accept", 0, INVALID, "a mark of b64token for a blank" },
    { "Bearer=accept", 0, INVALID, "an equals sign for a blank" },
    { "Bearer token=\"accept\"", 0, INVALID, "a parameter" },
    { "Bearer \"accept\"", 0, INVALID, "quotes" },
    { "Bearer acc=ept", 0, INVALID, "padding in the middle" },
    { "Bearer =", 0, INVALID, "padding alone" },
    { "Bearer =accept", 0, INVALID, "padding in front" },
    { "Bearer accept\0", 14, INVALID, "NUL at the end" },
    { "Bearer acc\0ept", 14, INVALID, "NUL inside" },
    { "Bearer\0accept", 13, INVALID, "NUL for a blank" },
    { "Bearer accept\x7f", 0, INVALID, "DEL" },
    { "Bearer acc\xc3\xa9pt", 0, INVALID, "UTF-8" },
    { "Bearer acc\xffpt", 0, INVALID, "a byte above ASCII" },
    { "Bearer <accept>", 0, INVALID, "angle brackets" },
    { "Bearer accept;a=b", 0, INVALID, "a semicolon" },
    { "Bearer acc%65pt", 0, INVALID, "a percent escape" },
};

static const struct row tokens[] = {
    { "accept", 0, TAM_REASON_NONE, "the control" },
    { "accept.1.abc==", 0, TAM_REASON_NONE, "padding at the end" },
    { "", 0, NONE, "nothing is left" },
    { "Bearer accept", 0, BAD, "a blank" },
    { "accept ", 0, BAD, "a blank behind" },
    { "accept\n", 0, BAD, "a newline" },
    { "acc=ept", 0, BAD, "padding in the middle" },
    { "=", 0, BAD, "padding alone" },
    { "accept\0", 7, BAD, "NUL" },
    { "accept,accept", 0, BAD, "a comma" },
    { "acc\xc3\xa9pt", 0, BAD, "UTF-8" },
    { "accept\x80", 0, BAD, "a byte above ASCII" },
};

static void judge_row(struct fixture *fixture, const struct row *row, bool header) {
    struct tam_str value = { row->value, row->len != 0 ? row->len : strlen(row->value) };
    struct tam_query query = { .size = sizeof query };
    *(header ? &query.authorization : &query.token) = value;
    struct tam_result *result = tam_verify(fixture->service, &query);
    ck_assert_msg(tam_result_reason(result) == row->reason, "`%s` (%s): %s", row->value, row->why,
                  tam_reason_name(tam_result_reason(result)));
    ck_assert_uint_eq(tam_result_verdict(result),
                      row->reason == TAM_REASON_NONE ? TAM_VERDICT_ACCEPT : TAM_VERDICT_REJECT);
    tam_result_free(result);
}

START_TEST(authorization_values_are_read_as_rfc_6750_writes_them) {
    static struct fixture fixture;
    fixture_open(&fixture, "puppet");
    for (size_t i = 0; i < COUNT(headers); i++) {
        judge_row(&fixture, &headers[i], true);
    }
    fixture_close(&fixture);
}
END_TEST

START_TEST(bare_tokens_must_be_b64token) {
    static struct fixture fixture;
    fixture_open(&fixture, "puppet");
    for (size_t i = 0; i < COUNT(tokens); i++) {
        judge_row(&fixture, &tokens[i], false);
    }
    fixture_close(&fixture);
}
END_TEST

/* What the administrator is told of an Authorization value that is none, and never the token. */
static const struct {
    const char *value;
    uint32_t reason;
    const char *words;
} slips[] = {
    { "", NONE, "carries no bearer token" },
    { "Basic YWxhZGRpbjpvcGVuc2VzYW1l", NONE, "another scheme than Bearer" },
    { "eyJhbGciOiJub25lIn0.e30.SECRET", NONE, "is a token without `Bearer` in front" },
    { "\"eyJhbGciOiJub25lIn0.e30.SECRET\"", NONE, "is a token without `Bearer` in front" },
    { "SECRETaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NONE, "is a token without `Bearer` in front" },
    { "Token eyJhbGciOiJub25lIn0.e30.SECRET", NONE, "another scheme than Bearer" },
    { "Authorization: Bearer SECRET", NONE, "has the header's name in front" },
    { "\"Bearer SECRET\"", NONE, "has `Bearer` in front" },
    { "{\"access_token\":\"SECRET\"}", NONE, "this is JSON" },
    { "Bearer", INVALID, "is not `Bearer TOKEN`" },
    { "Bearer:SECRET", INVALID, "is not `Bearer TOKEN`" },
    { "Bearer Bearer SECRET", INVALID, "has `Bearer` in front" },
    { "Bearer \"SECRET\"", INVALID, "has quotes" },
    { "Bearer {\"access_token\":\"SECRET\"}", INVALID, "this is JSON" },
    { "Bearer access_token=SECRET&x=y", INVALID, "this is form data" },
    { "Bearer SEC RET", INVALID, "has a blank in it" },
    { "Bearer SECRET\r\n", INVALID, "has a line break" },
    { "Bearer $TOKEN", INVALID, "the name of a variable" },
    { "Bearer SEC\x01RET", INVALID, "is not `Bearer TOKEN`" },
};

START_TEST(slips_of_copy_and_paste_are_named_in_the_detail) {
    static struct fixture fixture;
    fixture_open(&fixture, "puppet");
    for (size_t i = 0; i < COUNT(slips); i++) {
        struct tam_query query = { .size = sizeof query, .authorization = tam_str_of(slips[i].value) };
        struct tam_result *result = tam_verify(fixture.service, &query);
        char detail[512];
        (void)snprintf(detail, sizeof detail, "%.*s", (int)tam_result_detail(result).len,
                       tam_result_detail(result).ptr);
        ck_assert_msg(strstr(detail, slips[i].words) != NULL, "`%s`: %s", slips[i].value, detail);
        ck_assert_msg(strstr(detail, "SEC") == NULL && strstr(detail, "eyJ") == NULL, "`%s`: %s", slips[i].value,
                      detail);
        ck_assert_uint_eq(tam_result_reason(result), slips[i].reason);
        tam_result_free(result);
    }
    fixture_close(&fixture);
}
END_TEST

/* The alphabet is tested in blocks: each byte value at each place of a block, and in what is left behind it. */
START_TEST(every_byte_is_judged_at_every_place) {
    static const char marks[] = "-._~+/";
    static struct fixture fixture;
    char token[71];
    fixture_open(&fixture, "puppet");
    for (size_t place = 8; place < sizeof token; place += 7) {
        for (int byte = 0; byte < 256; byte++) {
            struct tam_query query = { .size = sizeof query, .token = { token, sizeof token } };
            bool good = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
                        (byte != 0 && strchr(marks, byte) != NULL) || (byte == '=' && place == sizeof token - 1);
            memset(token, 'x', sizeof token);
            memcpy(token, "accept.", 7);
            token[place] = (char)byte;
            struct tam_result *result = tam_verify(fixture.service, &query);
            ck_assert_msg(tam_result_verdict(result) == (good ? TAM_VERDICT_ACCEPT : TAM_VERDICT_REJECT),
                          "byte %d at %zu", byte, place);
            tam_result_free(result);
        }
    }
    fixture_close(&fixture);
}
END_TEST

START_TEST(both_members_set_is_an_invalid_request) {
    static struct fixture fixture;
    struct tam_query query = { .size = sizeof query, .token = view("accept"), .authorization = view("Bearer accept") };
    fixture_open(&fixture, "puppet");
    struct tam_result *result = tam_verify(fixture.service, &query);
    ck_assert_uint_eq(tam_result_reason(result), TAM_REASON_INVALID_REQUEST);
    ck_assert_int_eq(tam_result_status(result), 400);
    tam_result_free(result);
    fixture_close(&fixture);
}
END_TEST

START_TEST(a_token_over_the_cap_is_malformed_and_one_at_the_cap_is_judged) {
    static struct fixture fixture;
    static char header[7 + MANY];
    struct tam_query query = { .size = sizeof query };
    fixture_open(&fixture, "service max_token_size=1K\npuppet");
    memset(header, 'x', sizeof header);
    memcpy(header, "Bearer accept.", 14);
    query.authorization = (struct tam_str){ header, 7 + 1024 };
    struct tam_result *result = tam_verify(fixture.service, &query);
    ck_assert_uint_eq(tam_result_verdict(result), TAM_VERDICT_ACCEPT);
    tam_result_free(result);
    query.authorization.len++;
    result = tam_verify(fixture.service, &query);
    ck_assert_uint_eq(tam_result_reason(result), TAM_REASON_MALFORMED);
    ck_assert_int_eq(tam_result_status(result), 401);
    tam_result_free(result);
    fixture_close(&fixture);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {
        authorization_values_are_read_as_rfc_6750_writes_them,
        bare_tokens_must_be_b64token,
        slips_of_copy_and_paste_are_named_in_the_detail,
        every_byte_is_judged_at_every_place,
        both_members_set_is_an_invalid_request,
        a_token_over_the_cap_is_malformed_and_one_at_the_cap_is_judged,
    };

    return suite_run("authorization", suite_case("authorization", 60, tests, COUNT(tests)));
}
