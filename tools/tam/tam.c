/* SPDX-License-Identifier: MIT
 *
 * tam, the command: asks libtam what a host would ask. It judges nothing itself, and knows of libtam what tam/tam.h
 * says.
 */
#include <config.h>

#include <src/base/array.h>
#include <src/base/str.h>
#include <tools/tam/command.h>
#include <tools/common/descriptors.h>
#include <tools/issuer/mint.h>
#include <tools/common/terminal.h>

#define TOKENS_HELP                                                                                                    \
    "Tokens are read from standard input, one a line, each answered in a line; or one is given as an argument, "       \
    "where other users of the machine may see it."

#define NAME_WIDTH 13 /* of a command, and the blanks round it */

static const struct command commands[] = {
    { "verify", "[TOKEN | -]", 1, TAKES_SERVICE | TAKES_SETUP | TAKES_QUERY | TAKES_JSON, "Verify tokens.", TOKENS_HELP,
      command_verify, NULL },
    { "explain", "[TOKEN | -]", 1, TAKES_SERVICE | TAKES_SETUP | TAKES_QUERY | TAKES_JSON,
      "Verify tokens, and show every check.", TOKENS_HELP, command_explain, NULL },
    { "describe", "", 0, TAKES_SERVICE | TAKES_SETUP | TAKES_JSON, "Show what the service's verifiers accept.", "",
      command_describe, NULL },
    { "metadata", "", 0, TAKES_SERVICE | TAKES_SETUP | TAKES_JSON | TAKES_PATH,
      "Print the protected resource metadata (RFC 9728).", "", command_metadata, NULL },
    { "challenge", "[TOKEN | -]", 1, TAKES_SERVICE | TAKES_SETUP | TAKES_QUERY,
      "Print what a client is told (RFC 6750), without a token or with this one.", "", command_challenge, NULL },
    { "check", "", 0, TAKES_SERVICE | TAKES_SETUP | TAKES_JSON | TAKES_FETCH,
      "Check a configuration, and report every fault.", "", command_check, NULL },
    { "plugins", "[NAME]", 1, TAKES_SETUP | TAKES_JSON, "List the installed plugins, or the options of one.", "",
      command_plugins, NULL },
#ifdef TAM_WITH_ISSUER
    { "mint", "[OPTION]...", 0, 0, "Sign a token with a development issuer's key; not for production.", "", NULL,
      mint_main },
#endif
};

static void print_usage(FILE *stream) {
    fputs("usage: tam COMMAND [OPTION]...\n\nCommands:\n", stream);
    for (size_t i = 0; i < COUNT(commands); i++) {
        terminal_item(stream, commands[i].name, NAME_WIDTH, commands[i].summary);
    }
    fputs("\n", stream);
    terminal_paragraph(stream,
                       "'tam help COMMAND' or 'tam COMMAND --help' shows the options of one, 'tam --version' the "
                       "version. See tam(1).");
}

static void print_help(const struct command *command) {
    char usage[128];
    (void)snprintf(usage, sizeof usage, "usage: tam %s [OPTION]...%s%s", command->name,
                   command->arguments[0] != '\0' ? " " : "", command->arguments);
    terminal_paragraph(stdout, usage);
    terminal_paragraph(stdout, command->summary);
    if (command->more[0] != '\0') {
        puts("");
        terminal_paragraph(stdout, command->more);
    }
    puts("");
    command_options_print(command, stdout);
    puts("");
    terminal_paragraph(stdout, "Exit status: 0 accept, 1 reject, 2 unavailable, 3 usage, configuration or error.");
}

static int run(const struct command *command, int argc, char **argv) {
    struct command_options options;
    if (command->whole != NULL) {
        return command->whole(argc, argv);
    }
    if (!command_options_read(command, argc, argv, &options)) {
        fprintf(stderr, "tam %s: try 'tam %s --help'\n", command->name, command->name);
        return COMMAND_ERROR;
    }
    if (options.help) {
        print_help(command);
        return COMMAND_ACCEPT;
    }
    return command->run(&options);
}

static const struct command *find(const char *name) {
    for (size_t i = 0; i < COUNT(commands); i++) {
        if (strcmp(commands[i].name, name) == 0) {
            return &commands[i];
        }
    }
    return NULL;
}

/* A command that configure left out, rather than one that never was. */
static const char *why_absent(const char *name) {
    return strcmp(name, "mint") == 0 ? ": this tam was built with --disable-issuer" : "";
}

static int dispatch(int argc, char **argv) {
    struct tam_str word = str_of(argc > 1 ? argv[1] : NULL);
    bool help = str_equal(word, STR("help"));
    if (str_equal(word, STR("--help")) || str_equal(word, STR("-h")) || (help && argc == 2)) {
        print_usage(stdout);
        return COMMAND_ACCEPT;
    }
    if (str_equal(word, STR("--version"))) {
        printf("tam %s\n", tam_version());
        return COMMAND_ACCEPT;
    }
    const struct command *command = argc > 1 ? find(argv[help ? 2 : 1]) : NULL;
    if (command != NULL && help) {
        char *asked[] = { argv[2], (char[]){ "--help" }, NULL };
        return run(command, 2, asked);
    }
    if (command != NULL) {
        return run(command, argc - 1, argv + 1);
    }
    if (argc > 1) {
        fprintf(stderr, "tam: there is no command '%s'%s\n", argv[help ? 2 : 1], why_absent(argv[help ? 2 : 1]));
    }
    print_usage(stderr);
    return COMMAND_ERROR;
}

int main(int argc, char **argv) {
    descriptors_fill();
    int status = dispatch(argc, argv);
    if (fflush(stdout) != 0 || ferror(stdout) != 0) {
        fputs("tam: standard output cannot be written\n", stderr);
        return COMMAND_ERROR;
    }
    return status;
}
