/* SPDX-License-Identifier: MIT
 *
 * Which of some words somebody most likely meant: for "did you mean" in a fault, never to guess by.
 */
#ifndef TAM_NEAREST_H
#define TAM_NEAREST_H

#include <stddef.h>
#include <tam/types.h>

struct nearest {
    struct tam_str text; /* what was written */
    const char *word;    /* the best so far; NULL: none is near */
    size_t distance;
};

void nearest_init(struct nearest *nearest, struct tam_str text);
/* word: NUL-terminated; kept. */
void nearest_try(struct nearest *nearest, const char *word);

#endif
