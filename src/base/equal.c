/* SPDX-License-Identifier: MIT
 *
 * The one comparison in constant time: 32 bytes at a time where the processor can, then eight, then one.
 */
#include <config.h>

#include <src/base/equal.h>

#include <src/base/attr.h>
#include <src/base/simd_avx2.h>
#include <stdint.h>
#include <string.h>

static uint64_t load(const char *at) {
    uint64_t bytes;
    memcpy(&bytes, at, sizeof bytes);
    return bytes;
}

HOT bool equal_bytes(const char *a, const char *b, size_t len) {
    uint64_t difference;
    size_t at = wide_compare(a, b, len, &difference);
    for (; len - at >= sizeof difference; at += sizeof difference) {
        difference |= load(a + at) ^ load(b + at);
    }
    for (; at < len; at++) {
        difference |= (unsigned char)(a[at] ^ b[at]);
    }
    return difference == 0;
}
