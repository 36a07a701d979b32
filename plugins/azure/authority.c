/* SPDX-License-Identifier: MIT
 *
 * Reading whose tokens are accepted. What would be an open door, or could never accept a token, is refused here.
 */
#include <config.h>

#include <plugins/azure/identifier.h>
#include <plugins/azure/reading.h>
#include <plugins/azure/template.h>
#include <src/base/array.h>
#include <src/base/buf.h>
#include <src/base/quote.h>

#define WELL_KNOWN "/v2.0/.well-known/openid-configuration"

const struct tam_str authority_personal = STR_INIT("9188040d-6c67-4c5b-b112-36a304b66dad");

static const struct alias {
    struct tam_str name;
    bool no_personal, personal; /* of those accounts: none, only */
} aliases[] = {
    { STR_INIT("organizations"), true, false },
    { STR_INIT("consumers"), false, true },
    { STR_INIT("common"), false, false },
};

static const struct alias *alias_find(struct tam_str tenant) {
    for (size_t i = 0; i < COUNT(aliases); i++) {
        if (str_equal_nocase(tenant, aliases[i].name)) {
            return &aliases[i];
        }
    }
    return NULL;
}

/* ---- The authority's host ------------------------------------------------------------------------------------------------- */

/* Letters, digits and these marks; not empty, and no dot first. */
static bool is_name(struct tam_str text, struct tam_str marks) {
    for (size_t i = 0; i < text.len; i++) {
        char byte = text.ptr[i];
        bool good = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
                    str_find(marks, byte) < marks.len;
        if (!good) {
            return false;
        }
    }
    return text.len > 0 && text.ptr[0] != '.';
}

static bool is_host(struct tam_str host) {
    return is_name(host, STR("-.")) && str_find(host, '.') < host.len && !str_ends(host, STR("."));
}

/* B2C and External ID have hosts of their own, also custom domains. */
static void read_own_host(struct reading *reading, struct tam_str authority) {
    struct tam_str host = cloud_host(authority);
    struct tam_str copy = READING_JOIN(reading, host);
    if (copy.len > 0) {
        str_lower(copy, (char *)(uintptr_t)copy.ptr);
    }
    if (cloud_find(authority) != NULL) {
        reading_fault(reading, AZURE_BASE_AUTHORITY,
                      STR("must be the tenant's own host with this flavor: NAME.b2clogin.com, NAME.ciamlogin.com"));
    } else if (!is_host(copy)) {
        reading_fault(reading, AZURE_BASE_AUTHORITY, STR("must be a host, without path or port"));
    }
    reading->settings->authority.host = copy;
}

static void read_host(struct reading *reading) {
    struct authority *authority = &reading->settings->authority;
    struct tam_str text = reading_value(reading, AZURE_BASE_AUTHORITY)->text;
    authority->flavor = (enum authority_flavor)reading_value(reading, AZURE_FLAVOR)->number;
    if (authority->flavor != FLAVOR_AAD) {
        read_own_host(reading, text);
        return;
    }
    authority->cloud = cloud_find(text);
    if (authority->cloud == NULL) {
        reading_fault(reading, AZURE_BASE_AUTHORITY,
                      STR("is no authority of Microsoft's public, US Gov or China cloud"));
    } else {
        authority->host = authority->cloud->host;
    }
}

/* ---- The tenant ---------------------------------------------------------------------------------------------------------------- */

static void read_alias(struct reading *reading, const struct alias *alias) {
    struct authority *authority = &reading->settings->authority;
    authority->tenancy = alias->personal ? TENANCY_ONE : TENANCY_MANY;
    authority->tenant = alias->personal ? authority_personal : STR_NONE;
    authority->tenant_path = alias->name;
    authority->multi = true;
    authority->open = true;
    authority->no_personal = alias->no_personal;
    if (authority->flavor != FLAVOR_AAD) {
        reading_fault(reading, AZURE_TENANT_ID, STR("must be one tenant with this flavor"));
    } else if (alias->personal && authority->cloud != NULL && !authority->cloud->personal) {
        reading_fault(reading, AZURE_TENANT_ID, STR("consumers: this cloud has no personal accounts"));
    }
}

static void read_tenant(struct reading *reading) {
    struct authority *authority = &reading->settings->authority;
    struct tam_str tenant = reading_value(reading, AZURE_TENANT_ID)->text;
    const struct alias *alias = alias_find(tenant);
    bool domain = str_find(tenant, '.') < tenant.len;
    if (alias != NULL) {
        read_alias(reading, alias);
        return;
    }
    identifier_check(reading, AZURE_TENANT_ID, true);
    if (!reading->failed && !is_name(tenant, STR("-."))) {
        reading_fault(
            reading, AZURE_TENANT_ID,
            STR("must be an id of letters, digits and hyphens, a domain, organizations, consumers or common"));
    }
    if (reading->failed) {
        return;
    }
    authority->tenant = reading_lower_guid(reading, tenant);
    authority->tenant_path = authority->tenant;
    bool named = domain || (authority->flavor != FLAVOR_AAD && !str_is_guid(tenant));
    authority->tenancy = named ? TENANCY_FOUND : TENANCY_ONE;
}

static void read_allowed(struct reading *reading) {
    struct authority *authority = &reading->settings->authority;
    authority->allowed_tenants = reading_value(reading, AZURE_ALLOWED_TENANTS)->list;
    if (authority->allowed_tenants.count == 0) {
        return;
    }
    authority->open = false;
    if (authority->tenancy != TENANCY_MANY) {
        reading_fault(reading, AZURE_ALLOWED_TENANTS, STR("goes with tenant_id=organizations or common only"));
    } else if (authority->no_personal && list_has_nocase(authority->allowed_tenants, authority_personal)) {
        reading_fault(reading, AZURE_ALLOWED_TENANTS,
                      STR("has the tenant of personal accounts, which tenant_id=organizations excludes"));
    }
}

static void read_policy(struct reading *reading) {
    struct authority *authority = &reading->settings->authority;
    struct tam_str policy = reading_value(reading, AZURE_POLICY)->text;
    bool b2c = authority->flavor == FLAVOR_B2C;
    authority->policy = policy;
    if (b2c != (policy.len > 0)) {
        reading_fault(reading, AZURE_POLICY,
                      b2c ? STR("is missing: with flavor=b2c keys belong to a policy")
                          : STR("goes with flavor=b2c only"));
    }
    if (policy.len > 0 && !is_name(policy, STR("-_"))) {
        reading_fault(reading, AZURE_POLICY, STR("must be a name of letters, digits, '-' and '_'"));
    }
}

/* ---- Issuers --------------------------------------------------------------------------------------------------------------------- */

/* {tenantid} stays where it is not configured by its id. */
static struct tam_str tenant_in_template(const struct authority *authority) {
    return authority->tenancy == TENANCY_ONE ? authority->tenant : STR(TEMPLATE_TENANT);
}

static struct tam_str issuer_template(struct reading *reading, struct tam_str host, struct tam_str after) {
    struct tam_str tenant = tenant_in_template(&reading->settings->authority);
    return READING_JOIN(reading, STR("https://"), host, STR("/"), tenant, after);
}

static void read_templates(struct reading *reading) {
    struct authority *authority = &reading->settings->authority;
    struct tam_list versions = reading_value(reading, AZURE_TOKEN_VERSIONS)->list;
    struct tam_str *templates = authority->templates, host;
    bool first = list_has(versions, STR("1")), second = list_has(versions, STR("2"));
    switch (authority->flavor) {
    case FLAVOR_B2C:
        templates[1] = issuer_template(reading, authority->host, STR("/v2.0/"));
        return;
    case FLAVOR_CIAM:
        host = READING_JOIN(reading, tenant_in_template(authority), STR(".ciamlogin.com"));
        templates[1] = issuer_template(reading, host, STR("/v2.0"));
        break;
    case FLAVOR_AAD:
        first = first && !str_equal(authority->tenant, authority_personal); /* personal accounts are version 2.0 only */
        authority->key_template = issuer_template(reading, authority->host, STR("/v2.0"));
        authority->sts_template = issuer_template(reading, authority->cloud->sts_host, STR("/"));
        templates[0] = first ? authority->sts_template : STR_NONE;
        templates[1] = second ? authority->key_template : STR_NONE;
        break;
    }
    if (templates[0].len == 0 && !second) {
        reading_fault(reading, AZURE_TOKEN_VERSIONS, STR("leaves no version that this authority issues"));
    }
}

static void read_issuers(struct reading *reading) {
    struct authority *authority = &reading->settings->authority;
    authority->issuers = reading_value(reading, AZURE_ISSUER)->list;
    if (authority->issuers.count > 0 && authority->tenancy == TENANCY_FOUND) {
        reading_fault(reading, AZURE_TENANT_ID, STR("must be the tenant's id where issuer is given"));
    }
    for (size_t i = 0; i < authority->issuers.count; i++) {
        if (!str_starts(authority->issuers.items[i], STR("https://"))) {
            reading_fault(reading, AZURE_ISSUER, STR("must begin with https://"));
            return;
        }
    }
}

/* ---- Keys ---------------------------------------------------------------------------------------------------------------------------- */

/* Claims-mapping applications have signing keys of their own. */
static struct tam_str app_query(struct reading *reading) {
    bool wanted = reading_value(reading, AZURE_APP_KEYS)->number != 0;
    return wanted ? READING_JOIN(reading, STR("?appid="), reading_value(reading, AZURE_CLIENT_ID)->text) : STR_NONE;
}

/* Verifiers share a source of keys only where the same documents are theirs. */
static struct tam_str accept_id(struct reading *reading) {
    const struct authority *authority = &reading->settings->authority;
    struct tam_str id = READING_JOIN(reading, authority->key_template, authority->templates[1]);
    for (size_t i = 0; i < authority->issuers.count; i++) {
        id = READING_JOIN(reading, id, STR(" "), authority->issuers.items[i]);
    }
    return id;
}

static void read_discovery(struct reading *reading) {
    struct authority *authority = &reading->settings->authority;
    struct keyset_config *keyset = &reading->settings->keyset;
    bool policy = authority->policy.len > 0;
    keyset->discovery_url =
        READING_JOIN(reading, STR("https://"), authority->host, STR("/"), authority->tenant_path,
                     policy ? STR("/") : STR_NONE, authority->policy, STR(WELL_KNOWN), app_query(reading));
    keyset->accept = authority_accept;
    keyset->accept_ctx = authority;
    keyset->accept_id = accept_id(reading);
    keyset->issuer_host = authority->flavor == FLAVOR_CIAM;
}

static void read_keyset(struct reading *reading) {
    const struct authority *authority = &reading->settings->authority;
    struct keyset_config *keyset = &reading->settings->keyset;
    bool uri = reading_given(reading, AZURE_JWKS_URI);
    keyset->config = reading->config;
    keyset->first_row = AZURE_KEYSET;
    keyset->algorithms = AZURE_ALGORITHMS;
    keyset->any_owner = (reading->config->flags & TAM_CONFIG_ANY_OWNER) != 0;
    keyset->jwks_file = reading_value(reading, AZURE_KEYSET + KEYSET_JWKS_FILE)->text;
    bool elsewhere = uri || keyset->jwks_file.len > 0;
    if (uri && keyset->jwks_file.len > 0) {
        reading_fault(reading, AZURE_JWKS_URI, STR("and jwks_file exclude each other"));
    } else if (elsewhere && authority->tenancy == TENANCY_FOUND) {
        reading_fault(
            reading, AZURE_TENANT_ID,
            STR("must be the tenant's id where jwks_uri or jwks_file is given: a name's id is in the discovery document"));
    } else if (elsewhere && reading_value(reading, AZURE_APP_KEYS)->number != 0) {
        reading_fault(reading, AZURE_APP_KEYS, STR("goes with Entra's own key set, not with jwks_uri or jwks_file"));
    } else if (uri) {
        keyset->jwks_uri = reading_value(reading, AZURE_JWKS_URI)->text;
    } else if (!elsewhere && (authority->tenancy == TENANCY_FOUND || authority->flavor != FLAVOR_AAD)) {
        read_discovery(reading);
    } else if (!elsewhere) {
        keyset->jwks_uri = READING_JOIN(reading, STR("https://"), authority->host, STR("/"), authority->tenant_path,
                                        STR("/discovery/v2.0/keys"), app_query(reading));
    }
}

void authority_read(struct reading *reading) {
    read_host(reading);
    read_tenant(reading);
    read_allowed(reading);
    read_policy(reading);
    if (reading->failed) {
        return; /* what follows would only be wrong as well */
    }
    read_templates(reading);
    read_issuers(reading);
    read_keyset(reading);
}

/* ---- What discovery finds --------------------------------------------------------------------------------------------------------- */

static struct tam_str document_template(const struct authority *authority) {
    return authority->flavor == FLAVOR_AAD ? authority->key_template : authority->templates[1];
}

struct tam_str authority_tenant(const struct authority *authority, struct tam_str found_issuer) {
    return authority->tenancy == TENANCY_FOUND ? template_tenant(document_template(authority), found_issuer)
                                               : authority->tenant;
}

bool authority_accept(void *ctx, const struct discovery *document, struct buf *ret_why) {
    const struct authority *authority = ctx;
    struct tam_str template = document_template(authority), tenant = authority_tenant(authority, document->issuer);
    if ((tenant.len > 0 && template_is(template, tenant, document->issuer)) ||
        list_has(authority->issuers, document->issuer)) {
        return true;
    }
    buf_format(ret_why, "the discovery document is of another issuer: expected %.*s, found ", STR_PRINT(template));
    quote_add(ret_why, document->issuer);
    return false;
}
