/* SPDX-License-Identifier: MIT
 *
 * One line is one call of the host's logger, or one write(2): lines of several threads do not mix. What a client can
 * cause is limited by limiter_pass().
 */
#include <config.h>

#include <src/service/log.h>

#include <src/base/display.h>
#include <src/base/limiter.h>
#include <src/base/str.h>
#include <src/service/stderr_log.h>
#include <stdarg.h>
#include <stdio.h>

#define LINE_MAX STDERR_LINE_MAX

void log_write(const struct setup *setup, uint32_t level, struct tam_str name, struct tam_str line) {
    char out[LINE_MAX];
    size_t len = display_write(name, DISPLAY_VALUE, out, LINE_MAX / 4);
    if (level < TAM_LOG_ERROR || level > TAM_LOG_DEBUG) {
        level = TAM_LOG_ERROR;
    }
    if (len > 0) {
        memcpy(out + len, ": ", 2);
        len += 2;
    }
    len += display_write(line, DISPLAY_LINE, out + len, sizeof out - len);
    if (setup->log != NULL) {
        setup->log(setup->ctx, level, (struct tam_str){ out, len });
    } else if (!setup->mute && (level != TAM_LOG_DEBUG || setup->debug)) {
        stderr_log_write(level, (struct tam_str){ out, len });
    }
}

void log_format(const struct setup *setup, uint32_t level, struct tam_str name, const char *format, ...) {
    char line[LINE_MAX];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (len < 0) {
        return;
    }
    log_write(setup, level, name, (struct tam_str){ line, (size_t)len < sizeof line ? (size_t)len : sizeof line - 1 });
}
