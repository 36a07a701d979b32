/* SPDX-License-Identifier: MIT
 *
 * tamd's own log lines and libtam's, on standard error with the priorities of sd-daemon(3). While a queue is open no
 * caller waits for the reader of standard error: a line that finds the queue full is dropped and counted.
 */
#ifndef TAM_TAMD_LOG_H
#define TAM_TAMD_LOG_H

#include <src/base/buf.h>
#include <src/conf/faults.h>
#include <tam/tam.h>

/* From here to log_close() one thread writes the lines, in batches. Without it each line is a write(2) of its caller.
 * False when the thread cannot be started. [main thread] */
bool log_open(void);
/* Waits until everything is written, a second at most: a reader that stalls does not keep the process. [main thread] */
void log_close(void);
/* How many lines found the queue full. [any thread] */
unsigned long long log_dropped(void);

/* One line. level: TAM_LOG_…; debug lines only where TAM_DEBUG is set. [any thread] */
void log_line(uint32_t level, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_text(uint32_t level, struct tam_str text);
/* For struct tam_setup: what libtam says. */
void log_library(void *ctx, uint32_t level, struct tam_str line);
/* Every fault a line, and frees them. plain: as `tam check` shows them, without a priority. */
void log_faults(struct tam_faults *faults, bool plain);
void log_own_faults(struct faults *faults, bool plain); /* those of tamd's own file, which libtam does not know */

#endif
