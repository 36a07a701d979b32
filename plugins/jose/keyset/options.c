/* SPDX-License-Identifier: MIT
 *
 * The options of a source, copied and compared by one table.
 */
#include <config.h>

#include <plugins/jose/keyset/discovery.h>
#include <plugins/jose/keyset/options.h>
#include <plugins/jose/keyset/source.h>
#include <src/base/array.h>
#include <src/base/str.h>
#include <src/base/url.h>

#include <stddef.h>
#include <stdlib.h>

#define MEMORY_MAX ((size_t)256 * 1024)

/* ---- The table -------------------------------------------------------------------------------------------------- */

enum kind { NUMBER, FLAG, TEXT, LIST };

#define FROM_CONFIG KEYSET_OPTION_COUNT /* no option: a member of struct keyset_config */

/* A member that is not here is neither copied nor compared. Adding an option to enum keyset_option fails the
 * assertion below. */
static const struct row {
    enum keyset_option option;
    size_t from; /* offset in struct keyset_config, with FROM_CONFIG */
    size_t to;   /* offset in struct source_options */
    enum kind kind;
} rows[] = {
#define KIND_OF(member)                                                                                                \
    _Generic(((struct source_options *)NULL)->member,                                                                  \
        int64_t: NUMBER,                                                                                               \
        bool: FLAG,                                                                                                    \
        struct tam_str: TEXT,                                                                                          \
        struct tam_list: LIST)
#define OPTION(option, member)                                                                                         \
    { option, 0, offsetof(struct source_options, member), KIND_OF(member) }
#define CONFIG(from, member)                                                                                           \
    { FROM_CONFIG, offsetof(struct keyset_config, from), offsetof(struct source_options, member), KIND_OF(member) }
    OPTION(KEYSET_CA_FILE, transport.ca_file),
    OPTION(KEYSET_CONNECT_TO, transport.connect_to),
    OPTION(KEYSET_JWKS_CACHE_FILE, cache_path),
    OPTION(KEYSET_JWKS_HOSTS, jwks_hosts),
    OPTION(KEYSET_JWKS_REFRESH, refresh),
    OPTION(KEYSET_JWKS_TTL, ttl),
    OPTION(KEYSET_JWKS_COOLDOWN, cooldown),
    OPTION(KEYSET_CONNECT_TIMEOUT, transport.connect_timeout),
    OPTION(KEYSET_FETCH_TIMEOUT, transport.fetch_timeout),
    OPTION(KEYSET_ALLOW_PRIVATE, transport.allow_private),
    OPTION(KEYSET_INSECURE_HTTP, transport.insecure_http),
    OPTION(KEYSET_PROXY, transport.proxy),
    CONFIG(discovery_url, discovery_url),
    CONFIG(jwks_uri, jwks_uri),
    CONFIG(jwks_file, jwks_file),
    CONFIG(accept_id, accept_id),
    CONFIG(more_hosts, more_hosts),
    CONFIG(issuer_host, issuer_host),
    CONFIG(any_owner, any_owner),
    CONFIG(any_owner, transport.any_owner),
#undef OPTION
#undef CONFIG
#undef KIND_OF
};

/* OPTIONS_ELSEWHERE: jwks_file comes with the configuration, and wait_for_keys concerns the opening of one verifier. */
#define CONFIG_ROWS       8
#define OPTIONS_ELSEWHERE 2
_Static_assert(COUNT(rows) - CONFIG_ROWS + OPTIONS_ELSEWHERE == KEYSET_OPTION_COUNT, "each option is in the table");

/* ---- Copying ---------------------------------------------------------------------------------------------------- */

static bool copy_list(const struct pool *pool, struct tam_list list, struct tam_list *ret_list) {
    struct tam_str *items = pool_array(pool, list.count, sizeof *items);
    for (size_t i = 0; i < list.count; i++) {
        if (items == NULL || !pool_copy(pool, list.items[i], &items[i])) {
            return false;
        }
    }
    *ret_list = (struct tam_list){ items, list.count };
    return items != NULL;
}

/* A member of the configuration in the form of an option's value. */
static struct tam_value config_value(const struct keyset_config *config, const struct row *row) {
    const void *from = (const char *)config + row->from;
    switch (row->kind) {
    case FLAG:
        return (struct tam_value){ .number = *(const bool *)from };
    case TEXT:
        return (struct tam_value){ .text = *(const struct tam_str *)from };
    case LIST:
        return (struct tam_value){ .list = *(const struct tam_list *)from };
    case NUMBER:
        break;
    }
    return (struct tam_value){ .number = *(const int64_t *)from };
}

static bool copy_row(struct source_options *options, const struct keyset_config *config, const struct row *row) {
    struct pool pool = arena_pool(&options->memory);
    void *to = (char *)options + row->to;
    struct tam_value value = row->option == FROM_CONFIG
                                 ? config_value(config, row)
                                 : *tam_config_value(config->config, config->first_row + row->option);
    switch (row->kind) {
    case NUMBER:
        *(int64_t *)to = value.number;
        return true;
    case FLAG:
        *(bool *)to = value.number != 0;
        return true;
    case TEXT:
        return pool_copy(&pool, value.text, to);
    case LIST:
        return copy_list(&pool, value.list, to);
    }
    return false;
}

/* The name of the variable that libcurl alone would take a proxy from; never its value, which may hold a password. */
static const char *proxy_of_environment(void) {
    static const char *const names[] = { "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy" };
    for (size_t i = 0; i < COUNT(names); i++) {
        const char *value = getenv(names[i]);
        if (value != NULL && value[0] != '\0') {
            return names[i];
        }
    }
    return NULL;
}

bool source_options_copy(struct source_options *options, const struct keyset_config *config) {
    *options = (struct source_options){ .accept = config->accept };
    arena_init(&options->memory, NULL, 0, MEMORY_MAX);
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (!copy_row(options, config, &rows[i])) {
            return false;
        }
    }
    options->host_clock = (config->config->flags & TAM_CONFIG_HOST_CLOCK) != 0;
    /* `tam check --fetch` examines the network, so it must not be answered by the file of an earlier process. */
    if ((config->config->flags & TAM_CONFIG_FETCH) != 0) {
        options->cache_path = STR_NONE;
    }
    options->transport.ignored_proxy = proxy_of_environment();
    options->where = options->discovery_url.len > 0 ? options->discovery_url
                     : options->jwks_uri.len > 0    ? options->jwks_uri
                                                    : options->jwks_file;
    return true;
}

void source_options_free(struct source_options *options) {
    arena_free(&options->memory);
}

/* ---- Comparing -------------------------------------------------------------------------------------------------- */

static bool lists_equal(const struct tam_list *a, const struct tam_list *b) {
    for (size_t i = 0; a->count == b->count && i < a->count; i++) {
        if (!str_equal(a->items[i], b->items[i])) {
            return false;
        }
    }
    return a->count == b->count;
}

static bool row_equal(const struct source_options *options, const struct source_options *others,
                      const struct row *row) {
    const void *a = (const char *)options + row->to, *b = (const char *)others + row->to;
    switch (row->kind) {
    case NUMBER:
        return *(const int64_t *)a == *(const int64_t *)b;
    case FLAG:
        return *(const bool *)a == *(const bool *)b;
    case TEXT:
        return str_equal(*(const struct tam_str *)a, *(const struct tam_str *)b);
    case LIST:
        return lists_equal(a, b);
    }
    return false;
}

/* A clock that is stepped by hand belongs to one host, so sources under one are not shared. */
bool source_options_equal(const struct source_options *a, const struct source_options *b) {
    bool equal = !a->host_clock && !b->host_clock && a->accept == b->accept;
    for (size_t i = 0; equal && i < COUNT(rows); i++) {
        equal = row_equal(a, b, &rows[i]);
    }
    return equal;
}

/* ---- Using them ------------------------------------------------------------------------------------------------- */

bool source_options_allow(const struct source_options *options, const struct discovery *document) {
    struct url issuer = { 0 };
    bool issuer_host = options->issuer_host && url_split(document->issuer, &issuer, NULL);
    struct tam_str authority = str_from(issuer.origin, issuer.scheme.len + strlen("://"));
    struct tam_list lists[] = { options->jwks_hosts, options->more_hosts, { &authority, issuer_host } };
    return discovery_host_allowed(document->jwks_uri, options->discovery_url, lists, COUNT(lists));
}
