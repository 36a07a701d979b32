/* SPDX-License-Identifier: MIT
 *
 * Runs a fuzz target without libFuzzer: over the given files, or over a fixed number of mutated seeds, the same in
 * every run. So `make check` fuzzes a little, under the sanitizers of the build.
 * usage: fuzz/TARGET [FILE...]
 */
#include <config.h>

#include <fuzz/fuzz.h>
#include <src/base/mem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS    20000
#define INPUT_MAX 8192

static uint32_t state = 2463534242u;

/* Marsaglia's xorshift: not random, but the same everywhere. */
static uint32_t next(uint32_t below) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state % below;
}

static void change(uint8_t *bytes, size_t *size) {
    static const char telling[] = "{}[]\",:.=-_\\u0\n\xff";
    size_t at = next((uint32_t)*size + 1), more = next(16);
    switch (next(5)) {
    case 0:
        *size = at;
        break;
    case 1:
        if (at < *size) {
            bytes[at] = (uint8_t)next(256);
        }
        break;
    case 2:
        if (at < *size) {
            bytes[at] = (uint8_t)telling[next(sizeof telling - 1)];
        }
        break;
    case 3: /* duplicates a piece */
        if (at + more <= *size && *size + more <= INPUT_MAX) {
            memmove(bytes + at + more, bytes + at, *size - at);
            *size += more;
        }
        break;
    default: /* removes a piece */
        if (at + more <= *size) {
            memmove(bytes + at, bytes + at + more, *size - at - more);
            *size -= more;
        }
    }
}

static void run_seed(const char *seed, unsigned rounds) {
    uint8_t *bytes = mem_alloc(INPUT_MAX);
    size_t len = strlen(seed);
    LLVMFuzzerTestOneInput((const uint8_t *)seed, len);
    for (unsigned i = 0; bytes != NULL && i < rounds; i++) {
        size_t size = len;
        memcpy(bytes, seed, len);
        for (uint32_t changes = next(6) + 1; changes > 0; changes--) {
            change(bytes, &size);
        }
        LLVMFuzzerTestOneInput(bytes, size);
    }
    mem_free(bytes);
}

static int run_file(const char *path) {
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = mem_alloc(1024 * 1024);
    if (file == NULL || bytes == NULL) {
        fprintf(stderr, "%s cannot be read\n", path);
        mem_free(bytes);
        return EXIT_FAILURE;
    }
    size_t size = fread(bytes, 1, 1024 * 1024, file);
    fclose(file);
    LLVMFuzzerTestOneInput(bytes, size);
    mem_free(bytes);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv) {
    int status = EXIT_SUCCESS;
    size_t seeds = 0;
    for (int i = 1; i < argc && status == EXIT_SUCCESS; i++) {
        status = run_file(argv[i]);
    }
    while (fuzz_seeds[seeds] != NULL) {
        seeds++;
    }
    for (size_t i = 0; argc == 1 && i < seeds; i++) {
        run_seed(fuzz_seeds[i], ROUNDS / (unsigned)seeds);
    }
    return status;
}
