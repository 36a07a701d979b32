/* SPDX-License-Identifier: MIT
 *
 * The signature algorithms (RFC 7518 §3.1, RFC 8037 §3.1, RFC 9864 §2.2), one row each: what a key must be and how it
 * is used. `none` is not among them.
 */
#ifndef TAM_JOSE_ALGORITHM_H
#define TAM_JOSE_ALGORITHM_H

#include <stdbool.h>
#include <tam/types.h>

/* The order is that of the table; a set of algorithms is a mask of 1 << index. */
enum algorithm_index {
    ALGORITHM_RS256,
    ALGORITHM_RS384,
    ALGORITHM_RS512,
    ALGORITHM_PS256,
    ALGORITHM_PS384,
    ALGORITHM_PS512,
    ALGORITHM_ES256,
    ALGORITHM_ES384,
    ALGORITHM_ES512,
    ALGORITHM_EDDSA,   /* Ed25519 and Ed448: the key's curve decides */
    ALGORITHM_ED25519, /* RFC 9864: the same signature under the name that says the curve */
    ALGORITHM_ED448,
    ALGORITHM_HS256,
    ALGORITHM_HS384,
    ALGORITHM_HS512, /* only for keys of the configuration, never from a URL */
    ALGORITHM_COUNT
};
#define ALGORITHM_BIT(index) (UINT32_C(1) << (index))
#define ALGORITHMS_HS        (ALGORITHM_BIT(ALGORITHM_HS256) | ALGORITHM_BIT(ALGORITHM_HS384) | ALGORITHM_BIT(ALGORITHM_HS512))

enum key_type { KEY_RSA = 1, KEY_EC, KEY_OKP, KEY_OCT }; /* `kty`, RFC 7518 §6.1 */

struct algorithm {
    struct tam_str name; /* exactly, case and all */
    const char *digest;  /* OpenSSL's name; NULL for EdDSA */
    const char *curve;   /* `crv` that the key must be on, RFC 7518 §3.4; NULL: any (EdDSA) or none (RSA, HS*) */
    uint32_t bit;
    enum key_type type;
    uint32_t pss;            /* 1: RSASSA-PSS, salt as long as the digest (RFC 7518 §3.5) */
    uint32_t coordinate_len; /* ES*: length of r and of s; else 0 */
    uint32_t digest_len;     /* 0 for EdDSA */
};

/* The row of that name; NULL where there is none (also "none"). Static. */
const struct algorithm *algorithm_find(struct tam_str name);
/* The row with that index. */
const struct algorithm *algorithm_at(enum algorithm_index index);
/* The index of a row of the table. */
enum algorithm_index algorithm_index(const struct algorithm *row);
/* All names of a mask, as a list of static views; returns how many were written to names[ALGORITHM_COUNT]. */
size_t algorithm_names(uint32_t mask, struct tam_str *names);

#endif
