/* SPDX-License-Identifier: MIT
 *
 * The JWS-level entry: bytes in, verified bytes out, against a fixed set of keys. Token plugins do the same steps with a
 * key set that lives (keyset.h) and with early rejects between; this is for whoever has keys in the hand, public test
 * vectors above all.
 */
#ifndef TAM_JOSE_JWS_H
#define TAM_JOSE_JWS_H

#include <plugins/jose/key/keys.h>
#include <plugins/jose/jws/token.h>

/* TAM_REASON_NONE with *ret_payload, or malformed, unsupported_algorithm, unknown_key, bad_signature with *ret_detail.
 * Both views live as long as pool and token. algorithms: the mask that the verifier accepts. */
uint32_t jws_verify(struct tam_str compact, const struct keys *keys, uint32_t algorithms, const struct pool *pool,
                    struct tam_str *ret_payload, struct tam_str *ret_detail);

#endif
