/* SPDX-License-Identifier: MIT
 *
 * Counts verdicts without contention.
 */
#include <config.h>

#include <src/service/counters.h>

#include <src/base/assert.h>
#include <src/base/attr.h>
#include <stddef.h>

HOT void counters_count(struct counters *counters, unsigned slot, uint32_t verdict, uint32_t reason) {
    TAM_ASSERT(slot < THREAD_SLOTS && verdict < VERDICT_COUNT && reason < REASON_COUNT);
    atomic_fetch_add_explicit(&counters->slots[slot].verdicts[verdict], 1, memory_order_relaxed);
    if (verdict == TAM_VERDICT_REJECT) {
        atomic_fetch_add_explicit(&counters->slots[slot].reasons[reason], 1, memory_order_relaxed);
    }
}

void counters_count_lookup(struct counters *counters, unsigned slot, bool hit) {
    TAM_ASSERT(slot < THREAD_SLOTS);
    atomic_fetch_add_explicit(&counters->slots[slot].lookups[hit], 1, memory_order_relaxed);
}

/* One counter over all slots, by its offset in each. */
static uint64_t sum(const struct counters *counters, size_t offset) {
    uint64_t total = 0;
    for (size_t i = 0; i < THREAD_SLOTS; i++) {
        const char *slot = (const char *)&counters->slots[i];
        total += atomic_load_explicit((const atomic_ullong *)(const void *)(slot + offset), memory_order_relaxed);
    }
    return total;
}

uint64_t counters_verdicts(const struct counters *counters, uint32_t verdict) {
    TAM_ASSERT(verdict < VERDICT_COUNT);
    return sum(counters, offsetof(struct counters_slot, verdicts) + verdict * sizeof(atomic_ullong));
}

uint64_t counters_reasons(const struct counters *counters, uint32_t reason) {
    TAM_ASSERT(reason < REASON_COUNT);
    return sum(counters, offsetof(struct counters_slot, reasons) + reason * sizeof(atomic_ullong));
}

uint64_t counters_lookups(const struct counters *counters, bool hit) {
    return sum(counters, offsetof(struct counters_slot, lookups) + hit * sizeof(atomic_ullong));
}
