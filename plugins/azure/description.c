/* SPDX-License-Identifier: MIT
 *
 * Describing a verifier, with what its discovery document says once that is there.
 */
#include <config.h>

#include <plugins/azure/description.h>
#include <plugins/azure/template.h>
#include <src/base/str.h>

struct writing {
    const struct authority *authority;
    const struct discovery *origin; /* NULL: there is no document, or it has not come yet */
    struct tam_str tenant;          /* empty: of each token, or not known yet */
    struct pool pool;
    bool failed;
};

/* ---- Issuers --------------------------------------------------------------------------------------------------------------- */

/* Both forms of the issuer, as far as they are accepted, of one tenant. */
static size_t add_issuers(struct writing *writing, struct tam_str tenant, struct tam_str *ret_items) {
    size_t count = 0;
    for (size_t i = 0; i < 2; i++) {
        struct tam_str template = writing->authority->templates[i];
        if (template.len > 0) {
            writing->failed |= !template_fill(template, tenant, &writing->pool, &ret_items[count]);
            count++;
        }
    }
    return count;
}

/* With tenants that nobody has listed, templates: {tenantid} stands for any. */
static struct tam_list issuers(struct writing *writing) {
    struct tam_list allowed = writing->authority->allowed_tenants;
    size_t tenants = allowed.count > 0 ? allowed.count : 1, count = 0;
    if (writing->authority->issuers.count > 0) {
        return writing->authority->issuers;
    }
    struct tam_str *items = pool_array(&writing->pool, tenants * 2, sizeof *items);
    if (items == NULL) {
        writing->failed = true;
        return (struct tam_list){ NULL, 0 };
    }
    for (size_t i = 0; i < tenants; i++) {
        count += add_issuers(writing, allowed.count > 0 ? allowed.items[i] : writing->tenant, items + count);
    }
    return (struct tam_list){ items, count };
}

/* ---- The authorization server ------------------------------------------------------------------------------------------------ */

/* What stands for the tenant in its URLs: the one tenant where there is one, since strict clients compare the issuer that they
 * find there, and an alias's is a template. */
static struct tam_str tenant_path(const struct writing *writing) {
    if (writing->authority->allowed_tenants.count == 1) {
        return writing->authority->allowed_tenants.items[0];
    }
    return writing->tenant.len > 0 && writing->authority->flavor == FLAVOR_AAD ? writing->tenant
                                                                               : writing->authority->tenant_path;
}

static struct tam_str server_url(struct writing *writing, struct tam_str rest) {
    struct tam_str policy = writing->authority->policy, url = STR_NONE;
    writing->failed |= !POOL_JOIN(&writing->pool, &url, STR("https://"), writing->authority->host, STR("/"),
                                  tenant_path(writing), policy.len > 0 ? STR("/") : STR_NONE, policy, rest);
    return url;
}

/* External ID's documents call themselves by the tenant's id, whatever name they are asked by. */
static struct tam_str authorization_server(struct writing *writing) {
    struct tam_str issuer = STR_NONE;
    if (writing->authority->flavor != FLAVOR_CIAM || writing->tenant.len == 0) {
        return server_url(writing, STR("/v2.0"));
    }
    writing->failed |= !template_fill(writing->authority->templates[1], writing->tenant, &writing->pool, &issuer);
    return issuer;
}

/* ---- All of it ------------------------------------------------------------------------------------------------------------------ */

static struct tam_list list_of(struct writing *writing, struct tam_str item) {
    struct tam_list list = { NULL, 0 };
    struct tam_str *items = pool_array(&writing->pool, 1, sizeof *items);
    if (items == NULL) {
        writing->failed = true;
        return list;
    }
    items[0] = item;
    return (struct tam_list){ items, 1 };
}

static void write_all(struct writing *writing, const struct azure_settings *settings,
                      struct tam_description *ret_description) {
    static const struct tam_str algorithms[] = { STR_INIT("RS256") };
    bool discovers = settings->keyset.discovery_url.len > 0;
    ret_description->issuers = issuers(writing);
    ret_description->authorization_servers = list_of(writing, authorization_server(writing));
    ret_description->authorization_uri = server_url(writing, STR("/oauth2/v2.0/authorize"));
    ret_description->scopes = settings->advertised_scopes;
    ret_description->algorithms = (struct tam_list){ algorithms, 1 };
    ret_description->scope_prefix = settings->scope_prefix;
    ret_description->jwks_uri = settings->keyset.jwks_uri;
    if (writing->origin != NULL) {
        writing->failed |= !pool_copy(&writing->pool, writing->origin->jwks_uri, &ret_description->jwks_uri);
    }
    ret_description->complete = !discovers || writing->origin != NULL;
}

int description_write(const struct azure_settings *settings, struct keyset *keyset,
                      const struct tam_description_request *request, struct tam_description *ret_description) {
    struct keys *keys = keyset != NULL && settings->keyset.discovery_url.len > 0 ? keyset_keys(keyset) : NULL;
    struct writing writing = { .authority = &settings->authority,
                               .origin = keys != NULL ? keys_origin(keys) : NULL,
                               .pool = { request->alloc, request->ctx } };
    writing.tenant = authority_tenant(writing.authority, keys != NULL ? keys_origin(keys)->issuer : STR_NONE);
    write_all(&writing, settings, ret_description);
    keys_unref(keys);
    return !writing.failed;
}
