/* SPDX-License-Identifier: MIT
 *
 * The strict JSON reader: one walk over the text, which callers follow item by item (json_walk_next), for its faults
 * alone (json_scan), or into every depth (json_read). Longer than other files, because the three share the scanners of
 * strings, numbers and names, which the compiler puts into each of them.
 */
#include <config.h>

#include <src/base/arena.h>
#include <src/base/attr.h>
#include <src/base/index.h>
#include <src/base/json.h>
#include <src/base/json_text.h>
#include <src/base/str.h>
#include <src/base/simd.h>

#define CHUNK_MIN      4   /* nodes of a tree taken from the pool at once, */
#define CHUNK_MAX      32  /* by what is left to be read: */
#define NODE_TEXT      32  /* a value has about so many bytes of text */
#define LOOKS          128 /* names that a walk compares one by one; then a table compares them when the object closes */
#define SCAN_FIRST     1024 /* on the stack: claims of usual size need none of it */
#define SCAN_LIMIT     ((size_t)64 << 20)
#define INTEGER_MAX    (INT64_C(1) << 53)
#define INTEGER_DIGITS 16 /* of it; JSON allows no zeros in front */

/* Each function that reads takes where it begins, and returns where it stopped; NULL: the fault is told. */

const char json_no_memory[] = "too many values";

static COLD const char *fail(struct json_walk *walk, const char *fault) {
    if (walk->fault == NULL) {
        walk->fault = fault;
    }
    return NULL;
}

static const char *skip_blanks(const struct json_walk *walk, const char *at) {
    while (at < walk->end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r')) {
        at++;
    }
    return at;
}

static inline bool is_at(const struct json_walk *walk, const char *at, char byte) {
    return at < walk->end && *at == byte;
}

/* That byte, behind any blanks; between tokens there mostly are none. */
static inline bool find_next(const struct json_walk *walk, const char **at, char byte) {
    if (!is_at(walk, *at, byte)) {
        *at = skip_blanks(walk, *at);
    }
    return is_at(walk, *at, byte);
}

/* ---- Strings (RFC 8259 §7) ---- */

/* Below 0x20, `"`, `\`, or beyond ASCII, which is below 0x20, too, as signed bytes. With their bit 0x02 turned, `"`
 * is 0x20 and the blank is not. */
static inline vector has_meaning(vector bytes) {
    return (vector)((signed_vector)(bytes ^ 0x02) < 0x21) | (vector)(bytes == '\\');
}

/* Of the last bytes of a text, too few to be loaded at once. */
static __attribute__((noinline)) const char *skip_plain_last(const char *at, const char *end) {
    return at + vector_first(has_meaning(vector_part(at, (size_t)(end - at), '"')));
}

/* The first byte that has a meaning inside a string. */
static inline const char *skip_plain(const char *at, const char *end) {
    size_t left = (size_t)(end - at);
    for (; left >= sizeof(vector); left -= sizeof(vector), at += sizeof(vector)) {
        size_t first;
        if (vector_finds(has_meaning(vector_load(at)), &first)) {
            return at + first;
        }
    }
    return left > 0 ? skip_plain_last(at, end) : at;
}

/* One character that is not plain, or plain ones up to the next that is not. */
static inline const char *read_character(struct json_walk *walk, const char *at) {
    unsigned char byte = (unsigned char)*at;
    uint32_t code;
    if (byte == '\\') {
        return json_read_escape(at + 1, walk->end, &code, &walk->fault);
    }
    if (byte >= 0x80) {
        size_t len = str_utf8_length(at, (size_t)(walk->end - at));
        return len > 0 ? at + len : fail(walk, "a string that is not UTF-8");
    }
    if (byte < 0x20) {
        return fail(walk, "a control character in a string");
    }
    return skip_plain(at, walk->end);
}

/* Whether escapes are undone, or only checked. */
enum undo { NEVER_UNDO, UNDO_UNLESS_KNOWN, UNDO };

/* A string whose closing quote does not follow `at`, which is inside: it has an escape, a letter beyond ASCII, or a
 * fault. */
static __attribute__((noinline)) const char *read_unusual(struct json_walk *walk, const char *start, const char *at,
                                                          struct tam_str *ret_text, enum undo undo) {
    bool escaped = false;
    while (!is_at(walk, at, '"')) {
        if (at == walk->end) {
            return fail(walk, "a string that does not end");
        }
        escaped = escaped || *at == '\\';
        at = read_character(walk, at);
        if (at == NULL) {
            return NULL;
        }
    }
    if (ret_text == NULL) {
        return at + 1;
    }
    *ret_text = (struct tam_str){ start, (size_t)(at - start) };
    if (!escaped || undo == NEVER_UNDO || (undo == UNDO_UNLESS_KNOWN && walk->known)) {
        return at + 1;
    }
    return json_unescape(ret_text, walk->pool) ? at + 1 : fail(walk, json_no_memory);
}

/* Behind the opening quote. Escapes are checked, and undone where that is wanted. ret_text may be NULL. */
static inline __attribute__((always_inline)) const char *read_string(struct json_walk *walk, const char *at,
                                                                     struct tam_str *ret_text, enum undo undo) {
    const char *end = skip_plain(at, walk->end);
    if (!is_at(walk, end, '"')) {
        return read_unusual(walk, at, end, ret_text, undo);
    }
    if (ret_text != NULL) {
        *ret_text = (struct tam_str){ at, (size_t)(end - at) };
    }
    return end + 1;
}

/* ---- Numbers and words (RFC 8259 §6, §3) ---- */

static inline vector no_digit(vector bytes) {
    return (vector)((vector)(bytes - '0') > 9);
}

/* Times have ten digits. */
static inline const char *skip_digits(const struct json_walk *walk, const char *at) {
    size_t first;
    if (walk->end - at >= (ptrdiff_t)sizeof(vector) && vector_finds(no_digit(vector_load(at)), &first)) {
        return at + first;
    }
    while (at < walk->end && *at >= '0' && *at <= '9') {
        at++;
    }
    return at;
}

/* Behind the whole part. */
static __attribute__((noinline)) const char *read_fraction(struct json_walk *walk, const char *at) {
    if (is_at(walk, at, '.')) {
        const char *digits = at + 1;
        at = skip_digits(walk, digits);
        if (at == digits) {
            return fail(walk, "a number without digits behind its point");
        }
    }
    if (is_at(walk, at, 'e') || is_at(walk, at, 'E')) {
        at++;
        const char *digits = at + (is_at(walk, at, '+') || is_at(walk, at, '-'));
        at = skip_digits(walk, digits);
        if (at == digits) {
            return fail(walk, "a number without digits in its exponent");
        }
    }
    return at;
}

/* *ret_whole: behind its digits, before any fraction. */
static inline const char *read_number(struct json_walk *walk, const char *at, const char **ret_whole) {
    const char *digits = at + (*at == '-');
    const char *behind = is_at(walk, digits, '0') ? digits + 1 : skip_digits(walk, digits);
    *ret_whole = behind;
    if (behind == digits) {
        return fail(walk, "something that is no value");
    }
    return behind < walk->end && (*behind == '.' || (*behind | 0x20) == 'e') ? read_fraction(walk, behind) : behind;
}

/* Converts an integer while parsing (node->integer; -1 beyond INTEGER_MAX): exp, nbf and iat are read several times. */
static int64_t integer_of(const char *at, const char *end) {
    int64_t value = 0;
    if (*at == '-' || end - at > INTEGER_DIGITS) {
        return -1;
    }
    for (; at < end; at++) {
        value = value * 10 + (*at - '0');
    }
    return value <= INTEGER_MAX ? value : -1;
}

/* The integer is -1 where there is more than digits. */
static inline const char *read_integer(struct json_walk *walk, const char *start, int64_t *ret_integer) {
    const char *whole, *at = read_number(walk, start, &whole);
    *ret_integer = at != NULL && at == whole ? integer_of(start, at) : -1;
    return at;
}

static const char *read_word(struct json_walk *walk, const char *at, struct tam_str word) {
    if (!str_starts((struct tam_str){ at, (size_t)(walk->end - at) }, word)) {
        return fail(walk, "something that is no value");
    }
    return at + word.len;
}

static __attribute__((noinline)) const char *read_words(struct json_walk *walk, const char *at) {
    return read_word(walk, at, *at == 't' ? STR("true") : *at == 'f' ? STR("false") : STR("null"));
}

static inline __attribute__((always_inline)) const char *read_plain(struct json_walk *walk, const char *at) {
    const char *whole;
    return *at <= '9' ? read_number(walk, at, &whole) : read_words(walk, at);
}

static inline enum json_type type_of(char first) {
    switch (first) {
    case '"':
        return JSON_TYPE_STRING;
    case '{':
        return JSON_TYPE_OBJECT;
    case '[':
        return JSON_TYPE_ARRAY;
    case 'n':
        return JSON_TYPE_NULL;
    case 't':
    case 'f':
        return JSON_TYPE_BOOL;
    default:
        return JSON_TYPE_NUMBER;
    }
}

/* ---- Names ---- */

static COLD bool names_grow(struct json_walk *walk) {
    struct tam_str *names = pool_array(walk->pool, (size_t)walk->name_room * 2, sizeof *names);
    if (names == NULL) {
        fail(walk, json_no_memory);
        return false;
    }
    memcpy(names, walk->names, walk->name_count * sizeof *names);
    walk->names = names;
    walk->name_room *= 2;
    return true;
}

/* Also of an empty name, which stands between two quotes; what had an escape is not empty. */
static inline unsigned name_hash(struct tam_str name) {
    return (unsigned char)name.ptr[0] * 5u + (unsigned char)name.ptr[(ptrdiff_t)name.len - 1] * 29u +
           (unsigned)name.len * 11u;
}

/* Against all before it, but only so often in all. */
static __attribute__((noinline)) bool is_other(struct json_walk *walk, struct json_level *level, struct tam_str name) {
    unsigned before = walk->name_count - level->first_name;
    if (before > walk->looks) {
        level->is.unsure = true;
        return true;
    }
    walk->looks -= before;
    return !list_has((struct tam_list){ walk->names + level->first_name, before }, name);
}

static inline bool name_add(struct json_walk *walk, struct json_level *level, struct tam_str name) {
    if (walk->name_count == walk->name_room) {
        if (walk->known) {
            return true;
        }
        if (!names_grow(walk)) {
            return false;
        }
    }
    unsigned hash = name_hash(name);
    if (walk->name_count == level->first_name) {
        memset(level->seen, 0, sizeof level->seen);
    }
    uint64_t *seen = &level->seen[hash / 64 % 4], bit = UINT64_C(1) << hash % 64;
    if ((*seen & bit) != 0 && !is_other(walk, level, name)) {
        fail(walk, "a duplicate member");
        return false;
    }
    *seen |= bit;
    walk->names[walk->name_count++] = name;
    return true;
}

/* When an object closes of which not all names were compared one by one. */
static COLD bool names_differ(struct json_walk *walk, const struct json_level *level) {
    size_t count = walk->name_count - level->first_name;
    struct index index;
    if (!index_open(&index, walk->names + level->first_name, count, false, walk->pool)) {
        fail(walk, json_no_memory);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!index_add(&index, i)) {
            fail(walk, "a duplicate member");
            return false;
        }
    }
    return true;
}

/* Up to the member's value. */
static inline __attribute__((always_inline)) const char *read_name(struct json_walk *walk, const char *at,
                                                                   struct json_level *level, struct tam_str *ret_name) {
    if (!find_next(walk, &at, '"')) {
        return fail(walk, "a member without a name");
    }
    at = read_string(walk, at + 1, ret_name, UNDO_UNLESS_KNOWN);
    if (at == NULL || !name_add(walk, level, *ret_name)) {
        return NULL;
    }
    return find_next(walk, &at, ':') ? at + 1 : fail(walk, "a member without a colon");
}

/* ---- Objects and arrays ---- */

/* From the opening bracket on. */
static inline const char *level_open(struct json_walk *walk, const char *at) {
    if (walk->depth == JSON_MAX_DEPTH) {
        return fail(walk, "objects or arrays nested too deep");
    }
    struct json_level *level = &walk->levels[++walk->depth];
    /* `{` and `}`, `[` and `]` are two apart */
    level->is = (struct json_level_is){ .closing = (char)(*at + 2), .object = *at == '{' };
    level->count = 0;
    level->first_name = walk->name_count;
    walk->level = level;
    return at + 1;
}

/* When its closing bracket was read. The level stays readable, behind the one that is the innermost now, until
 * another one opens. False: the fault is told. */
static inline bool level_close(struct json_walk *walk, const struct json_level *level) {
    if (level->is.unsure && !names_differ(walk, level)) {
        return false;
    }
    walk->name_count = level->first_name;
    walk->depth--;
    walk->level = &walk->levels[walk->depth];
    return true;
}

/* Whether there is no further item, and *at is at the closing bracket; else it is where one should begin. */
static inline bool closes(const struct json_walk *walk, const struct json_level *level, const char **at) {
    if (*at < walk->end && **at <= ' ') {
        *at = skip_blanks(walk, *at);
    }
    return is_at(walk, *at, level->is.closing);
}

/* From where an item should begin to its value. */
static inline __attribute__((always_inline)) const char *item_begin(struct json_walk *walk, struct json_level *level,
                                                                    const char *at, struct tam_str *ret_name) {
    if (level->count++ > 0) {
        if (!is_at(walk, at, ',')) {
            return fail(walk, "items that no comma separates");
        }
        at++;
    }
    if (level->is.object) {
        return read_name(walk, at, level, ret_name);
    }
    *ret_name = STR_NONE;
    return at;
}

/* To the value of the next item of the innermost level. NULL also where there is none: then no fault is told, and
 * walk->at is behind the closing bracket. */
static inline __attribute__((always_inline)) const char *next_item(struct json_walk *walk, const char *at,
                                                                   struct tam_str *ret_name) {
    struct json_level *level = walk->level;
    if (!closes(walk, level, &at)) {
        return item_begin(walk, level, at, ret_name);
    }
    if (level_close(walk, level)) {
        walk->at = at + 1;
    }
    return NULL;
}

static inline const char *value_begin(struct json_walk *walk, const char *at) {
    if (at<walk->end && * at> ' ') {
        return at;
    }
    at = skip_blanks(walk, at);
    return at < walk->end ? at : fail(walk, "a text that ends too early");
}

/* Checks an object or array, from its opening bracket on: its level is then the one behind the innermost. */
static HOT const char *skip_nested(struct json_walk *walk, const char *at) {
    unsigned depth = walk->depth;
    struct tam_str name;
    at = level_open(walk, at);
    while (at != NULL && walk->depth > depth) {
        struct json_level *level = walk->level;
        if (closes(walk, level, &at)) {
            at = level_close(walk, level) ? at + 1 : NULL;
            continue;
        }
        at = item_begin(walk, level, at, &name);
        at = at != NULL ? value_begin(walk, at) : NULL;
        if (at == NULL) {
            return NULL;
        }
        if (*at == '"') {
            at = read_string(walk, at + 1, NULL, NEVER_UNDO);
            continue;
        }
        level->is.others = true;
        at = *at == '{' || *at == '[' ? level_open(walk, at) : read_plain(walk, at);
    }
    return at;
}

/* A value that begins here, without making anything of it. */
static inline const char *value_skip(struct json_walk *walk, const char *at) {
    if (*at == '"') {
        return read_string(walk, at + 1, NULL, NEVER_UNDO);
    }
    return *at == '{' || *at == '[' ? skip_nested(walk, at) : read_plain(walk, at);
}

/* ---- Walking ---- */

static void walk_init(struct json_walk *walk, struct tam_str text, const struct pool *pool) {
    walk->fault = NULL;
    walk->at = text.ptr;
    walk->end = text.ptr + text.len;
    walk->pool = pool;
    walk->depth = 0;
    walk->level = walk->levels;
    walk->looks = LOOKS;
    walk->name_count = 0;
    walk->name_room = JSON_NAMES_FEW;
    walk->names = walk->few;
    walk->known = false;
}

/* The text was found good before: its names need no room, for they are not compared again. */
static void walk_known(struct json_walk *walk) {
    walk->known = true;
    walk->name_room = 0;
}

/* `at`: where the outermost value ends. There is no more. */
static bool walk_end(struct json_walk *walk, const char *at) {
    if (at != NULL && skip_blanks(walk, at) != walk->end) {
        at = fail(walk, "something behind the value");
    }
    walk->at = NULL;
    return at != NULL;
}

HOT bool json_walk_begin(struct json_walk *walk, struct tam_str text, const struct pool *pool,
                         enum json_type *ret_type) {
    walk_init(walk, text, pool);
    const char *at = value_begin(walk, walk->at);
    walk->at = NULL;
    if (at == NULL) {
        return false;
    }
    *ret_type = type_of(*at);
    if (*ret_type >= JSON_TYPE_ARRAY) {
        walk->at = level_open(walk, at);
        return true;
    }
    return walk_end(walk, value_skip(walk, at));
}

/* The value that begins here. */
static inline const char *item_read(struct json_walk *walk, const char *start, struct json_item *item) {
    const char *at = start;
    item->type = type_of(*start);
    item->count = 0;
    item->strings = false;
    item->integer = -1;
    if (item->type == JSON_TYPE_STRING) {
        at = read_string(walk, start + 1, &item->text, UNDO);
    } else if (item->type >= JSON_TYPE_ARRAY) {
        const struct json_level *level = &walk->levels[walk->depth + 1];
        at = skip_nested(walk, start);
        if (at != NULL) {
            item->count = level->count;
            item->strings = !level->is.object && !level->is.others;
        }
    } else if (item->type == JSON_TYPE_NUMBER) {
        at = read_integer(walk, start, &item->integer);
    } else {
        at = read_words(walk, start);
    }
    if (at == NULL) {
        return NULL;
    }
    item->raw = (struct tam_str){ start, (size_t)(at - start) };
    if (item->type != JSON_TYPE_STRING) {
        item->text = item->raw;
    }
    return at;
}

/* To the value of the next item of the outermost value, or to the end of all. */
static inline __attribute__((always_inline)) const char *outermost_next(struct json_walk *walk,
                                                                        struct tam_str *ret_name) {
    if (walk->at == NULL) {
        return NULL;
    }
    const char *at = next_item(walk, walk->at, ret_name);
    if (at == NULL) {
        walk_end(walk, walk->fault == NULL ? walk->at : NULL);
        return NULL;
    }
    return value_begin(walk, at);
}

HOT bool json_walk_next(struct json_walk *walk, struct json_item *ret_item) {
    const char *at = outermost_next(walk, &ret_item->name);
    walk->at = at != NULL ? item_read(walk, at, ret_item) : NULL;
    return walk->at != NULL;
}

void json_walk_again(struct json_walk *walk, struct tam_str raw, const struct pool *pool) {
    enum json_type type;
    json_walk_begin(walk, raw, pool, &type);
    walk_known(walk);
}

bool json_item_again(struct tam_str raw, const struct pool *pool, struct json_item *ret_item) {
    struct json_walk walk;
    walk_init(&walk, raw, pool);
    walk_known(&walk);
    ret_item->name = STR_NONE;
    return item_read(&walk, raw.ptr, ret_item) != NULL;
}

/* A name that holds a backslash is never written as it is. */
static bool name_is(struct tam_str as_written, struct tam_str name) {
    return (str_equal(as_written, name) && str_find(name, '\\') == name.len) ||
           (str_find(as_written, '\\') < as_written.len && json_escaped_is(as_written, name));
}

bool json_find(struct tam_str object, struct tam_str name, struct tam_str *ret_raw) {
    struct json_walk walk;
    struct tam_str found = STR_NONE;
    json_walk_again(&walk, object, NULL);
    if (walk.at == NULL || !walk.level->is.object) {
        return false;
    }
    const char *start = outermost_next(&walk, &found);
    while (start != NULL) {
        walk.at = value_skip(&walk, start);
        if (walk.at != NULL && name_is(found, name)) {
            *ret_raw = (struct tam_str){ start, (size_t)(walk.at - start) };
            return true;
        }
        start = outermost_next(&walk, &found);
    }
    return false;
}

/* Nearly always another first letter says that it is not. */
static inline bool is_sought(struct tam_str name, struct tam_str sought) {
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): no empty name is sought */
    return name.len == sought.len && name.ptr[0] == sought.ptr[0] && str_equal(name, sought);
}

static HOT const char *scan(struct tam_str text, struct tam_list names, const struct pool *pool,
                            struct json_scan *ret_scan) {
    struct json_walk walk;
    struct tam_str name;
    *ret_scan = (struct json_scan){ .found = 0 };
    json_walk_begin(&walk, text, pool, &ret_scan->type);
    const char *start = outermost_next(&walk, &name);
    while (start != NULL) {
        walk.at = value_skip(&walk, start);
        for (size_t i = 0; i < names.count; i++) {
            if (is_sought(name, names.items[i]) && *start != 'n') {
                ret_scan->found |= UINT32_C(1) << i;
            }
        }
        start = outermost_next(&walk, &name);
    }
    return walk.fault;
}

HOT const char *json_scan(struct tam_str text, struct tam_list names, struct json_scan *ret_scan) {
    char first[SCAN_FIRST];
    struct arena arena;
    arena_init(&arena, first, sizeof first, SCAN_LIMIT);
    const struct pool pool = arena_pool(&arena);
    const char *fault = scan(text, names, &pool, ret_scan);
    arena_free(&arena);
    return fault;
}

/* ---- Trees ---- */

struct tree {
    struct json_walk walk;
    struct json *nodes; /* taken from the pool and not used yet */
    size_t nodes_left;
};

static struct json *node_new(struct tree *tree, const char *at) {
    if (tree->nodes_left == 0) {
        size_t count = (size_t)(tree->walk.end - at) / NODE_TEXT + CHUNK_MIN;
        count = count < CHUNK_MAX ? count : CHUNK_MAX;
        tree->nodes = pool_array(tree->walk.pool, count, sizeof *tree->nodes);
        if (tree->nodes == NULL) {
            fail(&tree->walk, json_no_memory);
            return NULL;
        }
        tree->nodes_left = count;
    }
    tree->nodes_left--;
    struct json *node = tree->nodes++;
    *node = (struct json){ .name = STR_NONE };
    return node;
}

static const char *node_read(struct tree *tree, const char *at, struct json *node);

/* Behind the opening bracket, up to the closing one. */
static const char *nodes_read(struct tree *tree, const char *at, struct json *parent) {
    struct json_walk *walk = &tree->walk;
    const struct json **last = &parent->first;
    for (;;) {
        struct tam_str name = STR_NONE;
        at = next_item(walk, at, &name);
        if (at == NULL) {
            return walk->fault == NULL ? walk->at : NULL;
        }
        struct json *node = node_new(tree, at);
        at = node != NULL ? node_read(tree, at, node) : NULL;
        if (at == NULL) {
            return NULL;
        }
        node->name = name;
        parent->count++;
        *last = node;
        last = &node->next;
    }
}

static const char *node_read(struct tree *tree, const char *at, struct json *node) {
    struct json_walk *walk = &tree->walk;
    const char *start = value_begin(walk, at);
    if (start == NULL) {
        return NULL;
    }
    node->type = type_of(*start);
    if (node->type == JSON_TYPE_STRING) {
        at = read_string(walk, start + 1, &node->text, UNDO);
    } else if (node->type >= JSON_TYPE_ARRAY) {
        at = level_open(walk, start);
        at = at != NULL ? nodes_read(tree, at, node) : NULL;
    } else if (node->type == JSON_TYPE_NUMBER) {
        at = read_integer(walk, start, &node->integer);
    } else {
        at = read_words(walk, start);
    }
    if (at == NULL) {
        return NULL;
    }
    node->raw = (struct tam_str){ start, (size_t)(at - start) };
    if (node->type != JSON_TYPE_STRING) {
        node->text = node->raw;
    }
    return at;
}

const struct json *json_read(struct tam_str text, const struct pool *pool, const char **ret_fault) {
    struct tree tree = { .nodes_left = 0 };
    walk_init(&tree.walk, text, pool);
    struct json *node = node_new(&tree, text.ptr);
    if (node != NULL && walk_end(&tree.walk, node_read(&tree, text.ptr, node))) {
        return node;
    }
    *ret_fault = tree.walk.fault;
    return NULL;
}

/* ---- Looking at values ---- */

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
