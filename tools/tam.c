/* SPDX-License-Identifier: MIT
 *
 * tam, the command: asks libtam what a host would ask. It judges nothing itself and reads nothing but the public API.
 */
#include <config.h>

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tools/command.h>
#include <tools/mint.h>

static const struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
} commands[] = {
    { "verify", command_verify, "verify tokens" },
    { "explain", command_explain, "verify one token, and show every check" },
    { "describe", command_describe, "what the service's verifiers accept, as JSON" },
    { "metadata", command_metadata, "the protected resource metadata (RFC 9728)" },
    { "challenge", command_challenge, "what a client without a token is told (RFC 6750)" },
    { "check", command_check, "check a configuration; --fetch also fetches its keys" },
    { "plugins", command_plugins, "installed plugins and their options, as JSON" },
    { "mint", mint_main, "sign a token with a development issuer's key; not for production" },
};

static void usage(FILE *stream) {
    fputs("usage: tam COMMAND [OPTION]...\n\n", stream);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        fprintf(stream, "  %-10s %s\n", commands[i].name, commands[i].help);
    }
    fputs("\n'tam COMMAND --help' shows the options of one. 'tam --version' prints the version.\n"
          "Exit status: 0 accept, 1 reject, 2 unavailable, 3 usage, configuration or error.\n",
          stream);
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        usage(stdout);
        return 0;
    }
    if (argc > 1 && strcmp(argv[1], "--version") == 0) {
        printf("tam %s\n", tam_version());
        return 0;
    }
    for (size_t i = 0; argc > 1 && i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(argv[1], commands[i].name) == 0) {
            return commands[i].run(argc - 1, argv + 1);
        }
    }
    usage(stderr);
    return COMMAND_ERROR;
}
