/* SPDX-License-Identifier: MIT
 *
 * The steps of a verification that all token plugins share: signed_token_read() reads the token and finds its claims,
 * signed_token_verify() finds the key and checks the signature. Between the two the plugin rejects tokens of other
 * issuers, which saves a fetch and a signature; after both it applies its policy.
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
    bool read;                                           /* the payload is a JSON object and was read */
    const struct json_item *claims[SIGNED_TOKEN_CLAIMS]; /* by the row of the plugin's table; NULL: absent */
    bool algorithm_ok;
    struct keys *keys;     /* after signed_token_verify(): a reference, given back by signed_token_done() */
    const struct key *key; /* NULL: no key was found, or the signature is bad */
};

/* Reads header, payload and the claims of the table into *ret_token, which the caller zeroed, and all members of the
 * payload into *ret_members (may be NULL). Reasons: malformed, unsupported_algorithm. False: the caller must stop.
 * Without an explanation every failure stops; with one only malformed does, because then there are no claims to
 * check. */
bool signed_token_read(struct judge *judge, uint32_t algorithms, const struct claim_table *claims,
                       struct signed_token *ret_token, struct claim_members *ret_members);

/*
 * Finds the key and checks the signature. Reasons: unknown_key, bad_signature. TAM_VERDICT_ACCEPT: the caller goes on
 * with the next check. Any other verdict is the plugin's answer: for REJECT the judge holds the reason, for AGAIN and
 * UNAVAILABLE judge->verdict has detail and retry_after.
 */
uint32_t signed_token_verify(struct judge *judge, struct keyset *keyset, struct signed_token *token);

/* Refuses a token with a `cnf` claim (RFC 7800; NULL: absent): the token is bound to a key and is not a bearer token.
 * Reason: wrong_binding. The caller calls this after all checks but those of scopes and roles. */
bool signed_token_check_binding(struct judge *judge, const struct json_item *cnf);
/* The last check: the texts of the principal in judge->verdict, by the character rules of src/service/boundary.c.
 * Reason: malformed, because a line break in a role is the token's fault; libtam itself would answer error. */
bool signed_token_check_principal(struct judge *judge);

/* Gives the reference to the keys back. */
void signed_token_done(struct signed_token *token);

#endif
