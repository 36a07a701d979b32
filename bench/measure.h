/* SPDX-License-Identifier: MIT
 *
 * How every program of bench/ measures: rounds of a tenth of a second of this thread's processor time, and for each one line
 * "NAME NANOSECONDS" on standard output, when a line on standard input asks for it. So a script can run several programs in
 * turns, and no turn sees another machine than its neighbours.
 */
#ifndef TAM_BENCH_MEASURE_H
#define TAM_BENCH_MEASURE_H

#include <stdbool.h>
#include <stddef.h>

/* One thing that is measured. False: it did not work, and the program ends. */
struct measured {
    const char *name;
    bool (*run)(void *ctx);
    void *ctx;
};

/* Answers standard input until its end; the exit status for main(). */
int measure(const struct measured *things, size_t count);

/* The contents of a file, with a NUL; a newline at its end is left out. NULL: it said why. */
char *bench_file(const char *path);

#endif
