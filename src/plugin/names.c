/* SPDX-License-Identifier: MIT
 *
 * Lists plugins by their files' names. It opens none of them.
 */
#include <config.h>

#include <src/plugin/names.h>

#include <dirent.h>
#include <errno.h>
#include <src/base/compat.h>
#include <src/base/mem.h>
#include <src/base/str.h>
#include <src/conf/nearest.h>
#include <stdlib.h>

#define PLUGINS_MAX 1024
#define SHOWN_MAX   16

static int names_compare(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void plugin_names_free(struct plugin_names *names) {
    for (size_t i = 0; i < names->count; i++) {
        mem_free(names->items[i]);
    }
    mem_free(names->items);
}

/* "tam_azure.so" gives "azure". */
static bool names_add(struct plugin_names *names, const char *file) {
    struct tam_str name = str_of(file);
    if (!str_starts(name, STR("tam_")) || !str_ends(name, STR(".so")) || name.len <= sizeof "tam_.so" - 1) {
        return true;
    }
    name = str_from(name, sizeof "tam_" - 1);
    name.len -= sizeof ".so" - 1;
    if (names->count == PLUGINS_MAX) {
        return false;
    }
    names->items[names->count] = mem_text(name);
    if (names->items[names->count] == NULL) {
        return false;
    }
    names->count++;
    return true;
}

bool plugin_names_read(struct plugin_names *names, const char *directory, struct buf *ret_why) {
    *names = (struct plugin_names){ 0 };
    DIR *open = opendir(directory);
    if (open == NULL) {
        buf_format(ret_why, "%s cannot be opened: %s", directory, error_text(errno));
        return false;
    }
    names->items = mem_array(PLUGINS_MAX, sizeof *names->items);
    bool good = names->items != NULL;
    for (struct dirent *entry = readdir(open); good && entry != NULL; entry = readdir(open)) {
        good = names_add(names, entry->d_name);
    }
    closedir(open);
    if (!good) {
        buf_format(ret_why, "%s has too many plugins, or memory ran out", directory);
        return false;
    }
    if (names->count > 0) {
        qsort(names->items, names->count, sizeof *names->items, names_compare);
    }
    return true;
}

void plugin_names_tell_missing(struct tam_str name, const char *directory, struct buf *why) {
    struct plugin_names names;
    struct nearest nearest;
    buf_format(why, "there is no plugin '%.*s': ", STR_PRINT(name));
    if (plugin_names_read(&names, directory, why)) {
        buf_format(why, "%s has ", directory);
        nearest_init(&nearest, name);
        for (size_t i = 0; i < names.count && i < SHOWN_MAX; i++) {
            buf_format(why, "%s%s", i > 0 ? ", " : "", names.items[i]);
            nearest_try(&nearest, names.items[i]);
        }
        buf_add_text(why, names.count == 0 ? "none" : names.count > SHOWN_MAX ? ", ..." : "");
        if (nearest.word != NULL) {
            buf_format(why, "; did you mean %s", nearest.word);
        }
    }
    buf_add_text(why, "; TAM_PLUGIN_DIR and --plugin-dir name another directory");
    plugin_names_free(&names);
}
