/* SPDX-License-Identifier: MIT
 *
 * Reads and writes %XX. Both cases are read; upper case is written.
 */
#include <config.h>

#include <tools/tamd/escape.h>

static int hex_value(char byte) {
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    if (byte >= 'a' && byte <= 'f')
        return byte - 'a' + 10;
    return byte >= 'A' && byte <= 'F' ? byte - 'A' + 10 : -1;
}

int escape_read(struct tam_str digits) {
    if (digits.len < 2 || hex_value(digits.ptr[0]) < 0 || hex_value(digits.ptr[1]) < 0)
        return -1;
    return hex_value(digits.ptr[0]) * 16 + hex_value(digits.ptr[1]);
}

void escape_add(struct buf *buf, struct tam_str value, char separator) {
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < value.len; i++) {
        unsigned char byte = (unsigned char)value.ptr[i];
        if (byte > 0x20 && byte < 0x7f && byte != '%' && value.ptr[i] != separator) {
            buf_add_byte(buf, value.ptr[i]);
        } else {
            buf_add_byte(buf, '%');
            buf_add_byte(buf, digits[byte >> 4]);
            buf_add_byte(buf, digits[byte & 15]);
        }
    }
}
