/* SPDX-License-Identifier: MIT
 *
 * One block for each of so many threads, in a cache line of its own.
 */
#include <config.h>

#include <src/service/result_pool.h>

#include <src/base/attr.h>
#include <src/base/mem.h>
#include <src/base/thread.h>
#include <stdatomic.h>

#ifdef __SANITIZE_ADDRESS__
#define KEPT_MAX 0 /* so that it sees what is used after it was freed */
#else
#define KEPT_MAX (8 * 1024) /* a longer block is not kept: 256 KiB in all */
#endif

struct block {
    size_t capacity; /* of what follows */
    _Alignas(16) char memory[];
};

static struct place {
    _Alignas(64) _Atomic(struct block *) block; /* NULL: none, or in use */
} places[THREAD_SLOTS];

static struct block *block_exchange(struct block *block) {
    return atomic_exchange_explicit(&places[thread_slot()].block, block, memory_order_acq_rel);
}

HOT void *result_pool_take(size_t size) {
    struct block *block = block_exchange(NULL);
    if (block == NULL || block->capacity < size) {
        mem_free(block);
        block = size < SIZE_MAX - sizeof *block ? mem_alloc_raw(sizeof *block + size) : NULL;
        if (block == NULL) {
            return NULL;
        }
        block->capacity = size;
    }
    return block->memory;
}

HOT void result_pool_give(void *memory, size_t size) {
    struct block *block;
    if (memory == NULL) {
        return;
    }
    mem_wipe(memory, size);
    block = (struct block *)(void *)((char *)memory - offsetof(struct block, memory));
    if (block->capacity <= KEPT_MAX) {
        block = block_exchange(block);
    }
    mem_free(block);
}

/* For programs that unload the library or look for leaks. */
__attribute__((destructor)) static void places_free(void) {
    for (size_t i = 0; i < THREAD_SLOTS; i++) {
        mem_free(atomic_exchange(&places[i].block, NULL));
    }
}
