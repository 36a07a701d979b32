/* SPDX-License-Identifier: MIT
 *
 * What the commands of tam share: their options, opening a service, exit statuses.
 */
#ifndef TAM_TOOLS_COMMAND_H
#define TAM_TOOLS_COMMAND_H

#include <stdbool.h>
#include <stdint.h>
#include <tam/tam.h>

/* Exit statuses; of several tokens the greatest is the worst. */
enum { COMMAND_ACCEPT = 0, COMMAND_REJECT = 1, COMMAND_UNAVAILABLE = 2, COMMAND_ERROR = 3 };

struct command_options {
    const char *service;    /* --service: a file, or a name of /etc/tam.d */
    const char *config;     /* --config: the text of one */
    const char *plugin_dir; /* --plugin-dir */
    int64_t at;             /* --at; 0: now */
    bool json, verbose, fetch, any_owner;
    char **arguments; /* what is left, NULL-terminated */
};

/* Reads the options of a command. False: *ret_status is what to exit with (--help, or a fault that was printed). */
bool command_options(int argc, char **argv, const char *arguments, struct command_options *ret_options,
                     int *ret_status);
struct tam_setup command_setup(const struct command_options *options);
/* NULL: every fault was printed. */
struct tam_service *command_open(const struct command_options *options);
void command_print_faults(struct tam_faults *faults);

int command_verify(int argc, char **argv);
int command_explain(int argc, char **argv);
int command_describe(int argc, char **argv);
int command_metadata(int argc, char **argv);
int command_challenge(int argc, char **argv);
int command_check(int argc, char **argv);
int command_plugins(int argc, char **argv);

#endif
