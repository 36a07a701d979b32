/* SPDX-License-Identifier: MIT
 *
 * Views of bytes: making, comparing and cutting them. Never copies, never expects a NUL.
 */
#ifndef TAM_BASE_STR_H
#define TAM_BASE_STR_H

#include <stdbool.h>
#include <string.h>
#include <tam/types.h>

/* A view of a string literal; usable in a static initialiser as STR_INIT. */
#define STR(literal) ((struct tam_str){ (literal), sizeof(literal) - 1 })
#define STR_INIT(literal)                                                                                              \
    { (literal), sizeof(literal) - 1 }
#define STR_NONE ((struct tam_str){ NULL, 0 })
/* A view that came from outside may claim bytes and have none: then it is empty. */
static inline struct tam_str str_given(struct tam_str text) {
    return text.ptr != NULL ? text : STR_NONE;
}
/* For "%.*s", whose precision is an int: a greater length would become negative, which printf(3) takes for none at
 * all and reads on to the next NUL. Nothing that is written here is as long as this limit. */
#define STR_PRINT_MAX (1 << 24)
static inline int str_precision(struct tam_str text) {
    size_t len = str_given(text).len;
    return len < STR_PRINT_MAX ? (int)len : STR_PRINT_MAX;
}
#define STR_PRINT(s) str_precision(s), (s).ptr != NULL ? (s).ptr : ""

/* A view of a NUL-terminated string; NULL gives the empty view. */
static inline struct tam_str str_of(const char *text) {
    return (struct tam_str){ text, text != NULL ? strlen(text) : 0 };
}
/* For str_equal(). Most texts compared here have a few bytes, which memcmp() takes longer to get ready for than to
 * compare. */
bool str_same(const char *a, const char *b, size_t len);
static inline bool str_equal(struct tam_str a, struct tam_str b) {
    return a.len == b.len && str_same(a.ptr, b.ptr, a.len);
}
/* ASCII letters in any case. */
bool str_equal_nocase(struct tam_str a, struct tam_str b);
bool str_starts(struct tam_str text, struct tam_str prefix);
bool str_starts_nocase(struct tam_str text, struct tam_str prefix);
bool str_ends(struct tam_str text, struct tam_str suffix);
/* Without its first `n` bytes (all of it if shorter). */
struct tam_str str_from(struct tam_str text, size_t n);
/* Index of the first such byte; text.len where there is none. */
size_t str_find(struct tam_str text, char byte);
/* Takes what stands before the next `byte` off *rest, and the byte itself; false when *rest is empty already. The last
 * piece is all that is left. */
bool str_cut(struct tam_str *rest, char byte, struct tam_str *ret_piece);
bool list_has(struct tam_list list, struct tam_str text);
bool list_has_nocase(struct tam_list list, struct tam_str text); /* ASCII letters in any case */
/* Decimal digits only, at most `max`; false for anything else (blanks, sign, overflow, empty). */
bool str_number(struct tam_str text, int64_t max, int64_t *ret_number);
/* 8-4-4-4-12 hexadecimal digits (RFC 9562 §4), in any case. */
bool str_is_guid(struct tam_str text);
/* The longest beginning of printable ASCII without `"` and `\`: what stands in quotes as it is. */
size_t str_plain_length(struct tam_str text);
/* ASCII letters to lower case, text.len bytes into out (may be the same memory). */
void str_lower(struct tam_str text, char *out);
/* Bytes of the character at `text`, of which `left` > 0 are there; 0: it is none. */
size_t str_utf8_length(const char *text, size_t left);
uint32_t str_utf8_decode(struct tam_str character); /* of one character, all of its bytes */
bool str_is_utf8(struct tam_str text);              /* RFC 3629: no surrogates, no overlong forms, at most U+10FFFF */
bool str_is_visible_ascii(struct tam_str text);     /* 0x21 to 0x7e */

#endif
