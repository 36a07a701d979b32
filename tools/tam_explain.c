/* SPDX-License-Identifier: MIT
 *
 * tam explain: a table of the checks that a token went through, and the verdict under it.
 */
#include <config.h>

#include <tools/command.h>

#include <src/base/str.h>
#include <stdlib.h>
#include <unistd.h>

/* A longer value pushes what follows to the right, in its own line only. */
#define COLUMN_MAX    60
#define OUTCOME_WIDTH ((int)sizeof "not reached" - 1)

static const struct {
    const char *word, *colour;
} outcomes[] = {
    [TAM_CHECK_NOT_REACHED] = { "not reached", "\033[33m" },
    [TAM_CHECK_PASSED] = { "passed", "\033[32m" },
    [TAM_CHECK_FAILED] = { "failed", "\033[31m" },
};

struct widths {
    int name, expected;
};

static int wider(int width, size_t len) {
    return len <= COLUMN_MAX && (int)len > width ? (int)len : width;
}

static struct widths measure(const struct tam_result *result) {
    struct widths widths = { sizeof "CHECK" - 1, sizeof "EXPECTED" - 1 };
    for (size_t i = 0; i < tam_result_check_count(result); i++) {
        const struct tam_check *check = tam_result_check(result, i);
        widths.name = wider(widths.name, str_of(check->name).len);
        widths.expected = wider(widths.expected, check->expected.len);
    }
    return widths;
}

static void print_padded(struct tam_str text, int width) {
    printf("%.*s%*s", STR_PRINT(text), str_precision(text) < width ? width - str_precision(text) : 0, "");
}

static void print_row(const struct tam_check *check, const struct widths *widths, bool colour) {
    size_t outcome = check->outcome <= TAM_CHECK_FAILED ? check->outcome : TAM_CHECK_FAILED;
    print_padded(str_of(check->name), widths->name);
    bool more = check->found.len > 0 || check->expected.len > 0;
    printf("  %s%-*s%s", colour ? outcomes[outcome].colour : "", more ? OUTCOME_WIDTH : 0, outcomes[outcome].word,
           colour ? "\033[0m" : "");
    if (more) {
        fputs("  ", stdout);
        print_padded(check->expected, check->found.len > 0 ? widths->expected : 0);
    }
    printf("%s%.*s\n", check->found.len > 0 ? "  " : "", STR_PRINT(check->found));
}

/* https://no-color.org: set and not empty. */
static bool wants_colour(void) {
    const char *no_color = getenv("NO_COLOR");
    return isatty(STDOUT_FILENO) == 1 && (no_color == NULL || no_color[0] == '\0');
}

static void print_explanation(const struct command_options *options, const struct tam_result *result) {
    size_t count = tam_result_check_count(result);
    struct widths widths = measure(result);
    bool colour = wants_colour();
    if (!options->json && count > 0) {
        printf("%-*s  %-*s  %-*s  FOUND\n", widths.name, "CHECK", OUTCOME_WIDTH, "RESULT", widths.expected, "EXPECTED");
        for (size_t i = 0; i < count; i++) {
            print_row(tam_result_check(result, i), &widths, colour);
        }
    }
    command_print_result(options, result);
}

int command_explain(const struct command_options *options) {
    return command_ask(options, true, print_explanation);
}
