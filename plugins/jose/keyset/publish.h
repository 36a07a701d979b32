/* SPDX-License-Identifier: MIT
 *
 * What a fetch brought, or a look at a file: it is published first, then the hosts are called back, and what is news is
 * logged. [all: the refresher's thread, or init before it]
 */
#ifndef TAM_JOSE_LANDING_H
#define TAM_JOSE_LANDING_H

#include <plugins/jose/keyset/store.h>

/* Takes the keys over. lifetime: seconds, -1: the server is silent. */
void landing_keys(struct source *source, struct keys *keys, int64_t lifetime);
/* The keys at hand are still the server's. */
void landing_unchanged(struct source *source, int64_t lifetime);
void landing_failed(struct source *source, struct tam_str why);
/* The keys at hand are too old: there are none any more. */
void landing_expired(struct source *source);

#endif
