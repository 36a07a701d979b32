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

static void services_log(void *ctx, uint32_t level, struct tam_str line) {
    const struct services *services = ctx;
    char memory[FAULT_MAX];
    line = shown(line, memory);
    if (services->checking && services->faults != NULL && level <= TAM_LOG_WARNING) {
        faults_add(services->faults, TAM_LOG_WARNING, services->line->file, services->line->line, "%s: %.*s",
                   services->line->plugin->table.name, STR_PRINT(line));
    } else {
        log_write(services->setup, level, services->line->config.name, line);
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

static void services_fault(void *ctx, uint32_t row, struct tam_str text) {
    struct services *services = ctx;
    const struct tam_plugin *table = &services->line->plugin->table;
    char memory[FAULT_MAX];
    text = shown(text, memory);
    services->fault_count++;
    if (services->faults == NULL) { /* outside init: a broken plugin, but its words are worth a line */
        log_write(services->setup, TAM_LOG_ERROR, services->line->config.name, text);
    } else if (row < table->option_count) {
        faults_add(services->faults, TAM_LOG_ERROR, services->line->file, fault_line(services->line, row), "%s %.*s",
                   option_key(table, row), STR_PRINT(text));
    } else {
        faults_add(services->faults, TAM_LOG_ERROR, services->line->file, services->line->line, "%s: %.*s", table->name,
                   STR_PRINT(text));
    }
}

static int64_t services_now(void *ctx) {
    const struct services *services = ctx;
    return setup_now(services->setup);
}

static int64_t services_monotonic(void *ctx) {
    const struct services *services = ctx;
    return setup_monotonic(services->setup);
}

static void services_wake(void *ctx) {
    struct services *services = ctx;
    atomic_fetch_add_explicit(&services->wakes, 1, memory_order_relaxed);
    if (services->waiters != NULL) {
        waiters_wake(services->waiters);
    }
}

/* Released after the plugin published its new state: a reader that sees the new number also sees that state. */
static void services_revoke(void *ctx) {
    struct services *services = ctx;
    atomic_fetch_add_explicit(&services->revocations, 1, memory_order_acq_rel);
    services_wake(services);
}

void services_init(struct services *services, const struct setup *setup, struct waiters *waiters,
                   const struct configuration_verifier *line) {
    services->table = (struct tam_host){
        .size = sizeof services->table,
        .ctx = services,
        .log = services_log,
        .fault = services_fault,
        .now = services_now,
        .monotonic = services_monotonic,
        .wake = services_wake,
        .revoke = services_revoke,
    };
    services->setup = setup;
    services->waiters = waiters;
    services->line = line;
}
