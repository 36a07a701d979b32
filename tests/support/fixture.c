/* SPDX-License-Identifier: MIT
 *
 * Opens services for tests, through the public header alone.
 */
#include <config.h>

#include <tests/support/fixture.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static void log_line(void *ctx, uint32_t level, struct tam_str line) {
    struct fixture *fixture = ctx;
    pthread_mutex_lock(&fixture->lock);
    if (line.len + 8 < sizeof fixture->log - fixture->log_len) {
        fixture->log_len += (size_t)snprintf(fixture->log + fixture->log_len, sizeof fixture->log - fixture->log_len,
                                             "%u %.*s\n", level, (int)line.len, line.ptr);
    }
    pthread_mutex_unlock(&fixture->lock);
}

static int64_t now(void *ctx) {
    return ((struct fixture *)ctx)->now;
}

static int64_t monotonic(void *ctx) {
    return ((struct fixture *)ctx)->monotonic;
}

void fixture_init(struct fixture *fixture) {
    memset(fixture, 0, sizeof *fixture);
    pthread_mutex_init(&fixture->lock, NULL);
    fixture->now = FIXTURE_NOW;
    fixture->monotonic = FIXTURE_MONOTONIC;
    fixture->setup = (struct tam_setup){
        .size = sizeof fixture->setup,
        .flags = TAM_SETUP_ANY_OWNER,
        .plugin_dir = getenv("TAM_TEST_PLUGIN_DIR") != NULL ? getenv("TAM_TEST_PLUGIN_DIR") : TEST_PLUGIN_DIR,
        .ctx = fixture,
        .log = log_line,
        .now = now,
        .monotonic = monotonic,
    };
}

void fixture_open(struct fixture *fixture, const char *configuration) {
    struct tam_faults *faults = NULL;
    fixture_init(fixture);
    if (tam_service_open_string(configuration, &fixture->setup, &fixture->service, &faults) < 0) {
        ck_abort_msg("%s: %s", configuration, tam_faults_text(faults, 0));
    }
}

void fixture_close(struct fixture *fixture) {
    tam_service_close(fixture->service);
    fixture->service = NULL;
    pthread_mutex_destroy(&fixture->lock);
}

size_t fixture_log_count(struct fixture *fixture, const char *part) {
    const char *at = fixture->log;
    size_t count = 0;
    pthread_mutex_lock(&fixture->lock);
    for (at = strstr(at, part); at != NULL; at = strstr(at + 1, part)) {
        count++;
    }
    pthread_mutex_unlock(&fixture->lock);
    return count;
}

void fixture_log_clear(struct fixture *fixture) {
    pthread_mutex_lock(&fixture->lock);
    fixture->log[0] = '\0';
    fixture->log_len = 0;
    pthread_mutex_unlock(&fixture->lock);
}

void fixture_log_wait(struct fixture *fixture, const char *part) {
    const struct timespec pause = { .tv_nsec = 1000000 };
    int rounds;
    for (rounds = 0; rounds < 10000 && fixture_log_count(fixture, part) == 0; rounds++) {
        nanosleep(&pause, NULL);
    }
    ck_assert_msg(rounds < 10000, "`%s` did not come into the log", part);
}

struct tam_result *ask_with(struct fixture *fixture, const char *token, uint32_t flags, uint64_t ticket) {
    struct tam_query query = { .size = sizeof query, .flags = flags, .token = view(token), .ticket = ticket };
    return tam_verify(fixture->service, &query);
}

struct tam_result *ask(struct fixture *fixture, const char *token) {
    return ask_with(fixture, token, 0, 0);
}

uint32_t ask_verdict(struct fixture *fixture, const char *token) {
    struct tam_result *result = ask(fixture, token);
    uint32_t verdict = tam_result_verdict(result);
    tam_result_free(result);
    return verdict;
}

uint32_t ask_reason(struct fixture *fixture, const char *token) {
    struct tam_result *result = ask(fixture, token);
    uint32_t reason = tam_result_reason(result);
    tam_result_free(result);
    return reason;
}

struct tam_str view(const char *text) {
    return (struct tam_str){ text, text != NULL ? strlen(text) : 0 };
}

bool view_is(struct tam_str view, const char *text) {
    return view.len == strlen(text) && (view.len == 0 || memcmp(view.ptr, text, view.len) == 0);
}

bool view_has(struct tam_str view, const char *part) {
    return view.len > 0 && memmem(view.ptr, view.len, part, strlen(part)) != NULL;
}

const char *text_of(struct tam_str view) {
    static char buffers[8][4096];
    static unsigned next;
    char *buffer = buffers[next++ % 8];
    (void)snprintf(buffer, sizeof buffers[0], "%.*s", (int)view.len, view.len > 0 ? view.ptr : "");
    return buffer;
}
