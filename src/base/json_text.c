/* SPDX-License-Identifier: MIT
 *
 * Texts of JSON that are not plain: undoing escapes (RFC 8259 §7), and quoting.
 */
#include <config.h>

#include <src/base/json_text.h>

#include <src/base/buf.h>
#include <src/base/str.h>

/* ---- Undoing escapes --------------------------------------------------------------------------------------------------------- */

static const char *fail(const char **ret_fault, const char *fault) {
    *ret_fault = fault;
    return NULL;
}

static bool hex4(const char *at, uint32_t *ret_code) {
    uint32_t code = 0;
    for (int i = 0; i < 4; i++) {
        char byte = at[i];
        uint32_t digit = byte >= '0' && byte <= '9'   ? (uint32_t)(byte - '0')
                         : byte >= 'a' && byte <= 'f' ? (uint32_t)(byte - 'a' + 10)
                         : byte >= 'A' && byte <= 'F' ? (uint32_t)(byte - 'A' + 10)
                                                      : 16;
        if (digit > 15) {
            return false;
        }
        code = code << 4 | digit;
    }
    *ret_code = code;
    return true;
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

const char *json_read_escape(const char *at, const char *end, uint32_t *ret_code, const char **ret_fault) {
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    if (at == end) {
        return fail(ret_fault, "a string that does not end");
    }
    if (*at == 'u') {
        return read_code(at + 1, end, ret_code, ret_fault);
    }
    for (size_t i = 0; i < sizeof from - 1; i++) {
        if (*at == from[i]) {
            *ret_code = (unsigned char)to[i];
            return at + 1;
        }
    }
    return fail(ret_fault, "an unknown escape in a string");
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

/* ---- Writing ------------------------------------------------------------------------------------------------------------------------ */

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
