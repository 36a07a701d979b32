/* SPDX-License-Identifier: MIT
 *
 * tam explain: a table of the checks that a token went through, and the verdict under it.
 */
#include <config.h>

#include <tools/tam/command.h>

#include <src/base/buf.h>
#include <src/base/str.h>
#include <tools/common/terminal.h>

#define GAP           2 /* between columns */
#define OUTCOME_WIDTH ((int)sizeof "not reached" - 1)
#define NAME_WIDTH    24 /* columns; a longer name pushes what follows to the right, in its own line only */
#define VALUE_INDENT  6  /* of the further lines of a value */

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

static int columns_before_expected(const struct widths *widths) {
    return widths->name + GAP + OUTCOME_WIDTH + GAP;
}

/* EXPECTED gets at most half of what is left: what is longer stands in a line of its own. */
static struct widths measure(const struct tam_result *result) {
    struct widths widths = { sizeof "CHECK" - 1, sizeof "EXPECTED" - 1 };
    for (size_t i = 0; i < tam_result_check_count(result); i++) {
        int len = terminal_columns(str_of(tam_result_check(result, i)->name));
        widths.name = len > widths.name && len <= NAME_WIDTH ? len : widths.name;
    }
    int half = (terminal_width() - columns_before_expected(&widths) - GAP) / 2;
    for (size_t i = 0; i < tam_result_check_count(result); i++) {
        int len = terminal_columns(tam_result_check(result, i)->expected);
        widths.expected = len > widths.expected && len <= half ? len : widths.expected;
    }
    return widths;
}

/* Returns the column behind it. */
static int print_padded(struct tam_str text, int width) {
    int columns = terminal_columns(text), blanks = columns < width ? width - columns : 0;
    printf("%.*s%*s", STR_PRINT(text), blanks, "");
    return columns + blanks;
}

/* A value that fits into no column. */
static void print_below(const char *label, struct tam_str value) {
    terminal_wrap(stdout, value, printf("\n    %s: ", label) - 1, VALUE_INDENT);
}

/* What was expected and found: beside the outcome, behind column `at`, as far as they fit; else below it. */
static void print_values(const struct tam_check *check, const struct widths *widths, int at) {
    int width = terminal_width(), expected = terminal_columns(check->expected);
    bool beside = at + expected <= width;
    if (beside && check->found.len == 0) {
        printf("%.*s\n", STR_PRINT(check->expected));
        return;
    }
    if (beside) {
        int wanted = expected > widths->expected ? expected : widths->expected;
        bool all = at + wanted + GAP + terminal_columns(check->found) <= width;
        (void)print_padded(check->expected, all ? wanted + GAP : 0);
        if (all) {
            printf("%.*s\n", STR_PRINT(check->found));
            return;
        }
    } else {
        print_below("expected", check->expected);
    }
    if (check->found.len > 0) {
        print_below("found", check->found);
    }
}

static void print_row(const struct tam_check *check, const struct widths *widths, bool colour) {
    size_t outcome = check->outcome <= TAM_CHECK_FAILED ? check->outcome : TAM_CHECK_FAILED;
    bool more = check->found.len > 0 || check->expected.len > 0;
    int at = print_padded(str_of(check->name), widths->name) + GAP + OUTCOME_WIDTH + GAP;
    printf("%*s%s%s%s", GAP, "", colour ? outcomes[outcome].colour : "", outcomes[outcome].word,
           colour ? "\033[0m" : "");
    if (!more) {
        puts("");
        return;
    }
    printf("%*s", OUTCOME_WIDTH - str_precision(str_of(outcomes[outcome].word)) + GAP, "");
    print_values(check, widths, at);
}

static void print_table(const struct tam_result *result) {
    struct widths widths = measure(result);
    bool colour = terminal_has_colour();
    bool all = columns_before_expected(&widths) + widths.expected + GAP + (int)sizeof "FOUND" - 1 <= terminal_width();
    printf("%-*s  ", widths.name, "CHECK");
    if (all) {
        printf("%-*s  %-*s  FOUND\n", OUTCOME_WIDTH, "RESULT", widths.expected, "EXPECTED");
    } else {
        puts("RESULT");
    }
    for (size_t i = 0; i < tam_result_check_count(result); i++) {
        print_row(tam_result_check(result, i), &widths, colour);
    }
}

static void print_explanation(const struct command_options *options, const struct tam_result *result) {
    struct buf text;
    if (options->json) {
        command_print_result(options, result);
        return;
    }
    if (tam_result_check_count(result) > 0) {
        print_table(result);
    }
    buf_init(&text, SIZE_MAX / 2);
    command_result_text(result, &text);
    terminal_wrap(stdout, buf_str(&text), 0, VALUE_INDENT);
    buf_free(&text);
}

int command_explain(const struct command_options *options) {
    return command_ask(options, true, print_explanation);
}
