/* SPDX-License-Identifier: MIT
 *
 * Thirty-two bytes at once, for what sees every byte of a token or of its claims: where the processor has AVX2. What
 * these functions leave, all of it on other processors, is the caller's to read: they stop in front of anything
 * unusual. Each returns how many bytes from the beginning are done.
 */
#ifndef TAM_BASE_WIDE_H
#define TAM_BASE_WIDE_H

#include <stdint.h>
#include <tam/types.h>

#if defined __x86_64__ && !defined TAM_PORTABLE /* which is for tests of what other processors do */
#define TAM_WIDE

/* Of the alphabet of RFC 6750 §2.1, without `=`. */
size_t wide_b64token(struct tam_str text);
/* Printable ASCII. */
size_t wide_printable(struct tam_str text);
/* Decodes base64url, each four bytes to three of `out`; what follows the last four is never done. */
size_t wide_base64url(struct tam_str text, unsigned char *out);
/* Compares, in a time that does not depend on what is found. *ret_difference is 0 if what was compared is equal. */
size_t wide_compare(const char *a, const char *b, size_t len, uint64_t *ret_difference);

#else

static inline size_t wide_b64token(struct tam_str text) {
    (void)text;
    return 0;
}
static inline size_t wide_printable(struct tam_str text) {
    (void)text;
    return 0;
}
static inline size_t wide_base64url(struct tam_str text, unsigned char *out) {
    (void)text;
    (void)out;
    return 0;
}
static inline size_t wide_compare(const char *a, const char *b, size_t len, uint64_t *ret_difference) {
    (void)a;
    (void)b;
    (void)len;
    *ret_difference = 0;
    return 0;
}

#endif

#endif
