/* SPDX-License-Identifier: MIT
 *
 * cold BUILD-DIR CASE-DIR: measures the time of a host from exec to its first verdict, in milliseconds of wall time,
 * and prints the median and the minimum of 31 processes. The host is this program again: it loads libtam, opens the
 * service (with the plugin, OpenSSL and libcurl), reads the keys from a file, and accepts one token. Alternately it
 * measures bench/libraries, which initialises OpenSSL and libcurl without tam.
 */
#include <config.h>

#include <bench/host.h>
#include <bench/measure.h>

#include <src/base/clock.h>
#include <src/base/str.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define TIMES 31

/* The host: writes to standard output as soon as it has the verdict. */
static int run_host(const char *build, char *dir) {
    size_t count = 0;
    char **tokens = bench_lines(dir, "token", &count);
    struct tam_service *service = host_open(build, dir, "azure", "");
    if (tokens == NULL || service == NULL || !host_ask(service, str_of(tokens[0]), TAM_VERDICT_ACCEPT)) {
        return EXIT_FAILURE;
    }
    bool said = write(STDOUT_FILENO, ".", 1) == 1;
    tam_service_close(service);
    bench_lines_free(tokens);
    return said ? EXIT_SUCCESS : EXIT_FAILURE;
}

static void exec_child(char **argv, int to) {
    dup2(to, STDOUT_FILENO);
    execv(argv[0], argv);
    _exit(127);
}

/* Milliseconds until the process wrote something; negative: the process failed. */
static double start_once(char **argv) {
    int pipes[2], status = 0;
    char said = 0;
    if (pipe(pipes) != 0) {
        return -1;
    }
    int64_t begin = clock_monotonic();
    pid_t pid = fork();
    if (pid == 0) {
        exec_child(argv, pipes[1]);
    }
    close(pipes[1]);
    bool good = pid > 0 && read(pipes[0], &said, 1) == 1;
    int64_t end = clock_monotonic();
    while (good && read(pipes[0], &said, 1) == 1) {
    }
    close(pipes[0]);
    waitpid(pid, &status, 0);
    return good && status == 0 ? (double)(end - begin) / 1e6 : -1;
}

static int compare(const void *a, const void *b) {
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static void print_times(const char *name, double *times) {
    qsort(times, TIMES, sizeof times[0], compare);
    printf("%s-ms %.2f\n%s-least-ms %.2f\n", name, times[TIMES / 2], name, times[0]);
}

int main(int argc, char **argv) {
    double times[TIMES], bare_times[TIMES];
    char path[4096];
    if (argc == 4 && strcmp(argv[3], "host") == 0) {
        return run_host(argv[1], argv[2]);
    }
    if (argc != 3) {
        fputs("usage: cold BUILD-DIR CASE-DIR\n", stderr);
        return 3;
    }
    snprintf(path, sizeof path, "%s/bench/libraries", argv[1]);
    char *host[] = { argv[0], argv[1], argv[2], (char[]){ "host" }, NULL }, *bare[] = { path, NULL };
    for (int i = 0; i < TIMES; i++) {
        times[i] = start_once(host);
        bare_times[i] = start_once(bare);
        if (times[i] < 0 || bare_times[i] < 0) {
            fputs("cold: a process failed\n", stderr);
            return EXIT_FAILURE;
        }
    }
    print_times("cold-start", times);
    print_times("libraries-start", bare_times);
    return EXIT_SUCCESS;
}
