/* SPDX-License-Identifier: MIT
 *
 * Verifies a JWS against a fixed set of keys and returns its payload. Token plugins do the same steps in signed_token.c
 * with a refreshed key set (keyset.h) and with early rejects between; callers of jws_verify() have the keys already:
 * the tests with public vectors.
 */
#ifndef TAM_JOSE_JWS_H
#define TAM_JOSE_JWS_H

#include <plugins/jose/key/keys.h>
#include <plugins/jose/jws/token.h>

/* TAM_REASON_NONE with *ret_payload, or malformed, unsupported_algorithm, unknown_key, bad_signature with *ret_detail.
 * Both views live as long as the pool and the token. algorithms: the mask of what the caller accepts. */
uint32_t jws_verify(struct tam_str compact, const struct keys *keys, uint32_t algorithms, const struct pool *pool,
                    struct tam_str *ret_payload, struct tam_str *ret_detail);

#endif
