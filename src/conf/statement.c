/* SPDX-License-Identifier: MIT
 *
 * Cuts service files into statements. It never shows what stands where a value may stand: that could be a secret.
 * Longer than other files: a third of it is sentences for what is written wrong, and they stand where it is found.
 */
#include <config.h>

#include <src/conf/statement.h>

#include <src/base/array.h>
#include <src/base/file.h>
#include <src/base/quote.h>
#include <src/base/str.h>
#include <src/conf/cursor.h>
#include <src/conf/value.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX       ((size_t)256 << 10)
#define PATH_BYTES_MAX 4096
#define WHY_MAX        16384
#define DEPTH_MAX      8
#define NO_MEMORY      "the configuration is too large, or memory ran out"
#define TOO_MANY       "%s is included in a circle, more than %d files deep, or as one of more than %d files"
#define FILES_MAX      64 /* two includes in each of DEPTH_MAX files would be 256 */

/* One run over a source. */
struct reader {
    const struct pool *pool;
    struct faults *faults;
    bool any_owner;
    unsigned file_count;
    const char *labels[FILES_MAX + 1]; /* of the source, and of what it includes */
    unsigned label_count;
    const struct statement **tail; /* where the next statement goes */
};

/* A file that is being read, and what included it. */
struct text {
    const struct text *outer;
    const char *file, *folder, *label;
    unsigned depth;
    bool known; /* device and inode are; not of a string */
    dev_t device;
    ino_t inode;
};

/* One text of one run. */
struct job {
    struct reader *reader;
    const struct text *text;
    struct cursor cursor;
};

static void text_read(struct reader *reader, const struct text *text, struct tam_str content);

/* ---- Options and words ---- */

/* The length of what stands before `=`; 0 where this is no option. */
static size_t key_length(const struct cursor *cursor) {
    const char *at = cursor->at;
    while (at < cursor->end && strchr(" \t\r\n\\'\"=", *at) == NULL) {
        at++;
    }
    return at < cursor->end && *at == '=' ? (size_t)(at - cursor->at) : 0;
}

/* tenantId, TENANT_ID and tenant-id as we would spell it. */
static void add_respelled(struct buf *text, struct tam_str key) {
    for (size_t i = 0; i < key.len; i++) {
        char byte = key.ptr[i];
        bool upper = byte >= 'A' && byte <= 'Z';
        if (upper && i > 0 && key.ptr[i - 1] >= 'a' && key.ptr[i - 1] <= 'z') {
            buf_add_byte(text, '_');
        }
        buf_add_byte(text, (char)(upper ? byte - 'A' + 'a' : byte == '-' ? '_' : byte));
    }
}

static bool is_respellable(struct tam_str key) {
    for (size_t i = 0; i < key.len; i++) {
        char byte = key.ptr[i];
        if (!cursor_is_key_byte(byte) && byte != '-' && (byte < 'A' || byte > 'Z')) {
            return false;
        }
    }
    return true;
}

static bool check_key(struct cursor *cursor, struct tam_str key) {
    struct buf shown;
    size_t i = 0;
    while (i < key.len && cursor_is_key_byte(key.ptr[i])) {
        i++;
    }
    if (i == key.len) {
        return true;
    }
    buf_init(&shown, WHY_MAX);
    buf_add_text(&shown, "'");
    quote_add(&shown, key);
    buf_add_text(&shown, "' names no option: those are lower-case letters, digits and underscores");
    if (is_respellable(key)) {
        buf_add_text(&shown, ", such as ");
        add_respelled(&shown, key);
    }
    cursor_fault(cursor, "%.*s", STR_PRINT(buf_str(&shown)));
    buf_free(&shown);
    return false;
}

static bool read_option(struct job *job, size_t key_len, const struct statement_option ***tail) {
    struct cursor *cursor = &job->cursor;
    struct statement_option *option = pool_alloc(job->reader->pool, sizeof *option);
    struct tam_str key = { cursor->at, key_len };
    if (!check_key(cursor, key)) {
        return false;
    }
    if (option == NULL || !pool_copy(job->reader->pool, key, &key)) {
        cursor_fault(cursor, NO_MEMORY);
        return false;
    }
    *option = (struct statement_option){ .key = key, .line = cursor->line };
    cursor->at += key_len + 1;
    if (!cursor_read(cursor, job->reader->pool, &option->value)) {
        return false;
    }
    option->expanded = cursor->variables > 0;
    option->environment = cursor->variables == 1 && cursor->literals == 0;
    **tail = option;
    *tail = &option->next;
    return true;
}

/* pam.d(5) begins a line with one of these; a service file has one kind of line. */
static bool is_of_pam(struct tam_str word) {
    static const struct tam_str words[] = {
        STR_INIT("auth"),  STR_INIT("account"),  STR_INIT("session"),  STR_INIT("password"),
        STR_INIT("-auth"), STR_INIT("-account"), STR_INIT("-session"), STR_INIT("-password"),
    };
    return list_has((struct tam_list){ words, COUNT(words) }, word);
}

/* What stands there is no option, and no word belongs there. False. */
static bool word_fault(const struct cursor *cursor) {
    if (cursor->comma) {
        cursor_fault(cursor, "a blank behind a comma: a list is written without blanks, such as a,b");
    } else {
        cursor_fault(cursor,
                     "expected key=value without blanks round the '='; a value with blanks needs quotes, a list "
                     "has commas alone, and there is no word without a value: what is switched on is key=yes");
    }
    return false;
}

/* How lines begin in other kinds of files; NULL: not so. */
static const char *foreign_beginning(struct tam_str text) {
    static const struct {
        struct tam_str beginning;
        const char *sentence;
    } rows[] = {
        { STR_INIT(";"), "a comment begins with '#'" },
        { STR_INIT("//"), "a comment begins with '#'" },
        { STR_INIT("/*"), "a comment begins with '#'" },
        { STR_INIT("--"), "a comment begins with '#'" },
        { STR_INIT("@include"), "write include without '@', and the path behind it" },
        { STR_INIT("["), "a line begins with a word: there are no sections in brackets, and of PAM's controls only "
                         "required and sufficient" },
        { STR_INIT("{"), "a line begins with a word and goes on with key=value: this is no JSON, and has no braces" },
        { STR_INIT("}"), "a line begins with a word and goes on with key=value: this is no JSON, and has no braces" },
        { STR_INIT("<"), "a line begins with a word and goes on with key=value: this is no XML" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (str_starts(text, rows[i].beginning)) {
            return rows[i].sentence;
        }
    }
    return NULL;
}

/* Of the statement's words so far, the last one was read just now. */
static bool check_word(const struct cursor *cursor, const struct statement *statement) {
    const struct tam_str *words = statement->words;
    if (statement->word_count == 0 && is_of_pam(words[0])) {
        cursor_fault(
            cursor,
            "'%.*s' is a word of PAM's files: expected [required|sufficient] PLUGIN key=value..., such as: required "
            "azure tenant_id=... client_id=...",
            STR_PRINT(words[0]));
        return false;
    }
    struct tam_str last = words[statement->word_count];
    if (statement->word_count > 0 && !str_equal(words[0], STR("include")) && str_find(last, '=') < last.len) {
        cursor_fault(cursor, "quotes enclose a value alone, and stand behind the '=': key='a value'");
        return false;
    }
    return true;
}

/* A word out of place may be what is left of a secret with a blank in it: it is not shown. */
static bool read_word(struct job *job, struct statement *statement) {
    struct cursor *cursor = &job->cursor;
    if (cursor_at(cursor, '\\')) {
        struct tam_str ignored; /* a backslash out of place has a sentence of its own */
        return cursor_read(cursor, job->reader->pool, &ignored) && word_fault(cursor);
    }
    if (cursor_at(cursor, '=') || statement->options != NULL || statement->word_count == STATEMENT_WORDS) {
        return word_fault(cursor);
    }
    if (!cursor_read(cursor, job->reader->pool, &statement->words[statement->word_count])) {
        return false;
    }
    /* Which plugin or file is meant is never up to the environment. */
    if (cursor->variables > 0) {
        cursor_fault(cursor, "${NAME} may stand in values only");
        return false;
    }
    if (!check_word(cursor, statement)) {
        return false;
    }
    statement->word_count++;
    return true;
}

/* From its first byte to behind its last. */
static bool read_statement(struct job *job, struct statement *statement) {
    const struct statement_option **tail = &statement->options;
    const char *foreign =
        foreign_beginning((struct tam_str){ job->cursor.at, (size_t)(job->cursor.end - job->cursor.at) });
    if (foreign != NULL) {
        cursor_fault(&job->cursor, "%s", foreign);
        return false;
    }
    while (!cursor_at_statement_end(&job->cursor)) {
        size_t key_len = key_length(&job->cursor);
        bool good = key_len > 0 ? read_option(job, key_len, &tail) : read_word(job, statement);
        if (!good) {
            return false;
        }
        cursor_skip_blanks(&job->cursor);
    }
    if (statement->word_count == 0) {
        cursor_fault(&job->cursor,
                     "a line begins with a word, such as a plugin's name, and goes on with key=value; one that goes on "
                     "in the next ends with a backslash");
        return false;
    }
    return true;
}

/* ---- Files ---- */

/* "/etc/tam.d/x" gives "/etc/tam.d". */
static bool path_folder(const struct pool *pool, const char *path, struct tam_str *ret_folder) {
    const char *slash = strrchr(path, '/');
    size_t len = slash == NULL || slash == path ? 1 : (size_t)(slash - path);
    return pool_copy(pool, (struct tam_str){ path, len }, ret_folder);
}

static bool has_label(const struct reader *reader, const char *label) {
    unsigned i = 0;
    while (i < reader->label_count && strcmp(reader->labels[i], label) != 0) {
        i++;
    }
    return i < reader->label_count;
}

/* Verifiers are named by it, and two of one name could not be told apart in logs and metrics. A file that is
 * included twice has two. */
static bool text_label(struct reader *reader, struct text *text) {
    const char *slash = strrchr(text->file, '/'), *part = slash != NULL ? slash + 1 : text->file;
    struct tam_str label = { NULL, 0 };
    struct buf name;
    buf_init(&name, PATH_BYTES_MAX);
    buf_add_text(&name, part);
    for (unsigned i = 2; !name.failed && has_label(reader, name.ptr); i++) {
        buf_clear(&name);
        buf_format(&name, "%s#%u", part, i);
    }
    bool good = !name.failed && pool_copy(reader->pool, buf_str(&name), &label);
    buf_free(&name);
    if (good) {
        text->label = label.ptr;
        reader->labels[reader->label_count++] = label.ptr;
    }
    return good;
}

static bool is_open_already(const struct text *text) {
    for (const struct text *outer = text->outer; outer != NULL; outer = outer->outer) {
        if (text->known && outer->known && outer->device == text->device && outer->inode == text->inode) {
            return true;
        }
    }
    return false;
}

/* The file that is read is the one that is looked at for circles. */
static bool file_content(const struct reader *reader, struct text *text, struct buf *ret_content, struct buf *why) {
    int descriptor = file_open(text->file, reader->any_owner ? FILE_ANY : 0, NULL, why);
    struct stat status;
    if (descriptor < 0) {
        return false;
    }
    text->known = fstat(descriptor, &status) == 0;
    if (text->known) {
        text->device = status.st_dev;
        text->inode = status.st_ino;
    }
    bool circle = is_open_already(text);
    if (circle) {
        buf_format(why, TOO_MANY, text->file, DEPTH_MAX, FILES_MAX);
    }
    bool good = !circle && file_read_open(descriptor, text->file, FILE_MAX, ret_content, why);
    close(descriptor);
    return good;
}

/* place, line: where the file is named; NULL, 0 where it is the service file itself. */
static void path_read(struct reader *reader, const struct text *outer, const char *path, const char *place,
                      unsigned line) {
    struct text text = { .outer = outer, .file = path, .depth = outer != NULL ? outer->depth + 1 : 0 };
    struct tam_str folder;
    struct buf content, why;
    buf_init(&content, FILE_MAX);
    buf_init(&why, WHY_MAX);
    if (text.depth > DEPTH_MAX || ++reader->file_count > FILES_MAX) {
        faults_add(reader->faults, TAM_LOG_ERROR, place, line, TOO_MANY, path, DEPTH_MAX, FILES_MAX);
    } else if (!file_content(reader, &text, &content, &why)) {
        faults_add(reader->faults, TAM_LOG_ERROR, place, line, "%.*s", STR_PRINT(buf_str(&why)));
    } else if (!path_folder(reader->pool, path, &folder) || !text_label(reader, &text)) {
        faults_add(reader->faults, TAM_LOG_ERROR, place, line, NO_MEMORY);
    } else {
        text.folder = folder.ptr;
        text_read(reader, &text, buf_str(&content));
    }
    buf_free(&content);
    buf_free(&why);
}

static void include_read(struct job *job, const struct statement *statement) {
    static const struct tam_option file = { .type = TAM_OPT_FILE };
    struct reader *reader = job->reader;
    const struct value_means means = { statement->folder, reader->pool, false };
    struct tam_value path;
    struct buf why;
    buf_init(&why, WHY_MAX);
    if (statement->word_count != 2 || statement->options != NULL) {
        faults_add(reader->faults, TAM_LOG_ERROR, statement->file, statement->line,
                   "expected include PATH and nothing behind it");
    } else if (!value_read(&file, statement->words[1], &means, &path, &why)) {
        faults_add(reader->faults, TAM_LOG_ERROR, statement->file, statement->line, "what is included %.*s",
                   STR_PRINT(buf_str(&why)));
    } else {
        path_read(reader, job->text, path.text.ptr, statement->file, statement->line);
    }
    buf_free(&why);
}

/* ---- Text ---- */

/* Bytes that an editor does not show must not be in a file that decides who is let in. */
static bool check_bytes(struct reader *reader, const struct text *text, struct tam_str content) {
    struct tam_str line;
    bool good = true;
    for (unsigned number = 1; str_cut(&content, '\n', &line); number++) {
        size_t i = 0;
        line.len -= str_ends(line, STR("\r")) ? 1 : 0;
        while (i < line.len && ((unsigned char)line.ptr[i] >= 0x20 || line.ptr[i] == '\t') && line.ptr[i] != 0x7f) {
            i++;
        }
        if (i < line.len && line.ptr[i] == '\r') {
            faults_add(reader->faults, TAM_LOG_ERROR, text->file, number,
                       "a carriage return within the line: lines end with a line feed, or with both");
        } else if (i < line.len && line.ptr[i] == '\0') {
            faults_add(reader->faults, TAM_LOG_ERROR, text->file, number,
                       "a NUL byte: the file is not UTF-8 (UTF-16, perhaps); save it as UTF-8");
        } else if (i < line.len) {
            faults_add(reader->faults, TAM_LOG_ERROR, text->file, number,
                       "the line holds a control character (0x%02x, column %zu)", (unsigned char)line.ptr[i], i + 1);
        } else if (!str_is_utf8(line)) {
            faults_add(reader->faults, TAM_LOG_ERROR, text->file, number,
                       "the line is not UTF-8: typographic quotes of another character set, perhaps");
        } else if (number == 1 && str_starts(line, STR("\xef\xbb\xbf"))) {
            faults_add(reader->faults, TAM_LOG_ERROR, text->file, number,
                       "the file begins with a byte order mark (BOM): save it as UTF-8 without one");
        } else {
            continue;
        }
        good = false;
    }
    return good;
}

static void statement_keep(struct job *job, const struct statement *statement) {
    struct statement *kept = pool_alloc(job->reader->pool, sizeof *kept);
    if (kept == NULL) {
        cursor_fault(&job->cursor, NO_MEMORY);
        return;
    }
    *kept = *statement;
    *job->reader->tail = kept;
    job->reader->tail = &kept->next;
}

/* One line, with those joined to it. */
static void line_read(struct job *job) {
    cursor_skip_blanks(&job->cursor);
    struct statement statement = {
        .file = job->text->file, .folder = job->text->folder, .label = job->text->label, .line = job->cursor.line
    };
    bool blank = cursor_at_statement_end(&job->cursor);
    if (!blank && !read_statement(job, &statement)) {
        cursor_skip_statement(&job->cursor);
        return;
    }
    if (job->cursor.dangling) {
        job->cursor.line--;
        cursor_fault(&job->cursor, "the file ends behind a backslash: the line that it joins is missing");
    }
    cursor_skip_line(&job->cursor); /* what is left is a comment */
    if (!blank && str_equal(statement.words[0], STR("include"))) {
        include_read(job, &statement);
    } else if (!blank) {
        statement_keep(job, &statement);
    }
}

static void text_read(struct reader *reader, const struct text *text, struct tam_str content) {
    struct job job = { .reader = reader, .text = text };
    if (content.len == 0 || !check_bytes(reader, text, content)) {
        return;
    }
    job.cursor = (struct cursor){
        .at = content.ptr, .end = content.ptr + content.len, .line = 1, .file = text->file, .faults = reader->faults
    };
    while (job.cursor.at < job.cursor.end) {
        line_read(&job);
    }
}

static void source_read(struct reader *reader, const struct configuration_source *source) {
    struct tam_str path, folder;
    char here[PATH_BYTES_MAX];
    if (source->path != NULL && !pool_copy(reader->pool, str_of(source->path), &path)) {
        faults_add(reader->faults, TAM_LOG_ERROR, NULL, 0, NO_MEMORY);
    } else if (source->path != NULL) {
        path_read(reader, NULL, path.ptr, NULL, 0);
    } else {
        struct text text = { .file = "<string>", .folder = "" };
        if (getcwd(here, sizeof here) != NULL && pool_copy(reader->pool, str_of(here), &folder)) {
            text.folder = folder.ptr;
        }
        if (text_label(reader, &text)) {
            text_read(reader, &text, str_of(source->text));
        } else {
            faults_add(reader->faults, TAM_LOG_ERROR, NULL, 0, NO_MEMORY);
        }
    }
}

const struct statement *statement_read(const struct configuration_source *source, bool any_owner,
                                       const struct pool *pool, struct faults *faults) {
    const struct statement *first = NULL;
    struct reader reader = { .pool = pool, .faults = faults, .tail = &first, .any_owner = any_owner };
    source_read(&reader, source);
    return first;
}

size_t statement_count(const struct statement *first) {
    size_t count = 0;
    for (; first != NULL; first = first->next) {
        count++;
    }
    return count;
}
