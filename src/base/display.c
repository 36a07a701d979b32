/* SPDX-License-Identifier: MIT
 *
 * Decides character by character; what is shown at all is shown as it is. Plain ASCII, which nearly all of it is, goes
 * at once.
 */
#include <config.h>

#include <src/base/array.h>
#include <src/base/buf.h>
#include <src/base/display.h>
#include <src/base/str.h>

#define DISPLAYED_MAX 4 /* bytes that one character, or one byte, becomes */
#define CUT_MARK      "..."
#define CUT_LEN       (sizeof CUT_MARK - 1)

/* Unicode 15.1: the categories Cc, Cf, Zl and Zp, and Default_Ignorable_Code_Point. In order. */
static const struct {
    uint32_t first, last;
} hidden[] = {
    { 0x0000, 0x001f },   { 0x007f, 0x009f },   { 0x00ad, 0x00ad },   { 0x034f, 0x034f },   { 0x0600, 0x0605 },
    { 0x061c, 0x061c },   { 0x06dd, 0x06dd },   { 0x070f, 0x070f },   { 0x0890, 0x0891 },   { 0x08e2, 0x08e2 },
    { 0x115f, 0x1160 },   { 0x17b4, 0x17b5 },   { 0x180b, 0x180f },   { 0x200b, 0x200f },   { 0x2028, 0x202e },
    { 0x2060, 0x206f },   { 0x3164, 0x3164 },   { 0xfe00, 0xfe0f },   { 0xfeff, 0xfeff },   { 0xffa0, 0xffa0 },
    { 0xfff0, 0xfffb },   { 0x110bd, 0x110bd }, { 0x110cd, 0x110cd }, { 0x13430, 0x1343f }, { 0x1bca0, 0x1bca3 },
    { 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff },
};

bool display_hides(uint32_t character) {
    size_t i = 0;
    while (i < COUNT(hidden) && hidden[i].last < character) {
        i++;
    }
    return i < COUNT(hidden) && hidden[i].first <= character;
}

/* How many bytes at the front may be shown as they are: one character, or 0. */
static size_t shown_prefix(struct tam_str text) {
    unsigned char lead = (unsigned char)text.ptr[0];
    struct tam_str first = { text.ptr, lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4 };
    bool shown = first.len <= text.len && str_is_utf8(first) && !display_hides(str_utf8_decode(first));
    return shown ? first.len : 0;
}

/* Takes one character off the text, or one byte of what is none; returns how many bytes it became. */
static size_t display_one(struct tam_str *text, enum display how, char out[DISPLAYED_MAX]) {
    static const char digits[] = "0123456789abcdef";
    unsigned char byte = (unsigned char)text->ptr[0];
    size_t len = how == DISPLAY_ASCII && byte >= 0x80 ? 0 : shown_prefix(*text), written = len;
    if (len == 0) {
        memcpy(out, (char[]){ '\\', 'x', digits[byte >> 4], digits[byte & 15] }, 4);
        len = 1;
        written = 4;
    } else if (byte == '\\' && how != DISPLAY_LINE) {
        memcpy(out, "\\\\", 2);
        written = 2;
    } else {
        memcpy(out, text->ptr, len);
    }
    *text = str_from(*text, len);
    return written;
}

size_t display_write(struct tam_str text, enum display how, char *out, size_t size) {
    size_t at = 0;
    while (text.len > 0) {
        if (size - at < DISPLAYED_MAX + CUT_LEN) {
            memcpy(out + at, CUT_MARK, CUT_LEN);
            return at + CUT_LEN;
        }
        size_t room = size - at - (DISPLAYED_MAX + CUT_LEN - 1);
        size_t plain = str_plain_length((struct tam_str){ text.ptr, text.len < room ? text.len : room });
        if (plain > 0) {
            memcpy(out + at, text.ptr, plain);
            text = str_from(text, plain);
            at += plain;
        } else {
            at += display_one(&text, how, out + at);
        }
    }
    return at;
}

void display_add(struct buf *buf, struct tam_str text, enum display how) {
    char piece[DISPLAYED_MAX];
    while (text.len > 0) {
        size_t plain = str_plain_length(text);
        if (plain > 0) {
            buf_add(buf, (struct tam_str){ text.ptr, plain });
            text = str_from(text, plain);
        } else {
            size_t len = display_one(&text, how, piece);
            buf_add(buf, (struct tam_str){ piece, len });
        }
    }
}
