/* SPDX-License-Identifier: MIT
 *
 * A one-block free list per thread slot, for results. A result is larger than malloc's per-thread cache serves;
 * allocating and freeing it costs about 20 % of a cache hit. The last freed block is wiped and kept for the next result
 * of that slot.
 */
#ifndef TAM_SERVICE_RESULT_POOL_H
#define TAM_SERVICE_RESULT_POOL_H

#include <stddef.h>

/* Not zeroed; NULL: no memory. [any thread] */
void *result_pool_take(size_t size);
/* memory: from result_pool_take() and no other allocator, or NULL. Wipes its first `size` bytes, all that was written.
 * [any thread, also another than the one that took it] */
void result_pool_give(void *memory, size_t size);

#endif
