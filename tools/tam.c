/* SPDX-License-Identifier: MIT
 *
 * tam, the command: asks libtam what a host would ask. It judges nothing itself, and knows of libtam what tam/tam.h says.
 */
#include <config.h>

#include <src/base/str.h>
#include <tools/command.h>
#include <tools/descriptors.h>
#include <tools/mint.h>

#define TOKENS_HELP                                                                                                    \
    "Tokens are read from standard input, one a line, each answered in a line; or one is given as an argument,\n"      \
    "where other users of the machine may see it.\n"

static const struct command commands[] = {
    { "verify", "[TOKEN | -]", 1, TAKES_SERVICE | TAKES_SETUP | TAKES_QUERY | TAKES_JSON, "verify tokens", TOKENS_HELP,
      command_verify, NULL },
    { "explain", "[TOKEN | -]", 1, TAKES_SERVICE | TAKES_SETUP | TAKES_QUERY | TAKES_JSON,
      "verify tokens, and show every check", TOKENS_HELP, command_explain, NULL },
    { "describe", "", 0, TAKES_SERVICE | TAKES_SETUP | TAKES_JSON, "show what the service's verifiers accept", "",
      command_describe, NULL },
    { "metadata", "", 0, TAKES_SERVICE | TAKES_SETUP | TAKES_JSON | TAKES_PATH,
      "print the protected resource metadata (RFC 9728)", "", command_metadata, NULL },
    { "challenge", "[TOKEN | -]", 1, TAKES_SERVICE | TAKES_SETUP | TAKES_QUERY,
      "print what a client is told (RFC 6750), without a token or with this one", "", command_challenge, NULL },
    { "check", "", 0, TAKES_SERVICE | TAKES_SETUP | TAKES_FETCH, "check a configuration, and report every fault", "",
      command_check, NULL },
    { "plugins", "[NAME]", 1, TAKES_SETUP | TAKES_JSON, "list the installed plugins, or the options of one", "",
      command_plugins, NULL },
    { "mint", "[OPTION]...", 0, 0, "sign a token with a development issuer's key; not for production", "", NULL,
      mint_main },
};

static void print_usage(FILE *stream) {
    fputs("usage: tam COMMAND [OPTION]...\n\nCommands:\n", stream);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        fprintf(stream, "  %-10s %s\n", commands[i].name, commands[i].summary);
    }
    fputs("\n'tam COMMAND --help' shows the options of one, 'tam --version' the version. See tam(1).\n", stream);
}

static void print_help(const struct command *command) {
    printf("usage: tam %s [OPTION]... %s\n%s.\n%s\n", command->name, command->arguments, command->summary,
           command->more);
    command_options_print(command, stdout);
    puts("\nExit status: 0 accept, 1 reject, 2 unavailable, 3 usage, configuration or error.");
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

static int dispatch(int argc, char **argv) {
    struct tam_str word = str_of(argc > 1 ? argv[1] : NULL);
    if (str_equal(word, STR("--help"))) {
        print_usage(stdout);
        return COMMAND_ACCEPT;
    }
    if (str_equal(word, STR("--version"))) {
        printf("tam %s\n", tam_version());
        return COMMAND_ACCEPT;
    }
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (str_equal(word, str_of(commands[i].name))) {
            return run(&commands[i], argc - 1, argv + 1);
        }
    }
    if (argc > 1) {
        fprintf(stderr, "tam: there is no command '%s'\n", argv[1]);
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
