/* SPDX-License-Identifier: MIT
 *
 * tamd as proxies and clients meet it: requests against status and headers, over the test plugin. Each bad row is a
 * good one with one thing wrong.
 */
#include <config.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <src/base/array.h>
#include <tests/support/suite.h>
#include <tests/support/tamd_process.h>

#define GOOD   "Authorization: Bearer accept.1\r\n"
#define APP    "Authorization: Bearer accept.2\r\n"
#define AT(u)  "X-Forwarded-Uri: " u "\r\nX-Forwarded-Method: GET\r\nX-Forwarded-Host: api.example.com\r\n"
#define URI(u) "X-Forwarded-Uri: " u "\r\n"
#define HOST   "X-Forwarded-Method: GET\r\nX-Forwarded-Host: api.example.com\r\n"

static struct tamd_process tamd;
static struct reply reply;

static const char configuration[] =
    "listen address=127.0.0.1:0\n"
    "admin address=unix:%s\n"
    "tamd default=verify\n"
    "service name=api file=api.service host=api.example.com\n"
    "service name=files file=files.service host=api.example.com path=/files\n"
    "service name=other file=other.service host=other.example\n"
    "route path=/mcp header=Mcp-Method:tools/call,Mcp-Name:delete_* absent=skip scopes=delete\n"
    "route path=/mcp/*/admin scopes=read,admin\n"
    "route path=/mcp method=PUT scopes=put\n"
    "route path=/jobs roles=Jobs.Run\n"
    "route host=other.example path=/locked access=refuse\n"
    "route path=/open method=OPTIONS,GET access=open\n";

static void setup(void) {
    char text[4096];
    tamd_prepare(&tamd);
    (void)snprintf(text, sizeof text, configuration, scratch_path(&tamd.scratch, "admin.sock"));
    scratch_text(&tamd.scratch, "tamd.conf", text);
    scratch_text(&tamd.scratch, "api.service",
                 "resource url=https://api.example.com/mcp scopes=api://x/read\n"
                 "puppet scopes=read,write roles=r1 servers=https://issuer.example/ "
                 "described_scopes=api://x/read prefix=api://x/\n");
    scratch_text(&tamd.scratch, "files.service", "puppet scopes=read roles=c%d,é\n");
    scratch_text(&tamd.scratch, "other.service",
                 "resource url=https://other.example\npuppet servers=https://issuer.example/\n");
    tamd_start(&tamd, NULL);
}

static void teardown(void) {
    tamd_end(&tamd);
}

/* ---- /auth ---- */

struct row {
    const char *what, *headers;
    int status;
    const char *challenge; /* a part of it; "": there is none; NULL: whatever */
};

static void ask_rows(const struct row *rows, size_t count) {
    for (size_t i = 0; i < count; i++) {
        http_ask(tamd.main, "GET", "/auth", rows[i].headers, "", &reply);
        ck_assert_msg(reply.status == rows[i].status, "%s: %d", rows[i].what, reply.status);
        const char *challenge = reply_header(&reply, "WWW-Authenticate");
        if (rows[i].challenge != NULL && rows[i].challenge[0] == '\0') {
            ck_assert_msg(challenge == NULL, "%s: %s", rows[i].what, challenge);
        } else if (rows[i].challenge != NULL) {
            ck_assert_msg(challenge != NULL && strstr(challenge, rows[i].challenge) != NULL, "%s: %s", rows[i].what,
                          challenge != NULL ? challenge : "no challenge");
        }
        ck_assert_str_eq(reply_header(&reply, "Cache-Control"), "no-store");
        if (reply.status != 200) {
            ck_assert_msg(reply_header(&reply, "X-Tam-Subject") == NULL, "%s", rows[i].what);
        }
    }
}

#define ASK_ROWS(rows) ask_rows(rows, COUNT(rows))

START_TEST(a_token_becomes_a_status_and_a_challenge) {
    static const struct row rows[] = {
        { "good", GOOD AT("/mcp"), 200, "" },
        { "scheme in any case", "Authorization: bEaReR accept.1\r\n" AT("/mcp"), 200, "" },
        { "none", AT("/mcp"), 401,
          "Bearer scope=\"api://x/read\", resource_metadata=\"https://api.example.com/.well-known/oauth-protected-resource/mcp\"" },
        { "another scheme", "Authorization: Basic YTpi\r\n" AT("/mcp"), 401, "Bearer scope" },
        { "an empty header", "Authorization: \r\n" AT("/mcp"), 401, "Bearer scope" },
        { "malformed", "Authorization: Bearer reject.1\r\n" AT("/mcp"), 401, "error=\"invalid_token\"" },
        { "expired", "Authorization: Bearer reject.7\r\n" AT("/mcp"), 401, "error=\"invalid_token\"" },
        { "wrong audience", "Authorization: Bearer reject.10\r\n" AT("/mcp"), 401, "error=\"invalid_token\"" },
        { "nobody's", "Authorization: Bearer whose\r\n" AT("/mcp"), 401, "error=\"invalid_token\"" },
        { "scope-less", "Authorization: Bearer reject.14\r\n" AT("/mcp"), 403, "scope=\"api://x/one api://x/two\"" },
        { "claims challenge", "Authorization: Bearer reject.15\r\n" AT("/mcp"), 401, "error=\"insufficient_claims\"" },
        { "no token behind the scheme", "Authorization: Bearer\r\n" AT("/mcp"), 401, "error=\"invalid_request\"" },
        { "two words", "Authorization: Bearer accept.1 accept.1\r\n" AT("/mcp"), 401, "error=\"invalid_request\"" },
        { "a list", "Authorization: Bearer accept.1, Bearer accept.1\r\n" AT("/mcp"), 401,
          "error=\"invalid_request\"" },
        { "two headers", GOOD GOOD AT("/mcp"), 401, "error=\"invalid_request\"" },
        { "two headers, the first empty", "Authorization: \r\n" GOOD AT("/mcp"), 401, "error=\"invalid_request\"" },
        { "two headers, Basic first", "Authorization: Basic YTpi\r\n" GOOD AT("/mcp"), 401, "invalid_request" },
        { "in the query", AT("/mcp?access_token=accept.1"), 401, "Bearer scope" },
        { "unavailable", "Authorization: Bearer unavailable.7\r\n" AT("/mcp"), 503, "" },
        { "bound to a key", "Authorization: Bearer bad.claims-cnf\r\n" AT("/mcp"), 401, "invalid_token" },
        { "broken", "Authorization: Bearer verdict.99\r\n" AT("/mcp"), 500, "" },
    };
    ASK_ROWS(rows);
}
END_TEST

START_TEST(unavailable_says_when_to_come_again) {
    http_ask(tamd.main, "GET", "/auth", "Authorization: Bearer unavailable.7\r\n" AT("/mcp"), "", &reply);
    ck_assert_str_eq(reply_header(&reply, "Retry-After"), "7");
    http_ask(tamd.main, "GET", "/auth", "Authorization: Bearer unavailable.0\r\n" AT("/mcp"), "", &reply);
    ck_assert_str_eq(reply_header(&reply, "Retry-After"), "1");
}
END_TEST

START_TEST(the_method_and_body_of_the_question_do_not_matter) {
    static const char *const methods[] = { "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PROPFIND" };
    for (size_t i = 0; i < COUNT(methods); i++) {
        http_ask(tamd.main, methods[i], "/auth", GOOD AT("/mcp"), i % 2 == 0 ? "" : "any body", &reply);
        ck_assert_msg(reply.status == 200, "%s: %d", methods[i], reply.status);
        http_ask(tamd.main, methods[i], "/auth", AT("/mcp"), i % 2 == 0 ? "" : "any body", &reply);
        ck_assert_msg(reply.status == 401, "%s: %d", methods[i], reply.status);
    }
    static char body[200000]; /* longer than any that is read */
    memset(body, 'a', sizeof body - 1);
    http_ask(tamd.main, "POST", "/auth", GOOD AT("/mcp"), body, &reply);
    ck_assert_int_eq(reply.status, 200);
}
END_TEST

START_TEST(routes_demand_more_cached_or_not) {
    static const struct row rows[] = {
        { "no demand", GOOD AT("/mcp"), 200, "" },
        { "the same token where it lacks a scope", GOOD "Mcp-Method: tools/call\r\nMcp-Name: delete_all\r\n" AT("/mcp"),
          403, "scope=\"api://x/read api://x/delete\"" },
        { "no demand again", GOOD AT("/mcp"), 200, "" },
        { "below", GOOD "Mcp-Method: tools/call\r\nMcp-Name: delete_all\r\n" AT("/mcp/x"), 403, "insufficient_scope" },
        { "with a query", GOOD "Mcp-Method: tools/call\r\nMcp-Name: delete_all\r\n" AT("/mcp?a=/../b"), 403, NULL },
        { "escaped", GOOD "Mcp-Method: tools/call\r\nMcp-Name: delete_all\r\n" AT("/m%63p"), 403, "insufficient" },
        { "the name encoded", GOOD "Mcp-Method: tools/call\r\nMcp-Name: =?base64?ZGVsZXRlX2FsbA==?=\r\n" AT("/mcp"),
          403, "insufficient_scope" },
        { "header names in any case", GOOD "mcp-method: tools/call\r\nMCP-NAME: delete_all\r\n" AT("/mcp"), 403, NULL },
        { "another tool", GOOD "Mcp-Method: tools/call\r\nMcp-Name: list_all\r\n" AT("/mcp"), 200, "" },
        { "another method", GOOD "Mcp-Method: tools/list\r\nMcp-Name: delete_all\r\n" AT("/mcp"), 200, "" },
        { "any segment", GOOD AT("/mcp/tenant/admin"), 403, "scope=\"api://x/read api://x/admin\"" },
        { "not two segments", GOOD AT("/mcp/a/b/admin"), 200, "" },
        { "not a part of a segment", GOOD AT("/mcp/tenant/administrator"), 200, "" },
        { "by method", GOOD URI("/mcp") "X-Forwarded-Method: PUT\r\nX-Forwarded-Host: api.example.com\r\n", 403, NULL },
        { "a role, an application without", APP AT("/jobs/1"), 403, NULL },
        { "a role, a user", GOOD AT("/jobs/1"), 403, NULL },
        { "no token at all", "Mcp-Method: tools/call\r\nMcp-Name: delete_all\r\n" AT("/mcp"), 401,
          "scope=\"api://x/read api://x/delete\"" },
        { "a bad token", "Authorization: Bearer reject.7\r\n" AT("/mcp/t/admin"), 401, "invalid_token" },
        { "nobody", GOOD URI("/locked") "X-Forwarded-Method: GET\r\nX-Forwarded-Host: other.example\r\n", 403, "" },
        { "anybody", AT("/open"), 200, "" },
        { "not by that method", URI("/open") "X-Forwarded-Method: POST\r\nX-Forwarded-Host: api.example.com\r\n", 401,
          NULL },
    };
    ASK_ROWS(rows);
}
END_TEST

static const char *const ambiguous_uris[] = {
    "/mcp/../open",
    "/mcp/%2e%2e/open",
    "/mcp/.%2E/open",
    "/./mcp",
    "/mcp/%2e",
    "/open/..",
    "//mcp",
    "/mcp//x",
    "/mcp%2fx",
    "/mcp%2Fx",
    "/mcp%5cx",
    "/mcp\\x",
    "/mcp;a=b",
    "/mcp%3bx",
    "/..;/mcp",
    "/mcp%00",
    "/mcp%0d%0aX:y",
    "/mcp%7f",
    "/mcp%",
    "/mcp%2",
    "/mcp%zz",
    "/mcp%252e",
    "/mcp%c0%ae",
    "/mcp%ff",
    "/mcp#x",
    "mcp",
    "*",
    "http://a/mcp",
    "/open%c0%af..",
    "?/mcp",
    "/%2e%2e/",
    "/mcp/%2e%2e",
};

/* All of them are 403 without a challenge, whoever asks. */
START_TEST(what_is_ambiguous_is_refused) {
    char headers[1024];
    for (size_t i = 0; i < COUNT(ambiguous_uris); i++) {
        (void)snprintf(headers, sizeof headers, GOOD HOST "X-Forwarded-Uri: %s\r\n", ambiguous_uris[i]);
        const struct row row = { ambiguous_uris[i], headers, 403, "" };
        ask_rows(&row, 1);
    }
    static const struct row rows[] = {
        { "control", GOOD AT("/mcp"), 200, "" },
        { "control: what looks odd and is not", GOOD AT("/a.b/..c/d%20e/%C3%A9/100%25/~x?/../;//"), 200, "" },
        { "no URI", GOOD HOST, 403, "" },
        { "an empty URI", GOOD HOST "X-Forwarded-Uri: \r\n", 403, "" },
        { "two URIs", GOOD HOST URI("/mcp") URI("/open"), 403, "" },
        { "nginx's other habit is not believed", GOOD HOST "X-Original-URI: /mcp\r\n", 403, "" },
        { "no host", GOOD URI("/mcp") "X-Forwarded-Method: GET\r\n", 403, "" },
        { "two hosts", GOOD AT("/mcp") "X-Forwarded-Host: other.example\r\n", 403, "" },
        { "hosts in a list", GOOD URI("/mcp") "X-Forwarded-Method: GET\r\nX-Forwarded-Host: api.example.com, a\r\n",
          403, "" },
        { "an unknown host", GOOD URI("/mcp") "X-Forwarded-Method: GET\r\nX-Forwarded-Host: api.example.org\r\n", 403,
          "" },
        { "a host with more in front",
          GOOD URI("/mcp") "X-Forwarded-Method: GET\r\nX-Forwarded-Host: x.api.example.com\r\n", 403, "" },
        { "a host with user info",
          GOOD URI("/mcp") "X-Forwarded-Method: GET\r\nX-Forwarded-Host: a@api.example.com\r\n", 403, "" },
        { "control: a host in any case, with port and dot",
          GOOD URI("/mcp") "X-Forwarded-Method: GET\r\nX-Forwarded-Host: API.Example.com.:443\r\n", 200, "" },
        { "a host with an empty label",
          GOOD URI("/mcp") "X-Forwarded-Method: GET\r\nX-Forwarded-Host: api..example.com\r\n", 403, "" },
        { "a host with two dots behind it",
          GOOD URI("/mcp") "X-Forwarded-Method: GET\r\nX-Forwarded-Host: api.example.com..\r\n", 403, "" },
        { "no method", GOOD URI("/mcp") "X-Forwarded-Host: api.example.com\r\n", 403, "" },
        { "two methods", GOOD AT("/mcp") "X-Forwarded-Method: PUT\r\n", 403, "" },
        { "a header of a route twice", GOOD "Mcp-Method: a\r\nMcp-Name: a\r\nMcp-Name: delete_all\r\n" AT("/mcp"), 403,
          "" },
        { "a principal header for CGI", GOOD AT("/mcp") "X_Tam_Subject: root\r\n", 403, "" },
        { "one underscore of two", GOOD AT("/mcp") "x-tam_subject: root\r\n", 403, "" },
        { "a header of a route for CGI", GOOD AT("/mcp") "Mcp_Name: delete_all\r\n", 403, "" },
        { "control: other underscores", GOOD AT("/mcp") "X_Other: a\r\nX-Tam-Subjects_: b\r\n", 200, "" },
        { "an encoding that cannot be read", GOOD "Mcp-Method: a\r\nMcp-Name: =?base64?%%?=\r\n" AT("/mcp"), 403, "" },
        { "an encoding that is not known", GOOD "Mcp-Method: a\r\nMcp-Name: =?utf-8?q?a?=\r\n" AT("/mcp"), 403, "" },
        { "an encoding without end", GOOD "Mcp-Method: a\r\nMcp-Name: =?base64?ZGVsZXRl\r\n" AT("/mcp"), 403, "" },
    };
    ASK_ROWS(rows);
    tamd_log_wait(&tamd, "refused=\"a dot segment\"", 1);
    tamd_log_wait(&tamd, "refused=\"the proxy names no original URI, or two\"", 1);
}
END_TEST

/* ---- The principal ---- */

static void expect_header(const char *name, const char *value) {
    const char *found = reply_header(&reply, name);
    ck_assert_msg(found != NULL && strcmp(found, value) == 0, "%s: %s", name, found != NULL ? found : "(none)");
}

START_TEST(the_principal_is_in_headers_all_of_them_and_always) {
    http_ask(tamd.main, "GET", "/auth", GOOD AT("/mcp") "X-Tam-Subject: root\r\nX-Tam-Roles: admin\r\n", "", &reply);
    expect_header("X-Tam-Subject", "alice");
    expect_header("X-Tam-Issuer", "https://issuer.example/v2.0");
    expect_header("X-Tam-Tenant", "tenant-1");
    expect_header("X-Tam-Client", "client-1");
    expect_header("X-Tam-Kind", "user");
    expect_header("X-Tam-Scopes", "read write");
    expect_header("X-Tam-Roles", "r1");
    expect_header("X-Tam-Expires", "2000000000");
    expect_header("X-Tam-Service", "api");
    http_ask(tamd.main, "GET", "/auth", APP URI("/x") "X-Forwarded-Method: GET\r\nX-Forwarded-Host: other.example\r\n",
             "", &reply);
    expect_header("X-Tam-Kind", "app");
    expect_header("X-Tam-Scopes", "");
    expect_header("X-Tam-Roles", "");
    expect_header("X-Tam-Service", "other");
    http_ask(tamd.main, "GET", "/auth", GOOD AT("/open"), "", &reply);
    expect_header("X-Tam-Subject", "");
    expect_header("X-Tam-Kind", "");
    expect_header("X-Tam-Expires", "");
}
END_TEST

START_TEST(no_two_values_look_alike_in_a_header) {
    http_ask(tamd.main, "GET", "/auth", GOOD AT("/files/x"), "", &reply);
    expect_header("X-Tam-Service", "files");
    expect_header("X-Tam-Roles", "c%25d,%C3%A9");
}
END_TEST

START_TEST(what_would_break_a_header_is_an_error) {
    static const char *const tokens[] = { "bad.subject-newline", "bad.subject-nul", "bad.role-newline",
                                          "bad.tenant-escape",   "bad.issuer-tab",  "bad.subject-empty" };
    char headers[256];
    for (size_t i = 0; i < COUNT(tokens); i++) {
        (void)snprintf(headers, sizeof headers, "Authorization: Bearer %s\r\n" AT("/mcp"), tokens[i]);
        const struct row row = { tokens[i], headers, 500, "" };
        ask_rows(&row, 1);
        ck_assert_ptr_null(reply_header(&reply, "X-Admin"));
        ck_assert_ptr_null(reply_header(&reply, "Set-Cookie"));
    }
}
END_TEST

/* ---- The metadata ---- */

START_TEST(the_metadata_is_for_anybody_at_its_own_path) {
    static const struct {
        const char *method, *path, *host;
        int status;
        const char *body; /* a part */
    } rows[] = {
        { "GET", "/.well-known/oauth-protected-resource/mcp", "api.example.com", 200,
          "\"resource\":\"https://api.example.com/mcp\"" },
        { "GET", "/.well-known/oauth-protected-resource/mcp?x=y", "", 200, "https://api.example.com/mcp" },
        { "GET", "/.well-known/oauth-protected-resource", "other.example", 200,
          "\"resource\":\"https://other.example\"" },
        { "OPTIONS", "/.well-known/oauth-protected-resource/mcp", "", 204, "" },
        { "POST", "/.well-known/oauth-protected-resource/mcp", "", 405, "" },
        { "GET", "/.well-known/oauth-protected-resource/mcp/", "", 404, "" },
        { "GET", "/.well-known/oauth-protected-resource/mcpx", "", 404, "" },
        { "GET", "/.well-known/oauth-protected-resource/%6dcp", "", 404, "" },
        { "GET", "/.well-known/oauth-protected-resourcex", "", 404, "" },
        { "GET", "/.well-known/oauth-authorization-server", "", 404, "" },
        { "OPTIONS", "/.well-known/oauth-protected-resource/other", "", 404, "" },
    };
    char headers[256];
    for (size_t i = 0; i < COUNT(rows); i++) {
        (void)snprintf(headers, sizeof headers, "Origin: https://a.example\r\nX-Forwarded-Host: %s\r\n", rows[i].host);
        http_ask(tamd.main, rows[i].method, rows[i].path, headers, "", &reply);
        ck_assert_msg(reply.status == rows[i].status, "%s: %d", rows[i].path, reply.status);
        ck_assert_msg(strstr(reply.body, rows[i].body) != NULL, "%s: %s", rows[i].path, reply.body);
        if (rows[i].status < 300) {
            expect_header("Access-Control-Allow-Origin", "*");
        }
        if (rows[i].status == 200) {
            expect_header("Cache-Control", "public, max-age=300");
        }
        if (rows[i].status == 204) {
            expect_header("Access-Control-Allow-Headers", "*");
        }
    }
}
END_TEST

/* ---- The rest ---- */

START_TEST(each_listener_has_its_own_paths) {
    static const struct {
        bool admin;
        const char *path;
        int status;
    } rows[] = {
        { false, "/healthz", 200 },    { false, "/readyz", 200 },
        { false, "/metrics", 404 },    { false, "/status", 404 },
        { false, "/introspect", 404 }, { false, "/", 404 },
        { false, "/auth/x", 404 },     { false, "/authx", 404 },
        { false, "/healthz/x", 404 },  { true, "/healthz", 200 },
        { true, "/readyz", 200 },      { true, "/metrics", 200 },
        { true, "/status", 200 },      { true, "/introspect", 405 },
        { true, "/auth", 404 },        { true, "/.well-known/oauth-protected-resource/mcp", 404 },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        http_ask(rows[i].admin ? tamd.admin : tamd.main, "GET", rows[i].path, "", "", &reply);
        ck_assert_msg(reply.status == rows[i].status, "%s: %d", rows[i].path, reply.status);
    }
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("tamd");
    tcase_set_timeout(tests, 120);
    tcase_add_unchecked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_token_becomes_a_status_and_a_challenge);
    tcase_add_test(tests, unavailable_says_when_to_come_again);
    tcase_add_test(tests, the_method_and_body_of_the_question_do_not_matter);
    tcase_add_test(tests, routes_demand_more_cached_or_not);
    tcase_add_test(tests, what_is_ambiguous_is_refused);
    tcase_add_test(tests, the_principal_is_in_headers_all_of_them_and_always);
    tcase_add_test(tests, no_two_values_look_alike_in_a_header);
    tcase_add_test(tests, what_would_break_a_header_is_an_error);
    tcase_add_test(tests, the_metadata_is_for_anybody_at_its_own_path);
    tcase_add_test(tests, each_listener_has_its_own_paths);
    return suite_run("tamd", tests);
}
