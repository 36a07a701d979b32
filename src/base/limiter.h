/* SPDX-License-Identifier: MIT
 *
 * A limiter for log lines: at most one a second. Zero-initialise it. The atomics are modified at most once a second;
 * suppressed callers only read them, so threads that reject many tokens do not contend for the cache line.
 */
#ifndef TAM_BASE_LIMITER_H
#define TAM_BASE_LIMITER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct limiter {
    atomic_llong second; /* of the last line, plus one */
    atomic_ullong told;  /* how many events there had been by then */
};

/* May a line be written now? monotonic: the time in nanoseconds. [any thread] */
bool limiter_pass(struct limiter *limiter, int64_t monotonic);

/* After limiter_pass() returned true: how many events were suppressed since the last line, where `total` happened,
 * this one included, in words to end the line with; empty where none was. [any thread] */
#define LIMITER_TEXT_MAX 64
const char *limiter_tell(struct limiter *limiter, uint64_t total, char memory[LIMITER_TEXT_MAX]);

#endif
