/* SPDX-License-Identifier: MIT
 *
 * One public key (RFC 7517 §4), checked once and then immutable, with the contexts that make a verification cheap. It
 * refuses what should never have been published: private members, weak or absurd numbers, contradictions.
 */
#ifndef TAM_JOSE_KEY_H
#define TAM_JOSE_KEY_H

#include <plugins/jose/key/algorithm.h>
#include <src/base/json.h>

/* Where a key comes from decides what it may be. */
enum key_source {
    KEY_FROM_URL = 1, /* public keys only: `oct` is refused */
    KEY_FROM_FILE     /* configured by the administrator: `oct` is fine where the caller asked for HS* */
};

struct key; /* opaque; made by key_from_*, freed by key_free */

/* Reads one member of a JWK set (or a JWK of its own). On failure NULL, with one sentence in ret_why: what is wrong, with
 * no key material. RSA: 2048..8192 bits, exponent odd, 3 <= e < 2^32. EC: the point is on the curve. `use`, `key_ops` and
 * `alg` are honoured and must not contradict kty. x5c, if present, must carry the same key. */
struct key *key_from_jwk(const struct json *jwk, enum key_source source, struct buf *ret_why);
/* What a JWK says of itself that it verifies (kty, crv, use, key_ops, alg), whether or not it is any good: a mask. */
uint32_t key_jwk_claims(const struct json *jwk);
/* From a PEM public key or certificate, and from the bytes of a shared secret (HS*; at least as long as the digest). */
struct key *key_from_pem(struct tam_str pem, struct buf *ret_why);
/* Either of the two, as the first byte tells: a JWK (`oct` included), or PEM. */
struct key *key_from_file(struct tam_str content, struct buf *ret_why);
struct key *key_from_secret(struct tam_str secret, struct buf *ret_why);
void key_free(struct key *key);

struct tam_str key_kid(const struct key *key); /* empty: it has none */
bool key_has_kid(const struct key *key);
uint32_t
key_algorithms(const struct key *key); /* mask of what it may verify: kty, crv, size, `alg`, `use` and `key_ops` */
enum key_type key_type(const struct key *key);
/* Members that an issuer adds (Entra: `issuer`, `cloud_instance_name`); empty: not there. */
struct tam_str key_issuer(const struct key *key);
struct tam_str key_cloud_instance_name(const struct key *key);
/* Do both carry the same public key (and kid, algorithms and issuer)? What "the key vanished" is decided by. */
bool key_equal(const struct key *a, const struct key *b);

/*
 * Does the signature over input verify with this key under this algorithm? Bad for any doubt: an algorithm that the key does
 * not permit, a wrong length, an OpenSSL error; but undecided where memory ran out, for that says nothing of a signature.
 * OpenSSL's error queue is as it was found. [any thread, any number at once on one key]
 */
enum key_outcome { KEY_BAD, KEY_GOOD, KEY_UNDECIDED };
enum key_outcome key_judge(const struct key *key, const struct algorithm *algorithm, struct tam_str input,
                           struct tam_str signature);
/* Is it good? */
bool key_verify(const struct key *key, const struct algorithm *algorithm, struct tam_str input,
                struct tam_str signature);

#endif
