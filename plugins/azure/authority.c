/* SPDX-License-Identifier: MIT
 *
 * Reads the options that say whose tokens are accepted. A configuration that would accept tokens of strangers, or none
 * at all, is a fault.
 */
#include <config.h>

#include <plugins/azure/identifier.h>
#include <plugins/azure/settings.h>
#include <plugins/azure/template.h>
#include <src/base/array.h>
#include <src/base/buf.h>
#include <src/base/quote.h>
#include <src/base/str.h>

#define WELL_KNOWN "/v2.0/.well-known/openid-configuration"

const struct tam_str authority_personal = STR_INIT("9188040d-6c67-4c5b-b112-36a304b66dad");

static const struct alias {
    struct tam_str name;
    bool no_personal, personal; /* personal Microsoft accounts: excluded; only those */
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

/* ---- The authority's host ---------------------------------------------------------------------------------------- */

/* Not empty, of letters, digits and `marks`, and not beginning with a dot. */
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

/* With B2C and External ID each tenant has a host of its own, which may be a custom domain. */
static void read_own_host(struct reading *reading, struct tam_str authority) {
    struct tam_str host = cloud_host(authority);
    struct tam_str copy = SETTINGS_JOIN(reading->options, host);
    if (copy.len > 0) {
        str_lower(copy, (char *)(uintptr_t)copy.ptr);
    }
    if (cloud_find(authority) != NULL) {
        settings_fault(reading->options, AZURE_BASE_AUTHORITY,
                       STR("must be the tenant's own host with this flavor: NAME.b2clogin.com, NAME.ciamlogin.com"));
    } else if (!is_host(copy)) {
        settings_fault(reading->options, AZURE_BASE_AUTHORITY, STR("must be a host, without path or port"));
    }
    reading->settings->authority.host = copy;
}

static void read_host(struct reading *reading) {
    struct authority *authority = &reading->settings->authority;
    struct tam_str text = settings_text(reading->options, AZURE_BASE_AUTHORITY);
    authority->flavor = (enum authority_flavor)settings_number(reading->options, AZURE_FLAVOR);
    if (authority->flavor != FLAVOR_AAD) {
        read_own_host(reading, text);
        return;
    }
    authority->cloud = cloud_find(text);
    if (authority->cloud == NULL) {
        settings_fault(
            reading->options, AZURE_BASE_AUTHORITY,
            STR("is no authority of Microsoft's public, US Gov or China cloud: write its host alone, and the "
                "tenant into tenant_id; hosts of Azure AD B2C and External ID need flavor=b2c or ciam"));
    } else {
        authority->host = authority->cloud->host;
    }
}

/* ---- The tenant -------------------------------------------------------------------------------------------------- */

static void read_alias(struct reading *reading, const struct alias *alias) {
    struct authority *authority = &reading->settings->authority;
    authority->tenancy = alias->personal ? TENANCY_ONE : TENANCY_MANY;
    authority->tenant = alias->personal ? authority_personal : STR_NONE;
    authority->tenant_path = alias->name;
    authority->multi = true;
    authority->open = true;
    authority->no_personal = alias->no_personal;
    if (authority->flavor != FLAVOR_AAD) {
        settings_fault(reading->options, AZURE_TENANT_ID, STR("must be one tenant with this flavor"));
    } else if (alias->personal && authority->cloud != NULL && !authority->cloud->personal) {
        settings_fault(reading->options, AZURE_TENANT_ID, STR("consumers: this cloud has no personal accounts"));
    }
}

static void read_tenant(struct reading *reading) {
    struct authority *authority = &reading->settings->authority;
    struct tam_str tenant = settings_text(reading->options, AZURE_TENANT_ID);
    const struct alias *alias = alias_find(tenant);
    bool domain = str_find(tenant, '.') < tenant.len;
    if (alias != NULL) {
        read_alias(reading, alias);
        return;
    }
    identifier_check(reading, AZURE_TENANT_ID, true);
    if (!reading->options->failed && !is_name(tenant, STR("-."))) {
        settings_fault(
            reading->options, AZURE_TENANT_ID,
            STR("must be an id of letters, digits and hyphens, a domain, organizations, consumers or common"));
    }
    if (reading->options->failed) {
        return;
    }
    authority->tenant = reading_lower_guid(reading, tenant);
    authority->tenant_path = authority->tenant;
    bool named = domain || (authority->flavor != FLAVOR_AAD && !str_is_guid(tenant));
    authority->tenancy = named ? TENANCY_FOUND : TENANCY_ONE;
}

static void read_allowed(struct reading *reading) {
    struct authority *authority = &reading->settings->authority;
    authority->allowed_tenants = settings_list(reading->options, AZURE_ALLOWED_TENANTS);
    if (authority->allowed_tenants.count == 0) {
        return;
    }
    authority->open = false;
    if (authority->tenancy != TENANCY_MANY) {
        settings_fault(reading->options, AZURE_ALLOWED_TENANTS,
                       STR("goes with tenant_id=organizations or common only"));
    } else if (authority->no_personal && list_has_nocase(authority->allowed_tenants, authority_personal)) {
        settings_fault(reading->options, AZURE_ALLOWED_TENANTS,
                       STR("has the tenant of personal accounts, which tenant_id=organizations excludes"));
    }
}

static void read_policy(struct reading *reading) {
    struct authority *authority = &reading->settings->authority;
    struct tam_str policy = settings_text(reading->options, AZURE_POLICY);
    bool b2c = authority->flavor == FLAVOR_B2C;
    authority->policy = policy;
    if (b2c != (policy.len > 0)) {
        settings_fault(reading->options, AZURE_POLICY,
                       b2c ? STR("is missing: with flavor=b2c keys belong to a policy")
                           : STR("goes with flavor=b2c only"));
    }
    if (policy.len > 0 && !is_name(policy, STR("-_"))) {
        settings_fault(reading->options, AZURE_POLICY, STR("must be a name of letters, digits, '-' and '_'"));
    }
}

/* ---- Issuers ----------------------------------------------------------------------------------------------------- */

/* The tenant's id if it is configured, else the placeholder. */
static struct tam_str tenant_in_template(const struct authority *authority) {
    return authority->tenancy == TENANCY_ONE ? authority->tenant : STR(TEMPLATE_TENANT);
}

static struct tam_str issuer_template(struct reading *reading, struct tam_str host, struct tam_str after) {
    struct tam_str tenant = tenant_in_template(&reading->settings->authority);
    return SETTINGS_JOIN(reading->options, STR("https://"), host, STR("/"), tenant, after);
}

static void read_templates(struct reading *reading) {
    struct authority *authority = &reading->settings->authority;
    struct tam_list versions = settings_list(reading->options, AZURE_TOKEN_VERSIONS);
    struct tam_str *templates = authority->templates, host;
    bool first = list_has(versions, STR("1")), second = list_has(versions, STR("2"));
    switch (authority->flavor) {
    case FLAVOR_B2C:
        templates[1] = issuer_template(reading, authority->host, STR("/v2.0/"));
        return;
    case FLAVOR_CIAM:
        host = SETTINGS_JOIN(reading->options, tenant_in_template(authority), STR(".ciamlogin.com"));
        templates[1] = issuer_template(reading, host, STR("/v2.0"));
        break;
    case FLAVOR_AAD:
        /* Personal accounts get tokens of version 2.0 only. */
        first = first && !str_equal(authority->tenant, authority_personal);
        authority->key_template = issuer_template(reading, authority->host, STR("/v2.0"));
        authority->sts_template = issuer_template(reading, authority->cloud->sts_host, STR("/"));
        templates[0] = first ? authority->sts_template : STR_NONE;
        templates[1] = second ? authority->key_template : STR_NONE;
        break;
    }
    if (templates[0].len == 0 && !second) {
        settings_fault(reading->options, AZURE_TOKEN_VERSIONS, STR("leaves no version that this authority issues"));
    }
}

/* Entra's, with a slash too many or too few, without /v2.0, or of common: what no token has as iss. */
static void check_issuer(struct reading *reading, struct tam_str issuer) {
    const struct authority *authority = &reading->settings->authority;
    if (authority->cloud == NULL || authority->tenancy != TENANCY_ONE) {
        return;
    }
    struct tam_str first = SETTINGS_JOIN(reading->options, STR("https://"), authority->cloud->sts_host, STR("/"));
    struct tam_str second = SETTINGS_JOIN(reading->options, STR("https://"), authority->host, STR("/"));
    bool entras = str_starts_nocase(issuer, first) || str_starts_nocase(issuer, second);
    if (entras && !str_equal(issuer, authority->sts_template) && !str_equal(issuer, authority->key_template)) {
        settings_warn(reading->options,
                      SETTINGS_JOIN(reading->options,
                                    STR("issuer has a URL that no token of this tenant has as iss, which is "),
                                    authority->key_template, STR(" or "), authority->sts_template));
    }
}

static void read_issuers(struct reading *reading) {
    struct authority *authority = &reading->settings->authority;
    authority->issuers = settings_list(reading->options, AZURE_ISSUER);
    if (authority->issuers.count > 0 && authority->tenancy == TENANCY_FOUND) {
        settings_fault(reading->options, AZURE_TENANT_ID, STR("must be the tenant's id where issuer is given"));
    }
    for (size_t i = 0; i < authority->issuers.count; i++) {
        if (!str_starts(authority->issuers.items[i], STR("https://"))) {
            settings_fault(reading->options, AZURE_ISSUER, STR("must begin with https://"));
            return;
        }
        check_issuer(reading, authority->issuers.items[i]);
    }
}

/* ---- Keys -------------------------------------------------------------------------------------------------------- */

/* app_keys: an application with claims mapping has signing keys of its own, which Entra publishes under ?appid=. */
static struct tam_str app_query(struct reading *reading) {
    bool wanted = settings_number(reading->options, AZURE_APP_KEYS) != 0;
    return wanted ? SETTINGS_JOIN(reading->options, STR("?appid="), settings_text(reading->options, AZURE_CLIENT_ID))
                  : STR_NONE;
}

/* keyset_config.accept_id: all that authority_accept() depends on, so that verifiers share keys only if they accept the
 * same discovery documents. */
static struct tam_str accept_id(struct reading *reading) {
    const struct authority *authority = &reading->settings->authority;
    struct tam_str id = SETTINGS_JOIN(reading->options, authority->key_template, authority->templates[1]);
    for (size_t i = 0; i < authority->issuers.count; i++) {
        id = SETTINGS_JOIN(reading->options, id, STR(" "), authority->issuers.items[i]);
    }
    return id;
}

static void read_discovery(struct reading *reading) {
    struct authority *authority = &reading->settings->authority;
    struct keyset_config *keyset = &reading->settings->keyset;
    bool policy = authority->policy.len > 0;
    keyset->discovery_url =
        SETTINGS_JOIN(reading->options, STR("https://"), authority->host, STR("/"), authority->tenant_path,
                      policy ? STR("/") : STR_NONE, authority->policy, STR(WELL_KNOWN), app_query(reading));
    keyset->accept = authority_accept;
    keyset->accept_ctx = authority;
    keyset->accept_id = accept_id(reading);
    keyset->issuer_host = authority->flavor == FLAVOR_CIAM;
}

static void read_keyset(struct reading *reading) {
    const struct authority *authority = &reading->settings->authority;
    struct keyset_config *keyset = &reading->settings->keyset;
    bool uri = settings_given(reading->options, AZURE_JWKS_URI);
    keyset->config = reading->options->config;
    keyset->first_row = AZURE_KEYSET;
    keyset->algorithms = AZURE_ALGORITHMS;
    keyset->any_owner = (reading->options->config->flags & TAM_CONFIG_ANY_OWNER) != 0;
    keyset->jwks_file = settings_text(reading->options, AZURE_KEYSET + KEYSET_JWKS_FILE);
    bool elsewhere = uri || keyset->jwks_file.len > 0;
    if (uri && keyset->jwks_file.len > 0) {
        settings_fault(reading->options, AZURE_JWKS_URI, STR("and jwks_file exclude each other"));
    } else if (elsewhere && authority->tenancy == TENANCY_FOUND) {
        settings_fault(
            reading->options, AZURE_TENANT_ID,
            STR("must be the tenant's id where jwks_uri or jwks_file is given: a name's id is in the discovery "
                "document"));
    } else if (elsewhere && settings_number(reading->options, AZURE_APP_KEYS) != 0) {
        settings_fault(reading->options, AZURE_APP_KEYS,
                       STR("goes with Entra's own key set, not with jwks_uri or jwks_file"));
    } else if (uri) {
        keyset->jwks_uri = settings_text(reading->options, AZURE_JWKS_URI);
    } else if (!elsewhere && (authority->tenancy == TENANCY_FOUND || authority->flavor != FLAVOR_AAD)) {
        read_discovery(reading);
    } else if (!elsewhere) {
        keyset->jwks_uri = SETTINGS_JOIN(reading->options, STR("https://"), authority->host, STR("/"),
                                         authority->tenant_path, STR("/discovery/v2.0/keys"), app_query(reading));
    }
}

void authority_read(struct reading *reading) {
    read_host(reading);
    read_tenant(reading);
    read_allowed(reading);
    read_policy(reading);
    if (reading->options->failed) {
        return; /* the next steps would only report faults that follow from the first */
    }
    read_templates(reading);
    read_issuers(reading);
    read_keyset(reading);
}

/* ---- The discovery document -------------------------------------------------------------------------------------- */

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
