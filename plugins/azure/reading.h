/* SPDX-License-Identifier: MIT
 *
 * What the files share that read the options of the azure plugin (settings.c, authority.c, identifier.c).
 */
#ifndef TAM_AZURE_READING_H
#define TAM_AZURE_READING_H

#include <plugins/azure/settings.h>
#include <plugins/common/settings_reader.h>

#include <src/base/str.h>

/* The options being read, and the settings being written. */
struct reading {
    struct settings_reader *options;
    struct azure_settings *settings;
};

/* A copy in the memory of the settings; a GUID becomes lower case. */
struct tam_str reading_lower_guid(struct reading *reading, struct tam_str text);

#endif
