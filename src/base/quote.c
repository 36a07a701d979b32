/* SPDX-License-Identifier: MIT
 *
 * The door through which found values are shown.
 */
#include <config.h>

#include <src/base/buf.h>
#include <src/base/quote.h>
#include <src/base/str.h>

#define TOKEN_MIN  40 /* shorter ones with two dots are names: login.example.com */
#define SECRET_MIN 64 /* one run of base64url this long is no name */

static bool is_base64url(char byte) {
    return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') ||
           byte == '-' || byte == '_';
}

/* Three or more segments, one of them longer than a DNS label can be, or beginning as a JSON object does: `eyJ`. */
static bool is_token(struct tam_str text) {
    size_t dots = 0, run = 0, longest = 0;
    for (size_t i = 0; i < text.len; i++) {
        bool dot = text.ptr[i] == '.';
        if (!dot && !is_base64url(text.ptr[i]) && text.ptr[i] != '=') {
            return longest > SECRET_MIN || run > SECRET_MIN;
        }
        dots += dot;
        run = dot ? 0 : run + 1;
        longest = run > longest ? run : longest;
    }
    return longest > SECRET_MIN || (dots >= 2 && text.len > TOKEN_MIN && str_starts(text, STR("eyJ")));
}

void quote_add(struct buf *buf, struct tam_str found) {
    static const char digits[] = "0123456789abcdef";
    char text[QUOTE_MAX];
    size_t len = 0, at = 0;
    if (is_token(found)) {
        buf_format(buf, "(token of %zu bytes)", found.len);
        return;
    }
    for (; at < found.len && len + 4 <= QUOTE_MAX - 3; at++) {
        unsigned char byte = (unsigned char)found.ptr[at];
        if (byte >= 0x20 && byte <= 0x7e) {
            text[len++] = (char)byte;
        } else {
            text[len++] = '\\';
            text[len++] = 'x';
            text[len++] = digits[byte >> 4];
            text[len++] = digits[byte & 15];
        }
    }
    buf_add(buf, (struct tam_str){ text, len });
    if (at < found.len) {
        buf_add_text(buf, "...");
    }
}

struct tam_str quote_found(const struct pool *pool, struct tam_str found) {
    struct tam_str copy = STR_NONE;
    struct buf buf;
    buf_init(&buf, QUOTE_MAX);
    quote_add(&buf, found);
    if (!pool_copy(pool, buf_str(&buf), &copy)) {
        copy = STR_NONE;
    }
    buf_free(&buf);
    return copy;
}
