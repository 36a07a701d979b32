/* SPDX-License-Identifier: MIT
 *
 * WWW-Authenticate, byte for byte: RFC 6750 §3, RFC 9728 §5.1, Entra's claims challenge, and what clients stumble over.
 */
#include <config.h>

#include <src/base/array.h>
#include <tests/support/fixture.h>
#include <tests/support/scratch.h>
#include <tests/support/suite.h>

#include <stdio.h>

#define RESOURCE "resource url=https://api.example.com/mcp name=Example\n"
#define PUPPET   "puppet scopes=read described_scopes=api://x/read prefix=api://x/"
#define METADATA "resource_metadata=\"https://api.example.com/.well-known/oauth-protected-resource/mcp\""
#define INVALID  "error_description=\"The access token is not valid here\""

static void expect(const char *configuration, const char *token, struct tam_list operation, const char *challenge) {
    static struct fixture fixture;
    struct tam_query query = { .size = sizeof query, .token = view(token), .scopes = operation };
    fixture_open(&fixture, configuration);
    struct tam_result *result = tam_verify(fixture.service, &query);
    ck_assert_str_eq(text_of(tam_result_challenge(result)), challenge);
    tam_result_free(result);
    fixture_close(&fixture);
}

static const struct tam_list nothing = { NULL, 0 };

START_TEST(without_credentials_there_is_no_error) {
    expect(RESOURCE PUPPET, "", nothing, "Bearer scope=\"api://x/read\", " METADATA);
}
END_TEST

START_TEST(a_bad_token_is_told_its_class_and_no_more) {
    expect(RESOURCE PUPPET, "reject.10", nothing,
           "Bearer error=\"invalid_token\", scope=\"api://x/read\", " METADATA ", " INVALID);
    expect(RESOURCE PUPPET, "reject.9", nothing,
           "Bearer error=\"invalid_token\", scope=\"api://x/read\", " METADATA ", " INVALID);
    expect(RESOURCE PUPPET, "stranger", nothing,
           "Bearer error=\"invalid_token\", scope=\"api://x/read\", " METADATA ", " INVALID);
    expect(RESOURCE PUPPET, "reject.7", nothing,
           "Bearer error=\"invalid_token\", scope=\"api://x/read\", " METADATA
           ", error_description=\"The access token has expired\"");
}
END_TEST

START_TEST(a_refused_operation_names_all_scopes_at_once_as_a_client_requests_them) {
    const struct tam_str scopes[] = { view("read"), view("delete"), view("openid"), view("https://other/x") };
    const struct tam_list operation = { scopes, 4 };
    expect(
        RESOURCE PUPPET, "accept.1", operation,
        "Bearer error=\"insufficient_scope\", scope=\"api://x/read api://x/delete openid https://other/x\", " METADATA
        ", error_description=\"The access token does not permit this request\"");
}
END_TEST

START_TEST(scopes_of_the_plugin_and_of_the_operation_are_merged) {
    const struct tam_str scopes[] = { view("two"), view("three") };
    expect(RESOURCE PUPPET, "reject.14", (struct tam_list){ scopes, 2 },
           "Bearer error=\"insufficient_scope\", scope=\"api://x/one api://x/two api://x/three\", " METADATA
           ", error_description=\"The access token does not permit this request\"");
}
END_TEST

START_TEST(a_claims_challenge_carries_the_claims_in_base64) {
    expect(RESOURCE PUPPET " authorization_uri=https://login.example/authorize", "reject.15", nothing,
           "Bearer error=\"insufficient_claims\", "
           "claims=\"eyJhY2Nlc3NfdG9rZW4iOnsiYWNycyI6eyJlc3NlbnRpYWwiOnRydWUsInZhbHVlIjoiYzEifX19\", "
           "authorization_uri=\"https://login.example/authorize\", scope=\"api://x/read\", " METADATA
           ", error_description=\"The user must authenticate again as the claims parameter says\"");
}
END_TEST

START_TEST(without_anything_to_say_there_is_a_realm) {
    static struct fixture fixture;
    fixture_open(&fixture, "puppet");
    struct tam_result *result = ask(&fixture, "");
    ck_assert_msg(strncmp(text_of(tam_result_challenge(result)), "Bearer realm=\"", 14) == 0, "%s",
                  text_of(tam_result_challenge(result)));
    tam_result_free(result);
    fixture_close(&fixture);
}
END_TEST

/* RFC 9110 §5.6.4: the realm is the name of the service file, which may be called anything. */
START_TEST(a_realm_is_quoted_whatever_it_is) {
    static struct fixture fixture;
    struct scratch scratch;
    fixture_init(&fixture);
    scratch_make(&scratch);
    ck_assert_int_eq(tam_service_open_file(scratch_text(&scratch, "a\"b\\c\r\nX: \xc3\xa9", "puppet"), &fixture.setup,
                                           &fixture.service, NULL),
                     0);
    struct tam_result *result = ask(&fixture, "");
    const char *challenge = text_of(tam_result_challenge(result));
    ck_assert_msg(strncmp(challenge, "Bearer realm=\"", 14) == 0 && strstr(challenge, "a\\\"b\\\\c??X: ??\"") != NULL,
                  "%s", challenge);
    tam_result_free(result);
    fixture_close(&fixture);
    scratch_remove(&scratch);
}
END_TEST

START_TEST(only_rejections_have_a_challenge) {
    static const char *const tokens[] = { "accept.1", "unavailable.5", "verdict.0", "verdict.9" };
    static struct fixture fixture;

    fixture_open(&fixture, RESOURCE PUPPET);
    for (size_t i = 0; i < COUNT(tokens); i++) {
        struct tam_result *result = ask(&fixture, tokens[i]);
        ck_assert_msg(tam_result_challenge(result).len == 0, "%s", tokens[i]);
        tam_result_free(result);
    }
    fixture_close(&fixture);
}
END_TEST

/* A client that searches for `scope=`, as the MCP SDK does, must find the parameter; so every challenge begins with
 * Bearer, and no description holds a parameter's name. */
START_TEST(plain_searches_find_the_parameters) {
    static const char *const parameters[] = { "scope=", "error=", "resource_metadata=" };
    static struct fixture fixture;

    fixture_open(&fixture, RESOURCE PUPPET);
    for (uint32_t reason = TAM_REASON_MALFORMED; reason <= TAM_REASON_INSUFFICIENT_CLAIMS; reason++) {
        char token[16];
        (void)snprintf(token, sizeof token, "reject.%u", reason);
        struct tam_result *result = ask(&fixture, token);
        const char *challenge = text_of(tam_result_challenge(result));
        const char *description = strstr(challenge, "error_description=");
        ck_assert(strncmp(challenge, "Bearer ", 7) == 0);
        ck_assert_ptr_nonnull(description);
        ck_assert_ptr_null(strstr(description, "\", "));
        for (size_t i = 0; i < 3; i++) {
            ck_assert_ptr_null(strstr(description, parameters[i]));
        }
        tam_result_free(result);
    }
    fixture_close(&fixture);
}
END_TEST

START_TEST(a_description_that_breaks_a_rule_is_left_out) {
    expect(RESOURCE "puppet described_scopes='re\"ad' prefix=api://x/", "", nothing, "Bearer " METADATA);
    expect(RESOURCE "puppet described_scopes=read prefix='api://x y/'", "", nothing, "Bearer " METADATA);
    expect(RESOURCE "puppet described_scopes=read servers=\"https://a'b\\\"\"", "", nothing, "Bearer " METADATA);
}
END_TEST

/* An HTTP server would refuse the header, or cut it: half a list misleads, and the metadata has it. */
START_TEST(a_challenge_that_is_too_long_names_no_scopes_but_where_they_are) {
    static char names[300][40];
    static struct tam_str scopes[256];
    for (size_t i = 0; i < 256; i++) {
        (void)snprintf(names[i], sizeof names[i], "a-rather-long-name-of-a-scope-%03zu", i);
        scopes[i] = view(names[i]);
    }
    expect(RESOURCE PUPPET, "accept.1", (struct tam_list){ scopes, 256 },
           "Bearer error=\"insufficient_scope\", " METADATA
           ", error_description=\"The access token does not permit this request\"");
}
END_TEST

int main(void) {
    const TTest *const tests[] = {
        without_credentials_there_is_no_error,
        a_bad_token_is_told_its_class_and_no_more,
        a_refused_operation_names_all_scopes_at_once_as_a_client_requests_them,
        scopes_of_the_plugin_and_of_the_operation_are_merged,
        a_claims_challenge_carries_the_claims_in_base64,
        without_anything_to_say_there_is_a_realm,
        a_realm_is_quoted_whatever_it_is,
        only_rejections_have_a_challenge,
        plain_searches_find_the_parameters,
        a_description_that_breaks_a_rule_is_left_out,
        a_challenge_that_is_too_long_names_no_scopes_but_where_they_are,
    };

    return suite_run("challenge", suite_case("challenge", 60, tests, COUNT(tests)));
}
