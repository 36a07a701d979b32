/* SPDX-License-Identifier: MIT
 *
 * Memory for results. A result is longer than what malloc() keeps ready, and getting and freeing it takes a fifth of a cache
 * hit: so each thread leaves the last one that it freed, wiped, for the next one that it makes.
 */
#ifndef TAM_SPARE_H
#define TAM_SPARE_H

#include <stddef.h>

/* Not zeroed; NULL: no memory. [any thread] */
void *spare_take(size_t size);
/* Wipes the first `size` bytes, all that was written. NULL is fine. [any thread, also another one than took it] */
void spare_give(void *memory, size_t size);

#endif
