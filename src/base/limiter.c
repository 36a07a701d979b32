/* SPDX-License-Identifier: MIT
 *
 * Lets one log line a second pass, and counts the others.
 */
#include <config.h>

#include <src/base/limiter.h>

#include <inttypes.h>
#include <src/base/clock.h>
#include <stdio.h>

bool limiter_pass(struct limiter *limiter, int64_t monotonic) {
    long long second = monotonic / CLOCK_SECOND + 1;
    long long last = atomic_load_explicit(&limiter->second, memory_order_relaxed);
    return last != second && atomic_compare_exchange_strong_explicit(&limiter->second, &last, second,
                                                                     memory_order_relaxed, memory_order_relaxed);
}

/* How many were suppressed. 0 if another thread has already reported a total at least as large. */
static uint64_t held_back(struct limiter *limiter, uint64_t total) {
    unsigned long long told = atomic_load_explicit(&limiter->told, memory_order_relaxed);
    while (told < total && !atomic_compare_exchange_weak_explicit(&limiter->told, &told, total, memory_order_relaxed,
                                                                  memory_order_relaxed)) {
    }
    return told < total ? total - told - 1 : 0;
}

const char *limiter_tell(struct limiter *limiter, uint64_t total, char memory[LIMITER_TEXT_MAX]) {
    uint64_t held = held_back(limiter, total);
    if (held == 0) {
        return "";
    }
    (void)snprintf(memory, LIMITER_TEXT_MAX, " (and %" PRIu64 " more like it before)", held);
    return memory;
}
