/* SPDX-License-Identifier: MIT
 *
 * Describes a verifier, with values of its discovery document once that was fetched.
 */
#include <config.h>

#include <plugins/azure/description.h>
#include <plugins/azure/template.h>
#include <src/base/str.h>

struct writing {
    const struct authority *authority;
    const struct discovery *origin; /* NULL: no discovery, or the document was not fetched yet */
    struct tam_str tenant;          /* empty: differs by token, or not known yet */
    struct pool pool;
    bool failed;
};

/* ---- Issuers ----------------------------------------------------------------------------------------------------- */

/* Writes the accepted forms of one tenant's issuer, at most two; returns their number. */
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

/* One issuer for each tenant and form; if the tenants are not listed, templates with {tenantid}. */
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

/* ---- The authorization server ------------------------------------------------------------------------------------ */

/* The segment for the tenant in URLs of the authorization server: the tenant's id if there is one tenant, because
 * strict clients compare the issuer of the document there with the URL, and the document of an alias has a template as
 * issuer. */
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

/* In External ID's documents the issuer has the tenant's id, whatever name the URL has. */
static struct tam_str authorization_server(struct writing *writing) {
    struct tam_str issuer = STR_NONE;
    if (writing->authority->flavor != FLAVOR_CIAM || writing->tenant.len == 0) {
        return server_url(writing, STR("/v2.0"));
    }
    writing->failed |= !template_fill(writing->authority->templates[1], writing->tenant, &writing->pool, &issuer);
    return issuer;
}

/* ---- The description --------------------------------------------------------------------------------------------- */

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
