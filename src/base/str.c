/* SPDX-License-Identifier: MIT
 *
 * Views of bytes.
 */
#include <config.h>

#include <src/base/str.h>
#include <src/base/attr.h>
#include <src/base/simd.h>

static uint64_t eight(const char *at) {
    uint64_t bytes;
    memcpy(&bytes, at, sizeof bytes);
    return bytes;
}

static uint32_t four(const char *at) {
    uint32_t bytes;
    memcpy(&bytes, at, sizeof bytes);
    return bytes;
}

/* By the first and the last bytes, which may be partly the same. */
HOT bool str_same(const char *a, const char *b, size_t len) {
    if (len > 16) {
        return memcmp(a, b, len) == 0;
    }
    if (len >= 8) {
        return ((eight(a) ^ eight(b)) | (eight(a + len - 8) ^ eight(b + len - 8))) == 0;
    }
    if (len >= 4) {
        return ((four(a) ^ four(b)) | (four(a + len - 4) ^ four(b + len - 4))) == 0;
    }
    return len == 0 || (a[0] == b[0] && a[len / 2] == b[len / 2] && a[len - 1] == b[len - 1]);
}

static unsigned char lower(char byte) {
    return (unsigned char)(byte >= 'A' && byte <= 'Z' ? byte + ('a' - 'A') : byte);
}

/* Nearly always they are the same as they are, which takes a fraction of the time. */
HOT bool str_equal_nocase(struct tam_str a, struct tam_str b) {
    if (str_equal(a, b)) {
        return true;
    }
    if (a.len != b.len) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        if (lower(a.ptr[i]) != lower(b.ptr[i])) {
            return false;
        }
    }
    return true;
}

static struct tam_str first_bytes(struct tam_str text, size_t n) {
    return (struct tam_str){ text.ptr, n < text.len ? n : text.len };
}

bool str_starts(struct tam_str text, struct tam_str prefix) {
    return str_equal(first_bytes(text, prefix.len), prefix);
}

bool str_starts_nocase(struct tam_str text, struct tam_str prefix) {
    return str_equal_nocase(first_bytes(text, prefix.len), prefix);
}

bool str_ends(struct tam_str text, struct tam_str suffix) {
    return text.len >= suffix.len && str_equal(str_from(text, text.len - suffix.len), suffix);
}

struct tam_str str_from(struct tam_str text, size_t n) {
    if (n >= text.len) {
        return STR_NONE;
    }
    return (struct tam_str){ text.ptr + n, text.len - n };
}

size_t str_find(struct tam_str text, char byte) {
    const char *found = text.len > 0 ? memchr(text.ptr, byte, text.len) : NULL;
    return found != NULL ? (size_t)(found - text.ptr) : text.len;
}

bool str_cut(struct tam_str *rest, char byte, struct tam_str *ret_piece) {
    if (rest->len == 0) {
        return false;
    }
    size_t end = str_find(*rest, byte);
    *ret_piece = first_bytes(*rest, end);
    *rest = str_from(*rest, end + 1);
    return true;
}

bool list_has(struct tam_list list, struct tam_str text) {
    for (size_t i = 0; i < list.count; i++) {
        if (str_equal(list.items[i], text)) {
            return true;
        }
    }
    return false;
}

bool list_has_nocase(struct tam_list list, struct tam_str text) {
    for (size_t i = 0; i < list.count; i++) {
        if (str_equal_nocase(list.items[i], text)) {
            return true;
        }
    }
    return false;
}

bool str_number(struct tam_str text, int64_t max, int64_t *ret_number) {
    uint64_t number = 0, limit = max > 0 ? (uint64_t)max : 0;
    if (text.len == 0) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        uint64_t digit = (uint64_t)(unsigned char)text.ptr[i] - '0';
        if (digit > 9 || number > INT64_MAX / 10) {
            return false;
        }
        number = number * 10 + digit;
        if (number > limit) {
            return false;
        }
    }
    *ret_number = (int64_t)number;
    return true;
}

static bool is_hex(char byte) {
    return (byte >= '0' && byte <= '9') || (lower(byte) >= 'a' && lower(byte) <= 'f');
}

bool str_is_guid(struct tam_str text) {
    if (text.len != 36) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text.ptr[i] != '-' : !is_hex(text.ptr[i])) {
            return false;
        }
    }
    return true;
}

static inline vector not_plain(vector bytes) {
    return (vector)((bytes - 0x20) > 0x7e - 0x20) | (vector)(bytes == '"') | (vector)(bytes == '\\');
}

size_t str_plain_length(struct tam_str text) {
    return vector_find(text, not_plain, 'x');
}

void str_lower(struct tam_str text, char *out) {
    size_t i = 0;
    for (; text.len - i >= sizeof(vector); i += sizeof(vector)) {
        vector bytes = vector_load(text.ptr + i), capital = (vector)((bytes - 'A') < 26);
        bytes |= capital & 0x20;
        memcpy(out + i, &bytes, sizeof bytes);
    }
    for (; i < text.len; i++) {
        out[i] = (char)lower(text.ptr[i]);
    }
}

/* RFC 3629 §4, by first byte: how many follow, and the bounds of the second. */
size_t str_utf8_length(const char *text, size_t left) {
    const unsigned char *at = (const unsigned char *)text;
    unsigned char first = at[0], low = 0x80, high = 0xbf;
    size_t len = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
    if (len == 0 || len > left) {
        return 0;
    }
    low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : low;
    high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : high;
    for (size_t i = 1; i < len; i++) {
        if (at[i] < low || at[i] > high) {
            return 0;
        }
        low = 0x80;
        high = 0xbf;
    }
    return len;
}

/* How many bytes before the first that is not ASCII, in steps of eight. */
static size_t ascii_length(const unsigned char *at, size_t left) {
    size_t len = 0;
    for (uint64_t eight; left - len >= sizeof eight; len += sizeof eight) {
        memcpy(&eight, at + len, sizeof eight);
        if ((eight & UINT64_C(0x8080808080808080)) != 0) {
            break;
        }
    }
    return len;
}

uint32_t str_utf8_decode(struct tam_str character) {
    unsigned char lead = (unsigned char)character.ptr[0];
    uint32_t code = character.len == 1 ? lead : lead & (0x7fu >> character.len);
    for (size_t i = 1; i < character.len; i++) {
        code = code << 6 | ((unsigned char)character.ptr[i] & 0x3f);
    }
    return code;
}

bool str_is_utf8(struct tam_str text) {
    const unsigned char *at = (const unsigned char *)text.ptr;
    size_t left = text.len;
    while (left > 0) {
        size_t len = ascii_length(at, left);
        len = len > 0 ? len : str_utf8_length((const char *)at, left);
        if (len == 0) {
            return false;
        }
        at += len;
        left -= len;
    }
    return true;
}

bool str_is_visible_ascii(struct tam_str text) {
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < 0x21 || text.ptr[i] > 0x7e) {
            return false;
        }
    }
    return true;
}
