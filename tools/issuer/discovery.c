/* SPDX-License-Identifier: MIT
 *
 * Discovery documents in Entra's shapes and the plain one. What stands in them was copied from public documents of
 * 2024; endpoints for signing in are named, for clients look at them, and none of them exists.
 */
#include <config.h>

#include <tools/issuer/discovery.h>

#include <jansson.h>
#include <src/base/array.h>
#include <src/base/mem.h>
#include <src/base/str.h>

#define URL_MAX          1024
#define PERSONAL_ACCOUNT "9188040d-6c67-4c5b-b112-36a304b66dad"

/* The clouds by the host that their documents are asked from; aliases have the issuer of the preferred one. */
static const struct cloud {
    const char *host, *issuer_host, *sts_host, *name, *graph, *old_graph, *rbac;
} clouds[] = {
#define PUBLIC_CLOUD                                                                                                   \
    "login.microsoftonline.com", "sts.windows.net", "microsoftonline.com", "graph.microsoft.com", "graph.windows.net", \
        "https://pas.windows.net"
    { "login.microsoftonline.com", PUBLIC_CLOUD },
    { "login.windows.net", PUBLIC_CLOUD },
    { "login.microsoft.com", PUBLIC_CLOUD },
    { "sts.windows.net", PUBLIC_CLOUD },
    { "login.microsoftonline.us", "login.microsoftonline.us", "sts.windows.net", "microsoftonline.us",
      "graph.microsoft.us", "graph.windows.net", "https://pasff.usgovcloudapi.net" },
    { "login.partner.microsoftonline.cn", "login.partner.microsoftonline.cn", "sts.chinacloudapi.cn",
      "partner.microsoftonline.cn", "microsoftgraph.chinacloudapi.cn", "graph.chinacloudapi.cn",
      "https://pas.chinacloudapi.cn" },
};

/* NULL: a host of no cloud, such as a loopback address; it stands for itself. */
static const struct cloud *cloud_find(struct tam_str authority) {
    for (size_t i = 0; i < COUNT(clouds); i++) {
        if (str_equal(str_of(clouds[i].host), authority)) {
            return &clouds[i];
        }
    }
    return NULL;
}

static bool is_ciam(const struct discovery_request *request) {
    return str_ends(request->authority, STR(".ciamlogin.com"));
}

static bool is_b2c(const struct discovery_request *request) {
    return str_ends(request->authority, STR(".b2clogin.com")) || request->policy.len > 0;
}

struct tam_str discovery_issuer_host(const struct discovery_request *request) {
    const struct cloud *cloud = cloud_find(request->authority);
    return cloud != NULL ? str_of(cloud->issuer_host) : request->authority;
}

bool discovery_has_key_issuers(const struct discovery_request *request) {
    return request->tenant.len > 0 && !is_b2c(request) && !is_ciam(request);
}

bool discovery_tenant_find(const struct issuer_keys *keys, struct discovery_request *request) {
    static const char *const aliases[][2] = { { "common", "{tenantid}" },
                                              { "organizations", "{tenantid}" },
                                              { "consumers", PERSONAL_ACCOUNT } };
    for (size_t i = 0; i < COUNT(aliases); i++) {
        if (str_equal_nocase(str_of(aliases[i][0]), request->tenant)) {
            request->tenant_id = str_of(aliases[i][1]);
            return true;
        }
    }
    char name[DISCOVERY_SEGMENT_MAX + 1] = "";
    memcpy(name, request->tenant.ptr, request->tenant.len);
    const char *id = json_string_value(json_object_get(json_object_get(keys->settings, "tenants"), name));
    bool domain = memchr(name, '.', request->tenant.len) != NULL;
    request->tenant_id = id != NULL ? str_of(id) : request->tenant;
    return id != NULL || !domain;
}

/* ---- documents: rows of a name and a text, in which a word in braces stands for what is known of the request ----- */

struct row {
    const char *name;
    const char *text; /* begins with `[`, or is a literal: JSON as it is. Else a text to fill */
};

#define AUTHORITY_URL "https://{authority}/"

static const struct row plain_rows[] = {
    { "issuer", "https://{authority}" },
    { "jwks_uri", AUTHORITY_URL "jwks" },
    { "authorization_endpoint", AUTHORITY_URL "authorize" },
    { "token_endpoint", AUTHORITY_URL "token" },
    { "response_types_supported", "[\"code\"]" },
    { "subject_types_supported", "[\"public\"]" },
    { NULL, NULL },
};

#define TENANT_URL AUTHORITY_URL "{tenant}/"
/* What Entra's documents of both versions share; the versions differ in the part of a path. */
#define ENTRA_ROWS(endpoint, keys)                                                                                     \
    { "token_endpoint", TENANT_URL endpoint "token" },                                                                 \
        { "token_endpoint_auth_methods_supported",                                                                     \
          "[\"client_secret_post\",\"private_key_jwt\",\"client_secret_basic\"]" },                                    \
        { "jwks_uri", TENANT_URL keys }, { "response_modes_supported", "[\"query\",\"fragment\",\"form_post\"]" },     \
        { "subject_types_supported", "[\"pairwise\"]" }, { "id_token_signing_alg_values_supported", "[\"RS256\"]" },   \
        { "authorization_endpoint", TENANT_URL endpoint "authorize" },                                                 \
        { "device_authorization_endpoint", TENANT_URL endpoint "devicecode" }, { "http_logout_supported", "true" },    \
        { "frontchannel_logout_supported", "true" }, { "end_session_endpoint", TENANT_URL endpoint "logout" },         \
        { "tenant_region_scope", "null" }, { "cloud_instance_name", "{cloud}" },                                       \
        { "cloud_graph_host_name", "{old_graph}" }, { "msgraph_host", "{graph}" }, {                                   \
        "rbac_url", "{rbac}"                                                                                           \
    }

static const struct row entra_v2_rows[] = {
    { "issuer", "https://{issuer_host}/{tenant_id}/v2.0" },
    ENTRA_ROWS("oauth2/v2.0/", "discovery/v2.0/keys"),
    { "response_types_supported", "[\"code\",\"id_token\",\"code id_token\",\"id_token token\"]" },
    { "scopes_supported", "[\"openid\",\"profile\",\"email\",\"offline_access\"]" },
    { "request_uri_parameter_supported", "false" },
    { "userinfo_endpoint", "https://{graph}/oidc/userinfo" },
    { "claims_supported",
      "[\"sub\",\"iss\",\"cloud_instance_name\",\"cloud_instance_host_name\",\"cloud_graph_host_name\",\"msgraph_host\",\"aud\","
      "\"exp\",\"iat\",\"auth_time\",\"acr\",\"nonce\",\"preferred_username\",\"name\",\"tid\",\"ver\",\"at_hash\",\"c_hash\","
      "\"email\"]" },
    { "kerberos_endpoint", TENANT_URL "kerberos" },
    { NULL, NULL },
};

static const struct row entra_v1_rows[] = {
    { "issuer", "https://{sts_host}/{tenant_id}/" },
    ENTRA_ROWS("oauth2/", "discovery/keys"),
    { "response_types_supported", "[\"code\",\"id_token\",\"code id_token\",\"token id_token\",\"token\"]" },
    { "scopes_supported", "[\"openid\"]" },
    { "microsoft_multi_refresh_token", "true" },
    { "check_session_iframe", TENANT_URL "oauth2/checksession" },
    { "userinfo_endpoint", TENANT_URL "openid/userinfo" },
    { NULL, NULL },
};

/* External ID: the issuer's host is the tenant's id whatever name was asked, and so is that of the key set. */
static const struct row ciam_rows[] = {
    { "issuer", "https://{tenant_id}.ciamlogin.com/{tenant_id}/v2.0" },
    { "jwks_uri", "https://{tenant_id}.ciamlogin.com/{tenant_id}/discovery/v2.0/keys" },
    { "token_endpoint", AUTHORITY_URL "{tenant_id}/oauth2/v2.0/token" },
    { "authorization_endpoint", AUTHORITY_URL "{tenant_id}/oauth2/v2.0/authorize" },
    { "response_types_supported", "[\"code\",\"id_token\",\"code id_token\",\"id_token token\"]" },
    { "subject_types_supported", "[\"pairwise\"]" },
    { "id_token_signing_alg_values_supported", "[\"RS256\"]" },
    { "scopes_supported", "[\"openid\",\"profile\",\"email\",\"offline_access\"]" },
    { "tenant_region_scope", "null" },
    { "cloud_instance_name", "microsoftonline.com" },
    { "cloud_graph_host_name", "graph.windows.net" },
    { "msgraph_host", "graph.microsoft.com" },
    { NULL, NULL },
};

#define POLICY_URL TENANT_URL "{policy}/"

/* B2C's issuer ends in a slash. */
static const struct row b2c_rows[] = {
    { "issuer", AUTHORITY_URL "{tenant_id}/v2.0/" },
    { "authorization_endpoint", POLICY_URL "oauth2/v2.0/authorize" },
    { "token_endpoint", POLICY_URL "oauth2/v2.0/token" },
    { "end_session_endpoint", POLICY_URL "oauth2/v2.0/logout" },
    { "jwks_uri", POLICY_URL "discovery/v2.0/keys" },
    { "response_modes_supported", "[\"query\",\"fragment\",\"form_post\"]" },
    { "response_types_supported",
      "[\"code\",\"code id_token\",\"code token\",\"code id_token token\",\"id_token\",\"id_token token\",\"token\",\"token id_token\"]" },
    { "scopes_supported", "[\"openid\"]" },
    { "subject_types_supported", "[\"pairwise\"]" },
    { "id_token_signing_alg_values_supported", "[\"RS256\"]" },
    { "token_endpoint_auth_methods_supported", "[\"client_secret_post\",\"client_secret_basic\"]" },
    { "claims_supported",
      "[\"oid\",\"sub\",\"idp\",\"tfp\",\"iss\",\"iat\",\"exp\",\"aud\",\"acr\",\"nonce\",\"auth_time\"]" },
    { NULL, NULL },
};

/* The authority without its port. */
static struct tam_str host_of(struct tam_str authority) {
    return (struct tam_str){ authority.ptr, str_find(authority, ':') };
}

struct word {
    const char *word;
    struct tam_str text;
};

#define WORD_COUNT 10

static void words_fill(const struct discovery_request *request, struct word *ret_words) {
    const struct cloud *cloud = cloud_find(request->authority);
    struct tam_str host = host_of(request->authority);
    const struct word words[WORD_COUNT] = {
        { "{authority}", request->authority },
        { "{tenant}", request->tenant },
        { "{policy}", request->policy },
        { "{tenant_id}", request->tenant_id },
        { "{issuer_host}", discovery_issuer_host(request) },
        { "{sts_host}", cloud != NULL ? str_of(cloud->sts_host) : request->authority },
        { "{cloud}", cloud != NULL ? str_of(cloud->name) : host },
        { "{graph}", cloud != NULL ? str_of(cloud->graph) : host },
        { "{old_graph}", cloud != NULL ? str_of(cloud->old_graph) : host },
        { "{rbac}", cloud != NULL ? str_of(cloud->rbac) : host },
    };
    memcpy(ret_words, words, sizeof words);
}

/* A word that is not in the table, such as Entra's own {tenantid}, stays as it is. */
static const struct word *word_find(const struct word *words, const char *text) {
    for (size_t i = 0; i < WORD_COUNT; i++) {
        if (strncmp(text, words[i].word, strlen(words[i].word)) == 0) {
            return &words[i];
        }
    }
    return NULL;
}

static json_t *text_fill(const char *text, const struct word *words) {
    struct buf filled;
    buf_init(&filled, URL_MAX);
    while (*text != '\0') {
        const struct word *word = *text == '{' ? word_find(words, text) : NULL;
        if (word != NULL) {
            buf_add(&filled, word->text);
        } else {
            buf_add_byte(&filled, *text);
        }
        text += word != NULL ? strlen(word->word) : 1;
    }
    json_t *value = filled.failed ? NULL : json_stringn(filled.len > 0 ? filled.ptr : "", filled.len);
    buf_free(&filled);
    return value;
}

static json_t *value_build(const char *text, const struct word *words) {
    static const char *const literals[] = { "true", "false", "null" };
    bool literal = text[0] == '[';
    for (size_t i = 0; i < COUNT(literals); i++) {
        literal = literal || strcmp(text, literals[i]) == 0;
    }
    return literal ? json_loads(text, JSON_DECODE_ANY, NULL) : text_fill(text, words);
}

static json_t *document_build(const struct row *rows, const struct discovery_request *request) {
    struct word words[WORD_COUNT];
    words_fill(request, words);
    json_t *document = json_object();
    for (; rows->name != NULL; rows++) {
        if (json_object_set_new(document, rows->name, value_build(rows->text, words)) != 0) {
            json_decref(document);
            return NULL;
        }
    }
    return document;
}

json_t *discovery_plain(const struct issuer_keys *keys, const struct discovery_request *request) {
    json_t *algs = json_array();
    for (size_t i = 0; i < keys->count; i++) {
        if (keys->items[i].published) {
            json_array_append_new(algs, json_string(keys->items[i].alg));
        }
    }
    json_t *document = document_build(plain_rows, request);
    if (json_object_set_new(document, "id_token_signing_alg_values_supported", algs) == 0) {
        return document;
    }
    json_decref(document);
    return NULL;
}

json_t *discovery_entra_v1(const struct issuer_keys *keys, const struct discovery_request *request) {
    (void)keys;
    return document_build(entra_v1_rows, request);
}

json_t *discovery_entra_v2(const struct issuer_keys *keys, const struct discovery_request *request) {
    (void)keys;
    return document_build(is_ciam(request) ? ciam_rows : entra_v2_rows, request);
}

json_t *discovery_b2c(const struct issuer_keys *keys, const struct discovery_request *request) {
    (void)keys;
    return document_build(b2c_rows, request);
}
