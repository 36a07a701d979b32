/* SPDX-License-Identifier: MIT
 *
 * Reads and writes %XX. Both cases are read; upper case is written.
 */
#include <config.h>

#include <tools/tamd/http/escape.h>

#include <src/base/str.h>

static int hex_value(char byte) {
    if (byte >= '0' && byte <= '9') {
        return byte - '0';
    }
    if (byte >= 'a' && byte <= 'f') {
        return byte - 'a' + 10;
    }
    return byte >= 'A' && byte <= 'F' ? byte - 'A' + 10 : -1;
}

int escape_read(struct tam_str digits) {
    if (digits.len < 2 || hex_value(digits.ptr[0]) < 0 || hex_value(digits.ptr[1]) < 0) {
        return -1;
    }
    return hex_value(digits.ptr[0]) * 16 + hex_value(digits.ptr[1]);
}

static bool is_plain(char byte, char separator) {
    return byte > 0x20 && byte < 0x7f && byte != '%' && byte != separator;
}

void escape_add(struct buf *buf, struct tam_str value, char separator) {
    static const char digits[] = "0123456789ABCDEF";
    while (value.len > 0) {
        size_t plain = 0;
        while (plain < value.len && is_plain(value.ptr[plain], separator)) {
            plain++;
        }
        buf_add(buf, (struct tam_str){ value.ptr, plain });
        if (plain < value.len) {
            unsigned char byte = (unsigned char)value.ptr[plain];
            buf_add(buf, (struct tam_str){ (const char[]){ '%', digits[byte >> 4], digits[byte & 15] }, 3 });
            plain++;
        }
        value = str_from(value, plain);
    }
}
