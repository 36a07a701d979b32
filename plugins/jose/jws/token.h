/* SPDX-License-Identifier: MIT
 *
 * The token reader: a JWS in compact serialisation (RFC 7515 §7.1) taken apart, strictly. It decodes and looks at the
 * header; it trusts nothing of it, follows no `jku` or `x5u`, and takes no key from `jwk` or `x5c`.
 */
#ifndef TAM_JOSE_TOKEN_H
#define TAM_JOSE_TOKEN_H

#include <plugins/jose/key/algorithm.h>
#include <src/base/json.h>

#define TOKEN_MAX_HEADER 4096 /* bytes of the decoded header */
#define TOKEN_MAX_KID    256  /* a kid is an opaque name; a longer one is malformed */

struct token {
    struct tam_str signing_input;      /* header.payload as sent: a view of the token */
    struct tam_str payload;            /* decoded bytes */
    struct tam_str signature;          /* decoded bytes, never empty */
    struct tam_str header;             /* decoded: a JSON object, read strictly */
    struct tam_str alg;                /* as sent */
    const struct algorithm *algorithm; /* of that name; NULL: none that we know */
    struct tam_str kid;                /* empty and has_kid false when absent */
    bool has_kid;
    struct tam_str typ; /* empty when absent */
};

/*
 * Takes a token apart: exactly two dots, no segment empty, canonical base64url, the header a strict JSON object with a
 * string `alg`, `kid` and `typ` strings if there, and no `crit`, `b64`, `zip` or `enc`. Five parts are refused with a
 * sentence of their own (RFC 7516 is not spoken here). Returns TAM_REASON_NONE, or TAM_REASON_MALFORMED with *ret_detail: one
 * sentence, static. Memory from the pool.
 */
uint32_t token_read(struct tam_str compact, const struct pool *pool, struct token *ret_token,
                    struct tam_str *ret_detail);
/* The same for any JWS: its payload may be empty (RFC 7515 §7.1), which no token's is. */
uint32_t token_read_jws(struct tam_str compact, const struct pool *pool, struct token *ret_token,
                        struct tam_str *ret_detail);

#endif
