/* SPDX-License-Identifier: MIT
 *
 * What a fuzz target gives: libFuzzer's entry, and seeds for the program that runs without it (standalone.c).
 */
#ifndef TAM_FUZZ_FUZZ_H
#define TAM_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* Takes any bytes, and aborts if something that must always hold does not. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Good inputs to begin from; ends with NULL. */
extern const char *const fuzz_seeds[];

#endif
