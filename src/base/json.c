/* SPDX-License-Identifier: MIT
 *
 * The strict JSON reader.
 */
#include <config.h>

#include <src/base/cold.h>
#include <src/base/json.h>
#include <src/base/json_text.h>
#include <src/base/str.h>
#include <src/base/vector.h>

#include <stdlib.h>

#define CHUNK_MIN      4  /* nodes taken from the pool at once, */
#define CHUNK_MAX      32 /* by what is left to be read: */
#define NODE_TEXT      32 /* a value has about so many bytes of text */
#define FEW_MEMBERS    32 /* up to here a new name is compared with all before it; beyond, all are sorted at the end */
#define INTEGER_MAX    (INT64_C(1) << 53)
#define INTEGER_DIGITS 16 /* of it; JSON allows no zeros in front */

/* Each function that reads takes where it begins, and returns where it stopped; NULL: the fault is told. */
struct reader {
    const char *end;
    const struct pool *pool;
    const char *fault; /* the first one; static */
    struct json *nodes;
    size_t nodes_left;
    unsigned depth;
};

/* Members of one object while it is read. */
struct members {
    const struct json *first, **last; /* where the next one is put */
    uint32_t count;
    uint64_t seen[4]; /* a bit for each name so far, by its length and ends: a clear bit is a new name */
};

static COLD const char *fail(struct reader *reader, const char *fault) {
    if (reader->fault == NULL) {
        reader->fault = fault;
    }
    return NULL;
}

static bool nodes_take(struct reader *reader, const char *at) {
    size_t count = (size_t)(reader->end - at) / NODE_TEXT + CHUNK_MIN;
    count = count < CHUNK_MAX ? count : CHUNK_MAX;
    reader->nodes = pool_array(reader->pool, count, sizeof *reader->nodes);
    reader->nodes_left = reader->nodes != NULL ? count : 0;
    return reader->nodes_left > 0;
}

static inline struct json *node_new(struct reader *reader, const char *at) {
    if (reader->nodes_left == 0 && !nodes_take(reader, at)) {
        fail(reader, "too many values");
        return NULL;
    }
    reader->nodes_left--;
    struct json *node = reader->nodes++;
    node->name = STR_NONE;
    node->next = NULL;
    node->first = NULL;
    node->count = 0;
    return node; /* text, raw and type are its value's */
}

/* Between tokens there mostly is none, and every blank is below what may follow one. */
static inline const char *skip_blanks(const struct reader *reader, const char *at) {
    while (at < reader->end && *at <= ' ' && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r')) {
        at++;
    }
    return at;
}

static inline bool is_at(const struct reader *reader, const char *at, char byte) {
    return at < reader->end && *at == byte;
}

/* Where that byte stands, behind any blanks; NULL: another one does. */
static inline const char *find_next(const struct reader *reader, const char *at, char byte) {
    if (!is_at(reader, at, byte)) {
        at = skip_blanks(reader, at);
    }
    return is_at(reader, at, byte) ? at : NULL;
}

/* ---- Strings (RFC 8259 §7) --------------------------------------------------------------------------------------------------- */

/* As signed ones, bytes beyond ASCII are below 0x20, too. */
static inline vector has_meaning(vector bytes) {
    return (vector)((signed_vector)bytes < 0x20) | (vector)(bytes == '"') | (vector)(bytes == '\\');
}

/* The first byte that has a meaning inside a string: below 0x20, `"`, `\`, or beyond ASCII. Sixteen at a time as long as there
 * are sixteen; then any byte, for the caller to look at. */
static inline const char *skip_plain(const char *at, const char *end) {
    for (; end - at >= (ptrdiff_t)sizeof(vector); at += sizeof(vector)) {
        size_t first = vector_first(has_meaning(vector_load(at)));
        if (first < sizeof(vector)) {
            return at + first;
        }
    }
    return at;
}

/* A string whose closing quote does not follow `at`, which is inside: it has an escape, a letter beyond ASCII, or a fault. */
static __attribute__((noinline)) const char *read_unusual(struct reader *reader, const char *start, const char *at,
                                                          struct tam_str *ret_text) {
    bool escaped = false, beyond_ascii = false;
    for (; !is_at(reader, at, '"'); at = skip_plain(at + 1, reader->end)) {
        if (is_at(reader, at, '\\')) {
            escaped = true;
            at++; /* what it escapes is not looked at here */
        }
        if (at == reader->end) {
            return fail(reader, "a string that does not end");
        }
        if ((unsigned char)*at < 0x20) {
            return fail(reader, "a control character in a string");
        }
        beyond_ascii |= (unsigned char)*at >= 0x80;
    }
    *ret_text = (struct tam_str){ start, (size_t)(at - start) };
    if (beyond_ascii && !str_is_utf8(*ret_text)) {
        return fail(reader, "a string that is not UTF-8");
    }
    return !escaped || json_unescape(ret_text, reader->pool, &reader->fault) ? at + 1 : NULL;
}

/* Behind the opening quote. */
static inline const char *read_string(struct reader *reader, const char *at, struct tam_str *ret_text) {
    const char *end = skip_plain(at, reader->end);
    if (!is_at(reader, end, '"')) {
        return read_unusual(reader, at, end, ret_text);
    }
    *ret_text = (struct tam_str){ at, (size_t)(end - at) };
    return end + 1;
}

/* ---- Numbers and words (RFC 8259 §6, §3) -------------------------------------------------------------------------------------- */

static const char *skip_digits(const struct reader *reader, const char *at) {
    while (at < reader->end && *at >= '0' && *at <= '9') {
        at++;
    }
    return at;
}

/* What these digits alone say; -1 where that is beyond INTEGER_MAX. */
static int64_t digits_value(const char *at, const char *end) {
    int64_t value = 0;
    if (end - at > INTEGER_DIGITS) {
        return -1;
    }
    for (; at < end; at++) {
        value = value * 10 + (*at - '0');
    }
    return value <= INTEGER_MAX ? value : -1;
}

/* Behind the whole part. */
static const char *read_fraction(struct reader *reader, const char *at) {
    if (is_at(reader, at, '.')) {
        const char *digits = at + 1;
        at = skip_digits(reader, digits);
        if (at == digits) {
            return fail(reader, "a number without digits behind its point");
        }
    }
    if (is_at(reader, at, 'e') || is_at(reader, at, 'E')) {
        at++;
        const char *digits = at + (is_at(reader, at, '+') || is_at(reader, at, '-'));
        at = skip_digits(reader, digits);
        if (at == digits) {
            return fail(reader, "a number without digits in its exponent");
        }
    }
    return at;
}

/* Each time claim is asked for more than once, so its value is made here. */
static const char *read_number(struct reader *reader, const char *at, struct json *node) {
    const char *digits = at + (*at == '-');
    const char *behind = is_at(reader, digits, '0') ? digits + 1 : skip_digits(reader, digits);
    if (behind == digits) {
        return fail(reader, "something that is no value");
    }
    const char *end = read_fraction(reader, behind);
    node->integer = end == behind && digits == at ? digits_value(at, end) : -1;
    return end;
}

static const char *read_word(struct reader *reader, const char *at, struct tam_str word) {
    if (!str_starts((struct tam_str){ at, (size_t)(reader->end - at) }, word)) {
        return fail(reader, "something that is no value");
    }
    return at + word.len;
}

/* ---- Objects and arrays ----------------------------------------------------------------------------------------------------------- */

static const char *read_value(struct reader *reader, const char *at, struct json *node);

/* From the opening quote on. */
static inline const char *read_text(struct reader *reader, const char *at, struct json *node) {
    const char *end = read_string(reader, at + 1, &node->text);
    node->type = JSON_TYPE_STRING;
    node->raw = (struct tam_str){ at, end != NULL ? (size_t)(end - at) : 0 };
    return end;
}

static void append(struct members *members, struct json *node) {
    *members->last = node;
    members->last = &node->next;
    members->count++;
}

static unsigned name_hash(struct tam_str name) {
    unsigned first = name.len > 0 ? (unsigned char)name.ptr[0] : 0;
    unsigned last = name.len > 0 ? (unsigned char)name.ptr[name.len - 1] : 0;
    return first * 5 + last * 29 + (unsigned)name.len * 11;
}

/* Against all before it, but only where its bit was seen, and only while they are few. */
static inline bool is_new(struct members *members, struct tam_str name) {
    unsigned hash = name_hash(name);
    uint64_t *seen = &members->seen[hash / 64 % 4], bit = UINT64_C(1) << hash % 64;
    bool maybe = (*seen & bit) != 0;
    *seen |= bit;
    if (!maybe || members->count > FEW_MEMBERS) {
        return true;
    }
    for (const struct json *other = members->first; other != NULL; other = other->next) {
        if (str_equal(other->name, name)) {
            return false;
        }
    }
    return true;
}

static int compare_names(const void *a, const void *b) {
    const struct json *const *x = a, *const *y = b;
    if ((*x)->name.len != (*y)->name.len) {
        return (*x)->name.len < (*y)->name.len ? -1 : 1;
    }
    return memcmp((*x)->name.ptr, (*y)->name.ptr, (*x)->name.len);
}

/* Thousands of names: sorted, so that nobody can make this slow by choosing them. */
static COLD const char *all_differ(struct reader *reader, const char *at, const struct members *members) {
    const struct json **sorted = pool_array(reader->pool, members->count, sizeof *sorted);
    size_t count = 0;
    if (sorted == NULL) {
        return fail(reader, "too many values");
    }
    for (const struct json *node = members->first; node != NULL; node = node->next) {
        sorted[count++] = node;
    }
    qsort(sorted, count, sizeof *sorted, compare_names);
    for (size_t i = 1; i < count; i++) {
        if (compare_names(&sorted[i - 1], &sorted[i]) == 0) {
            return fail(reader, "a duplicate member");
        }
    }
    return at;
}

/* Up to the member's value. */
static inline const char *read_name(struct reader *reader, const char *at, struct members *members,
                                    struct tam_str *ret_name) {
    at = find_next(reader, at, '"');
    if (at == NULL) {
        return fail(reader, "a member without a name");
    }
    at = read_string(reader, at + 1, ret_name);
    if (at == NULL) {
        return NULL;
    }
    if (!is_new(members, *ret_name)) {
        return fail(reader, "a duplicate member");
    }
    at = find_next(reader, at, ':');
    return at != NULL ? at + 1 : fail(reader, "a member without a colon");
}

/* A member of an object, or an element of an array. Most are texts, right behind what stands before. */
static inline const char *read_item(struct reader *reader, const char *at, bool object, struct members *members) {
    struct json *node = node_new(reader, at);
    if (node != NULL && object) {
        at = read_name(reader, at, members, &node->name);
    }
    if (node == NULL || at == NULL) {
        return NULL;
    }
    at = is_at(reader, at, '"') ? read_text(reader, at, node) : read_value(reader, at, node);
    if (at != NULL) {
        append(members, node);
    }
    return at;
}

/* Behind the opening bracket: items separated by commas, up to the closing one. */
static const char *read_items(struct reader *reader, const char *at, bool object, struct members *members) {
    char closing = object ? '}' : ']';
    const char *end = find_next(reader, at, closing);
    if (end != NULL) {
        return end + 1;
    }
    for (;; at++) {
        at = read_item(reader, at, object, members);
        if (at == NULL) {
            return NULL;
        }
        end = find_next(reader, at, ',');
        if (end == NULL) {
            end = find_next(reader, at, closing);
            return end != NULL ? end + 1 : fail(reader, "items that no comma separates");
        }
        at = end;
    }
}

static const char *read_nested(struct reader *reader, const char *at, struct json *node) {
    struct members members = { .last = &members.first };
    bool object = *at == '{';
    if (reader->depth == JSON_MAX_DEPTH) {
        return fail(reader, "objects or arrays nested too deep");
    }
    reader->depth++;
    node->type = object ? JSON_TYPE_OBJECT : JSON_TYPE_ARRAY;
    at = read_items(reader, at + 1, object, &members);
    if (at != NULL && object && members.count > FEW_MEMBERS) {
        at = all_differ(reader, at, &members);
    }
    reader->depth--;
    node->first = members.first;
    node->count = members.count;
    return at;
}

static const char *read_plain(struct reader *reader, const char *at, struct json *node) {
    switch (*at) {
    case 't':
        node->type = JSON_TYPE_BOOL;
        return read_word(reader, at, STR("true"));
    case 'f':
        node->type = JSON_TYPE_BOOL;
        return read_word(reader, at, STR("false"));
    case 'n':
        node->type = JSON_TYPE_NULL;
        return read_word(reader, at, STR("null"));
    default:
        node->type = JSON_TYPE_NUMBER;
        return read_number(reader, at, node);
    }
}

static HOT const char *read_value(struct reader *reader, const char *at, struct json *node) {
    const char *start = skip_blanks(reader, at);
    if (start == reader->end) {
        return fail(reader, "a text that ends too early");
    }
    if (*start == '"') {
        return read_text(reader, start, node);
    }
    bool nested = *start == '{' || *start == '[';
    at = nested ? read_nested(reader, start, node) : read_plain(reader, start, node);
    if (at != NULL) {
        node->raw = (struct tam_str){ start, (size_t)(at - start) };
        node->text = node->raw;
    }
    return at;
}

HOT const struct json *json_read(struct tam_str text, const struct pool *pool, const char **ret_fault) {
    struct reader reader = { .end = text.ptr + text.len, .pool = pool };
    struct json *node = text.len > 0 ? node_new(&reader, text.ptr) : NULL;
    if (node == NULL) {
        *ret_fault = text.len > 0 ? "too many values" : "a text that ends too early";
        return NULL;
    }
    const char *at = read_value(&reader, text.ptr, node);
    if (at != NULL && skip_blanks(&reader, at) != reader.end) {
        at = fail(&reader, "something behind the value");
    }
    if (at == NULL) {
        *ret_fault = reader.fault;
        return NULL;
    }
    return node;
}

/* ---- Looking at values ---------------------------------------------------------------------------------------------------------- */

const struct json *json_member(const struct json *object, struct tam_str name) {
    if (!json_is(object, JSON_TYPE_OBJECT)) {
        return NULL;
    }
    for (const struct json *member = object->first; member != NULL; member = member->next) {
        if (str_equal(member->name, name)) {
            return member;
        }
    }
    return NULL;
}
