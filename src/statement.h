/* SPDX-License-Identifier: MIT
 *
 * Service files, line by line: words and key=value pairs, with quotes, continuations, comments and the environment's
 * values put in. It knows no statement; configuration.c does.
 */
#ifndef TAM_STATEMENT_H
#define TAM_STATEMENT_H

#include <src/base/arena.h>
#include <src/faults.h>

/* One word of a line. */
struct word {
    struct tam_str key;    /* before the equals sign; empty: a plain word */
    struct tam_str text;   /* behind it, or the plain word; a NUL follows */
    bool from_environment; /* all of the text is the value of one ${VARIABLE} */
    unsigned line;
};

struct statement {
    const struct word *words; /* at least one */
    size_t count;
    unsigned line; /* of the first word */
};

/* A text on its way through statement_next(). */
struct statement_reader {
    struct tam_str rest;
    const char *file; /* for faults */
    unsigned line;    /* of what comes next */
    struct arena *memory;
    struct tam_faults *faults;
};

/* The next line that is not empty. A line with a fault is reported and passed over. False: at the end. */
bool statement_next(struct statement_reader *reader, struct statement *ret_statement);

#endif
