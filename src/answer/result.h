/* SPDX-License-Identifier: MIT
 *
 * The answer that a host gets: one block of memory with a private copy of everything. Immutable, reference-counted,
 * wiped.
 */
#ifndef TAM_RESULT_H
#define TAM_RESULT_H

#include <src/service/answer.h>
#include <src/answer/explanation.h>

/* result_bytes(): the flat image of a result without explanation, for the cache. result_revive(): makes a result of a
 * private copy of that image, and takes it over. The copy must come from result_pool_take(): tam_result_free() gives
 * it to result_pool_give(), which reads a header in front of it, so memory from mem_alloc() would corrupt the heap. */
struct tam_str result_bytes(const struct tam_result *result);
struct tam_result *result_revive(void *bytes);
const struct answer *result_answer(const struct tam_result *result); /* with views into the result */

/* Copies the answer and the rows (NULL: none). NULL: no memory. */
struct tam_result *result_new(const struct answer *answer, const struct explanation *explanation);

#endif
