/* SPDX-License-Identifier: MIT
 *
 * What the tests of libtam share: a service over a test plugin, clocks that only the test moves, and a log that it can
 * read.
 */
#ifndef TAM_TESTS_FIXTURE_H
#define TAM_TESTS_FIXTURE_H

#include <check.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <tam/tam.h>

#define FIXTURE_NOW       INT64_C(1700000000)
#define FIXTURE_MONOTONIC INT64_C(5000000000)
#define SECOND            INT64_C(1000000000)

struct fixture {
    struct tam_setup setup;
    struct tam_service *service;
    atomic_llong now, monotonic;
    pthread_mutex_t lock; /* guards log */
    char log[1 << 18];    /* lines "LEVEL TEXT\n" */
    size_t log_len;
};

/* Fills in the setup; `fixture_open` opens a service from that text as well, and fails the test where it cannot. */
void fixture_init(struct fixture *fixture);
void fixture_open(struct fixture *fixture, const char *configuration);
void fixture_close(struct fixture *fixture); /* and frees the fixture's own */

size_t fixture_log_count(struct fixture *fixture, const char *part); /* how often that text is in the log */
void fixture_log_clear(struct fixture *fixture);
/* Waits (in real time, 10 s at most) until that text is in the log. */
void fixture_log_wait(struct fixture *fixture, const char *part);

/* One question. */
struct tam_result *ask(struct fixture *fixture, const char *token);
struct tam_result *ask_with(struct fixture *fixture, const char *token, uint32_t flags, uint64_t ticket);
/* The same, and only the verdict or the reason. */
uint32_t ask_verdict(struct fixture *fixture, const char *token);
uint32_t ask_reason(struct fixture *fixture, const char *token);

struct tam_str view(const char *text);
bool view_is(struct tam_str view, const char *text);
bool view_has(struct tam_str view, const char *part);
/* A copy with a NUL, in one of a few static buffers: for messages. */
const char *text_of(struct tam_str view);

#endif
