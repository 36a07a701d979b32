/* SPDX-License-Identifier: MIT
 *
 * One public key (RFC 7517 §4) or shared secret: checked once, immutable afterwards, with OpenSSL contexts prepared for
 * verification. The readers refuse keys with private members, with weak or oversized numbers, and with members that
 * contradict each other.
 */
#ifndef TAM_JOSE_KEY_H
#define TAM_JOSE_KEY_H

#include <plugins/jose/key/algorithm.h>
#include <src/base/json.h>

#define KEY_MAX_KID 256 /* bytes of a kid; a longer one is malformed, in a key and in a token */

/* The source of a key decides which kinds of keys are allowed. */
enum key_source {
    KEY_FROM_URL = 1, /* public keys only: `oct` is refused */
    KEY_FROM_FILE     /* configured by the administrator: `oct` is allowed */
};

struct key; /* opaque; made by key_from_*, freed by key_free */

/* Reads one JWK, alone or an element of a JWK set. On failure NULL, with one sentence in ret_why that names the cause
 * and holds no key material. RSA: 2048..8192 bits, exponent odd, 3 <= e < 2^32. EC: the point is on the curve. `use`,
 * `key_ops` and `alg` restrict the key and must not contradict kty. The first certificate of x5c, if present, must hold
 * the same key. */
struct key *key_from_jwk(const struct json *jwk, enum key_source source, struct buf *ret_why);
/* The mask of algorithms that a JWK claims to verify (kty, crv, use, key_ops, alg). The JWK may be unusable
 * otherwise. */
uint32_t key_jwk_claims(const struct json *jwk);
/* From a public key or certificate in PEM. */
struct key *key_from_pem(struct tam_str pem, struct buf *ret_why);
/* From the content of a key_file: a JWK (`oct` included) if the first byte is a brace, else PEM. */
struct key *key_from_file(struct tam_str content, struct buf *ret_why);
/* From the bytes of a shared secret (HS*), at least as long as the digest (RFC 7518 §3.2). */
struct key *key_from_secret(struct tam_str secret, struct buf *ret_why);
void key_free(struct key *key);

struct tam_str key_kid(const struct key *key); /* empty: absent, or an empty string (see key_has_kid) */
bool key_has_kid(const struct key *key);
/* The mask of algorithms that the key may verify, by kty, crv, length, `alg`, `use` and `key_ops`. */
uint32_t key_algorithms(const struct key *key);
enum key_type key_type(const struct key *key);
/* Members that an issuer adds (Entra: `issuer`, `cloud_instance_name`); empty: absent. */
struct tam_str key_issuer(const struct key *key);
struct tam_str key_cloud_instance_name(const struct key *key);
/* Whether both have the same key material, kid, algorithms, issuer and cloud. Decides whether a key vanished from a
 * set. */
bool key_equal(const struct key *a, const struct key *b);

/*
 * Verifies the signature over input with this key under this algorithm. KEY_BAD in every doubtful case: an algorithm
 * that the key does not permit, a wrong length, an OpenSSL error. KEY_UNDECIDED: memory ran out, so nothing is known of
 * the signature. Leaves OpenSSL's error queue and errno unchanged. [any thread, any number at once on one key]
 */
enum key_outcome { KEY_BAD, KEY_GOOD, KEY_UNDECIDED };
enum key_outcome key_judge(const struct key *key, const struct algorithm *algorithm, struct tam_str input,
                           struct tam_str signature);

#endif
