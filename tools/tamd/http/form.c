/* SPDX-License-Identifier: MIT
 *
 * Reads form bodies, strictly: a bad escape anywhere spoils the whole.
 */
#include <config.h>

#include <tools/tamd/http/form.h>

#include <src/base/str.h>
#include <tools/tamd/http/escape.h>

bool form_decode(struct tam_str text, struct buf *out) {
    for (size_t i = 0; i < text.len; i++) {
        int byte = text.ptr[i] == '+' ? ' ' : text.ptr[i];
        if (text.ptr[i] == '%') {
            byte = escape_read(str_from(text, i + 1));
            if (byte < 0) {
                return false;
            }
            i += 2;
        }
        buf_add_byte(out, (char)byte);
    }
    return !out->failed;
}

bool form_value(struct tam_str body, struct tam_str name, struct buf *ret_value) {
    struct tam_str pair;
    struct buf key, value;
    size_t count = 0;
    bool good = true;
    buf_init(&key, body.len);
    buf_init(&value, body.len);
    while (good && str_cut(&body, '&', &pair)) {
        size_t equals = str_find(pair, '=');
        buf_clear(&key);
        buf_clear(&value);
        good =
            form_decode((struct tam_str){ pair.ptr, equals }, &key) && form_decode(str_from(pair, equals + 1), &value);
        if (good && str_equal(buf_str(&key), name)) {
            buf_add(ret_value, buf_str(&value));
            count++;
        }
    }
    buf_free(&key);
    buf_free(&value);
    return good && count == 1 && !ret_value->failed;
}
