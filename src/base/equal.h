/* SPDX-License-Identifier: MIT
 *
 * Compares what an attacker may guess at: secrets, tokens. The time depends on the length alone.
 */
#ifndef TAM_BASE_EQUAL_H
#define TAM_BASE_EQUAL_H

#include <stdbool.h>
#include <stddef.h>

/* Whether both have the same `len` bytes. There is no early exit, so the time does not tell how many are equal. */
bool equal_bytes(const char *a, const char *b, size_t len);

#endif
