/* SPDX-License-Identifier: MIT
 *
 * Log lines: to the host's logger, or to stderr as sd-daemon(3) wants them. Never a token: whoever writes a line has passed
 * what he found through quote_found().
 */
#ifndef TAM_SRC_LOG_H
#define TAM_SRC_LOG_H

#include <src/service/setup.h>
#include <stdatomic.h>

/* One line, "NAME: LINE", with control bytes and what is not UTF-8 escaped. No lock may be held. */
void log_write(const struct setup *setup, uint32_t level, struct tam_str name, struct tam_str line);
void log_format(const struct setup *setup, uint32_t level, struct tam_str name, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* One line a second. Zeroed: nothing was written yet. Written once a second, too: whoever is held back only looks, so threads
 * that refuse at once do not wait for each other. */
struct log_limit {
    atomic_llong second; /* of the last line, plus one */
    atomic_ullong told;  /* how many events there had been by then */
};

/* May a line be written now? */
bool log_limit_pass(struct log_limit *limit, int64_t monotonic);
/* It may: how many events were held back since the last line, where there have been `total` with this one, in words to end the
 * line with; empty where there were none. */
#define LOG_HELD_MAX 64
const char *log_limit_tell(struct log_limit *limit, uint64_t total, char memory[LOG_HELD_MAX]);

#endif
