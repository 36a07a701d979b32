/* SPDX-License-Identifier: MIT
 *
 * tam TOKEN-FILE SERVICE-FILE PLUGIN-DIR [NAME]: the token through libtam and the plugin, with every check, as a host would ask; without
 * the cache, with it, and refused early; NAME: only that.
 */
#include <config.h>

#include <bench/measure.h>

#include <src/base/mem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tam/tam.h>

struct work {
    struct tam_service *service;
    struct tam_query query;
    uint32_t verdict; /* that is expected */
};

static bool run(void *ctx) {
    struct work *work = ctx;
    struct tam_result *result = tam_verify(work->service, &work->query);
    bool good = tam_result_verdict(result) == work->verdict;
    tam_result_free(result);
    return good;
}

/* Nobody reads a log while measuring; refusals are logged once a second as anywhere. */
static void log_line(void *ctx, uint32_t level, struct tam_str line) {
    (void)ctx;
    if (level <= TAM_LOG_WARNING) {
        fprintf(stderr, "%.*s\n", (int)line.len, line.ptr);
    }
}

static struct tam_service *open_service(const char *before, const char *text, const char *plugin_dir) {
    const struct tam_setup setup = {
        .size = sizeof setup, .flags = TAM_SETUP_ANY_OWNER | TAM_SETUP_FETCH, .plugin_dir = plugin_dir, .log = log_line
    };
    struct tam_service *service = NULL;
    struct tam_faults *faults = NULL;
    char *whole = mem_alloc(strlen(before) + strlen(text) + 1);
    if (whole == NULL) {
        return NULL;
    }
    memcpy(whole, before, strlen(before));
    memcpy(whole + strlen(before), text, strlen(text));
    if (tam_service_open_string(whole, &setup, &service, &faults) < 0) {
        fprintf(stderr, "%s\n", tam_faults_text(faults, 0));
        tam_faults_free(faults);
    }
    mem_free(whole);
    return service;
}

int main(int argc, char **argv) {
    char *token = argc >= 4 ? bench_file(argv[1]) : NULL, *text = argc >= 4 ? bench_file(argv[2]) : NULL;
    if (token == NULL || text == NULL) {
        fputs("usage: tam TOKEN-FILE SERVICE-FILE PLUGIN-DIR [NAME]\n", stderr);
        return 3;
    }
    struct tam_query query = { .size = sizeof query, .token = { token, strlen(token) } };
    struct tam_query garbage = { .size = sizeof garbage, .token = { token, strlen(token) / 2 } };
    struct work uncached = { open_service("service cache_size=0\n", text, argv[3]), query, TAM_VERDICT_ACCEPT };
    struct work cached = { open_service("", text, argv[3]), query, TAM_VERDICT_ACCEPT };
    struct work refused = { uncached.service, garbage, TAM_VERDICT_REJECT };
    if (uncached.service == NULL || cached.service == NULL) {
        return 3;
    }
    const struct measured things[] = { { "tam", run, &uncached },
                                       { "tam-cached", run, &cached },
                                       { "tam-garbage", run, &refused } };
    size_t count = sizeof things / sizeof things[0], first = 0;
    while (argc == 5 && first < count && strcmp(things[first].name, argv[4]) != 0) {
        first++;
    }
    int status = argc == 5 ? measure(&things[first], first < count) : measure(things, count);
    tam_service_close(uncached.service);
    tam_service_close(cached.service);
    mem_free(text);
    mem_free(token);
    return status;
}
