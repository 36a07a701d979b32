/* SPDX-License-Identifier: MIT
 *
 * A service does not cross fork(): in the child it refuses everything with one sentence, closing it destroys nothing,
 * and another one can be opened there.
 */
#include <config.h>

#include <src/base/array.h>
#include <tests/support/fixture.h>
#include <tests/support/suite.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define GONE "puppet gone"

/* In the child, `check` would write into the parent's report: say what failed, and leave. */
#define EXPECT(condition)                                                                                              \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            (void)fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                                      \
            _exit(1);                                                                                                  \
        }                                                                                                              \
    } while (0)

static void run_in_child(void (*act)(struct fixture *), struct fixture *fixture) {
    int status;
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        alarm(30); /* a lock that is held for ever must not hang the test */
        act(fixture);
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x", (unsigned)status);
}

static void refuse_all(struct fixture *fixture) {
    struct tam_result *result = ask(fixture, "accept.1");
    struct tam_waiter *waiter = NULL;
    struct tam_faults *faults = NULL;
    EXPECT(tam_result_verdict(result) == TAM_VERDICT_ERROR);
    EXPECT(view_has(tam_result_detail(result), "fork"));
    tam_result_free(result);
    EXPECT(tam_metadata(fixture->service) == NULL);
    EXPECT(tam_describe(fixture->service) == NULL);
    EXPECT(tam_status(fixture->service) == NULL);
    EXPECT(tam_waiter_open(fixture->service, &waiter) == -1 && errno != 0);
    EXPECT(tam_service_reload(fixture->service, &faults) == -1);
    EXPECT(strstr(tam_faults_text(faults, 0), "fork") != NULL);
    tam_faults_free(faults);
    tam_service_close(fixture->service);
    EXPECT(fixture_log_count(fixture, GONE) == 0);
}

START_TEST(in_a_child_every_call_refuses_and_close_destroys_nothing) {
    static struct fixture fixture;
    fixture_open(&fixture, "resource url=https://a.example\npuppet");
    run_in_child(refuse_all, &fixture);
    ck_assert_uint_eq(ask_verdict(&fixture, "accept.1"), TAM_VERDICT_ACCEPT);
    fixture_close(&fixture);
}
END_TEST

static void open_another(struct fixture *fixture) {
    struct tam_service *old = fixture->service;
    struct tam_faults *faults = NULL;
    EXPECT(tam_service_open_string("puppet", &fixture->setup, &fixture->service, &faults) == 0);
    EXPECT(ask_verdict(fixture, "accept.1") == TAM_VERDICT_ACCEPT);
    EXPECT(tam_service_reload(fixture->service, &faults) == 0);
    tam_service_close(fixture->service);
    EXPECT(fixture_log_count(fixture, GONE) == 2);
    tam_service_close(old);
}

START_TEST(a_child_may_open_a_service_of_its_own) {
    static struct fixture fixture;
    fixture_open(&fixture, "puppet");
    run_in_child(open_another, &fixture);
    fixture_close(&fixture);
}
END_TEST

static void open_and_close_inner(struct fixture *fixture) {
    static struct fixture inner;
    (void)fixture;
    fixture_init(&inner);
    EXPECT(tam_service_open_string("puppet", &inner.setup, &inner.service, NULL) == 0);
    run_in_child(refuse_all, &inner);
    tam_service_close(inner.service);
}

START_TEST(a_childs_service_is_foreign_to_the_grandchild) {
    static struct fixture fixture;
    fixture_open(&fixture, "resource url=https://a.example\npuppet");
    run_in_child(open_and_close_inner, &fixture);
    fixture_close(&fixture);
}
END_TEST

#define TOKEN_SIZE 60000
#define KIB        1024

static void close_cheaply(struct fixture *fixture) {
    struct rusage before, after;
    EXPECT(getrusage(RUSAGE_SELF, &before) == 0);
    tam_service_close(fixture->service);
    EXPECT(getrusage(RUSAGE_SELF, &after) == 0);
    EXPECT(after.ru_maxrss - before.ru_maxrss < (long)8 * KIB); /* KiB */
    EXPECT(after.ru_minflt - before.ru_minflt < 1000);
}

/* Tens of MiB that the child was never given: closing there must not ask for them. */
START_TEST(a_child_gives_the_cache_back_unseen) {
    static struct fixture fixture;
    static char token[TOKEN_SIZE + 1];
    fixture_open(&fixture, "service cache_size=31M max_token_size=64K cache_ttl=1d\npuppet");
    memset(token, 'x', TOKEN_SIZE);
    memcpy(token, "accept.1.", strlen("accept.1."));
    for (size_t i = 0; i < (size_t)31 * KIB * KIB / TOKEN_SIZE; i++) {
        (void)snprintf(token + TOKEN_SIZE - 8, 9, "%08zu", i);
        ck_assert_uint_eq(ask_verdict(&fixture, token), TAM_VERDICT_ACCEPT);
    }
    run_in_child(close_cheaply, &fixture);
    fixture_close(&fixture);
}
END_TEST

static struct tam_waiter *shared;

static void clear_waiter(struct fixture *fixture) {
    tam_waiter_clear(shared);
    tam_waiter_close(shared);
    tam_service_close(fixture->service);
}

START_TEST(a_child_cannot_take_the_parents_wake) {
    static struct fixture fixture;
    struct pollfd poll_fd;
    fixture_open(&fixture, "puppet");
    ck_assert_int_eq(tam_waiter_open(fixture.service, &shared), 0);
    ask_verdict(&fixture, "release");
    run_in_child(clear_waiter, &fixture);
    poll_fd = (struct pollfd){ .fd = tam_waiter_fd(shared), .events = POLLIN };
    ck_assert_int_eq(poll(&poll_fd, 1, 0), 1);
    tam_waiter_close(shared);
    fixture_close(&fixture);
}
END_TEST

struct busy {
    struct fixture *fixture;
    atomic_bool stop;
};

/* Takes every lock that libtam has, over and over. */
static void *be_busy(void *ctx) {
    struct busy *busy = ctx;
    while (!busy->stop) {
        struct tam_waiter *waiter = NULL;
        ask_verdict(busy->fixture, "revoke");
        ask_verdict(busy->fixture, "reject.10");
        if (tam_waiter_open(busy->fixture->service, &waiter) == 0) {
            tam_waiter_close(waiter);
        }
        tam_service_reload(busy->fixture->service, NULL);
        fixture_log_clear(busy->fixture);
    }
    return NULL;
}

static void quiet_log(void *ctx, uint32_t level, struct tam_str line) {
    (void)ctx;
    (void)level;
    (void)line;
}

/* The fixture's own log has a lock, which may be held at fork() as well: the child goes without it. */
static void use_in_child(struct fixture *fixture) {
    struct tam_setup setup = {
        .size = sizeof setup, .flags = TAM_SETUP_ANY_OWNER, .plugin_dir = fixture->setup.plugin_dir, .log = quiet_log
    };
    struct tam_service *service = NULL;
    struct tam_result *result = ask(fixture, "accept.1");

    EXPECT(tam_result_verdict(result) == TAM_VERDICT_ERROR);
    tam_result_free(result);
    tam_service_close(fixture->service);
    EXPECT(tam_service_open_string("puppet", &setup, &service, NULL) == 0);
    fixture->service = service;
    EXPECT(ask_verdict(fixture, "accept.1") == TAM_VERDICT_ACCEPT);
    tam_service_close(service);
}

/* glibc's allocator may be used in the child of a process with threads; a sanitizer's may not, and hangs by itself. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define ALLOCATOR_SURVIVES_FORK false
#else
#define ALLOCATOR_SURVIVES_FORK true
#endif

START_TEST(no_lock_that_another_thread_held_at_fork_hangs_the_child) {
    static struct fixture fixture;
    if (!ALLOCATOR_SURVIVES_FORK) {
        puts("skipped: a sanitizer's allocator does not survive a fork beside another thread");
        return;
    }
    struct busy busy = { .fixture = &fixture };
    pthread_t thread;

    fixture_open(&fixture, "puppet");
    ck_assert_int_eq(pthread_create(&thread, NULL, be_busy, &busy), 0);
    for (int i = 0; i < 100; i++) {
        run_in_child(use_in_child, &fixture);
    }
    busy.stop = true;
    pthread_join(thread, NULL);
    fixture_close(&fixture);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {
        in_a_child_every_call_refuses_and_close_destroys_nothing,
        a_child_may_open_a_service_of_its_own,
        a_childs_service_is_foreign_to_the_grandchild,
        a_child_gives_the_cache_back_unseen,
        a_child_cannot_take_the_parents_wake,
        no_lock_that_another_thread_held_at_fork_hangs_the_child,
    };

    return suite_run("fork", suite_case("fork", 60, tests, COUNT(tests)));
}
