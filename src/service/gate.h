/* SPDX-License-Identifier: MIT
 *
 * Which generation of a service does a question use, and when has the last question left the old one? Nobody waits to
 * enter, and nobody but a reload waits for others to leave. The slots also keep the counters of verdicts.
 */
#ifndef TAM_GATE_H
#define TAM_GATE_H

#include <src/service/reasons.h>
#include <stdatomic.h>
#include <stdbool.h>

struct generation;

#define GATE_SLOTS 32 /* threads beyond that share, which costs time and nothing else */

/* What one thread writes; `apart` keeps neighbours out of its cache lines. */
struct gate_slot {
    atomic_ullong entered; /* top bit: the side that is open; the rest: how many entered since it was opened */
    atomic_ullong left[2]; /* how many left each side since it was opened */
    atomic_ullong verdicts[VERDICT_COUNT];
    atomic_ullong reasons[REASON_COUNT];
    atomic_ullong lookups[2]; /* in the cache: misses, hits */
    char apart[64];
};

struct gate {
    struct generation *sides[2];
    atomic_uint open; /* which of them; for gate_turn() and gate_current(): a forked child may read it at any moment */
    struct gate_slot slots[GATE_SLOTS];
};

/* Somebody inside: a thread that cannot be cancelled, for nobody else would count it out. */
struct gate_pass {
    struct generation *generation; /* may be used until gate_leave() */
    struct gate_slot *slot;
    unsigned side;
    int cancel_state; /* the thread's, from before */
};

void gate_init(struct gate *gate, struct generation *first); /* the gate is zeroed memory */
struct gate_pass gate_enter(struct gate *gate);              /* [any thread] */
void gate_leave(const struct gate_pass *pass);               /* [any thread] */

/* Everybody who enters from now on gets `next`; returns the old one when the last question has left it. [one thread at a
 * time; not from inside] */
struct generation *gate_turn(struct gate *gate, struct generation *next);

/* The generation in force, for whoever knows that nobody else is there. */
struct generation *gate_current(const struct gate *gate);

/* One verdict more; and sums over all slots. */
void gate_count(const struct gate_pass *pass, uint32_t verdict, uint32_t reason);
void gate_count_lookup(const struct gate_pass *pass, bool hit);
uint64_t gate_lookups(const struct gate *gate, bool hit);
uint64_t gate_verdicts(const struct gate *gate, uint32_t verdict);
uint64_t gate_reasons(const struct gate *gate, uint32_t reason);

#endif
