/* SPDX-License-Identifier: MIT
 *
 * What a plugin exports, checked and copied: from then on the plugin's own struct is not read again.
 */
#ifndef TAM_PLUGIN_TABLE_H
#define TAM_PLUGIN_TABLE_H

#include <src/base/buf.h>
#include <tam/plugin.h>

/* found: at least as long as symbol_size says, which is the linker's word and not the plugin's. name: what it must call
 * itself. path: for faults. On failure false with one sentence in why; else ret_table is to be freed. */
bool plugin_table_copy(const struct tam_plugin *found, size_t symbol_size, struct tam_str name, const char *path,
                       struct tam_plugin *ret_table, struct buf *why);
void plugin_table_free(struct tam_plugin *table);

bool plugin_table_check_name(const struct tam_plugin *table, struct tam_str name, const char *path, struct buf *why);

#endif
