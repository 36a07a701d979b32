/* SPDX-License-Identifier: MIT
 *
 * The signature algorithms (RFC 7518 §3.1, RFC 8037 §3.1, RFC 9864 §2.2), one row each: which keys an algorithm needs
 * and how OpenSSL verifies it. `none` has no row.
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
    ALGORITHM_ED25519, /* RFC 9864: EdDSA under a name that fixes the curve */
    ALGORITHM_ED448,
    ALGORITHM_HS256,
    ALGORITHM_HS384,
    ALGORITHM_HS512, /* only for keys of the configuration, never from a URL */
    ALGORITHM_COUNT
};
#define ALGORITHM_BIT(index) (UINT32_C(1) << (index))

/* HS256, HS384 and HS512. */
#define ALGORITHMS_HS (ALGORITHM_BIT(ALGORITHM_HS256) | ALGORITHM_BIT(ALGORITHM_HS384) | ALGORITHM_BIT(ALGORITHM_HS512))

enum key_type { KEY_RSA = 1, KEY_EC, KEY_OKP, KEY_OCT }; /* `kty`, RFC 7518 §6.1 */

struct algorithm {
    struct tam_str name; /* compared byte for byte */
    const char *digest;  /* OpenSSL's name; NULL for EdDSA */
    const char *curve;   /* the `crv` that the key must have, RFC 7518 §3.4; NULL: any (EdDSA) or none (RSA, HS*) */
    uint32_t bit;
    enum key_type type;
    uint32_t pss;            /* 1: RSASSA-PSS, salt as long as the digest (RFC 7518 §3.5) */
    uint32_t coordinate_len; /* ES*: length of r and of s; else 0 */
    uint32_t digest_len;     /* 0 for EdDSA */
};

/* The row of that name, static; NULL: there is no such row, as for "none". */
const struct algorithm *algorithm_find(struct tam_str name);
/* The row with that index. */
const struct algorithm *algorithm_at(enum algorithm_index index);
/* The index of a row of the table. */
enum algorithm_index algorithm_index(const struct algorithm *row);
/* Writes the names of a mask, static views, to names[ALGORITHM_COUNT]; returns their number. */
size_t algorithm_names(uint32_t mask, struct tam_str *names);

#endif
