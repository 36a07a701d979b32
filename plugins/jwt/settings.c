/* SPDX-License-Identifier: MIT
 *
 * The option table of the jwt plugin, and the reader of its options. A new option is a row here, a member of enum
 * jwt_option, and a line in one of the readers below. Options that contradict each other, and missing audience or
 * issuer, are faults.
 */
#include <config.h>

#include <plugins/common/settings_reader.h>
#include <plugins/jwt/settings.h>
#include <src/base/array.h>
#include <src/base/file.h>
#include <src/base/str.h>

#define MEMORY_MAX        (1024 * 1024)
#define KEY_FILE_MAX      (64 * 1024)
#define DISCOVERY_URL_MAX 8192
#define DISCOVERY_SUFFIX  "/.well-known/openid-configuration" /* OpenID Connect Discovery 1.0 §4 */

static const char *const typ_choices[] = { "any", "at+jwt", NULL };
static const char *const match_choices[] = { "all", "any", NULL };
static const char *const algorithm_choices[] = { "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256",
                                                 "ES384", "ES512", "EdDSA", "HS256", "HS384", "HS512", NULL };

/* clang-format off */
const struct tam_option jwt_options[JWT_OPTION_COUNT] = {
    { "issuer", TAM_OPT_STRING | TAM_OPT_LIST, 0, 1, 1024, NULL, NULL,
      "accepted iss values, compared byte for byte; default: the authority" },
    { "audience", TAM_OPT_STRING | TAM_OPT_LIST, TAM_OPT_REQUIRED, 1, 1024, NULL, NULL,
      "accepted aud values; a token needs one of them" },
    { "authority", TAM_OPT_URL, 0, 0, 0, NULL, NULL, "issuer whose OpenID discovery document names the key set" },
    { "jwks_uri", TAM_OPT_URL, 0, 0, 0, NULL, NULL, "where the key set is fetched, without discovery" },
    { "key_file", TAM_OPT_FILE, 0, 0, 0, NULL, NULL, "one fixed key: PEM public key or certificate, or a JWK" },
    { "secret", TAM_OPT_SECRET, 0, 32, 4096, NULL, NULL, "shared secret, for HS256, HS384 and HS512 only" },
    { "algorithms", TAM_OPT_ENUM | TAM_OPT_LIST, 0, 0, 0, NULL, algorithm_choices,
      "accepted alg values; default: RS256,ES256,PS256,EdDSA, with a secret HS256" },
    { "typ", TAM_OPT_ENUM, 0, 0, 0, "any", typ_choices, "at+jwt: only RFC 9068 tokens; any: JWT, at+jwt or none" },
    { "scope_claim", TAM_OPT_STRING | TAM_OPT_LIST, 0, 1, 256, "scope,scp", NULL,
      "claims that hold scopes, text or array; dots lead into objects" },
    { "roles_claim", TAM_OPT_STRING, 0, 1, 256, NULL, NULL,
      "claim that holds roles, text or array; dots lead into objects" },
    { "subject_claim", TAM_OPT_STRING, 0, 1, 256, "sub", NULL, "claim that names the subject" },
    { "client_claim", TAM_OPT_STRING | TAM_OPT_LIST, 0, 1, 256, "client_id,azp", NULL,
      "claims that name the client; the first one there counts" },
    { "required_scopes", TAM_OPT_STRING | TAM_OPT_LIST, 0, 1, 256, NULL, NULL, "scopes that every token needs" },
    { "scope_match", TAM_OPT_ENUM, 0, 0, 0, "all", match_choices,
      "whether all of the required scopes are needed, or any" },
    { "required_claims", TAM_OPT_STRING | TAM_OPT_LIST, 0, 1, 1024, NULL, NULL,
      "claims that must be there: NAME, or NAME:VALUE" },
    { "clock_skew", TAM_OPT_DURATION, 0, 0, 300, "60s", NULL, "how far the issuer's clock may be off" },
    { "max_token_lifetime", TAM_OPT_DURATION, 0, 0, 31536000, "0", NULL, "longest time from iat to exp; 0: no limit" },
    KEYSET_OPTIONS("10m", "1h", "30s"),
};
/* clang-format on */

/* The options being read, and the settings being written. */
struct reading {
    struct settings_reader *options;
    struct jwt_settings *settings;
};

static void refuse_content(struct reading *reading, uint32_t row, struct tam_str why) {
    keyset_refuse_content(reading->options->host, row, why);
    reading->options->failed = true;
}

/* ---- The source of the keys -------------------------------------------------------------------------------------- */

static const uint32_t source_rows[] = { JWT_AUTHORITY, JWT_JWKS_URI, JWT_KEYSET + KEYSET_JWKS_FILE, JWT_KEY_FILE,
                                        JWT_SECRET };

static bool one_source(struct reading *reading) {
    size_t count = 0;
    uint32_t last = TAM_NO_ROW;
    for (size_t i = 0; i < COUNT(source_rows); i++) {
        if (settings_given(reading->options, source_rows[i])) {
            count++;
            last = source_rows[i];
        }
    }
    if (count == 0) {
        settings_fault(
            reading->options, TAM_NO_ROW,
            STR("where do keys come from? Exactly one of authority, jwks_uri, jwks_file, key_file and secret is "
                "needed"));
    } else if (count > 1) {
        settings_fault(reading->options, last,
                       STR("only one of authority, jwks_uri, jwks_file, key_file and secret may be given"));
    }
    return count == 1;
}

/* OpenID Connect Discovery 1.0 §4.3: the issuer in the document must be the authority that was asked, byte for byte. */
static bool accept_authority(void *ctx, const struct discovery *document, struct buf *ret_why) {
    const struct jwt_settings *settings = ctx;
    if (str_equal(document->issuer, tam_config_value(settings->config, JWT_AUTHORITY)->text)) {
        return true;
    }
    buf_add_text(ret_why, "the discovery document is of another issuer than the authority, byte for byte");
    return false;
}

static void read_authority(struct reading *reading) {
    struct jwt_settings *settings = reading->settings;
    struct tam_str authority = settings_text(reading->options, JWT_AUTHORITY);
    struct tam_str base = { authority.ptr, authority.len - str_ends(authority, STR("/")) };
    if (!POOL_JOIN(&reading->options->pool, &settings->keyset.discovery_url, base, STR(DISCOVERY_SUFFIX)) ||
        settings->keyset.discovery_url.len > DISCOVERY_URL_MAX) {
        settings_fault(reading->options, JWT_AUTHORITY, STR("is too long"));
    }
    settings->keyset.accept = accept_authority;
    settings->keyset.accept_ctx = settings;
    settings->keyset.accept_id = authority;
}

static void read_key_file(struct reading *reading) {
    struct buf content, why;
    unsigned owner = reading->options->config->flags & TAM_CONFIG_ANY_OWNER ? FILE_ANY : 0;
    buf_init(&content, KEY_FILE_MAX);
    buf_init(&why, 512);
    bool read = file_read(settings_text(reading->options, JWT_KEY_FILE).ptr, owner, KEY_FILE_MAX, &content, &why);
    struct key *key = read ? key_from_file(buf_str(&content), &why) : NULL;
    if (key == NULL) {
        refuse_content(reading, JWT_KEY_FILE, buf_str(&why));
    } else {
        reading->settings->keyset.keys = keys_from_key(key);
    }
    buf_free(&content);
    buf_free(&why);
}

static void read_secret(struct reading *reading) {
    struct buf why;
    buf_init(&why, 512);
    struct key *key = key_from_secret(settings_text(reading->options, JWT_SECRET), &why);
    if (key == NULL) {
        refuse_content(reading, JWT_SECRET, buf_str(&why));
    } else {
        reading->settings->keyset.keys = keys_from_key(key);
    }
    buf_free(&why);
}

static void read_source(struct reading *reading) {
    struct keyset_config *keyset = &reading->settings->keyset;
    keyset->config = reading->options->config;
    keyset->first_row = JWT_KEYSET;
    keyset->any_owner = (reading->options->config->flags & TAM_CONFIG_ANY_OWNER) != 0;
    if (!one_source(reading)) {
        return;
    }
    keyset->jwks_uri = settings_text(reading->options, JWT_JWKS_URI);
    keyset->jwks_file = settings_text(reading->options, JWT_KEYSET + KEYSET_JWKS_FILE);
    if (settings_given(reading->options, JWT_AUTHORITY)) {
        read_authority(reading);
    } else if (settings_given(reading->options, JWT_KEY_FILE)) {
        read_key_file(reading);
    } else if (settings_given(reading->options, JWT_SECRET)) {
        read_secret(reading);
    }
}

/* ---- Issuers and algorithms -------------------------------------------------------------------------------------- */

static void read_issuers(struct reading *reading) {
    struct jwt_settings *settings = reading->settings;
    if (settings_given(reading->options, JWT_ISSUER)) {
        settings->issuers = settings_list(reading->options, JWT_ISSUER);
    } else if (settings_given(reading->options, JWT_AUTHORITY)) {
        settings->issuers = (struct tam_list){ &settings_value(reading->options, JWT_AUTHORITY)->text, 1 };
    } else {
        settings_fault(reading->options, JWT_ISSUER, STR("is needed where there is no authority"));
    }
}

static uint32_t algorithm_mask(struct tam_list names) {
    uint32_t mask = 0;
    for (size_t i = 0; i < names.count; i++) {
        mask |= algorithm_find(names.items[i])->bit;
    }
    return mask;
}

/* HS* only with a secret, and nothing else with one: a verifier that allows both accepts HS256 tokens which an attacker
 * signed with the public key as the secret (RFC 8725 §2.1). */
static void read_algorithms(struct reading *reading) {
    struct jwt_settings *settings = reading->settings;
    bool secret = settings->keyset.keys != NULL && key_type(keys_at(settings->keyset.keys, 0)) == KEY_OCT;
    if (!settings_given(reading->options, JWT_ALGORITHMS)) {
        settings->algorithms = secret ? ALGORITHM_BIT(ALGORITHM_HS256)
                                      : ALGORITHM_BIT(ALGORITHM_RS256) | ALGORITHM_BIT(ALGORITHM_ES256) |
                                            ALGORITHM_BIT(ALGORITHM_PS256) | ALGORITHM_BIT(ALGORITHM_EDDSA);
        return;
    }
    settings->algorithms = algorithm_mask(settings_list(reading->options, JWT_ALGORITHMS));
    if (secret && (settings->algorithms & ~ALGORITHMS_HS) != 0) {
        settings_fault(reading->options, JWT_ALGORITHMS,
                       STR("may name only HS256, HS384 and HS512 where the key is a secret"));
    } else if (!secret && (settings->algorithms & ALGORITHMS_HS) != 0) {
        settings_fault(reading->options, JWT_ALGORITHMS,
                       STR("may name HS256, HS384 and HS512 only where the key is a secret"));
    }
}

/* A fixed key must fit one of the accepted algorithms, or no token is ever accepted. A secret must fit all of them: an
 * algorithm that needs a longer secret would be ignored without a word. */
static void check_fixed_key(struct reading *reading) {
    const struct jwt_settings *settings = reading->settings;
    if (reading->options->failed || settings->keyset.keys == NULL) {
        return;
    }
    const struct key *key = keys_at(settings->keyset.keys, 0);
    if ((key_algorithms(key) & settings->algorithms) == 0) {
        settings_fault(reading->options, JWT_ALGORITHMS, STR("names no algorithm that the key can verify"));
    } else if (key_type(key) == KEY_OCT && (settings->algorithms & ~key_algorithms(key)) != 0) {
        settings_fault(
            reading->options, JWT_ALGORITHMS,
            STR("names an algorithm with a hash longer than the secret (RFC 7518 section 3.2), or that its JWK is not "
                "for"));
    }
}

/* ---- Claims ------------------------------------------------------------------------------------------------------ */

static const struct path *read_paths(struct reading *reading, uint32_t row, size_t *ret_count) {
    struct tam_list texts = settings_list(reading->options, row);
    struct path *paths = pool_array(&reading->options->pool, texts.count, sizeof *paths);
    for (size_t i = 0; i < texts.count; i++) {
        if (paths == NULL || !path_read(texts.items[i], &reading->options->pool, &paths[i])) {
            settings_fault(reading->options, row,
                           STR("must be names of claims, with single dots between the parts of nested ones"));
            return NULL;
        }
    }
    *ret_count = texts.count;
    return paths;
}

static void read_path(struct reading *reading, uint32_t row, struct path *ret_path) {
    if (settings_given(reading->options, row) &&
        !path_read(settings_text(reading->options, row), &reading->options->pool, ret_path)) {
        settings_fault(reading->options, row,
                       STR("must be the name of a claim, with single dots between the parts of a nested one"));
    }
}

/* Whether the text, from its colon on, is a port: digits followed by the rest of the URL or by the colon before the
 * value. Digits up to the end of the text are a value. */
static bool is_port(struct tam_str text) {
    size_t len = 1;
    while (len < text.len && text.ptr[len] >= '0' && text.ptr[len] <= '9') {
        len++;
    }
    return len > 1 && len < text.len && str_find(STR("/?:"), text.ptr[len]) < 3;
}

/* The length of the name in NAME:VALUE, which ends at a colon or at the end. A name that is a URL may itself have
 * colons: behind the scheme, in an IPv6 address and before a port. */
static size_t name_length(struct tam_str text) {
    size_t colon = str_find(text, ':');
    if (!str_starts(str_from(text, colon), STR("://"))) {
        return colon;
    }
    size_t host = colon + 3;
    host += str_starts(str_from(text, host), STR("[")) ? str_find(str_from(text, host), ']') : 0;
    colon = host + str_find(str_from(text, host), ':');
    bool in_host = str_find(str_from(text, host), '/') > colon - host;
    if (in_host && is_port(str_from(text, colon))) {
        colon += 1 + str_find(str_from(text, colon + 1), ':');
    }
    return colon;
}

/* NAME or NAME:VALUE. */
static bool read_required(struct reading *reading, struct tam_str text, struct jwt_required *ret_required) {
    size_t colon = name_length(text);
    ret_required->any_value = colon >= text.len;
    ret_required->value = str_from(text, colon + 1);
    return path_read((struct tam_str){ text.ptr, colon < text.len ? colon : text.len }, &reading->options->pool,
                     &ret_required->path);
}

static void read_required_claims(struct reading *reading) {
    struct tam_list texts = settings_list(reading->options, JWT_REQUIRED_CLAIMS);
    struct jwt_required *required = pool_array(&reading->options->pool, texts.count, sizeof *required);
    for (size_t i = 0; i < texts.count; i++) {
        if (required == NULL || !read_required(reading, texts.items[i], &required[i])) {
            settings_fault(reading->options, JWT_REQUIRED_CLAIMS,
                           STR("must be entries of the form NAME or NAME:VALUE"));
            return;
        }
    }
    reading->settings->required = required;
    reading->settings->required_count = texts.count;
}

static void read_claims(struct reading *reading) {
    struct jwt_settings *settings = reading->settings;
    settings->scope_paths = read_paths(reading, JWT_SCOPE_CLAIM, &settings->scope_path_count);
    settings->client_paths = read_paths(reading, JWT_CLIENT_CLAIM, &settings->client_path_count);
    read_path(reading, JWT_ROLES_CLAIM, &settings->roles_path);
    read_path(reading, JWT_SUBJECT_CLAIM, &settings->subject_path);
    read_required_claims(reading);
}

static void read_scopes(struct reading *reading) {
    struct tam_list scopes = settings_list(reading->options, JWT_REQUIRED_SCOPES);
    for (size_t i = 0; i < scopes.count; i++) {
        if (!settings_check_scope(reading->options, JWT_REQUIRED_SCOPES, scopes.items[i])) {
            return;
        }
    }
    reading->settings->required_scopes = scopes;
}

static void read_plain(struct reading *reading) {
    struct jwt_settings *settings = reading->settings;
    settings->config = reading->options->config;
    settings->audiences = settings_list(reading->options, JWT_AUDIENCE);
    settings->typ_at_jwt = settings_number(reading->options, JWT_TYP) == 1;
    settings->match_any = settings_number(reading->options, JWT_SCOPE_MATCH) == 1;
    settings->clock_skew = settings_number(reading->options, JWT_CLOCK_SKEW);
    settings->max_token_lifetime = settings_number(reading->options, JWT_MAX_TOKEN_LIFETIME);
}

bool jwt_settings_read(struct jwt_settings *settings, const struct tam_config *config, const struct tam_host *host) {
    memset(settings, 0, sizeof *settings);
    arena_init(&settings->memory, NULL, 0, MEMORY_MAX);
    struct settings_reader options = { config, host, arena_pool(&settings->memory), false };
    struct reading reading = { &options, settings };
    read_plain(&reading);
    read_scopes(&reading);
    read_source(&reading);
    read_issuers(&reading);
    read_algorithms(&reading);
    settings->keyset.algorithms = settings->algorithms;
    read_claims(&reading);
    check_fixed_key(&reading);
    return !options.failed;
}

void jwt_settings_free(struct jwt_settings *settings) {
    keys_unref(settings->keyset.keys);
    arena_free(&settings->memory);
}
