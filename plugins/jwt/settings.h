/* SPDX-License-Identifier: MIT
 *
 * The options of the jwt plugin: the rows of their table, and their checked values, which are immutable.
 */
#ifndef TAM_JWT_SETTINGS_H
#define TAM_JWT_SETTINGS_H

#include <plugins/jose/keyset/keyset.h>
#include <plugins/jose/keyset/options.h>
#include <plugins/jwt/path.h>
#include <src/base/arena.h>

/* Rows of jwt_options. */
enum jwt_option {
    JWT_ISSUER,
    JWT_AUDIENCE,
    JWT_AUTHORITY,
    JWT_JWKS_URI,
    JWT_KEY_FILE,
    JWT_SECRET,
    JWT_ALGORITHMS,
    JWT_TYP,
    JWT_SCOPE_CLAIM,
    JWT_ROLES_CLAIM,
    JWT_SUBJECT_CLAIM,
    JWT_CLIENT_CLAIM,
    JWT_REQUIRED_SCOPES,
    JWT_SCOPE_MATCH,
    JWT_REQUIRED_CLAIMS,
    JWT_CLOCK_SKEW,
    JWT_MAX_TOKEN_LIFETIME,
    JWT_KEYSET, /* the first of the key-set options */
    JWT_OPTION_COUNT = JWT_KEYSET + KEYSET_OPTION_COUNT
};

extern const struct tam_option jwt_options[JWT_OPTION_COUNT];

/* One entry of required_claims. */
struct jwt_required {
    struct path path;
    struct tam_str value; /* the claim must be this string, an array with it, or this number or boolean as written */
    bool any_value;       /* the claim must only be present */
};

struct jwt_settings {
    struct arena memory;
    const struct tam_config *config;
    struct tam_list issuers, audiences, required_scopes;
    uint32_t algorithms; /* mask */
    bool typ_at_jwt, match_any;
    const struct path *scope_paths, *client_paths;
    size_t scope_path_count, client_path_count;
    struct path roles_path, subject_path; /* roles_path.names.count 0: none */
    const struct jwt_required *required;
    size_t required_count;
    int64_t clock_skew, max_token_lifetime; /* seconds; 0: no limit */
    struct keyset_config keyset;
};

/* Reads the options and checks their meaning. False: every fault was reported to the host. The caller calls
 * jwt_settings_free() in either case. */
bool jwt_settings_read(struct jwt_settings *settings, const struct tam_config *config, const struct tam_host *host);
void jwt_settings_free(struct jwt_settings *settings);

#endif
