/* SPDX-License-Identifier: MIT
 *
 * A growing text with a limit.
 */
#include <config.h>

#include <src/base/buf.h>
#include <src/base/mem.h>
#include <src/base/str.h>

#include <stdarg.h>
#include <stdio.h>

#define BUF_FIRST  256
#define NUMBER_MAX 20 /* "-9223372036854775808" */

void buf_init(struct buf *buf, size_t limit) {
    *buf = (struct buf){ .limit = limit };
}

void buf_init_first(struct buf *buf, char *first, size_t size, size_t limit) {
    *buf = (struct buf){ .ptr = first, .capacity = size, .limit = limit, .first = first };
    first[0] = '\0';
}

static void memory_end(struct buf *buf) {
    if (buf->ptr != NULL && buf->ptr == buf->first) {
        mem_wipe(buf->ptr, buf->capacity);
    } else {
        mem_free_wiped(buf->ptr, buf->capacity);
    }
}

void buf_free(struct buf *buf) {
    memory_end(buf);
    buf_init(buf, buf->limit);
}

void buf_clear(struct buf *buf) {
    buf->len = 0;
    buf->failed = false;
    buf->starved = false;
    if (buf->ptr != NULL) {
        buf->ptr[0] = '\0';
    }
}

/* Room for n more bytes and a NUL. The old memory is wiped: it may have held a secret. */
static bool buf_reserve(struct buf *buf, size_t n) {
    if (buf->failed || n > buf->limit - buf->len || buf->limit == SIZE_MAX) {
        buf->failed = true;
        return false;
    }
    if (buf->len + n < buf->capacity) {
        return true;
    }
    size_t capacity = buf->capacity < BUF_FIRST ? BUF_FIRST : buf->capacity * 2;
    capacity = capacity < buf->len + n + 1 ? buf->len + n + 1 : capacity;
    char *memory = mem_alloc(capacity);
    if (memory == NULL) {
        buf->failed = true;
        buf->starved = true;
        return false;
    }
    if (buf->len > 0) {
        memcpy(memory, buf->ptr, buf->len);
    }
    memory_end(buf);
    buf->ptr = memory;
    buf->capacity = capacity;
    return true;
}

void buf_add(struct buf *buf, struct tam_str text) {
    if (!buf_reserve(buf, text.len)) {
        return;
    }
    if (text.len > 0) {
        memcpy(buf->ptr + buf->len, text.ptr, text.len);
    }
    buf->len += text.len;
    buf->ptr[buf->len] = '\0';
}

void buf_add_text(struct buf *buf, const char *text) {
    buf_add(buf, str_of(text));
}

void buf_add_byte(struct buf *buf, char byte) {
    buf_add(buf, (struct tam_str){ &byte, 1 });
}

void buf_add_number(struct buf *buf, int64_t number) {
    char digits[NUMBER_MAX];
    size_t at = sizeof digits;
    uint64_t left = number < 0 ? -(uint64_t)number : (uint64_t)number;
    do {
        digits[--at] = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    if (number < 0) {
        digits[--at] = '-';
    }
    buf_add(buf, (struct tam_str){ digits + at, sizeof digits - at });
}

/* Mostly there is room, and once is enough. */
void buf_format(struct buf *buf, const char *format, ...) {
    size_t room = buf->capacity > buf->len && !buf->failed ? buf->capacity - buf->len : 0;
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(room > 0 ? buf->ptr + buf->len : NULL, room, format, arguments);
    va_end(arguments);
    if (len < 0 || !buf_reserve(buf, (size_t)len)) {
        buf->failed = true;
        if (room > 0) {
            buf->ptr[buf->len] = '\0';
        }
        return;
    }
    if ((size_t)len >= room) {
        va_start(arguments, format);
        vsnprintf(buf->ptr + buf->len, (size_t)len + 1, format, arguments);
        va_end(arguments);
    }
    buf->len += (size_t)len;
}

struct tam_str buf_str(const struct buf *buf) {
    return buf->failed ? STR_NONE : (struct tam_str){ buf->ptr, buf->len };
}
