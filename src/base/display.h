/* SPDX-License-Identifier: MIT
 *
 * Text made fit for a log line, a fault or a terminal: what nobody would see, or what would move or turn round the text
 * beside it, becomes \xNN, byte by byte. That is: what is not UTF-8, control characters (C0, DEL, C1), the ends of
 * lines and paragraphs U+2028 and U+2029, format characters (those for bidirectional text above all), and what Unicode
 * has ignored by default (joiners, zero-width blanks, fillers, tags, the byte order mark).
 */
#ifndef TAM_BASE_DISPLAY_H
#define TAM_BASE_DISPLAY_H

#include <stdbool.h>
#include <tam/types.h>

struct buf;

enum display {
    DISPLAY_VALUE, /* what came from outside as it is: a backslash is doubled, so that no two values are shown alike */
    DISPLAY_LINE,  /* a sentence that holds such values: backslashes stay, a second time changes nothing */
    DISPLAY_ASCII  /* as DISPLAY_VALUE, and everything outside printable ASCII is escaped, too: quote.h */
};

/* Into memory of the caller's, of `size` bytes, at least 8; cut short, with three dots at its end, where it does not
 * fit. Returns the length; no NUL. */
size_t display_write(struct tam_str text, enum display how, char *out, size_t size);
void display_add(struct buf *buf, struct tam_str text, enum display how);
bool display_hides(uint32_t character); /* see above */

#endif
