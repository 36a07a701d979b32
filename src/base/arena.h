/* SPDX-License-Identifier: MIT
 *
 * Memory that is given out piece by piece and taken back at once. One thread at a time.
 */
#ifndef TAM_BASE_ARENA_H
#define TAM_BASE_ARENA_H

#include <src/base/mem.h>

struct arena_block;

struct arena {
    char *at, *end; /* what is left of the current piece */
    char *first;    /* the caller's own first piece, or NULL */
    size_t first_size;
    struct arena_block *blocks; /* further ones, newest first */
    size_t left;                /* how much it may still take from the system */
    bool failed;                /* it gave NULL; for the caller to look at and to take back */
};

/* `first` (may be NULL) is used before anything is taken from the system, so that a small job allocates nothing; it
 * must outlive the arena. `limit`: how much the arena gives out at most, in bytes. */
void arena_init(struct arena *arena, void *first, size_t first_size, size_t limit);
/* From here on it takes so much more, whatever it took before. */
void arena_allow(struct arena *arena, size_t limit);
/* Aligned to 16, not zeroed; NULL at the limit or when memory ran out. */
void *arena_alloc(struct arena *arena, size_t size);
/* Whether it may have given out anything: else there is nothing to be freed. */
static inline bool arena_is_used(const struct arena *arena) {
    return arena->at != arena->first || arena->blocks != NULL;
}
/* Wipes what was given out, and frees. */
void arena_free(struct arena *arena);
struct pool arena_pool(struct arena *arena);

#endif
