/* SPDX-License-Identifier: MIT
 *
 * Two event loops of one service and a key server that takes connections and says nothing: every parked question is
 * resumed once, none is answered after its deadline, and a wake that comes before poll() is not lost.
 */
#include <config.h>

#include <poll.h>
#include <src/base/buf.h>
#include <src/base/str.h>
#include <stdlib.h>
#include <tests/support/plugin_host.h>
#include <tests/support/suite.h>
#include <time.h>

#include <check.h>

#define LOOPS     2
#define QUESTIONS 100  /* of each loop */
#define SLACK     2000 /* milliseconds: how late a busy machine may let a loop run */

struct question {
    uint64_t ticket;
    int64_t deadline; /* CLOCK_MONOTONIC, milliseconds; of the first answer */
    unsigned asked, answered;
    uint32_t verdict;
};

struct loop {
    pthread_t thread;
    struct tam_service *service;
    struct tam_str token;
    pthread_barrier_t *barrier; /* passed when all questions are parked, and again when the test lets the loops go on */
    struct question questions[QUESTIONS];
    size_t left;
    unsigned polls, wakes; /* how often it waited; how often that ended with the waiter */
};

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void ask(struct loop *loop, struct question *question) {
    struct tam_query query = {
        .size = sizeof query, .flags = TAM_NONBLOCK, .token = loop->token, .ticket = question->ticket
    };
    struct tam_result *result = tam_verify(loop->service, &query);
    question->asked++;
    question->verdict = tam_result_verdict(result);
    if (question->verdict != TAM_VERDICT_AGAIN) {
        question->answered++;
        loop->left--;
    } else if (question->asked == 1) {
        question->ticket = tam_result_ticket(result);
        question->deadline = now_ms() + tam_result_wait_ms(result);
    }
    tam_result_free(result);
}

static void ask_parked(struct loop *loop) {
    for (size_t i = 0; i < QUESTIONS; i++) {
        if (loop->questions[i].answered == 0) {
            ask(loop, &loop->questions[i]);
        }
    }
}

/* Milliseconds until the first deadline of those parked. */
static int time_left(const struct loop *loop) {
    int64_t first = INT64_MAX;
    for (size_t i = 0; i < QUESTIONS; i++) {
        const struct question *question = &loop->questions[i];
        if (question->answered == 0 && question->deadline < first) {
            first = question->deadline;
        }
    }
    int64_t left = first - now_ms();
    return left > 0 ? (int)left : 0;
}

static void *run(void *arg) {
    struct loop *loop = arg;
    struct tam_waiter *waiter;
    ck_assert_int_eq(tam_waiter_open(loop->service, &waiter), 0);
    loop->left = QUESTIONS;
    ask_parked(loop);
    pthread_barrier_wait(loop->barrier);
    pthread_barrier_wait(loop->barrier);
    while (loop->left > 0) {
        struct pollfd watched = { .fd = tam_waiter_fd(waiter), .events = POLLIN };
        loop->polls++;
        if (poll(&watched, 1, time_left(loop)) > 0) {
            loop->wakes++;
            tam_waiter_clear(waiter);
        }
        ask_parked(loop);
    }
    tam_waiter_close(waiter);
    return NULL;
}

struct scene {
    struct issuer_process issuer;
    struct plugin_host host;
    struct buf token;
    pthread_barrier_t barrier;
    struct loop loops[LOOPS];
};

/* When it returns, the fetch hangs at the server's door and all questions are parked. */
static void scene_start(struct scene *scene, const char *timeout) {
    struct buf options;
    issuer_process_start(&scene->issuer, &(struct issuer_process_options){ .names = NULL });
    buf_init(&options, 65536);
    buf_init(&scene->token, 65536);
    issuer_process_add_options(&scene->issuer, &options);
    issuer_process_mint_json(&scene->issuer, NULL, AZURE_CLAIMS, &scene->token);
    issuer_process_hold(&scene->issuer);
    plugin_host_open_azure(&scene->host, timeout, buf_str(&options));
    buf_free(&options);
    ck_assert_int_eq(pthread_barrier_init(&scene->barrier, NULL, LOOPS + 1), 0);
    for (size_t i = 0; i < LOOPS; i++) {
        struct loop *loop = &scene->loops[i];
        *loop = (struct loop){ .service = scene->host.service,
                               .token = buf_str(&scene->token),
                               .barrier = &scene->barrier };
        ck_assert_int_eq(pthread_create(&loop->thread, NULL, run, loop), 0);
    }
    pthread_barrier_wait(&scene->barrier);
    for (size_t i = 0; i < LOOPS; i++) {
        ck_assert_uint_eq(scene->loops[i].left, QUESTIONS);
    }
}

/* Every question was answered once, with this verdict, after so many times of asking. */
static void expect(const struct scene *scene, uint32_t verdict, unsigned asked) {
    for (size_t i = 0; i < LOOPS; i++) {
        for (size_t j = 0; j < QUESTIONS; j++) {
            const struct question *question = &scene->loops[i].questions[j];
            ck_assert_str_eq(tam_verdict_name(question->verdict), tam_verdict_name(verdict));
            ck_assert_uint_eq(question->answered, 1);
            ck_assert_uint_eq(question->asked, asked);
        }
    }
}

static void scene_join(struct scene *scene) {
    for (size_t i = 0; i < LOOPS; i++) {
        pthread_join(scene->loops[i].thread, NULL);
    }
}

static void scene_end(struct scene *scene) {
    plugin_host_close(&scene->host);
    issuer_process_release(&scene->issuer);
    issuer_process_stop(&scene->issuer);
    pthread_barrier_destroy(&scene->barrier);
    buf_free(&scene->token);
}

static struct scene scene;

START_TEST(the_keys_arrival_resumes_every_question_of_both_loops_once) {
    scene_start(&scene, "service timeout=60s\n");
    int64_t before = now_ms();
    pthread_barrier_wait(&scene.barrier);
    issuer_process_release(&scene.issuer);
    scene_join(&scene);
    ck_assert_int_lt(now_ms() - before, 30000); /* half the deadline: it was not the timer */
    expect(&scene, TAM_VERDICT_ACCEPT, 2);
    ck_assert_uint_eq(issuer_process_requests(&scene.issuer, "keys"), 1);
    scene_end(&scene);
}
END_TEST

/* Between verify and poll the whole fetch goes by; then each loop's first poll returns at once. */
START_TEST(a_wake_between_verify_and_poll_is_not_lost) {
    scene_start(&scene, "service timeout=60s\n");
    issuer_process_release(&scene.issuer);
    struct tam_result *result = plugin_host_ask(&scene.host, buf_str(&scene.token)); /* waits for the keys */
    ck_assert_uint_eq(tam_result_verdict(result), TAM_VERDICT_ACCEPT);
    tam_result_free(result);
    int64_t before = now_ms();
    pthread_barrier_wait(&scene.barrier);
    scene_join(&scene);
    ck_assert_int_lt(now_ms() - before, 30000); /* half the deadline: it was not the timer */
    expect(&scene, TAM_VERDICT_ACCEPT, 2);
    for (size_t i = 0; i < LOOPS; i++) {
        ck_assert_uint_eq(scene.loops[i].polls, 1);
        ck_assert_uint_eq(scene.loops[i].wakes, 1);
    }
    scene_end(&scene);
}
END_TEST

/* No wake comes for the parked questions; the deadline of the first answer ends them. */
START_TEST(no_question_outlives_its_deadline) {
    scene_start(&scene, "service timeout=1s\n");
    pthread_barrier_wait(&scene.barrier);
    scene_join(&scene);
    int64_t now = now_ms();
    for (size_t i = 0; i < LOOPS; i++) {
        for (size_t j = 0; j < QUESTIONS; j++) {
            ck_assert_int_lt(now, scene.loops[i].questions[j].deadline + SLACK);
        }
        ck_assert_uint_eq(scene.loops[i].wakes, 0);
    }
    for (size_t i = 0; i < LOOPS * QUESTIONS; i++) {
        const struct question *question = &scene.loops[i / QUESTIONS].questions[i % QUESTIONS];
        ck_assert_str_eq(tam_verdict_name(question->verdict), "unavailable");
        ck_assert_uint_eq(question->answered, 1);
    }
    scene_end(&scene);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("parked");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, the_keys_arrival_resumes_every_question_of_both_loops_once);
    tcase_add_test(tests, a_wake_between_verify_and_poll_is_not_lost);
    tcase_add_test(tests, no_question_outlives_its_deadline);
    return suite_run("parked", tests);
}
