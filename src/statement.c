/* SPDX-License-Identifier: MIT
 *
 * Service files, line by line.
 */
#include <config.h>

#include <src/base/buf.h>
#include <src/base/quote.h>
#include <src/base/str.h>
#include <src/statement.h>

#include <stdlib.h>
#include <sys/auxv.h>

#define WORDS_MAX 256
#define WORD_MAX  (64 * 1024)

/* What is known of a word while it is read. */
struct reading {
    struct buf text;
    size_t key_len;   /* 0: no equals sign yet */
    bool quoted;      /* inside quotes */
    size_t variables; /* how many ${} */
    bool literal;     /* something of its value stands in the file itself */
    const char *fault;
};

static bool is_blank(char byte) {
    return byte == ' ' || byte == '\t' || byte == '\r';
}

static char peek(const struct statement_reader *reader) {
    return reader->rest.len > 0 ? reader->rest.ptr[0] : '\n';
}

static void advance(struct statement_reader *reader, size_t n) {
    for (size_t i = 0; i < n && i < reader->rest.len; i++) {
        reader->line += reader->rest.ptr[i] == '\n';
    }
    reader->rest = str_from(reader->rest, n);
}

/* A backslash before the end of the line: the statement goes on in the next one. */
static size_t continuation(const struct statement_reader *reader) {
    if (str_starts(reader->rest, STR("\\\n"))) {
        return 2;
    }
    return str_starts(reader->rest, STR("\\\r\n")) ? 3 : 0;
}

static void skip_blanks(struct statement_reader *reader) {
    for (;;) {
        size_t n = continuation(reader);
        if (n == 0 && reader->rest.len > 0 && is_blank(peek(reader))) {
            n = 1;
        }
        if (n == 0) {
            return;
        }
        advance(reader, n);
    }
}

static void skip_line(struct statement_reader *reader) {
    size_t end = str_find(reader->rest, '\n');
    bool goes_on = end > 0 && end < reader->rest.len && reader->rest.ptr[end - 1] == '\\';
    advance(reader, end + 1);
    if (goes_on) {
        skip_line(reader);
    }
}

static void skip_comment(struct statement_reader *reader) {
    advance(reader, str_find(reader->rest, '\n') + 1);
}

/* ---- ${VARIABLE} -------------------------------------------------------------------------------------------------------------- */

static bool is_name(struct tam_str name) {
    for (size_t i = 0; i < name.len; i++) {
        char byte = name.ptr[i];
        bool letter = (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') || byte == '_';
        if (!letter && (i == 0 || byte < '0' || byte > '9')) {
            return false;
        }
    }
    return name.len > 0;
}

static const char *environment(struct tam_str name, const char **ret_fault) {
    char *text = mem_text(name);
    const char *value = text != NULL ? getenv(text) : NULL;
    if (value == NULL) {
        *ret_fault = "names an environment variable that is not set";
    }
    mem_free(text);
    return value;
}

/* What it stands for is put in as it is, and not looked at again. */
static void read_variable(struct statement_reader *reader, struct reading *reading) {
    size_t end = str_find(reader->rest, '}');
    struct tam_str name = { reader->rest.ptr + 2, end >= 2 && end < reader->rest.len ? end - 2 : 0 };
    if (!is_name(name)) {
        reading->fault = "has a ${ without the name of an environment variable and a }";
        return;
    }
    if (reading->key_len == 0) {
        reading->fault = "has an environment variable outside of a value";
        return;
    }
    if (getauxval(AT_SECURE) != 0) {
        reading->fault = "has an environment variable, which a set-uid process does not take";
        return;
    }
    buf_add_text(&reading->text, environment(name, &reading->fault));
    reading->variables++;
    advance(reader, end + 1);
}

/* ---- Words ---------------------------------------------------------------------------------------------------------------------- */

static void read_byte(struct statement_reader *reader, struct reading *reading) {
    char byte = peek(reader);
    if (byte == '\\' && reader->rest.len > 1) { /* libpq: a backslash takes the next byte as it is */
        advance(reader, 1);
        byte = peek(reader);
    } else if (byte == '=' && reading->key_len == 0 && reading->text.len > 0 && !reading->literal) {
        reading->key_len = reading->text.len;
        advance(reader, 1);
        return;
    }
    if (byte == '\0') {
        reading->fault = "has a NUL byte";
        return;
    }
    reading->literal |= reading->key_len > 0;
    buf_add_byte(&reading->text, byte);
    advance(reader, 1);
}

static void read_one(struct statement_reader *reader, struct reading *reading) {
    size_t joined = continuation(reader);
    if (joined > 0) {
        advance(reader, joined);
    } else if (peek(reader) == '\'') {
        reading->quoted = !reading->quoted;
        advance(reader, 1);
    } else if (str_starts(reader->rest, STR("${"))) {
        read_variable(reader, reading);
    } else {
        read_byte(reader, reading);
    }
}

static bool word_goes_on(const struct statement_reader *reader, const struct reading *reading) {
    if (reader->rest.len == 0 || reading->fault != NULL || peek(reader) == '\n') {
        return false;
    }
    return reading->quoted || (!is_blank(peek(reader)) && continuation(reader) == 0);
}

static bool keep_word(struct statement_reader *reader, const struct reading *reading, struct word *ret_word) {
    struct pool pool = arena_pool(reader->memory);
    struct tam_str text = buf_str(&reading->text), copy;
    if (reading->text.failed || !pool_copy(&pool, text, &copy)) {
        return false;
    }
    size_t value = reading->key_len;
    ret_word->key = (struct tam_str){ copy.ptr, value };
    ret_word->text = (struct tam_str){ copy.ptr + value, copy.len - value };
    ret_word->from_environment = reading->variables == 1 && !reading->literal;
    return true;
}

static bool read_word(struct statement_reader *reader, struct word *ret_word) {
    struct reading reading = { 0 };
    buf_init(&reading.text, WORD_MAX);
    ret_word->line = reader->line;
    while (word_goes_on(reader, &reading)) {
        read_one(reader, &reading);
    }
    if (reading.fault == NULL && reading.quoted) {
        reading.fault = "has a quote that does not end in its line";
    }
    if (reading.fault == NULL && !keep_word(reader, &reading, ret_word)) {
        reading.fault = "is too long";
    }
    if (reading.fault != NULL) {
        faults_add(reader->faults, TAM_LOG_ERROR, reader->file, ret_word->line, "%.*s%s%s", (int)reading.key_len,
                   reading.key_len > 0 ? reading.text.ptr : "", reading.key_len > 0 ? " " : "a word ", reading.fault);
    }
    buf_free(&reading.text);
    return reading.fault == NULL;
}

static bool at_end_of_statement(struct statement_reader *reader) {
    skip_blanks(reader);
    if (peek(reader) == '#') {
        return true;
    }
    return peek(reader) == '\n';
}

static bool read_words(struct statement_reader *reader, struct word *words, size_t *ret_count) {
    size_t count = 0;
    while (!at_end_of_statement(reader)) {
        if (count == WORDS_MAX) {
            faults_add(reader->faults, TAM_LOG_ERROR, reader->file, reader->line, "more than %d words in a statement",
                       WORDS_MAX);
            skip_line(reader);
            return false;
        }
        if (!read_word(reader, &words[count])) {
            skip_line(reader);
            return false;
        }
        count++;
    }
    skip_comment(reader);
    *ret_count = count;
    return true;
}

bool statement_next(struct statement_reader *reader, struct statement *ret_statement) {
    struct word *words = arena_alloc(reader->memory, WORDS_MAX * sizeof *words);
    if (words == NULL) {
        faults_add(reader->faults, TAM_LOG_ERROR, reader->file, reader->line, "the configuration is too large");
        return false;
    }
    while (reader->rest.len > 0) {
        size_t count = 0;
        if (read_words(reader, words, &count) && count > 0) {
            *ret_statement = (struct statement){ words, count, words[0].line };
            return true;
        }
    }
    return false;
}
