/* SPDX-License-Identifier: MIT
 *
 * The measuring loop of all programs of bench/. A line on standard input names a case, and the program answers with one
 * round: each measured thing runs for a fiftieth of a second of this thread's processor time and gets a line "CASE NAME
 * NANOSECONDS" ("-": the program does not support the case); a line "." ends the round. An empty line means all cases.
 * So scripts/bench can alternate between programs, and a change of the machine's speed affects all of them alike.
 */
#ifndef TAM_BENCH_MEASURE_H
#define TAM_BENCH_MEASURE_H

#include <stdbool.h>
#include <stddef.h>

/* One thing that is measured. */
struct measured {
    const char *of; /* the case */
    const char *name;
    bool (*run)(void *ctx); /* false: failed, and the program ends. NULL: the case is not supported */
    void *ctx;
};

/* Answers standard input until its end; returns the exit status for main(). */
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
    char *jwk;                     /* the same key */
    char **tokens;                 /* of one key and size; they differ in one number */
    size_t token_count;
};

/* Reads the cases in the arguments of main(); NULL: a message on stderr says why not. */
struct bench_case *bench_cases(int count, char **dirs);
void bench_cases_free(struct bench_case *cases, int count);

/* The content of DIR/NAME without the final newline, to be freed with mem_free(); NULL: there is no such file. */
char *bench_file(const char *dir, const char *name);
/* The lines of DIR/NAME; the first one points to the allocated text of all. NULL: a message on stderr says why not. */
char **bench_lines(const char *dir, const char *name, size_t *ret_count);
void bench_lines_free(char **lines);

/* The anonymous pages of this process, in KiB; negative: unknown. */
long bench_memory(void);

#endif
