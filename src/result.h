/* SPDX-License-Identifier: MIT
 *
 * The answer that a host gets: one block of memory with a private copy of everything. Immutable, reference-counted, wiped.
 */
#ifndef TAM_RESULT_H
#define TAM_RESULT_H

#include <src/answer.h>
#include <src/explanation.h>

/* Copies the answer and the rows (NULL: none). NULL: no memory. */
struct tam_result *result_new(const struct answer *answer, const struct explanation *explanation);

#endif
