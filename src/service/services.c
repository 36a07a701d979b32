/* SPDX-License-Identifier: MIT
 *
 * log, fault, now, monotonic, wake and revoke, as a plugin calls them: from any thread, also inside verify.
 */
#include <config.h>

#include <src/service/services.h>

#include <src/base/display.h>
#include <src/base/str.h>
#include <src/service/log.h>

#define FAULT_MAX 2048

/* Longer ones end with three dots. */
static struct tam_str shown(struct tam_str text, char out[FAULT_MAX]) {
    return (struct tam_str){ out, display_write(str_given(text), DISPLAY_VALUE, out, FAULT_MAX) };
}

static void host_log(void *ctx, uint32_t level, struct tam_str line) {
    const struct host *host = ctx;
    char memory[FAULT_MAX];
    line = shown(line, memory);
    if (host->checking && host->faults != NULL && level <= TAM_LOG_WARNING) {
        faults_add(host->faults, TAM_LOG_WARNING, host->line->file, host->line->line, "%s: %.*s",
                   host->line->plugin->table.name, STR_PRINT(line));
    } else {
        log_write(host->setup, level, host->line->config.name, line);
    }
}

/* Where the fault lies: the row's own line where it is written, else the verifier's. */
static unsigned fault_line(const struct configuration_verifier *line, uint32_t row) {
    unsigned written = 0;
    if (row < line->plugin->table.option_count && line->option_lines != NULL) {
        written = line->option_lines[row];
    }
    return written != 0 ? written : line->line;
}

static const char *option_key(const struct tam_plugin *table, uint32_t row) {
    const char *options = (const char *)table->options;
    return ((const struct tam_option *)(const void *)(options + (size_t)row * table->option_size))->key;
}

static void host_fault(void *ctx, uint32_t row, struct tam_str text) {
    struct host *host = ctx;
    const struct tam_plugin *table = &host->line->plugin->table;
    char memory[FAULT_MAX];
    text = shown(text, memory);
    host->fault_count++;
    if (host->faults == NULL) { /* outside init: a broken plugin, but its words are worth a line */
        log_write(host->setup, TAM_LOG_ERROR, host->line->config.name, text);
    } else if (row < table->option_count) {
        faults_add(host->faults, TAM_LOG_ERROR, host->line->file, fault_line(host->line, row), "%s %.*s",
                   option_key(table, row), STR_PRINT(text));
    } else {
        faults_add(host->faults, TAM_LOG_ERROR, host->line->file, host->line->line, "%s: %.*s", table->name,
                   STR_PRINT(text));
    }
}

static int64_t host_now(void *ctx) {
    const struct host *host = ctx;
    return setup_now(host->setup);
}

static int64_t host_monotonic(void *ctx) {
    const struct host *host = ctx;
    return setup_monotonic(host->setup);
}

static void host_wake(void *ctx) {
    struct host *host = ctx;
    atomic_fetch_add_explicit(&host->wakes, 1, memory_order_relaxed);
    if (host->waiters != NULL) {
        waiters_wake(host->waiters);
    }
}

/* Released after the plugin published its new state: whoever reads the new epoch sees that state. */
static void host_revoke(void *ctx) {
    struct host *host = ctx;
    atomic_fetch_add_explicit(&host->epoch, 1, memory_order_acq_rel);
    host_wake(host);
}

void host_init(struct host *host, const struct setup *setup, struct waiters *waiters,
               const struct configuration_verifier *line) {
    host->table = (struct tam_host){
        .size = sizeof host->table,
        .ctx = host,
        .log = host_log,
        .fault = host_fault,
        .now = host_now,
        .monotonic = host_monotonic,
        .wake = host_wake,
        .revoke = host_revoke,
    };
    host->setup = setup;
    host->waiters = waiters;
    host->line = line;
}
