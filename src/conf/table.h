/* SPDX-License-Identifier: MIT
 *
 * The reader of statements by a table: each kind of statement names its options and the function that takes their
 * values. Service files and tamd's file are read by it.
 */
#ifndef TAM_CONF_TABLE_H
#define TAM_CONF_TABLE_H

#include <src/conf/option.h>

#define TABLE_OPTIONS_MAX 16

/* One statement that is being read. */
struct table_run {
    void *target; /* what table_read() was given */
    struct option_means means;
    const struct statement *statement;
    struct tam_value values[TABLE_OPTIONS_MAX];
    unsigned lines[TABLE_OPTIONS_MAX]; /* 0: not written */
    bool good;                         /* no fault of level error was added */
};

/* A kind of statement: WORD key=value... */
struct table_kind {
    struct option_table options; /* its name is the word; at most TABLE_OPTIONS_MAX rows */
    bool once;                   /* a second one is a fault */
    bool defaults;               /* where there is none, read() gets the defaults */
    bool checks_all; /* read() also runs with good false and values missing, and adds the faults that it finds */
    void (*read)(struct table_run *run);
};

struct table {
    const struct table_kind *const *kinds;
    size_t count; /* at most TABLE_KINDS_MAX */
    /* Reads a statement whose word is not in the table, or says what is wrong with it. */
    void (*other)(void *target, const struct statement *statement, const struct option_means *means);
};

#define TABLE_KINDS_MAX 16

/* Adds something about that option, in its line, else in the statement's. */
#define table_add(run, level, row, ...)                                                                                \
    faults_add((run)->means.faults, (level), (run)->statement->file,                                                   \
               (run)->lines[row] != 0 ? (run)->lines[row] : (run)->statement->line, __VA_ARGS__)
#define table_fault(run, row, ...) ((run)->good = false, table_add(run, TAM_LOG_ERROR, row, __VA_ARGS__))

/* Reads the statements in their order, and adds every fault. file: where the defaults would be written. */
void table_read(const struct table *table, const struct statement *first, const char *file,
                const struct option_means *means, void *target);

#endif
