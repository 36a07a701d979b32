/* SPDX-License-Identifier: MIT
 *
 * Keys on disk: the file that jwks_file names, which is watched for change, and what jwks_cache_file keeps for a restart.
 */
#ifndef TAM_JOSE_DISK_H
#define TAM_JOSE_DISK_H

#include <plugins/jose/keyset/store.h>

/* A key set from a file; NULL with one sentence in why. */
struct keys *disk_read(const char *path, bool any_owner, struct buf *why);

/* [inside init] What is at hand without the network: the file itself, or what an earlier process kept. */
void disk_begin(struct source *source, const struct keyset_config *config, const struct tam_host *host);
/* [inside init] Warns of what disk_begin() would warn of jwks_cache_file, for a source that nobody gets. False: it did. */
bool disk_check(const struct keyset_config *config, const struct tam_host *host);
/* [refresher] Has the file of jwks_file changed? Then it is read. */
void disk_look(struct source *source);
/* [refresher] The body, or the one kept before where it is empty, was the server's answer just now. */
void disk_keep(struct source *source, struct tam_str body, const struct discovery *origin, int64_t lifetime);

#endif
