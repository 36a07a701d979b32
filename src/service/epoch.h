/* SPDX-License-Identifier: MIT
 *
 * Registration of readers: which generation of a service a question uses, and when the last question has left the old
 * one. Entering never waits; only a reload waits, until the readers of the old generation have left.
 */
#ifndef TAM_SERVICE_EPOCH_H
#define TAM_SERVICE_EPOCH_H

#include <src/base/thread.h>
#include <stdatomic.h>
#include <stdbool.h>

struct generation;

/* Written by the threads that share the slot; `apart` keeps neighbours out of its cache lines. */
struct epoch_slot {
    atomic_ullong entered; /* top bit: the side that is open; the rest: how many entered since it was opened */
    atomic_ullong left[2]; /* how many left each side since it was opened */
    char apart[64];
};

struct epoch {
    struct generation *sides[2];
    atomic_uint
        open; /* which of them; for epoch_turn() and epoch_current(): a forked child may read it at any moment */
    struct epoch_slot slots[THREAD_SLOTS];
};

/* A registered reader. Its thread cannot be cancelled meanwhile, because no other thread could count it out. */
struct epoch_reader {
    struct generation *generation; /* may be used until epoch_leave() */
    unsigned slot, side;
    int cancel_state; /* the thread's, from before */
};

void epoch_init(struct epoch *epoch, struct generation *first);           /* the epoch is zeroed memory */
struct epoch_reader epoch_enter(struct epoch *epoch);                     /* [any thread] */
void epoch_leave(struct epoch *epoch, const struct epoch_reader *reader); /* [any thread] */

/* Every reader that enters from now on gets `next`; returns the old generation when its last reader has left. [one
 * thread at a time; never by a reader, which would wait for itself] */
struct generation *epoch_turn(struct epoch *epoch, struct generation *next);

/* The generation in force. Only for a caller that knows that no reader and no epoch_turn() runs. */
struct generation *epoch_current(const struct epoch *epoch);

#endif
