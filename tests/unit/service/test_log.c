/* SPDX-License-Identifier: MIT
 *
 * Log lines: who wrote them, what they may not hold, and how many a client can cause.
 */
#include <config.h>

#include <src/base/array.h>
#include <tests/support/fixture.h>
#include <tests/support/suite.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

START_TEST(a_refusal_is_logged_once_a_second_and_reason_with_a_count) {
    static struct fixture fixture;
    fixture_open(&fixture, "puppet");
    for (int i = 0; i < 100; i++) {
        ask_verdict(&fixture, "reject.10");
        ask_verdict(&fixture, "reject.7");
    }
    ck_assert_uint_eq(fixture_log_count(&fixture, "wrong_audience"), 1);
    ck_assert_uint_eq(fixture_log_count(&fixture, "expired"), 1);
    fixture.monotonic += SECOND - 1; /* FIXTURE_MONOTONIC is a whole second */
    ask_verdict(&fixture, "reject.10");
    ck_assert_uint_eq(fixture_log_count(&fixture, "wrong_audience"), 1);
    fixture.monotonic += 1;
    ask_verdict(&fixture, "reject.10");
    ck_assert_uint_eq(fixture_log_count(&fixture, "wrong_audience"), 2);
    ck_assert_uint_eq(fixture_log_count(&fixture, "100 more"), 1);
    fixture.monotonic += SECOND;
    ask_verdict(&fixture, "reject.10");
    ck_assert_uint_eq(fixture_log_count(&fixture, "wrong_audience"), 3);
    ck_assert_uint_eq(fixture_log_count(&fixture, "more"), 1);
    fixture_close(&fixture);
}
END_TEST

#define THREADS 4
#define EACH    500

static void *refuse_many(void *ctx) {
    const struct fixture *fixture = ctx;
    for (int i = 0; i < EACH; i++) {
        struct tam_query query = { .size = sizeof query, .token = view("reject.10") };
        tam_result_free(tam_verify(fixture->service, &query));
    }
    return NULL;
}

START_TEST(what_several_threads_refuse_is_counted_whole) {
    static struct fixture fixture;
    pthread_t threads[THREADS];
    char more[64];
    fixture_open(&fixture, "puppet");
    for (size_t i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, refuse_many, &fixture), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    ck_assert_uint_eq(fixture_log_count(&fixture, "wrong_audience"), 1);
    fixture.monotonic += SECOND;
    ask_verdict(&fixture, "reject.10");
    (void)snprintf(more, sizeof more, "(and %d more like it before)", THREADS * EACH - 1);
    ck_assert_uint_eq(fixture_log_count(&fixture, more), 1);
    fixture_close(&fixture);
}
END_TEST

START_TEST(levels_and_names_say_whose_line_it_is) {
    static const struct {
        const char *token, *begin, *part;
    } rows[] = {
        { "reject.10", "3 <string>:1: reject wrong_audience", "expected this, found that" },
        { "unavailable.9", "2 <string>:1: unavailable", "the keys cannot be reached" },
        { "verdict.9", "1 <string>:1: error", "outside the list" },
        { "", "4 <string>: reject no_credentials", "no bearer token" },
        { "stranger", "3 <string>: reject not_recognised", "no verifier" },
        { "a b", "3 <string>: reject malformed", "RFC 6750" },
    };
    static struct fixture fixture;

    fixture_open(&fixture, "puppet");
    for (size_t i = 0; i < COUNT(rows); i++) {
        fixture_log_clear(&fixture);
        ask_verdict(&fixture, rows[i].token);
        ck_assert_msg(strncmp(fixture.log, rows[i].begin, strlen(rows[i].begin)) == 0, "%s: %s", rows[i].token,
                      fixture.log);
        ck_assert_uint_eq(fixture_log_count(&fixture, rows[i].part), 1);
    }
    fixture_close(&fixture);
}
END_TEST

START_TEST(a_plugins_line_cannot_forge_another) {
    static struct fixture fixture;
    fixture_open(&fixture, "puppet");
    fixture_log_clear(&fixture);
    ask_verdict(&fixture, "shout");
    ck_assert_uint_eq(fixture_log_count(&fixture, "\n"), 1);
    ck_assert_uint_eq(
        fixture_log_count(
            &fixture,
            "line one\\x0aline\\x09two \\x1b[31mred\\x7f \\xff \\xc2\\x9b \xc3\xa9 \\xe2\\x80\\xae \\xe2\\x80\\xa8 \\\\x0a"),
        1);
    fixture_close(&fixture);
}
END_TEST

/* Tokens that are refused by libtam, rejected, accepted, and leaked by a broken plugin: each carries a word of its own.
 */
START_TEST(no_part_of_a_token_is_in_any_line) {
    static const char *const tokens[] = {
        "Bearer accept.1.SECRETSECRETSECRET",
        "Bearer reject.10.SECRETSECRETSECRET",
        "Bearer reject.99.SECRETSECRETSECRET",
        "Bearer verdict.9.SECRETSECRETSECRET",
        "Bearer unavailable.1.SECRETSECRETSECRET",
        "Bearer leak.x.SECRETSECRETSECRET",
        "Bearer stranger.SECRETSECRETSECRET",
        "Bearer SECRETSECRETSECRET SECRETSECRETSECRET",
        "Basic SECRETSECRETSECRET",
        "Bearer \xffSECRETSECRETSECRET",
        "Bearer check..SECRETSECRETSECRET",
        "SECRETSECRETSECRET",
    };
    static struct fixture fixture;

    fixture_open(&fixture, "puppet");
    for (size_t i = 0; i < COUNT(tokens); i++) {
        struct tam_query query = { .size = sizeof query, .authorization = view(tokens[i]) };
        fixture.monotonic += SECOND;
        struct tam_result *result = tam_verify(fixture.service, &query);
        ck_assert_msg(!view_has(tam_result_detail(result), "SECRET"), "%s", tokens[i]);
        ck_assert_msg(!view_has(tam_result_challenge(result), "SECRET"), "%s", tokens[i]);
        tam_result_free(result);
    }
    ck_assert_msg(fixture_log_count(&fixture, "reject") >= 4, "the control: refusals were logged");
    ck_assert_uint_eq(fixture_log_count(&fixture, "SECRET"), 0);
    fixture_close(&fixture);
}
END_TEST

START_TEST(an_explanation_is_not_logged) {
    static struct fixture fixture;
    struct tam_query query = { .size = sizeof query, .token = view("reject.10") };
    fixture_open(&fixture, "puppet");
    fixture_log_clear(&fixture);
    tam_result_free(tam_explain(fixture.service, &query));
    ck_assert_str_eq(fixture.log, "");
    fixture_close(&fixture);
}
END_TEST

/* Reads back what came on stderr. */
static void stderr_after(const char *debug, char *out, size_t size) {
    struct fixture fixture;
    int saved = dup(STDERR_FILENO), pipe_fd[2];
    if (debug != NULL) {
        setenv("TAM_DEBUG", debug, 1);
    }
    fixture_init(&fixture);
    fixture.setup.log = NULL;
    ck_assert_int_eq(pipe(pipe_fd), 0);
    ck_assert_int_ge(dup2(pipe_fd[1], STDERR_FILENO), 0);
    ck_assert_int_eq(tam_service_open_string("puppet", &fixture.setup, &fixture.service, NULL), 0);
    ask_verdict(&fixture, "reject.10");
    ask_verdict(&fixture, "verdict.9");
    fixture_close(&fixture);
    ck_assert_int_ge(dup2(saved, STDERR_FILENO), 0);
    close(saved);
    close(pipe_fd[1]);
    ssize_t len = read(pipe_fd[0], out, size - 1);
    out[len > 0 ? len : 0] = '\0';
    close(pipe_fd[0]);
}

START_TEST(without_a_logger_lines_go_to_stderr_with_journald_prefixes) {
    char out[4096];
    unsetenv("TAM_DEBUG");
    stderr_after(NULL, out, sizeof out);
    ck_assert_msg(strncmp(out, "<6><string>:1: reject wrong_audience", 36) == 0, "%s", out);
    ck_assert_ptr_nonnull(strstr(out, "\n<3><string>:1: error"));
    ck_assert_msg(strstr(out, "<7>") == NULL, "debug lines come only with TAM_DEBUG");
    stderr_after("1", out, sizeof out);
    ck_assert_ptr_nonnull(strstr(out, "<7><string>:1: puppet made"));
}
END_TEST

int main(void) {
    const TTest *const tests[] = {
        a_refusal_is_logged_once_a_second_and_reason_with_a_count,
        what_several_threads_refuse_is_counted_whole,
        levels_and_names_say_whose_line_it_is,
        a_plugins_line_cannot_forge_another,
        no_part_of_a_token_is_in_any_line,
        an_explanation_is_not_logged,
        without_a_logger_lines_go_to_stderr_with_journald_prefixes,
    };

    return suite_run("log", suite_case("log", 60, tests, COUNT(tests)));
}
