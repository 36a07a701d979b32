/* SPDX-License-Identifier: MIT
 *
 * The measuring loop.
 */
#include <config.h>

#include <bench/measure.h>

#include <inttypes.h>
#include <src/base/mem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROUND    INT64_C(100000000) /* nanoseconds */
#define FILE_MAX ((size_t)1 << 20)

static int64_t thread_time(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Looks at the clock after batches that take about a hundredth of a round, so that looking costs nothing. */
static bool measure_one(const struct measured *thing) {
    int64_t begin = thread_time(), now = begin, count = 0, batch = 1;
    while (now - begin < ROUND) {
        for (int64_t i = 0; i < batch; i++) {
            if (!thing->run(thing->ctx)) {
                fprintf(stderr, "%s: it failed\n", thing->name);
                return false;
            }
        }
        count += batch;
        now = thread_time();
        if (now - begin < ROUND / 100) {
            batch *= 2;
        }
    }
    printf("%s %.1f\n", thing->name, (double)(now - begin) / (double)count);
    return true;
}

int measure(const struct measured *things, size_t count) {
    char line[64];
    setvbuf(stdout, NULL, _IOLBF, 0);
    while (fgets(line, sizeof line, stdin) != NULL) {
        for (size_t i = 0; i < count; i++) {
            if (!measure_one(&things[i])) {
                return EXIT_FAILURE;
            }
        }
        puts("."); /* the round is over */
    }
    return EXIT_SUCCESS;
}

char *bench_file(const char *path) {
    char *text = mem_alloc(FILE_MAX + 1);
    FILE *file = fopen(path, "r");
    if (file == NULL || text == NULL) {
        perror(path);
        mem_free(text);
        return NULL;
    }
    size_t len = fread(text, 1, FILE_MAX, file);
    fclose(file);
    len -= len > 0 && text[len - 1] == '\n';
    text[len] = '\0';
    return text;
}
