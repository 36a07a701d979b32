/* SPDX-License-Identifier: MIT
 *
 * Signing as RFC 7518 and RFC 8037 say, with OpenSSL: what libjwt cannot write, and what no honest issuer would. It
 * signs with any key that OpenSSL lets it, fitting or not: what comes out may be an attack, and is meant to be.
 */
#ifndef TAM_TOOLS_SIGNING_H
#define TAM_TOOLS_SIGNING_H

#include <openssl/evp.h>
#include <src/base/buf.h>
#include <stdio.h>

enum signing_family { SIGNING_NONE = 1, SIGNING_HMAC, SIGNING_RSA, SIGNING_PSS, SIGNING_ECDSA, SIGNING_EDDSA };

struct signing_algorithm {
    const char *name; /* as in `alg` */
    enum signing_family family;
    const char *digest; /* NULL: the algorithm has its own */
    const char *group;  /* ECDSA, EDDSA: the curve of a new key, in OpenSSL's words */
    int jwt_alg;        /* libjwt's number; -1: libjwt does not know it */
};

/* NULL: no such algorithm. Static. */
const struct signing_algorithm *signing_algorithm_find(struct tam_str name);
/* The names, separated by a blank. */
void signing_algorithm_list(struct buf *ret_names);
/* "Algorithms: " and the names, for a help text; completion reads it too. */
void signing_algorithms_print(FILE *stream);

/* A new key fit for the algorithm; `bits` is for RSA alone, 0 is 2048. On failure NULL, and one sentence in why. */
EVP_PKEY *signing_key_make(const struct signing_algorithm *algorithm, int bits, struct buf *why);

/* Appends the signature's bytes; nothing for `none`. HMAC takes the secret, all others the key. */
bool signing_sign(const struct signing_algorithm *algorithm, EVP_PKEY *key, struct tam_str secret, struct tam_str input,
                  struct buf *ret_signature, struct buf *why);

/* One sentence: what failed, and OpenSSL's first reason; empties OpenSSL's error queue. Returns false. */
bool signing_failed(struct buf *why, const char *what);

#endif
