/* SPDX-License-Identifier: MIT
 *
 * One line is one call of the host's logger, or one write(2): lines of several threads do not mix. What a client can cause is
 * limited by log_limit_pass().
 */
#include <config.h>

#include <src/service/log.h>

#include <inttypes.h>
#include <src/base/clock.h>
#include <src/base/display.h>
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

bool log_limit_pass(struct log_limit *limit, int64_t monotonic) {
    long long second = monotonic / CLOCK_SECOND + 1;
    long long last = atomic_load_explicit(&limit->second, memory_order_relaxed);

    return last != second && atomic_compare_exchange_strong_explicit(&limit->second, &last, second,
                                                                     memory_order_relaxed, memory_order_relaxed);
}

/* Whoever was overtaken by the line of a later second has nothing left to tell. */
static uint64_t log_held(struct log_limit *limit, uint64_t total) {
    unsigned long long told = atomic_load_explicit(&limit->told, memory_order_relaxed);

    while (told < total && !atomic_compare_exchange_weak_explicit(&limit->told, &told, total, memory_order_relaxed,
                                                                  memory_order_relaxed))
        ;
    return told < total ? total - told - 1 : 0;
}

const char *log_limit_tell(struct log_limit *limit, uint64_t total, char memory[LOG_HELD_MAX]) {
    uint64_t held = log_held(limit, total);
    if (held == 0) {
        return "";
    }
    (void)snprintf(memory, LOG_HELD_MAX, " (and %" PRIu64 " more like it before)", held);
    return memory;
}
