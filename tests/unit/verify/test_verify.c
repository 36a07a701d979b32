/* SPDX-License-Identifier: MIT
 *
 * What libtam makes of a verifier's verdict: the mapping, what an operation needs, time, and every rule that a plugin
 * can break.
 */
#include <config.h>

#include <src/base/array.h>
#include <tests/support/fixture.h>
#include <tests/support/suite.h>

#include <stdio.h>
#include <stdlib.h>

/* ---- The mapping of DESIGN §5 ---- */

START_TEST(every_verdict_and_reason_has_its_status_and_error) {
    static const struct {
        const char *token;
        uint32_t verdict, reason;
        int status;
        const char *error;
    } rows[] = {
        { "accept", TAM_VERDICT_ACCEPT, TAM_REASON_NONE, 200, NULL },
        { "unavailable.30", TAM_VERDICT_UNAVAILABLE, TAM_REASON_NONE, 503, NULL },
        { "verdict.0", TAM_VERDICT_ERROR, TAM_REASON_NONE, 500, NULL },
        { "verdict.3", TAM_VERDICT_REJECT, TAM_REASON_NOT_RECOGNISED, 401, "invalid_token" },
        { "stranger", TAM_VERDICT_REJECT, TAM_REASON_NOT_RECOGNISED, 401, "invalid_token" },
        { "", TAM_VERDICT_REJECT, TAM_REASON_NO_CREDENTIALS, 401, NULL },
        { "reject.1", TAM_VERDICT_REJECT, TAM_REASON_MALFORMED, 401, "invalid_token" },
        { "reject.2", TAM_VERDICT_REJECT, TAM_REASON_UNSUPPORTED_ALGORITHM, 401, "invalid_token" },
        { "reject.3", TAM_VERDICT_REJECT, TAM_REASON_WRONG_ISSUER, 401, "invalid_token" },
        { "reject.4", TAM_VERDICT_REJECT, TAM_REASON_UNKNOWN_KEY, 401, "invalid_token" },
        { "reject.5", TAM_VERDICT_REJECT, TAM_REASON_BAD_SIGNATURE, 401, "invalid_token" },
        { "reject.6", TAM_VERDICT_REJECT, TAM_REASON_WRONG_TOKEN_TYPE, 401, "invalid_token" },
        { "reject.7", TAM_VERDICT_REJECT, TAM_REASON_EXPIRED, 401, "invalid_token" },
        { "reject.8", TAM_VERDICT_REJECT, TAM_REASON_NOT_YET_VALID, 401, "invalid_token" },
        { "reject.9", TAM_VERDICT_REJECT, TAM_REASON_WRONG_TENANT, 401, "invalid_token" },
        { "reject.10", TAM_VERDICT_REJECT, TAM_REASON_WRONG_AUDIENCE, 401, "invalid_token" },
        { "reject.11", TAM_VERDICT_REJECT, TAM_REASON_CLIENT_NOT_ALLOWED, 401, "invalid_token" },
        { "reject.12", TAM_VERDICT_REJECT, TAM_REASON_MISSING_CLAIM, 401, "invalid_token" },
        { "reject.13", TAM_VERDICT_REJECT, TAM_REASON_INACTIVE, 401, "invalid_token" },
        { "reject.14", TAM_VERDICT_REJECT, TAM_REASON_INSUFFICIENT_SCOPE, 403, "insufficient_scope" },
        { "reject.15", TAM_VERDICT_REJECT, TAM_REASON_INSUFFICIENT_CLAIMS, 401, "insufficient_claims" },
    };
    static struct fixture fixture;

    fixture_open(&fixture, "puppet");
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct tam_result *result = ask(&fixture, rows[i].token);
        ck_assert_msg(tam_result_verdict(result) == rows[i].verdict, "%s", rows[i].token);
        ck_assert_msg(tam_result_reason(result) == rows[i].reason, "%s", rows[i].token);
        ck_assert_msg(tam_result_status(result) == rows[i].status, "%s", rows[i].token);
        ck_assert_pstr_eq(tam_result_error(result), rows[i].error);
        tam_result_free(result);
    }
    fixture_close(&fixture);
}
END_TEST

START_TEST(an_accept_carries_the_principal_and_a_reject_none) {
    static struct fixture fixture;
    fixture_open(&fixture, "puppet scopes=read,write roles=Admin");
    struct tam_result *result = ask(&fixture, "accept.1");
    ck_assert(view_is(tam_result_subject(result), "alice"));
    ck_assert(view_is(tam_result_issuer(result), "https://issuer.example/v2.0"));
    ck_assert(view_is(tam_result_tenant(result), "tenant-1"));
    ck_assert(view_is(tam_result_client_id(result), "client-1"));
    ck_assert_uint_eq(tam_result_kind(result), TAM_KIND_USER);
    ck_assert_uint_eq(tam_result_scopes(result).count, 2);
    ck_assert(view_is(tam_result_scopes(result).items[1], "write"));
    ck_assert_uint_eq(tam_result_roles(result).count, 1);
    ck_assert_int_eq(tam_result_expires_at(result), 2000000000);
    ck_assert_uint_eq(tam_result_challenge(result).len, 0);
    tam_result_free(result);
    result = ask(&fixture, "reject.6");
    ck_assert_uint_eq(tam_result_subject(result).len, 0);
    ck_assert_uint_eq(tam_result_scopes(result).count, 0);
    ck_assert(view_is(tam_result_detail(result), "expected this, found that"));
    tam_result_free(result);
    result = ask(&fixture, "unavailable.30");
    ck_assert_uint_eq(tam_result_retry_after(result), 30);
    tam_result_free(result);
    fixture_close(&fixture);
}
END_TEST

/* ---- Plugins that break a rule ---- */

START_TEST(what_a_plugin_may_not_say_is_an_error) {
    static const struct {
        const char *token;
        uint32_t verdict;
        const char *why;
    } rows[] = {
        { "bad.none", TAM_VERDICT_ACCEPT, "the control" },
        { "bad.claims-blanks", TAM_VERDICT_ACCEPT, "RFC 7519 itself shows claims with line breaks" },
        { "verdict.6", TAM_VERDICT_ERROR, "a verdict one above the list" },
        { "verdict.256", TAM_VERDICT_ERROR, "an accept if it were cut to a byte and shifted" },
        { "verdict.4294967295", TAM_VERDICT_ERROR, "the greatest verdict" },
        { "verdict.1", TAM_VERDICT_ERROR, "an accept without a subject" },
        { "verdict.2", TAM_VERDICT_ERROR, "a reject without a reason" },
        { "verdict.4", TAM_VERDICT_ERROR, "again to a question that may wait" },
        { "reject.0", TAM_VERDICT_ERROR, "the reason NONE" },
        { "reject.16", TAM_VERDICT_ERROR, "libtam's own: not_recognised" },
        { "reject.17", TAM_VERDICT_ERROR, "libtam's own: no_credentials" },
        { "reject.18", TAM_VERDICT_ERROR, "libtam's own: invalid_request" },
        { "reject.20", TAM_VERDICT_ERROR, "a reason one above the list" },
        { "reject.4294967295", TAM_VERDICT_ERROR, "the greatest reason" },
        { "accept.3", TAM_VERDICT_ERROR, "a kind outside the list" },
        { "bad.kind", TAM_VERDICT_ERROR, "a kind outside the list" },
        { "bad.subject-empty", TAM_VERDICT_ERROR, "no subject" },
        { "bad.subject-newline", TAM_VERDICT_ERROR, "a header in the subject" },
        { "bad.subject-nul", TAM_VERDICT_ERROR, "a subject that two readers read differently" },
        { "bad.subject-latin1", TAM_VERDICT_ERROR, "not UTF-8" },
        { "bad.subject-overlong", TAM_VERDICT_ERROR, "an overlong slash" },
        { "bad.subject-c1", TAM_VERDICT_ERROR, "a control character above ASCII" },
        { "bad.subject-del", TAM_VERDICT_ERROR, "DEL" },
        { "bad.subject-null-pointer", TAM_VERDICT_ERROR, "a length without bytes" },
        { "bad.issuer-tab", TAM_VERDICT_ERROR, "a tab" },
        { "bad.tenant-escape", TAM_VERDICT_ERROR, "a terminal's escape" },
        { "bad.client-surrogate", TAM_VERDICT_ERROR, "a surrogate" },
        { "bad.claims-array", TAM_VERDICT_ERROR, "claims that are no object" },
        { "bad.claims-text", TAM_VERDICT_ERROR, "claims that are no JSON" },
        { "bad.claims-nul", TAM_VERDICT_ERROR, "NUL in the claims" },
        { "bad.claims-two", TAM_VERDICT_ERROR, "claims that are two objects" },
        { "bad.claims-brackets", TAM_VERDICT_ERROR, "claims that only begin and end like an object" },
        { "bad.claims-duplicate", TAM_VERDICT_ERROR, "a claim that is there twice" },
        { "bad.claims-surrogate", TAM_VERDICT_ERROR, "half of a surrogate pair in the claims" },
        { "bad.claims-cut", TAM_VERDICT_ERROR, "claims whose string does not end" },
        { "bad.scope-blank", TAM_VERDICT_ERROR, "one scope that reads as two" },
        { "bad.scope-empty", TAM_VERDICT_ERROR, "an empty scope" },
        { "bad.scope-quote", TAM_VERDICT_ERROR, "a quote in a scope" },
        { "bad.scopes-null", TAM_VERDICT_ERROR, "a list without entries" },
        { "bad.role-newline", TAM_VERDICT_ERROR, "a header in a role" },
        { "badreject.detail", TAM_VERDICT_ERROR, "a newline in a detail" },
        { "badreject.scope", TAM_VERDICT_ERROR, "a quote in a needed scope" },
        { "badreject.noclaims", TAM_VERDICT_ERROR, "insufficient_claims without claims" },
        { "badreject.textclaims", TAM_VERDICT_ERROR, "needed claims that are no JSON" },
    };
    static struct fixture fixture;

    fixture_open(&fixture, "puppet");
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct tam_result *result = ask(&fixture, rows[i].token);
        ck_assert_msg(tam_result_verdict(result) == rows[i].verdict, "%s (%s): %s", rows[i].token, rows[i].why,
                      tam_verdict_name(tam_result_verdict(result)));
        if (rows[i].verdict == TAM_VERDICT_ERROR) {
            ck_assert_uint_eq(tam_result_subject(result).len, 0);
            ck_assert_uint_eq(tam_result_scopes(result).count, 0);
            ck_assert_uint_eq(tam_result_claims(result).len, 0);
            ck_assert_uint_eq(tam_result_challenge(result).len, 0);
        }
        tam_result_free(result);
    }
    fixture_close(&fixture);
}
END_TEST

/* A length without bytes is an empty text; one that no int holds is cut, and hangs or crashes nobody. */
START_TEST(a_view_may_claim_any_length) {
    static const struct {
        const char *token;
        uint32_t verdict;
        size_t detail; /* bytes at most */
        const char *expected;
    } rows[] = {
        { "view.huge", TAM_VERDICT_UNAVAILABLE, 4096, "xxxx" },
        { "view.null", TAM_VERDICT_ERROR, 100, "" },
    };
    static struct fixture fixture;

    fixture_open(&fixture, "puppet");
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct tam_query query = { .size = sizeof query, .token = view(rows[i].token) };
        struct tam_result *result = tam_verify(fixture.service, &query);
        ck_assert_msg(tam_result_verdict(result) == rows[i].verdict, "%s", rows[i].token);
        ck_assert_uint_le(tam_result_detail(result).len, rows[i].detail);
        tam_result_free(result);
        result = tam_explain(fixture.service, &query);
        ck_assert_msg(tam_result_verdict(result) == rows[i].verdict, "%s", rows[i].token);
        const struct tam_check *check = tam_result_check(result, 0);
        ck_assert_ptr_nonnull(check);
        ck_assert_msg(strncmp(text_of(check->expected), rows[i].expected, strlen(rows[i].expected)) == 0, "%s",
                      rows[i].token);
        tam_result_free(result);
    }
    ck_assert_uint_ge(fixture_log_count(&fixture, "2 <string>:1: xxxx"), 1);
    ck_assert_uint_ge(fixture_log_count(&fixture, "2 <string>:1: \n"), 1);
    fixture_close(&fixture);
}
END_TEST

/* RFC 7800: a token that is bound to a key is no bearer token, whichever plugin accepts it; and it never gets into the
 * cache. */
START_TEST(a_bound_token_is_refused_whatever_the_plugin_says) {
    static const struct {
        const char *token;
        uint32_t reason;
    } rows[] = {
        { "bad.claims-cnf", TAM_REASON_WRONG_BINDING },         { "bad.claims-cnf-x5t", TAM_REASON_WRONG_BINDING },
        { "bad.claims-cnf-text", TAM_REASON_WRONG_BINDING },    { "bad.claims-cnf-false", TAM_REASON_WRONG_BINDING },
        { "bad.claims-cnf-escaped", TAM_REASON_WRONG_BINDING }, { "bad.claims-cnf-null", TAM_REASON_NONE },
        { "bad.claims-cnf-deeper", TAM_REASON_NONE },           { "bad.none", TAM_REASON_NONE },
    };
    static struct fixture fixture;
    int turn;

    fixture_open(&fixture, "puppet");
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct tam_query query = { .size = sizeof query, .token = view(rows[i].token) };
        for (turn = 0; turn < 3; turn++) { /* fresh, asked again, explained */
            struct tam_result *result =
                turn < 2 ? tam_verify(fixture.service, &query) : tam_explain(fixture.service, &query);

            ck_assert_msg(tam_result_reason(result) == rows[i].reason, "%s: %s", rows[i].token,
                          tam_reason_name(tam_result_reason(result)));
            ck_assert_int_eq(tam_result_status(result), rows[i].reason != TAM_REASON_NONE ? 401 : 200);
            if (rows[i].reason != TAM_REASON_NONE) {
                ck_assert_str_eq(tam_result_error(result), "invalid_token");
                ck_assert(view_has(tam_result_detail(result), "cnf: the token is bound to a key"));
                ck_assert_uint_eq(tam_result_subject(result).len, 0);
            }
            tam_result_free(result);
        }
    }
    ck_assert_str_eq(tam_reason_name(TAM_REASON_WRONG_BINDING), "wrong_binding");
    fixture_close(&fixture);
}
END_TEST

/* Whatever the sentence is that a token stands in: nobody causes an error by sending its words. */
START_TEST(a_token_in_a_detail_is_kept_back_and_changes_nothing_else) {
    static const char token[] = "leak.aaaaaaaaaaaaaaaa", configured[] = "leak.bbbbbbbbbbbbbbbb";
    static struct fixture fixture;
    fixture_open(&fixture, "puppet issuers=https://leak.bbbbbbbbbbbbbbbb/");
    struct tam_result *result = ask(&fixture, token);
    ck_assert_uint_eq(tam_result_reason(result), TAM_REASON_MALFORMED);
    ck_assert(!view_has(tam_result_detail(result), token) && fixture_log_count(&fixture, token) == 0);
    ck_assert(view_has(tam_result_detail(result), "is left out"));
    tam_result_free(result);

    result = ask(&fixture, configured); /* no secret: it stands in the service file */
    ck_assert_uint_eq(tam_result_reason(result), TAM_REASON_MALFORMED);
    ck_assert(view_has(tam_result_detail(result), configured));
    tam_result_free(result);
    fixture_close(&fixture);
}
END_TEST

/* take.KIB accepts and want.KIB refuses, whatever it got. */
START_TEST(a_call_gets_a_mebibyte_and_more_is_an_error_whatever_the_plugin_says) {
    static struct fixture fixture;
    fixture_open(&fixture, "puppet");
    ck_assert_uint_eq(ask_verdict(&fixture, "take.960"), TAM_VERDICT_ACCEPT);
    ck_assert_uint_eq(ask_verdict(&fixture, "take.1025"), TAM_VERDICT_ERROR);
    ck_assert_uint_eq(ask_verdict(&fixture, "want.960"), TAM_VERDICT_REJECT);
    ck_assert_uint_eq(ask_verdict(&fixture, "want.1025"), TAM_VERDICT_ERROR);
    ck_assert_uint_eq(fixture_log_count(&fixture, "memory ran out while the token was judged"), 1);
    ck_assert_uint_eq(ask_verdict(&fixture, "accept.1"), TAM_VERDICT_ACCEPT); /* and the next one has its own */
    fixture_close(&fixture);
}
END_TEST

/* Rows of an explanation take nothing from the verifiers, and the longest ones have room. */
START_TEST(an_explanation_has_the_same_verdict_near_the_limit) {
    static const char *const tokens[] = { "take.900", "take.1000", "take.1023", "take.1024", "take.1025" };
    static struct fixture fixture;

    fixture_open(&fixture, "service cache_size=0\npuppet");
    for (size_t i = 0; i < COUNT(tokens); i++) {
        const struct tam_query query = { .size = sizeof query, .token = view(tokens[i]) };
        struct tam_result *verified = tam_verify(fixture.service, &query);
        struct tam_result *explained = tam_explain(fixture.service, &query);
        ck_assert_msg(tam_result_verdict(verified) == tam_result_verdict(explained), "%s: %s and %s", tokens[i],
                      tam_verdict_name(tam_result_verdict(verified)), tam_verdict_name(tam_result_verdict(explained)));
        if (i == 0) {
            ck_assert_uint_eq(tam_result_check_count(explained), 256);
        }
        tam_result_free(verified);
        tam_result_free(explained);
    }
    fixture_close(&fixture);
}
END_TEST

/* With more than a line holds, the detail says some and how many there are beside. */
START_TEST(a_long_list_of_scopes_does_not_empty_the_detail) {
    static char names[256][48];
    static struct tam_str scopes[256];
    static struct fixture fixture;
    struct tam_query query = { .size = sizeof query, .token = view("accept.1"), .scopes = { scopes, 256 } };
    for (size_t i = 0; i < 256; i++) {
        (void)snprintf(names[i], sizeof names[i], "a-rather-long-name-of-a-scope-number-%03zu", i);
        scopes[i] = view(names[i]);
    }
    fixture_open(&fixture, "puppet scopes=s1,s2");
    struct tam_result *result = tam_verify(fixture.service, &query);
    ck_assert_uint_eq(tam_result_reason(result), TAM_REASON_INSUFFICIENT_SCOPE);
    ck_assert_msg(view_has(tam_result_detail(result), names[0]) && view_has(tam_result_detail(result), " more; ") &&
                      view_has(tam_result_detail(result), "the token carries: s1 s2"),
                  "%s", text_of(tam_result_detail(result)));
    tam_result_free(result);
    fixture_close(&fixture);
}
END_TEST

START_TEST(a_clock_far_below_zero_gives_the_whole_timeout) {
    static struct fixture fixture;
    fixture_open(&fixture, "puppet");
    fixture.monotonic = INT64_MIN;
    struct tam_result *first = ask_with(&fixture, "park", TAM_NONBLOCK, 0);
    ck_assert_uint_eq(tam_result_verdict(first), TAM_VERDICT_AGAIN);
    ck_assert_int_gt(tam_result_wait_ms(first), 0);
    struct tam_result *again = ask_with(&fixture, "park", TAM_NONBLOCK, tam_result_ticket(first));
    ck_assert_uint_eq(tam_result_verdict(again), TAM_VERDICT_AGAIN);
    ck_assert_int_gt(tam_result_wait_ms(again), 0);
    tam_result_free(again);
    tam_result_free(first);
    ck_assert_uint_eq(ask_verdict(&fixture, "reject.10"), TAM_VERDICT_REJECT); /* its log line, too */
    fixture_close(&fixture);
}
END_TEST

/* ---- Hosts that break a rule ---- */

static uint32_t verdict_of(const struct fixture *fixture, const struct tam_query *query) {
    struct tam_result *result = tam_verify(fixture->service, query);
    uint32_t verdict = tam_result_verdict(result);
    tam_result_free(result);
    return verdict;
}

START_TEST(a_question_that_is_badly_put_is_an_error) {
    static struct fixture fixture;
    struct {
        struct tam_query query;
        uint64_t younger;
    } longer = { .query = { .size = sizeof longer, .token = { "accept", 6 } } };
    const struct tam_str bad_scope = view("re ad"), bad_role = view("a\nb"), none = { NULL, 3 };
    const struct tam_query good = { .size = sizeof good, .token = { "accept", 6 } };
    struct tam_str many[257];
    struct tam_query rows[12];

    fixture_open(&fixture, "puppet");
    for (size_t i = 0; i < 257; i++) {
        many[i] = view("read");
    }
    for (size_t i = 0; i < 12; i++) {
        rows[i] = good;
    }
    rows[1].size = 0;
    rows[2].size = sizeof good - 1;
    rows[3].flags = 2;
    rows[4].flags = TAM_NONBLOCK | 0x80000000u;
    rows[5].token = none;
    rows[6].timeout_ns = -1;
    rows[7].ticket = UINT64_MAX;
    rows[8].scopes = (struct tam_list){ &bad_scope, 1 };
    rows[9].roles = (struct tam_list){ &bad_role, 1 };
    rows[10].scopes = (struct tam_list){ many, 257 };
    rows[11].roles = (struct tam_list){ many, 257 };
    for (size_t i = 0; i < 12; i++) {
        struct tam_result *result = tam_verify(fixture.service, &rows[i]);
        ck_assert_msg(tam_result_verdict(result) == (i == 0 ? TAM_VERDICT_ACCEPT : TAM_VERDICT_ERROR), "row %zu", i);
        ck_assert(i == 0 || tam_result_detail(result).len > 0);
        ck_assert(i < 10 || view_has(tam_result_detail(result), "more than 256"));
        tam_result_free(result);
    }
    rows[10].scopes.count = 256; /* the most, of which it has none */
    ck_assert_uint_eq(verdict_of(&fixture, &rows[10]), TAM_VERDICT_REJECT);
    /* A younger host's query: fine while it asks for nothing that this libtam does not know. */
    for (size_t i = 0; i < 2; i++) {
        struct tam_result *result = tam_verify(fixture.service, &longer.query);
        ck_assert_uint_eq(tam_result_verdict(result), i == 0 ? TAM_VERDICT_ACCEPT : TAM_VERDICT_ERROR);
        tam_result_free(result);
        longer.younger = 1;
    }
    ck_assert_uint_eq(tam_result_verdict(tam_verify(NULL, &good)), TAM_VERDICT_ERROR);
    fixture_close(&fixture);
}
END_TEST

START_TEST(null_is_safe_everywhere) {
    struct tam_faults *faults = NULL;
    ck_assert_ptr_null(tam_verify(NULL, NULL));
    ck_assert_ptr_null(tam_explain(NULL, NULL));
    ck_assert_ptr_null(tam_result_ref(NULL));
    ck_assert_uint_eq(tam_result_verdict(NULL), TAM_VERDICT_ERROR);
    ck_assert_uint_eq(tam_result_reason(NULL), TAM_REASON_NONE);
    ck_assert_int_eq(tam_result_status(NULL), 500);
    ck_assert_ptr_null(tam_result_error(NULL));
    ck_assert_uint_eq(tam_result_subject(NULL).len, 0);
    ck_assert_uint_eq(tam_result_claim(NULL, "sub").len, 0);
    ck_assert_uint_eq(tam_result_roles(NULL).count, 0);
    ck_assert_ptr_null(tam_result_check(NULL, 0));
    ck_assert_uint_eq(tam_document_text(NULL).len, 0);
    ck_assert_ptr_null(tam_metadata(NULL));
    ck_assert_ptr_null(tam_metadata_path(NULL));
    ck_assert_ptr_null(tam_describe(NULL));
    ck_assert_ptr_null(tam_status(NULL));
    ck_assert_int_eq(tam_waiter_fd(NULL), -1);
    ck_assert_int_eq(tam_waiter_open(NULL, NULL), -1);
    ck_assert_int_eq(tam_service_reload(NULL, &faults), -1);
    ck_assert_uint_eq(tam_faults_count(faults), 1);
    tam_faults_free(faults);
    ck_assert_int_eq(tam_service_open(NULL, NULL, NULL, NULL), -1);
    ck_assert_int_eq(tam_service_open_file(NULL, NULL, NULL, NULL), -1);
    ck_assert_int_eq(tam_service_open_string(NULL, NULL, NULL, NULL), -1);
    ck_assert_int_eq(tam_service_check_string(NULL, NULL, NULL), -1);
    tam_service_close(NULL);
    tam_result_free(NULL);
    tam_document_free(NULL);
    tam_waiter_clear(NULL);
    tam_waiter_close(NULL);
}
END_TEST

/* ---- Time ---- */

static long long asked(struct fixture *fixture, struct tam_query query, const char *member) {
    char token[32];
    long long number;

    (void)snprintf(token, sizeof token, "request.%s", member);
    query.size = sizeof query;
    query.token = view(token);
    struct tam_result *result = tam_verify(fixture->service, &query);
    ck_assert_uint_eq(tam_result_verdict(result), TAM_VERDICT_ACCEPT);
    number = strtoll(text_of(tam_result_subject(result)), NULL, 10);
    tam_result_free(result);
    return number;
}

START_TEST(claims_are_judged_by_the_hosts_clock_or_by_at) {
    static struct fixture fixture;
    fixture_open(&fixture, "service cache_size=0\npuppet");
    ck_assert_int_eq(asked(&fixture, (struct tam_query){ .at = 0 }, "now"), FIXTURE_NOW);
    fixture.now += 5;
    ck_assert_int_eq(asked(&fixture, (struct tam_query){ .at = 0 }, "now"), FIXTURE_NOW + 5);
    ck_assert_int_eq(asked(&fixture, (struct tam_query){ .at = 1234 }, "now"), 1234);
    ck_assert_int_eq(asked(&fixture, (struct tam_query){ .flags = TAM_NONBLOCK }, "flags"), TAM_NONBLOCK);
    fixture_close(&fixture);
}
END_TEST

START_TEST(the_deadline_is_the_services_or_the_querys_or_the_tickets_and_never_0) {
    static struct fixture fixture;
    fixture_open(&fixture, "service timeout=3s cache_size=0\npuppet");
    ck_assert_int_eq(asked(&fixture, (struct tam_query){ .at = 0 }, "deadline"), FIXTURE_MONOTONIC + 3 * SECOND);
    ck_assert_int_eq(asked(&fixture, (struct tam_query){ .timeout_ns = 7 }, "deadline"), FIXTURE_MONOTONIC + 7);
    ck_assert_int_eq(asked(&fixture, (struct tam_query){ .ticket = 42 }, "deadline"), 42);
    ck_assert_int_eq(asked(&fixture, (struct tam_query){ .timeout_ns = INT64_MAX }, "deadline"), INT64_MAX);
    fixture.monotonic = -3 * SECOND;
    ck_assert_int_ne(asked(&fixture, (struct tam_query){ .at = 0 }, "deadline"), 0);
    fixture_close(&fixture);
}
END_TEST

/* ---- What an operation needs ---- */

START_TEST(the_operations_scopes_and_roles_are_asked_of_the_principal) {
    static const struct {
        const char *kind;
        const char *scopes[3], *roles[3];
        bool accepted;
        const char *why;
    } rows[] = {
        { "1", { NULL }, { NULL }, true, "nothing is asked" },
        { "1", { "read" }, { NULL }, true, "a user has the scope" },
        { "1", { "read", "write" }, { NULL }, true, "a user has both" },
        { "1", { "read" }, { "Admin" }, true, "a user is judged by scopes alone" },
        { "1", { "read" }, { "Other" }, true, "a user is judged by scopes alone" },
        { "0", { "read" }, { NULL }, true, "an unknown kind is judged as a user" },
        { "2", { NULL }, { "Admin" }, true, "an application has the role" },
        { "2", { NULL }, { "Other", "Admin" }, true, "one role is enough" },
        { "2", { "delete" }, { "Admin" }, true, "an application is judged by roles alone" },
        { "2", { "read" }, { NULL }, true, "only scopes are named: an application has it" },
        { "1", { "delete" }, { NULL }, false, "a user lacks it" },
        { "1", { "read", "delete" }, { NULL }, false, "a user needs all" },
        { "1", { "READ" }, { NULL }, false, "scopes have a case" },
        { "1", { "rea" }, { NULL }, false, "a prefix is no scope" },
        { "1", { "read.all" }, { NULL }, false, "nor is a longer one" },
        { "1", { NULL }, { "Admin" }, false, "only roles are named: no user" },
        { "0", { NULL }, { "Admin" }, false, "only roles are named: no unknown kind" },
        { "0", { "delete" }, { "Admin" }, false, "a role does not stand for a scope" },
        { "2", { "delete" }, { NULL }, false, "only scopes are named: an application lacks it" },
        { "2", { "read", "delete" }, { NULL }, false, "an application needs all" },
        { "2", { "read" }, { "Other" }, false, "an application lacks the role" },
        { "2", { NULL }, { "admin" }, false, "roles have a case" },
    };
    static struct fixture fixture;

    fixture_open(&fixture, "puppet scopes=read,write roles=Admin,Reader");
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct tam_str scopes[3], roles[3];
        struct tam_query query = { .size = sizeof query, .scopes = { scopes, 0 }, .roles = { roles, 0 } };
        char token[16];
        for (size_t j = 0; j < 3 && rows[i].scopes[j] != NULL; j++) {
            scopes[query.scopes.count++] = view(rows[i].scopes[j]);
        }
        for (size_t j = 0; j < 3 && rows[i].roles[j] != NULL; j++) {
            roles[query.roles.count++] = view(rows[i].roles[j]);
        }
        (void)snprintf(token, sizeof token, "accept.%s", rows[i].kind);
        query.token = view(token);
        struct tam_result *result = tam_verify(fixture.service, &query);
        ck_assert_msg((tam_result_verdict(result) == TAM_VERDICT_ACCEPT) == rows[i].accepted, "%s", rows[i].why);
        if (!rows[i].accepted) {
            ck_assert_uint_eq(tam_result_reason(result), TAM_REASON_INSUFFICIENT_SCOPE);
            ck_assert_int_eq(tam_result_status(result), 403);
            ck_assert_uint_eq(tam_result_subject(result).len, 0);
        }
        tam_result_free(result);
    }
    fixture_close(&fixture);
}
END_TEST

START_TEST(a_broad_scope_stands_for_the_narrow_ones_that_it_implies) {
    static const struct {
        const char *scope;
        bool accepted;
        const char *why;
    } rows[] = {
        { "admin", true, "carried" },
        { "write", true, "implied" },
        { "read", true, "implied by what is implied" },
        { "list", true, "three steps" },
        { "owner", false, "a narrow scope does not stand for a broad one" },
        { "a", false, "a circle of scopes that nobody carries ends" },
        { "other", false, "not in the hierarchy" },
    };
    static struct fixture fixture;

    fixture_open(&fixture, "service scope_implies=owner:admin,admin:write,write:read,read:list,a:b,b:a\n"
                           "puppet scopes=admin");
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct tam_str scope = view(rows[i].scope);
        struct tam_query query = { .size = sizeof query, .token = view("accept.1"), .scopes = { &scope, 1 } };
        struct tam_result *result = tam_verify(fixture.service, &query);
        ck_assert_msg((tam_result_verdict(result) == TAM_VERDICT_ACCEPT) == rows[i].accepted, "%s: %s", rows[i].scope,
                      rows[i].why);
        tam_result_free(result);
    }
    fixture_close(&fixture);
}
END_TEST

/* ---- Explaining ---- */

START_TEST(an_explanation_has_the_same_verdict_and_shows_found_values_safely) {
    static struct fixture fixture;
    struct tam_query query = { .size = sizeof query, .token = view("check") };
    fixture_open(&fixture, "puppet");
    struct tam_result *verified = tam_verify(fixture.service, &query);
    struct tam_result *explained = tam_explain(fixture.service, &query);
    ck_assert_uint_eq(tam_result_verdict(verified), tam_result_verdict(explained));
    ck_assert_uint_eq(tam_result_reason(verified), tam_result_reason(explained));
    ck_assert_uint_eq(tam_result_check_count(verified), 0);
    ck_assert_uint_eq(tam_result_check_count(explained), 4);
    const struct tam_check *check = tam_result_check(explained, 1);
    ck_assert_str_eq(check->name, "aud");
    ck_assert_uint_eq(check->outcome, TAM_CHECK_FAILED);
    ck_assert(view_is(check->expected, "api://x"));
    ck_assert(view_is(check->found, "evil\\x0aaud"));
    check = tam_result_check(explained, 2);
    ck_assert_uint_eq(check->outcome, TAM_CHECK_NOT_REACHED);
    ck_assert_uint_eq(check->found.len, 0);
    check = tam_result_check(explained, 3);
    ck_assert_msg(!view_has(check->found, "eyJ"), "a token is shown as its length alone");
    ck_assert_ptr_null(tam_result_check(explained, 4));
    tam_result_free(verified);
    tam_result_free(explained);
    fixture_close(&fixture);
}
END_TEST

START_TEST(what_the_operation_lacks_is_a_row_of_the_explanation) {
    static struct fixture fixture;
    const struct tam_str scope = view("delete");
    struct tam_query query = { .size = sizeof query, .token = view("check.ok"), .scopes = { &scope, 1 } };
    fixture_open(&fixture, "puppet scopes=read,write");
    struct tam_result *result = tam_explain(fixture.service, &query);
    const struct tam_check *check = tam_result_check(result, tam_result_check_count(result) - 1);
    ck_assert_str_eq(check->name, "operation");
    ck_assert_uint_eq(check->outcome, TAM_CHECK_FAILED);
    ck_assert(view_is(check->expected, "delete"));
    ck_assert(view_is(check->found, "read write"));
    tam_result_free(result);
    fixture_close(&fixture);
}
END_TEST

START_TEST(the_smallest_plugin_works) {
    static struct fixture fixture;
    setenv("ONE_TOKEN", "correct-horse-battery", 1);
    fixture_open(&fixture, "one token=${ONE_TOKEN} subject=tester");
    ck_assert_uint_eq(ask_verdict(&fixture, "correct-horse-battery"), TAM_VERDICT_ACCEPT);
    ck_assert_uint_eq(ask_reason(&fixture, "correct-horse-batterx"), TAM_REASON_BAD_SIGNATURE);
    ck_assert_uint_eq(ask_reason(&fixture, "correct-horse-batter"), TAM_REASON_BAD_SIGNATURE);
    ck_assert_uint_eq(ask_reason(&fixture, "correct-horse-battery1"), TAM_REASON_BAD_SIGNATURE);
    fixture_close(&fixture);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {
        every_verdict_and_reason_has_its_status_and_error,
        an_accept_carries_the_principal_and_a_reject_none,
        what_a_plugin_may_not_say_is_an_error,
        a_view_may_claim_any_length,
        a_bound_token_is_refused_whatever_the_plugin_says,
        a_token_in_a_detail_is_kept_back_and_changes_nothing_else,
        a_call_gets_a_mebibyte_and_more_is_an_error_whatever_the_plugin_says,
        an_explanation_has_the_same_verdict_near_the_limit,
        a_long_list_of_scopes_does_not_empty_the_detail,
        a_clock_far_below_zero_gives_the_whole_timeout,
        a_question_that_is_badly_put_is_an_error,
        null_is_safe_everywhere,
        claims_are_judged_by_the_hosts_clock_or_by_at,
        the_deadline_is_the_services_or_the_querys_or_the_tickets_and_never_0,
        the_operations_scopes_and_roles_are_asked_of_the_principal,
        a_broad_scope_stands_for_the_narrow_ones_that_it_implies,
        an_explanation_has_the_same_verdict_and_shows_found_values_safely,
        what_the_operation_lacks_is_a_row_of_the_explanation,
        the_smallest_plugin_works,
    };

    return suite_run("verify", suite_case("verify", 60, tests, COUNT(tests)));
}
