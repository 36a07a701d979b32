/* SPDX-License-Identifier: MIT
 *
 * What the readers of tamd's statements share. For tools/tamd/settings*.c alone.
 */
#ifndef TAM_TAMD_SETTINGS_INTERNAL_H
#define TAM_TAMD_SETTINGS_INTERNAL_H

#include <src/conf/option.h>
#include <tools/tamd/config/settings.h>

#define SETTINGS_OPTIONS_MAX 16

/* One statement that is being read. */
struct settings_run {
    struct settings *settings;
    struct option_means means;
    const struct statement *statement;
    struct tam_value values[SETTINGS_OPTIONS_MAX];
    unsigned lines[SETTINGS_OPTIONS_MAX];
    bool good;
};

/* A fault in the line of that option. */
#define settings_fault(run, row, ...)                                                                                  \
    ((run)->good = false,                                                                                              \
     faults_add((run)->means.faults, TAM_LOG_ERROR, (run)->statement->file,                                            \
                (run)->lines[row] != 0 ? (run)->lines[row] : (run)->statement->line, __VA_ARGS__))

/* A kind of statement. */
struct settings_statement {
    struct option_table table;
    bool once;
    void (*read)(struct settings_run *run); /* its options are in run->values, and good */
};

extern const struct settings_statement settings_route_statement, settings_service_statement, settings_tamd_statement;

#define settings_place_of(run) ((struct settings_place){ (run)->statement->file, (run)->statement->line })

/* A host and a path as targets have them; false: the fault was added. */
bool settings_host(struct settings_run *run, int row, struct tam_str *ret_host);
bool settings_path(struct settings_run *run, int row, struct tam_str *ret_path);

/* What no statement can say alone: two services for one request, routes that never come to be asked. Puts in what the statement
 * `tamd` says for services that do not say it. */
void settings_check(struct settings *settings, const struct option_means *means, const char *file);

#endif
