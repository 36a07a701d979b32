/* SPDX-License-Identifier: MIT
 *
 * The option table of the azure plugin, and the reader of its options. A new option is a row here, a member of enum
 * azure_option, and a line in one of the readers below. Options that contradict each other, or that would accept tokens
 * of strangers, are faults.
 */
#include <config.h>

#include <plugins/azure/identifier.h>
#include <plugins/azure/scopes.h>
#include <src/base/alphabet.h>
#include <src/base/array.h>
#include <src/base/index.h>
#include <src/base/str.h>

#define MEMORY_MAX (1024 * 1024)

static const char *const key_issuer_choices[] = { "require", "if_present", "off", NULL };
static const char *const flavor_choices[] = { "aad", "b2c", "ciam", NULL };
static const char *const challenge_choices[] = { "auto", "off", NULL };
static const char *const match_choices[] = { "all", "any", NULL };
static const char *const token_type_choices[] = { "auto", "user", "app", "any", NULL };
static const char *const version_choices[] = { "1", "2", NULL };
static const char *const subject_choices[] = { "oid", "sub", "tid+oid", NULL };

/* clang-format off */
const struct tam_option azure_options[AZURE_OPTION_COUNT] = {
    { "client_id", TAM_OPT_STRING, TAM_OPT_REQUIRED, 1, 128, NULL, NULL,
      "application (client) id of this API's app registration" },
    { "tenant_id", TAM_OPT_STRING, TAM_OPT_REQUIRED, 1, 128, NULL, NULL,
      "whose tokens: a directory (tenant) id, a domain, organizations, consumers or common" },
    { "allowed_tenants", TAM_OPT_GUID | TAM_OPT_LIST, 0, 0, 0, NULL, NULL,
      "of organizations or common, only these tenants" },
    { "base_authority", TAM_OPT_STRING, 0, 1, 256, "login.microsoftonline.com", NULL,
      "host of the cloud: public, US Gov or China; of the tenant with b2c and ciam" },
    { "flavor", TAM_OPT_ENUM, 0, 0, 0, "aad", flavor_choices, "Entra ID, Azure AD B2C, or External ID (ciam)" },
    { "policy", TAM_OPT_STRING, 0, 1, 128, NULL, NULL, "with b2c: the user flow whose tokens are accepted (tfp, acr)" },
    { "issuer", TAM_OPT_URL | TAM_OPT_LIST, 0, 0, 0, NULL, NULL,
      "accept exactly these iss; default: what tenant_id and base_authority say" },
    { "jwks_uri", TAM_OPT_URL, 0, 0, 0, NULL, NULL, "where keys are fetched; default: the tenant's own" },
    { "app_keys", TAM_OPT_BOOL, 0, 0, 0, "no", NULL, "fetch the signing keys of this application (claims mapping)" },
    { "key_issuer", TAM_OPT_ENUM, 0, 0, 0, NULL, key_issuer_choices,
      "whether a key must name the issuer it signs for; default: require where there is more than one, else "
      "if_present" },
    { "identifier_uri", TAM_OPT_STRING, 0, 1, 1024, NULL, NULL, "application ID URI; default: api://CLIENT_ID" },
    { "audiences", TAM_OPT_STRING | TAM_OPT_LIST, 0, 1, 1024, NULL, NULL, "further aud values accepted" },
    { "token_versions", TAM_OPT_ENUM | TAM_OPT_LIST, 0, 0, 0, "1,2", version_choices,
      "accepted versions of access tokens" },
    { "required_scopes", TAM_OPT_STRING | TAM_OPT_LIST, 0, 1, 1024, NULL, NULL,
      "scopes a user's token needs, short or as own URI" },
    { "scope_match", TAM_OPT_ENUM, 0, 0, 0, "all", match_choices,
      "whether all of the required scopes are needed, or any" },
    { "required_roles", TAM_OPT_STRING | TAM_OPT_LIST, 0, 1, 1024, NULL, NULL,
      "app roles an application's token needs" },
    { "role_match", TAM_OPT_ENUM, 0, 0, 0, "any", match_choices,
      "whether all of the required roles are needed, or any" },
    { "token_type", TAM_OPT_ENUM, 0, 0, 0, "auto", token_type_choices,
      "whose tokens: auto is user with scopes, app with roles, both with both" },
    { "allowed_clients", TAM_OPT_GUID | TAM_OPT_LIST, 0, 0, 0, NULL, NULL,
      "client applications (azp, appid) that are let in" },
    { "allowed_objects", TAM_OPT_GUID | TAM_OPT_LIST, 0, 0, 0, NULL, NULL,
      "users and service principals (oid) that are let in" },
    { "allow_acl", TAM_OPT_BOOL, 0, 0, 0, "no", NULL,
      "accept application tokens with neither scp nor roles; needs allowed_clients or allowed_objects" },
    { "required_groups", TAM_OPT_GUID | TAM_OPT_LIST, 0, 0, 0, NULL, NULL,
      "groups that the bearer must be a member of, all of them" },
    { "min_client_auth", TAM_OPT_INT, 0, 0, 2, "0", NULL,
      "least client authentication: 0 none, 1 secret, 2 certificate" },
    { "allow_guests", TAM_OPT_BOOL, 0, 0, 0, "yes", NULL, "let users in who are guests of the tenant" },
    { "required_acrs", TAM_OPT_STRING | TAM_OPT_LIST, 0, 1, 64, NULL, NULL,
      "authentication contexts that must be met, all of them (acrs: c1, c2)" },
    { "claims_challenge", TAM_OPT_ENUM, 0, 0, 0, "auto", challenge_choices,
      "tell clients that declare cp1 how to meet required_acrs" },
    { "clock_skew", TAM_OPT_DURATION, 0, 0, 300, "60s", NULL, "how far Entra's clock may be off" },
    { "max_token_lifetime", TAM_OPT_DURATION, 0, 0, 31536000, "0", NULL, "longest time from iat to exp; 0: no limit" },
    { "advertise_scopes", TAM_OPT_STRING | TAM_OPT_LIST, 0, 1, 1024, NULL, NULL,
      "scopes in the metadata; default: the required ones as clients request them" },
    { "subject", TAM_OPT_ENUM, 0, 0, 0, "tid+oid", subject_choices, "which claims name the principal" },
    KEYSET_OPTIONS("1h", "24h", "5m"),
};
/* clang-format on */

struct tam_str reading_lower_guid(struct reading *reading, struct tam_str text) {
    struct tam_str copy = SETTINGS_JOIN(reading->options, text);
    if (copy.len > 0 && str_is_guid(copy)) {
        str_lower(copy, (char *)(uintptr_t)copy.ptr);
    }
    return copy;
}

/* ---- Audience and scopes ----------------------------------------------------------------------------------------- */

/* Its tokens are for it alone, and nobody else can check their signatures. */
static bool is_graph(struct tam_str text) {
    static const struct tam_str names[] = { STR_INIT("00000003-0000-0000-c000-000000000000"),
                                            STR_INIT("https://graph.microsoft.com"),
                                            STR_INIT("https://graph.microsoft.com/") };
    return list_has_nocase((struct tam_list){ names, COUNT(names) }, text);
}
#define GRAPHS STR("is Microsoft Graph's: its tokens are for nobody else; register an application for this API")

/* What passes, and lets nobody in, or others than were meant. */
static void check_audience(struct reading *reading) {
    const struct azure_settings *settings = reading->settings;
    struct tam_list more = settings_list(reading->options, AZURE_AUDIENCES);
    struct tam_str uri = settings->identifier_uri;
    if (settings->client_is_guid && str_equal(settings->client_id, settings->authority.tenant)) {
        settings_fault(reading->options, AZURE_CLIENT_ID,
                       STR("is the same as tenant_id: one of the two was copied twice"));
    } else if (is_graph(settings->client_id)) {
        settings_fault(reading->options, AZURE_CLIENT_ID, GRAPHS);
    }
    if (str_find(uri, ':') == uri.len) {
        settings_warn(
            reading->options,
            STR("identifier_uri is no URI: an application ID URI is such as api://NAME or https://HOST/PATH"));
    }
    for (size_t i = 0; i < more.count; i++) {
        if (is_graph(more.items[i])) {
            settings_fault(reading->options, AZURE_AUDIENCES,
                           STR("has Microsoft Graph, whose tokens are for nobody else"));
        } else if (settings->authority.open && !str_is_guid(more.items[i])) {
            settings_warn(reading->options,
                          STR("audiences has an entry that is no GUID and counts for nothing: where tokens of any "
                              "tenant are accepted, allowed_tenants is needed for it"));
        }
    }
}

/* The accepted audiences. Application ID URIs are unique within one tenant only, so with an open authority only GUIDs
 * count: a stranger can register the same URI in a tenant of their own. */
static void read_audience(struct reading *reading) {
    struct azure_settings *settings = reading->settings;
    bool open = settings->authority.open;
    identifier_check(reading, AZURE_CLIENT_ID, false);
    struct tam_list more = settings_list(reading->options, AZURE_AUDIENCES);
    settings->client_id = reading_lower_guid(reading, settings_text(reading->options, AZURE_CLIENT_ID));
    settings->client_is_guid = str_is_guid(settings->client_id);
    struct tam_str own = SETTINGS_JOIN(reading->options, STR("api://"), settings->client_id);
    settings->identifier_uri = settings_given(reading->options, AZURE_IDENTIFIER_URI)
                                   ? settings_text(reading->options, AZURE_IDENTIFIER_URI)
                                   : own;
    settings->scope_prefix = SETTINGS_JOIN(reading->options, settings->identifier_uri, STR("/"));
    struct tam_str *items = pool_array(&reading->options->pool, more.count + 2, sizeof *items);
    size_t count = 0;
    if (items == NULL) {
        settings_fault(reading->options, AZURE_AUDIENCES, STR("is too long"));
        return;
    }
    if (!open) {
        items[count++] = own;
        items[count++] = settings->identifier_uri;
    }
    for (size_t i = 0; i < more.count; i++) {
        if (!open || str_is_guid(more.items[i])) {
            items[count++] = more.items[i];
        }
    }
    settings->audiences = (struct tam_list){ items, count };
    check_audience(reading);
}

static struct scope_owner owner_of(const struct azure_settings *settings) {
    return (struct scope_owner){ settings->client_id, settings->identifier_uri, settings->scope_prefix };
}

static void advertise(struct reading *reading, uint32_t row, struct tam_list scopes, struct tam_list *ret_list) {
    struct scope_owner owner = owner_of(reading->settings);
    struct tam_str *items = pool_array(&reading->options->pool, scopes.count, sizeof *items), scope;
    struct index index;
    size_t count = 0;
    if (items == NULL || !index_open(&index, items, scopes.count, false, &reading->options->pool)) {
        settings_fault(reading->options, row, STR("is too long"));
        return;
    }
    for (size_t i = 0; i < scopes.count; i++) {
        if (!scope_advertise(&owner, scopes.items[i], &reading->options->pool, &scope)) {
            settings_fault(reading->options, row, STR("is too long"));
            return;
        }
        if (!settings_check_scope(reading->options, row, scope)) {
            return;
        }
        items[count] = scope;
        count += index_add(&index, count);
    }
    *ret_list = (struct tam_list){ items, count };
}

/* This API's URI with no scope behind it, which is read as another API's. */
static bool is_own_uri(const struct azure_settings *settings, struct tam_str scope) {
    scope.len -= str_ends(scope, STR("/")) ? 1 : 0;
    return str_equal(scope, settings->identifier_uri) ||
           (str_starts(scope, STR("api://")) && str_equal_nocase(str_from(scope, 6), settings->client_id));
}

static void check_scope(struct reading *reading, enum scope_form form, struct tam_str scope) {
    const struct azure_settings *settings = reading->settings;
    if (form == SCOPE_FOREIGN && is_own_uri(settings, scope)) {
        settings_fault(reading->options, AZURE_REQUIRED_SCOPES,
                       STR("has this API's URI without the name of a scope behind it, such as api://CLIENT_ID/read"));
    } else if (form == SCOPE_FOREIGN) {
        settings_fault(reading->options, AZURE_REQUIRED_SCOPES,
                       STR("has a scope of another API: no token for this one carries it"));
    } else if (form == SCOPE_OIDC) {
        settings_warn(reading->options,
                      STR("required_scopes has openid, profile, email or offline_access: clients are told to request "
                          "it, and no token needs it, for access tokens do not carry it"));
    } else if (str_ends(settings->scope_prefix, SETTINGS_JOIN(reading->options, STR("/"), scope, STR("/")))) {
        settings_warn(reading->options,
                      STR("identifier_uri ends in a required scope: the application ID URI ends before it"));
    }
}

static void read_required_scopes(struct reading *reading) {
    struct azure_settings *settings = reading->settings;
    bool named = settings_given(reading->options, AZURE_IDENTIFIER_URI);
    if (!settings_check_scope(reading->options, named ? AZURE_IDENTIFIER_URI : AZURE_CLIENT_ID,
                              settings->scope_prefix)) {
        return;
    }
    struct scope_owner owner = owner_of(settings);
    struct tam_list scopes = settings_list(reading->options, AZURE_REQUIRED_SCOPES);
    struct tam_str *items = pool_array(&reading->options->pool, scopes.count, sizeof *items);
    size_t count = 0;
    for (size_t i = 0; items != NULL && i < scopes.count; i++) {
        enum scope_form form = scope_read(&owner, scopes.items[i], &items[count]);
        check_scope(reading, form, scopes.items[i]);
        count += form == SCOPE_SHORT;
    }
    settings->required_scopes = (struct tam_list){ items, count };
    advertise(reading, AZURE_REQUIRED_SCOPES, settings->required_scopes, &settings->needed_scopes);
    bool given = settings_given(reading->options, AZURE_ADVERTISE_SCOPES);
    advertise(reading, given ? AZURE_ADVERTISE_SCOPES : AZURE_REQUIRED_SCOPES,
              given ? settings_list(reading->options, AZURE_ADVERTISE_SCOPES) : scopes, &settings->advertised_scopes);
}

/* ---- The rest ---------------------------------------------------------------------------------------------------- */

static void read_plain(struct reading *reading) {
    struct azure_settings *settings = reading->settings;
    settings->config = reading->options->config;
    settings->scopes_any = settings_number(reading->options, AZURE_SCOPE_MATCH) == 1;
    settings->required_roles = settings_list(reading->options, AZURE_REQUIRED_ROLES);
    settings->roles_all = settings_number(reading->options, AZURE_ROLE_MATCH) == 0;
    settings->token_type = settings_number(reading->options, AZURE_TOKEN_TYPE);
    settings->allowed_clients = settings_list(reading->options, AZURE_ALLOWED_CLIENTS);
    settings->allowed_objects = settings_list(reading->options, AZURE_ALLOWED_OBJECTS);
    settings->required_groups = settings_list(reading->options, AZURE_REQUIRED_GROUPS);
    settings->required_acrs = settings_list(reading->options, AZURE_REQUIRED_ACRS);
    settings->challenge_claims = settings_number(reading->options, AZURE_CLAIMS_CHALLENGE) == 0;
    settings->allow_acl = settings_number(reading->options, AZURE_ALLOW_ACL) != 0;
    settings->min_client_auth = settings_number(reading->options, AZURE_MIN_CLIENT_AUTH);
    settings->allow_guests = settings_number(reading->options, AZURE_ALLOW_GUESTS) != 0;
    settings->clock_skew = settings_number(reading->options, AZURE_CLOCK_SKEW);
    settings->max_token_lifetime = settings_number(reading->options, AZURE_MAX_TOKEN_LIFETIME);
    settings->subject = settings_number(reading->options, AZURE_SUBJECT);
}

static void read_key_issuer(struct reading *reading) {
    struct azure_settings *settings = reading->settings;
    settings->key_issuer = settings->authority.multi ? KEY_ISSUER_REQUIRE : KEY_ISSUER_IF_PRESENT;
    if (settings_given(reading->options, AZURE_KEY_ISSUER)) {
        settings->key_issuer = settings_number(reading->options, AZURE_KEY_ISSUER);
    }
}

/* Refuses secrets in the options whose values clients are shown or the log shows as expected. */
static void check_public(struct reading *reading) {
    static const uint32_t rows[] = { AZURE_AUDIENCES, AZURE_REQUIRED_SCOPES, AZURE_REQUIRED_ROLES,
                                     AZURE_ADVERTISE_SCOPES };
    identifier_check_public(reading, AZURE_IDENTIFIER_URI,
                            (struct tam_list){ &settings_value(reading->options, AZURE_IDENTIFIER_URI)->text, 1 });
    for (size_t i = 0; i < COUNT(rows); i++) {
        identifier_check_public(reading, rows[i], settings_list(reading->options, rows[i]));
        identifier_check_list(reading, rows[i]);
    }
}

/* Contexts are written into the JSON of a challenge without escaping (conditions.c). */
static void check_contexts(struct reading *reading) {
    struct tam_list contexts = reading->settings->required_acrs;
    for (size_t i = 0; i < contexts.count; i++) {
        struct tam_str text = contexts.items[i];
        if (!str_is_visible_ascii(text) || str_find(text, '"') < text.len || str_find(text, '\\') < text.len) {
            settings_fault(reading->options, AZURE_REQUIRED_ACRS,
                           STR("must be identifiers of authentication contexts: c1, c2"));
            return;
        }
    }
}

static void check_together(struct reading *reading) {
    const struct azure_settings *settings = reading->settings;
    if (settings->allow_acl && settings->allowed_clients.count == 0 && settings->allowed_objects.count == 0) {
        settings_fault(
            reading->options, AZURE_ALLOW_ACL,
            STR("would let every application of the tenant in: it needs allowed_clients or allowed_objects"));
    }
    if (settings->token_type == TOKEN_TYPE_APP && settings->required_scopes.count > 0) {
        settings_fault(reading->options, AZURE_REQUIRED_SCOPES,
                       STR("cannot be met with token_type=app: applications carry roles"));
    }
}

bool azure_settings_read(struct azure_settings *settings, const struct tam_config *config,
                         const struct tam_host *host) {
    memset(settings, 0, sizeof *settings);
    arena_init(&settings->memory, NULL, 0, MEMORY_MAX);
    struct settings_reader options = { config, host, arena_pool(&settings->memory), false };
    struct reading reading = { &options, settings };
    read_plain(&reading);
    authority_read(&reading);
    read_key_issuer(&reading);
    read_audience(&reading);
    read_required_scopes(&reading);
    check_public(&reading);
    check_contexts(&reading);
    check_together(&reading);
    return !options.failed;
}

void azure_settings_free(struct azure_settings *settings) {
    arena_free(&settings->memory);
}
