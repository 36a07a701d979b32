/* SPDX-License-Identifier: MIT
 *
 * The members of a key, for the files that implement it (key*.c in this folder) and for no other.
 */
#ifndef TAM_JOSE_KEY_INTERNAL_H
#define TAM_JOSE_KEY_INTERNAL_H

#include <openssl/evp.h>
#include <plugins/jose/key/key.h>
#include <src/base/buf.h>
#include <src/base/str.h>
#include <stdatomic.h>

/* The OpenSSL contexts of one algorithm, prepared once and only duplicated afterwards. Which members are set depends on
 * kty. */
struct key_context {
    EVP_PKEY_CTX *verify; /* RSA, EC: ready for EVP_PKEY_verify */
    EVP_MD *digest;       /* RSA, EC: fetched once, because EVP_MD_fetch() takes a lock and a look-up */
    EVP_MD_CTX *oneshot;  /* OKP: ready for EVP_DigestVerify */
    EVP_MAC_CTX *mac;     /* oct: keyed */
};

/* The duplicated contexts of one verification. Duplicating them changes reference counts that all threads share, so a
 * pair that is in a known state is kept for the next verification. */
struct verify_contexts {
    EVP_PKEY_CTX *verify;
    EVP_MD_CTX *digest;
};

/* Keeps contexts for the threads whose thread_number() modulo CONTEXT_SLOTS is the index of the slot. Aligned to cache
 * lines, so that threads of different slots do not contend. */
#define CONTEXT_SLOTS 8
struct context_slot {
    _Alignas(64) _Atomic(struct verify_contexts *) contexts[ALGORITHM_COUNT]; /* NULL: none made, or in use */
};

struct key {
    enum key_type type;
    bool has_kid;
    uint32_t algorithms;
    const char *curve;                 /* `crv` of EC and OKP, static; else NULL */
    struct tam_str kid, issuer, cloud; /* copies that the key owns */
    EVP_PKEY *pkey;                    /* RSA, EC, OKP */
    BIGNUM *order;                     /* EC: the order n; r and s of a signature are in 1..n-1 */
    char *secret;                      /* oct; wiped when freed */
    size_t secret_len;
    struct key_context contexts[ALGORITHM_COUNT];
    struct context_slot *slots; /* RSA, EC: CONTEXT_SLOTS */
};

/* One curve, with its names in JOSE and in OpenSSL. */
struct key_curve {
    struct tam_str crv;
    const char *openssl; /* group (EC) or key type (OKP) */
    const char *group;   /* EC: the name that EVP_PKEY_get_group_name() returns */
    enum key_type type;
    uint32_t coordinate_len; /* bytes of x (and of y) */
};
const struct key_curve *key_curve_find(enum key_type type, struct tam_str crv);
/* The row of the curve of an EC or OKP key; NULL for any other key. */
const struct key_curve *key_curve_of(const EVP_PKEY *pkey);

/* ---- key_material.c: from numbers to a checked EVP_PKEY; NULL with one sentence in ret_why ----------------------- */
EVP_PKEY *key_material_rsa(struct tam_str n, struct tam_str e, struct buf *ret_why);
EVP_PKEY *key_material_ec(const struct key_curve *curve, struct tam_str x, struct tam_str y, struct buf *ret_why);
EVP_PKEY *key_material_okp(const struct key_curve *curve, struct tam_str x, struct buf *ret_why);
/* Applies the checks of the functions above to an RSA, EC or OKP key that OpenSSL decoded. False with one sentence. */
bool key_material_check(EVP_PKEY *pkey, struct buf *ret_why);

/* ---- key_edwards.c ----------------------------------------------------------------------------------------------- */
/* Whether x, of the curve's length, encodes a point of the curve that is not of small order. False with one
 * sentence. */
bool key_edwards_check(const struct key_curve *curve, struct tam_str x, struct buf *ret_why);

/* ---- key.c ------------------------------------------------------------------------------------------------------- */
/* Makes a key of pkey, and takes ownership of pkey, also on failure; or a key of a copy of a secret. The key permits
 * every algorithm of its kty and curve, and has no contexts yet (key_prepare). NULL with one sentence in ret_why. */
struct key *key_of_pkey(EVP_PKEY *pkey, struct buf *ret_why);
struct key *key_of_secret(struct tam_str secret, struct buf *ret_why);
/* Writes the sentence into ret_why unless one is there already: the first cause is reported. Returns false. */
bool key_refuse(struct buf *ret_why, const char *sentence);

/* ---- key_secret.c ------------------------------------------------------------------------------------------------ */
/* Whether the secret is long enough for HS256 and is no public key in any known form. False with one sentence in
 * ret_why. */
bool key_secret_check(struct tam_str secret, struct buf *ret_why);
/* Whether a shared secret is hard to guess; true for other keys. Only for configured keys: public test vectors have
 * secrets of zeros. */
bool key_strength_check(const struct key *key, struct buf *ret_why);

/* ---- key_verify.c ------------------------------------------------------------------------------------------------ */
/* Makes key->contexts for key->algorithms. On failure the caller frees the key. */
bool key_prepare(struct key *key, struct buf *ret_why);
void key_contexts_free(struct key *key);

#endif
