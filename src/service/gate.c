/* SPDX-License-Identifier: MIT
 *
 * The gate has two sides, each with a generation. One atomic addition on the thread's own slot both counts the question in
 * and tells which side is open, so there is no moment between reading a pointer and being counted. To turn, the reload
 * exchanges that word in every slot: what it held says exactly how many entered the old side, and when as many have left
 * it, nobody is there. No lock lies on a question's way, and a blocking question holds up nobody but the reload.
 */
#include <config.h>

#include <src/service/gate.h>

#include <src/base/attr.h>
#include <src/base/thread.h>
#include <time.h>

#define SIDE_BIT   63
#define COUNT_MASK ((1ULL << SIDE_BIT) - 1)

void gate_init(struct gate *gate, struct generation *first) {
    gate->sides[0] = first;
}

HOT struct gate_pass gate_enter(struct gate *gate) {
    struct gate_pass pass = { .slot = &gate->slots[thread_number() % GATE_SLOTS],
                              .cancel_state = thread_cancel_later() };
    /* Acquires what the exchange in gate_turn() released: the generation behind the pointer. */
    unsigned long long word = atomic_fetch_add_explicit(&pass.slot->entered, 1, memory_order_acquire);

    pass.side = (unsigned)(word >> SIDE_BIT);
    pass.generation = gate->sides[pass.side];
    return pass;
}

HOT void gate_leave(const struct gate_pass *pass) {
    atomic_fetch_add_explicit(&pass->slot->left[pass->side], 1, memory_order_release);
    thread_cancel_again(pass->cancel_state);
}

/* A reload is rare and takes a file's reading anyway: it looks again each millisecond, rather than have every question
 * wake somebody who is almost never there. */
static void wait_until(const atomic_ullong *left, unsigned long long entered) {
    const struct timespec pause = { .tv_nsec = 1000000 };
    while (atomic_load_explicit(left, memory_order_acquire) != entered) {
        clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
    }
}

struct generation *gate_turn(struct gate *gate, struct generation *next) {
    unsigned long long entered[GATE_SLOTS];
    unsigned old = atomic_load_explicit(&gate->open, memory_order_relaxed), now = 1 - old;
    size_t i;

    gate->sides[now] = next; /* nobody is on that side: the turn before waited for it */
    /* Last: what is open holds a generation at every moment, for fork() may come at any. */
    atomic_store_explicit(&gate->open, now, memory_order_release);
    for (i = 0; i < GATE_SLOTS; i++) {
        entered[i] = COUNT_MASK & atomic_exchange_explicit(&gate->slots[i].entered, (unsigned long long)now << SIDE_BIT,
                                                           memory_order_acq_rel);
    }
    for (i = 0; i < GATE_SLOTS; i++) {
        wait_until(&gate->slots[i].left[old], entered[i]);
        atomic_store_explicit(&gate->slots[i].left[old], 0, memory_order_relaxed);
    }
    return gate->sides[old];
}

struct generation *gate_current(const struct gate *gate) {
    return gate->sides[atomic_load_explicit(&gate->open, memory_order_acquire)];
}

HOT void gate_count(const struct gate_pass *pass, uint32_t verdict, uint32_t reason) {
    atomic_fetch_add_explicit(&pass->slot->verdicts[verdict], 1, memory_order_relaxed);
    if (verdict == TAM_VERDICT_REJECT) {
        atomic_fetch_add_explicit(&pass->slot->reasons[reason], 1, memory_order_relaxed);
    }
}

void gate_count_lookup(const struct gate_pass *pass, bool hit) {
    atomic_fetch_add_explicit(&pass->slot->lookups[hit], 1, memory_order_relaxed);
}

/* One counter over all slots, by its place in each. */
static uint64_t sum(const struct gate *gate, size_t offset) {
    uint64_t total = 0;
    for (size_t i = 0; i < GATE_SLOTS; i++) {
        total += atomic_load_explicit((const atomic_ullong *)(const void *)((const char *)&gate->slots[i] + offset),
                                      memory_order_relaxed);
    }
    return total;
}

uint64_t gate_lookups(const struct gate *gate, bool hit) {
    return sum(gate, offsetof(struct gate_slot, lookups) + hit * sizeof(atomic_ullong));
}

uint64_t gate_verdicts(const struct gate *gate, uint32_t verdict) {
    return sum(gate, offsetof(struct gate_slot, verdicts) + verdict * sizeof(atomic_ullong));
}

uint64_t gate_reasons(const struct gate *gate, uint32_t reason) {
    return sum(gate, offsetof(struct gate_slot, reasons) + reason * sizeof(atomic_ullong));
}
