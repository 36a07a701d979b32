/* SPDX-License-Identifier: MIT
 *
 * How often each verdict and each reason was given, and how often the cache knew. Each thread counts in its own slot; a
 * reader adds the slots up.
 */
#ifndef TAM_SERVICE_COUNTERS_H
#define TAM_SERVICE_COUNTERS_H

#include <src/base/thread.h>
#include <src/service/reasons.h>
#include <stdatomic.h>
#include <stdbool.h>

/* `apart` keeps neighbours out of its cache lines. */
struct counters_slot {
    atomic_ullong verdicts[VERDICT_COUNT];
    atomic_ullong reasons[REASON_COUNT]; /* of rejects */
    atomic_ullong lookups[2];            /* in the cache: misses, hits */
    char apart[64];
};

/* Zeroed: nothing happened yet. */
struct counters {
    struct counters_slot slots[THREAD_SLOTS];
};

/* slot: thread_slot() of the calling thread. [any thread] */
void counters_count(struct counters *counters, unsigned slot, uint32_t verdict, uint32_t reason);
void counters_count_lookup(struct counters *counters, unsigned slot, bool hit);

/* Sums over all slots. [any thread] */
uint64_t counters_verdicts(const struct counters *counters, uint32_t verdict);
uint64_t counters_reasons(const struct counters *counters, uint32_t reason);
uint64_t counters_lookups(const struct counters *counters, bool hit);

#endif
