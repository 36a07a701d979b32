/* SPDX-License-Identifier: MIT
 *
 * What the files of a key share (key*.c): its inside. Nobody else includes this.
 */
#ifndef TAM_JOSE_KEY_INTERNAL_H
#define TAM_JOSE_KEY_INTERNAL_H

#include <openssl/evp.h>
#include <plugins/jose/key/key.h>
#include <src/base/buf.h>
#include <src/base/str.h>
#include <stdatomic.h>

/* Prepared once for each algorithm that the key permits, then only duplicated. Which members are set depends on kty. */
struct key_context {
    EVP_PKEY_CTX *verify; /* RSA, EC: ready for EVP_PKEY_verify */
    EVP_MD *digest;       /* RSA, EC: fetched, as fetching anew takes a lock and a look-up */
    EVP_MD_CTX *oneshot;  /* OKP: ready for EVP_DigestVerify */
    EVP_MAC_CTX *mac;     /* oct: keyed */
};

/* What one verification works with. Making one counts references that all threads share, so a good one is kept. */
struct key_kit {
    EVP_PKEY_CTX *verify;
    EVP_MD_CTX *digest;
};

/* Where the threads of one number keep theirs, in cache lines of their own. */
#define KEY_DESKS 8
struct key_desk {
    _Alignas(64) _Atomic(struct key_kit *) kits[ALGORITHM_COUNT]; /* NULL: none yet, or in use */
};

struct key {
    enum key_type type;
    bool has_kid;
    uint32_t algorithms;
    const char *curve;                 /* `crv` of EC and OKP, static; else NULL */
    struct tam_str kid, issuer, cloud; /* copies that the key owns */
    EVP_PKEY *pkey;                    /* RSA, EC, OKP */
    BIGNUM *order;                     /* EC: n, which r and s must stay below */
    char *secret;                      /* oct; wiped */
    size_t secret_len;
    struct key_context contexts[ALGORITHM_COUNT];
    struct key_desk *desks; /* RSA, EC: KEY_DESKS */
};

/* One curve, under the names that JOSE and OpenSSL have for it. */
struct key_curve {
    struct tam_str crv;
    const char *openssl; /* group (EC) or key type (OKP) */
    const char *group;   /* EC: what EVP_PKEY_get_group_name says */
    enum key_type type;
    uint32_t coordinate_len; /* bytes of x (and of y) */
};
const struct key_curve *key_curve_find(enum key_type type, struct tam_str crv);
/* The row of the curve that this EC or OKP key is on. */
const struct key_curve *key_curve_of(const EVP_PKEY *pkey);

/* ---- key_material.c: numbers to a checked EVP_PKEY; NULL with one sentence in ret_why ------------------------------ */
EVP_PKEY *key_material_rsa(struct tam_str n, struct tam_str e, struct buf *ret_why);
EVP_PKEY *key_material_ec(const struct key_curve *curve, struct tam_str x, struct tam_str y, struct buf *ret_why);
EVP_PKEY *key_material_okp(const struct key_curve *curve, struct tam_str x, struct buf *ret_why);
/* Is that RSA, EC or OKP key, which OpenSSL read, as good as the ones above must be? */
bool key_material_check(EVP_PKEY *pkey, struct buf *ret_why);

/* ---- key_edwards.c -------------------------------------------------------------------------------------------------- */
/* Can only one who has its private key sign for that public key, of the curve's length? Else one sentence in ret_why. */
bool key_edwards_check(const struct key_curve *curve, struct tam_str x, struct buf *ret_why);

/* ---- key.c ---------------------------------------------------------------------------------------------------------- */
/* A key over pkey, which it takes over (also on failure), or over a copy of a secret; it permits all that its kty and
 * curve do and has no contexts yet. NULL with one sentence in ret_why. */
struct key *key_of_pkey(EVP_PKEY *pkey, struct buf *ret_why);
struct key *key_of_secret(struct tam_str secret, struct buf *ret_why);
/* A buf that takes no more than one sentence says "why", once: the first one is kept. Returns false. */
bool key_refuse(struct buf *ret_why, const char *sentence);

/* ---- key_secret.c --------------------------------------------------------------------------------------------------- */
/* Is it long enough for an HS*, and no public key in any form? False with one sentence in ret_why. */
bool key_secret_check(struct tam_str secret, struct buf *ret_why);
/* Is it hard to guess, if the key is a secret? Asked of what is configured; the vectors of others have keys of zeros. */
bool key_strength_check(const struct key *key, struct buf *ret_why);

/* ---- key_verify.c --------------------------------------------------------------------------------------------------- */
/* Prepares key->contexts for key->algorithms. */
bool key_prepare(struct key *key, struct buf *ret_why);
void key_contexts_free(struct key *key);

#endif
