/* SPDX-License-Identifier: MIT
 *
 * The alphabets, read sixteen bytes at a time: each text of an accepted token is looked at.
 */
#include <config.h>

#include <src/base/alphabet.h>

#include <src/base/attr.h>
#include <src/base/str.h>
#include <src/base/simd.h>
#include <src/base/simd_avx2.h>

static inline vector control(vector bytes) {
    return (vector)(bytes < 0x20);
}

/* Neither a control character nor part of anything but ASCII: most of what there is. */
static inline vector not_printable(vector bytes) {
    return (vector)((bytes - 0x20) > 0x7e - 0x20);
}

/* RFC 6749 §3.3: NQCHAR is visible ASCII without `"` and `\`. */
static inline vector outside_nqchar(vector bytes) {
    return (vector)((bytes - 0x21) > 0x7e - 0x21) | (vector)(bytes == '"') | (vector)(bytes == '\\');
}

static HOT bool any_not_printable(struct tam_str text) {
    return vector_any(str_from(text, wide_printable(text)), not_printable);
}

/* DEL, and C1: U+0080 to U+009F are C2 80 to C2 9F in UTF-8. Terminals obey some of them. */
static bool any_del_or_c1(struct tam_str text) {
    const unsigned char *at = (const unsigned char *)text.ptr;
    for (size_t i = 0; i < text.len; i++) {
        if (at[i] == 0x7f || (at[i] == 0xc2 && i + 1 < text.len && at[i + 1] < 0xa0)) {
            return true;
        }
    }
    return false;
}

HOT bool text_is_scope(struct tam_str text) {
    return text.len > 0 && !vector_any(text, outside_nqchar);
}

HOT bool text_is_clean(struct tam_str text) {
    return !any_not_printable(text) || (!vector_any(text, control) && !any_del_or_c1(text) && str_is_utf8(text));
}
