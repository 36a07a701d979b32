/* SPDX-License-Identifier: MIT
 *
 * The last good key set on disk, so that a restart during an outage still works. A user who can write the file can
 * forge tokens, so it is used only if it belongs to this user, only this user can write it, it is of this source, and
 * it is not from the future.
 */
#ifndef TAM_JOSE_CACHE_FILE_H
#define TAM_JOSE_CACHE_FILE_H

#include <plugins/jose/key/keys.h>

struct cache_file {
    struct tam_str path;
    struct tam_str url; /* of the source that the content must be of */
    bool any_owner;     /* do not check the directories above it; the file itself must be private all the same */
};

/* When the keys were fetched, Unix seconds, and how old they may become without another success, seconds. */
struct cache_stamp {
    int64_t fetched, age;
};

/* The keys with their origin; NULL with one sentence in why (empty: there is no file yet). now: Unix seconds.
 * stamp->age is left alone where the file does not name one. */
struct keys *cache_file_read(const struct cache_file *file, int64_t now, struct cache_stamp *ret_stamp,
                             struct buf *why);

/* Can it be written? False with one sentence in why that begins with its path. */
bool cache_file_check(const struct cache_file *file, struct buf *why);

/* Atomically: all of it or none. body: the JWK set as it was fetched. False with one sentence in why. */
bool cache_file_write(const struct cache_file *file, struct tam_str body, const struct discovery *origin,
                      const struct cache_stamp *stamp, struct buf *why);

#endif
