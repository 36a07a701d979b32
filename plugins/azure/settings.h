/* SPDX-License-Identifier: MIT
 *
 * The options of the azure plugin: the rows of their table, and their checked values, which are immutable.
 */
#ifndef TAM_AZURE_SETTINGS_H
#define TAM_AZURE_SETTINGS_H

#include <plugins/azure/authority.h>
#include <plugins/common/settings_reader.h>
#include <plugins/jose/keyset/keyset.h>
#include <plugins/jose/keyset/options.h>
#include <src/base/arena.h>

#define AZURE_ALGORITHMS ALGORITHM_BIT(ALGORITHM_RS256) /* Entra signs with no other */

/* Rows of azure_options. */
enum azure_option {
    AZURE_CLIENT_ID,
    AZURE_TENANT_ID,
    AZURE_ALLOWED_TENANTS,
    AZURE_BASE_AUTHORITY,
    AZURE_FLAVOR,
    AZURE_POLICY,
    AZURE_ISSUER,
    AZURE_JWKS_URI,
    AZURE_APP_KEYS,
    AZURE_KEY_ISSUER,
    AZURE_IDENTIFIER_URI,
    AZURE_AUDIENCES,
    AZURE_TOKEN_VERSIONS,
    AZURE_REQUIRED_SCOPES,
    AZURE_SCOPE_MATCH,
    AZURE_REQUIRED_ROLES,
    AZURE_ROLE_MATCH,
    AZURE_TOKEN_TYPE,
    AZURE_ALLOWED_CLIENTS,
    AZURE_ALLOWED_OBJECTS,
    AZURE_ALLOW_ACL,
    AZURE_REQUIRED_GROUPS,
    AZURE_MIN_CLIENT_AUTH,
    AZURE_ALLOW_GUESTS,
    AZURE_REQUIRED_ACRS,
    AZURE_CLAIMS_CHALLENGE,
    AZURE_CLOCK_SKEW,
    AZURE_MAX_TOKEN_LIFETIME,
    AZURE_ADVERTISE_SCOPES,
    AZURE_SUBJECT,
    AZURE_KEYSET, /* the first of the key-set options */
    AZURE_OPTION_COUNT = AZURE_KEYSET + KEYSET_OPTION_COUNT
};

extern const struct tam_option azure_options[AZURE_OPTION_COUNT];

/* Indices of the choices in the table. */
enum { KEY_ISSUER_REQUIRE, KEY_ISSUER_IF_PRESENT, KEY_ISSUER_OFF };
enum { TOKEN_TYPE_AUTO, TOKEN_TYPE_USER, TOKEN_TYPE_APP, TOKEN_TYPE_ANY };
enum { SUBJECT_OID, SUBJECT_SUB, SUBJECT_TID_OID };

struct azure_settings {
    struct arena memory;
    const struct tam_config *config;
    struct authority authority;
    struct tam_str client_id;
    bool client_is_guid;           /* then compared without regard to case, else byte for byte */
    struct tam_str identifier_uri; /* without slash and scope */
    struct tam_str scope_prefix;   /* identifier_uri and one slash */
    struct tam_list audiences; /* beside client_id; byte for byte but for one final slash; open authority: GUIDs only */
    struct tam_list required_scopes; /* short, as tokens carry them */
    struct tam_list needed_scopes;   /* the same, as a client requests them */
    struct tam_list advertised_scopes;
    struct tam_list required_roles, allowed_clients, allowed_objects, required_groups, required_acrs;
    bool scopes_any, roles_all, allow_acl, allow_guests, challenge_claims;
    int64_t token_type, key_issuer, subject, min_client_auth;
    int64_t clock_skew, max_token_lifetime; /* seconds; 0: no limit */
    struct keyset_config keyset;
};

/* Reads the options and checks their meaning. False: every fault was reported to the host. The caller calls
 * azure_settings_free() in either case. */
bool azure_settings_read(struct azure_settings *settings, const struct tam_config *config, const struct tam_host *host);
void azure_settings_free(struct azure_settings *settings);

/* ---- For the readers of options: settings.c, authority.c and identifier.c ---- */

/* The options being read, and the settings being written. */
struct reading {
    struct settings_reader *options;
    struct azure_settings *settings;
};

/* A copy in the memory of the settings; a GUID becomes lower case. */
struct tam_str reading_lower_guid(struct reading *reading, struct tam_str text);

#endif
