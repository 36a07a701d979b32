/* SPDX-License-Identifier: MIT
 *
 * Options: words to values.
 */
#include <config.h>

#include <src/base/buf.h>
#include <src/base/owner.h>
#include <src/base/quote.h>
#include <src/base/str.h>
#include <src/base/url.h>
#include <src/option.h>

#include <inttypes.h>

#define SECRET_MAX 65536
#define KEY_MAX    64
#define LIST_MAX   1024

/* One option on its way. */
struct parsing {
    const struct tam_option *option;
    const struct option_reading *reading;
    struct tam_str text; /* as written */
    struct buf *why;     /* one sentence without the option's name */
};

static bool refuse(struct parsing *parsing, const char *expected) {
    buf_add_text(parsing->why, "must be ");
    buf_add_text(parsing->why, expected);
    buf_add_text(parsing->why, ", not ");
    quote_add(parsing->why, parsing->text);
    return false;
}

/* ---- Types: one row each ------------------------------------------------------------------------------------------------------ */

/* A number and a unit, one letter of `units`, each worth its factor. */
static bool scaled(struct tam_str text, const char *units, const int64_t *factors, int64_t *ret_number) {
    int64_t factor = 1, number = 0;
    const char *unit = text.len > 0 ? strchr(units, text.ptr[text.len - 1]) : NULL;
    if (unit != NULL && *unit != '\0') {
        factor = factors[unit - units];
        text.len--;
    }
    if (!str_number(text, INT64_MAX / factor, &number)) {
        return false;
    }
    *ret_number = number * factor;
    return true;
}

static bool in_range(struct parsing *parsing, int64_t number) {
    const struct tam_option *option = parsing->option;
    if ((option->min == 0 && option->max == 0) || (number >= option->min && number <= option->max)) {
        return true;
    }
    buf_format(parsing->why, "must be %" PRId64 " to %" PRId64 "%s, not ", option->min, option->max,
               option->type == TAM_OPT_DURATION ? " seconds"
               : option->type == TAM_OPT_SIZE   ? " bytes"
                                                : "");
    quote_add(parsing->why, parsing->text);
    return false;
}

static bool right_length(struct parsing *parsing, struct tam_str text) {
    const struct tam_option *option = parsing->option;
    if ((option->min == 0 && option->max == 0) ||
        ((int64_t)text.len >= option->min && (int64_t)text.len <= option->max)) {
        return true;
    }
    buf_format(parsing->why, "must have %" PRId64 " to %" PRId64 " bytes, not %zu", option->min, option->max, text.len);
    return false;
}

static bool parse_string(struct parsing *parsing, struct tam_value *value) {
    if (parsing->text.len == 0) {
        buf_add_text(parsing->why, "must not be empty");
        return false;
    }
    if (!str_is_utf8(parsing->text)) {
        buf_add_text(parsing->why, "is not UTF-8");
        return false;
    }
    value->text = parsing->text;
    return right_length(parsing, parsing->text);
}

static bool parse_int(struct parsing *parsing, struct tam_value *value) {
    bool negative = str_starts(parsing->text, STR("-"));
    int64_t number = 0;
    if (!str_number(str_from(parsing->text, negative), INT64_MAX, &number)) {
        return refuse(parsing, "a whole number");
    }
    value->number = negative ? -number : number;
    return in_range(parsing, value->number);
}

static bool parse_duration(struct parsing *parsing, struct tam_value *value) {
    static const int64_t factors[] = { 1, 60, 3600, 86400 };
    if (!scaled(parsing->text, "smhd", factors, &value->number)) {
        return refuse(parsing, "seconds, or a whole number with s, m, h or d");
    }
    return in_range(parsing, value->number);
}

static bool parse_size(struct parsing *parsing, struct tam_value *value) {
    static const int64_t factors[] = { 1 << 10, 1 << 20, 1 << 30 };
    if (!scaled(parsing->text, "KMG", factors, &value->number)) {
        return refuse(parsing, "bytes, or a whole number with K, M or G");
    }
    return in_range(parsing, value->number);
}

static bool parse_bool(struct parsing *parsing, struct tam_value *value) {
    value->number = str_equal(parsing->text, STR("yes"));
    return value->number == 1 || str_equal(parsing->text, STR("no")) || refuse(parsing, "yes or no");
}

static bool parse_url(struct parsing *parsing, struct tam_value *value) {
    struct url url;
    const char *fault = NULL;
    if (!url_split(parsing->text, &url, &fault)) {
        buf_add_text(parsing->why, fault);
        buf_add_text(parsing->why, ": ");
        quote_add(parsing->why, parsing->text);
        return false;
    }
    value->text = parsing->text;
    return right_length(parsing, parsing->text);
}

static bool parse_guid(struct parsing *parsing, struct tam_value *value) {
    char *lower = arena_alloc(parsing->reading->memory, parsing->text.len + 1);
    if (lower == NULL || !str_is_guid(parsing->text)) {
        return refuse(parsing, "a GUID (8-4-4-4-12 hexadecimal digits)");
    }
    str_lower(parsing->text, lower);
    lower[parsing->text.len] = '\0';
    value->text = (struct tam_str){ lower, parsing->text.len };
    return true;
}

static void list_choices(struct buf *buf, const char *const *choices) {
    for (size_t i = 0; choices[i] != NULL; i++) {
        buf_add_text(buf, i == 0 ? "" : choices[i + 1] != NULL ? ", " : " or ");
        buf_add_text(buf, choices[i]);
    }
}

static bool parse_enum(struct parsing *parsing, struct tam_value *value) {
    struct buf expected;
    for (size_t i = 0; parsing->option->choices[i] != NULL; i++) {
        if (str_equal(parsing->text, str_of(parsing->option->choices[i]))) {
            value->number = (int64_t)i;
            value->text = parsing->text;
            return true;
        }
    }
    buf_init(&expected, 1024);
    list_choices(&expected, parsing->option->choices);
    refuse(parsing, expected.ptr != NULL ? expected.ptr : "one of the choices");
    buf_free(&expected);
    return false;
}

static bool parse_file(struct parsing *parsing, struct tam_value *value) {
    if (!parse_string(parsing, value)) {
        return false;
    }
    value->text = str_of(path_in(parsing->reading->folder, parsing->text, parsing->reading->memory));
    return value->text.len > 0;
}

static bool parse_secret(struct parsing *parsing, struct tam_value *value) {
    value->text = parsing->text;
    if (parsing->text.len == 0) {
        buf_add_text(parsing->why, "is empty");
        return false;
    }
    return right_length(parsing, parsing->text);
}

static const struct option_type {
    uint32_t type;
    const char *name;
    bool may_be_list;
    bool (*parse)(struct parsing *, struct tam_value *);
} types[] = {
    { TAM_OPT_STRING, "string", true, parse_string },
    { TAM_OPT_INT, "integer", true, parse_int },
    { TAM_OPT_DURATION, "duration", false, parse_duration },
    { TAM_OPT_SIZE, "size", false, parse_size },
    { TAM_OPT_BOOL, "boolean", false, parse_bool },
    { TAM_OPT_URL, "URL", true, parse_url },
    { TAM_OPT_GUID, "GUID", true, parse_guid },
    { TAM_OPT_ENUM, "enum", true, parse_enum },
    { TAM_OPT_FILE, "file", false, parse_file },
    { TAM_OPT_SECRET, "secret", false, parse_secret },
};

static const struct option_type *type_of(uint32_t type) {
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (types[i].type == (type & ~(uint32_t)TAM_OPT_LIST)) {
            return &types[i];
        }
    }
    return NULL;
}

const char *option_type_name(uint32_t type) {
    const struct option_type *row = type_of(type);
    return row != NULL ? row->name : NULL;
}

bool option_is_list(const struct tam_option *option) {
    return (option->type & TAM_OPT_LIST) != 0;
}

const struct tam_option *option_row(const struct option_table *table, uint32_t row) {
    return (const struct tam_option *)(const void *)((const char *)table->rows + (size_t)row * table->stride);
}

static bool parse_one(struct parsing *parsing, struct tam_value *value) {
    const struct option_type *type = type_of(parsing->option->type);
    return type != NULL && type->parse(parsing, value);
}

/* ---- Values ------------------------------------------------------------------------------------------------------------------------ */

static size_t count_commas(struct tam_str text) {
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++) {
        count += text.ptr[i] == ',';
    }
    return count;
}

static bool parse_entry(struct parsing *parsing, struct tam_str entry, struct tam_list *list, struct tam_str *items) {
    struct tam_value value = { 0 };
    struct pool pool = arena_pool(parsing->reading->memory);
    if (entry.len == 0) {
        buf_add_text(parsing->why, "has an empty entry");
        return false;
    }
    if (!pool_copy(&pool, entry, &parsing->text) || !parse_one(parsing, &value)) {
        return false;
    }
    value.text = value.text.ptr != NULL ? value.text : parsing->text;
    if (list_has(*list, value.text)) {
        buf_add_text(parsing->why, "has an entry twice: ");
        quote_add(parsing->why, value.text);
        return false;
    }
    items[list->count++] = value.text;
    return true;
}

static bool parse_list(struct parsing *parsing, struct tam_value *value) {
    struct tam_str whole = parsing->text, rest = whole, entry;
    size_t count = count_commas(whole) + 1;
    struct tam_str *items = count <= LIST_MAX ? arena_alloc(parsing->reading->memory, count * sizeof *items) : NULL;
    struct tam_list list = { items, 0 };
    if (items == NULL) {
        buf_add_text(parsing->why, "is too long a list");
        return false;
    }
    if (whole.len == 0 || str_ends(whole, STR(","))) {
        buf_add_text(parsing->why, "has an empty entry");
        return false;
    }
    while (str_cut(&rest, ',', &entry)) {
        if (!parse_entry(parsing, entry, &list, items)) {
            return false;
        }
    }
    value->text = whole;
    value->list = list;
    return true;
}

static bool parse_value(struct parsing *parsing, struct tam_value *value) {
    struct tam_str written = parsing->text;
    bool good = option_is_list(parsing->option) ? parse_list(parsing, value) : parse_one(parsing, value);
    if (good && value->text.ptr == NULL) {
        value->text = written;
    }
    return good;
}

/* ---- Rows --------------------------------------------------------------------------------------------------------------------------- */

static bool is_key(const char *key) {
    size_t len = key != NULL ? strnlen(key, KEY_MAX + 1) : 0;
    for (size_t i = 0; i < len; i++) {
        bool good = (key[i] >= 'a' && key[i] <= 'z') || (key[i] >= '0' && key[i] <= '9') || key[i] == '_';
        if (!good) {
            return false;
        }
    }
    return len > 0 && len <= KEY_MAX;
}

/* A default that is itself refused, but for a secret: a default secret is no secret. */
static bool default_is_good(const struct tam_option *option) {
    struct arena memory;
    struct buf why;
    struct tam_value value = { 0 };
    struct option_reading reading = { .memory = &memory, .folder = "/" };
    arena_init(&memory, NULL, 0, 1 << 20);
    buf_init(&why, 1024);
    struct parsing parsing = { option, &reading, str_of(option->fallback), &why };
    bool good = option->type != TAM_OPT_SECRET && parse_value(&parsing, &value);
    buf_free(&why);
    arena_free(&memory);
    return good;
}

const char *option_table_fault(const struct option_table *table, uint32_t row) {
    const struct tam_option *option = option_row(table, row);
    const struct option_type *type = type_of(option->type);
    if (!is_key(option->key)) {
        return "its key is not made of lower-case letters, digits and underscores";
    }
    for (uint32_t i = 0; i < row; i++) {
        if (strcmp(option_row(table, i)->key, option->key) == 0) {
            return "its key is there twice";
        }
    }
    if (type == NULL || (option_is_list(option) && !type->may_be_list)) {
        return "its type is unknown";
    }
    if (type->type == TAM_OPT_ENUM && (option->choices == NULL || option->choices[0] == NULL)) {
        return "it has no choices";
    }
    if (option->help == NULL || option->min > option->max) {
        return "it has no help, or its range is empty";
    }
    if (option->fallback != NULL && !default_is_good(option)) {
        return "its default is not a value of its type";
    }
    return NULL;
}

/* ---- Finding the row of a word --------------------------------------------------------------------------------------------------------- */

/* Levenshtein, with one row kept. */
static size_t edit_distance(struct tam_str a, struct tam_str b) {
    size_t row[KEY_MAX + 8];
    if (a.len > KEY_MAX || b.len > KEY_MAX) {
        return SIZE_MAX;
    }
    for (size_t j = 0; j <= b.len; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= a.len; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            size_t change = diagonal + (a.ptr[i - 1] != b.ptr[j - 1]);
            size_t other = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            diagonal = row[j];
            row[j] = change < other ? change : other;
        }
    }
    return row[b.len];
}

static const char *nearest_key(const struct option_table *table, struct tam_str key) {
    const char *nearest = NULL;
    size_t best = key.len / 2 + 1;
    for (uint32_t i = 0; i < table->count; i++) {
        size_t distance = edit_distance(key, str_of(option_row(table, i)->key));
        if (distance < best) {
            best = distance;
            nearest = option_row(table, i)->key;
        }
    }
    return nearest;
}

static bool is_secret_file(const struct tam_option *option, struct tam_str key) {
    struct tam_str own = str_of(option->key);
    return option->type == TAM_OPT_SECRET && str_starts(key, own) && str_equal(str_from(key, own.len), STR("_file"));
}

/* table->count where there is none. */
static uint32_t find_row(const struct option_table *table, struct tam_str key, bool *ret_secret_file) {
    for (uint32_t i = 0; i < table->count; i++) {
        const struct tam_option *option = option_row(table, i);
        *ret_secret_file = is_secret_file(option, key);
        if (*ret_secret_file || str_equal(str_of(option->key), key)) {
            return i;
        }
    }
    return table->count;
}

/* ---- Reading ------------------------------------------------------------------------------------------------------------------------------ */

static bool fault(const struct option_reading *reading, unsigned line, const struct option_table *table,
                  struct tam_str key, const char *what) {
    faults_add(reading->faults, TAM_LOG_ERROR, reading->file, line, "%s: %.*s %s", table->owner, STR_PRINT(key), what);
    return false;
}

static bool unknown_key(const struct option_table *table, const struct word *word,
                        const struct option_reading *reading) {
    struct buf what;
    const char *nearest = nearest_key(table, word->key);
    buf_init(&what, 256);
    buf_add_text(&what, "is not one of its options");
    if (nearest != NULL) {
        buf_add_text(&what, "; did you mean ");
        buf_add_text(&what, nearest);
        buf_add_byte(&what, '?');
    }
    fault(reading, word->line, table, word->key, what.ptr != NULL ? what.ptr : "is unknown");
    buf_free(&what);
    return false;
}

/* The content of the file, less one final newline. */
static bool read_secret_file(struct parsing *parsing) {
    const struct option_reading *reading = parsing->reading;
    struct pool pool = arena_pool(reading->memory);
    struct buf content;
    const char *path = path_in(reading->folder, parsing->text, reading->memory);
    buf_init(&content, SECRET_MAX);
    bool good =
        path != NULL && owner_read(path, reading->any_owner ? OWNER_ANY : 0, SECRET_MAX, &content, parsing->why);
    struct tam_str secret = buf_str(&content);
    if (str_ends(secret, STR("\n"))) {
        secret.len--;
    }
    good = good && pool_copy(&pool, secret, &parsing->text);
    buf_free(&content);
    return good;
}

static bool read_text(struct parsing *parsing, const struct word *word, bool secret_file) {
    if (secret_file) {
        return read_secret_file(parsing);
    }
    if (parsing->option->type == TAM_OPT_SECRET && !word->from_environment) {
        buf_format(parsing->why, "must not stand in the configuration itself: write %s_file=PATH or %s=${VARIABLE}",
                   parsing->option->key, parsing->option->key);
        return false;
    }
    return true;
}

static bool read_option(const struct option_table *table, const struct word *word, const struct option_reading *reading,
                        struct tam_value *values, unsigned *lines) {
    struct buf why;
    bool secret_file = false;
    if (word->key.len == 0) {
        faults_add(reading->faults, TAM_LOG_ERROR, reading->file, word->line, "%s: expected key=value", table->owner);
        return false;
    }
    uint32_t row = find_row(table, word->key, &secret_file);
    if (row == table->count) {
        return unknown_key(table, word, reading);
    }
    if (lines[row] != 0) {
        return fault(reading, word->line, table, word->key, "is given twice");
    }
    lines[row] = word->line;
    buf_init(&why, 2048);
    struct parsing parsing = { option_row(table, row), reading, word->text, &why };
    struct tam_value value = { .given = TAM_GIVEN_CONFIGURED };
    bool good = read_text(&parsing, word, secret_file) && parse_value(&parsing, &value);
    if (good) {
        values[row] = value;
    } else {
        fault(reading, word->line, table, word->key, why.ptr != NULL ? why.ptr : "cannot be read");
    }
    buf_free(&why);
    return good;
}

static bool complete(const struct option_table *table, uint32_t row, const struct option_reading *reading,
                     struct tam_value *values) {
    const struct tam_option *option = option_row(table, row);
    struct buf why;
    if ((option->flags & TAM_OPT_REQUIRED) != 0) {
        return fault(reading, reading->line, table, str_of(option->key), "is required");
    }
    if (option->fallback == NULL) {
        return true;
    }
    buf_init(&why, 1024);
    struct parsing parsing = { option, reading, str_of(option->fallback), &why };
    bool good = parse_value(&parsing, &values[row]);
    values[row].given = TAM_GIVEN_DEFAULT;
    buf_free(&why);
    return good || fault(reading, reading->line, table, str_of(option->key), "has a default that cannot be read");
}

bool options_read(const struct option_table *table, const struct word *words, size_t word_count,
                  const struct option_reading *reading, struct tam_value *ret_values, unsigned *ret_lines) {
    bool good = true;
    for (size_t i = 0; i < word_count; i++) {
        good &= read_option(table, &words[i], reading, ret_values, ret_lines);
    }
    for (uint32_t row = 0; row < table->count; row++) {
        if (ret_lines[row] == 0) {
            good &= complete(table, row, reading, ret_values);
        }
    }
    return good;
}

const char *path_in(const char *folder, struct tam_str path, struct arena *memory) {
    struct tam_str parent = str_of(folder);
    char *joined = arena_alloc(memory, parent.len + path.len + 2);
    if (joined == NULL) {
        return NULL;
    }
    size_t len = 0;
    if (!str_starts(path, STR("/"))) {
        memcpy(joined, parent.ptr, parent.len);
        joined[parent.len] = '/';
        len = parent.len + 1;
    }
    memcpy(joined + len, path.ptr, path.len);
    joined[len + path.len] = '\0';
    return joined;
}
