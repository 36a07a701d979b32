/* SPDX-License-Identifier: MIT
 *
 * Checks an option table: what an administrator would stumble over later is the plugin's fault now.
 */
#include <config.h>

#include <src/conf/option.h>

#include <src/base/arena.h>
#include <src/base/str.h>
#include <src/conf/value.h>

#define SCRATCH_MAX ((size_t)1 << 20)

static bool is_key(const char *key) {
    size_t i = 0;
    while (i <= OPTION_KEY_MAX &&
           ((key[i] >= 'a' && key[i] <= 'z') || (key[i] >= '0' && key[i] <= '9') || key[i] == '_')) {
        i++;
    }
    return i > 0 && i <= OPTION_KEY_MAX && key[i] == '\0';
}

static const char *choices_fault(const char *const *choices) {
    if (choices == NULL || choices[0] == NULL) {
        return "is an enum without choices";
    }
    for (size_t i = 0; choices[i] != NULL; i++) {
        if (choices[i][0] == '\0' || strpbrk(choices[i], ", \t") != NULL) {
            return "has a choice that is empty, or holds a comma or a blank";
        }
    }
    return NULL;
}

static const char *row_fault(const struct tam_option *row) {
    bool list = (row->type & TAM_OPT_LIST) != 0;
    uint32_t type = row->type & ~(uint32_t)TAM_OPT_LIST;
    if (value_type_name(row->type) == NULL) {
        return "has a type that this version of libtam does not know";
    }
    if (list && !value_type_lists(row->type)) {
        return "is a list of a type that has no lists";
    }
    if (row->min > row->max || (type != TAM_OPT_INT && row->min < 0)) {
        return "has bounds that nothing fits";
    }
    if (type == TAM_OPT_SECRET && row->fallback != NULL) {
        return "is a secret with a default";
    }
    if (row->help == NULL) {
        return "has no help";
    }
    return type == TAM_OPT_ENUM ? choices_fault(row->choices) : NULL;
}

/* The same key, or KEY_file of a secret KEY. */
static bool keys_clash(const struct tam_option *a, const struct tam_option *b) {
    size_t len = strlen(a->key);
    if (strncmp(a->key, b->key, len) != 0) {
        return false;
    }
    return b->key[len] == '\0' || (a->type == TAM_OPT_SECRET && strcmp(b->key + len, OPTION_FILE) == 0);
}

static bool clashes(const struct option_table *table, size_t i) {
    for (size_t j = 0; j < i; j++) {
        if (keys_clash(&table->rows[j], &table->rows[i]) || keys_clash(&table->rows[i], &table->rows[j])) {
            return true;
        }
    }
    return false;
}

/* Through the parser of what administrators write: what help shows as the default can be written. */
static bool check_default(const struct tam_option *row, struct buf *why) {
    struct tam_value value;
    struct arena arena;
    bool good = true;
    if (row->fallback != NULL) {
        buf_format(why, "the default of its option %s ", row->key);
        arena_init(&arena, NULL, 0, SCRATCH_MAX);
        const struct pool pool = arena_pool(&arena);
        const struct value_means means = { "/", &pool, false };
        good = value_read(row, str_of(row->fallback), &means, &value, why);
        arena_free(&arena);
    }
    if (good) {
        buf_clear(why);
    }
    return good;
}

static bool check_row(const struct option_table *table, size_t i, struct buf *why) {
    const struct tam_option *row = &table->rows[i];
    if (row->key == NULL || !is_key(row->key)) {
        buf_format(why, "option %zu has no key of at most %d lower-case letters, digits and underscores", i,
                   OPTION_KEY_MAX);
        return false;
    }
    if (clashes(table, i)) {
        buf_format(why, "its option %s is there twice", row->key);
        return false;
    }
    const char *fault = row_fault(row);
    if (fault != NULL) {
        buf_format(why, "its option %s %s", row->key, fault);
        return false;
    }
    return check_default(row, why);
}

bool option_check_table(const struct option_table *table, struct buf *why) {
    if (table->count > OPTION_COUNT_MAX) {
        buf_format(why, "it has %zu options; at most %d are possible", table->count, OPTION_COUNT_MAX);
        return false;
    }
    for (size_t i = 0; i < table->count; i++) {
        if (!check_row(table, i, why)) {
            return false;
        }
    }
    return true;
}
