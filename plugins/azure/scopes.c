/* SPDX-License-Identifier: MIT
 *
 * Translates between the short and the requested form of a scope.
 */
#include <config.h>

#include <plugins/azure/scopes.h>
#include <src/base/array.h>
#include <src/base/str.h>

static const struct tam_str oidc_scopes[] = { STR_INIT("openid"), STR_INIT("profile"), STR_INIT("email"),
                                              STR_INIT("offline_access") };

static bool is_oidc(struct tam_str scope) {
    return list_has((struct tam_list){ oidc_scopes, COUNT(oidc_scopes) }, scope);
}

/* Removes api://CLIENT_ID/ or CLIENT_ID/, prefixes that Entra accepts for every app registration. False: there is
 * none. */
static bool strip_api(struct tam_str client_id, struct tam_str *scope) {
    struct tam_str rest = str_starts(*scope, STR("api://")) ? str_from(*scope, 6) : *scope;
    if (!str_starts_nocase(rest, client_id) || rest.len <= client_id.len || rest.ptr[client_id.len] != '/') {
        return false;
    }
    *scope = str_from(rest, client_id.len + 1);
    return true;
}

static bool strip_own(const struct scope_owner *owner, struct tam_str *scope) {
    if (str_starts(*scope, owner->scope_prefix)) {
        *scope = str_from(*scope, owner->scope_prefix.len);
        return true;
    }
    return strip_api(owner->client_id, scope);
}

/* A scope of another API: a URI, or GUID/x, which Entra takes for a scope of the application with that id. */
static bool is_foreign(struct tam_str scope) {
    struct tam_str first = { scope.ptr, str_find(scope, '/') };
    for (size_t i = 0; i < scope.len; i++) {
        if (str_starts(str_from(scope, i), STR("://"))) {
            return true;
        }
    }
    return first.len < scope.len && str_is_guid(first);
}

enum scope_form scope_read(const struct scope_owner *owner, struct tam_str scope, struct tam_str *ret_short) {
    if (is_oidc(scope)) {
        return SCOPE_OIDC;
    }
    if (!strip_own(owner, &scope) && is_foreign(scope)) {
        return SCOPE_FOREIGN;
    }
    if (str_equal(scope, STR(".default"))) {
        return SCOPE_DEFAULT;
    }
    *ret_short = scope;
    return scope.len > 0 ? SCOPE_SHORT : SCOPE_FOREIGN;
}

bool scope_advertise(const struct scope_owner *owner, struct tam_str scope, const struct pool *pool,
                     struct tam_str *ret_scope) {
    struct tam_str rest = scope;
    if (is_oidc(scope) || (!strip_own(owner, &rest) && is_foreign(scope))) {
        *ret_scope = scope;
        return true;
    }
    return POOL_JOIN(pool, ret_scope, owner->scope_prefix, rest);
}
