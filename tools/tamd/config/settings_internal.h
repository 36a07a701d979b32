/* SPDX-License-Identifier: MIT
 *
 * What the readers of tamd's statements share. For settings*.c alone.
 */
#ifndef TAM_TAMD_SETTINGS_INTERNAL_H
#define TAM_TAMD_SETTINGS_INTERNAL_H

#include <src/conf/table.h>
#include <tools/tamd/config/settings.h>

/* The target of each is a struct settings. */
extern const struct table_kind settings_route_statement, settings_service_statement, settings_tamd_statement;

#define settings_place_of(run) ((struct settings_place){ (run)->statement->file, (run)->statement->line })

/* A host and a path as targets have them; false: the fault was added. */
bool settings_host(struct table_run *run, int row, struct tam_str *ret_host);
bool settings_path(struct table_run *run, int row, struct tam_str *ret_path);

/* What no statement can say alone: two services for one request, routes that never come to be asked. Puts in what the
 * statement `tamd` says for services that do not say it. */
void settings_check(struct settings *settings, const struct option_means *means, const char *file);

#endif
