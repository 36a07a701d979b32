/* SPDX-License-Identifier: MIT
 *
 * Thirty-two bytes at once, for the two readers that see every byte of a token: where the processor has AVX2. What these
 * functions leave, all of it on other processors, is the caller's to read. None of them is part of what is decided: they stop
 * in front of anything unusual.
 */
#ifndef TAM_BASE_WIDE_H
#define TAM_BASE_WIDE_H

#include <tam/types.h>

/* How many bytes from the beginning are of the alphabet of RFC 6750 §2.1, without `=`: a multiple of 32, and maybe not all. */
size_t wide_b64token(struct tam_str text);
/* Decodes base64url from the beginning: a multiple of 32 bytes, returned, each four of them to three of `out`, which has
 * BASE64_DECODED_MAX(text.len) bytes. Stops before the first 32 with a byte of another alphabet. */
size_t wide_base64url(struct tam_str text, unsigned char *out);

#endif
