/* SPDX-License-Identifier: MIT
 *
 * Writes log lines. What came from outside was escaped by whoever calls.
 */
#include <config.h>

#include <tools/tamd/log.h>

#include <src/base/clock.h>
#include <src/base/str.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#define LINE_MAX ((size_t)8192)

static const char *const prefixes[] = {
    [TAM_LOG_ERROR] = "<3>", [TAM_LOG_WARNING] = "<4>", [TAM_LOG_INFO] = "<6>", [TAM_LOG_DEBUG] = "<7>"
};

void log_text(uint32_t level, struct tam_str text) {
    char line[LINE_MAX + 16];
    if (text.len > LINE_MAX)
        text.len = LINE_MAX;
    int len = snprintf(line, sizeof line, "%stamd: %.*s\n", prefixes[level], STR_PRINT(text));
    if (len > 0 && (size_t)len < sizeof line)
        (void)!write(STDERR_FILENO, line, (size_t)len); /* a full disk is no reason to stop serving */
}

void log_line(uint32_t level, const char *format, ...) {
    char text[LINE_MAX];
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (len >= 0)
        log_text(level, (struct tam_str){ text, (size_t)len < sizeof text ? (size_t)len : sizeof text - 1 });
}

void log_faults(struct tam_faults *faults, bool plain) {
    for (size_t i = 0; i < tam_faults_count(faults); i++) {
        uint32_t level = tam_faults_level(faults, i);
        const char *what = level == TAM_LOG_WARNING ? "warning: " : "", *text = tam_faults_text(faults, i);
        if (plain)
            fprintf(stderr, "%s%s\n", what, text);
        else
            log_line(level, "%s%s", what, text);
    }
    tam_faults_free(faults);
}

bool log_second_pass(struct log_second *second) {
    long long now = clock_monotonic() / CLOCK_SECOND + 1;
    long long last = atomic_load_explicit(&second->last, memory_order_relaxed);
    return last != now && atomic_compare_exchange_strong(&second->last, &last, now);
}
