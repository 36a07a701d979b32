/* SPDX-License-Identifier: MIT
 *
 * RFC 9728: the document, where it is looked for, and what else a service says of itself.
 */
#include <config.h>

#include <src/base/array.h>
#include <tests/support/fixture.h>
#include <tests/support/suite.h>

#include <jansson.h>
#include <stdio.h>

static json_t *parsed(struct tam_document *document) {
    struct tam_str text = tam_document_text(document);
    json_t *json = json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES, NULL);
    ck_assert_msg(json != NULL, "%s", text_of(text));
    tam_document_free(document);
    return json;
}

static void expect_document(const char *configuration, const char *text) {
    static struct fixture fixture;
    fixture_open(&fixture, configuration);
    struct tam_document *document = tam_metadata(fixture.service);
    ck_assert_str_eq(text_of(tam_document_text(document)), text);
    json_decref(parsed(document));
    fixture_close(&fixture);
}

START_TEST(the_document_holds_what_the_verifiers_describe) {
    expect_document(
        "resource url=https://api.example.com/mcp name='Example \"API\"' documentation=https://example.com/doc\n"
        "puppet servers=https://as.example/v2.0 described_scopes=api://x/read,openid",
        "{\"resource\":\"https://api.example.com/mcp\","
        "\"authorization_servers\":[\"https://as.example/v2.0\"],"
        "\"scopes_supported\":[\"api://x/read\",\"openid\"],\"bearer_methods_supported\":[\"header\"],"
        "\"resource_name\":\"Example \\\"API\\\"\",\"resource_documentation\":\"https://example.com/doc\"}");
}
END_TEST

START_TEST(policy_and_terms_are_told_as_given) {
    expect_document(
        "resource url=https://api.example.com policy=https://example.com/p terms=https://example.com/t\npuppet",
        "{\"resource\":\"https://api.example.com\",\"bearer_methods_supported\":[\"header\"],"
        "\"resource_policy_uri\":\"https://example.com/p\",\"resource_tos_uri\":\"https://example.com/t\"}");
}
END_TEST

START_TEST(explicit_lists_override_the_descriptions) {
    expect_document("resource url=https://api.example.com/mcp scopes=a,b authorization_servers=https://other.example\n"
                    "puppet servers=https://as.example/v2.0 described_scopes=api://x/read",
                    "{\"resource\":\"https://api.example.com/mcp\","
                    "\"authorization_servers\":[\"https://other.example\"],\"scopes_supported\":[\"a\",\"b\"],"
                    "\"bearer_methods_supported\":[\"header\"]}");
}
END_TEST

struct advised {
    const char *configuration;
    size_t warnings; /* how many lines of the log hold the words */
};

static void expect_warnings(const struct advised *rows, size_t count, const char *words) {
    for (size_t i = 0; i < count; i++) {
        static struct fixture fixture;
        fixture_open(&fixture, rows[i].configuration);
        ck_assert_msg(fixture_log_count(&fixture, words) == rows[i].warnings, "row %zu", i);
        fixture_close(&fixture);
    }
}

/* The final slash of the prefix is no part of the resource. */
START_TEST(scopes_of_another_resource_are_warned_of) {
    static const struct advised rows[] = {
        { "resource url=https://api.example.com\npuppet prefix=https://api.example.com/", 0 },
        { "resource url=https://api.example.com\npuppet", 0 },
        { "puppet prefix=api://x/", 0 },
        { "resource url=https://api.example.com authorization_servers=https://as.example\npuppet prefix=api://x/", 0 },
        { "resource url=https://api.example.com\npuppet prefix=api://x/", 1 },
        { "resource url=https://api.example.com/mcp\npuppet prefix=https://api.example.com/", 1 },
        { "resource url=https://api.example.com/mcp\npuppet prefix=https://api.example.com/mcp//", 1 },
    };
    expect_warnings(rows, COUNT(rows), "AADSTS9010010");
}
END_TEST

/* MCP, revision 2026-07-28: neither challenge nor document should name it. */
START_TEST(a_scope_of_clients_alone_is_warned_of) {
    static const struct advised rows[] = {
        { "resource url=https://api.example.com\npuppet described_scopes=read,openid", 0 },
        { "puppet described_scopes=offline_access", 0 }, /* it has neither */
        { "resource url=https://api.example.com\npuppet described_scopes=offline_access_not", 0 },
        { "resource url=https://api.example.com\npuppet described_scopes=offline_access", 1 },
        { "resource url=https://api.example.com\npuppet described_scopes=read,offline_access", 1 },
        { "resource url=https://api.example.com authorization_servers=https://as.example\n"
          "puppet described_scopes=read,offline_access",
          1 },
    };
    expect_warnings(rows, COUNT(rows), "asks clients for offline_access");
}
END_TEST

/* Each challenge asks for it again. */
START_TEST(an_invalid_description_is_told_of_once_a_second) {
    static struct fixture fixture;
    fixture_open(&fixture, "resource url=https://api.example.com\npuppet described_scopes='a\"b'");
    ck_assert_uint_eq(fixture_log_count(&fixture, "its description is left out"), 1);
    fixture_log_clear(&fixture);
    for (size_t i = 0; i < 1000; i++) {
        ask_verdict(&fixture, "reject.10");
    }
    ck_assert_uint_eq(fixture_log_count(&fixture, "its description is left out: scopes"), 1);
    fixture.monotonic += SECOND;
    ask_verdict(&fixture, "reject.10");
    ck_assert_uint_eq(fixture_log_count(&fixture, "its description is left out: scopes"), 2);
    ck_assert_uint_eq(fixture_log_count(&fixture, "(and 999 more like it before)"), 2); /* and refusals */
    fixture_close(&fixture);
}
END_TEST

/* Since version 1.1 of the plugin ABI. What is not one JSON object would spoil the document. */
START_TEST(a_plugins_status_is_shown_if_it_is_json) {
    static const struct {
        const char *configuration, *status; /* NULL: not shown */
    } rows[] = {
        { "puppet status='{\"keys\":1,\"list\":[\"a\"]}'", "{\"keys\":1,\"list\":[\"a\"]}" },
        { "puppet status={}", "{}" },
        { "puppet", NULL },
        { "puppet status=[]", NULL },
        { "puppet status='{\"a\":1'", NULL },
        { "puppet status='{\"a\":1,\"a\":2}'", NULL },
        { "puppet status='{}}'", NULL },
        { "puppet status=null", NULL }, /* a view without bytes */
        { "frozen subject=x", NULL },   /* a plugin of version 1.0 */
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        static struct fixture fixture;
        fixture_open(&fixture, rows[i].configuration);
        json_t *status = parsed(tam_status(fixture.service));
        json_t *shown = json_object_get(json_array_get(json_object_get(status, "verifiers"), 0), "status");
        char *text = shown != NULL ? json_dumps(shown, JSON_COMPACT) : NULL;
        ck_assert_msg((text == NULL) == (rows[i].status == NULL), "row %zu", i);
        if (text != NULL) {
            ck_assert_str_eq(text, rows[i].status);
        }
        free(text);
        json_decref(status);
        fixture_close(&fixture);
    }
}
END_TEST

/* RFC 9728 §3.2 */
START_TEST(members_without_elements_are_left_out) {
    expect_document("resource url=https://api.example.com\npuppet",
                    "{\"resource\":\"https://api.example.com\",\"bearer_methods_supported\":[\"header\"]}");
}
END_TEST

START_TEST(without_a_resource_there_is_no_document) {
    static struct fixture fixture;
    fixture_open(&fixture, "puppet");
    ck_assert_ptr_null(tam_metadata(fixture.service));
    ck_assert_ptr_null(tam_metadata_path(fixture.service));
    fixture_close(&fixture);
}
END_TEST

/* RFC 9728 §3.1 */
START_TEST(the_well_known_path_is_inserted_before_the_resources_own) {
    static const struct {
        const char *resource, *path;
    } rows[] = {
        { "https://api.example.com", "/.well-known/oauth-protected-resource" },
        { "https://api.example.com/", "/.well-known/oauth-protected-resource" },
        { "https://api.example.com/mcp", "/.well-known/oauth-protected-resource/mcp" },
        { "https://api.example.com/mcp/", "/.well-known/oauth-protected-resource/mcp/" },
        { "https://api.example.com/a/b", "/.well-known/oauth-protected-resource/a/b" },
        { "https://api.example.com:8443/mcp", "/.well-known/oauth-protected-resource/mcp" },
        { "https://[2001:db8::1]:8443/mcp", "/.well-known/oauth-protected-resource/mcp" },
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        static struct fixture fixture;
        char configuration[256], url[256];
        const char *slash = strchr(rows[i].resource + 8, '/');
        int origin = slash != NULL ? (int)(slash - rows[i].resource) : (int)strlen(rows[i].resource);
        (void)snprintf(configuration, sizeof configuration, "resource url=%s\npuppet", rows[i].resource);
        fixture_open(&fixture, configuration);
        struct tam_document *document = tam_metadata_path(fixture.service);
        ck_assert_str_eq(text_of(tam_document_text(document)), rows[i].path);
        tam_document_free(document);
        struct tam_result *result = ask(&fixture, "");
        (void)snprintf(url, sizeof url, "resource_metadata=\"%.*s%s\"", origin, rows[i].resource, rows[i].path);
        ck_assert_msg(view_has(tam_result_challenge(result), url), "%s", text_of(tam_result_challenge(result)));
        tam_result_free(result);
        fixture_close(&fixture);
    }
}
END_TEST

START_TEST(a_query_of_the_resource_stays_behind_the_path_of_the_document) {
    static struct fixture fixture;
    fixture_open(&fixture, "resource url=https://api.example.com/mcp?tenant=1\npuppet");
    struct tam_document *document = tam_metadata_path(fixture.service);
    ck_assert_str_eq(text_of(tam_document_text(document)), "/.well-known/oauth-protected-resource/mcp");
    tam_document_free(document);
    struct tam_result *result = ask(&fixture, "");
    ck_assert_str_eq(text_of(tam_result_challenge(result)), "Bearer resource_metadata=\"https://api.example.com"
                                                            "/.well-known/oauth-protected-resource/mcp?tenant=1\"");
    tam_result_free(result);
    fixture_close(&fixture);
}
END_TEST

START_TEST(describe_names_each_verifier_and_what_it_accepts) {
    static struct fixture fixture;
    fixture_open(&fixture, "resource url=https://api.example.com/mcp\n"
                           "puppet issuers=https://as.example/v2.0 described_scopes=api://x/read complete=no");
    json_t *json = parsed(tam_describe(fixture.service));
    ck_assert_str_eq(json_string_value(json_object_get(json, "resource")), "https://api.example.com/mcp");
    json_t *verifier = json_array_get(json_object_get(json, "verifiers"), 0);
    ck_assert_str_eq(json_string_value(json_object_get(verifier, "plugin")), "puppet");
    ck_assert_str_eq(json_string_value(json_object_get(verifier, "version")), "1.0");
    ck_assert_ptr_nonnull(json_object_get(verifier, "control"));
    ck_assert_str_eq(json_string_value(json_array_get(json_object_get(verifier, "issuers"), 0)),
                     "https://as.example/v2.0");
    ck_assert_str_eq(json_string_value(json_array_get(json_object_get(verifier, "algorithms"), 0)), "RS256");
    ck_assert(json_is_array(json_object_get(verifier, "authorization_servers")));
    ck_assert(json_is_false(json_object_get(verifier, "complete")));
    json_decref(json);
    fixture_close(&fixture);
}
END_TEST

START_TEST(status_counts_verdicts_and_reasons_but_no_explanations) {
    static struct fixture fixture;
    struct tam_query query = { .size = sizeof query, .token = view("accept") };
    fixture_open(&fixture, "puppet");
    for (int i = 0; i < 3; i++) {
        ask_verdict(&fixture, "accept");
    }
    ask_verdict(&fixture, "reject.10");
    ask_verdict(&fixture, "verdict.99");
    ask_verdict(&fixture, "revoke");
    tam_result_free(tam_explain(fixture.service, &query));
    json_t *json = parsed(tam_status(fixture.service));
    json_t *verdicts = json_object_get(json, "verdicts");
    json_t *reasons = json_object_get(json, "reasons");
    ck_assert_int_eq(json_integer_value(json_object_get(verdicts, "accept")), 4);
    ck_assert_int_eq(json_integer_value(json_object_get(verdicts, "reject")), 1);
    ck_assert_int_eq(json_integer_value(json_object_get(verdicts, "error")), 1);
    ck_assert_int_eq(json_integer_value(json_object_get(reasons, "wrong_audience")), 1);
    ck_assert_int_eq(json_integer_value(json_object_get(reasons, "malformed")), 0);
    ck_assert_int_eq(
        json_integer_value(json_object_get(json_array_get(json_object_get(json, "verifiers"), 0), "revocations")), 1);
    json_decref(json);
    fixture_close(&fixture);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {
        the_document_holds_what_the_verifiers_describe,
        policy_and_terms_are_told_as_given,
        explicit_lists_override_the_descriptions,
        scopes_of_another_resource_are_warned_of,
        a_scope_of_clients_alone_is_warned_of,
        an_invalid_description_is_told_of_once_a_second,
        a_plugins_status_is_shown_if_it_is_json,
        members_without_elements_are_left_out,
        without_a_resource_there_is_no_document,
        the_well_known_path_is_inserted_before_the_resources_own,
        a_query_of_the_resource_stays_behind_the_path_of_the_document,
        describe_names_each_verifier_and_what_it_accepts,
        status_counts_verdicts_and_reasons_but_no_explanations,
    };

    return suite_run("metadata", suite_case("metadata", 60, tests, COUNT(tests)));
}
