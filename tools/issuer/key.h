/* SPDX-License-Identifier: MIT
 *
 * One signing key of the development identity provider: how it is made, kept in one PEM file, and shown as a JWK.
 */
#ifndef TAM_TOOLS_ISSUER_KEY_H
#define TAM_TOOLS_ISSUER_KEY_H

#include <openssl/x509.h>
#include <src/base/buf.h>

#define ISSUER_KID_MAX 64

/* jansson's json_t, named without its header: code that only mints need not include it. */
struct json_t;

struct issuer_key {
    char *kid;
    const char *alg; /* what it signs with unless told otherwise; static */
    int bits;        /* RSA; 0: not said */
    EVP_PKEY *pkey;
    X509 *certificate;  /* self-signed, for x5c and x5t */
    struct json_t *jwk; /* members of its JWK besides or instead of the derived ones; a null one takes a member away */
    bool published;
    bool pinned; /* described in a fixture: a rotation never drops it */
};

/* All functions: on failure false (NULL), and one sentence in why. */

/*
 * A key from its description, {"kid", "alg", "bits", "published", "pinned", "jwk"}, where only "alg" must be there; it
 * has no pkey and, without "kid", no kid yet.
 */
bool issuer_key_describe(struct json_t *description, struct issuer_key *ret_key, struct buf *why);
struct json_t *issuer_key_description(const struct issuer_key *key);

/* Makes the key pair and its certificate; a key without kid is named by the certificate's thumbprint, as Entra does. */
bool issuer_key_make(struct issuer_key *key, struct buf *why);
/* keys/KID.pem, the private half and the certificate, and keys/KID.pub.pem, under dir. */
bool issuer_key_read(const char *dir, struct issuer_key *key, struct buf *why);
bool issuer_key_write(const char *dir, const struct issuer_key *key, struct buf *why);
void issuer_key_remove(const char *dir, const struct issuer_key *key);
void issuer_key_free(struct issuer_key *key);

/*
 * Its JWK (RFC 7517 §4) as Entra writes one: kty, use, kid, x5t, the public numbers, x5c, then the members of key->jwk.
 * With `plain`, as other issuers do: alg, and neither x5t nor x5c. NULL when memory ran out.
 */
struct json_t *issuer_key_jwk(const struct issuer_key *key, bool plain);

#endif
