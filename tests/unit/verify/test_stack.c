/* SPDX-License-Identifier: MIT
 *
 * Several verifiers of one service: who decides, who the principal is, and what the client is told. Each puppet acts on
 * its own part of the token.
 */
#include <config.h>

#include <src/base/array.h>
#include <tests/support/fixture.h>
#include <tests/support/suite.h>

#include <stdio.h>

#define RESOURCE                  "resource url=https://api.example.com/mcp\n"
#define LINE(control, part, more) control " puppet part=" part " scopes=s" part " " more "\n"

#define RR LINE("required", "1", "") LINE("required", "2", "")
#define RS LINE("required", "1", "") LINE("sufficient", "2", "")
#define SR LINE("sufficient", "1", "") LINE("required", "2", "")
#define SS LINE("sufficient", "1", "") LINE("sufficient", "2", "")

#define ACCEPT    "accept.1"
#define MALFORMED "reject.1"
#define ISSUER    "reject.3"
#define EXPIRED   "reject.7"
#define AUDIENCE  "reject.10"
#define SCOPE     "reject.14"
#define BOUND     "bad.claims-cnf"
#define ABSENT    "stranger"
#define BROKEN    "verdict.0"

struct row {
    const char *stack, *token;
    uint32_t verdict, reason;
    const char *scope; /* of the principal: which puppet it is of */
    const char *why;
};

#define LET_IN(scope)      TAM_VERDICT_ACCEPT, TAM_REASON_NONE, scope
#define REFUSED(reason)    TAM_VERDICT_REJECT, TAM_REASON_##reason, NULL
#define UNDECIDED(verdict) TAM_VERDICT_##verdict, TAM_REASON_NONE, NULL

static const struct row rows[] = {
    { RR, ACCEPT "~" ACCEPT, LET_IN("s1"), "both, and the principal is the first one's" },
    { RR, ACCEPT "~" EXPIRED, REFUSED(EXPIRED), "both are required" },
    { RR, EXPIRED "~" ACCEPT, REFUSED(EXPIRED), "both are required" },
    { RR, ISSUER "~" SCOPE, REFUSED(WRONG_ISSUER), "the first refusal is final, and the second is not asked" },
    { RR, ABSENT "~" ACCEPT, LET_IN("s2"), "as if the first were not there" },
    { RR, ABSENT "~" ABSENT, REFUSED(NOT_RECOGNISED), "nobody's" },
    { RR, ACCEPT "~" BROKEN, UNDECIDED(ERROR), "in doubt, no" },
    { RR, ACCEPT "~unavailable.3", UNDECIDED(UNAVAILABLE), "a required one cannot say" },
    { RS, ACCEPT "~" EXPIRED, LET_IN("s1"), "a sufficient refusal does not undo an accept" },
    { RS, ACCEPT "~" BROKEN, LET_IN("s1"), "nor does its breakage" },
    { RS, ACCEPT "~" ACCEPT, LET_IN("s1"), "the first one's" },
    { RS, EXPIRED "~" ACCEPT, REFUSED(EXPIRED), "what a required one refuses is refused" },
    { SR, ACCEPT "~" EXPIRED, LET_IN("s1"), "sufficient: the second is not asked" },
    { SR, EXPIRED "~" ACCEPT, LET_IN("s2"), "the second may still accept" },
    { SR, EXPIRED "~" ISSUER, REFUSED(WRONG_ISSUER), "a required refusal is the last word" },
    { SS, ISSUER "~" ACCEPT, LET_IN("s2"), "two issuers, the second's token" },
    { SS, ACCEPT "~" ISSUER, LET_IN("s1"), "the first's" },
    { SS, ISSUER "~" EXPIRED, REFUSED(EXPIRED), "the second knows whose it is" },
    { SS, EXPIRED "~" ISSUER, REFUSED(EXPIRED), "the first knows whose it is" },
    { SS, MALFORMED "~" ISSUER, REFUSED(WRONG_ISSUER), "read at least" },
    { SS, AUDIENCE "~" SCOPE, REFUSED(INSUFFICIENT_SCOPE), "two applications of one tenant: it is for the second" },
    { SS, SCOPE "~" AUDIENCE, REFUSED(INSUFFICIENT_SCOPE), "for the first" },
    { SS, ISSUER "~" ISSUER, REFUSED(WRONG_ISSUER), "a third one's" },
    { SS, ISSUER "~" ABSENT, REFUSED(WRONG_ISSUER), "one refuses, one does not know it" },
    { SS, "unavailable.3~" ISSUER, UNDECIDED(UNAVAILABLE), "it may yet be the first's" },
    { SS, ISSUER "~unavailable.3", UNDECIDED(UNAVAILABLE), "it may yet be the second's" },
    { SS, "unavailable.3~" ACCEPT, LET_IN("s2"), "the second does not wait for the first" },
    { SS, BROKEN "~" ISSUER, UNDECIDED(ERROR), "nobody knows what the first would say" },
    { SS, BROKEN "~" ACCEPT, LET_IN("s2"), "one that is broken takes nothing from the other" },
    { SS, "park~" ISSUER, UNDECIDED(AGAIN), "ask again" },
    { SS, "park~" ACCEPT, LET_IN("s2"), "no need to" },
    { RR, ACCEPT "~" BOUND, REFUSED(WRONG_BINDING), "a bound token is no bearer token" },
    { SS, BOUND "~" AUDIENCE, REFUSED(WRONG_BINDING), "it is for the first" },
    { SS, AUDIENCE "~" BOUND, REFUSED(WRONG_BINDING), "it is for the second" },
    { SS, BOUND "~" SCOPE, REFUSED(INSUFFICIENT_SCOPE), "the second could do with more scopes" },
    { SS, BOUND "~" ACCEPT, LET_IN("s2"), "the second does not see that it is bound" },
    { RR, "take.960~take.960", LET_IN("s1"), "each call has memory of its own" },
    { SS, "want.960~take.960", LET_IN("s2"), "each call has memory of its own" },
    { SS, "want.1100~" ACCEPT, LET_IN("s2"), "what the first lacked is not the second's" },
    { SS, "want.1100~" ISSUER, UNDECIDED(ERROR), "nobody knows what the first would say with more memory" },
    { RS, ACCEPT "~take.1100", LET_IN("s1"), "a sufficient one that lacks memory does not undo an accept" },
};

START_TEST(controls_mean_what_they_mean_to_pam) {
    static struct fixture fixture;
    const struct row *row = &rows[_i];
    fixture_open(&fixture, row->stack);
    struct tam_result *result = ask_with(&fixture, row->token, TAM_NONBLOCK, 0);
    ck_assert_msg(tam_result_verdict(result) == row->verdict && tam_result_reason(result) == row->reason,
                  "%s %s: %s %s (%s)", row->stack, row->token, tam_verdict_name(tam_result_verdict(result)),
                  tam_reason_name(tam_result_reason(result)), row->why);
    if (row->scope != NULL) {
        ck_assert_msg(view_is(tam_result_scopes(result).items[0], row->scope), "%s", row->why);
    }
    tam_result_free(result);
    fixture_close(&fixture);
}
END_TEST

/* ---- What the client is told ---- */

#define TWO_ISSUERS                                                                                                    \
    RESOURCE LINE("sufficient", "1", "described_scopes=api://one/read prefix=api://one/ servers=https://one.example")  \
        LINE("sufficient", "2", "described_scopes=use servers=https://two.example")

static void expect_scope(const char *token, struct tam_list operation, const char *scope) {
    static struct fixture fixture;
    struct tam_query query = { .size = sizeof query, .token = view(token), .scopes = operation };
    char wanted[128];
    fixture_open(&fixture, TWO_ISSUERS);
    struct tam_result *result = tam_verify(fixture.service, &query);
    (void)snprintf(wanted, sizeof wanted, "scope=\"%s\"", scope);
    ck_assert_msg(view_has(tam_result_challenge(result), wanted), "%s: %s", token,
                  text_of(tam_result_challenge(result)));
    tam_result_free(result);
    fixture_close(&fixture);
}

START_TEST(a_client_without_a_token_has_the_choice) {
    const struct tam_str write = view("write");
    const struct tam_list operation = { &write, 1 };
    expect_scope("", operation, "api://one/read use api://one/write write");
    expect_scope(ISSUER "~" ISSUER, operation, "api://one/read use api://one/write write");
}
END_TEST

START_TEST(a_client_whose_token_is_known_is_told_what_its_own_issuer_has) {
    const struct tam_str write = view("write");
    const struct tam_list operation = { &write, 1 };
    expect_scope(ISSUER "~" ACCEPT, operation, "use write");
    expect_scope(ACCEPT "~" ISSUER, operation, "api://one/read api://one/write");
    expect_scope(ISSUER "~" AUDIENCE, operation, "use write");
}
END_TEST

START_TEST(the_metadata_names_both_authorization_servers) {
    static struct fixture fixture;
    fixture_open(&fixture, TWO_ISSUERS);
    struct tam_document *document = tam_metadata(fixture.service);
    ck_assert(view_has(tam_document_text(document),
                       "\"authorization_servers\":[\"https://one.example\",\"https://two.example\"]"));
    ck_assert(view_has(tam_document_text(document), "\"scopes_supported\":[\"api://one/read\",\"use\"]"));
    tam_document_free(document);
    fixture_close(&fixture);
}
END_TEST

/* ---- The cache, and an explanation ---- */

static void expect_hits(const char *stack, const char *token, uint32_t verdict, const char *hits) {
    static struct fixture fixture;
    fixture_open(&fixture, stack);
    for (int i = 0; i < 3; i++) {
        ck_assert_uint_eq(ask_verdict(&fixture, token), verdict);
    }
    struct tam_document *status = tam_status(fixture.service);
    ck_assert_msg(view_has(tam_document_text(status), hits), "%s: %s", token, text_of(tam_document_text(status)));
    tam_document_free(status);
    fixture_close(&fixture);
}

START_TEST(every_accept_of_a_stack_is_kept) {
    expect_hits(RR, "count.60~count.60", TAM_VERDICT_ACCEPT, "\"hits\":4,\"misses\":2,\"insertions\":2");
    expect_hits(RR, "count.0~count.60", TAM_VERDICT_ACCEPT, "\"hits\":2,\"misses\":4,\"insertions\":1");
    expect_hits(RR, "count.60~count.0", TAM_VERDICT_ACCEPT, "\"hits\":2,\"misses\":4,\"insertions\":1");
    expect_hits(SS, ISSUER "~count.60", TAM_VERDICT_ACCEPT, "\"hits\":2,\"misses\":4,\"insertions\":1");
    expect_hits(SS, "count.60~" ISSUER, TAM_VERDICT_ACCEPT, "\"hits\":2,\"misses\":1,\"insertions\":1");
    expect_hits(RR, "count.60~" ISSUER, TAM_VERDICT_REJECT, "\"hits\":2,\"misses\":4,\"insertions\":1");
}
END_TEST

/* The principal is fresh each time, and what is kept of the other verifier lives no longer for being asked. */
START_TEST(a_kept_accept_of_a_later_verifier_is_not_prolonged) {
    static struct fixture fixture;
    struct tam_result *result;
    fixture_open(&fixture, "service cache_ttl=10s\n" RR);
    for (int i = 0; i < 4; i++) {
        result = ask(&fixture, "count.0~count.1000");
        ck_assert_uint_eq(tam_result_verdict(result), TAM_VERDICT_ACCEPT);
        tam_result_free(result);
        fixture.now += 4;
    }
    struct tam_document *status = tam_status(fixture.service);
    ck_assert_msg(view_has(tam_document_text(status), "\"hits\":2,\"misses\":6,\"insertions\":2"), "%s",
                  text_of(tam_document_text(status)));
    tam_document_free(status);
    fixture_close(&fixture);
}
END_TEST

START_TEST(an_explanation_says_what_each_verifier_said) {
    static const uint32_t outcomes[] = { TAM_CHECK_FAILED, TAM_CHECK_NOT_REACHED, TAM_CHECK_PASSED };
    static struct fixture fixture;
    struct tam_query query = { .size = sizeof query, .token = view(ISSUER "~" ABSENT "~" ACCEPT) };
    fixture_open(&fixture, SS LINE("sufficient", "3", ""));
    struct tam_result *result = tam_explain(fixture.service, &query);
    ck_assert_uint_eq(tam_result_verdict(result), TAM_VERDICT_ACCEPT);
    ck_assert_uint_eq(tam_result_check_count(result), 3);
    for (size_t i = 0; i < 3; i++) {
        const struct tam_check *check = tam_result_check(result, i);
        ck_assert_str_eq(check->name, "verifier");
        ck_assert_uint_eq(check->outcome, outcomes[i]);
        ck_assert(view_is(check->expected, "sufficient") && view_has(check->found, "<string>:"));
    }
    tam_result_free(result);
    fixture_close(&fixture);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("stack");
    tcase_add_loop_test(tests, controls_mean_what_they_mean_to_pam, 0, COUNT(rows));
    tcase_add_test(tests, a_client_without_a_token_has_the_choice);
    tcase_add_test(tests, a_client_whose_token_is_known_is_told_what_its_own_issuer_has);
    tcase_add_test(tests, the_metadata_names_both_authorization_servers);
    tcase_add_test(tests, every_accept_of_a_stack_is_kept);
    tcase_add_test(tests, a_kept_accept_of_a_later_verifier_is_not_prolonged);
    tcase_add_test(tests, an_explanation_says_what_each_verifier_said);
    return suite_run("stack", tests);
}
