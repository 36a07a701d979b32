/* SPDX-License-Identifier: MIT
 *
 * What the files share that read the azure plugin's options.
 */
#ifndef TAM_AZURE_READING_H
#define TAM_AZURE_READING_H

#include <plugins/azure/settings.h>
#include <src/base/str.h>

/* One run over the options; `failed` once a fault was said. */
struct reading {
    struct azure_settings *settings;
    const struct tam_config *config;
    const struct tam_host *host;
    struct pool pool; /* memory of the settings */
    bool failed;
};

void reading_fault(struct reading *reading, uint32_t row, struct tam_str text);
const struct tam_value *reading_value(const struct reading *reading, uint32_t row);
bool reading_given(const struct reading *reading, uint32_t row);
/* These texts as one, in memory of the settings. */
struct tam_str reading_join(struct reading *reading, const struct tam_str *texts, size_t count);
#define READING_JOIN(reading, ...)                                                                                     \
    reading_join(reading, (const struct tam_str[]){ __VA_ARGS__ },                                                     \
                 sizeof((const struct tam_str[]){ __VA_ARGS__ }) / sizeof(struct tam_str))
/* A copy, in lower case if it is a GUID. */
struct tam_str reading_lower_guid(struct reading *reading, struct tam_str text);

#endif
