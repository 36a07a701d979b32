/* SPDX-License-Identifier: MIT
 *
 * The certificate authority of a directory: `ca.pem`, which clients are given, and `ca.key`.
 */
#ifndef TAM_TOOLS_ISSUER_AUTHORITY_H
#define TAM_TOOLS_ISSUER_AUTHORITY_H

#include <openssl/x509.h>
#include <src/base/buf.h>

struct issuer_authority {
    X509 *certificate;
    EVP_PKEY *key;
};

/* Reads it, or makes it where it is missing, damaged or ends within a month. False with one sentence in why. */
bool issuer_authority_open(const char *dir, struct issuer_authority *ret_authority, struct buf *why);
void issuer_authority_free(struct issuer_authority *authority);

/*
 * A new key and a certificate of this authority for the names (a DNS name or an IP address each), in PEM, for a TLS
 * server. Days count from now and may be negative: an expired certificate has valid_to = -1.
 */
bool issuer_authority_certify(const struct issuer_authority *authority, const char *const *names, size_t count,
                              int valid_from, int valid_to, struct buf *ret_certificate, struct buf *ret_key,
                              struct buf *why);

#endif
