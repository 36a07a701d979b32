/* SPDX-License-Identifier: MIT
 *
 * The strict JSON reader (RFC 8259, I-JSON RFC 7493). It refuses what two readers could read differently: duplicate
 * members, invalid UTF-8, lone surrogates, NUL, a byte order mark, anything after the value, and more depth than the
 * limit says. Tokens, key sets and discovery documents are read with the same strictness by the same code:
 *
 *   json_walk_…()  the members or elements of the outermost value, one after another. Deeper values are checked and no
 *                  nodes are made of them, so that the work depends on the length of the text and not on its shape: for
 *                  input from clients.
 *   json_scan()    whether it is JSON at all, and which members it has.
 *   json_read()    a tree of everything: for documents of sources that are trusted.
 */
#ifndef TAM_BASE_JSON_H
#define TAM_BASE_JSON_H

#include <src/base/mem.h>
#include <stdbool.h>

#define JSON_MAX_DEPTH 32

/* The fault that is none of the text's: memory ran out, or the pool's limit was met. Compared by its address. */
extern const char json_no_memory[];

enum json_type {
    JSON_TYPE_NULL = 1,
    JSON_TYPE_BOOL,
    JSON_TYPE_NUMBER,
    JSON_TYPE_STRING,
    JSON_TYPE_ARRAY,
    JSON_TYPE_OBJECT
};

/* ---- Walking ---- */

/* One value on a walk. Views point into the text that is read, or into the pool where an escape had to be undone. */
struct json_item {
    struct tam_str name; /* in an object: the member's name, unescaped; else empty */
    struct tam_str text; /* STRING: unescaped, without its quotes; else as written */
    struct tam_str raw;  /* as written, quotes and brackets included; can be walked again */
    int64_t integer;     /* NUMBER: for json_item_integer() alone; negative: none */
    uint32_t count;      /* OBJECT, ARRAY: how many are in it */
    uint32_t type;       /* enum json_type */
    bool strings;        /* ARRAY: all of them are strings */
};

/* An object or array that is open. */
struct json_level {
    uint64_t seen[4];    /* OBJECT: a bit for each name so far, by its length and ends: a clear bit is a new name */
    uint32_t first_name; /* OBJECT: where its names begin */
    uint32_t count;
    struct json_level_is {
        char closing; /* its bracket */
        bool object;
        bool unsure; /* OBJECT: its names are still to be compared, when it closes */
        bool others; /* something in it is no string */
    } is;
};

#define JSON_NAMES_FEW 64

/* A reader on its way through a text. Its members are its own, but for `fault`. */
struct json_walk {
    const char *fault; /* the first one; static, no part of the text in it, fit for a log */
    const char *at, *end;
    const struct pool *pool;
    unsigned depth, looks;
    struct json_level *level; /* levels[depth] */
    bool known;               /* found good before */
    uint32_t name_count, name_room;
    struct tam_str *names;                        /* of all objects that are open */
    struct json_level levels[JSON_MAX_DEPTH + 1]; /* of the first, which is the text, nothing is kept */
    struct tam_str few[JSON_NAMES_FEW];           /* the first of them */
};

/* Begins at the outermost value: *ret_type says what it is. False: walk->fault says why. The walk takes memory from
 * the pool only for escapes that it undoes and for objects of many members. */
bool json_walk_begin(struct json_walk *walk, struct tam_str text, const struct pool *pool, enum json_type *ret_type);
/* The next member or element, with all that is in it checked. False: there is no more, and the text is good if
 * walk->fault is NULL; before that nothing is known of the rest. A value that holds nothing has none. */
bool json_walk_next(struct json_walk *walk, struct json_item *ret_item);

/* NULL is fine: false. */
static inline bool json_item_is(const struct json_item *item, enum json_type type) {
    return item != NULL && item->type == type;
}
/* As json_to_integer(). */
static inline bool json_item_integer(const struct json_item *item, int64_t *ret_number) {
    if (!json_item_is(item, JSON_TYPE_NUMBER) || item->integer < 0) {
        return false;
    }
    *ret_number = item->integer;
    return true;
}
/* The same over what a walk found good before, so that nothing is compared again. Names stay as written, escapes and
 * all. */
void json_walk_again(struct json_walk *walk, struct tam_str raw, const struct pool *pool);
/* One value that a walk found good before, its name left empty. False: no memory. */
bool json_item_again(struct tam_str raw, const struct pool *pool, struct json_item *ret_item);
/* The member of that name in an object that was found good before, as written. False: there is none, or it is no
 * object. Takes no memory. */
bool json_find(struct tam_str object, struct tam_str name, struct tam_str *ret_raw);

/* What a scan found. */
struct json_scan {
    enum json_type type; /* of the outermost value */
    uint32_t found;      /* a bit for each name that was asked for: there is such a member, and it is not null */
};

/* Reads the text whole and makes nothing of it. `names`: up to 32 members of the outermost object to look for on the
 * way. Returns NULL and fills *ret_scan, or says why the text is not good. */
const char *json_scan(struct tam_str text, struct tam_list names, struct json_scan *ret_scan);

/* ---- Trees ---- */

/* One value. Views as in struct json_item. */
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

/* Reads the text whole. On failure NULL, and *ret_fault says why: static, no part of the text in it, fit for a log. */
const struct json *json_read(struct tam_str text, const struct pool *pool, const char **ret_fault);

/* The member of that name; NULL when there is none, or when it is no object. NULL is fine. */
const struct json *json_member(const struct json *object, struct tam_str name);
/* NULL is fine: false. */
static inline bool json_is(const struct json *value, enum json_type type) {
    return value != NULL && value->type == type;
}
/* A number written as a whole one (no fraction, no exponent, no minus sign) in 0..2^53 (RFC 7493 §2.2). NULL is
 * fine: false. */
static inline bool json_to_integer(const struct json *value, int64_t *ret_number) {
    if (!json_is(value, JSON_TYPE_NUMBER) || value->integer < 0) {
        return false;
    }
    *ret_number = value->integer;
    return true;
}

/* Writing: the one function that quotes. Adds `"…"`, with everything below 0x20, 0x7f, `"` and `\` escaped; bytes
 * that are not UTF-8 become U+FFFD. */
struct buf;
void json_quote(struct buf *buf, struct tam_str text);

#endif
