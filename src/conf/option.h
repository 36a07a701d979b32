/* SPDX-License-Identifier: MIT
 *
 * A statement's options against the table that says which there are: of a plugin, or of a statement of libtam's own.
 */
#ifndef TAM_OPTION_H
#define TAM_OPTION_H

#include <src/base/buf.h>
#include <src/conf/statement.h>
#include <tam/plugin.h>

struct option_table {
    const char *name; /* of the plugin or statement, for faults */
    const struct tam_option *rows;
    size_t count;
};

#define OPTION_COUNT_MAX 256
#define OPTION_KEY_MAX   64
#define OPTION_FILE      "_file" /* a secret KEY is also written KEY_file=PATH */

/* Is the table one that may be given to option_read()? On failure false, with a sentence in why. */
bool option_check_table(const struct option_table *table, struct buf *why);

/* What reading needs beside the table. */
struct option_means {
    const struct pool *pool; /* what values point to goes there */
    struct faults *faults;
    bool any_owner;
};

/* Reads every option of the statement and puts in defaults. ret_values and ret_lines (0: not written) have table->count
 * entries, and count only when nothing was reported. False when something was. */
bool option_read(const struct option_table *table, const struct statement *statement, const struct option_means *means,
                 struct tam_value *ret_values, unsigned *ret_lines);

#endif
