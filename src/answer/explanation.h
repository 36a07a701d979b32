/* SPDX-License-Identifier: MIT
 *
 * The rows of an explanation as they come in: copied at once, what a token said shortened and escaped.
 */
#ifndef TAM_EXPLANATION_H
#define TAM_EXPLANATION_H

#include <src/base/mem.h>
#include <tam/types.h>

#define EXPLANATION_MAX 256 /* rows; more are dropped */

struct explanation_row;

struct explanation {
    struct pool pool; /* where the copies live */
    struct explanation_row *first, *last;
    size_t count;
};

void explanation_init(struct explanation *explanation, struct pool pool);
/* Drops the row where memory ran out: an explanation is no verdict. */
void explanation_add(struct explanation *explanation, const struct tam_check *check);

/* The rows in order. NULL: before the first, or after the last. */
const struct explanation_row *explanation_next(const struct explanation *explanation,
                                               const struct explanation_row *row);
const struct tam_check *explanation_check(const struct explanation_row *row);

#endif
