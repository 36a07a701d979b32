/* SPDX-License-Identifier: MIT
 *
 * The verifiers that use a source, and calling their hosts back. All of it under one lock, so that a verifier which has left
 * is not called any more.
 */
#ifndef TAM_JOSE_SUBSCRIBERS_H
#define TAM_JOSE_SUBSCRIBERS_H

#include <plugins/jose/keyset/store.h>

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

/* [the refresher's thread, no source's lock held] */
void subscribers_log(const struct source *source, uint32_t level, struct tam_str what);
/* The new state is published: whoever waits may ask again. */
void subscribers_wake(const struct source *source);
/* A key is gone, and that is published: no old verdict stands. */
void subscribers_revoke(const struct source *source);
/* Is the document what they expect? False with one sentence in why. */
bool subscribers_accept(const struct source *source, const struct discovery *document, struct buf *why);
int64_t subscribers_now(const struct source *source); /* Unix seconds; 0: nobody is left to ask */

/* [a forked child] Its lock may have been held by a thread that is not here. */
void subscribers_forked(void);

#endif
