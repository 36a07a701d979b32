/* SPDX-License-Identifier: MIT
 *
 * The token reader: splits a JWS in compact serialisation (RFC 7515 §7.1) and decodes its parts, strictly. The reader
 * trusts no header member: it follows no `jku` or `x5u`, and takes no key from `jwk` or `x5c`.
 */
#ifndef TAM_JOSE_TOKEN_H
#define TAM_JOSE_TOKEN_H

#include <plugins/jose/key/key.h>
#include <src/base/json.h>

#define TOKEN_MAX_HEADER 4096 /* bytes of the decoded header */

struct token {
    struct tam_str signing_input;      /* header.payload as sent: a view of the token */
    struct tam_str payload;            /* decoded bytes */
    struct tam_str signature;          /* decoded bytes, never empty */
    struct tam_str header;             /* decoded: a JSON object, read strictly */
    struct tam_str alg;                /* as sent */
    const struct algorithm *algorithm; /* the row named by alg; NULL: tam has no such row */
    struct tam_str kid;                /* empty and has_kid false when absent */
    bool has_kid;
    struct tam_str typ; /* empty when absent */
};

/*
 * Reads a token: exactly two dots, no empty segment, canonical base64url, the header a strict JSON object with a string
 * `alg`, strings as `kid` and `typ` if present, and none of `crit`, `b64`, `zip` and `enc`. A token of five parts gets
 * a sentence of its own, because JWE (RFC 7516) is not supported. Returns TAM_REASON_NONE, or TAM_REASON_MALFORMED with
 * one static sentence in *ret_detail. Allocates from the pool.
 */
uint32_t token_read(struct tam_str compact, const struct pool *pool, struct token *ret_token,
                    struct tam_str *ret_detail);
/* The same for any JWS: a JWS may have an empty payload (RFC 7515 §7.1), a token may not. */
uint32_t token_read_jws(struct tam_str compact, const struct pool *pool, struct token *ret_token,
                        struct tam_str *ret_detail);

#endif
