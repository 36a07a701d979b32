/* SPDX-License-Identifier: MIT
 *
 * Collects the faults of a configuration. It keeps those of one file in the order of its lines. Faults reach terminals
 * and log files, and they quote what others wrote: what would not be seen is escaped.
 */
#include <config.h>

#include <src/conf/faults.h>

#include <src/base/assert.h>
#include <src/base/buf.h>
#include <src/base/display.h>
#include <src/base/mem.h>
#include <src/base/str.h>
#include <src/conf/hidden.h>
#include <stdarg.h>
#include <stdio.h>

#define FAULTS_MAX     1000
#define FAULT_TEXT_MAX 4096

struct fault {
    uint32_t level;
    unsigned line;
    const char *file, *text; /* the text with its place */
    char *memory;            /* of both */
};

struct faults {
    struct fault *items;
    size_t count, capacity;
    bool any_error; /* kept or not */
    struct hidden *hidden;
    uint32_t lost; /* the gravest level among those that were not kept; 0: all were */
};

/* Stands for the faults that were not kept, after all that were, so that there is always something to show. */
static const struct fault lost_faults[] = {
    [TAM_LOG_ERROR] = { TAM_LOG_ERROR, 0, "", "memory ran out, or there are more faults than can be kept", NULL },
    [TAM_LOG_WARNING] = { TAM_LOG_WARNING, 0, "", "memory ran out, or there are more warnings than can be kept", NULL },
};

/* Shared by all for whom there was no memory, and never written. */
static struct faults no_memory = { .any_error = true, .lost = TAM_LOG_ERROR };

struct faults *faults_new(void) {
    struct faults *faults = mem_alloc(sizeof *faults);
    return faults != NULL ? faults : &no_memory;
}

static void fault_clear(struct fault *fault) {
    mem_free(fault->memory);
}

/* Faults reach terminals and log files, and they quote what others wrote. */
static bool fault_init(struct fault *fault, const char *file, struct tam_str text) {
    struct buf buf;
    buf_init(&buf, 16 * FAULT_TEXT_MAX);
    buf_add_text(&buf, file);
    buf_add_byte(&buf, '\0');
    if (file[0] != '\0') {
        display_add(&buf, str_of(file), DISPLAY_VALUE);
        if (fault->line > 0) {
            buf_format(&buf, ":%u", fault->line);
        }
        buf_add_text(&buf, ": ");
    }
    display_add(&buf, text, DISPLAY_LINE);
    fault->memory = buf.failed ? NULL : mem_text(buf_str(&buf));
    buf_free(&buf);
    if (fault->memory == NULL) {
        return false;
    }
    fault->file = fault->memory;
    fault->text = fault->memory + strlen(file) + 1;
    return true;
}

static bool faults_grow(struct faults *faults) {
    if (faults->count < faults->capacity) {
        return true;
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
static size_t faults_place(const struct faults *faults, const struct fault *fault) {
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

static void faults_insert(struct faults *faults, const struct fault *fault) {
    size_t place = faults_place(faults, fault);
    memmove(&faults->items[place + 1], &faults->items[place], (faults->count - place) * sizeof *fault);
    faults->items[place] = *fault;
    faults->count++;
}

static void faults_lose(struct faults *faults, uint32_t level) {
    if (faults->lost == 0 || level < faults->lost) {
        faults->lost = level;
    }
}

void faults_add(struct faults *faults, uint32_t level, const char *file, unsigned line, const char *format, ...) {
    struct fault fault = { .level = level, .line = line };
    char text[FAULT_TEXT_MAX];
    struct buf shown;
    va_list arguments;
    TAM_ASSERT(faults != NULL && (level == TAM_LOG_ERROR || level == TAM_LOG_WARNING));
    if (faults == &no_memory) {
        return;
    }
    faults->any_error = faults->any_error || level == TAM_LOG_ERROR;
    if (faults_full(faults)) {
        faults_lose(faults, level);
        return;
    }
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    buf_init(&shown, 64 * FAULT_TEXT_MAX);
    hidden_replace(faults->hidden, str_of(text), &shown);
    if (!shown.failed && fault_init(&fault, file != NULL ? file : "", buf_str(&shown)) && faults_grow(faults)) {
        faults_insert(faults, &fault);
    } else {
        fault_clear(&fault);
        faults_lose(faults, level);
    }
    buf_free(&shown);
}

bool faults_full(const struct faults *faults) {
    return faults->count >= FAULTS_MAX;
}

bool faults_hide(struct faults *faults, const char *name, struct tam_str value) {
    return faults == &no_memory || hidden_add(&faults->hidden, name, value);
}

bool faults_any_error(const struct faults *faults) {
    return faults->any_error;
}

static const struct fault *fault_at(const struct faults *faults, size_t i) {
    if (faults == NULL || i > faults->count) {
        return NULL;
    }
    if (i < faults->count) {
        return &faults->items[i];
    }
    return faults->lost != 0 ? &lost_faults[faults->lost] : NULL;
}

size_t faults_count(const struct faults *faults) {
    return faults != NULL ? faults->count + (faults->lost != 0) : 0;
}

const char *faults_text(const struct faults *faults, size_t i) {
    const struct fault *fault = fault_at(faults, i);
    return fault != NULL ? fault->text : NULL;
}

const char *faults_file(const struct faults *faults, size_t i) {
    const struct fault *fault = fault_at(faults, i);
    return fault != NULL ? fault->file : NULL;
}

unsigned faults_line(const struct faults *faults, size_t i) {
    const struct fault *fault = fault_at(faults, i);
    return fault != NULL ? fault->line : 0;
}

uint32_t faults_level(const struct faults *faults, size_t i) {
    const struct fault *fault = fault_at(faults, i);
    return fault != NULL ? fault->level : 0;
}

void faults_free(struct faults *faults) {
    if (faults == NULL || faults == &no_memory) {
        return;
    }
    for (size_t i = 0; i < faults->count; i++) {
        fault_clear(&faults->items[i]);
    }
    mem_free(faults->items);
    hidden_free(faults->hidden);
    mem_free(faults);
}
