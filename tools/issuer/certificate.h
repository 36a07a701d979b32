/* SPDX-License-Identifier: MIT
 *
 * X.509 certificates: making one, and PEM in both directions.
 */
#ifndef TAM_TOOLS_ISSUER_CERTIFICATE_H
#define TAM_TOOLS_ISSUER_CERTIFICATE_H

#include <openssl/x509.h>
#include <src/base/buf.h>

struct certificate_request {
    const char *name;              /* the subject's common name */
    EVP_PKEY *key;                 /* whose public half is certified */
    X509 *authority;               /* NULL: self-signed */
    EVP_PKEY *authority_key;       /* with authority */
    const char *const *host_names; /* DNS names and IP addresses; NULL: not for a server */
    size_t host_count;
    int valid_from, valid_to; /* days from today, may be negative */
    bool is_authority;
};

/* All functions: on failure NULL or false, and one sentence in why. */

X509 *certificate_make(const struct certificate_request *request, struct buf *why);
bool certificate_add_pem(X509 *certificate, struct buf *ret_pem, struct buf *why);
/* The private half, PKCS #8, not encrypted: ret_pem is a secret. */
bool certificate_add_private_pem(EVP_PKEY *key, struct buf *ret_pem, struct buf *why);
bool certificate_add_public_pem(EVP_PKEY *key, struct buf *ret_pem, struct buf *why);
EVP_PKEY *certificate_read_private_pem(struct tam_str pem, struct buf *why);
X509 *certificate_read_pem(struct tam_str pem, struct buf *why);

/* What a certificate can be made for: letters, digits, `-`, `.` and a leading `*.` of a name with two labels, or an IP
 * address. */
bool certificate_name_good(const char *name);

#endif
