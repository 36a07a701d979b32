/* SPDX-License-Identifier: MIT
 *
 * Entra's two spellings of a scope: tokens carry `read`, clients ask for `api://CLIENT/read`. Translated once, when the
 * options are read.
 */
#ifndef TAM_AZURE_SCOPES_H
#define TAM_AZURE_SCOPES_H

#include <src/base/mem.h>
#include <tam/types.h>

/* Whose scopes these are. */
struct scope_owner {
    struct tam_str client_id, identifier_uri, scope_prefix;
};

enum scope_form {
    SCOPE_FOREIGN = 0, /* of another API: no token for us ever carries it */
    SCOPE_SHORT,       /* *ret_short is what tokens carry */
    SCOPE_DEFAULT,     /* `.default` of ours: some scope or role */
    SCOPE_OIDC         /* openid, profile, email, offline_access: never in a token */
};

/* A configured scope, short or as our own URI. Only our own prefix is taken off: a short name may hold slashes. */
enum scope_form scope_read(const struct scope_owner *owner, struct tam_str scope, struct tam_str *ret_short);

/* As a client requests it, from the pool; false: no memory. */
bool scope_advertise(const struct scope_owner *owner, struct tam_str scope, const struct pool *pool,
                     struct tam_str *ret_scope);

#endif
