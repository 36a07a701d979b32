/* SPDX-License-Identifier: MIT
 *
 * What the subcommands of tam share: the rows that drive dispatch, help and completion; opening a service; exit
 * statuses.
 */
#ifndef TAM_TOOLS_COMMAND_H
#define TAM_TOOLS_COMMAND_H

#include <src/base/buf.h>
#include <stdbool.h>
#include <stdio.h>
#include <tam/tam.h>

/* Exit statuses; of several tokens the greatest is the worst. */
enum { COMMAND_ACCEPT = 0, COMMAND_REJECT = 1, COMMAND_UNAVAILABLE = 2, COMMAND_ERROR = 3 };

#define COMMAND_NAMES_MAX 64

/* An option that may be repeated. */
struct command_names {
    struct tam_str items[COMMAND_NAMES_MAX];
    size_t count;
};

/* What the options of a subcommand said. Texts lie in argv. */
struct command_options {
    const char *service;    /* --service */
    const char *config;     /* --config */
    const char *plugin_dir; /* --plugin-dir; NULL: libtam's own */
    int64_t at;             /* --at; 0: now */
    struct command_names scopes, roles;
    bool json, verbose, fetch, path, any_owner, help;
    char **arguments; /* what is left, NULL-terminated */
};

/* Groups of options; a subcommand takes some of them. */
enum {
    TAKES_SERVICE = 1, /* --service, --config */
    TAKES_SETUP = 2,   /* --plugin-dir, --any-owner, --verbose */
    TAKES_QUERY = 4,   /* --at, --scope, --role */
    TAKES_JSON = 8,
    TAKES_FETCH = 16,
    TAKES_PATH = 32,
    TAKES_HELP = 64
};

/* One subcommand. */
struct command {
    const char *name;
    const char *arguments; /* for the usage line */
    size_t argument_max;
    unsigned takes; /* TAKES_… */
    const char *summary;
    const char *more;                                  /* further lines of its help, or "" */
    int (*run)(const struct command_options *options); /* NULL: `whole` reads its options itself */
    int (*whole)(int argc, char **argv);               /* argv[0] is the subcommand's name */
};

/* Reads argv[1] and what follows. False: the fault was printed. With --help, nothing else of it counts. */
bool command_options_read(const struct command *command, int argc, char **argv, struct command_options *ret_options);
/* The option lines of a subcommand's help. */
void command_options_print(const struct command *command, FILE *stream);

/* For tam_setup.log: what should be looked at, on standard error. */
void command_log_warnings(void *ctx, uint32_t level, struct tam_str line);

struct tam_setup command_setup(const struct command_options *options);
/* Opens what --service or --config say. -1: *ret_faults says why. */
int command_try_open(const struct command_options *options, const struct tam_setup *setup,
                     struct tam_service **ret_service, struct tam_faults **ret_faults);
/* The same. NULL: every fault was printed. */
struct tam_service *command_open(const struct command_options *options, const struct tam_setup *setup);
/* Checks it, and starts nothing. -1: there is a fault of level error. */
int command_check_only(const struct command_options *options, struct tam_faults **ret_faults);
/* Prints and frees them. */
void command_print_faults(struct tam_faults *faults);
/* The same of a call that failed (NULL: memory ran out). Returns COMMAND_ERROR. */
int command_fail(struct tam_faults *faults);
/* A document of libtam on standard output, indented for people or, with --json, as it is. Frees it. NULL or empty:
 * false. */
bool command_print_document(const struct command_options *options, struct tam_document *document);

/* Asks about the tokens of the arguments, or of standard input. Returns the worst status. */
typedef void command_print(const struct command_options *options, const struct tam_result *result);
int command_ask(const struct command_options *options, bool explain, command_print *print);
/* One verdict, as `verify` shows it; with --json as JSON with the checks of an explanation, if there are any. */
void command_print_result(const struct command_options *options, const struct tam_result *result);
/* The line of text that it prints, without its end. */
void command_result_text(const struct tam_result *result, struct buf *ret_text);

int command_verify(const struct command_options *options);
int command_explain(const struct command_options *options);
int command_describe(const struct command_options *options);
int command_metadata(const struct command_options *options);
int command_challenge(const struct command_options *options);
int command_check(const struct command_options *options);
int command_plugins(const struct command_options *options);

#endif
