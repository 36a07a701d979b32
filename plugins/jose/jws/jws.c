/* SPDX-License-Identifier: MIT
 *
 * Verifies the signature of one JWS against given keys. Nothing here reads the payload: meaning and validity of the
 * claims are the caller's to check.
 */
#include <config.h>

#include <plugins/jose/jws/jws.h>
#include <src/base/str.h>

uint32_t jws_verify(struct tam_str compact, const struct keys *keys, uint32_t algorithms, const struct pool *pool,
                    struct tam_str *ret_payload, struct tam_str *ret_detail) {
    struct token token;

    uint32_t reason = token_read_jws(compact, pool, &token, ret_detail);
    if (reason != TAM_REASON_NONE) {
        return reason;
    }
    if (token.algorithm == NULL || (token.algorithm->bit & algorithms) == 0) {
        *ret_detail = STR("the alg is not one that this verifier accepts");
        return TAM_REASON_UNSUPPORTED_ALGORITHM;
    }
    const struct key *key = keys_find(keys, token.has_kid, token.kid, token.algorithm, ret_detail);
    if (key == NULL) {
        return TAM_REASON_UNKNOWN_KEY;
    }
    if (!key_verify(key, token.algorithm, token.signing_input, token.signature)) {
        *ret_detail = STR("the signature does not verify");
        return TAM_REASON_BAD_SIGNATURE;
    }
    *ret_payload = token.payload;
    return TAM_REASON_NONE;
}
