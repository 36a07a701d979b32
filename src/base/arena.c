/* SPDX-License-Identifier: MIT
 *
 * Memory that is given out piece by piece and taken back at once.
 */
#include <config.h>

#include <src/base/arena.h>
#include <src/base/cold.h>

#include <stdint.h>

#define ALIGNMENT 16
#define BLOCK_MIN (16 * 1024)

struct arena_block {
    struct arena_block *next;
    size_t size; /* of what follows */
    _Alignas(ALIGNMENT) char memory[];
};

static size_t to_alignment(const char *at) {
    return (ALIGNMENT - (uintptr_t)at % ALIGNMENT) % ALIGNMENT;
}

void arena_init(struct arena *arena, void *first, size_t first_size, size_t limit) {
    *arena = (struct arena){ .first = first, .left = limit };
    size_t skip = first != NULL ? to_alignment(first) : 0;
    if (first != NULL && first_size > skip) {
        arena->at = arena->first + skip;
        arena->end = arena->first + first_size;
    }
    arena->first_size = first_size;
}

void arena_allow(struct arena *arena, size_t limit) {
    arena->left = limit;
}

static bool arena_grow(struct arena *arena, size_t size) {
    size_t block_size = size < BLOCK_MIN ? BLOCK_MIN : size;
    if (block_size > arena->left) {
        block_size = size;
    }
    if (block_size > arena->left) {
        return false;
    }
    struct arena_block *block = mem_alloc_raw(sizeof *block + block_size);
    if (block == NULL) {
        return false;
    }
    block->next = arena->blocks;
    block->size = block_size;
    arena->blocks = block;
    arena->left -= block_size;
    arena->at = block->memory;
    arena->end = block->memory + block_size;
    return true;
}

HOT void *arena_alloc(struct arena *arena, size_t size) {
    if (size > SIZE_MAX - ALIGNMENT) {
        arena->failed = true;
        return NULL;
    }
    size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    size = size > 0 ? size : ALIGNMENT;
    if (size > (size_t)(arena->end - arena->at) && !arena_grow(arena, size)) {
        arena->failed = true;
        return NULL;
    }
    char *memory = arena->at;
    arena->at += size;
    return memory;
}

/* The first piece is wiped up to where it was used: whole when others followed, since `at` then tells of those. */
HOT void arena_free(struct arena *arena) {
    if (arena->blocks == NULL && arena->at != NULL) {
        mem_wipe(arena->first, (size_t)(arena->at - arena->first));
    } else if (arena->first != NULL) {
        mem_wipe(arena->first, arena->first_size);
    }
    while (arena->blocks != NULL) {
        struct arena_block *block = arena->blocks;
        arena->blocks = block->next;
        mem_free_wiped(block, sizeof *block + block->size);
    }
    *arena = (struct arena){ 0 };
}

static void *pool_of_arena(void *ctx, size_t size) {
    return arena_alloc(ctx, size);
}

struct pool arena_pool(struct arena *arena) {
    return (struct pool){ pool_of_arena, arena };
}
