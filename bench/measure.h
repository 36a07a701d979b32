/* SPDX-License-Identifier: MIT
 *
 * How every program of bench/ measures. A line on standard input names a case, and the program answers with one round of
 * it: a fiftieth of a second of this thread's processor time for each thing it measures there, one line "CASE NAME
 * NANOSECONDS" each ("-" for what it does not take), and a line "." at the end. An empty line asks for all cases. So a
 * script (scripts/bench) can let several programs take turns, and no turn sees another machine than its neighbours.
 */
#ifndef TAM_BENCH_MEASURE_H
#define TAM_BENCH_MEASURE_H

#include <stdbool.h>
#include <stddef.h>

/* One thing that is measured. */
struct measured {
    const char *of; /* the case */
    const char *name;
    bool (*run)(void *ctx); /* false: it did not work, and the program ends. NULL: it does not take this case */
    void *ctx;
};

/* Answers standard input until its end; the exit status for main(). */
int measure(const struct measured *things, size_t count);

/*
 * The files of one case, as bench/cases wrote them into a directory; its name is that of the directory. Texts are
 * NUL-terminated.
 */
struct bench_case {
    const char *name;
    char *dir;
    char *alg, *issuer, *audience; /* what a token says */
    char *pem;                     /* the public key */
    char *jwk;                     /* the same */
    char **tokens;                 /* of one key and size, alike but for a number */
    size_t token_count;
};

/* Opens the cases that main() was given; NULL: it said why. */
struct bench_case *bench_cases(int count, char **dirs);
void bench_cases_free(struct bench_case *cases, int count);

/* The content of DIR/NAME without the newline at its end; NULL: there is no such file. Give it back with mem_free(). */
char *bench_file(const char *dir, const char *name);
/* The same cut into its lines, which belong to the array. NULL: it said why. */
char **bench_lines(const char *dir, const char *name, size_t *ret_count);
void bench_lines_free(char **lines);

/* What this process has of its own, anonymous pages, in KiB; negative: unknown. */
long bench_memory(void);

#endif
