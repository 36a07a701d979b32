/* SPDX-License-Identifier: MIT
 *
 * base64url without padding (RFC 7515 §2, RFC 4648 §5), canonical: every byte string has one spelling, and no other
 * is read. Plain base64 (RFC 4648 §4) for certificates in key sets and for claims challenges.
 */
#ifndef TAM_BASE_BASE64_H
#define TAM_BASE_BASE64_H

#include <stdbool.h>
#include <tam/types.h>

#define BASE64_DECODED_MAX(len) ((len) / 4 * 3 + 3)
#define BASE64_ENCODED_MAX(len) (((len) + 2) / 3 * 4)

/* Into out, of BASE64_DECODED_MAX(text.len) bytes. False: a byte outside the alphabet, padding, an impossible
 * length, or unused bits that are not zero; out is then undefined. The empty text is decoded to nothing. */
bool base64url_decode(struct tam_str text, unsigned char *out, size_t *ret_len);
/* Into out, of BASE64_ENCODED_MAX(bytes.len) bytes; returns the length, without NUL. */
size_t base64url_encode(struct tam_str bytes, char *out);
/* The same with the other alphabet and with padding. */
bool base64_decode(struct tam_str text, unsigned char *out, size_t *ret_len);
size_t base64_encode(struct tam_str bytes, char *out);

#endif
