/* SPDX-License-Identifier: MIT
 *
 * Reads the statement `resource`, and refuses what no client would believe.
 */
#include <config.h>

#include <src/service/resource.h>

#include <src/base/str.h>
#include <src/base/text.h>
#include <src/base/url.h>
#include <src/service/config.h>

enum { URL, NAME, DOCUMENTATION, POLICY, TERMS, SCOPES, SERVERS, OPTION_COUNT };

static const struct tam_option rows[OPTION_COUNT] = {
    { "url", TAM_OPT_URL, TAM_OPT_REQUIRED, 1, 2048, NULL, NULL, "the resource identifier, https" },
    { "name", TAM_OPT_STRING, 0, 1, 256, NULL, NULL, "for people: resource_name" },
    { "documentation", TAM_OPT_URL, 0, 1, 2048, NULL, NULL, "for developers: resource_documentation" },
    { "policy", TAM_OPT_URL, 0, 1, 2048, NULL, NULL, "how clients may use the data: resource_policy_uri" },
    { "terms", TAM_OPT_URL, 0, 1, 2048, NULL, NULL, "terms of service: resource_tos_uri" },
    { "scopes", TAM_OPT_STRING | TAM_OPT_LIST, 0, 1, 512, NULL, NULL,
      "scopes_supported, instead of what the verifiers say" },
    { "authorization_servers", TAM_OPT_URL | TAM_OPT_LIST, 0, 1, 2048, NULL, NULL,
      "where clients get tokens, instead of what the verifiers say" },
};

/* Plain http only where nobody listens in: on this machine. A query is RFC 9728's to allow, and RFC 8414's to
 * forbid. */
static void check_url(struct table_run *run, int row, struct tam_str text, bool query) {
    struct url url;
    if (!url_split(text, &url, NULL)) {
        return; /* said already */
    }
    if (!url_is_https(&url) && !(str_equal_nocase(url.scheme, STR("http")) && url_is_loopback(&url))) {
        table_fault(run, row, "%s must begin with https:// (http:// for a loopback address only)", rows[row].key);
    } else if (!query && str_find(text, '?') < text.len) {
        table_fault(run, row, "%s must not have a query (RFC 8414 section 2)", rows[row].key);
    }
}

/* RFC 9728 §3.3: a client compares it byte for byte with what it asked for, and many drop the slash before. */
static void check_slash(struct table_run *run) {
    struct url url;
    if (url_split(run->values[URL].text, &url, NULL) && str_ends(url.path, STR("/"))) {
        table_add(run, TAM_LOG_WARNING, URL,
                  "url ends with a slash; clients that drop it will not accept the metadata");
    }
}

static void check_scope(struct table_run *run, struct tam_str scope) {
    if (!text_is_scope(scope)) {
        table_fault(run, SCOPES, "scopes has an entry with a byte that RFC 6749 section 3.3 forbids");
    }
    if (str_equal(scope, STR("offline_access"))) {
        table_add(run, TAM_LOG_WARNING, SCOPES,
                  "scopes names offline_access, which is between a client and its authorization server");
    }
}

static void check(struct table_run *run) {
    struct tam_list scopes = run->values[SCOPES].list, servers = run->values[SERVERS].list;
    check_url(run, URL, run->values[URL].text, true);
    check_slash(run);
    for (size_t i = 0; i < scopes.count; i++) {
        check_scope(run, scopes.items[i]);
    }
    for (size_t i = 0; i < servers.count; i++) {
        check_url(run, SERVERS, servers.items[i], false);
    }
}

static void resource_read(struct table_run *run) {
    check(run);
    if (!run->good) {
        return;
    }
    const struct configuration_run *reading = run->target;
    reading->configuration->resource = (struct configuration_resource){
        .given = true,
        .url = run->values[URL].text,
        .name = run->values[NAME].text,
        .documentation = run->values[DOCUMENTATION].text,
        .policy = run->values[POLICY].text,
        .terms = run->values[TERMS].text,
        .scopes = run->values[SCOPES].list,
        .scopes_given = run->values[SCOPES].given != TAM_GIVEN_ABSENT,
        .authorization_servers = run->values[SERVERS].list,
        .authorization_servers_given = run->values[SERVERS].given != TAM_GIVEN_ABSENT,
    };
}

const struct table_kind resource_statement = {
    .options = { "resource", rows, OPTION_COUNT },
    .once = true,
    .checks_all = true,
    .read = resource_read,
};
