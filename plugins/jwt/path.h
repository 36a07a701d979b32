/* SPDX-License-Identifier: MIT
 *
 * The name of a claim in an option; dots separate the names of nested objects: `realm_access.roles`.
 */
#ifndef TAM_JWT_PATH_H
#define TAM_JWT_PATH_H

#include <plugins/common/claims.h>

struct path {
    struct tam_str text;   /* as written */
    struct tam_list names; /* its parts */
};

/* False: no memory, an empty part, or deeper than JSON_MAX_DEPTH. */
bool path_read(struct tam_str text, const struct pool *pool, struct path *ret_path);

/*
 * The value at the path, as written; empty: absent or null. A member with the whole text as its name takes precedence,
 * because names of claims may have dots and slashes (RFC 7519 §4.2, `https://example.com/roles`).
 */
struct tam_str path_find(const struct path *path, const struct claim_members *payload);

#endif
