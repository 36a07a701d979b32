/* SPDX-License-Identifier: MIT
 *
 * The loader: from a name or a path to a checked plugin.
 */
#include <config.h>

#include <src/base/mem.h>
#include <src/base/owner.h>
#include <src/base/quote.h>
#include <src/base/str.h>
#include <src/option.h>
#include <src/plugin.h>

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SYMBOL      "tam_plugin_v1"
#define OPTIONS_MAX 256
/* What a plugin of version 1.0 has: more may follow, less may not be. */
#define PLUGIN_SIZE_1_0 (offsetof(struct tam_plugin, destroy) + sizeof(void (*)(void *)))
#define OPTION_SIZE_1_0 (offsetof(struct tam_option, help) + sizeof(const char *))

/* Guards the list of loaded plugins; held while one is loaded, so that each is loaded once. */
static pthread_mutex_t plugins_lock = PTHREAD_MUTEX_INITIALIZER;
static struct plugin *plugins;

/* ---- Where it lies --------------------------------------------------------------------------------------------------------- */

static bool is_plugin_name(struct tam_str name) {
    for (size_t i = 0; i < name.len; i++) {
        char byte = name.ptr[i];
        bool good = (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '_' || byte == '-';
        if (!good) {
            return false;
        }
    }
    return name.len > 0;
}

static bool add_path(struct tam_str name, const char *plugin_dir, struct buf *path, struct buf *why) {
    if (str_starts(name, STR("/"))) {
        buf_add(path, name);
    } else if (is_plugin_name(name)) {
        buf_format(path, "%s/tam_%.*s.so", plugin_dir, STR_PRINT(name));
    } else {
        buf_add_text(why, "a plugin is named by [a-z0-9_-]+ or by an absolute path, not ");
        quote_add(why, name);
        return false;
    }
    if (path->failed) {
        buf_add_text(why, "the plugin's path is too long");
    }
    return !path->failed;
}

/* tam_NAME.so, as its name must be. */
static bool file_is_for(const char *path, const char *name) {
    struct tam_str file = str_of(strrchr(path, '/') + 1), own = str_of(name);
    return file.len == own.len + 7 && str_starts(file, STR("tam_")) && str_starts(str_from(file, 4), own) &&
           str_ends(file, STR(".so"));
}

/* ---- What it says of itself ------------------------------------------------------------------------------------------------ */

static bool mismatch(struct buf *why, const char *path, const char *what, unsigned long found, unsigned long wanted) {
    buf_format(why, "%s: its %s is %lu, and this libtam wants %lu", path, what, found, wanted);
    return false;
}

/* dlsym also looks into what the plugin depends on: the symbol must come from the file itself. Its size is the ELF
 * symbol's, which no member of the struct can lie about. */
static const struct tam_plugin *find_symbol(void *handle, const char *path, struct buf *why) {
    const struct tam_plugin *symbol = dlsym(handle, SYMBOL);
    struct link_map *own = NULL, *found = NULL;
    ElfW(Sym) *elf = NULL;
    Dl_info info, unused;
    bool own_file = symbol != NULL && dladdr1(symbol, &info, (void **)&elf, RTLD_DL_SYMENT) != 0 &&
                    dladdr1(symbol, &unused, (void **)&found, RTLD_DL_LINKMAP) != 0 &&
                    dlinfo(handle, RTLD_DI_LINKMAP, &own) == 0 && own == found;
    if (!own_file || elf == NULL) {
        buf_format(why, "%s: it does not export %s, so it is no tam plugin", path, SYMBOL);
        return NULL;
    }
    if (elf->st_size < PLUGIN_SIZE_1_0) {
        mismatch(why, path, "symbol " SYMBOL " too small: its size", elf->st_size, PLUGIN_SIZE_1_0);
        return NULL;
    }
    if (symbol->magic != TAM_MAGIC) {
        mismatch(why, path, "magic number", symbol->magic, TAM_MAGIC);
        return NULL;
    }
    if (symbol->abi_major != TAM_ABI_MAJOR) {
        mismatch(why, path, "ABI's major version", symbol->abi_major, TAM_ABI_MAJOR);
        return NULL;
    }
    if (symbol->size < PLUGIN_SIZE_1_0 || symbol->size > elf->st_size) {
        mismatch(why, path, "declared size", symbol->size, (unsigned long)elf->st_size);
        return NULL;
    }
    return symbol;
}

static bool check_options(const struct tam_plugin *table, const char *path, struct buf *why) {
    if (table->option_count > OPTIONS_MAX) {
        return mismatch(why, path, "number of options", table->option_count, OPTIONS_MAX);
    }
    if (table->option_count > 0 && (table->options == NULL || table->option_size < OPTION_SIZE_1_0)) {
        return mismatch(why, path, "size of an option's row", table->option_size, OPTION_SIZE_1_0);
    }
    struct option_table options = { table->name, table->options, table->option_count, table->option_size };
    for (uint32_t row = 0; row < options.count; row++) {
        const char *fault = option_table_fault(&options, row);
        if (fault != NULL) {
            buf_format(why, "%s: row %u of its option table: %s", path, row, fault);
            return false;
        }
    }
    return true;
}

static bool check_table(const struct tam_plugin *table, const char *path, struct buf *why) {
    if (table->init == NULL || table->verify == NULL || table->describe == NULL || table->destroy == NULL) {
        buf_format(why, "%s: one of its operations init, verify, describe, destroy is missing", path);
        return false;
    }
    if (table->name == NULL || table->version == NULL || table->summary == NULL || !file_is_for(path, table->name)) {
        buf_format(why, "%s: it calls itself %s, so its file must be tam_%s.so", path,
                   table->name != NULL ? table->name : "nothing", table->name != NULL ? table->name : "NAME");
        return false;
    }
    return check_options(table, path, why);
}

/* ---- Loading [under plugins_lock] ------------------------------------------------------------------------------------------- */

static struct plugin *plugin_new(const struct tam_plugin *table, const char *path, const struct stat *status) {
    struct plugin *plugin = mem_alloc(sizeof *plugin);
    pthread_mutex_t *lock = mem_alloc(sizeof *lock);
    char *copy = mem_text(str_of(path));
    if (plugin == NULL || lock == NULL || copy == NULL) {
        mem_free(plugin);
        mem_free(lock);
        mem_free(copy);
        return NULL;
    }
    pthread_mutex_init(lock, NULL);
    memcpy(&plugin->table, table, table->size < sizeof plugin->table ? table->size : sizeof plugin->table);
    plugin->path = copy;
    plugin->lock = lock;
    plugin->device = status->st_dev;
    plugin->inode = status->st_ino;
    return plugin;
}

/* Never closed after this: threads, and keys of threads, may still run its code (abi.md, Traps). */
static struct plugin *plugin_open(const char *path, const struct stat *status, struct buf *why) {
    struct plugin *plugin = NULL;
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL) {
        buf_format(why, "cannot be loaded: %s", dlerror());
        return NULL;
    }
    const struct tam_plugin *symbol = find_symbol(handle, path, why);
    if (symbol != NULL && check_table(symbol, path, why)) {
        plugin = plugin_new(symbol, path, status);
    }
    if (plugin == NULL) {
        dlclose(handle);
    }
    return plugin;
}

static struct plugin *find_loaded(const char *path, const struct stat *status, struct buf *why) {
    for (struct plugin *plugin = plugins; plugin != NULL; plugin = plugin->next) {
        if (plugin->device == status->st_dev && plugin->inode == status->st_ino) {
            return plugin;
        }
        if (strcmp(plugin->path, path) == 0) {
            buf_format(why, "%s was replaced since it was loaded: the new one is used after a restart", path);
            return plugin;
        }
    }
    return NULL;
}

/* The file is checked before dlopen, since its constructors run in it. */
static struct plugin *load(const char *path, bool any_owner, struct buf *why) {
    struct stat status;
    int descriptor = owner_open(path, any_owner ? OWNER_ANY : 0, why);
    if (descriptor < 0) {
        return NULL;
    }
    bool good = fstat(descriptor, &status) == 0;
    close(descriptor);
    char *resolved = good ? realpath(path, NULL) : NULL;
    if (resolved == NULL) {
        buf_format(why, "%s went away while it was loaded", path);
        return NULL;
    }
    struct plugin *plugin = find_loaded(resolved, &status, why);
    if (plugin == NULL) {
        plugin = plugin_open(resolved, &status, why);
        if (plugin != NULL) {
            plugin->next = plugins;
            plugins = plugin;
        }
    }
    mem_free(resolved);
    return plugin;
}

const struct plugin *plugin_load(struct tam_str name, const char *plugin_dir, bool any_owner, struct buf *ret_why) {
    const struct plugin *plugin = NULL;
    struct buf path;
    buf_init(&path, 4096);
    if (add_path(name, plugin_dir, &path, ret_why)) {
        pthread_mutex_lock(&plugins_lock);
        plugin = load(path.ptr, any_owner, ret_why);
        pthread_mutex_unlock(&plugins_lock);
    }
    buf_free(&path);
    return plugin;
}

void plugin_lock(const struct plugin *plugin) {
    pthread_mutex_lock(plugin->lock);
}

void plugin_unlock(const struct plugin *plugin) {
    pthread_mutex_unlock(plugin->lock);
}
