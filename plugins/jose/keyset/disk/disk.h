/* SPDX-License-Identifier: MIT
 *
 * Keys on disk: the file that jwks_file names, which is watched for change, and what jwks_cache_file keeps for a
 * restart.
 */
#ifndef TAM_JOSE_DISK_H
#define TAM_JOSE_DISK_H

#include <plugins/jose/keyset/source.h>

/* A key set from a file; NULL with one sentence in why. */
struct keys *disk_read(const char *path, bool any_owner, struct buf *why);

void disk_init(struct source *source);
/* [inside init] Begins with the keys that need no network: those of the file itself, or those that an earlier process
 * kept. */
void disk_begin(struct source *source, const struct keyset_config *config, const struct tam_host *host);
/* [inside init] Warns of what disk_begin() would warn of jwks_cache_file. False: it did. */
bool disk_check(struct source *source, const struct keyset_config *config, const struct tam_host *host);
/* [refresher] Reads jwks_file if it has changed. */
void disk_look(struct source *source);
/* [refresher] Writes jwks_cache_file: the body was the server's answer just now; where it is empty (a 304), the one
 * kept before. */
void disk_keep(struct source *source, struct tam_str body, const struct discovery *origin, int64_t lifetime);
/* [refresher] The keys have expired: what is read next counts as changed. */
void disk_forget(struct source *source);

#endif
