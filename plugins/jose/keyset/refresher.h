/* SPDX-License-Identifier: MIT
 *
 * The one thread of a plugin that fetches keys, for all its verifiers: started with the first source, gone with the last.
 * It alone touches libcurl's handles, and it alone calls hosts back.
 */
#ifndef TAM_JOSE_REFRESHER_H
#define TAM_JOSE_REFRESHER_H

#include <plugins/jose/keyset/subscribers.h>

/* [inside init] Finds or makes the source of a configuration, and lets the keyset use it. False: no memory, no thread. */
bool refresher_join(struct keyset *keyset, const struct keyset_config *config);
/* [inside destroy] When it returns no callback of the keyset runs or comes; a source without users is gone, whatever it
 * was fetching, and with the last one the thread. */
void refresher_leave(struct keyset *keyset);
/* Makes the thread look at once. [any thread; a source's lock may be held] */
void refresher_wake(void);

#endif
