/* SPDX-License-Identifier: MIT
 *
 * Tokens of the command line or of standard input, asked one after the other. Wipes what it read of them.
 */
#include <config.h>

#include <tools/tam/command.h>

#include <src/base/mem.h>
#include <src/base/str.h>

/* More than `service max_token_size=` can be: libtam refuses what fills it, whatever was left behind. */
#define LINE_SIZE 65540

struct asking {
    const struct command_options *options;
    struct tam_service *service;
    struct tam_result *(*ask)(struct tam_service *, const struct tam_query *);
    command_print *print;
};

static int status_of(uint32_t verdict) {
    switch (verdict) {
    case TAM_VERDICT_ACCEPT:
        return COMMAND_ACCEPT;
    case TAM_VERDICT_REJECT:
        return COMMAND_REJECT;
    case TAM_VERDICT_UNAVAILABLE:
        return COMMAND_UNAVAILABLE;
    default:
        return COMMAND_ERROR;
    }
}

static int ask_one(const struct asking *asking, struct tam_str token) {
    const struct command_options *options = asking->options;
    struct tam_query query = {
        .size = sizeof query,
        .token = token,
        .scopes = { options->scopes.items, options->scopes.count },
        .roles = { options->roles.items, options->roles.count },
        .at = options->at,
    };
    struct tam_result *result = asking->ask(asking->service, &query);
    int status = status_of(tam_result_verdict(result));
    asking->print(options, result);
    fflush(stdout); /* a caller that feeds token by token waits for each answer */
    tam_result_free(result);
    return status;
}

/* One line without its end; what does not fit is read and left out. False: there is none. */
static bool read_line(char *line, size_t size, size_t *ret_len) {
    size_t len = 0;
    int byte = getc(stdin);
    if (byte == EOF) {
        return false;
    }
    for (; byte != EOF && byte != '\n'; byte = getc(stdin)) {
        if (len < size) {
            line[len++] = (char)byte;
        }
    }
    if (len > 0 && line[len - 1] == '\r') {
        len--;
    }
    *ret_len = len;
    return true;
}

/* Lines are tokens, each answered before the next is read. A token that was wrapped shows in the end: parts that have
 * two dots together, and none of them whole. */
struct parts {
    size_t count, dots;
    bool whole, begins;
};

static void parts_add(struct parts *parts, struct tam_str line) {
    size_t dots = 0;
    for (struct tam_str rest = line; str_find(rest, '.') < rest.len; rest = str_from(rest, str_find(rest, '.') + 1)) {
        dots++;
    }
    parts->begins = parts->count == 0 ? str_starts(line, STR("eyJ")) : parts->begins;
    parts->whole = parts->whole || dots >= 2;
    parts->dots += dots;
    parts->count += line.len > 0;
}

static void parts_warn(const struct parts *parts) {
    if (parts->count > 1 && parts->begins && !parts->whole && parts->dots == 2) {
        fprintf(
            stderr,
            "tam: these %zu lines look like one token that was wrapped: each line was taken for a token; write it in "
            "one line\n",
            parts->count);
    }
}

/* No line at all is one question without a token. */
static int ask_lines(const struct asking *asking) {
    struct parts parts = { .count = 0 };
    char line[LINE_SIZE], buffer[BUFSIZ];
    int worst = COMMAND_ACCEPT;
    size_t len = 0, count = 0;
    setvbuf(stdin, buffer, _IOFBF, sizeof buffer);
    for (; read_line(line, sizeof line, &len); count++) {
        parts_add(&parts, (struct tam_str){ line, len });
        int status = ask_one(asking, (struct tam_str){ line, len });
        worst = status > worst ? status : worst;
    }
    if (ferror(stdin) != 0) {
        fputs("tam: standard input cannot be read\n", stderr);
        worst = COMMAND_ERROR;
    } else if (count == 0) {
        worst = ask_one(asking, STR_NONE);
    }
    parts_warn(&parts);
    mem_wipe(line, sizeof line);
    mem_wipe(buffer, sizeof buffer);
    setvbuf(stdin, NULL, _IONBF, 0); /* ours ends here */
    return worst;
}

/* Out of the arguments as soon as it can be, where others can read it. */
static int ask_argument(const struct asking *asking, char *argument) {
    struct tam_str token = str_of(mem_text(str_of(argument)));
    if (token.ptr == NULL) {
        return command_fail(NULL);
    }
    mem_wipe(argument, token.len);
    int status = ask_one(asking, token);
    mem_free_wiped((void *)(uintptr_t)token.ptr, token.len);
    return status;
}

int command_ask(const struct command_options *options, bool explain, command_print *print) {
    char *argument = options->arguments[0];
    struct tam_setup setup = command_setup(options);
    if (!options->verbose) {
        setup.log = command_log_warnings; /* why keys cannot be had */
    }
    struct asking asking = { options, command_open(options, &setup), explain ? tam_explain : tam_verify, print };
    int status = COMMAND_ERROR;
    if (asking.service == NULL) {
        return COMMAND_ERROR;
    }
    status = argument == NULL || str_equal(str_of(argument), STR("-")) ? ask_lines(&asking)
                                                                       : ask_argument(&asking, argument);
    tam_service_close(asking.service);
    return status;
}
