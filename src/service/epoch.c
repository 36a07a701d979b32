/* SPDX-License-Identifier: MIT
 *
 * An epoch has two sides, each with a generation. One atomic addition on the thread's own slot counts the reader in and
 * also returns which side is open, so there is no moment between reading the pointer and being counted. epoch_turn()
 * exchanges that word in every slot: the old value says exactly how many entered the old side, and when as many have
 * left it, it has no readers. A question takes no lock, and a question that blocks delays nothing but the reload.
 */
#include <config.h>

#include <src/service/epoch.h>

#include <src/base/assert.h>
#include <src/base/attr.h>
#include <time.h>

#define SIDE_BIT   63
#define COUNT_MASK ((1ULL << SIDE_BIT) - 1)

void epoch_init(struct epoch *epoch, struct generation *first) {
    TAM_ASSERT(first != NULL);
    epoch->sides[0] = first;
}

HOT struct epoch_reader epoch_enter(struct epoch *epoch) {
    struct epoch_reader reader = { .slot = thread_slot(), .cancel_state = thread_cancel_later() };
    /* Acquires what the exchange in epoch_turn() released: the generation behind the pointer. */
    unsigned long long word = atomic_fetch_add_explicit(&epoch->slots[reader.slot].entered, 1, memory_order_acquire);

    reader.side = (unsigned)(word >> SIDE_BIT);
    reader.generation = epoch->sides[reader.side];
    TAM_ASSERT(reader.generation != NULL);
    return reader;
}

HOT void epoch_leave(struct epoch *epoch, const struct epoch_reader *reader) {
    TAM_ASSERT(reader->slot < THREAD_SLOTS && reader->side < 2);
    atomic_fetch_add_explicit(&epoch->slots[reader->slot].left[reader->side], 1, memory_order_release);
    thread_cancel_again(reader->cancel_state);
}

/* Polls once a millisecond: a reload is rare and reads a file anyway, and so no question has to wake a waiter that
 * is almost never there. */
static void wait_until(const atomic_ullong *left, unsigned long long entered) {
    const struct timespec pause = { .tv_nsec = 1000000 };
    while (atomic_load_explicit(left, memory_order_acquire) != entered) {
        clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
    }
}

struct generation *epoch_turn(struct epoch *epoch, struct generation *next) {
    unsigned long long entered[THREAD_SLOTS];
    unsigned old = atomic_load_explicit(&epoch->open, memory_order_relaxed), now = 1 - old;
    TAM_ASSERT(next != NULL && next != epoch->sides[old]);
    epoch->sides[now] = next; /* that side has no readers: the turn before waited for them */
    /* After the pointer: fork() may come at any moment, and the child must find a generation behind `open`. */
    atomic_store_explicit(&epoch->open, now, memory_order_release);
    for (size_t i = 0; i < THREAD_SLOTS; i++) {
        unsigned long long word = (unsigned long long)now << SIDE_BIT;
        entered[i] = COUNT_MASK & atomic_exchange_explicit(&epoch->slots[i].entered, word, memory_order_acq_rel);
    }
    for (size_t i = 0; i < THREAD_SLOTS; i++) {
        wait_until(&epoch->slots[i].left[old], entered[i]);
        atomic_store_explicit(&epoch->slots[i].left[old], 0, memory_order_relaxed);
    }
    return epoch->sides[old];
}

struct generation *epoch_current(const struct epoch *epoch) {
    return epoch->sides[atomic_load_explicit(&epoch->open, memory_order_acquire)];
}
