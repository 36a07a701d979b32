/* SPDX-License-Identifier: MIT
 *
 * The verifiers that use a source, and calling their hosts back. All of it under one lock, so that a verifier which
 * has left is not called any more.
 */
#ifndef TAM_JOSE_SUBSCRIBERS_H
#define TAM_JOSE_SUBSCRIBERS_H

#include <plugins/jose/keyset/source.h>

/* A verifier's hold on its keys. */
struct keyset {
    struct keyset *next;   /* of the same source */
    struct source *source; /* NULL: fixed keys */
    struct keys *fixed;
    const struct tam_host *host;
    keyset_accept *accept;
    void *accept_ctx;
};

void subscribers_add(struct keyset *keyset, struct source *source);
/* When it returns, no callback of the keyset runs or comes. */
void subscribers_remove(struct keyset *keyset);

/* [refresher, without a store's lock] */
void subscribers_log(const struct source *source, uint32_t level, struct tam_str what);
/* The new state is published: a caller that got KEYSET_AGAIN may ask again. */
void subscribers_wake(const struct source *source);
/* A key is gone, and the new set is published: the verdicts of before are void. */
void subscribers_revoke(const struct source *source);
/* Is the document what they expect? False with one sentence in why. */
bool subscribers_accept(const struct source *source, const struct discovery *document, struct buf *why);
int64_t subscribers_now(const struct source *source); /* Unix seconds; 0: there is no verifier left */

/* [a forked child] The lock may have been held by a thread that only the parent has. */
void subscribers_forked(void);

#endif
