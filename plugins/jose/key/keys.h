/* SPDX-License-Identifier: MIT
 *
 * A set of keys (RFC 7517 §5): read whole from one body, immutable, reference-counted, swapped whole. One bad key is
 * skipped, counted and named, and does not spoil the set; a set without one usable key is no set.
 */
#ifndef TAM_JOSE_KEYS_H
#define TAM_JOSE_KEYS_H

#include <plugins/jose/key/key.h>

#define KEYS_MAX      64 /* keys in one set; more is a fault of the whole set */
#define KEYS_MAX_BODY (256 * 1024)

struct keys; /* opaque */

/* From a JWK set. NULL with one sentence in ret_why (give it 1024 bytes) when it is not one, or has no usable key. `oct` keys
 * beside public ones are skipped. */
struct keys *keys_from_jwks(struct tam_str body, enum key_source source, struct buf *ret_why);
/* A set of one key, which it takes over (also on failure); NULL when memory ran out. If the key has no kid (a PEM, a
 * secret), it answers to every kid. */
struct keys *keys_from_key(struct key *key);
struct keys *keys_ref(struct keys *keys); /* [any thread] */
void keys_unref(struct keys *keys);       /* [any thread] */

size_t keys_count(const struct keys *keys);
const struct key *keys_at(const struct keys *keys, size_t i);
/* Is there one that can verify an algorithm of that mask? */
bool keys_fit(const struct keys *keys, uint32_t algorithms);
size_t keys_skipped_count(const struct keys *keys);
struct tam_str keys_skipped(const struct keys *keys, size_t i); /* one sentence each: which key, why */

/* What an OpenID Provider configuration says, as far as a verifier needs it (discovery.h reads one). */
struct discovery {
    struct tam_str issuer, jwks_uri, authorization_endpoint, cloud_instance_name; /* empty: not there */
};
/* The document that led to the keys; all empty where there was none. Set once, before publication. */
bool keys_set_origin(struct keys *keys, const struct discovery *origin); /* copies */
const struct discovery *keys_origin(const struct keys *keys);

/*
 * The key for a token: of that kid, permitted for that algorithm. Without a kid (has_kid false) only where exactly one key of
 * the set fits the algorithm and the set has no other key. Two keys of one kid that fit the same algorithm cancel each
 * other (refused when the set is read). NULL: unknown; *ret_detail (static) says which of these it was. Costs the same
 * for every kid.
 */
const struct key *keys_find(const struct keys *keys, bool has_kid, struct tam_str kid,
                            const struct algorithm *algorithm, struct tam_str *ret_detail);
/* Was a key of that kid in the body, whatever it permits and even if it was skipped? An unfit key is no reason to fetch the set again. */
bool keys_has_kid(const struct keys *keys, struct tam_str kid);
/* Is every key of `old` still in `now`? If not, verdicts that the lost ones signed must die. */
bool keys_all_kept(const struct keys *old, const struct keys *now);

#endif
