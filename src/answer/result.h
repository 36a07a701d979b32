/* SPDX-License-Identifier: MIT
 *
 * The answer that a host gets: one block of memory with a private copy of everything. Immutable, reference-counted, wiped.
 */
#ifndef TAM_RESULT_H
#define TAM_RESULT_H

#include <src/service/answer.h>
#include <src/answer/explanation.h>

/* The bytes of a result without an explanation, as the cache keeps them; and a result again of a copy of them, from
 * mem_alloc(), which it takes over. */
struct tam_str result_bytes(const struct tam_result *result);
struct tam_result *result_revive(void *bytes);
const struct answer *result_answer(const struct tam_result *result); /* with views into the result */

/* Copies the answer and the rows (NULL: none). NULL: no memory. */
struct tam_result *result_new(const struct answer *answer, const struct explanation *explanation);

#endif
