/* SPDX-License-Identifier: MIT
 *
 * The alphabets that libtam alone asks for. A token is looked at on every request, so it is read sixteen bytes at a
 * time: 1.4 kB take 0.17 µs, byte by byte 1.3 µs.
 */
#include <config.h>

#include <src/base/text.h>

#include <src/base/attr.h>
#include <src/base/json.h>
#include <src/base/str.h>
#include <src/base/simd.h>
#include <src/base/simd_avx2.h>

/* RFC 6750 §2.1, without the padding; `+,-./0123456789` is one range of ASCII, and all of it but the comma is
 * allowed. */
static inline vector outside_b64(vector bytes) {
    vector letters = (vector)(((bytes | 0x20) - 'a') < 26);
    vector range = (vector)((bytes - '+') < 15);
    vector marks = (vector)(bytes == '_') | (vector)(bytes == '~');
    return ~(letters | range | marks) | (vector)(bytes == ',');
}

static bool any_outside_b64(struct tam_str text) {
    return vector_any(text, outside_b64);
}

HOT bool text_is_b64token(struct tam_str text) {
    while (text.len > 0 && text.ptr[text.len - 1] == '=') {
        text.len--;
    }
    return text.len > 0 && !any_outside_b64(str_from(text, wide_b64token(text)));
}

bool text_is_url(struct tam_str text) {
    return text_is_scope(text); /* the same alphabet: it is what fits into a quoted-string unescaped */
}

HOT bool text_is_claims(struct tam_str text) {
    struct json_scan found;
    return json_scan(text, (struct tam_list){ NULL, 0 }, &found) == NULL && found.type == JSON_TYPE_OBJECT;
}
