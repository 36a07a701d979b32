/* SPDX-License-Identifier: MIT
 *
 * The part of a token's way that every token plugin shares: reading it and finding its claims, and later its key and
 * signature. Between the two a plugin rejects early what cannot be its own; policy comes after both.
 */
#ifndef TAM_JOSE_SIGNED_TOKEN_H
#define TAM_JOSE_SIGNED_TOKEN_H

#include <plugins/common/claims.h>
#include <plugins/common/judge.h>
#include <plugins/jose/keyset/keyset.h>
#include <plugins/jose/jws/token.h>

#define SIGNED_TOKEN_CLAIMS 40 /* rows of a plugin's table at most */

struct signed_token {
    struct token token;
    bool read;                                           /* the payload was, and is a JSON object */
    const struct json_item *claims[SIGNED_TOKEN_CLAIMS]; /* by the row of the plugin's table; NULL: absent */
    bool algorithm_ok;
    struct keys *keys;     /* after signed_token_verify(): a reference, given back by signed_token_done() */
    const struct key *key; /* NULL: none was found, or its signature is bad */
};

/* Reads header, payload and the claims of the table into *ret_token, which is zeroed, and all members of the payload into *ret_members
 * (may be NULL): malformed, unsupported_algorithm. False: do not go on (without an
 * explanation that is the first failure, with one only what makes all others meaningless). */
bool signed_token_read(struct judge *judge, uint32_t algorithms, const struct claim_table *claims,
                       struct signed_token *ret_token, struct claim_members *ret_members);

/*
 * Finds the key and checks the signature: unknown_key, bad_signature. TAM_VERDICT_ACCEPT: go on with the next check; any
 * other verdict is the answer (TAM_VERDICT_REJECT: the judge knows why; again, unavailable: *verdict is filled).
 */
uint32_t signed_token_verify(struct judge *judge, struct keyset *keyset, struct signed_token *token);

/* A bound token (`cnf`, RFC 7800; NULL: it has none) is no bearer token: wrong_binding. Asked where all but scopes and roles was
 * found good. */
bool signed_token_check_binding(struct judge *judge, const struct json_item *cnf);
/* Last of all: the principal in the verdict, by the alphabets that libtam holds a plugin to: malformed, for nobody but the token is to blame
 * for a line break in a role. */
bool signed_token_check_principal(struct judge *judge);

void signed_token_done(struct signed_token *token);

#endif
