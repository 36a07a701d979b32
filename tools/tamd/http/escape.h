/* SPDX-License-Identifier: MIT
 *
 * Percent-encoding (RFC 3986 §2.1), there and back, a byte at a time.
 */
#ifndef TAM_TAMD_ESCAPE_H
#define TAM_TAMD_ESCAPE_H

#include <src/base/buf.h>

/* The byte that two hexadecimal digits at the front of the text name; -1 where there are none. */
int escape_read(struct tam_str digits);

/*
 * Appends the value so that no two have the same spelling: printable ASCII as it is; blanks, other bytes, `%` and the
 * separator (0: none) as %XX.
 */
void escape_add(struct buf *buf, struct tam_str value, char separator);

#endif
