/* SPDX-License-Identifier: MIT
 *
 * Options: from the key=value words of a statement and a table of rows to checked, typed, complete values. The same for
 * plugins and for libtam's own statements. Reports every fault, and repairs none.
 */
#ifndef TAM_OPTION_H
#define TAM_OPTION_H

#include <src/statement.h>
#include <tam/plugin.h>

/* A table whose rows may be longer or shorter than ours (tam_plugin.option_size). */
struct option_table {
    const char *owner; /* for faults: "azure", "resource" */
    const struct tam_option *rows;
    uint32_t count;
    uint32_t stride;
};

const struct tam_option *option_row(const struct option_table *table, uint32_t row);

/* The words for a type, without the list: "string"; NULL for a type that there is not. */
const char *option_type_name(uint32_t type);
bool option_is_list(const struct tam_option *option);

/* What is wrong with a row of the table itself, NULL: nothing. Plugins are checked with it when they are loaded. */
const char *option_table_fault(const struct option_table *table, uint32_t row);

struct option_reading {
    struct arena *memory; /* values and all they point to are made there */
    struct tam_faults *faults;
    const char *file;   /* for faults */
    unsigned line;      /* of the statement: for what is missing */
    const char *folder; /* that paths are relative to */
    bool any_owner;     /* of files with secrets */
};

/* Fills values[count] and lines[count] (0: not written). False: at least one fault was reported. */
bool options_read(const struct option_table *table, const struct word *words, size_t word_count,
                  const struct option_reading *reading, struct tam_value *ret_values, unsigned *ret_lines);

/* path, or folder/path where it is relative; NULL: no memory. */
const char *path_in(const char *folder, struct tam_str path, struct arena *memory);

#endif
