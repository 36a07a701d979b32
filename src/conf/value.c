/* SPDX-License-Identifier: MIT
 *
 * Reads typed values. What is out of range or spelled otherwise than the header says is refused, never mended.
 */
#include <config.h>

#include <src/conf/value.h>

#include <inttypes.h>
#include <src/base/array.h>
#include <src/base/index.h>
#include <src/base/quote.h>
#include <src/base/str.h>
#include <src/base/url.h>

#define PATH_BYTES_MAX 4096
#define LIST_MAX       1024 /* entries */

/* What one reader works on. */
struct task {
    const struct tam_option *row;
    const struct value_means *means;
    const char *fault; /* what is wrong beyond the type, static; NULL: the type says it all */
};

/* A unit behind a number. */
struct unit {
    char letter;
    int64_t factor;
};

struct type {
    uint32_t type; /* TAM_OPT_… */
    bool lists;
    bool counts; /* min and max bound the number, not the length */
    const char *name;
    const char *expected; /* behind "must be" */
    bool (*read)(struct task *task, struct tam_str text, struct tam_value *value);
};

/* ---- Numbers ---- */

static bool in_range(const struct task *task, int64_t number) {
    const struct tam_option *row = task->row;
    return (row->min == 0 && row->max == 0) || (number >= row->min && number <= row->max);
}

static bool read_int(struct task *task, struct tam_str text, struct tam_value *value) {
    bool minus = str_starts(text, STR("-"));
    int64_t number = 0;
    if (!str_number(minus ? str_from(text, 1) : text, INT64_MAX, &number)) {
        return false;
    }
    value->number = minus ? -number : number;
    return in_range(task, value->number);
}

/* A whole number, or one with a unit as its last byte, at most max in all. */
static bool read_units(struct tam_str text, const struct unit *units, size_t count, int64_t max, int64_t *ret_number) {
    int64_t factor = 1, number = 0;
    for (size_t i = 0; i < count && text.len > 0; i++) {
        if (text.ptr[text.len - 1] == units[i].letter) {
            factor = units[i].factor;
            text.len--;
            break;
        }
    }
    if (!str_number(text, max / factor, &number)) {
        return false;
    }
    *ret_number = number * factor;
    return true;
}

static const struct unit seconds[] = { { 'd', 86400 }, { 'h', 3600 }, { 'm', 60 }, { 's', 1 } };
static const struct unit bytes[] = { { 'G', 1 << 30 }, { 'M', 1 << 20 }, { 'K', 1 << 10 } };

static bool read_duration(struct task *task, struct tam_str text, struct tam_value *value) {
    return read_units(text, seconds, COUNT(seconds), VALUE_MAX_SECONDS, &value->number) &&
           in_range(task, value->number);
}

static bool read_size(struct task *task, struct tam_str text, struct tam_value *value) {
    return read_units(text, bytes, COUNT(bytes), INT64_MAX, &value->number) && in_range(task, value->number);
}

static bool read_bool(struct task *task, struct tam_str text, struct tam_value *value) {
    (void)task;
    value->number = str_equal(text, STR("yes"));
    return value->number == 1 || str_equal(text, STR("no"));
}

/* ---- Texts ---- */

static bool fault(struct task *task, const char *what) {
    task->fault = what;
    return false;
}

/* Where the bounds are a text's, they are of its length in bytes. */
static bool read_text(struct task *task, struct tam_str text, struct tam_value *value) {
    (void)value;
    if (str_find(text, '\0') < text.len || !str_is_utf8(text)) {
        return fault(task, "one that is not UTF-8 or holds a NUL");
    }
    return in_range(task, (int64_t)text.len);
}

static bool read_url(struct task *task, struct tam_str text, struct tam_value *value) {
    const char *what = NULL;
    struct url url;
    (void)value;
    if (!url_split(text, &url, &what)) {
        return fault(task, what);
    }
    return in_range(task, (int64_t)text.len);
}

static bool read_guid(struct task *task, struct tam_str text, struct tam_value *value) {
    char lower[36];
    if (!str_is_guid(text)) {
        return false;
    }
    str_lower(text, lower);
    return pool_copy(task->means->pool, (struct tam_str){ lower, sizeof lower }, &value->text) ||
           fault(task, "memory ran out");
}

static bool read_enum(struct task *task, struct tam_str text, struct tam_value *value) {
    const char *const *choices = task->row->choices;
    for (size_t i = 0; choices[i] != NULL; i++) {
        if (str_equal(text, str_of(choices[i]))) {
            value->number = (int64_t)i;
            return true;
        }
    }
    return false;
}

/* Made absolute by putting the folder before it: what `..` and links mean is the system's to say when it is opened. */
static bool read_file(struct task *task, struct tam_str text, struct tam_value *value) {
    struct buf path;
    if (text.len == 0 || str_find(text, '\0') < text.len || !in_range(task, (int64_t)text.len)) {
        return false;
    }
    if (text.ptr[0] != '/' && task->means->folder[0] == '\0') {
        return fault(task, "a relative one, while the working directory cannot be found");
    }
    buf_init(&path, PATH_BYTES_MAX);
    if (text.ptr[0] != '/') {
        buf_add_text(&path, task->means->folder);
        buf_add_byte(&path, '/');
    }
    buf_add(&path, text);
    bool good = !path.failed && pool_copy(task->means->pool, buf_str(&path), &value->text);
    buf_free(&path);
    return good || fault(task, "one that is too long");
}

static bool read_secret(struct task *task, struct tam_str text, struct tam_value *value) {
    (void)value;
    return text.len > 0 && in_range(task, (int64_t)text.len);
}

/* ---- Types ---- */

static const struct type types[] = {
    { TAM_OPT_STRING, true, false, "string", "a text", read_text },
    { TAM_OPT_INT, true, true, "integer", "a whole number", read_int },
    { TAM_OPT_DURATION, false, true, "duration", "a duration (whole seconds, or a whole number with s, m, h or d)",
      read_duration },
    { TAM_OPT_SIZE, false, true, "size", "a size (bytes, or a whole number with K, M or G)", read_size },
    { TAM_OPT_BOOL, false, false, "boolean", "yes or no", read_bool },
    { TAM_OPT_URL, true, false, "url", "an absolute URL", read_url },
    { TAM_OPT_GUID, true, false, "guid", "a GUID (8-4-4-4-12 hexadecimal digits)", read_guid },
    { TAM_OPT_ENUM, true, false, "enum", "one of", read_enum },
    { TAM_OPT_FILE, false, false, "file", "a path", read_file },
    { TAM_OPT_SECRET, false, false, "secret", "a secret that is not empty", read_secret },
};

static const struct type *type_find(uint32_t type) {
    for (size_t i = 0; i < COUNT(types); i++) {
        if (types[i].type == (type & ~(uint32_t)TAM_OPT_LIST)) {
            return &types[i];
        }
    }
    return NULL;
}

const char *value_type_name(uint32_t type) {
    const struct type *found = type_find(type);
    return found != NULL ? found->name : NULL;
}

bool value_type_lists(uint32_t type) {
    const struct type *found = type_find(type);
    return found != NULL && found->lists;
}

/* ---- Faults ---- */

static void add_choices(struct buf *why, const char *const *choices) {
    for (size_t i = 0; choices[i] != NULL; i++) {
        buf_add_text(why, i == 0 ? " " : choices[i + 1] == NULL ? " or " : ", ");
        buf_add_text(why, choices[i]);
    }
}

/* With the largest unit that gives a whole number, as an administrator would write it. */
static void add_bound(struct buf *why, const struct type *type, int64_t number) {
    bool duration = type->type == TAM_OPT_DURATION, size = type->type == TAM_OPT_SIZE;
    const struct unit *units = duration ? seconds : bytes;
    size_t count = duration ? COUNT(seconds) : size ? COUNT(bytes) : 0;
    for (size_t i = 0; i < count; i++) {
        if (number != 0 && number % units[i].factor == 0) {
            buf_format(why, "%" PRId64 "%c", number / units[i].factor, units[i].letter);
            return;
        }
    }
    buf_add_number(why, number);
}

static void add_range(struct buf *why, const struct type *type, const struct tam_option *row) {
    if (row->min == 0 && row->max == 0) {
        return;
    }
    buf_add_text(why, type->counts ? " from " : " of ");
    add_bound(why, type, row->min);
    buf_add_text(why, " to ");
    add_bound(why, type, row->max);
    buf_add_text(why, type->counts ? "" : " bytes");
}

/* A URL with an @ may hold a password, and a secret is one. */
static bool may_be_shown(const struct task *task, const struct type *type, struct tam_str text) {
    return !task->means->hidden && type->type != TAM_OPT_SECRET &&
           (type->type != TAM_OPT_URL || str_find(text, '@') == text.len);
}

static bool refuse(const struct task *task, const struct type *type, struct tam_str text, struct buf *why) {
    bool list = (task->row->type & TAM_OPT_LIST) != 0;
    buf_add_text(why, list ? "must be a list, each entry " : "must be ");
    buf_add_text(why, type->expected);
    if (type->type == TAM_OPT_ENUM) {
        add_choices(why, task->row->choices);
    } else {
        add_range(why, type, task->row);
    }
    if (task->fault != NULL) {
        buf_add_text(why, type->type == TAM_OPT_URL ? "; found one that " : "; found ");
        buf_add_text(why, task->fault);
    }
    if (task->means->hidden && type->type != TAM_OPT_SECRET) {
        buf_add_text(why, "; what the environment gave is not shown");
    }
    if (may_be_shown(task, type, text)) {
        buf_add_text(why, task->fault != NULL ? ": '" : "; found '");
        quote_add(why, text);
        buf_add_text(why, "'");
    }
    return false;
}

static bool refuse_list(const struct task *task, struct buf *why, const char *what, struct tam_str entry) {
    buf_add_text(why, "must be a list, separated by commas without blanks; found ");
    buf_add_text(why, what);
    if (entry.len > 0 && !task->means->hidden) {
        buf_add_text(why, ": '");
        quote_add(why, entry);
        buf_add_text(why, "'");
    }
    return false;
}

static bool no_memory(struct buf *why) {
    buf_add_text(why, "must be kept, but memory ran out");
    return false;
}

/* ---- Values ---- */

/* One value, or one entry of a list. */
static bool read_one(struct task *task, const struct type *type, struct tam_str text, struct tam_value *value,
                     struct buf *why) {
    if (!type->read(task, text, value)) {
        return refuse(task, type, text, why);
    }
    return value->text.ptr != NULL || pool_copy(task->means->pool, text, &value->text) || no_memory(why);
}

static const char *entry_fault(struct tam_str entry, size_t count) {
    if (entry.len == 0) {
        return "an empty entry";
    }
    if (str_find(entry, ' ') < entry.len || str_find(entry, '\t') < entry.len) {
        return "a blank in an entry";
    }
    return count >= LIST_MAX ? "too many entries" : NULL;
}

static size_t entry_count(struct tam_str text) {
    size_t count = 1;
    for (size_t i = 0; i < text.len; i++) {
        count += text.ptr[i] == ',';
    }
    return count;
}

static bool read_list(struct task *task, const struct type *type, struct tam_str text, struct tam_value *value,
                      struct buf *why) {
    size_t written = entry_count(text), room = written < LIST_MAX ? written : LIST_MAX, count = 0;
    struct tam_str *items = pool_array(task->means->pool, room, sizeof *items);
    struct tam_str rest = text;
    struct index index;
    if (items == NULL || !index_open(&index, items, room, false, task->means->pool)) {
        return no_memory(why);
    }
    for (bool more = true; more; count++) {
        size_t comma = str_find(rest, ',');
        struct tam_str entry = { rest.ptr, comma };
        struct tam_value one = { 0 };
        const char *what = entry_fault(entry, count);
        more = comma < rest.len;
        rest = str_from(rest, comma + 1);
        if (what != NULL) {
            return refuse_list(task, why, what, entry);
        }
        if (!read_one(task, type, entry, &one, why)) {
            return false;
        }
        items[count] = one.text;
        if (!index_add(&index, count)) {
            return refuse_list(task, why, "a repeated entry", entry);
        }
    }
    value->list = (struct tam_list){ items, count };
    return pool_copy(task->means->pool, text, &value->text) || no_memory(why);
}

bool value_read(const struct tam_option *row, struct tam_str text, const struct value_means *means,
                struct tam_value *ret_value, struct buf *why) {
    const struct type *type = type_find(row->type);
    struct task task = { .row = row, .means = means };
    struct tam_value value = { 0 };
    bool list = (row->type & TAM_OPT_LIST) != 0;
    if (type == NULL) {
        buf_add_text(why, "must be of a type that this version of libtam knows");
        return false;
    }
    if (!(list ? read_list : read_one)(&task, type, text, &value, why)) {
        return false;
    }
    *ret_value = value;
    return true;
}
