/* SPDX-License-Identifier: MIT
 *
 * tamd's command line.
 */
#ifndef TAM_TAMD_OPTIONS_H
#define TAM_TAMD_OPTIONS_H

#include <src/conf/source.h>
#include <stdbool.h>

/* Exit statuses, as tam(1) has them. */
enum { EXIT_GOOD = 0, EXIT_FAULT = 3 };

struct options {
    struct configuration_source source; /* where the configuration is */
    const char *plugin_dir;             /* NULL: libtam's own */
    const char *explain;                /* NULL: no request is to be explained */
    bool check, any_owner;
};

/* True: go on. Else *ret_status is the exit status; what there was to say was printed. */
bool options_read(int argc, char **argv, struct options *ret_options, int *ret_status);
void options_free(struct options *options);

#endif
