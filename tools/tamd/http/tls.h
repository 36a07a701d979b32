/* SPDX-License-Identifier: MIT
 *
 * A certificate with its chain and its key, as an address shows them: read whole, checked against each other, and never
 * changed after that. A renewed one is another object.
 */
#ifndef TAM_TAMD_TLS_H
#define TAM_TAMD_TLS_H

#include <gnutls/abstract.h>
#include <src/base/buf.h>

struct tls;

/* Reads two PEM files. The key may not be readable by everybody. NULL, and one sentence in why. */
struct tls *tls_read(const char *certificate_file, const char *key_file, bool any_owner, struct buf *why);
/* Takes, or gives back, one reference. NULL is allowed. [any thread] */
struct tls *tls_take(struct tls *tls);
void tls_give(struct tls *tls);

/* Have both the same certificates and the same key? */
bool tls_same(const struct tls *a, const struct tls *b);
/* When the certificate's time begins and ends, Unix seconds. */
int64_t tls_begins(const struct tls *tls);
int64_t tls_ends(const struct tls *tls);

/* Copies for one handshake, as gnutls_certificate_retrieve_function3 wants them, which GnuTLS frees. False: memory ran
 * out. */
bool tls_copy(const struct tls *tls, gnutls_pcert_st **ret_certificates, unsigned *ret_count,
              gnutls_privkey_t *ret_key);

#endif
