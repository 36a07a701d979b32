/* SPDX-License-Identifier: MIT
 *
 * tamd's own log lines, on standard error with the priorities of sd-daemon(3), as libtam's are.
 */
#ifndef TAM_TAMD_LOG_H
#define TAM_TAMD_LOG_H

#include <src/base/buf.h>
#include <stdatomic.h>
#include <tam/tam.h>

/* One line, one write(2). level: TAM_LOG_… */
void log_line(uint32_t level, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_text(uint32_t level, struct tam_str text);
/* Every fault a line, and frees them. plain: as `tam check` shows them, without a priority. */
void log_faults(struct tam_faults *faults, bool plain);

/* Once in a second, so that no client fills the disk. [any thread] */
struct log_second {
    atomic_llong last;
};
bool log_second_pass(struct log_second *second);

#endif
