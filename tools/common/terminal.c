/* SPDX-License-Identifier: MIT
 *
 * Breaks lines for the width of the terminal. A character counts as one column; what is wider pushes its line out.
 */
#include <config.h>

#include <tools/common/terminal.h>

#include <src/base/str.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define WIDTH_USUAL 80
#define WIDTH_MIN   20
#define WIDTH_MAX   10000
#define LEFT_WIDTH  25 /* of an option with its argument, and the blanks round it */
#define HELP_MIN    24 /* columns; where fewer are left beside the option, its help stands below it */
#define HELP_INDENT 6

int terminal_width(void) {
    struct winsize size = { 0 };
    int64_t columns = 0;
    if ((!str_number(str_of(getenv("COLUMNS")), WIDTH_MAX, &columns) || columns == 0) &&
        ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) {
        columns = size.ws_col;
    }
    columns = columns > 0 ? columns : WIDTH_USUAL;
    return columns < WIDTH_MIN ? WIDTH_MIN : (int)columns;
}

/* https://no-color.org: set and not empty. */
bool terminal_has_colour(void) {
    struct tam_str no_colour = str_of(getenv("NO_COLOR")), terminal = str_of(getenv("TERM"));
    return isatty(STDOUT_FILENO) == 1 && no_colour.len == 0 && !str_equal(terminal, STR("dumb"));
}

static bool begins_character(char byte) {
    return ((unsigned char)byte & 0xc0) != 0x80;
}

int terminal_columns(struct tam_str text) {
    int columns = 0;
    for (size_t i = 0; i < text.len && columns < STR_PRINT_MAX; i++) {
        columns += begins_character(text.ptr[i]);
    }
    return columns;
}

/* Takes off *rest what fits into so many columns, whole characters. */
static struct tam_str cut_columns(struct tam_str *rest, int columns) {
    size_t len = 0;
    while (len < rest->len && (columns > 0 || !begins_character(rest->ptr[len]))) {
        columns -= begins_character(rest->ptr[len]);
        len++;
    }
    struct tam_str piece = { rest->ptr, len };
    *rest = str_from(*rest, len);
    return piece;
}

static int new_line(FILE *stream, int indent) {
    fprintf(stream, "\n%*s", indent, "");
    return indent;
}

/* Prints a word that may be longer than a line; returns the column behind it. */
static int print_word(FILE *stream, struct tam_str word, int at, int indent, int width) {
    while (at + terminal_columns(word) > width) {
        struct tam_str piece = cut_columns(&word, width > at ? width - at : 1);
        fprintf(stream, "%.*s", STR_PRINT(piece));
        at = word.len > 0 ? new_line(stream, indent) : at + terminal_columns(piece);
    }
    fprintf(stream, "%.*s", STR_PRINT(word));
    return at + terminal_columns(word);
}

void terminal_wrap(FILE *stream, struct tam_str text, int at, int indent) {
    int width = terminal_width();
    struct tam_str word;
    bool first = true;
    while (str_cut(&text, ' ', &word)) {
        if (!first && at > indent && at + 1 + terminal_columns(word) > width) {
            at = new_line(stream, indent);
        } else if (!first) {
            fputc(' ', stream);
            at++;
        }
        at = print_word(stream, word, at, indent, width);
        first = false;
    }
    fputc('\n', stream);
}

void terminal_paragraph(FILE *stream, const char *text) {
    terminal_wrap(stream, str_of(text), 0, 0);
}

void terminal_item(FILE *stream, const char *left, int width, const char *help) {
    int at = fprintf(stream, "  %s", left);
    bool beside = terminal_width() - width >= HELP_MIN;
    int indent = beside ? width : HELP_INDENT;
    if (!beside || at + 1 > indent) {
        (void)new_line(stream, indent);
    } else {
        fprintf(stream, "%*s", indent - at, "");
    }
    terminal_wrap(stream, str_of(help), indent, indent);
}

void terminal_option(FILE *stream, const char *name, const char *argument, const char *help) {
    char left[64];
    (void)snprintf(left, sizeof left, "--%s%s%s", name, argument != NULL ? "=" : "", argument != NULL ? argument : "");
    terminal_item(stream, left, LEFT_WIDTH, help);
}
