/* SPDX-License-Identifier: MIT
 *
 * The names of the plugins in a directory, without loading them.
 */
#ifndef TAM_PLUGIN_NAMES_H
#define TAM_PLUGIN_NAMES_H

#include <src/base/buf.h>
#include <stdbool.h>
#include <tam/types.h>

struct plugin_names {
    char **items; /* sorted: "azure" of tam_azure.so */
    size_t count;
};

/* False with one sentence in ret_why; to be freed in either case. */
bool plugin_names_read(struct plugin_names *names, const char *directory, struct buf *ret_why);
void plugin_names_free(struct plugin_names *names);

/* Adds the sentence for a name that no file of the directory has: where it was looked for, and what is there. */
void plugin_names_tell_missing(struct tam_str name, const char *directory, struct buf *why);

#endif
