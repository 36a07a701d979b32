/* SPDX-License-Identifier: MIT
 *
 * Looking at sixteen bytes at once. The vectors are the compiler's own, for any machine; x86 has one instruction that
 * tells which of them was found.
 */
#ifndef TAM_BASE_VECTOR_H
#define TAM_BASE_VECTOR_H

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <tam/types.h>

typedef unsigned char vector __attribute__((vector_size(16)));
typedef signed char signed_vector __attribute__((vector_size(16)));
typedef uint64_t pair_of_eight __attribute__((vector_size(16)));

/* A test returns 0xff in each lane whose byte matches and 0x00 in every other lane. */
typedef vector vector_test(vector bytes);

static inline vector vector_load(const char *at) {
    vector bytes;
    memcpy(&bytes, at, sizeof bytes);
    return bytes;
}

/* Up to sixteen bytes; the rest is `fill`. */
static inline vector vector_part(const char *at, size_t len, unsigned char fill) {
    vector bytes = (vector){ 0 } + fill;
    memcpy(&bytes, at, len);
    return bytes;
}

/* Which byte is the first one found; 16: none. */
static inline size_t vector_first(vector found) {
#if defined __SSE2__ && !defined TAM_PORTABLE
    typedef char bytes __attribute__((vector_size(16)));
    return (size_t)__builtin_ctz((unsigned)__builtin_ia32_pmovmskb128((bytes)found) | 1u << 16);
#else
    uint64_t halves[2];
    memcpy(halves, &found, sizeof halves);
    if (halves[0] != 0) {
        return (size_t)__builtin_ctzll(le64toh(halves[0])) / 8;
    }
    return halves[1] != 0 ? 8 + (size_t)__builtin_ctzll(le64toh(halves[1])) / 8 : 16;
#endif
}

/* Whether one was found, and which is the first. */
static inline bool vector_finds(vector found, size_t *ret_first) {
#if defined __SSE2__ && !defined TAM_PORTABLE
    typedef char bytes __attribute__((vector_size(16)));
    unsigned mask = (unsigned)__builtin_ia32_pmovmskb128((bytes)found);
    *ret_first = mask != 0 ? (size_t)__builtin_ctz(mask) : 16;
    return mask != 0;
#else
    *ret_first = vector_first(found);
    return *ret_first < 16;
#endif
}

/* Loads 1 to 15 bytes into 16 lanes; bytes may be repeated and are not in order. Faster than vector_part(). Only for
 * tests of the kind "is any byte X?". */
static inline vector vector_any_order(const char *at, size_t len) {
    uint64_t first = (unsigned char)at[0] * UINT64_C(0x0101010101010101), last = first;
    if (len >= 8) {
        memcpy(&first, at, 8);
        memcpy(&last, at + len - 8, 8);
    } else if (len >= 4) {
        memcpy(&first, at, 4);
        memcpy(&last, at + len - 4, 4);
    } else {
        first ^= (uint64_t)(unsigned char)(at[0] ^ at[len / 2]);
        last ^= (uint64_t)(unsigned char)(at[0] ^ at[len - 1]);
    }
    return (vector)(pair_of_eight){ first, last };
}

/* The tail: the last 16 bytes of the text. They may overlap bytes that were tested already, which is harmless. A text
 * shorter than 16 bytes is padded with `fill`, which must be a byte that the test does not report. */
static inline vector vector_last(struct tam_str text, unsigned char fill) {
    return text.len >= sizeof(vector) ? vector_load(text.ptr + text.len - sizeof(vector))
                                      : vector_part(text.ptr, text.len, fill);
}

/* Index of the first byte that the test finds; text.len where there is none. */
static inline __attribute__((always_inline)) size_t vector_find(struct tam_str text, vector_test *test,
                                                                unsigned char fill) {
    size_t at = 0, first;
    for (; text.len - at >= sizeof(vector); at += sizeof(vector)) {
        first = vector_first(test(vector_load(text.ptr + at)));
        if (first < sizeof(vector)) {
            return at + first;
        }
    }
    if (at == text.len) {
        return at;
    }
    first = vector_first(test(vector_last(text, fill)));
    at = text.len >= sizeof(vector) ? text.len - sizeof(vector) : 0;
    return first < sizeof(vector) ? at + first : text.len;
}

/* Whether there is one: for texts that have none nearly always, and so are read to their end without a look back. */
static inline __attribute__((always_inline)) bool vector_any(struct tam_str text, vector_test *test) {
    vector found = { 0 };
    size_t at;
    for (at = 0; text.len - at >= sizeof(vector); at += sizeof(vector)) {
        found |= test(vector_load(text.ptr + at));
    }
    if (text.len >= sizeof(vector)) {
        found |= test(vector_load(text.ptr + text.len - sizeof(vector)));
    } else if (text.len > 0) {
        found |= test(vector_any_order(text.ptr, text.len));
    }
    return vector_first(found) < sizeof(vector);
}

#endif
