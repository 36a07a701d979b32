/* SPDX-License-Identifier: MIT
 *
 * base64url and base64, canonical.
 */
#include <config.h>

#include <src/base/base64.h>
#include <src/base/attr.h>
#include <src/base/simd_avx2.h>

#include <endian.h>
#include <string.h>

/* What a byte of the base64url alphabet stands for; BAD has a bit that no sum of good ones has. */
#define BAD UINT32_C(0x80000000)
#define VALUE(c)                                                                                                       \
    ((c) >= 'A' && (c) <= 'Z'   ? (uint32_t)(c) - 'A'                                                                  \
     : (c) >= 'a' && (c) <= 'z' ? (uint32_t)(c) - 'a' + 26                                                             \
     : (c) >= '0' && (c) <= '9' ? (uint32_t)(c) - '0' + 52                                                             \
     : (c) == '-'               ? 62u                                                                                  \
     : (c) == '_'               ? 63u                                                                                  \
                                : BAD)
/* The first byte of a group of three is in the lowest bits, so that little-endian memory has them in order. */
#define PLACE0(v)    ((v) << 2)
#define PLACE1(v)    ((v) >> 4 | ((v)&15) << 12)
#define PLACE2(v)    ((v) >> 2 << 8 | ((v)&3) << 22)
#define PLACE3(v)    ((v) << 16)
#define ENTRY(c, at) (VALUE(c) == BAD ? BAD : at(VALUE(c)))
#define ROW4(c, at)  ENTRY(c, at), ENTRY((c) + 1, at), ENTRY((c) + 2, at), ENTRY((c) + 3, at)
#define ROW16(c, at) ROW4(c, at), ROW4((c) + 4, at), ROW4((c) + 8, at), ROW4((c) + 12, at)
#define ROW64(c, at) ROW16(c, at), ROW16((c) + 16, at), ROW16((c) + 32, at), ROW16((c) + 48, at)
#define TABLE(at)                                                                                                      \
    { ROW64(0, at), ROW64(64, at), ROW64(128, at), ROW64(192, at) }

/* One table for each place in a group of four: a group is decoded by three or's (half the time of one table). */
static const uint32_t places[4][256] = { TABLE(PLACE0), TABLE(PLACE1), TABLE(PLACE2), TABLE(PLACE3) };

static uint32_t group(const unsigned char *at) {
    return places[0][at[0]] | places[1][at[1]] | places[2][at[2]] | places[3][at[3]];
}

/* The last two or three characters; bits of them that make no byte must be zero (RFC 4648 §3.5). */
static bool decode_tail(const unsigned char *at, size_t left, unsigned char *out) {
    uint32_t bits = places[0][at[0]] | places[1][at[1]];
    if (left == 3) {
        bits |= places[2][at[2]];
    }
    uint32_t used = left == 2 ? 0xff : 0xffff;
    if ((bits & ~used) != 0) {
        return false;
    }
    out[0] = (unsigned char)bits;
    if (left == 3) {
        out[1] = (unsigned char)(bits >> 8);
    }
    return true;
}

HOT bool base64url_decode(struct tam_str text, unsigned char *out, size_t *ret_len) {
    size_t wide = wide_base64url(text, out), groups = (text.len - wide) / 4, left = text.len % 4;
    const unsigned char *at = (const unsigned char *)text.ptr + wide;
    uint32_t seen = 0;
    if (left == 1) {
        return false;
    }
    out += wide / 4 * 3;
    /* Four bytes are written for three, at once: there is room, and the next group overwrites the fourth. */
    for (size_t i = 0; i < groups; i++, at += 4, out += 3) {
        uint32_t bits = group(at);
        seen |= bits;
        bits = htole32(bits);
        memcpy(out, &bits, sizeof bits);
    }
    if ((seen & BAD) != 0 || (left > 0 && !decode_tail(at, left, out))) {
        return false;
    }
    *ret_len = text.len / 4 * 3 + (left > 0 ? left - 1 : 0);
    return true;
}

static const char url_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const char plain_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static size_t encode(struct tam_str bytes, const char *alphabet, char *out) {
    const unsigned char *at = (const unsigned char *)bytes.ptr;
    char *start = out;
    for (size_t left = bytes.len; left > 0;) {
        size_t n = left < 3 ? left : 3;
        uint32_t bits = (uint32_t)at[0] << 16 | (n > 1 ? (uint32_t)at[1] << 8 : 0) | (n > 2 ? at[2] : 0);
        for (size_t i = 0; i <= n; i++) {
            *out++ = alphabet[bits >> (18 - 6 * i) & 63];
        }
        at += n;
        left -= n;
    }
    return (size_t)(out - start);
}

size_t base64url_encode(struct tam_str bytes, char *out) {
    return encode(bytes, url_alphabet, out);
}

size_t base64_encode(struct tam_str bytes, char *out) {
    size_t len = encode(bytes, plain_alphabet, out);
    while (len % 4 != 0) {
        out[len++] = '=';
    }
    return len;
}

static bool plain_to_url(struct tam_str text, char *out) {
    for (size_t i = 0; i < text.len; i++) {
        char byte = text.ptr[i];
        if (byte == '-' || byte == '_') {
            return false;
        }
        out[i] = byte == '+' ? '-' : byte == '/' ? '_' : byte;
    }
    return true;
}

/* Certificates are not on the hot path: group by group through the other alphabet. */
bool base64_decode(struct tam_str text, unsigned char *out, size_t *ret_len) {
    char part[4];
    size_t total = 0, len = 0;
    if (text.len % 4 != 0) {
        return false;
    }
    for (size_t at = 0; at < text.len; at += 4) {
        struct tam_str piece = { text.ptr + at, 4 };
        if (at + 4 == text.len) {
            piece.len -= piece.ptr[3] == '=';
            piece.len -= piece.len == 3 && piece.ptr[2] == '=';
        }
        if (!plain_to_url(piece, part) || !base64url_decode((struct tam_str){ part, piece.len }, out + total, &len)) {
            return false;
        }
        total += len;
    }
    *ret_len = total;
    return true;
}
