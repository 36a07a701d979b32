/* SPDX-License-Identifier: MIT
 *
 * When key sets are fetched: ahead of their age, after a failure, because an unknown kid forced it, and when they are
 * too old to be used. Holds the sources of a plugin, each a job of the network loop (loop.h), whose thread alone
 * replaces keys and calls hosts back.
 */
#ifndef TAM_JOSE_REFRESHER_H
#define TAM_JOSE_REFRESHER_H

#include <plugins/jose/keyset/subscribers.h>

/* [inside init] Finds or makes the source of a configuration, and lets the keyset use it. False: no memory, no
 * thread. */
bool refresher_join(struct keyset *keyset, const struct keyset_config *config);
/* [inside destroy] When it returns, no callback of the keyset runs or comes. A source without users is freed, its
 * fetch is cancelled, and with the last source the thread ends. */
void refresher_leave(struct keyset *keyset);
/* [inside init] Warns of what refresher_join() would warn of jwks_cache_file, and starts nothing. False: it warned,
 * or faulted. */
bool refresher_check(const struct keyset_config *config, const struct tam_host *host);

#endif
