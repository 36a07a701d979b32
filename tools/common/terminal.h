/* SPDX-License-Identifier: MIT
 *
 * What people read of the commands: lines that fit, and colour where it is wanted. Nothing here is for a program to
 * read.
 */
#ifndef TAM_TOOLS_TERMINAL_H
#define TAM_TOOLS_TERMINAL_H

#include <stdbool.h>
#include <stdio.h>
#include <tam/types.h>

/* The columns of a line: COLUMNS, else what the terminal on standard output has, else 80. At least 20. */
int terminal_width(void);
/* Standard output is a terminal that shows colours, and nobody asked for none. */
bool terminal_has_colour(void);

/* Columns that a text takes, one for each character of UTF-8. */
int terminal_columns(struct tam_str text);
/* Prints a text that begins in column `at` (from 0) and goes on in column `indent` of further lines, broken at blanks
 * and, where a word is longer than a line, within it. Ends the last line. */
void terminal_wrap(FILE *stream, struct tam_str text, int at, int indent);
/* The same for a literal or a paragraph of help, from the first column on. */
void terminal_paragraph(FILE *stream, const char *text);
/* A line of help for an option: "  --NAME=ARGUMENT   HELP". argument: NULL where it takes none. */
void terminal_option(FILE *stream, const char *name, const char *argument, const char *help);
/* The same for any word; the help begins behind `width` columns. */
void terminal_item(FILE *stream, const char *left, int width, const char *help);

#endif
