/* SPDX-License-Identifier: MIT
 *
 * One option's text read as its type says: the same way whether an administrator wrote it or the table's default.
 */
#ifndef TAM_VALUE_H
#define TAM_VALUE_H

#include <src/base/buf.h>
#include <src/base/mem.h>
#include <tam/plugin.h>

/* Of a duration, so that it fits into nanoseconds. */
#define VALUE_MAX_SECONDS (INT64_MAX / 1000000000)

/* What reading needs beside the text. */
struct value_means {
    const char *folder;      /* where relative paths begin */
    const struct pool *pool; /* everything that a value points to is in it */
    bool hidden;             /* the text is from the environment: a fault must not show it */
};

/* Reads all but `given`. On failure false with a sentence in why that begins with "must be" and stands behind the
 * option's name; of a secret it shows nothing. */
bool value_read(const struct tam_option *row, struct tam_str text, const struct value_means *means,
                struct tam_value *ret_value, struct buf *why);

/* "duration"; NULL for a number that is no type. Without regard to TAM_OPT_LIST. */
const char *value_type_name(uint32_t type);
/* May there be a list of it? */
bool value_type_lists(uint32_t type);

#endif
