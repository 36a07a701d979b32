/* SPDX-License-Identifier: MIT
 *
 * Reads blanks and pieces. It never shows a piece in a fault: that could be a secret.
 */
#include <config.h>

#include <src/conf/cursor.h>

#include <src/base/array.h>
#include <src/base/buf.h>
#include <src/base/str.h>
#include <stdlib.h>
#include <sys/auxv.h>

#define PIECE_MAX ((size_t)64 << 10)

bool cursor_is_key_byte(char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '_';
}

static bool is_variable_byte(char byte) {
    return cursor_is_key_byte(byte) || (byte >= 'A' && byte <= 'Z');
}

/* How many bytes the end of line at that place has: 0 if there is none. */
static size_t newline_length(const struct cursor *cursor, size_t offset) {
    size_t left = (size_t)(cursor->end - cursor->at);
    if (offset < left && cursor->at[offset] == '\n') {
        return 1;
    }
    bool crlf = offset + 1 < left && cursor->at[offset] == '\r' && cursor->at[offset + 1] == '\n';
    return crlf ? 2 : 0;
}

bool cursor_at_line_end(const struct cursor *cursor) {
    return cursor->at == cursor->end || newline_length(cursor, 0) > 0;
}

bool cursor_at(const struct cursor *cursor, char byte) {
    return cursor->at < cursor->end && *cursor->at == byte;
}

static bool at_blank(const struct cursor *cursor) {
    return cursor_at(cursor, ' ') || cursor_at(cursor, '\t');
}

/* A backslash and the end of line behind it: gone. */
static bool skip_join(struct cursor *cursor) {
    size_t newline = cursor_at(cursor, '\\') ? newline_length(cursor, 1) : 0;
    if (newline == 0) {
        return false;
    }
    cursor->at += 1 + newline;
    cursor->line++;
    cursor->dangling = cursor->at == cursor->end;
    return true;
}

void cursor_skip_blanks(struct cursor *cursor) {
    while (at_blank(cursor) || skip_join(cursor)) {
        cursor->at += at_blank(cursor) ? 1 : 0;
    }
}

void cursor_skip_line(struct cursor *cursor) {
    while (!cursor_at_line_end(cursor)) {
        cursor->at++;
    }
    cursor->at += newline_length(cursor, 0);
    cursor->line++;
}

void cursor_skip_statement(struct cursor *cursor) {
    while (!cursor_at_line_end(cursor)) {
        if (!skip_join(cursor)) {
            cursor->at++;
        }
    }
    cursor_skip_line(cursor);
}

bool cursor_at_statement_end(const struct cursor *cursor) {
    return cursor_at_line_end(cursor) || cursor_at(cursor, '#');
}

/* ---- Pieces: words and values ---- */

/* ${NAME}, once: what it holds is not looked at again. */
static bool read_variable(struct cursor *cursor, struct buf *piece) {
    char name[256];
    size_t len = 0;
    for (cursor->at += 2; cursor->at < cursor->end && is_variable_byte(*cursor->at); cursor->at++) {
        if (len + 1 == sizeof name) {
            break;
        }
        name[len++] = *cursor->at;
    }
    name[len] = '\0';
    if (len == 0 || !cursor_at(cursor, '}')) {
        cursor_fault(cursor,
                     "expected ${NAME} with a name of letters, digits and underscores (write \\$ for a dollar)");
        return false;
    }
    cursor->at++;
    /* The user that starts a set-uid program controls its environment. */
    if (getauxval(AT_SECURE) != 0) {
        cursor_fault(cursor, "${%s}: a set-uid process takes nothing from the environment", name);
        return false;
    }
    const char *value = getenv(name);
    if (value == NULL) {
        cursor_fault(cursor, "the environment variable %s is not set", name);
        return false;
    }
    if (!faults_hide(cursor->faults, name, str_of(value))) {
        cursor_fault(cursor, "memory ran out");
        return false;
    }
    buf_add_text(piece, value);
    cursor->variables++;
    return true;
}

/* Whether nothing but blanks stands between there and the end of the line. */
static bool is_rest_blank(const struct cursor *cursor, size_t offset) {
    while (cursor->at + offset < cursor->end && (cursor->at[offset] == ' ' || cursor->at[offset] == '\t')) {
        offset++;
    }
    return cursor->at + offset == cursor->end || newline_length(cursor, offset) > 0;
}

static bool read_escape(struct cursor *cursor, struct buf *piece) {
    char byte = cursor->at + 1 < cursor->end ? cursor->at[1] : '\0';
    if (byte == '\0') {
        cursor_fault(cursor, "the file ends behind a backslash: the line that it joins is missing");
        return false;
    }
    if (is_rest_blank(cursor, 1)) {
        cursor_fault(
            cursor,
            "a blank behind the backslash at the end of the line: nothing may stand between it and the line's end");
        return false;
    }
    if (byte == '\0' || strchr("'\"\\$# ", byte) == NULL) {
        cursor_fault(cursor, "a backslash may stand before ', \", \\, $, #, a blank or the end of a line only");
        return false;
    }
    buf_add_byte(piece, byte);
    cursor->literals++;
    cursor->at += 2;
    return true;
}

/* Of another alphabet than the file's: what word processors write in place of quotes and blanks. */
static const char *typographic(const struct cursor *cursor) {
    static const struct {
        struct tam_str bytes;
        const char *sentence;
    } rows[] = {
        { STR_INIT("\u201c"), "a typographic quote: write \" or ' instead" },
        { STR_INIT("\u201d"), "a typographic quote: write \" or ' instead" },
        { STR_INIT("\u201e"), "a typographic quote: write \" or ' instead" },
        { STR_INIT("\u2018"), "a typographic quote: write \" or ' instead" },
        { STR_INIT("\u2019"), "a typographic quote: write \" or ' instead" },
        { STR_INIT("\u00ab"), "a typographic quote: write \" or ' instead" },
        { STR_INIT("\u00bb"), "a typographic quote: write \" or ' instead" },
        { STR_INIT("\u00a0"), "a no-break space: write an ordinary blank, or the value between quotes" },
        { STR_INIT("\u202f"), "a no-break space: write an ordinary blank, or the value between quotes" },
        { STR_INIT("\u3000"), "an ideographic space: write an ordinary blank, or the value between quotes" },
        { STR_INIT("\ufeff"), "a byte order mark (BOM) within the line" },
        { STR_INIT("\u200b"), "a zero width space, which nobody sees" },
    };
    struct tam_str rest = { cursor->at, (size_t)(cursor->end - cursor->at) };
    if (rest.len == 0 || (unsigned char)rest.ptr[0] < 0x80) {
        return NULL;
    }
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (rest.ptr[0] == rows[i].bytes.ptr[0] && str_starts(rest, rows[i].bytes)) {
            return rows[i].sentence;
        }
    }
    return NULL;
}

/* One step of a piece. quote: the one that is open, or 0. */
static bool read_step(struct cursor *cursor, char quote, struct buf *piece) {
    if (skip_join(cursor)) {
        return true;
    }
    if (cursor_at(cursor, '\\')) {
        return read_escape(cursor, piece);
    }
    if (cursor_at(cursor, '$') && cursor->at + 1 < cursor->end && cursor->at[1] == '{') {
        return read_variable(cursor, piece);
    }
    if (piece->len == 0 && cursor_at(cursor, '$') && cursor->at + 1 < cursor->end && is_variable_byte(cursor->at[1])) {
        faults_add(cursor->faults, TAM_LOG_WARNING, cursor->file, cursor->line,
                   "a dollar is taken for itself here: the value of a variable is written ${NAME}, a dollar \\$");
    }
    if (quote == '\0' && (cursor_at(cursor, '\'') || cursor_at(cursor, '"'))) {
        cursor_fault(cursor, "a quote within a value: put the whole value between quotes, or a backslash before it");
        return false;
    }
    const char *sentence = quote == '\0' ? typographic(cursor) : NULL;
    if (sentence != NULL) {
        cursor_fault(cursor, "%s", sentence);
        return false;
    }
    buf_add_byte(piece, *cursor->at++);
    cursor->literals++;
    return true;
}

static bool read_quoted(struct cursor *cursor, struct buf *piece) {
    char quote = *cursor->at++;
    while (!cursor_at(cursor, quote)) {
        if (cursor_at_line_end(cursor)) {
            cursor_fault(cursor, "a quote is opened and not closed");
            return false;
        }
        if (!read_step(cursor, quote, piece)) {
            return false;
        }
    }
    cursor->at++;
    if (!cursor_at_line_end(cursor) && !at_blank(cursor) && !skip_join(cursor)) {
        cursor_fault(cursor, "a blank must follow the closing quote");
        return false;
    }
    return true;
}

static bool read_piece(struct cursor *cursor, struct buf *piece) {
    if (cursor_at(cursor, '\'') || cursor_at(cursor, '"')) {
        return read_quoted(cursor, piece);
    }
    while (!cursor_at_line_end(cursor) && !at_blank(cursor)) {
        if (!read_step(cursor, '\0', piece)) {
            return false;
        }
    }
    return true;
}

bool cursor_read(struct cursor *cursor, const struct pool *pool, struct tam_str *ret_piece) {
    struct buf piece;
    buf_init(&piece, PIECE_MAX);
    cursor->literals = cursor->variables = 0;
    bool good = read_piece(cursor, &piece);
    cursor->comma = str_ends(buf_str(&piece), STR(","));
    if (good && (piece.failed || !pool_copy(pool, buf_str(&piece), ret_piece))) {
        cursor_fault(cursor, "a value is longer than %zu bytes, or memory ran out", PIECE_MAX);
        good = false;
    }
    buf_free(&piece);
    return good;
}
