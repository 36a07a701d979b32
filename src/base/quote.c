/* SPDX-License-Identifier: MIT
 *
 * The door through which found values are shown.
 */
#include <config.h>

#include <src/base/buf.h>
#include <src/base/display.h>
#include <src/base/quote.h>
#include <src/base/str.h>

#include <stdio.h>

#define TOKEN_MIN  40 /* shorter ones with two dots are names: login.example.com */
#define SECRET_MIN 64 /* one run of base64url this long is no name */

static bool is_base64url(char byte) {
    return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') ||
           byte == '-' || byte == '_';
}

/* Three or more segments, one of them longer than a DNS label can be, or beginning as a JSON object does: `eyJ`. */
static bool is_token(struct tam_str text) {
    size_t dots = 0, run = 0;
    for (size_t i = 0; i < text.len; i++) {
        bool dot = text.ptr[i] == '.';
        if (!dot && !is_base64url(text.ptr[i]) && text.ptr[i] != '=') {
            return false;
        }
        dots += dot;
        run = dot ? 0 : run + 1;
        if (run > SECRET_MIN) {
            return true;
        }
    }
    return dots >= 2 && text.len > TOKEN_MIN && str_starts(text, STR("eyJ"));
}

size_t quote_write(struct tam_str found, char out[QUOTE_MAX]) {
    if (is_token(found)) {
        return (size_t)snprintf(out, QUOTE_MAX, "(token of %zu bytes)", found.len);
    }
    return display_write(found, DISPLAY_ASCII, out, QUOTE_MAX);
}

void quote_add(struct buf *buf, struct tam_str found) {
    char text[QUOTE_MAX];
    buf_add(buf, (struct tam_str){ text, quote_write(found, text) });
}

struct tam_str quote_found(const struct pool *pool, struct tam_str found) {
    char text[QUOTE_MAX];
    struct tam_str copy = STR_NONE;
    return pool_copy(pool, (struct tam_str){ text, quote_write(found, text) }, &copy) ? copy : STR_NONE;
}
