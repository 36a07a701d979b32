/* SPDX-License-Identifier: MIT
 *
 * A set of keys (RFC 7517 §5), read from one body; immutable and reference-counted, so that a refresh replaces the
 * whole set by one pointer. An unusable key is skipped, counted and named; a body without any usable key is refused.
 */
#ifndef TAM_JOSE_KEYS_H
#define TAM_JOSE_KEYS_H

#include <plugins/jose/key/key.h>

#define KEYS_MAX      64 /* keys in one set; a set with more is refused */
#define KEYS_MAX_BODY (256 * 1024)

struct keys; /* opaque */

/* Reads a JWK set. NULL: the body is no JWK set or has no usable key; ret_why, which should hold 1024 bytes, has one
 * sentence. `oct` keys beside public ones are skipped. */
struct keys *keys_from_jwks(struct tam_str body, enum key_source source, struct buf *ret_why);
/* Makes a set of one key and takes ownership of the key, also on failure; NULL: no memory. A key without a kid (PEM,
 * secret) matches every kid. */
struct keys *keys_from_key(struct key *key);
struct keys *keys_ref(struct keys *keys); /* [any thread] */
void keys_unref(struct keys *keys);       /* [any thread] */

size_t keys_count(const struct keys *keys);
const struct key *keys_at(const struct keys *keys, size_t i);
/* Whether any key can verify an algorithm of that mask. */
bool keys_fit(const struct keys *keys, uint32_t algorithms);
size_t keys_skipped_count(const struct keys *keys);
struct tam_str keys_skipped(const struct keys *keys, size_t i); /* one sentence: which key was skipped, and why */

/* The members of an OpenID Provider configuration that verifiers use (discovery.h reads one). */
struct discovery {
    struct tam_str issuer, jwks_uri, authorization_endpoint, cloud_instance_name; /* empty: absent */
};
/* The discovery document that named the jwks_uri; all members empty: the set was fetched without discovery. Set once,
 * before other threads see the keys. */
bool keys_set_origin(struct keys *keys, const struct discovery *origin); /* copies */
const struct discovery *keys_origin(const struct keys *keys);

/*
 * The key for a token: the one with that kid that permits that algorithm. For a token without a kid (has_kid false),
 * only if the set has exactly one key and that key permits the algorithm. Keys that share a kid and an algorithm were
 * skipped when the set was read, so at most one matches. NULL: no such key; *ret_detail, static, says which case it
 * was. The time does not depend on the kid.
 */
const struct key *keys_find(const struct keys *keys, bool has_kid, struct tam_str kid,
                            const struct algorithm *algorithm, struct tam_str *ret_detail);
/* Whether the body had a key of that kid, also one that was skipped or is not for the algorithm. Such a kid is known,
 * so it must not cause a forced refresh. */
bool keys_has_kid(const struct keys *keys, struct tam_str kid);
/* Whether every key of `old` is in `now`. If not, the caller must revoke cached verdicts, some of which rest on a lost
 * key. */
bool keys_all_kept(const struct keys *old, const struct keys *now);

#endif
