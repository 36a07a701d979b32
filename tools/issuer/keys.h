/* SPDX-License-Identifier: MIT
 *
 * The keys of a development identity provider: a directory with a list, keys.json, and one PEM file a key. Several
 * processes may use a directory at once: a lock guards it, and the list is replaced whole.
 *
 * keys.json is also the format of a fixture, from which a new directory can be made:
 *
 *     {"current": "K1",                                     which key signs; absent: the first
 *      "keys": [{"kid": "K1", "alg": "RS256", "bits": 2048,
 *                "published": true,                         false: signs, but is in no key set
 *                "jwk": {"issuer": "https://login.microsoftonline.com/{tenantid}/v2.0"}}],
 *      "names": ["login.microsoftonline.com"],              further names of the server certificate
 *      "tenants": {"contoso.onmicrosoft.com": "aaaabbbb-0000-cccc-1111-dddd2222eeee"},
 *      "documents": [{"host": "h.example", "path": "/p", "status": 200, "body": {}}]}
 *
 * In a string of "jwk", {authority} is the host whose key set is asked for; a null member takes the derived one away.
 */
#ifndef TAM_TOOLS_ISSUER_KEYS_H
#define TAM_TOOLS_ISSUER_KEYS_H

#include <tools/issuer/key.h>

#define ISSUER_KEYS_MAX      64 /* as many as a verifier of tam reads */
#define ISSUER_KEYS_PREVIOUS 3  /* how many that a rotation replaced stay published */

struct issuer_keys {
    char *dir;
    struct json_t *settings; /* keys.json without its keys */
    struct issuer_key *items;
    size_t count;
    size_t current; /* index of the one that signs */
};

struct issuer_keys_options {
    const char *fixture;     /* a file to make a new directory from; NULL: none. A fault if the directory has keys */
    const char *const *algs; /* else: one new key for each; none given: one for RS256 */
    size_t alg_count;
};

/*
 * Opens the directory, and makes it and its keys where they are missing. options may be NULL. On failure NULL, and one
 * sentence in why. One thread at a time may use the result.
 */
struct issuer_keys *issuer_keys_open(const char *dir, const struct issuer_keys_options *options, struct buf *why);
void issuer_keys_close(struct issuer_keys *keys);

/* Reads the directory again; on failure everything stays as it was. */
bool issuer_keys_reload(struct issuer_keys *keys, struct buf *why);

/*
 * A new current key, of the algorithm, size and JWK members of the one before, which stays published. When this returns
 * true, keys.json names the new key.
 */
bool issuer_keys_rotate(struct issuer_keys *keys, struct buf *why);

/* Belongs to keys, until they are reloaded, rotated or closed. NULL: no such key. */
const struct issuer_key *issuer_keys_find(const struct issuer_keys *keys, struct tam_str kid);
const struct issuer_key *issuer_keys_current(const struct issuer_keys *keys);

/* $XDG_STATE_HOME/tam-issuer, or ~/.local/state/tam-issuer; NULL with neither. Give it back with mem_free(). */
char *issuer_keys_default_dir(void);

#endif
