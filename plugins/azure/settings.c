/* SPDX-License-Identifier: MIT
 *
 * The option table of the azure plugin, and the check of what the options mean together. It refuses what could not work or
 * would be an open door.
 */
#include <config.h>

#include <plugins/azure/scopes.h>
#include <plugins/azure/settings.h>
#include <src/base/buf.h>
#include <src/base/str.h>

#define MEMORY_MAX (1024 * 1024)
#define TEXT_MAX   8192

static const char *const key_issuer_choices[] = { "require", "if_present", "off", NULL };
static const char *const match_choices[] = { "all", "any", NULL };
static const char *const token_type_choices[] = { "auto", "user", "app", "any", NULL };
static const char *const version_choices[] = { "1", "2", NULL };
static const char *const subject_choices[] = { "oid", "sub", "tid+oid", NULL };

/* clang-format off */
const struct tam_option azure_options[AZURE_OPTION_COUNT] = {
    { "client_id", TAM_OPT_STRING, TAM_OPT_REQUIRED, 1, 128, NULL, NULL, "application (client) id of this API's app registration" },
    { "tenant_id", TAM_OPT_STRING, TAM_OPT_REQUIRED, 1, 128, NULL, NULL, "directory (tenant) id whose tokens are accepted" },
    { "base_authority", TAM_OPT_STRING, 0, 1, 256, "login.microsoftonline.com", NULL, "host of the cloud: public, US Gov or China" },
    { "jwks_uri", TAM_OPT_URL, 0, 0, 0, NULL, NULL, "where keys are fetched; default: the tenant's own" },
    { "key_issuer", TAM_OPT_ENUM, 0, 0, 0, "if_present", key_issuer_choices, "whether a key must name the issuer it signs for" },
    { "identifier_uri", TAM_OPT_STRING, 0, 1, 1024, NULL, NULL, "application ID URI; default: api://CLIENT_ID" },
    { "audiences", TAM_OPT_STRING | TAM_OPT_LIST, 0, 1, 1024, NULL, NULL, "further aud values accepted" },
    { "token_versions", TAM_OPT_ENUM | TAM_OPT_LIST, 0, 0, 0, "1,2", version_choices, "accepted versions of access tokens" },
    { "required_scopes", TAM_OPT_STRING | TAM_OPT_LIST, 0, 1, 1024, NULL, NULL, "scopes a user's token needs, short or as own URI" },
    { "scope_match", TAM_OPT_ENUM, 0, 0, 0, "all", match_choices, "whether all of the required scopes are needed, or any" },
    { "required_roles", TAM_OPT_STRING | TAM_OPT_LIST, 0, 1, 1024, NULL, NULL, "app roles an application's token needs" },
    { "role_match", TAM_OPT_ENUM, 0, 0, 0, "any", match_choices, "whether all of the required roles are needed, or any" },
    { "token_type", TAM_OPT_ENUM, 0, 0, 0, "auto", token_type_choices, "whose tokens: auto is user with scopes, app with roles, both with both" },
    { "allowed_clients", TAM_OPT_GUID | TAM_OPT_LIST, 0, 0, 0, NULL, NULL, "client applications (azp, appid) that are let in" },
    { "allowed_objects", TAM_OPT_GUID | TAM_OPT_LIST, 0, 0, 0, NULL, NULL, "users and service principals (oid) that are let in" },
    { "allow_acl", TAM_OPT_BOOL, 0, 0, 0, "no", NULL, "accept application tokens with neither scp nor roles; needs allowed_clients or allowed_objects" },
    { "min_client_auth", TAM_OPT_INT, 0, 0, 2, "0", NULL, "least client authentication: 0 none, 1 secret, 2 certificate" },
    { "allow_guests", TAM_OPT_BOOL, 0, 0, 0, "yes", NULL, "let users in who are guests of the tenant" },
    { "clock_skew", TAM_OPT_DURATION, 0, 0, 300, "60s", NULL, "how far Entra's clock may be off" },
    { "max_token_lifetime", TAM_OPT_DURATION, 0, 0, 31536000, "0", NULL, "longest time from iat to exp; 0: no limit" },
    { "advertise_scopes", TAM_OPT_STRING | TAM_OPT_LIST, 0, 1, 1024, NULL, NULL, "scopes in the metadata; default: the required ones as clients request them" },
    { "subject", TAM_OPT_ENUM, 0, 0, 0, "tid+oid", subject_choices, "which claims name the principal" },
    KEYSET_OPTIONS("1h", "24h", "5m"),
};
/* clang-format on */

struct reading {
    struct azure_settings *settings;
    const struct tam_config *config;
    const struct tam_host *host;
    struct pool pool;
    bool failed;
};

static void fault(struct reading *reading, uint32_t row, struct tam_str text) {
    reading->host->fault(reading->host->ctx, row, text);
    reading->failed = true;
}

static const struct tam_value *value_of(const struct reading *reading, uint32_t row) {
    return tam_config_value(reading->config, row);
}

/* Joins texts into memory of the settings; a STR_NONE ends them. */
static struct tam_str join(struct reading *reading, const struct tam_str *texts, size_t count) {
    struct tam_str joined = STR_NONE;
    struct buf buf;
    buf_init(&buf, TEXT_MAX);
    for (size_t i = 0; i < count; i++) {
        buf_add(&buf, texts[i]);
    }
    if (buf.failed || !pool_copy(&reading->pool, buf_str(&buf), &joined)) {
        fault(reading, TAM_NO_ROW, STR("its options are too long"));
        joined = STR_NONE;
    }
    buf_free(&buf);
    return joined;
}
#define JOIN(reading, ...)                                                                                             \
    join(reading, (const struct tam_str[]){ __VA_ARGS__ },                                                             \
         sizeof((const struct tam_str[]){ __VA_ARGS__ }) / sizeof(struct tam_str))

/* ---- Authority and tenant -------------------------------------------------------------------------------------------- */

static void read_cloud(struct reading *reading) {
    reading->settings->cloud = cloud_find(value_of(reading, AZURE_BASE_AUTHORITY)->text);
    if (reading->settings->cloud == NULL) {
        fault(reading, AZURE_BASE_AUTHORITY, STR("is no authority of Microsoft's public, US Gov or China cloud"));
    }
}

static bool is_id(struct tam_str text) {
    for (size_t i = 0; i < text.len; i++) {
        char byte = text.ptr[i];
        bool good =
            (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') || byte == '-';
        if (!good) {
            return false;
        }
    }
    return text.len > 0;
}

static struct tam_str lower_guid(struct reading *reading, struct tam_str text) {
    struct tam_str copy = JOIN(reading, text);
    if (copy.len > 0 && str_is_guid(copy)) {
        str_lower(copy, (char *)(uintptr_t)copy.ptr);
    }
    return copy;
}

static void read_tenant(struct reading *reading) {
    static const struct tam_str aliases[] = { STR_INIT("organizations"), STR_INIT("consumers"), STR_INIT("common") };
    struct tam_str tenant = value_of(reading, AZURE_TENANT_ID)->text;
    for (size_t i = 0; i < sizeof aliases / sizeof aliases[0]; i++) {
        if (str_equal_nocase(tenant, aliases[i])) {
            fault(reading, AZURE_TENANT_ID,
                  STR("must be one tenant's id: organizations, consumers and common come with a later version"));
            return;
        }
    }
    if (str_find(tenant, '.') < tenant.len) {
        fault(reading, AZURE_TENANT_ID, STR("must be the tenant's id: domains come with a later version"));
    } else if (!is_id(tenant)) {
        fault(reading, AZURE_TENANT_ID, STR("must be an id of letters, digits and hyphens"));
    } else {
        reading->settings->tenant = lower_guid(reading, tenant);
    }
}

static void read_issuers(struct reading *reading) {
    struct azure_settings *settings = reading->settings;
    struct tam_list versions = value_of(reading, AZURE_TOKEN_VERSIONS)->list;
    if (settings->cloud == NULL || settings->tenant.len == 0) {
        return;
    }
    settings->authorization_server =
        JOIN(reading, STR("https://"), settings->cloud->host, STR("/"), settings->tenant, STR("/v2.0"));
    if (list_has(versions, STR("1"))) {
        settings->issuers[0] =
            JOIN(reading, STR("https://"), settings->cloud->sts_host, STR("/"), settings->tenant, STR("/"));
    }
    if (list_has(versions, STR("2"))) {
        settings->issuers[1] = settings->authorization_server;
    }
}

static void read_keyset(struct reading *reading) {
    struct azure_settings *settings = reading->settings;
    struct keyset_config *keyset = &settings->keyset;
    const struct tam_value *jwks_uri = value_of(reading, AZURE_JWKS_URI);
    keyset->config = reading->config;
    keyset->first_row = AZURE_KEYSET;
    keyset->any_owner = (reading->config->flags & TAM_CONFIG_ANY_OWNER) != 0;
    keyset->jwks_file = value_of(reading, AZURE_KEYSET + KEYSET_JWKS_FILE)->text;
    if (keyset->jwks_file.len > 0 && jwks_uri->given != TAM_GIVEN_ABSENT) {
        fault(reading, AZURE_JWKS_URI, STR("and jwks_file exclude each other"));
    } else if (jwks_uri->given != TAM_GIVEN_ABSENT) {
        keyset->jwks_uri = jwks_uri->text;
    } else if (keyset->jwks_file.len == 0 && settings->cloud != NULL && settings->tenant.len > 0) {
        keyset->jwks_uri = JOIN(reading, STR("https://"), settings->cloud->host, STR("/"), settings->tenant,
                                STR("/discovery/v2.0/keys"));
    }
}

/* ---- Audience and scopes --------------------------------------------------------------------------------------------- */

static void read_audience(struct reading *reading) {
    struct azure_settings *settings = reading->settings;
    struct tam_list more = value_of(reading, AZURE_AUDIENCES)->list;
    settings->client_id = lower_guid(reading, value_of(reading, AZURE_CLIENT_ID)->text);
    struct tam_str own = JOIN(reading, STR("api://"), settings->client_id);
    bool given = value_of(reading, AZURE_IDENTIFIER_URI)->given != TAM_GIVEN_ABSENT;
    settings->identifier_uri = given ? value_of(reading, AZURE_IDENTIFIER_URI)->text : own;
    settings->scope_prefix = JOIN(reading, settings->identifier_uri, STR("/"));
    struct tam_str *items = pool_array(&reading->pool, more.count + 2, sizeof *items);
    if (items == NULL) {
        fault(reading, AZURE_AUDIENCES, STR("is too long"));
        return;
    }
    items[0] = own;
    items[1] = settings->identifier_uri;
    for (size_t i = 0; i < more.count; i++) {
        items[i + 2] = more.items[i];
    }
    settings->uri_audiences = (struct tam_list){ items, more.count + 2 };
}

static struct scope_owner owner_of(const struct azure_settings *settings) {
    return (struct scope_owner){ settings->client_id, settings->identifier_uri, settings->scope_prefix };
}

static void advertise(struct reading *reading, uint32_t row, struct tam_list scopes, struct tam_list *ret_list) {
    struct scope_owner owner = owner_of(reading->settings);
    struct tam_str *items = pool_array(&reading->pool, scopes.count, sizeof *items), scope;
    size_t count = 0;
    for (size_t i = 0; i < scopes.count; i++) {
        if (items == NULL || !scope_advertise(&owner, scopes.items[i], &reading->pool, &scope)) {
            fault(reading, row, STR("is too long"));
            return;
        }
        if (!list_has((struct tam_list){ items, count }, scope)) {
            items[count++] = scope;
        }
    }
    *ret_list = (struct tam_list){ items, count };
}

static void read_required_scopes(struct reading *reading) {
    struct azure_settings *settings = reading->settings;
    struct scope_owner owner = owner_of(settings);
    struct tam_list scopes = value_of(reading, AZURE_REQUIRED_SCOPES)->list;
    struct tam_str *items = pool_array(&reading->pool, scopes.count, sizeof *items);
    size_t count = 0;
    for (size_t i = 0; items != NULL && i < scopes.count; i++) {
        enum scope_form form = scope_read(&owner, scopes.items[i], &items[count]);
        if (form == SCOPE_FOREIGN) {
            fault(reading, AZURE_REQUIRED_SCOPES, STR("has a scope of another API: no token for this one carries it"));
        }
        count += form == SCOPE_SHORT;
    }
    settings->required_scopes = (struct tam_list){ items, count };
    advertise(reading, AZURE_REQUIRED_SCOPES, settings->required_scopes, &settings->needed_scopes);
    bool given = value_of(reading, AZURE_ADVERTISE_SCOPES)->given != TAM_GIVEN_ABSENT;
    advertise(reading, given ? AZURE_ADVERTISE_SCOPES : AZURE_REQUIRED_SCOPES,
              given ? value_of(reading, AZURE_ADVERTISE_SCOPES)->list : scopes, &settings->advertised_scopes);
}

/* ---- The rest ---------------------------------------------------------------------------------------------------------- */

static void read_plain(struct reading *reading) {
    struct azure_settings *settings = reading->settings;
    settings->config = reading->config;
    settings->key_issuer = value_of(reading, AZURE_KEY_ISSUER)->number;
    settings->scopes_any = value_of(reading, AZURE_SCOPE_MATCH)->number == 1;
    settings->required_roles = value_of(reading, AZURE_REQUIRED_ROLES)->list;
    settings->roles_all = value_of(reading, AZURE_ROLE_MATCH)->number == 0;
    settings->token_type = value_of(reading, AZURE_TOKEN_TYPE)->number;
    settings->allowed_clients = value_of(reading, AZURE_ALLOWED_CLIENTS)->list;
    settings->allowed_objects = value_of(reading, AZURE_ALLOWED_OBJECTS)->list;
    settings->allow_acl = value_of(reading, AZURE_ALLOW_ACL)->number != 0;
    settings->min_client_auth = value_of(reading, AZURE_MIN_CLIENT_AUTH)->number;
    settings->allow_guests = value_of(reading, AZURE_ALLOW_GUESTS)->number != 0;
    settings->clock_skew = value_of(reading, AZURE_CLOCK_SKEW)->number;
    settings->max_token_lifetime = value_of(reading, AZURE_MAX_TOKEN_LIFETIME)->number;
    settings->subject = value_of(reading, AZURE_SUBJECT)->number;
}

static void check_together(struct reading *reading) {
    const struct azure_settings *settings = reading->settings;
    if (settings->allow_acl && settings->allowed_clients.count == 0 && settings->allowed_objects.count == 0) {
        fault(reading, AZURE_ALLOW_ACL,
              STR("would let every application of the tenant in: it needs allowed_clients or allowed_objects"));
    }
    if (settings->token_type == TOKEN_TYPE_APP && settings->required_scopes.count > 0) {
        fault(reading, AZURE_REQUIRED_SCOPES, STR("cannot be met with token_type=app: applications carry roles"));
    }
}

bool azure_settings_read(struct azure_settings *settings, const struct tam_config *config,
                         const struct tam_host *host) {
    memset(settings, 0, sizeof *settings);
    arena_init(&settings->memory, NULL, 0, MEMORY_MAX);
    struct reading reading = { settings, config, host, arena_pool(&settings->memory), false };
    read_plain(&reading);
    read_cloud(&reading);
    read_tenant(&reading);
    read_issuers(&reading);
    read_keyset(&reading);
    read_audience(&reading);
    read_required_scopes(&reading);
    check_together(&reading);
    return !reading.failed;
}

void azure_settings_free(struct azure_settings *settings) {
    arena_free(&settings->memory);
}
