/* SPDX-License-Identifier: MIT
 *
 * Memory that is given out piece by piece and taken back at once.
 */
#include <config.h>

#include <src/base/arena.h>
#include <src/base/attr.h>
#include <src/base/thread.h>

#include <stdatomic.h>
#include <stdint.h>

#define ALIGNMENT 16
#define BLOCK_MIN (16 * 1024)
#define BLOCK_MAX (128 * 1024) /* further ones are no longer than this, but for what must lie in one piece */
#ifdef __SANITIZE_ADDRESS__
#define KEPT_MAX 0 /* so that it sees what is used after it was freed */
#else
#define KEPT_MAX BLOCK_MAX
#endif

struct arena_block {
    struct arena_block *next;
    size_t size; /* of what follows */
    _Alignas(ALIGNMENT) char memory[];
};

/* A free list of one wiped block per thread slot: the block of the last long job. malloc() would return so much
 * memory to the kernel each time, and for a long token the page faults would cost more than reading it. */
static struct place {
    _Alignas(64) _Atomic(struct arena_block *) block; /* NULL: none, or in use */
} places[THREAD_SLOTS];

static struct arena_block *block_exchange(struct arena_block *block) {
    return atomic_exchange_explicit(&places[thread_slot()].block, block, memory_order_acq_rel);
}

/* At least so long. */
static struct arena_block *block_take(size_t size) {
    struct arena_block *block = block_exchange(NULL);
    if (block == NULL || block->size < size) {
        mem_free(block);
        block = mem_alloc_raw(sizeof *block + size);
        if (block != NULL) {
            block->size = size;
        }
    }
    return block;
}

/* `used`: so much of it was written. The longest is kept. */
static void block_give(struct arena_block *block, size_t used) {
    mem_wipe(block->memory, used);
    struct arena_block *other = block->size <= KEPT_MAX ? block_exchange(block) : block;
    if (other != NULL && other != block && other->size > block->size) {
        other = block_exchange(other);
    }
    mem_free(other);
}

/* For programs that unload the library or look for leaks. */
__attribute__((destructor)) static void places_free(void) {
    for (size_t i = 0; i < THREAD_SLOTS; i++) {
        mem_free(atomic_exchange(&places[i].block, NULL));
    }
}

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

/* Each block is twice as long as the one before, so that a long job has few, and the last one kept is enough for the
 * next. */
static size_t block_size_for(const struct arena *arena, size_t size) {
    size_t usual = arena->blocks == NULL                 ? BLOCK_MIN
                   : arena->blocks->size < BLOCK_MAX / 2 ? arena->blocks->size * 2
                                                         : BLOCK_MAX;
    return size < usual && usual <= arena->left ? usual : size;
}

static bool arena_grow(struct arena *arena, size_t size) {
    if (size > arena->left) {
        return false;
    }
    struct arena_block *block = block_take(block_size_for(arena, size));
    if (block == NULL) {
        return false;
    }
    size_t usable = block->size < arena->left ? block->size : arena->left;
    block->next = arena->blocks;
    arena->blocks = block;
    arena->left -= usable;
    arena->at = block->memory;
    arena->end = block->memory + usable;
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
    if (arena->blocks == NULL && arena->at != arena->first) {
        mem_wipe(arena->first, (size_t)(arena->at - arena->first));
    } else if (arena->blocks != NULL && arena->first != NULL) {
        mem_wipe(arena->first, arena->first_size);
    }
    for (struct arena_block *block = arena->blocks, *next; block != NULL; block = next) {
        next = block->next;
        block_give(block, block == arena->blocks ? (size_t)(arena->at - block->memory) : block->size);
    }
    *arena = (struct arena){ 0 };
}

static void *pool_of_arena(void *ctx, size_t size) {
    return arena_alloc(ctx, size);
}

struct pool arena_pool(struct arena *arena) {
    return (struct pool){ pool_of_arena, arena };
}
