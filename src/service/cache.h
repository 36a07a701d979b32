/* SPDX-License-Identifier: MIT
 *
 * The verdict cache: accepted tokens and what was made of them, so that a token seen a moment ago costs one look-up. It
 * judges nothing: it finds the bytes that were kept for exactly this token, this verifier and this revocations, while
 * they last.
 *
 * Entries never change. They lie in a ring, oldest first, and a new one takes the place of what is oldest. A reader
 * takes no lock: it publishes the handle in its hazard slot, a cache line that is its own, makes sure that the entry is
 * still the one, and copies; a writer (one at a time, under a mutex) reuses no entry that is named, and rather keeps
 * nothing. All of it is mapped memory that stays out of core dumps and of forked children.
 */
#ifndef TAM_CACHE_H
#define TAM_CACHE_H

#include <stdbool.h>
#include <tam/types.h>

struct cache; /* opaque */

/* Holds at most `limit` bytes, taken from the system as they are used. NULL: no memory, or limit below CACHE_MIN. */
struct cache *cache_new(size_t limit);
void cache_free(struct cache *cache); /* wipes. No other call may be running */
/* The same in a forked child, where another thread may have held the lock: what was mapped is given back and not
 * looked at. It holds nothing there (or is shared with the parent until it is written), so wiping would only make
 * the system give it. */
void cache_leave(struct cache *cache);

#define CACHE_MIN (64 * 1024)

/* What an entry is found by. */
struct cache_key {
    struct tam_str token; /* compared whole, in constant time */
    uint64_t verifier;    /* unique in the process: no verifier of another generation has it */
    uint64_t revocations; /* the verifier's, read before it was asked: revoke() moves it, and its entries are no more */
    int64_t now;          /* Unix seconds */
};

/*
 * A copy of the value, from result_pool_take(), given back by the caller; NULL: not there, or its time has not come
 * (the clock was set back) or is over. [any thread]
 */
void *cache_get(struct cache *cache, const struct cache_key *key, size_t *ret_len);

/* Keeps a copy of the value from key->now until before `until`. What is too large (an eighth of the limit) is not
 * kept. [any thread] */
void cache_put(struct cache *cache, const struct cache_key *key, int64_t until, struct tam_str value);

struct cache_counts {
    uint64_t insertions, evictions; /* since it was made */
    uint64_t entries, bytes;        /* now, dead ones included that were not overwritten yet */
};
void cache_count(struct cache *cache, struct cache_counts *ret_counts);

#endif
