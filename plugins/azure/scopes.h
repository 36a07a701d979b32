/* SPDX-License-Identifier: MIT
 *
 * Entra has two forms of a scope: tokens carry `read`, clients request `api://CLIENT/read`. The plugin translates once,
 * when it reads the options.
 */
#ifndef TAM_AZURE_SCOPES_H
#define TAM_AZURE_SCOPES_H

#include <src/base/mem.h>
#include <tam/types.h>

/* The API that the scopes belong to. */
struct scope_owner {
    struct tam_str client_id, identifier_uri, scope_prefix;
};

enum scope_form {
    SCOPE_FOREIGN = 0, /* of another API: no token for this one carries it */
    SCOPE_SHORT,       /* *ret_short is the form in tokens */
    SCOPE_DEFAULT,     /* `.default` of this API: any scope or role */
    SCOPE_OIDC         /* openid, profile, email, offline_access: in no access token */
};

/* Reads a configured scope, short or with a prefix of this API. Other prefixes stay, because a short name may have
 * slashes. */
enum scope_form scope_read(const struct scope_owner *owner, struct tam_str scope, struct tam_str *ret_short);

/* The scope as a client requests it, in memory of the pool; false: no memory. */
bool scope_advertise(const struct scope_owner *owner, struct tam_str scope, const struct pool *pool,
                     struct tam_str *ret_scope);

#endif
