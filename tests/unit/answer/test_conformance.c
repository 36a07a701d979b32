/* SPDX-License-Identifier: MIT
 *
 * What RFC 6750, RFC 9728 and the MCP authorization specification demand of every answer, whatever its reason: read
 * with a reader of its own, and for each reason with and without resource, scopes and operation. doc/conformance.md
 * names the rules.
 */
#include <config.h>

#include <src/base/array.h>
#include <tests/support/fixture.h>
#include <tests/support/suite.h>

#include <jansson.h>
#include <stdio.h>

#define RESOURCE "resource url=https://api.example.com/mcp name=Example\n"
#define METADATA "https://api.example.com/.well-known/oauth-protected-resource/mcp"

/* ---- A reader of challenges: RFC 9110 §11.6.1, RFC 6750 §3 ---- */

struct parameter {
    char name[32], value[1024];
};

struct challenge {
    struct parameter parameters[8];
    size_t count;
};

static const char *read_quoted(const char *at, struct parameter *ret_parameter) {
    size_t len = 0;
    for (; *at != '"'; at++) {
        if (*at == '\\') {
            at++;
        }
        ck_assert_msg(*at != '\0' && len + 1 < sizeof ret_parameter->value, "a quoted string that does not end");
        ret_parameter->value[len++] = *at;
    }
    ret_parameter->value[len] = '\0';
    return at + 1;
}

static const char *read_parameter(const char *at, struct parameter *ret_parameter) {
    size_t len = strspn(at, "abcdefghijklmnopqrstuvwxyz_");
    ck_assert_msg(len > 0 && len < sizeof ret_parameter->name, "no parameter at: %s", at);
    memcpy(ret_parameter->name, at, len);
    ret_parameter->name[len] = '\0';
    at += len;
    ck_assert_msg(at[0] == '=' && at[1] == '"', "no quoted string at: %s", at);
    return read_quoted(at + 2, ret_parameter);
}

static void read_challenge(const char *at, struct challenge *ret_challenge) {
    ret_challenge->count = 0;
    ck_assert_msg(strncmp(at, "Bearer ", 7) == 0, "another scheme, or nothing behind it: %s", at);
    at += 7;
    for (;;) {
        ck_assert_uint_lt(ret_challenge->count, 8);
        at = read_parameter(at, &ret_challenge->parameters[ret_challenge->count++]);
        if (*at == '\0') {
            return;
        }
        ck_assert_msg(strncmp(at, ", ", 2) == 0, "no comma at: %s", at);
        at += 2;
    }
}

static const char *parameter_value(const struct challenge *challenge, const char *name) {
    for (size_t i = 0; i < challenge->count; i++) {
        if (strcmp(challenge->parameters[i].name, name) == 0) {
            return challenge->parameters[i].value;
        }
    }
    return NULL;
}

/* ---- Every answer there is ---- */

#define NO_TOKEN "Bearer" /* the whole of the header: a request that is badly put */

static const char *const tokens[] = {
    "",          "reject.1",  "reject.2",  "reject.3",  "reject.4",  "reject.5",  "reject.6",
    "reject.7",  "reject.8",  "reject.9",  "reject.10", "reject.11", "reject.12", "reject.13",
    "reject.14", "reject.15", "verdict.3", "accept.1",  NO_TOKEN,
};

static const char *const configurations[] = {
    RESOURCE "puppet scopes=read described_scopes=api://x/read prefix=api://x/",
    RESOURCE "puppet",
    "puppet described_scopes=api://x/read",
    "puppet",
};

struct answered {
    const char *configuration, *token;
    struct tam_result *result;
    struct challenge challenge;
};

/* A token that the plugin accepts lacks the operation's scope. */
static void each_refusal(void (*judge)(const struct answered *answered)) {
    const struct tam_str scopes[] = { view("write"), view("delete") };
    static struct fixture fixture;
    for (size_t i = 0; i < COUNT(configurations); i++) {
        fixture_open(&fixture, configurations[i]);
        for (size_t k = 0; k < COUNT(tokens); k++) {
            struct answered answered = { configurations[i], tokens[k], NULL, { .count = 0 } };
            struct tam_query query = { .size = sizeof query, .token = view(tokens[k]) };
            if (strcmp(tokens[k], NO_TOKEN) == 0) {
                query.authorization = query.token;
                query.token = view("");
            }
            if (strcmp(tokens[k], "accept.1") == 0) {
                query.scopes = (struct tam_list){ scopes, 2 };
            }
            answered.result = tam_verify(fixture.service, &query);
            ck_assert_uint_eq(tam_result_verdict(answered.result), TAM_VERDICT_REJECT);
            read_challenge(text_of(tam_result_challenge(answered.result)), &answered.challenge);
            judge(&answered);
            tam_result_free(answered.result);
        }
        fixture_close(&fixture);
    }
}

/* ---- RFC 6750 §3: no attribute more than once ---- */

static void judge_once(const struct answered *answered) {
    const struct challenge *challenge = &answered->challenge;
    for (size_t i = 0; i < challenge->count; i++) {
        const char *name = challenge->parameters[i].name;
        ck_assert_msg(parameter_value(challenge, name) == challenge->parameters[i].value, "%s: %s twice",
                      answered->token, name);
    }
}

START_TEST(no_parameter_of_a_challenge_is_there_twice) {
    each_refusal(judge_once);
}
END_TEST

/* ---- RFC 6750 §3: the characters of each attribute ---- */

static void judge_characters(const struct answered *answered) {
    static const char *const names[] = { "scope", "error", "error_description" };

    for (size_t i = 0; i < COUNT(names); i++) {
        const char *value = parameter_value(&answered->challenge, names[i]);
        for (; value != NULL && *value != '\0'; value++) {
            ck_assert_msg(*value >= 0x20 && *value < 0x7f && *value != '"' && *value != '\\', "%s: 0x%02x in %s",
                          answered->token, (unsigned char)*value, names[i]);
        }
    }
}

START_TEST(the_values_of_a_challenge_keep_to_their_characters) {
    each_refusal(judge_characters);
}
END_TEST

/* ---- RFC 6750 §3.1: a status for each error, an error for each token, and none without ---- */

static void judge_error(const struct answered *answered) {
    static const struct {
        const char *error;
        int status;
    } rows[] = {
        { "invalid_request", 400 },
        { "invalid_token", 401 },
        { "insufficient_scope", 403 },
        { "insufficient_claims", 401 }, /* Microsoft's: OpenID CAE */
    };
    const char *error = parameter_value(&answered->challenge, "error");
    int status = tam_result_status(answered->result);

    if (answered->token[0] == '\0') {
        ck_assert_int_eq(status, 401);
        ck_assert_ptr_null(error);
        ck_assert_ptr_null(parameter_value(&answered->challenge, "error_description"));
        return;
    }
    ck_assert_msg(error != NULL, "%s: no error", answered->token);
    ck_assert_str_eq(error, tam_result_error(answered->result));
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (strcmp(rows[i].error, error) == 0) {
            ck_assert_msg(rows[i].status == status, "%s: %s is %d", answered->token, error, status);
            return;
        }
    }
    ck_abort_msg("%s: an error that no specification has: %s", answered->token, error);
}

START_TEST(each_error_has_its_status_and_no_credentials_have_none) {
    each_refusal(judge_error);
}
END_TEST

/* ---- RFC 9728 §5.1, MCP: where the metadata is, in 401 and 403 alike ---- */

static void judge_metadata(const struct answered *answered) {
    const char *url = parameter_value(&answered->challenge, "resource_metadata");
    if (strncmp(answered->configuration, RESOURCE, strlen(RESOURCE)) == 0) {
        ck_assert_pstr_eq(url, METADATA);
    } else {
        ck_assert_ptr_null(url);
    }
}

START_TEST(every_refusal_of_a_resource_names_its_metadata) {
    each_refusal(judge_metadata);
}
END_TEST

/* ---- MCP: the scopes that the request needs, in 401 and 403 ---- */

static void judge_scopes(const struct answered *answered) {
    const char *scope = parameter_value(&answered->challenge, "scope");
    /* Another scope would not help. */
    if (strcmp(answered->token, NO_TOKEN) == 0) {
        ck_assert_ptr_null(scope);
    } else if (strstr(answered->configuration, "described_scopes") != NULL) {
        ck_assert_msg(scope != NULL && strstr(scope, "api://x/read") != NULL, "%s: %s", answered->token, scope);
    }
    if (strcmp(answered->token, "accept.1") == 0) {
        ck_assert_ptr_nonnull(scope);
        ck_assert_msg(strstr(scope, "write") != NULL && strstr(scope, "delete") != NULL, "%s", scope);
    }
}

static void judge_scopes_but_of_plugin(const struct answered *answered) {
    if (strcmp(answered->token, "reject.14") == 0) { /* the plugin itself says what it needs */
        ck_assert_pstr_eq(parameter_value(&answered->challenge, "scope"), "api://x/one api://x/two");
    } else {
        judge_scopes(answered);
    }
}

START_TEST(every_refusal_names_the_scopes_that_are_needed) {
    each_refusal(judge_scopes_but_of_plugin);
}
END_TEST

/* ---- RFC 9728 §2, MCP: the document of the real plugins ---- */

static void expect_server(const char *plugin, const char *options, const char *issuer) {
    static struct fixture fixture;
    char configuration[1024];
    (void)snprintf(configuration, sizeof configuration, RESOURCE "%s/plugins/%s/.libs/tam_%s.so %s", TAM_TOP_BUILDDIR,
                   plugin, plugin, options);
    fixture_open(&fixture, configuration);
    struct tam_document *document = tam_metadata(fixture.service);
    json_t *root = json_loads(text_of(tam_document_text(document)), JSON_REJECT_DUPLICATES, NULL);
    ck_assert_ptr_nonnull(root);
    json_t *servers = json_object_get(root, "authorization_servers");
    ck_assert_uint_eq(json_array_size(servers), 1);
    ck_assert_str_eq(json_string_value(json_array_get(servers, 0)), issuer);
    json_decref(root);
    tam_document_free(document);
    fixture_close(&fixture);
}

/* Also before the first key is there. Nothing is listening at port 1. */
START_TEST(the_documents_of_jwt_and_azure_name_an_authorization_server) {
    expect_server("jwt", "audience=x issuer=https://as.example jwks_uri=https://127.0.0.1:1/jwks allow_private=yes",
                  "https://as.example");
    expect_server("azure",
                  "tenant_id=aaaabbbb-0000-cccc-1111-dddd2222eeee client_id=00001111-aaaa-2222-bbbb-3333cccc4444 "
                  "required_scopes=read connect_to=login.microsoftonline.com:443:127.0.0.1:1",
                  "https://login.microsoftonline.com/aaaabbbb-0000-cccc-1111-dddd2222eeee/v2.0");
}
END_TEST

/* ---- MCP, RFC 8707 §2: no verifier without an audience ---- */

START_TEST(a_verifier_that_would_take_any_audience_is_refused) {
    static const char *const rows[] = {
        "jwt/.libs/tam_jwt.so issuer=https://as.example jwks_uri=https://127.0.0.1:1/jwks allow_private=yes",
        "azure/.libs/tam_azure.so tenant_id=aaaabbbb-0000-cccc-1111-dddd2222eeee",
    };
    static const char *const needed[] = { "audience", "client_id" };
    static struct fixture fixture;

    fixture_init(&fixture);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct tam_faults *faults = NULL;
        char text[512];
        (void)snprintf(text, sizeof text, "%s/plugins/%s", TAM_TOP_BUILDDIR, rows[i]);
        ck_assert_int_eq(tam_service_check_string(text, &fixture.setup, &faults), -1);
        ck_assert_msg(strstr(tam_faults_text(faults, 0), needed[i]) != NULL, "%s", tam_faults_text(faults, 0));
        tam_faults_free(faults);
    }
    fixture_close(&fixture);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {
        no_parameter_of_a_challenge_is_there_twice,
        the_values_of_a_challenge_keep_to_their_characters,
        each_error_has_its_status_and_no_credentials_have_none,
        every_refusal_of_a_resource_names_its_metadata,
        every_refusal_names_the_scopes_that_are_needed,
        the_documents_of_jwt_and_azure_name_an_authorization_server,
        a_verifier_that_would_take_any_audience_is_refused,
    };

    return suite_run("conformance", suite_case("conformance", 60, tests, COUNT(tests)));
}
