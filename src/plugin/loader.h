/* SPDX-License-Identifier: MIT
 *
 * The loader: from a name or a path to a checked plugin. It opens nothing that others could have changed, and never
 * unloads what it once used.
 */
#ifndef TAM_SRC_PLUGIN_H
#define TAM_SRC_PLUGIN_H

#include <src/base/buf.h>
#include <tam/plugin.h>

/* What each call of a plugin may take of the memory that is handed to it, as tam/plugin.h says. */
#define PLUGIN_MEMORY ((size_t)1 << 20)

/* One loaded plugin; process lifetime, one for each device and inode. */
struct plugin {
    /* A copy of the plugin's, as far as both sides know it, the rest zero: younger operations are NULL. options too
     * is a copy, with the stride of this libtam, so table.options[i] works. */
    struct tam_plugin table;
    char *path;      /* resolved */
    char *opened_as; /* what the dynamic linker called it: its memory */
    void *lock;      /* a pthread mutex; serialises init and destroy */
    struct plugin *next;
    uint64_t device, inode;
};

/* name: "azure" is PLUGIN_DIR/tam_azure.so; a name with a slash must be an absolute path. NULL with one sentence in
 * ret_why. The same file gives the same plugin. Where the file of that path was replaced on disk since it was loaded
 * (another inode), the loaded one is returned, and ret_why says so: the new one is used after a restart. */
const struct plugin *plugin_load(struct tam_str name, const char *plugin_dir, bool any_owner, struct buf *ret_why);

void plugin_lock(const struct plugin *plugin);
void plugin_unlock(const struct plugin *plugin);

#endif
