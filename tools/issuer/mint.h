/* SPDX-License-Identifier: MIT
 *
 * Minting: signed tokens with any header and any claims, byte for byte as they were given. For tests and
 * demonstrations: it refuses nothing that can be put on the wire, and an attack is as welcome as a good token.
 */
#ifndef TAM_TOOLS_MINT_H
#define TAM_TOOLS_MINT_H

#include <tools/issuer/keys.h>

enum mint_signer { MINT_OPENSSL = 1, MINT_LIBJWT };

struct mint_request {
    const char *kid;       /* which key of the set signs; NULL: the one that the header names, else the current one */
    const char *alg;       /* how; NULL: the header's alg if there is such an algorithm, else the key's own */
    struct tam_str header; /* JSON; empty: {"alg","kid","typ":"JWT"} */
    struct tam_str claims; /* JSON; empty: mint_claims_default */
    EVP_PKEY *key;         /* signs instead of a key of the set; borrowed. NULL: a key of the set */
    struct tam_str secret; /* HS256 and its like: the secret; has_secret says that there is one */
    bool has_secret;
    bool hash_nonce; /* as Microsoft does for Graph: sign over a header whose nonce is its SHA-256, send the other */
};

/*
 * Appends one token. libjwt signs where it knows the algorithm and writes exactly the bytes asked for (members in
 * alphabetical order, no blanks); everything else is signed with OpenSSL. ret_signer (may be NULL) names the library
 * that signed. On failure false, and one sentence in why.
 */
bool mint_token(const struct issuer_keys *keys, const struct mint_request *request, struct buf *ret_token,
                enum mint_signer *ret_signer, struct buf *why);

/* Claims of an access token as Entra writes them; every text may hold any bytes. */
struct mint_claims {
    const char *authority; /* host; of a version 1 token Entra's sts host stands in for the public one */
    const char *tenant;    /* tid */
    const char *audience;  /* aud */
    const char *client;    /* azp, or appid of version 1 */
    const char *subject;   /* oid; of an app also sub */
    const char *scope;     /* scp, separated by blanks; NULL: an app's token */
    const char *role;      /* roles, separated by blanks; NULL: none */
    int version;           /* 1 or 2 */
    int64_t issued_at;     /* Unix seconds; 0: now */
    int64_t lifetime;      /* seconds, may be negative */
};

/* A user's version 2 token for Microsoft's sample tenant and application, with scope access_as_user, good for an hour.
 */
extern const struct mint_claims mint_claims_default;
/* Appends the JSON, its members in alphabetical order. */
void mint_claims_add(const struct mint_claims *claims, struct buf *ret_json);

/* `tam mint …`: argv[0] is "mint". Returns the exit status: 0, or 3 with the fault on standard error. */
int mint_main(int argc, char **argv);

#endif
