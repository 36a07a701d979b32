/* SPDX-License-Identifier: MIT
 *
 * Collects the faults of a configuration. It keeps those of one file in the order of its lines, and lets no control byte
 * through.
 */
#include <config.h>

#include <src/faults.h>

#include <src/base/buf.h>
#include <src/base/mem.h>
#include <src/base/str.h>
#include <stdarg.h>
#include <stdio.h>

#define FAULTS_MAX     1000
#define FAULT_TEXT_MAX 4096

struct fault {
    uint32_t level;
    unsigned line;
    char *file;
    char *text; /* with its place */
};

struct tam_faults {
    struct fault *items;
    size_t count, capacity;
    bool any_error; /* kept or not */
};

struct tam_faults *faults_new(void) {
    return mem_alloc(sizeof(struct tam_faults));
}

static void fault_clear(struct fault *fault) {
    mem_free(fault->file);
    mem_free(fault->text);
}

/* Faults reach terminals and log files, and they quote what others wrote. */
static void add_shown(struct buf *buf, const char *text) {
    bool utf8 = str_is_utf8(str_of(text));
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte < 0x20 || byte == 0x7f || (byte >= 0x80 && !utf8)) {
            buf_format(buf, "\\x%02x", byte);
        } else {
            buf_add_byte(buf, *text);
        }
    }
}

static bool fault_init(struct fault *fault, const char *file, const char *text) {
    struct buf buf;
    buf_init(&buf, 8 * FAULT_TEXT_MAX);
    if (file[0] != '\0') {
        add_shown(&buf, file);
        if (fault->line > 0) {
            buf_format(&buf, ":%u", fault->line);
        }
        buf_add_text(&buf, ": ");
    }
    add_shown(&buf, text);
    fault->file = mem_text(str_of(file));
    fault->text = buf.failed ? NULL : mem_text(buf_str(&buf));
    buf_free(&buf);
    return fault->file != NULL && fault->text != NULL;
}

static bool faults_grow(struct tam_faults *faults) {
    if (faults->count < faults->capacity) {
        return true;
    }
    if (faults->count >= FAULTS_MAX) {
        return false;
    }
    size_t capacity = faults->capacity + 16;
    struct fault *items = mem_resize(faults->items, faults->capacity, capacity, sizeof *items);
    if (items == NULL) {
        return false;
    }
    faults->items = items;
    faults->capacity = capacity;
    return true;
}

/* Behind the last one of the same file that is no further down, else before the first one of that file. */
static size_t faults_place(const struct tam_faults *faults, const struct fault *fault) {
    size_t place = faults->count;
    for (size_t i = faults->count; i > 0; i--) {
        const struct fault *other = &faults->items[i - 1];
        if (strcmp(other->file, fault->file) != 0) {
            continue;
        }
        if (other->line <= fault->line) {
            return i < place ? i : place;
        }
        place = i - 1;
    }
    return place;
}

static void faults_insert(struct tam_faults *faults, const struct fault *fault) {
    size_t place = faults_place(faults, fault);
    memmove(&faults->items[place + 1], &faults->items[place], (faults->count - place) * sizeof *fault);
    faults->items[place] = *fault;
    faults->count++;
}

void faults_add(struct tam_faults *faults, uint32_t level, const char *file, unsigned line, const char *format, ...) {
    struct fault fault = { .level = level, .line = line };
    char text[FAULT_TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    faults->any_error = faults->any_error || level == TAM_LOG_ERROR;
    if (fault_init(&fault, file != NULL ? file : "", text) && faults_grow(faults)) {
        faults_insert(faults, &fault);
    } else {
        fault_clear(&fault);
    }
}

bool faults_any_error(const struct tam_faults *faults) {
    return faults->any_error;
}

static const struct fault *fault_at(const struct tam_faults *faults, size_t i) {
    return faults != NULL && i < faults->count ? &faults->items[i] : NULL;
}

TAM_API size_t tam_faults_count(const struct tam_faults *faults) {
    return faults != NULL ? faults->count : 0;
}

TAM_API const char *tam_faults_text(const struct tam_faults *faults, size_t i) {
    const struct fault *fault = fault_at(faults, i);
    return fault != NULL ? fault->text : NULL;
}

TAM_API const char *tam_faults_file(const struct tam_faults *faults, size_t i) {
    const struct fault *fault = fault_at(faults, i);
    return fault != NULL ? fault->file : NULL;
}

TAM_API unsigned tam_faults_line(const struct tam_faults *faults, size_t i) {
    const struct fault *fault = fault_at(faults, i);
    return fault != NULL ? fault->line : 0;
}

TAM_API uint32_t tam_faults_level(const struct tam_faults *faults, size_t i) {
    const struct fault *fault = fault_at(faults, i);
    return fault != NULL ? fault->level : 0;
}

TAM_API void tam_faults_free(struct tam_faults *faults) {
    if (faults == NULL) {
        return;
    }
    for (size_t i = 0; i < faults->count; i++) {
        fault_clear(&faults->items[i]);
    }
    mem_free(faults->items);
    mem_free(faults);
}
