/* SPDX-License-Identifier: MIT
 *
 * What a text looks like to a server that takes characters beyond ASCII for others: Unicode's folding of case and
 * compatibility (UAX #15, NFKC), Windows' best fit, trim() of many languages, file systems that leave away what nobody
 * sees.
 */
#ifndef TAM_TAMD_ALIKE_H
#define TAM_TAMD_ALIKE_H

#include <stdbool.h>
#include <tam/types.h>

/* The text, which is UTF-8, with such characters as the ASCII they are taken for, every kind of blank as a blank, and
 * without what is hidden (display.h). Into out, of text.len bytes; it may be the text's own memory. False: nothing of
 * it is there, and it is the text. */
bool alike_fold(struct tam_str text, char *out, struct tam_str *ret_folded);

#endif
