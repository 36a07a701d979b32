/* SPDX-License-Identifier: MIT
 *
 * Tells the verifiers what a fetch, or a look at a file, brought: the store is changed first, then the hosts are
 * called back, and what is news is logged. [all: refresher, that is the loop's thread, or init before the source is
 * shared]
 */
#ifndef TAM_JOSE_PUBLISH_H
#define TAM_JOSE_PUBLISH_H

#include <plugins/jose/keyset/source.h>

/* Takes ownership of the keys. lifetime: seconds, -1: the server did not say. */
void publish_keys(struct source *source, struct keys *keys, int64_t lifetime);
/* The current keys are still the server's. */
void publish_unchanged(struct source *source, int64_t lifetime);
void publish_failed(struct source *source, struct tam_str why);
/* The current keys are too old, and are dropped. */
void publish_expired(struct source *source);

#endif
