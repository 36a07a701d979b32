/* SPDX-License-Identifier: MIT
 *
 * What a fuzz target defines: libFuzzer's entry point, and seeds for the program that runs without libFuzzer
 * (standalone.c).
 */
#ifndef TAM_FUZZ_FUZZ_H
#define TAM_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* Aborts unless a property holds that must hold for any input. Not assert(), which a build with NDEBUG would omit. */
static inline void require(bool holds) {
    if (!holds) {
        abort();
    }
}

/* Runs the target on any bytes, and aborts if a required property does not hold. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Valid inputs that are mutated; ends with NULL. */
extern const char *const fuzz_seeds[];

#endif
