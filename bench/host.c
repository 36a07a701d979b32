/* SPDX-License-Identifier: MIT
 *
 * Opens services and verifies tokens for the programs of bench/.
 */
#include <config.h>

#include <bench/host.h>

#include <bench/measure.h>
#include <src/base/mem.h>
#include <stdio.h>

/* Discards log lines. libtam still formats one line a second for refused tokens, as in a server. */
static void log_line(void *ctx, uint32_t level, struct tam_str line) {
    (void)ctx;
    if (level <= TAM_LOG_WARNING) {
        fprintf(stderr, "%.*s\n", (int)line.len, line.ptr);
    }
}

struct tam_service *host_open(const char *build, const char *dir, const char *plugin, const char *first_line) {
    char plugin_dir[4096], text[16384];
    const struct tam_setup setup = {
        .size = sizeof setup, .flags = TAM_SETUP_ANY_OWNER | TAM_SETUP_FETCH, .plugin_dir = plugin_dir, .log = log_line
    };
    struct tam_service *service = NULL;
    struct tam_faults *faults = NULL;
    char *file = bench_file(dir, plugin);
    if (file == NULL) {
        return NULL;
    }
    snprintf(plugin_dir, sizeof plugin_dir, "%s/plugins/%s/.libs", build, plugin);
    snprintf(text, sizeof text, "%s\n%s\n", first_line, file);
    mem_free(file);
    if (tam_service_open_string(text, &setup, &service, &faults) < 0) {
        fprintf(stderr, "%s: %s\n", dir, tam_faults_text(faults, 0));
        tam_faults_free(faults);
    }
    return service;
}

bool host_ask(struct tam_service *service, struct tam_str token, uint32_t verdict) {
    const struct tam_query query = { .size = sizeof query, .token = token };
    struct tam_result *result = tam_verify(service, &query);
    bool good = tam_result_verdict(result) == verdict;
    tam_result_free(result);
    return good;
}
