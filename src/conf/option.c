/* SPDX-License-Identifier: MIT
 *
 * Reads a statement's options. It reports every fault, and takes a secret from a file or the environment only.
 */
#include <config.h>

#include <src/conf/option.h>

#include <src/base/file.h>
#include <src/base/quote.h>
#include <src/base/str.h>
#include <src/conf/nearest.h>
#include <src/conf/value.h>

#define WHY_MAX    16384
#define SECRET_MAX ((size_t)64 << 10)
#define AKIN_MIN   3  /* letters that say something */
#define SHOWN_MAX  16 /* options that fit a sentence: all of a statement, and not of a large plugin */

/* One run over a statement. */
struct run {
    const struct option_table *table;
    const struct statement *statement;
    const struct option_means *means;
    struct tam_value *values;
    unsigned *lines;
    bool good;
};

#define run_fault(run, line, ...)                                                                                      \
    ((run)->good = false, faults_add((run)->means->faults, TAM_LOG_ERROR, (run)->statement->file, (line), __VA_ARGS__))

/* ---- Keys ---- */

/* Is it KEY_file of the secret KEY? */
static bool is_file_key(const struct tam_option *row, struct tam_str key) {
    struct tam_str stem = key;
    if (row->type != TAM_OPT_SECRET || !str_ends(key, STR(OPTION_FILE))) {
        return false;
    }
    stem.len -= sizeof OPTION_FILE - 1;
    return str_equal(stem, str_of(row->key));
}

/* The index of the row; table->count where there is none. */
static size_t find_row(const struct option_table *table, struct tam_str key) {
    size_t i = 0;
    while (i < table->count && !str_equal(key, str_of(table->rows[i].key)) && !is_file_key(&table->rows[i], key)) {
        i++;
    }
    return i;
}

static void try_file_key(const struct option_means *means, const char *key, struct nearest *nearest) {
    struct tam_str word;
    struct buf text;
    buf_init(&text, WHY_MAX);
    buf_add_text(&text, key);
    buf_add_text(&text, OPTION_FILE);
    if (!text.failed && pool_copy(means->pool, buf_str(&text), &word)) {
        nearest_try(nearest, word.ptr);
    }
    buf_free(&text);
}

static const char *find_nearest(const struct run *run, struct tam_str key) {
    struct nearest nearest;
    nearest_init(&nearest, key);
    for (size_t i = 0; i < run->table->count; i++) {
        const struct tam_option *row = &run->table->rows[i];
        if (row->type == TAM_OPT_SECRET) {
            try_file_key(run->means, row->key, &nearest);
        } else {
            nearest_try(&nearest, row->key);
        }
    }
    return nearest.word;
}

/* Is one within the other, a final s of a plural aside? scope and required_scopes are akin. */
static bool is_akin(struct tam_str key, struct tam_str word) {
    struct tam_str stem = { key.ptr, key.len - str_ends(key, STR("s")) };
    struct tam_str whole = { word.ptr, word.len - str_ends(word, STR("s")) };
    return stem.len >= AKIN_MIN && whole.len >= AKIN_MIN &&
           (memmem(word.ptr, word.len, stem.ptr, stem.len) != NULL ||
            memmem(key.ptr, key.len, whole.ptr, whole.len) != NULL);
}

/* How many options it named: those akin to the key, or all. */
static size_t add_options(const struct run *run, const struct tam_str *key, struct buf *text) {
    size_t count = 0;
    for (size_t i = 0; i < run->table->count; i++) {
        const struct tam_option *row = &run->table->rows[i];
        if (key == NULL || is_akin(*key, str_of(row->key))) {
            buf_format(text, "%s%s%s", count++ > 0 ? ", " : "; there are ", row->key,
                       row->type == TAM_OPT_SECRET ? OPTION_FILE : "");
        }
    }
    return count;
}

/* What to write in place of a key that there is not. */
static void add_advice(const struct run *run, struct tam_str key, struct buf *text) {
    const char *nearest = find_nearest(run, key);
    if (nearest != NULL) {
        buf_format(text, "; the nearest is %s", nearest);
    } else if (add_options(run, &key, text) == 0 && run->table->count <= SHOWN_MAX) {
        (void)add_options(run, NULL, text);
    } else if (is_akin(key, STR("secret")) || is_akin(key, STR("password"))) {
        buf_add_text(text, "; it needs no secret, for it verifies tokens and requests none");
    } else if (run->table->count > SHOWN_MAX) {
        buf_format(text, "; 'tam plugins %s' lists them all", run->table->name);
    }
}

static void fault_unknown(struct run *run, const struct statement_option *option) {
    struct buf text;
    buf_init(&text, WHY_MAX);
    buf_format(&text, "%s has no option '", run->table->name);
    quote_add(&text, option->key);
    buf_add_text(&text, "'");
    if (!faults_full(run->means->faults)) {
        add_advice(run, option->key, &text);
    }
    run_fault(run, option->line, "%.*s", STR_PRINT(buf_str(&text)));
    buf_free(&text);
}

/* ---- Values ---- */

static bool read_plain(struct run *run, const struct tam_option *row, struct tam_str text, bool hidden,
                       struct tam_value *value, struct buf *why) {
    const struct value_means means = { run->statement->folder, run->means->pool, hidden };
    return value_read(row, text, &means, value, why);
}

/* The file's content less one final newline, as editors and echo(1) put it there. */
static bool read_secret_file(struct run *run, const struct tam_option *row, const struct statement_option *option,
                             struct tam_value *value, struct buf *why) {
    static const struct tam_option file = { .type = TAM_OPT_FILE };
    struct tam_value where;
    struct buf content;
    if (!read_plain(run, &file, option->value, option->expanded, &where, why)) {
        return false;
    }
    buf_init(&content, SECRET_MAX);
    bool good =
        file_read(where.text.ptr, FILE_SECRET | (run->means->any_owner ? FILE_ANY : 0), SECRET_MAX, &content, why);
    if (!good) {
        buf_clear(&content);
    }
    struct tam_str secret = buf_str(&content);
    secret.len -= str_ends(secret, STR("\n")) ? 1 : 0;
    good = good && read_plain(run, row, secret, true, value, why);
    buf_free(&content);
    return good;
}

/* One place where a value is written. A service file is shown, mailed and committed: no secret is taken from it. */
static bool read_written(struct run *run, const struct tam_option *row, const struct statement_option *option,
                         struct tam_value *value, struct buf *why) {
    if (is_file_key(row, option->key)) {
        return read_secret_file(run, row, option, value, why);
    }
    if (row->type == TAM_OPT_SECRET && !option->environment) {
        buf_format(why, "is a secret and must not be written here: write %s" OPTION_FILE "=PATH or %s=${NAME}",
                   row->key, row->key);
        return false;
    }
    return read_plain(run, row, option->value, option->expanded, value, why);
}

static void take_option(struct run *run, const struct statement_option *option) {
    size_t i = find_row(run->table, option->key);
    struct buf why;
    if (i == run->table->count) {
        fault_unknown(run, option);
        return;
    }
    if (run->lines[i] != 0) {
        run_fault(run, option->line, "%s is given twice; the first time in line %u", run->table->rows[i].key,
                  run->lines[i]);
        return;
    }
    run->lines[i] = option->line;
    buf_init(&why, WHY_MAX);
    if (read_written(run, &run->table->rows[i], option, &run->values[i], &why)) {
        run->values[i].given = TAM_GIVEN_CONFIGURED;
    } else {
        run_fault(run, option->line, "%.*s %.*s", STR_PRINT(option->key), STR_PRINT(buf_str(&why)));
    }
    buf_free(&why);
}

/* The option whose value has `,KEY=` in it, or `;KEY=`: a list's habit. */
static const struct statement_option *find_swallowed(const struct run *run, const char *key) {
    for (const struct statement_option *option = run->statement->options; option != NULL; option = option->next) {
        struct tam_str rest = option->value;
        for (size_t at = 0; at < rest.len; at++) {
            struct tam_str behind = str_from(rest, at + 1);
            size_t len = strlen(key);
            if ((rest.ptr[at] == ',' || rest.ptr[at] == ';') && str_starts(behind, str_of(key)) && behind.len > len &&
                behind.ptr[len] == '=') {
                return option;
            }
        }
    }
    return NULL;
}

static void fault_missing(struct run *run, const struct tam_option *row) {
    const struct statement_option *swallowed = find_swallowed(run, row->key);
    const char *file = row->type == TAM_OPT_SECRET ? OPTION_FILE : "";
    if (swallowed != NULL) {
        run_fault(run, swallowed->line, "%s stands in the value of %.*s: blanks separate options, not commas", row->key,
                  STR_PRINT(swallowed->key));
    } else {
        run_fault(run, run->statement->line, "%s needs the option %s%s", run->table->name, row->key, file);
    }
}

static void take_default(struct run *run, size_t i) {
    const struct tam_option *row = &run->table->rows[i];
    struct buf why;
    if ((row->flags & TAM_OPT_REQUIRED) != 0) {
        fault_missing(run, row);
        return;
    }
    if (row->fallback == NULL) {
        return;
    }
    buf_init(&why, WHY_MAX);
    if (read_plain(run, row, str_of(row->fallback), false, &run->values[i], &why)) {
        run->values[i].given = TAM_GIVEN_DEFAULT;
    } else {
        run_fault(run, run->statement->line, "the default of %s %.*s", row->key, STR_PRINT(buf_str(&why)));
    }
    buf_free(&why);
}

bool option_read(const struct option_table *table, const struct statement *statement, const struct option_means *means,
                 struct tam_value *ret_values, unsigned *ret_lines) {
    struct run run = { table, statement, means, ret_values, ret_lines, true };
    memset(ret_values, 0, table->count * sizeof *ret_values);
    memset(ret_lines, 0, table->count * sizeof *ret_lines);
    for (const struct statement_option *option = statement->options; option != NULL; option = option->next) {
        take_option(&run, option);
    }
    for (size_t i = 0; i < table->count; i++) {
        if (ret_lines[i] == 0) {
            take_default(&run, i);
        }
    }
    return run.good;
}
