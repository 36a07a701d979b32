/* SPDX-License-Identifier: MIT
 *
 * The log of a host that brought no logger: standard error. It starts no thread, keeps no descriptor and never waits
 * for whoever reads: a line for which there is no room now is dropped and counted, and the next one that is written
 * tells how many were.
 */
#ifndef TAM_STDERR_LOG_H
#define TAM_STDERR_LOG_H

#include <stdbool.h>
#include <tam/types.h>

#define STDERR_LINE_MAX 2048

/* False: descriptor 2 is closed. What lies there later is somebody else's, and no log. */
bool stderr_log_is_there(void);

/* One line without its end, at most STDERR_LINE_MAX bytes, with the prefix of its level, TAM_LOG_…. */
void stderr_log_write(uint32_t level, struct tam_str line);

uint64_t stderr_log_dropped(void); /* in this process, ever */

#endif
