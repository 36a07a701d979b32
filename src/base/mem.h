/* SPDX-License-Identifier: MIT
 *
 * The one file that calls malloc: allocations are zeroed, sizes cannot overflow, and what held a secret is wiped.
 */
#ifndef TAM_BASE_MEM_H
#define TAM_BASE_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <tam/types.h>

/* Zeroed memory, or NULL; size 0 gives one byte. Give it back with mem_free(). */
void *mem_alloc(size_t size);
/* The same, not zeroed: for what is written whole at once. */
void *mem_alloc_raw(size_t size);
/* Zeroed, at a multiple of `alignment`, a power of two. Given back with mem_free() too. */
void *mem_alloc_aligned(size_t alignment, size_t size);
/* The same for `count` elements; NULL also where count * size overflows. */
void *mem_array(size_t count, size_t size);
/* Grows (or shrinks) an array of mem_array(); new elements are zeroed. On failure NULL, and the old one stays. */
void *mem_resize(void *old, size_t old_count, size_t count, size_t size);
/* A NUL-terminated copy of a view, or of a string. */
char *mem_text(struct tam_str text);
/* The same as a view, for mem_free_copy(); an empty text needs no memory. On failure false. */
bool mem_copy(struct tam_str text, struct tam_str *ret_copy);
void mem_free_copy(struct tam_str copy);
void mem_free(void *memory);

/* Overwrites in a way that the compiler keeps. */
void mem_wipe(void *memory, size_t size);
/* Wipes, then frees. NULL is fine. */
void mem_free_wiped(void *memory, size_t size);

/*
 * A pool: somewhere to take memory from that is freed all at once by whoever owns it. Aligned to 16, not zeroed; NULL
 * at its limit. A plugin makes one of request->alloc and request->ctx, everybody else of an arena (arena.h).
 */
struct pool {
    void *(*alloc)(void *ctx, size_t size);
    void *ctx;
};

static inline void *pool_alloc(const struct pool *pool, size_t size) {
    return pool->alloc(pool->ctx, size);
}
/* NULL also where count * size overflows. */
void *pool_array(const struct pool *pool, size_t count, size_t size);
/* A copy of the bytes with a NUL behind them; on failure false. *ret_copy may be the same object as text. */
bool pool_copy(const struct pool *pool, struct tam_str text, struct tam_str *ret_copy);
/* The texts as one, with a NUL behind it; on failure false. */
bool pool_join(const struct pool *pool, const struct tam_str *texts, size_t count, struct tam_str *ret_text);
#define POOL_JOIN(pool, ret_text, ...)                                                                                 \
    pool_join(pool, (const struct tam_str[]){ __VA_ARGS__ },                                                           \
              sizeof((const struct tam_str[]){ __VA_ARGS__ }) / sizeof(struct tam_str), ret_text)

#endif
