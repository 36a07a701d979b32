/* SPDX-License-Identifier: MIT
 *
 * The strict JSON reader (RFC 8259, I-JSON RFC 7493): one text, one tree. It refuses what two readers could read
 * differently: duplicate members, invalid UTF-8, lone surrogates, NUL, a byte order mark, anything behind the value,
 * and more depth or members than the limits say. The same strictness for tokens, key sets and discovery documents.
 */
#ifndef TAM_BASE_JSON_H
#define TAM_BASE_JSON_H

#include <src/base/mem.h>
#include <stdbool.h>

enum json_type {
    JSON_TYPE_NULL = 1,
    JSON_TYPE_BOOL,
    JSON_TYPE_NUMBER,
    JSON_TYPE_STRING,
    JSON_TYPE_ARRAY,
    JSON_TYPE_OBJECT
};

/* One value. Views point into the text that was read, or into the pool where an escape had to be undone. */
struct json {
    struct tam_str name;     /* in an object: the member's name, unescaped */
    struct tam_str text;     /* STRING: unescaped, without its quotes; else as written */
    struct tam_str raw;      /* as written, quotes and brackets included */
    const struct json *next; /* the next member or element, in order */
    union {
        const struct json *first; /* OBJECT, ARRAY: the first one */
        int64_t integer;          /* NUMBER: for json_to_integer() alone; negative: none */
    };
    uint32_t count; /* OBJECT, ARRAY: how many */
    uint32_t type;  /* enum json_type */
};

#define JSON_MAX_DEPTH 32

/* Reads the text whole. On failure NULL, and *ret_fault says why: static, no part of the text in it, fit for a log. */
const struct json *json_read(struct tam_str text, const struct pool *pool, const char **ret_fault);

/* The member of that name; NULL when there is none, or when it is no object. NULL is fine. */
const struct json *json_member(const struct json *object, struct tam_str name);
/* NULL is fine: false. */
static inline bool json_is(const struct json *value, enum json_type type) {
    return value != NULL && value->type == type;
}
/* A number written as a whole one (no fraction, no exponent, no minus sign) in 0..2^53 (RFC 7493 §2.2). NULL is fine: false. */
static inline bool json_to_integer(const struct json *value, int64_t *ret_number) {
    if (!json_is(value, JSON_TYPE_NUMBER) || value->integer < 0) {
        return false;
    }
    *ret_number = value->integer;
    return true;
}

/* Writing: the one function that quotes. Adds `"…"`, with everything below 0x20, 0x7f, `"` and `\` escaped; bytes that are not
 * UTF-8 become U+FFFD. */
struct buf;
void json_quote(struct buf *buf, struct tam_str text);

#endif
