/* SPDX-License-Identifier: MIT
 *
 * The strict JSON reader.
 */
#include <config.h>

#include <src/base/buf.h>
#include <src/base/json.h>
#include <src/base/str.h>
#include <src/base/vector.h>

#include <stdlib.h>

#define CHUNK_MIN      4  /* nodes taken from the pool at once, */
#define CHUNK_MAX      32 /* by what is left to be read: */
#define NODE_TEXT      32 /* a value has about so many bytes of text */
#define FEW_MEMBERS    32 /* up to here a new name is compared with all before it; beyond, all are sorted at the end */
#define INTEGER_MAX    (INT64_C(1) << 53)
#define INTEGER_DIGITS 16 /* of it; JSON allows no zeros in front */

struct reader {
    const char *at, *end;
    const struct pool *pool;
    const char *fault; /* the first one; static */
    struct json *nodes;
    size_t nodes_left;
    unsigned depth;
};

/* Members of one object while it is read. */
struct members {
    struct json *first, *last;
    uint32_t count;
    uint64_t seen; /* a bit for each name so far, by its length and ends: a clear bit is a new name */
};

static bool fail(struct reader *reader, const char *fault) {
    if (reader->fault == NULL) {
        reader->fault = fault;
    }
    return false;
}

static struct json *node_new(struct reader *reader) {
    if (reader->nodes_left == 0) {
        size_t count = (size_t)(reader->end - reader->at) / NODE_TEXT + CHUNK_MIN;
        count = count < CHUNK_MAX ? count : CHUNK_MAX;
        reader->nodes = pool_array(reader->pool, count, sizeof *reader->nodes);
        reader->nodes_left = reader->nodes != NULL ? count : 0;
    }
    if (reader->nodes_left == 0) {
        fail(reader, "too many values");
        return NULL;
    }
    reader->nodes_left--;
    struct json *node = reader->nodes++;
    memset(node, 0, sizeof *node);
    return node;
}

static void skip_blanks(struct reader *reader) {
    while (reader->at < reader->end &&
           (*reader->at == ' ' || *reader->at == '\t' || *reader->at == '\n' || *reader->at == '\r')) {
        reader->at++;
    }
}

static bool next_is(const struct reader *reader, char byte) {
    return reader->at < reader->end && *reader->at == byte;
}

static bool take(struct reader *reader, char byte) {
    if (!next_is(reader, byte)) {
        return false;
    }
    reader->at++;
    return true;
}

/* ---- Strings (RFC 8259 §7) --------------------------------------------------------------------------------------------------- */

static inline vector has_meaning(vector bytes) {
    return (vector)((bytes - 0x20) > 0x7f - 0x20) | (vector)(bytes == '"') | (vector)(bytes == '\\');
}

/* The first byte that has a meaning inside a string: below 0x20, `"`, `\`, or beyond ASCII. Sixteen at a time as long as there
 * are sixteen; then any byte, for the caller to look at. */
static const char *skip_plain(const char *at, const char *end) {
    for (; end - at >= (ptrdiff_t)sizeof(vector); at += sizeof(vector)) {
        size_t first = vector_first(has_meaning(vector_load(at)));
        if (first < sizeof(vector)) {
            return at + first;
        }
    }
    return at;
}

static bool hex4(const char *at, uint32_t *ret_code) {
    uint32_t code = 0;
    for (int i = 0; i < 4; i++) {
        char byte = at[i];
        uint32_t digit = byte >= '0' && byte <= '9'   ? (uint32_t)(byte - '0')
                         : byte >= 'a' && byte <= 'f' ? (uint32_t)(byte - 'a' + 10)
                         : byte >= 'A' && byte <= 'F' ? (uint32_t)(byte - 'A' + 10)
                                                      : 16;
        if (digit > 15) {
            return false;
        }
        code = code << 4 | digit;
    }
    *ret_code = code;
    return true;
}

static char *put_utf8(char *out, uint32_t code) {
    if (code < 0x80) {
        *out++ = (char)code;
    } else if (code < 0x800) {
        *out++ = (char)(0xc0 | code >> 6);
        *out++ = (char)(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        *out++ = (char)(0xe0 | code >> 12);
        *out++ = (char)(0x80 | (code >> 6 & 0x3f));
        *out++ = (char)(0x80 | (code & 0x3f));
    } else {
        *out++ = (char)(0xf0 | code >> 18);
        *out++ = (char)(0x80 | (code >> 12 & 0x3f));
        *out++ = (char)(0x80 | (code >> 6 & 0x3f));
        *out++ = (char)(0x80 | (code & 0x3f));
    }
    return out;
}

/* \uXXXX, or two of them that are a surrogate pair; *at stands behind the u. */
static bool unescape_code(struct reader *reader, const char **at, const char *end, char **out) {
    uint32_t code = 0, low = 0;
    if (end - *at < 4 || !hex4(*at, &code)) {
        return fail(reader, "a \\u that is not followed by four hexadecimal digits");
    }
    *at += 4;
    if (code == 0) {
        return fail(reader, "a NUL in a string");
    }
    if (code >= 0xd800 && code <= 0xdbff) {
        if (end - *at < 6 || (*at)[0] != '\\' || (*at)[1] != 'u' || !hex4(*at + 2, &low) || low < 0xdc00 ||
            low > 0xdfff) {
            return fail(reader, "half of a surrogate pair");
        }
        *at += 6;
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    } else if (code >= 0xdc00 && code <= 0xdfff) {
        return fail(reader, "half of a surrogate pair");
    }
    *out = put_utf8(*out, code);
    return true;
}

static bool unescape(struct reader *reader, struct tam_str *text) {
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    char *start = pool_alloc(reader->pool, text->len);
    char *out = start;
    const char *at = text->ptr, *end = text->ptr + text->len;
    if (start == NULL) {
        return fail(reader, "too many values");
    }
    while (at < end) {
        if (*at != '\\') {
            *out++ = *at++;
            continue;
        }
        char which = at[1]; /* a backslash is never the last byte: it would have escaped the closing quote */
        const char *found = memchr(from, which, sizeof from - 1);
        at += 2;
        if (which == 'u') {
            if (!unescape_code(reader, &at, end, &out)) {
                return false;
            }
        } else if (found != NULL) {
            *out++ = to[found - from];
        } else {
            return fail(reader, "an unknown escape in a string");
        }
    }
    *text = (struct tam_str){ start, (size_t)(out - start) };
    return true;
}

/* Behind the opening quote. */
static bool read_string(struct reader *reader, struct tam_str *ret_text) {
    const char *start = reader->at, *at = start;
    bool escaped = false, beyond_ascii = false;
    for (;;) {
        at = skip_plain(at, reader->end);
        if (at == reader->end) {
            return fail(reader, "a string that does not end");
        }
        unsigned char byte = (unsigned char)*at;
        if (byte == '"') {
            break;
        }
        if (byte < 0x20) {
            return fail(reader, "a control character in a string");
        }
        beyond_ascii |= byte >= 0x80;
        if (byte == '\\') {
            escaped = true;
            at++;
            if (at == reader->end) {
                return fail(reader, "a string that does not end");
            }
        }
        at++;
    }
    *ret_text = (struct tam_str){ start, (size_t)(at - start) };
    reader->at = at + 1;
    if (beyond_ascii && !str_is_utf8(*ret_text)) {
        return fail(reader, "a string that is not UTF-8");
    }
    return !escaped || unescape(reader, ret_text);
}

/* ---- Numbers and words (RFC 8259 §6, §3) -------------------------------------------------------------------------------------- */

static bool skip_digits(struct reader *reader) {
    const char *start = reader->at;
    while (reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9') {
        reader->at++;
    }
    return reader->at > start;
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

/* Each time claim is asked for more than once, so its value is made here. */
static bool read_number(struct reader *reader, struct json *node) {
    const char *start = reader->at;
    node->integer = -1;
    take(reader, '-');
    if (!take(reader, '0') && !skip_digits(reader)) {
        return fail(reader, "something that is no value");
    }
    const char *end = reader->at;
    if (take(reader, '.') && !skip_digits(reader)) {
        return fail(reader, "a number without digits behind its point");
    }
    if (take(reader, 'e') || take(reader, 'E')) {
        if (!take(reader, '+')) {
            take(reader, '-');
        }
        if (!skip_digits(reader)) {
            return fail(reader, "a number without digits in its exponent");
        }
    }
    if (reader->at == end && *start != '-') {
        node->integer = digits_value(start, end);
    }
    return true;
}

static bool read_word(struct reader *reader, struct tam_str word) {
    if (!str_starts((struct tam_str){ reader->at, (size_t)(reader->end - reader->at) }, word)) {
        return fail(reader, "something that is no value");
    }
    reader->at += word.len;
    return true;
}

/* ---- Objects and arrays ----------------------------------------------------------------------------------------------------------- */

static bool read_value(struct reader *reader, struct json *node);

static bool append(struct members *members, struct json *node) {
    if (members->last == NULL) {
        members->first = node;
    } else {
        members->last->next = node;
    }
    members->last = node;
    members->count++;
    return true;
}

static uint64_t name_bit(struct tam_str name) {
    unsigned first = name.len > 0 ? (unsigned char)name.ptr[0] : 0;
    unsigned last = name.len > 0 ? (unsigned char)name.ptr[name.len - 1] : 0;
    return UINT64_C(1) << ((first * 5 + last * 3 + (unsigned)name.len * 11) & 63);
}

/* Against all before it, but only where its bit was seen, and only while they are few. */
static bool is_new(struct members *members, struct tam_str name) {
    uint64_t bit = name_bit(name);
    bool maybe = (members->seen & bit) != 0;
    members->seen |= bit;
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
static bool all_differ(struct reader *reader, const struct members *members) {
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
    return true;
}

static bool read_member(struct reader *reader, struct members *members) {
    struct json *node = node_new(reader);
    if (node == NULL) {
        return false;
    }
    if (!take(reader, '"')) {
        return fail(reader, "a member without a name");
    }
    if (!read_string(reader, &node->name)) {
        return false;
    }
    if (!is_new(members, node->name)) {
        return fail(reader, "a duplicate member");
    }
    skip_blanks(reader);
    if (!take(reader, ':')) {
        return fail(reader, "a member without a colon");
    }
    return read_value(reader, node) && append(members, node);
}

static bool read_element(struct reader *reader, struct members *members) {
    struct json *node = node_new(reader);
    return node != NULL && read_value(reader, node) && append(members, node);
}

/* Behind the opening bracket: items separated by commas, up to the closing one. */
static bool read_items(struct reader *reader, char closing, struct members *members) {
    skip_blanks(reader);
    if (take(reader, closing)) {
        return true;
    }
    for (;;) {
        skip_blanks(reader);
        if (closing == '}' ? !read_member(reader, members) : !read_element(reader, members)) {
            return false;
        }
        skip_blanks(reader);
        if (take(reader, closing)) {
            return true;
        }
        if (!take(reader, ',')) {
            return fail(reader, "items that no comma separates");
        }
    }
}

static bool read_nested(struct reader *reader, struct json *node) {
    struct members members = { 0 };
    bool object = *reader->at == '{';
    if (reader->depth == JSON_MAX_DEPTH) {
        return fail(reader, "objects or arrays nested too deep");
    }
    reader->at++;
    reader->depth++;
    node->type = object ? JSON_TYPE_OBJECT : JSON_TYPE_ARRAY;
    if (!read_items(reader, object ? '}' : ']', &members) ||
        (object && members.count > FEW_MEMBERS && !all_differ(reader, &members))) {
        return false;
    }
    reader->depth--;
    node->first = members.first;
    node->count = members.count;
    return true;
}

static bool read_plain(struct reader *reader, struct json *node) {
    switch (*reader->at) {
    case 't':
        node->type = JSON_TYPE_BOOL;
        return read_word(reader, STR("true"));
    case 'f':
        node->type = JSON_TYPE_BOOL;
        return read_word(reader, STR("false"));
    case 'n':
        node->type = JSON_TYPE_NULL;
        return read_word(reader, STR("null"));
    default:
        node->type = JSON_TYPE_NUMBER;
        return read_number(reader, node);
    }
}

static bool read_value(struct reader *reader, struct json *node) {
    skip_blanks(reader);
    const char *start = reader->at;
    bool good;
    if (start == reader->end) {
        return fail(reader, "a text that ends too early");
    }
    if (*start == '"') {
        node->type = JSON_TYPE_STRING;
        reader->at++;
        good = read_string(reader, &node->text);
    } else if (*start == '{' || *start == '[') {
        good = read_nested(reader, node);
    } else {
        good = read_plain(reader, node);
    }
    node->raw = (struct tam_str){ start, (size_t)(reader->at - start) };
    if (node->type != JSON_TYPE_STRING) {
        node->text = node->raw;
    }
    return good;
}

const struct json *json_read(struct tam_str text, const struct pool *pool, const char **ret_fault) {
    struct reader reader = { .at = text.ptr, .end = text.ptr + text.len, .pool = pool };
    struct json *node = text.len > 0 ? node_new(&reader) : NULL;
    if (node == NULL) {
        *ret_fault = text.len > 0 ? "too many values" : "a text that ends too early";
        return NULL;
    }
    bool good = read_value(&reader, node);
    skip_blanks(&reader);
    if (good && reader.at != reader.end) {
        good = fail(&reader, "something behind the value");
    }
    if (!good) {
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

bool json_to_integer(const struct json *value, int64_t *ret_number) {
    if (!json_is(value, JSON_TYPE_NUMBER) || value->integer < 0) {
        return false;
    }
    *ret_number = value->integer;
    return true;
}

/* ---- Writing ------------------------------------------------------------------------------------------------------------------------ */

/* One character that is not plain; returns its length. */
static size_t quote_one(struct buf *buf, struct tam_str text) {
    unsigned char byte = (unsigned char)text.ptr[0];
    if (byte == '"' || byte == '\\') {
        buf_add_byte(buf, '\\');
        buf_add_byte(buf, (char)byte);
        return 1;
    }
    if (byte < 0x80) {
        buf_format(buf, "\\u%04x", byte);
        return 1;
    }
    for (size_t len = 2; len <= 4 && len <= text.len; len++) {
        struct tam_str character = { text.ptr, len };
        if (str_is_utf8(character)) {
            buf_add(buf, character);
            return len;
        }
    }
    buf_add_text(buf, "\xef\xbf\xbd"); /* U+FFFD */
    return 1;
}

void json_quote(struct buf *buf, struct tam_str text) {
    buf_add_byte(buf, '"');
    while (text.len > 0) {
        size_t len = str_plain_length(text);
        buf_add(buf, (struct tam_str){ text.ptr, len });
        text = str_from(text, len);
        if (text.len > 0) {
            text = str_from(text, quote_one(buf, text));
        }
    }
    buf_add_byte(buf, '"');
}
