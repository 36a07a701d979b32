/* SPDX-License-Identifier: MIT
 *
 * Reads the statement `resource`, and refuses what no client would believe.
 */
#include <config.h>

#include <src/service/resource.h>

#include <src/base/str.h>
#include <src/base/url.h>
#include <src/base/text.h>

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

const struct option_table resource_table = { "resource", rows, OPTION_COUNT };

/* One run over the statement. */
struct run {
    const struct statement *statement;
    const struct option_means *means;
    struct tam_value values[OPTION_COUNT];
    unsigned lines[OPTION_COUNT];
    bool good;
};

#define run_add(run, level, row, ...)                                                                                  \
    faults_add((run)->means->faults, (level), (run)->statement->file, (run)->lines[row], __VA_ARGS__)

/* Plain http only where nobody listens in: on this machine. A query is RFC 9728's to allow, and RFC 8414's to forbid. */
static void check_url(struct run *run, int row, struct tam_str text, bool query) {
    struct url url;
    if (!url_split(text, &url, NULL)) {
        return; /* said already */
    }
    if (!url_is_https(&url) && !(str_equal_nocase(url.scheme, STR("http")) && url_is_loopback(&url))) {
        run_add(run, TAM_LOG_ERROR, row, "%s must begin with https:// (http:// for a loopback address only)",
                rows[row].key);
        run->good = false;
    } else if (!query && str_find(text, '?') < text.len) {
        run_add(run, TAM_LOG_ERROR, row, "%s must not have a query (RFC 8414 section 2)", rows[row].key);
        run->good = false;
    }
}

/* RFC 9728 §3.3: a client compares it byte for byte with what it asked for, and many drop the slash before. */
static void check_slash(struct run *run) {
    struct url url;
    if (url_split(run->values[URL].text, &url, NULL) && str_ends(url.path, STR("/"))) {
        run_add(run, TAM_LOG_WARNING, URL, "url ends with a slash; clients that drop it will not accept the metadata");
    }
}

static void check_scope(struct run *run, struct tam_str scope) {
    if (!text_is_scope(scope)) {
        run_add(run, TAM_LOG_ERROR, SCOPES, "scopes has an entry with a byte that RFC 6749 section 3.3 forbids");
        run->good = false;
    }
    if (str_equal(scope, STR("offline_access"))) {
        run_add(run, TAM_LOG_WARNING, SCOPES,
                "scopes names offline_access, which is between a client and its authorization server");
    }
}

static void check(struct run *run) {
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

bool resource_read(const struct statement *statement, const struct option_means *means,
                   struct configuration_resource *ret_resource) {
    struct run run = { .statement = statement, .means = means };
    run.good = option_read(&resource_table, statement, means, run.values, run.lines);
    check(&run);
    if (!run.good) {
        return false;
    }
    *ret_resource = (struct configuration_resource){
        .given = true,
        .url = run.values[URL].text,
        .name = run.values[NAME].text,
        .documentation = run.values[DOCUMENTATION].text,
        .policy = run.values[POLICY].text,
        .terms = run.values[TERMS].text,
        .scopes = run.values[SCOPES].list,
        .scopes_given = run.values[SCOPES].given != TAM_GIVEN_ABSENT,
        .authorization_servers = run.values[SERVERS].list,
        .authorization_servers_given = run.values[SERVERS].given != TAM_GIVEN_ABSENT,
    };
    return true;
}
