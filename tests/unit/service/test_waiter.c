/* SPDX-License-Identifier: MIT
 *
 * NONBLOCK, tickets and waiters: a wake is never lost, and past its deadline a question gets an end.
 */
#include <config.h>

#include <src/base/array.h>
#include <tests/support/fixture.h>
#include <tests/support/suite.h>

#include <poll.h>

static bool readable(const struct tam_waiter *waiter, int timeout_ms) {
    struct pollfd poll_fd = { .fd = tam_waiter_fd(waiter), .events = POLLIN };
    return poll(&poll_fd, 1, timeout_ms) == 1;
}

/* Parks a question; returns its ticket. */
static uint64_t park(struct fixture *fixture, const char *token) {
    struct tam_result *result = ask_with(fixture, token, TAM_NONBLOCK, 0);
    uint64_t ticket = tam_result_ticket(result);
    ck_assert_uint_eq(tam_result_verdict(result), TAM_VERDICT_AGAIN);
    ck_assert_int_eq(tam_result_status(result), 503);
    ck_assert_uint_ne(ticket, 0);
    tam_result_free(result);
    return ticket;
}

START_TEST(a_wake_makes_every_waiter_readable_until_each_is_cleared) {
    static struct fixture fixture;
    struct tam_waiter *a, *b;
    fixture_open(&fixture, "puppet");
    ck_assert_int_eq(tam_waiter_open(fixture.service, &a), 0);
    ck_assert_int_eq(tam_waiter_open(fixture.service, &b), 0);
    park(&fixture, "park");
    ck_assert(!readable(a, 0));
    ask_verdict(&fixture, "release");
    ck_assert(readable(a, 0));
    ck_assert_msg(readable(a, 0), "level-triggered");
    tam_waiter_clear(a);
    ck_assert(!readable(a, 0));
    ck_assert_msg(readable(b, 0), "one loop's clear is not another's");
    tam_waiter_close(b);
    ask_verdict(&fixture, "revoke");
    ck_assert_msg(readable(a, 0), "revoke wakes too");
    tam_waiter_close(a);
    fixture_close(&fixture);
}
END_TEST

/* The wake comes from another thread at any moment after the answer `again`, also before poll(). */
START_TEST(a_wake_between_verify_and_poll_is_not_lost) {
    for (int round = 0; round < 50; round++) {
        static struct fixture fixture;
        struct tam_waiter *waiter;
        fixture_open(&fixture, "puppet");
        ck_assert_int_eq(tam_waiter_open(fixture.service, &waiter), 0);
        uint64_t ticket = park(&fixture, "thread");
        ck_assert_msg(readable(waiter, 10000), "round %d", round);
        tam_waiter_clear(waiter);
        struct tam_result *result = ask_with(&fixture, "thread", TAM_NONBLOCK, ticket);
        ck_assert_uint_eq(tam_result_verdict(result), TAM_VERDICT_ACCEPT);
        tam_result_free(result);
        tam_waiter_close(waiter);
        fixture_close(&fixture);
    }
}
END_TEST

START_TEST(a_ticket_keeps_the_first_deadline_and_past_it_again_is_never_answered) {
    static const struct {
        int64_t after; /* nanoseconds since the first question; the timeout is 2 s */
        uint32_t verdict;
        int wait_ms;
    } rows[] = {
        { 0, TAM_VERDICT_AGAIN, 2000 },
        { SECOND, TAM_VERDICT_AGAIN, 1000 },
        { 2 * SECOND - 1500001, TAM_VERDICT_AGAIN, 2 }, /* rounded up */
        { 2 * SECOND - 1, TAM_VERDICT_AGAIN, 1 },
        { 2 * SECOND, TAM_VERDICT_UNAVAILABLE, 0 },
        { 2 * SECOND + 1, TAM_VERDICT_UNAVAILABLE, 0 },
        { 3600 * SECOND, TAM_VERDICT_UNAVAILABLE, 0 },
    };
    static struct fixture fixture;

    fixture_open(&fixture, "service timeout=2s\npuppet");
    uint64_t ticket = park(&fixture, "park");
    for (size_t i = 0; i < COUNT(rows); i++) {
        fixture.monotonic = FIXTURE_MONOTONIC + rows[i].after;
        struct tam_result *result = ask_with(&fixture, "park", TAM_NONBLOCK, ticket);
        ck_assert_msg(tam_result_verdict(result) == rows[i].verdict, "row %zu", i);
        ck_assert_int_eq(tam_result_wait_ms(result), rows[i].wait_ms);
        ck_assert(rows[i].verdict != TAM_VERDICT_AGAIN || tam_result_ticket(result) == ticket);
        ck_assert(rows[i].verdict == TAM_VERDICT_AGAIN || tam_result_ticket(result) == 0);
        tam_result_free(result);
    }
    /* Late is not too late for somebody who can decide now. */
    ask_verdict(&fixture, "release");
    struct tam_result *late = ask_with(&fixture, "park", TAM_NONBLOCK, ticket);
    ck_assert_uint_eq(tam_result_verdict(late), TAM_VERDICT_ACCEPT);
    tam_result_free(late);
    fixture_close(&fixture);
}
END_TEST

START_TEST(waiters_and_tickets_are_good_across_a_reload_and_the_reload_wakes) {
    static struct fixture fixture;
    struct tam_waiter *waiter;
    fixture_open(&fixture, "service timeout=2s\npuppet");
    ck_assert_int_eq(tam_waiter_open(fixture.service, &waiter), 0);
    uint64_t ticket = park(&fixture, "park");
    fixture.monotonic += SECOND;
    ck_assert_int_eq(tam_service_reload(fixture.service, NULL), 0);
    ck_assert_msg(readable(waiter, 0), "the verifier that would have woken is gone");
    tam_waiter_clear(waiter);
    struct tam_result *result = ask_with(&fixture, "park", TAM_NONBLOCK, ticket);
    ck_assert_uint_eq(tam_result_verdict(result), TAM_VERDICT_AGAIN);
    ck_assert_uint_eq(tam_result_ticket(result), ticket);
    ck_assert_int_eq(tam_result_wait_ms(result), 1000);
    tam_result_free(result);
    ask_verdict(&fixture, "release");
    ck_assert(readable(waiter, 0));
    tam_waiter_close(waiter);
    fixture_close(&fixture);
}
END_TEST

static void *wake_much(void *ctx) {
    struct fixture *fixture = ctx;
    for (int i = 0; i < 500; i++) {
        ask_verdict(fixture, "revoke");
    }
    return NULL;
}

START_TEST(waiters_come_and_go_while_verifiers_wake) {
    static struct fixture fixture;
    pthread_t thread;
    fixture_open(&fixture, "puppet");
    ck_assert_int_eq(pthread_create(&thread, NULL, wake_much, &fixture), 0);
    for (int i = 0; i < 500; i++) {
        struct tam_waiter *waiter;
        ck_assert_int_eq(tam_waiter_open(fixture.service, &waiter), 0);
        tam_waiter_clear(waiter);
        tam_waiter_close(waiter);
    }
    pthread_join(thread, NULL);
    fixture_close(&fixture);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {
        a_wake_makes_every_waiter_readable_until_each_is_cleared,
        a_wake_between_verify_and_poll_is_not_lost,
        a_ticket_keeps_the_first_deadline_and_past_it_again_is_never_answered,
        waiters_and_tickets_are_good_across_a_reload_and_the_reload_wakes,
        waiters_come_and_go_while_verifiers_wake,
    };

    return suite_run("waiter", suite_case("waiter", 60, tests, COUNT(tests)));
}
