/* SPDX-License-Identifier: MIT
 *
 * Log lines: to the host's logger, or to stderr as sd-daemon(3) wants them. Never a token: whoever writes a line has passed
 * what he found through quote_found().
 */
#ifndef TAM_SRC_LOG_H
#define TAM_SRC_LOG_H

#include <src/setup.h>
#include <stdatomic.h>

/* One line, "NAME: LINE", with control bytes and what is not UTF-8 escaped. No lock may be held. */
void log_write(const struct setup *setup, uint32_t level, struct tam_str name, struct tam_str line);
void log_format(const struct setup *setup, uint32_t level, struct tam_str name, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* One line a second. Zeroed: nothing was written yet. */
struct log_limit {
    atomic_llong second; /* of the last line, plus one */
    atomic_ullong held;  /* lines held back since */
};

/* May a line be written now? If so, *ret_held is how many were held back since the last one; else one more is. */
bool log_limit_pass(struct log_limit *limit, int64_t monotonic, uint64_t *ret_held);

#endif
