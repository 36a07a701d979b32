/* SPDX-License-Identifier: MIT
 *
 * memory BUILD-DIR CASE-DIR: prints the memory of a host, as anonymous pages that the kernel counts, in KiB or bytes.
 *
 *     host-kib             the process with one verifier, after its first verdict; what bench/libraries has is part of
 * it verifier-kib         each further service with one verifier token-bytes          the length of a token
 *     cached-token-bytes   the cache for each of the case's tokens, result included
 */
#include <config.h>

#include <bench/host.h>
#include <bench/measure.h>

#include <src/base/str.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FURTHER 32

static bool ask_all(struct tam_service *service, char **tokens, size_t count) {
    bool good = service != NULL;
    for (size_t i = 0; good && i < count; i++) {
        good = host_ask(service, str_of(tokens[i]), TAM_VERDICT_ACCEPT);
    }
    return good;
}

/* The host is measured first, because reading all tokens enlarges the heap. */
static bool print_host(const char *build, char *dir, struct tam_service **ret_service) {
    size_t count = 0;
    char **few = bench_lines(dir, "token", &count);
    *ret_service = host_open(build, dir, "azure", "");
    bool good = few != NULL && ask_all(*ret_service, few, 1);
    printf("host-kib %ld\n", bench_memory());
    bench_lines_free(few);
    return good;
}

static bool print_further(const char *build, char *dir) {
    struct tam_service *services[FURTHER];
    bool good = true;
    long before = bench_memory();
    for (int i = 0; i < FURTHER; i++) {
        services[i] = host_open(build, dir, "azure", "service cache_size=0");
        good = good && services[i] != NULL;
    }
    printf("verifier-kib %.1f\n", (double)(bench_memory() - before) / FURTHER);
    for (int i = 0; i < FURTHER; i++) {
        tam_service_close(services[i]);
    }
    return good;
}

static bool print_cached(const char *build, char *dir) {
    size_t count = 0;
    char **tokens = bench_lines(dir, "tokens", &count);
    struct tam_service *service = host_open(build, dir, "azure", "service cache_size=64M");
    bool good = tokens != NULL && ask_all(service, tokens, 1);
    long before = bench_memory();
    good = good && ask_all(service, tokens, count);
    if (good) {
        printf("token-bytes %zu\ncached-token-bytes %.0f\n", strlen(tokens[0]),
               (double)(bench_memory() - before) * 1024 / (double)count);
    }
    tam_service_close(service);
    bench_lines_free(tokens);
    return good;
}

int main(int argc, char **argv) {
    struct tam_service *service = NULL;
    if (argc != 3) {
        fputs("usage: memory BUILD-DIR CASE-DIR\n", stderr);
        return 3;
    }
    bool good =
        print_host(argv[1], argv[2], &service) && print_further(argv[1], argv[2]) && print_cached(argv[1], argv[2]);
    tam_service_close(service);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
