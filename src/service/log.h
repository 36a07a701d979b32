/* SPDX-License-Identifier: MIT
 *
 * Log lines: to the host's logger, or to stderr as sd-daemon(3) wants them. A line never holds a token: its
 * caller has passed found values through quote_found().
 */
#ifndef TAM_SERVICE_LOG_H
#define TAM_SERVICE_LOG_H

#include <src/service/setup.h>

/* One line, "NAME: LINE", with control bytes and what is not UTF-8 escaped. No lock may be held. */
void log_write(const struct setup *setup, uint32_t level, struct tam_str name, struct tam_str line);
void log_format(const struct setup *setup, uint32_t level, struct tam_str name, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
