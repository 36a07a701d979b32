/* SPDX-License-Identifier: MIT
 *
 * The syntax of a service file: its text is cut into statements, with includes followed, quotes undone and ${ENV} put
 * in. This reader does not know what a statement means.
 *
 *     [CONTROL] NAME key=value key='quoted \' value' …     # comment
 *     include PATH
 *
 * A backslash at the end of a line joins it to the next, but not in a comment: that would hide a line. Within values
 * and PATH a backslash stands before `'`, `"`, `\`, `$`, `#` or a blank and makes it an ordinary byte.
 */
#ifndef TAM_STATEMENT_H
#define TAM_STATEMENT_H

#include <src/base/mem.h>
#include <src/conf/faults.h>
#include <src/conf/source.h>

/* One key=value. */
struct statement_option {
    const struct statement_option *next;
    struct tam_str key;   /* lower-case letters, digits and underscores */
    struct tam_str value; /* as meant: unquoted, expanded; a NUL follows */
    unsigned line;
    bool environment; /* the value is one ${ENV} and nothing beside it */
    bool expanded;    /* there is at least one ${ENV} in it */
};

#define STATEMENT_WORDS 2

/* A list in the order of the files. */
struct statement {
    const struct statement *next;
    const char *file;   /* "<string>" for a string */
    const char *label;  /* its last part, and "#2" behind that of a second file of that label: no two files share one */
    const char *folder; /* what relative paths in it begin at, absolute; "" if the working directory is unknown */
    unsigned line;      /* where it begins */
    struct tam_str words[STATEMENT_WORDS]; /* what stands before the options; a NUL follows each */
    size_t word_count;                     /* at least 1 */
    const struct statement_option *options;
};

size_t statement_count(const struct statement *first);

/* Everything lives in the pool. Returns the first statement, NULL where there is none; a statement with a fault is
 * reported and left out. */
const struct statement *statement_read(const struct configuration_source *source, bool any_owner,
                                       const struct pool *pool, struct faults *faults);

#endif
