/* SPDX-License-Identifier: MIT
 *
 * The one door through which what came from outside reaches a log line, a detail or an explanation.
 */
#ifndef TAM_BASE_QUOTE_H
#define TAM_BASE_QUOTE_H

#include <src/base/mem.h>

#define QUOTE_MAX 128

struct buf;

/*
 * Makes a found value fit to be shown: at most QUOTE_MAX bytes (then "…" as three dots), everything outside printable
 * ASCII as \xNN, a backslash doubled, and whatever is shaped like a token (three base64url segments, or one very long
 * one) as its length alone, "(token of 1432 bytes)". No quotes are put round it. On failure of the pool the empty view.
 */
struct tam_str quote_found(const struct pool *pool, struct tam_str found);
void quote_add(struct buf *buf, struct tam_str found);
/* The same into memory of the caller's; returns how many bytes it wrote. */
size_t quote_write(struct tam_str found, char out[QUOTE_MAX]);

#endif
