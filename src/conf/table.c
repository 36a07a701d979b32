/* SPDX-License-Identifier: MIT
 *
 * Reads statements by a table of their kinds.
 */
#include <config.h>

#include <src/conf/table.h>

#include <src/base/assert.h>
#include <src/base/str.h>

/* The kind's index; table->count where there is none. */
static size_t kind_find(const struct table *table, struct tam_str word) {
    size_t i = 0;
    while (i < table->count && !str_equal(word, str_of(table->kinds[i]->options.name))) {
        i++;
    }
    return i;
}

static void kind_read(const struct table_kind *kind, const struct statement *statement,
                      const struct option_means *means, void *target) {
    struct table_run run = { .target = target, .means = *means, .statement = statement };
    TAM_ASSERT(kind->options.count <= TABLE_OPTIONS_MAX);
    run.good = option_read(&kind->options, statement, means, run.values, run.lines);
    if (run.good || kind->checks_all) {
        kind->read(&run);
    }
}

/* first: of this kind; NULL: this is it. */
static void kind_take(const struct table_kind *kind, const struct statement *first, const struct statement *statement,
                      const struct option_means *means, void *target) {
    if (kind->once && first != NULL) {
        faults_add(means->faults, TAM_LOG_ERROR, statement->file, statement->line,
                   "there is more than one statement %s; the first is in line %u of %s", kind->options.name,
                   first->line, first->file);
    } else if (statement->word_count > 1) {
        faults_add(means->faults, TAM_LOG_ERROR, statement->file, statement->line, "expected key=value behind %s",
                   kind->options.name);
    } else {
        kind_read(kind, statement, means, target);
    }
}

void table_read(const struct table *table, const struct statement *first, const char *file,
                const struct option_means *means, void *target) {
    const struct statement *firsts[TABLE_KINDS_MAX] = { NULL };
    const struct statement empty = { .file = file, .folder = "/" };
    TAM_ASSERT(table->count <= TABLE_KINDS_MAX);
    for (; first != NULL; first = first->next) {
        size_t i = kind_find(table, first->words[0]);
        if (i == table->count) {
            table->other(target, first, means);
            continue;
        }
        kind_take(table->kinds[i], firsts[i], first, means, target);
        firsts[i] = firsts[i] != NULL ? firsts[i] : first;
    }
    for (size_t i = 0; i < table->count; i++) {
        if (table->kinds[i]->defaults && firsts[i] == NULL) {
            kind_read(table->kinds[i], &empty, means, target);
        }
    }
}
