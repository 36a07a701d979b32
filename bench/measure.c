/* SPDX-License-Identifier: MIT
 *
 * The measuring loop, and the files of a case.
 */
#include <config.h>

#include <bench/measure.h>

#include <inttypes.h>
#include <src/base/mem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROUND    INT64_C(20000000) /* nanoseconds */
#define FILE_MAX ((size_t)64 << 20)

static int64_t thread_time(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Runs the thing for at least that length. The clock is read after batches of about a hundredth of the length, so that
 * reading it does not count. */
static bool run_for(const struct measured *thing, int64_t length, double *ret_each) {
    int64_t begin = thread_time(), now = begin, count = 0, batch = 1;
    while (now - begin < length) {
        for (int64_t i = 0; i < batch; i++) {
            if (!thing->run(thing->ctx)) {
                fprintf(stderr, "%s %s: it failed\n", thing->of, thing->name);
                return false;
            }
        }
        count += batch;
        now = thread_time();
        if (now - begin < length / 100) {
            batch *= 2;
        }
    }
    *ret_each = (double)(now - begin) / (double)count;
    return true;
}

/* Warms the processor's caches first: the program that ran before has filled them. */
static bool measure_one(const struct measured *thing) {
    double each = 0;
    if (thing->run == NULL) {
        printf("%s %s -\n", thing->of, thing->name);
        return true;
    }
    if (!run_for(thing, ROUND / 20, &each) || !run_for(thing, ROUND, &each)) {
        return false;
    }
    printf("%s %s %.1f\n", thing->of, thing->name, each);
    return true;
}

int measure(const struct measured *things, size_t count) {
    char line[64];
    setvbuf(stdout, NULL, _IOLBF, 0);
    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        for (size_t i = 0; i < count; i++) {
            if ((line[0] == '\0' || strcmp(line, things[i].of) == 0) && !measure_one(&things[i])) {
                return EXIT_FAILURE;
            }
        }
        puts("."); /* the end of the round */
    }
    return EXIT_SUCCESS;
}

char *bench_file(const char *dir, const char *name) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        return NULL;
    }
    size_t len = fseek(file, 0, SEEK_END) == 0 ? (size_t)ftell(file) : FILE_MAX + 1;
    char *text = len <= FILE_MAX ? mem_alloc(len + 1) : NULL;
    rewind(file);
    if (text != NULL) {
        len = fread(text, 1, len, file);
        len -= len > 0 && text[len - 1] == '\n';
        text[len] = '\0';
    }
    fclose(file);
    return text;
}

char **bench_lines(const char *dir, const char *name, size_t *ret_count) {
    char *text = bench_file(dir, name);
    size_t count = 1, i = 0;
    for (const char *at = text; at != NULL && *at != '\0'; at++) {
        count += *at == '\n';
    }
    char **lines = text != NULL ? mem_array(count + 1, sizeof *lines) : NULL;
    if (lines == NULL) {
        fprintf(stderr, "%s/%s: cannot be read\n", dir, name);
        mem_free(text);
        return NULL;
    }
    for (char *at = text; at != NULL; i++) {
        lines[i] = at;
        at = strchr(at, '\n');
        if (at != NULL) {
            *at++ = '\0';
        }
    }
    *ret_count = count;
    return lines;
}

/* The first line is the beginning of the allocated text. */
void bench_lines_free(char **lines) {
    if (lines != NULL) {
        mem_free(lines[0]);
        mem_free(lines);
    }
}

static bool case_open(struct bench_case *of, char *dir) {
    const char *slash = strrchr(dir, '/');
    of->name = slash != NULL ? slash + 1 : dir;
    of->dir = dir;
    of->alg = bench_file(dir, "alg");
    of->issuer = bench_file(dir, "issuer");
    of->audience = bench_file(dir, "audience");
    of->pem = bench_file(dir, "key.pem");
    of->jwk = bench_file(dir, "key.jwk");
    of->tokens = bench_lines(dir, "tokens", &of->token_count);
    return of->alg != NULL && of->issuer != NULL && of->audience != NULL && of->pem != NULL && of->jwk != NULL &&
           of->tokens != NULL;
}

struct bench_case *bench_cases(int count, char **dirs) {
    struct bench_case *cases = mem_array((size_t)count + 1, sizeof *cases);
    bool good = cases != NULL && count > 0;
    for (int i = 0; good && i < count; i++) {
        good = case_open(&cases[i], dirs[i]);
    }
    if (!good) {
        fputs("usage: PROGRAM CASE-DIR..., of bench/cases\n", stderr);
        bench_cases_free(cases, count);
        return NULL;
    }
    return cases;
}

void bench_cases_free(struct bench_case *cases, int count) {
    for (int i = 0; cases != NULL && i < count; i++) {
        mem_free(cases[i].alg);
        mem_free(cases[i].issuer);
        mem_free(cases[i].audience);
        mem_free(cases[i].pem);
        mem_free(cases[i].jwk);
        bench_lines_free(cases[i].tokens);
    }
    mem_free(cases);
}

long bench_memory(void) {
    static const char name[] = "\nRssAnon:";
    char text[4096];
    FILE *file = fopen("/proc/self/status", "r");
    size_t len = file != NULL ? fread(text, 1, sizeof text - 1, file) : 0;
    if (file != NULL) {
        fclose(file);
    }
    text[len] = '\0';
    const char *found = strstr(text, name);
    return found != NULL ? strtol(found + sizeof name - 1, NULL, 10) : -1;
}
