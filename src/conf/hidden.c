/* SPDX-License-Identifier: MIT
 *
 * Keeps values of the environment out of faults.
 */
#include <config.h>

#include <src/conf/hidden.h>

#include <src/base/display.h>
#include <src/base/mem.h>
#include <src/base/str.h>

#define SHOWN_MAX ((size_t)1 << 20) /* a value has at most 64 KiB */

struct hidden {
    struct hidden *next;
    size_t len;
    char *name; /* behind the value */
    char value[];
};

static bool is_there(const struct hidden *list, struct tam_str value) {
    while (list != NULL && !str_equal((struct tam_str){ list->value, list->len }, value)) {
        list = list->next;
    }
    return list != NULL;
}

static bool add_one(struct hidden **list, const char *name, struct tam_str value) {
    if (value.len < HIDDEN_MIN || is_there(*list, value)) {
        return true;
    }
    struct hidden *hidden = mem_alloc(sizeof *hidden + value.len + 1 + strlen(name) + 1);
    if (hidden == NULL) {
        return false;
    }
    hidden->len = value.len;
    memcpy(hidden->value, value.ptr, value.len);
    hidden->name = hidden->value + value.len + 1;
    memcpy(hidden->name, name, strlen(name));
    hidden->next = *list;
    *list = hidden;
    return true;
}

/* As a sentence shows it, and as that is shown once more where a plugin hands the sentence over. */
static bool add_shown(struct hidden **list, const char *name, struct tam_str value, enum display how) {
    struct buf once, twice;
    buf_init(&once, SHOWN_MAX);
    buf_init(&twice, SHOWN_MAX);
    display_add(&once, value, how);
    display_add(&twice, buf_str(&once), DISPLAY_VALUE);
    bool good =
        !once.failed && !twice.failed && add_one(list, name, buf_str(&once)) && add_one(list, name, buf_str(&twice));
    buf_free(&once);
    buf_free(&twice);
    return good;
}

static bool add_forms(struct hidden **list, const char *name, struct tam_str value) {
    return value.len < HIDDEN_MIN || (add_one(list, name, value) && add_shown(list, name, value, DISPLAY_VALUE) &&
                                      add_shown(list, name, value, DISPLAY_ASCII));
}

bool hidden_add(struct hidden **list, const char *name, struct tam_str value) {
    struct tam_str rest = value, entry;
    bool good = add_forms(list, name, value);
    while (good && str_cut(&rest, ',', &entry)) {
        good = add_forms(list, name, entry);
    }
    return good;
}

void hidden_free(struct hidden *list) {
    while (list != NULL) {
        struct hidden *next = list->next;
        mem_free_wiped(list, sizeof *list + list->len);
        list = next;
    }
}

/* How much of the value the text begins with, where that is the whole, or all that is left of it before three dots
 * or the end; else 0. */
static size_t match(const struct hidden *hidden, struct tam_str text) {
    size_t len = 0;
    while (len < hidden->len && len < text.len && hidden->value[len] == text.ptr[len]) {
        len++;
    }
    struct tam_str rest = str_from(text, len);
    bool cut = len >= HIDDEN_MIN && (rest.len == 0 || str_starts(rest, STR("...")));
    return len == hidden->len || cut ? len : 0;
}

void hidden_replace(const struct hidden *list, struct tam_str text, struct buf *ret_text) {
    while (text.len > 0) {
        const struct hidden *longest = NULL;
        size_t len = 0;
        for (const struct hidden *hidden = list; hidden != NULL; hidden = hidden->next) {
            size_t found = match(hidden, text);
            longest = found > len ? hidden : longest;
            len = found > len ? found : len;
        }
        if (longest != NULL) {
            buf_format(ret_text, "${%s}", longest->name);
        } else {
            buf_add_byte(ret_text, text.ptr[0]);
        }
        text = str_from(text, longest != NULL ? len : 1);
    }
}
