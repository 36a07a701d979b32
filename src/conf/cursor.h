/* SPDX-License-Identifier: MIT
 *
 * A place in a text that is being cut, and the pieces that stand there: blanks, joined lines, quotes, ${ENV}.
 */
#ifndef TAM_CURSOR_H
#define TAM_CURSOR_H

#include <src/base/mem.h>
#include <src/conf/faults.h>

/* Of the text no byte is NUL. */
struct cursor {
    const char *at, *end;
    unsigned line;
    const char *file; /* for faults */
    struct faults *faults;
    unsigned literals, variables; /* of the piece read last: ordinary bytes, and ${ENV}s */
    bool comma;                   /* it ended with one */
    bool dangling;                /* a backslash joined the last line to nothing */
};

/* A fault in the line where the cursor stands. */
#define cursor_fault(cursor, ...)                                                                                      \
    faults_add((cursor)->faults, TAM_LOG_ERROR, (cursor)->file, (cursor)->line, __VA_ARGS__)

bool cursor_at(const struct cursor *cursor, char byte);
bool cursor_at_line_end(const struct cursor *cursor);
/* At the end of a line, or of what counts in it. */
bool cursor_at_statement_end(const struct cursor *cursor);
bool cursor_is_key_byte(char byte);

void cursor_skip_blanks(struct cursor *cursor);
/* To behind the end of line. */
void cursor_skip_line(struct cursor *cursor);
/* To behind the statement, as far as that can be told where it has a fault. */
void cursor_skip_statement(struct cursor *cursor);

/* Takes one piece, up to a blank or, where it begins with a quote, to the closing one; a copy with a NUL behind it goes
 * into the pool. On failure the fault is added; it never shows the piece. */
bool cursor_read(struct cursor *cursor, const struct pool *pool, struct tam_str *ret_piece);

#endif
