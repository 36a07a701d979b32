/* SPDX-License-Identifier: MIT
 *
 * Texts of JSON that are not plain: undoing escapes (RFC 8259 §7), and quoting.
 */
#include <config.h>

#include <src/base/json_text.h>

#include <src/base/buf.h>
#include <src/base/str.h>

/* ---- Undoing escapes ---- */

static const char *fail(const char **ret_fault, const char *fault) {
    *ret_fault = fault;
    return NULL;
}

/* The digit and one; 0: it is none. */
static const unsigned char hex_digits[256] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
    ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

static inline bool hex4(const char *at, uint32_t *ret_code) {
    const unsigned char *digits = (const unsigned char *)at;
    uint32_t a = hex_digits[digits[0]], b = hex_digits[digits[1]], c = hex_digits[digits[2]], d = hex_digits[digits[3]];
    *ret_code = (a - 1) << 12 | (b - 1) << 8 | (c - 1) << 4 | (d - 1);
    return a > 0 && b > 0 && c > 0 && d > 0;
}

static char *put_utf8(char *out, uint32_t code) {
    if (code < 0x80) {
        *out++ = (char)code;
    } else if (code < 0x800) {
        *out++ = (char)(0xc0 | code >> 6);
        *out++ = (char)(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        *out++ = (char)(0xe0 | code >> 12);
        *out++ = (char)(0x80 | (code >> 6 & 0x3f));
        *out++ = (char)(0x80 | (code & 0x3f));
    } else {
        *out++ = (char)(0xf0 | code >> 18);
        *out++ = (char)(0x80 | (code >> 12 & 0x3f));
        *out++ = (char)(0x80 | (code >> 6 & 0x3f));
        *out++ = (char)(0x80 | (code & 0x3f));
    }
    return out;
}

/* Behind the u: XXXX, or a surrogate pair of two. */
static const char *read_code(const char *at, const char *end, uint32_t *ret_code, const char **ret_fault) {
    uint32_t code = 0, low = 0;
    if (end - at < 4 || !hex4(at, &code)) {
        return fail(ret_fault, "a \\u that is not followed by four hexadecimal digits");
    }
    at += 4;
    if (code == 0) {
        return fail(ret_fault, "a NUL in a string");
    }
    if (code >= 0xd800 && code <= 0xdbff) {
        if (end - at < 6 || at[0] != '\\' || at[1] != 'u' || !hex4(at + 2, &low) || low < 0xdc00 || low > 0xdfff) {
            return fail(ret_fault, "half of a surrogate pair");
        }
        at += 6;
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    } else if (code >= 0xdc00 && code <= 0xdfff) {
        return fail(ret_fault, "half of a surrogate pair");
    }
    *ret_code = code;
    return at;
}

/* What stands for itself or for a control character; 0: nothing does. */
static inline uint32_t read_letter(char letter) {
    switch (letter) {
    case '"':
    case '\\':
    case '/':
        return (unsigned char)letter;
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return 0;
    }
}

const char *json_read_escape(const char *at, const char *end, uint32_t *ret_code, const char **ret_fault) {
    if (at == end) {
        return fail(ret_fault, "a string that does not end");
    }
    if (*at == 'u') {
        return read_code(at + 1, end, ret_code, ret_fault);
    }
    *ret_code = read_letter(*at);
    return *ret_code != 0 ? at + 1 : fail(ret_fault, "an unknown escape in a string");
}

bool json_unescape(struct tam_str *text, const struct pool *pool) {
    char *start = pool_alloc(pool, text->len), *out = start;
    const char *at = text->ptr, *end = text->ptr + text->len, *fault = NULL;
    uint32_t code = 0;
    if (start == NULL) {
        return false;
    }
    while (at < end) {
        if (*at != '\\') {
            *out++ = *at++;
            continue;
        }
        at = json_read_escape(at + 1, end, &code, &fault); /* which went well before */
        out = put_utf8(out, code);
    }
    *text = (struct tam_str){ start, (size_t)(out - start) };
    return true;
}

bool json_escaped_is(struct tam_str escaped, struct tam_str text) {
    const char *at = escaped.ptr, *end = escaped.ptr + escaped.len, *fault = NULL;
    while (at < end) {
        char one[4];
        uint32_t code = 0;
        size_t len = 1;
        if (*at == '\\') {
            at = json_read_escape(at + 1, end, &code, &fault);
            len = (size_t)(put_utf8(one, code) - one);
        } else {
            one[0] = *at++;
        }
        if (!str_starts(text, (struct tam_str){ one, len })) {
            return false;
        }
        text = str_from(text, len);
    }
    return text.len == 0;
}

/* ---- Writing ---- */

/* One character that is not plain; returns its length. */
static size_t quote_one(struct buf *buf, struct tam_str text) {
    unsigned char byte = (unsigned char)text.ptr[0];
    if (byte == '"' || byte == '\\') {
        buf_add_byte(buf, '\\');
        buf_add_byte(buf, (char)byte);
        return 1;
    }
    if (byte < 0x80) {
        buf_format(buf, "\\u%04x", byte);
        return 1;
    }
    for (size_t len = 2; len <= 4 && len <= text.len; len++) {
        struct tam_str character = { text.ptr, len };
        if (str_is_utf8(character)) {
            buf_add(buf, character);
            return len;
        }
    }
    buf_add_text(buf, "\xef\xbf\xbd"); /* U+FFFD */
    return 1;
}

void json_quote(struct buf *buf, struct tam_str text) {
    buf_add_byte(buf, '"');
    while (text.len > 0) {
        size_t len = str_plain_length(text);
        buf_add(buf, (struct tam_str){ text.ptr, len });
        text = str_from(text, len);
        if (text.len > 0) {
            text = str_from(text, quote_one(buf, text));
        }
    }
    buf_add_byte(buf, '"');
}
