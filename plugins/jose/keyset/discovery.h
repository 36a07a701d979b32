/* SPDX-License-Identifier: MIT
 *
 * An OpenID Provider configuration (OpenID Connect Discovery 1.0 §3, RFC 8414 §2): the few members that a verifier
 * needs, read as strictly as a token.
 */
#ifndef TAM_JOSE_DISCOVERY_H
#define TAM_JOSE_DISCOVERY_H

#include <plugins/jose/keyset/keyset.h>

/* Views point into the body or the pool. False with one sentence in why. */
bool discovery_read(struct tam_str body, const struct pool *pool, struct discovery *ret_document, struct buf *why);

/* Do two documents say the same? */
bool discovery_equal(const struct discovery *a, const struct discovery *b);

/* Writes which members differ, and what each was and is: "its issuer was …, and is …". Nothing where they are equal. */
void discovery_compare(const struct discovery *before, const struct discovery *now, struct buf *ret_text);

/* Is the host of jwks_uri that of the document's own URL, or on one of the lists? */
bool discovery_host_allowed(struct tam_str jwks_uri, struct tam_str document_url, const struct tam_list *lists,
                            size_t list_count);

#endif
