/* SPDX-License-Identifier: MIT
 *
 * A growing text with a limit. The first failure (limit or memory) sticks: write all, then look once at `failed`.
 */
#ifndef TAM_BASE_BUF_H
#define TAM_BASE_BUF_H

#include <stdbool.h>
#include <tam/types.h>

struct buf {
    char *ptr; /* NUL-terminated, or NULL while nothing was written */
    size_t len;
    size_t capacity;
    size_t limit; /* len never exceeds it */
    bool failed;
    bool starved; /* it failed because memory ran out, not at its limit */
    char *first;  /* the caller's own memory, or NULL */
};

void buf_init(struct buf *buf, size_t limit);
/* The same; a text that fits into `first`, which must outlive it, takes no other memory. */
void buf_init_first(struct buf *buf, char *first, size_t size, size_t limit);
void buf_free(struct buf *buf);  /* wipes; the buf may be used again */
void buf_clear(struct buf *buf); /* empty, memory kept, no longer failed */
void buf_add(struct buf *buf, struct tam_str text);
void buf_add_text(struct buf *buf, const char *text);
void buf_add_byte(struct buf *buf, char byte);
void buf_add_number(struct buf *buf, int64_t number);
void buf_format(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* What was written; empty when failed. Lives until the next call. */
struct tam_str buf_str(const struct buf *buf);

#endif
