/* SPDX-License-Identifier: MIT
 *
 * AVX2 character classes, 32 bytes at a time. Table `rows` maps the high nibble to one bit (the row of the ASCII
 * chart). Table `lacks` maps the low nibble to the set of rows in which this column is not allowed. A byte is outside
 * the class iff rows[hi] & lacks[lo] != 0. Each look-up is one PSHUFB.
 */
#include <config.h>

#include <src/base/simd_avx2.h>
#include <src/base/attr.h>

#ifdef TAM_WIDE

#include <immintrin.h>
#include <stdbool.h>

#define AVX2  __attribute__((target("avx2")))
#define BLOCK sizeof(__m256i)

/* Rows of ASCII, by which letters of ours they have. */
enum {
    MARKS = 1,   /* 0x20: some of + - . / */
    DIGITS = 2,  /* 0x30: the first ten */
    A_TO_O = 4,  /* 0x40 and 0x60: all but the first */
    P_TO_Z = 8,  /* 0x50: the first eleven, and _ */
    p_TO_z = 16, /* 0x70: the first eleven, and maybe ~ */
    NO_ROW = 32  /* all others: nothing */
};

/* The same table for both halves of a register, as a shuffle looks in its own half. */
#define TWICE(...)                                                                                                     \
    { __VA_ARGS__, __VA_ARGS__ }

struct table {
    _Alignas(BLOCK) unsigned char of[BLOCK];
};

static const struct table rows = { TWICE(NO_ROW, NO_ROW, MARKS, DIGITS, A_TO_O, P_TO_Z, A_TO_O, p_TO_z, NO_ROW, NO_ROW,
                                         NO_ROW, NO_ROW, NO_ROW, NO_ROW, NO_ROW, NO_ROW) };

/* The rows that have no letter of this low nibble. */
#define LACK(low, mark, tilde)                                                                                         \
    (NO_ROW | (mark(low) ? 0 : MARKS) | ((low) < 10 ? 0 : DIGITS) | ((low) > 0 ? 0 : A_TO_O) |                         \
     ((low) < 11 || (low) == 15 ? 0 : P_TO_Z) | ((low) < 11 || (low) == (tilde) ? 0 : p_TO_z))
#define LACK4(low, mark, tilde)                                                                                        \
    LACK(low, mark, tilde), LACK((low) + 1, mark, tilde), LACK((low) + 2, mark, tilde), LACK((low) + 3, mark, tilde)
#define LACKS(mark, tilde)                                                                                             \
    TWICE(LACK4(0, mark, tilde), LACK4(4, mark, tilde), LACK4(8, mark, tilde), LACK4(12, mark, tilde))
#define IS_MINUS(low)    ((low) == 13)
#define IS_ANY_MARK(low) ((low) == 11 || (low) > 12)
#define NO_TILDE         16

static const struct table base64url_lacks = { LACKS(IS_MINUS, NO_TILDE) };
static const struct table b64token_lacks = { LACKS(IS_ANY_MARK, 14) };

AVX2 static inline __m256i load(const void *at) {
    return _mm256_loadu_si256(at);
}

AVX2 static inline __m256i high_nibbles(__m256i bytes) {
    return _mm256_and_si256(_mm256_srli_epi16(bytes, 4), _mm256_set1_epi8(15));
}

AVX2 static inline bool all_inside(__m256i bytes, __m256i high, const struct table *lacks) {
    __m256i low = _mm256_and_si256(bytes, _mm256_set1_epi8(15));
    __m256i row = _mm256_shuffle_epi8(load(rows.of), high);
    return _mm256_testz_si256(_mm256_shuffle_epi8(load(lacks->of), low), row) != 0;
}

/* As signed bytes, what is beyond ASCII is below the blank. */
static HOT AVX2 size_t printable(const char *at, size_t len) {
    size_t done, whole = len / BLOCK * BLOCK;
    for (done = 0; done < whole; done += BLOCK) {
        __m256i bytes = load(at + done);
        __m256i outside = _mm256_or_si256(_mm256_cmpgt_epi8(_mm256_set1_epi8(' '), bytes),
                                          _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(0x7f)));
        if (!_mm256_testz_si256(outside, outside)) {
            break;
        }
    }
    return done;
}

/* The last block overlaps the one before, so that it ends with the text. */
AVX2 static size_t compare(const char *a, const char *b, size_t len, uint64_t *ret_difference) {
    if (len < BLOCK) {
        return 0;
    }
    size_t last = len - BLOCK;
    __m256i difference = _mm256_xor_si256(load(a + last), load(b + last));
#pragma GCC unroll 4
    for (size_t done = 0; done < last; done += BLOCK) {
        difference = _mm256_or_si256(difference, _mm256_xor_si256(load(a + done), load(b + done)));
    }
    *ret_difference = (uint64_t)!_mm256_testz_si256(difference, difference);
    return len;
}

static HOT AVX2 size_t b64token(const char *at, size_t len) {
    size_t done, whole = len / BLOCK * BLOCK;
    for (done = 0; done < whole; done += BLOCK) {
        __m256i bytes = load(at + done);
        if (!all_inside(bytes, high_nibbles(bytes), &b64token_lacks)) {
            break;
        }
    }
    return done;
}

/* What to add to a letter for its value (RFC 4648 §5), by its row; `_` stands among the capitals and takes 33 more. */
static const struct table offsets = { TWICE(0, 0, (unsigned char)(62 - '-'), (unsigned char)(52 - '0'),
                                            (unsigned char)-'A', (unsigned char)-'A', (unsigned char)(26 - 'a'),
                                            (unsigned char)(26 - 'a'), 0, 0, 0, 0, 0, 0, 0, 0) };
/* The three bytes of each group, first one first; a group's fourth is empty. */
static const struct table order = { TWICE(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, 0x80, 0x80, 0x80, 0x80) };

AVX2 static inline __m256i values_of(__m256i bytes, __m256i high) {
    __m256i underscore = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('_'));
    __m256i offset = _mm256_add_epi8(_mm256_shuffle_epi8(load(offsets.of), high),
                                     _mm256_and_si256(underscore, _mm256_set1_epi8('A' + 63 - '_')));
    return _mm256_add_epi8(bytes, offset);
}

/* Four times six bits to three bytes, and the gaps between them closed: 24 bytes and eight of no meaning. */
AVX2 static inline __m256i bytes_of(__m256i values) {
    __m256i twelve = _mm256_maddubs_epi16(values, _mm256_set1_epi32(0x01400140));
    __m256i groups = _mm256_madd_epi16(twelve, _mm256_set1_epi32(0x00011000));
    return _mm256_permutevar8x32_epi32(_mm256_shuffle_epi8(groups, load(order.of)),
                                       _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 3, 7));
}

AVX2 static inline bool decode_block(const char *at, __m256i *ret_bytes) {
    __m256i letters = load(at), high = high_nibbles(letters);
    *ret_bytes = bytes_of(values_of(letters, high));
    return all_inside(letters, high, &base64url_lacks);
}

AVX2 static inline void store_24(unsigned char *out, __m256i bytes) {
    _mm_storeu_si128((void *)out, _mm256_castsi256_si128(bytes));
    _mm_storel_epi64((void *)(out + 16), _mm256_extracti128_si256(bytes, 1));
}

/* As long as twelve more letters are to come there is room to write all 32 bytes for 24. The last block overlaps the
 * one before, so that it ends with the last group. */
static HOT AVX2 size_t base64url(const char *at, size_t len, unsigned char *out) {
    size_t done = 0, end = len / 4 * 4;
    unsigned char *next = out;
    __m256i bytes;
    for (; end - done >= BLOCK + 12; done += BLOCK, next += BLOCK / 4 * 3) {
        if (!decode_block(at + done, &bytes)) {
            return done;
        }
        _mm256_storeu_si256((void *)next, bytes);
    }
    while (done < end && end >= BLOCK) {
        size_t begin = end - done >= BLOCK ? done : end - BLOCK;
        if (!decode_block(at + begin, &bytes)) {
            return done;
        }
        store_24(out + begin / 4 * 3, bytes);
        done = begin + BLOCK;
    }
    return done;
}

/* ---- Where the processor can ---- */

static bool is_wide(void) {
    return __builtin_cpu_supports("avx2") != 0;
}

size_t wide_b64token(struct tam_str text) {
    return is_wide() ? b64token(text.ptr, text.len) : 0;
}

size_t wide_printable(struct tam_str text) {
    return is_wide() ? printable(text.ptr, text.len) : 0;
}

size_t wide_base64url(struct tam_str text, unsigned char *out) {
    return is_wide() ? base64url(text.ptr, text.len, out) : 0;
}

size_t wide_compare(const char *a, const char *b, size_t len, uint64_t *ret_difference) {
    *ret_difference = 0;
    return is_wide() ? compare(a, b, len, ret_difference) : 0;
}

#endif
