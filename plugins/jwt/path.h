/* SPDX-License-Identifier: MIT
 *
 * The name of a claim as an administrator writes it, with dots for nested ones: `realm_access.roles`.
 */
#ifndef TAM_JWT_PATH_H
#define TAM_JWT_PATH_H

#include <plugins/common/claims.h>

struct path {
    struct tam_str text;   /* as written */
    struct tam_list names; /* its parts */
};

/* False: no memory, an empty part, or a depth beyond what a token can have. */
bool path_read(struct tam_str text, const struct pool *pool, struct path *ret_path);

/*
 * The value there, as written; empty where there is none (null counts as none). A member that has the whole text as its name wins:
 * claim names may hold dots and slashes themselves (RFC 7519 §4.2, `https://example.com/roles`).
 */
struct tam_str path_find(const struct path *path, const struct claim_members *payload);

#endif
