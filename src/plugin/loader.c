/* SPDX-License-Identifier: MIT
 *
 * Finds, checks and loads plugins. Whether a file may be trusted is settled before dlopen(), because a shared object's
 * constructors run in it; whether it is a plugin, after.
 */
#include <config.h>

#include <src/plugin/loader.h>

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <pthread.h>
#include <src/base/mem.h>
#include <src/base/file.h>
#include <src/base/quote.h>
#include <src/base/str.h>
#include <src/plugin/names.h>
#include <src/plugin/table.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_BYTES_MAX 4096
#define SYMBOL         "tam_plugin_v1"

/* Lets one load run at a time; list and loads change under it. Plugins in the list are immutable, but for their own
 * locks. */
static pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER;
static struct plugin *_Atomic list;
static unsigned loads;
static atomic_bool loading; /* a dlopen() runs */
static bool torn;           /* one ran in the parent, in another thread, when this process was forked */

/* A file that was found, and is held open so that its inode stays what it is. */
struct candidate {
    struct tam_str name; /* what the plugin must call itself */
    struct buf path;     /* as asked for */
    struct buf resolved; /* without links */
    int descriptor;
    dev_t device;
    ino_t inode;
};

/* ---- Fork ---- */

/* A thread that was inside a load, or inside a plugin's init, has no twin in the child; nobody would ever unlock.
 * fork() does not wait for it: a constructor may take its time, or call fork() itself. What a half-done dlopen()
 * leaves behind in the child is the dynamic linker's secret, so nothing is loaded there any more. */
static void after_fork_in_child(void) {
    torn = torn || loading;
    pthread_mutex_init(&list_lock, NULL);
    for (struct plugin *plugin = list; plugin != NULL; plugin = plugin->next) {
        pthread_mutex_init(plugin->lock, NULL);
    }
}

static void watch_forks(void) {
    (void)pthread_atfork(NULL, NULL, after_fork_in_child);
}

/* ---- Names ---- */

static bool is_name(struct tam_str name) {
    for (size_t i = 0; i < name.len; i++) {
        char byte = name.ptr[i];
        if (!(byte >= 'a' && byte <= 'z') && !(byte >= '0' && byte <= '9') && byte != '_' && byte != '-') {
            return false;
        }
    }
    return name.len > 0;
}

/* "/x/tam_azure.so" gives "azure"; the empty view where it is no such path. */
static struct tam_str name_of_path(struct tam_str path) {
    struct tam_str name = path;
    while (str_find(name, '/') < name.len) {
        name = str_from(name, str_find(name, '/') + 1);
    }
    if (!str_starts(name, STR("tam_")) || !str_ends(name, STR(".so")) || name.len <= sizeof "tam_.so" - 1) {
        return STR_NONE;
    }
    name = str_from(name, sizeof "tam_" - 1);
    name.len -= sizeof ".so" - 1;
    return name;
}

/* The plugin of "tam_azure.so", as PAM would have it written; the empty view where it is no such name. */
static struct tam_str name_of_file(struct tam_str file) {
    if (!str_ends(file, STR(".so"))) {
        return STR_NONE;
    }
    file.len -= sizeof ".so" - 1;
    if (str_starts(file, STR("tam_")) || str_starts(file, STR("pam_"))) {
        file = str_from(file, sizeof "tam_" - 1);
    }
    return is_name(file) ? file : STR_NONE;
}

static bool candidate_name(struct candidate *candidate, struct tam_str name, const char *plugin_dir, struct buf *why) {
    bool is_path = str_find(name, '/') < name.len;
    candidate->name = is_path ? name_of_path(name) : name;
    struct tam_str file = is_path ? STR_NONE : name_of_file(name);
    if (file.len > 0) {
        buf_format(why, "write a plugin's name and not its file's: %.*s", STR_PRINT(file));
        return false;
    }
    if (!is_name(candidate->name)) {
        buf_add_text(
            why,
            "expected a plugin's name (lower-case letters, digits, '_' and '-') or a path to tam_NAME.so, found '");
        quote_add(why, name);
        buf_add_text(why, "'");
        return false;
    }
    if (is_path) {
        buf_add(&candidate->path, name);
    } else {
        buf_format(&candidate->path, "%s/tam_%.*s.so", plugin_dir, STR_PRINT(name));
    }
    if (candidate->path.failed || candidate->path.ptr[0] != '/') {
        buf_add_text(why, is_path ? "a plugin's path" : "the plugin directory");
        buf_add_text(why, " must be absolute and not too long");
        return false;
    }
    return true;
}

/* plugin_dir: where a name is looked for; NULL: it is a path. */
static bool candidate_open(struct candidate *candidate, const char *plugin_dir, bool any_owner, struct buf *why) {
    const char *path = candidate->path.ptr;
    struct stat status;
    if (plugin_dir != NULL && access(path, F_OK) != 0 && errno == ENOENT) {
        plugin_names_tell_missing(candidate->name, plugin_dir, why);
        return false;
    }
    candidate->descriptor = file_open(path, any_owner ? FILE_ANY : 0, &candidate->resolved, why);
    if (candidate->descriptor < 0) {
        return false;
    }
    if (candidate->resolved.failed || fstat(candidate->descriptor, &status) != 0) {
        buf_format(why, "%s cannot be looked at", path);
        return false;
    }
    candidate->device = status.st_dev;
    candidate->inode = status.st_ino;
    return true;
}

static void candidate_close(struct candidate *candidate) {
    if (candidate->descriptor >= 0) {
        close(candidate->descriptor);
    }
    buf_free(&candidate->resolved);
    buf_free(&candidate->path);
}

/* ---- Loading ---- */

/* A lookup through a handle also walks what the file depends on (dlsym(3)): a plugin without the symbol would answer
 * with its library's. */
static bool check_origin(void *handle, const void *symbol, const struct candidate *candidate, struct buf *why) {
    struct link_map *own = NULL;
    Dl_info info;
#ifdef HAVE_DLADDR1
    void *origin = NULL;
    bool good = dlinfo(handle, RTLD_DI_LINKMAP, &own) == 0 && dladdr1(symbol, &info, &origin, RTLD_DL_LINKMAP) != 0 &&
                origin == own;
#else
    bool good = dlinfo(handle, RTLD_DI_LINKMAP, &own) == 0 && dladdr(symbol, &info) != 0 &&
                info.dli_fbase == (void *)own->l_addr;
#endif
    if (!good) {
        buf_format(why, "%s does not export " SYMBOL " itself: the one found belongs to another file",
                   candidate->resolved.ptr);
    }
    return good;
}

/* What the linker wrote down: a struct that claims more would be read past its end. musl does not tell; there, magic
 * and the struct's own size must do. */
static bool symbol_size(const void *symbol, const char *path, size_t *ret_size, struct buf *why) {
#ifdef HAVE_DLADDR1
    void *entry = NULL;
    Dl_info info;
    bool found = dladdr1(symbol, &info, &entry, RTLD_DL_SYMENT) != 0 && entry != NULL && info.dli_saddr == symbol;
    const ElfW(Sym) *row = entry;
    if (!found || ELF64_ST_TYPE(row->st_info) != STT_OBJECT) {
        buf_format(why, "%s exports a " SYMBOL " that is no data object", path);
        return false;
    }
    *ret_size = row->st_size;
#else
    (void)symbol, (void)path, (void)why;
    *ret_size = SIZE_MAX;
#endif
    return true;
}

static struct plugin *plugin_new(const struct candidate *candidate) {
    struct plugin *plugin = mem_alloc(sizeof *plugin);
    if (plugin == NULL) {
        return NULL;
    }
    plugin->lock = mem_alloc(sizeof(pthread_mutex_t));
    plugin->path = mem_text(buf_str(&candidate->resolved));
    plugin->device = candidate->device;
    plugin->inode = candidate->inode;
    if (plugin->lock == NULL || plugin->path == NULL || pthread_mutex_init(plugin->lock, NULL) != 0) {
        mem_free(plugin->lock);
        mem_free(plugin->path);
        mem_free(plugin);
        return NULL;
    }
    return plugin;
}

static void plugin_free(struct plugin *plugin) {
    if (plugin != NULL) {
        plugin_table_free(&plugin->table);
        pthread_mutex_destroy(plugin->lock);
        mem_free(plugin->lock);
        mem_free(plugin->path);
        mem_free(plugin);
    }
}

static bool plugin_take(struct plugin *plugin, void *handle, const struct candidate *candidate, struct buf *why) {
    const void *symbol = dlsym(handle, SYMBOL);
    size_t size = 0;
    if (symbol == NULL) {
        buf_format(why, "%s is no plugin: it exports no " SYMBOL, candidate->resolved.ptr);
        return false;
    }
    return check_origin(handle, symbol, candidate, why) && symbol_size(symbol, candidate->resolved.ptr, &size, why) &&
           plugin_table_copy(symbol, size, candidate->name, candidate->resolved.ptr, &plugin->table, why);
}

/* A name for the descriptor, by which the dynamic linker opens the file that was judged, and not what its path leads
 * to by now. It has the numbers of process and thread, for a debugger reads it too, and "self" would be the
 * debugger. glibc takes a name that it has seen before for the object that it loaded then, without a look at the
 * file, and descriptors have the same numbers again and again: so each load spells it in a way of its own, the bits
 * of a counter as "/." and "//". */
static bool descriptor_name(const struct candidate *candidate, struct buf *ret_name) {
    char self[64];
    struct stat status;
    ssize_t len = readlink("/proc/thread-self", self, sizeof self);
    if (len <= 0 || len == sizeof self) {
        return false;
    }
    buf_format(ret_name, "/proc/%.*s/fd", (int)len, self);
    for (unsigned rest = ++loads; rest > 0; rest >>= 1) {
        buf_add_text(ret_name, (rest & 1) != 0 ? "/." : "//");
    }
    buf_format(ret_name, "/%d", candidate->descriptor);
    return !ret_name->failed && stat(ret_name->ptr, &status) == 0 && status.st_dev == candidate->device &&
           status.st_ino == candidate->inode;
}

static void *load(const struct candidate *candidate, const char *name, struct buf *why) {
    loading = true;
    void *handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    loading = false;
    if (handle == NULL) {
        /* It begins with the name, unless the fault is in a library that the plugin needs. */
        struct tam_str text = str_of(dlerror());
        text = str_starts(text, str_of(name)) ? str_from(text, strlen(name) + sizeof ": " - 1) : text;
        buf_format(why, "%s cannot be loaded: %.*s", candidate->resolved.ptr, STR_PRINT(text));
    }
    return handle;
}

/* Debuggers, dladdr(3) and backtraces know an object by this name, and the descriptor's will soon be another file's. */
static void name_object(struct plugin *plugin, void *handle, const char *name) {
    struct link_map *map = NULL;
    if (dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0 && strcmp(map->l_name, name) == 0) {
        plugin->opened_as = map->l_name;
        map->l_name = plugin->path;
    }
}

/* The handle is kept for ever: unloading code that left threads or keys behind ends in their calling unmapped
 * memory. */
static bool plugin_fill(struct plugin *plugin, const struct candidate *candidate, const char *name, struct buf *why) {
    void *handle = load(candidate, name, why);
    if (handle == NULL) {
        return false;
    }
    if (!plugin_take(plugin, handle, candidate, why)) {
        dlclose(handle);
        return false;
    }
    name_object(plugin, handle, name);
    return true;
}

static struct plugin *plugin_open(const struct candidate *candidate, struct buf *why) {
    struct plugin *plugin = plugin_new(candidate);
    struct buf name;
    if (plugin == NULL) {
        buf_add_text(why, "memory ran out");
        return NULL;
    }
    buf_init(&name, PATH_BYTES_MAX);
    bool named = descriptor_name(candidate, &name);
    if (!named) {
        buf_format(why, "%s cannot be loaded: that needs /proc (in a chroot, load it before)", candidate->resolved.ptr);
    }
    bool good = named && plugin_fill(plugin, candidate, name.ptr, why);
    buf_free(&name);
    if (!good) {
        plugin_free(plugin);
    }
    return good ? plugin : NULL;
}

/* ---- The list ---- */

static struct plugin *list_find_file(const struct candidate *candidate) {
    struct plugin *plugin = list;
    while (plugin != NULL && (plugin->device != candidate->device || plugin->inode != candidate->inode)) {
        plugin = plugin->next;
    }
    return plugin;
}

static struct plugin *list_find_path(const struct candidate *candidate) {
    struct plugin *plugin = list;
    while (plugin != NULL && strcmp(plugin->path, candidate->resolved.ptr) != 0) {
        plugin = plugin->next;
    }
    return plugin;
}

/* A loaded plugin answers to its own name only, whichever links lead to it. */
static struct plugin *check_name(struct plugin *plugin, const struct candidate *candidate, struct buf *why) {
    return plugin_table_check_name(&plugin->table, candidate->name, candidate->resolved.ptr, why) ? plugin : NULL;
}

static struct plugin *list_get(const struct candidate *candidate, struct buf *why) {
    struct plugin *plugin = list_find_file(candidate);
    if (plugin != NULL) {
        return check_name(plugin, candidate, why);
    }
    plugin = list_find_path(candidate);
    if (plugin != NULL) {
        plugin = check_name(plugin, candidate, why);
        if (plugin != NULL) {
            buf_format(why, "%s was replaced since it was loaded; the new one is used after a restart", plugin->path);
        }
        return plugin;
    }
    if (torn) {
        buf_format(why, "%s cannot be loaded: this process was forked while a plugin was being loaded",
                   candidate->resolved.ptr);
        return NULL;
    }
    plugin = plugin_open(candidate, why);
    if (plugin != NULL) {
        plugin->next = list;
        list = plugin;
    }
    return plugin;
}

const struct plugin *plugin_load(struct tam_str name, const char *plugin_dir, bool any_owner, struct buf *ret_why) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct candidate candidate = { .descriptor = -1 };
    struct plugin *plugin = NULL;
    pthread_once(&once, watch_forks);
    buf_init(&candidate.path, PATH_BYTES_MAX);
    buf_init(&candidate.resolved, PATH_BYTES_MAX);
    if (candidate_name(&candidate, name, plugin_dir, ret_why) &&
        candidate_open(&candidate, str_find(name, '/') < name.len ? NULL : plugin_dir, any_owner, ret_why)) {
        pthread_mutex_lock(&list_lock);
        plugin = list_get(&candidate, ret_why);
        pthread_mutex_unlock(&list_lock);
    }
    candidate_close(&candidate);
    return plugin;
}

void plugin_lock(const struct plugin *plugin) {
    pthread_mutex_lock(plugin->lock);
}

void plugin_unlock(const struct plugin *plugin) {
    pthread_mutex_unlock(plugin->lock);
}
