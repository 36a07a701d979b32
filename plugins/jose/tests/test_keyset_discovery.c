/* SPDX-License-Identifier: MIT
 *
 * Keys by way of a discovery document: whose document it must be, and what happens when it changes.
 */
#include <config.h>

#include <src/base/array.h>
#include <src/base/str.h>
#include <stdlib.h>
#include <tests/support/jose_support.h>
#include <tests/support/keyset_scene.h>
#include <tests/support/suite.h>

#define DOCUMENT "/.well-known/openid-configuration"

static struct scene scene;

/* The document, whose issuer is http://127.0.0.1:PORT and then this, and whose keys are at that path of the same. */
static void publish(const char *issuer_tail, const char *path, const char *more) {
    struct buf text;
    buf_init(&text, 8192);
    buf_format(&text, "{\"issuer\":\"http://127.0.0.1:%u%s\",\"jwks_uri\":\"http://127.0.0.1:%u%s\"%s}",
               scene_server.port, issuer_tail, scene_server.port, path, more);
    scripted_server_answer(&scene_server, DOCUMENT, &(struct scripted_answer){ .body = buf_str(&text) });
    buf_free(&text);
}

static void open_authority(const char *tail, const char *options) {
    struct buf text;
    buf_init(&text, 8192);
    buf_format(&text, SCENE_LINE "authority=http://127.0.0.1:%u%s insecure_http=yes %s", scene_server.port, tail,
               options);
    scene_open_text(&scene, text.ptr);
    buf_free(&text);
}

static void answer_at(const char *path, const char *headers, const char *keys) {
    scripted_server_answer(&scene_server, path,
                           &(struct scripted_answer){ .headers = headers, .body = str_of(scene_set(keys)) });
}

/* ---- Whose document it is ---- */

static const struct {
    const char *authority, *issuer; /* what follows http://127.0.0.1:PORT */
    bool ours;
} issuers[] = {
    { "", "", true },    { "/", "/", true }, { "", "/", false }, { "/", "", false },
    { "", "/a", false }, { "", "?", false }, { "", "#", false }, { "", " ", false },
};

START_TEST(the_issuer_of_the_document_is_the_authority_byte_for_byte) {
    publish(issuers[_i].issuer, "/keys", "");
    scene_keys(NULL, "P-256:a");
    open_authority(issuers[_i].authority, "");
    ck_assert_str_eq(scene_ask(&scene, "P-256:a"), issuers[_i].ours ? "accept" : "unavailable");
    ck_assert_uint_eq(fixture_log_count(&scene.fixture, "is of another issuer than the authority"), !issuers[_i].ours);
    ck_assert_uint_eq(scripted_server_requests(&scene_server, "/keys"), issuers[_i].ours); /* not even asked */
    scene_close(&scene);
}
END_TEST

static const struct {
    const char *body, *words;
} documents[] = {
    { "{}", "issuer is absent" },
    { "{\"issuer\":null}", "issuer is absent" },
    { "{\"issuer\":7}", "issuer is no string" },
    { "{\"issuer\":[\"http://127.0.0.1\"]}", "issuer is no string" },
    { "{\"issuer\":\"x\"}", "jwks_uri is absent" },
    { "{\"issuer\":\"x\",\"jwks_uri\":{}}", "jwks_uri is no string" },
    { "{\"issuer\":\"x\",\"issuer\":\"x\",\"jwks_uri\":\"x\"}", "is no JSON object" },
    { "[]", "is no JSON object" },
    { "null", "is no JSON object" },
    { "<html></html>", "is no JSON object" },
    { "", "is no JSON object" },
};

START_TEST(a_document_that_is_none_is_a_failed_fetch) {
    scripted_server_answer(&scene_server, DOCUMENT, &(struct scripted_answer){ .body = str_of(documents[_i].body) });
    open_authority("", "");
    ck_assert_str_eq(scene_ask(&scene, "P-256:a"), "unavailable");
    ck_assert_uint_eq(fixture_log_count(&scene.fixture, documents[_i].words), 1);
    scene_close(&scene);
}
END_TEST

/* ---- When it changes ---- */

static bool asked_conditionally(const char *path) {
    struct buf head;
    buf_init(&head, SCRIPTED_HEAD_MAX);
    scripted_server_last_head(&scene_server, path, &head);
    bool conditionally = head.ptr != NULL && strstr(head.ptr, "If-None-Match") != NULL;
    buf_free(&head);
    return conditionally;
}

START_TEST(keys_are_followed_to_where_the_document_moves_them) {
    publish("", "/keys", "");
    scene_keys("ETag: \"one\"\r\n", "P-256:a");
    answer_at("/moved", "ETag: \"one\"\r\n", "P-256/2:b");
    open_authority("", "jwks_refresh=10m");
    const char *token = scene_token("P-256:a");
    ck_assert_str_eq(scene_ask_token(&scene, token), "accept");
    publish("", "/moved", "");
    ck_assert_str_eq(scene_ask(&scene, "P-256/2:b"), "accept"); /* an unknown kid asks for the document as well */
    ck_assert(!asked_conditionally("/moved"));                  /* the ETag was another URL's */
    scene_await(&scene, "revocations", 1);
    ck_assert_str_eq(scene_ask_token(&scene, token), "unknown_key");
    ck_assert_uint_eq(scripted_server_requests(&scene_server, "/keys"), 1);
    scene_step(&scene, 590);
    scene_await(&scene, "fetches", 3);
    scripted_server_await(&scene_server, "/moved", 2);
    ck_assert(asked_conditionally("/moved"));
    scene_close(&scene);
}
END_TEST

START_TEST(a_document_that_says_more_is_not_answered_with_old_keys) {
    publish("", "/keys", "");
    scene_keys("ETag: \"one\"\r\n", "P-256:a");
    open_authority("", "jwks_refresh=10m");
    scene_await(&scene, "keys", 1);
    publish("", "/keys", ",\"cloud_instance_name\":\"elsewhere.example\"");
    scene_step(&scene, 590);
    scripted_server_await(&scene_server, "/keys", 2);
    ck_assert(!asked_conditionally("/keys"));
    scene_close(&scene);
}
END_TEST

/* What the document names is known at the socket alone. 0.0.0.0 is this machine, and no loopback. */
static const struct {
    const char *address;
    const char *verdict;
} sockets[] = { { "127.0.0.1", "accept" }, { "0.0.0.0", "unavailable" } };

START_TEST(plain_http_stays_on_loopback_behind_a_document) {
    struct buf text;
    buf_init(&text, 8192);
    buf_format(&text, "{\"issuer\":\"http://127.0.0.1:%u\",\"jwks_uri\":\"http://localhost:%u/keys\"}",
               scene_server.port, scene_server.port);
    scripted_server_answer(&scene_server, DOCUMENT, &(struct scripted_answer){ .body = buf_str(&text) });
    scene_keys(NULL, "P-256:a");
    buf_clear(&text);
    buf_format(&text, "jwks_hosts=localhost:%u connect_to=localhost:%u:%s:%u", scene_server.port, scene_server.port,
               sockets[_i].address, scene_server.port);
    open_authority("", text.ptr);
    ck_assert_str_eq(scene_ask(&scene, "P-256:a"), sockets[_i].verdict);
    ck_assert_uint_eq(fixture_log_count(&scene.fixture, "its address is not loopback"), _i != 0);
    ck_assert_uint_eq(scripted_server_requests(&scene_server, "/keys"), _i == 0);
    scene_close(&scene);
    buf_free(&text);
}
END_TEST

#define MOVED "the discovery document changed, and the verdicts from before are void"

/* The keys are the same throughout: what is new is where they are, or whose they are said to be. */
static const struct {
    const char *path, *more, *words;
} moves[] = {
    { "/moved", "", "its jwks_uri was \"http://127.0.0.1:" },
    { "/keys", ",\"cloud_instance_name\":\"elsewhere.example\"",
      "its cloud_instance_name was \"\" and is \"elsewhere.example\"" },
    { "/keys", ",\"authorization_endpoint\":\"https://elsewhere.example/\"", "its authorization_endpoint was \"\"" },
    { "/keys", ",\"token_endpoint\":\"https://elsewhere.example/\"", NULL }, /* is not asked */
    { "/keys", "", NULL },
};

START_TEST(a_document_that_changes_voids_the_verdicts_and_is_told_once) {
    unsigned changed = moves[_i].words != NULL;
    publish("", "/keys", "");
    scene_keys(NULL, "P-256:a");
    answer_at("/moved", NULL, "P-256:a");
    open_authority("", "jwks_refresh=10m");
    ck_assert_str_eq(scene_ask(&scene, "P-256:a"), "accept");
    publish("", moves[_i].path, moves[_i].more);
    for (int i = 0; i < 3; i++) {
        scene_step(&scene, 590);
        scene_await(&scene, "age", 0);
    }
    scene_await(&scene, "revocations", changed);
    if (changed) {
        fixture_log_wait(&scene.fixture, MOVED);
        ck_assert_uint_eq(fixture_log_count(&scene.fixture, moves[_i].words), 1);
    }
    ck_assert_uint_eq(fixture_log_count(&scene.fixture, MOVED), changed);
    ck_assert_str_eq(scene_ask(&scene, "P-256:a"), "accept");
    scene_close(&scene);
}
END_TEST

static const struct {
    const char *issuer_tail, *path;
    const char *status; /* of the document */
} turns[] = {
    { "/other", "/keys", NULL },
    { "", ":1/keys", NULL },
    { "", "/gone", NULL },
    { "", "/keys", "500 Internal Server Error" },
    { "", "/keys", "304 Not Modified" },
};

START_TEST(a_document_that_turns_bad_keeps_the_old_keys) {
    publish("", "/keys", "");
    scene_keys(NULL, "P-256:a");
    open_authority("", "jwks_refresh=10m");
    ck_assert_str_eq(scene_ask(&scene, "P-256:a"), "accept");
    publish(turns[_i].issuer_tail, turns[_i].path, "");
    if (turns[_i].status != NULL) {
        scripted_server_answer(&scene_server, DOCUMENT, &(struct scripted_answer){ .status = turns[_i].status });
    }
    scene_keys(NULL, "P-256/2:b");
    scene_step(&scene, 590);
    scene_await(&scene, "failures", 1);
    ck_assert_str_eq(scene_ask(&scene, "P-256:a"), "accept");
    ck_assert_int_eq(scene_count(&scene, "revocations"), 0);
    publish("", "/keys", "");
    scene_step(&scene, 3);
    scene_await(&scene, "failures_in_row", 0);
    ck_assert_str_eq(scene_ask(&scene, "P-256/2:b"), "accept");
    scene_close(&scene);
}
END_TEST

/* ---- Entra: the issuer found must be of the form that the authority has, with a tenant's id ---- */

#define GUID  "aaaabbbb-0000-cccc-1111-dddd2222eeee"
#define LOGIN "https://login.microsoftonline.com/"
#define NAMED "tenant_id=contoso.onmicrosoft.com"
#define B2C   "tenant_id=contoso.onmicrosoft.com base_authority=contoso.b2clogin.com flavor=b2c policy=b2c_1_in"
#define CIAM  "tenant_id=contoso base_authority=contoso.ciamlogin.com flavor=ciam"

static const struct {
    const char *options, *host, *issuer;
    bool ours;
} entra[] = {
    { NAMED, "login.microsoftonline.com", LOGIN GUID "/v2.0", true },
    { NAMED, "login.microsoftonline.com", LOGIN GUID "/v2.0/", false },
    { NAMED, "login.microsoftonline.com", LOGIN GUID "/v1.0", false },
    { NAMED, "login.microsoftonline.com", LOGIN GUID, false },
    { NAMED, "login.microsoftonline.com", LOGIN "AAAABBBB-0000-CCCC-1111-DDDD2222EEEE/v2.0", false },
    { NAMED, "login.microsoftonline.com", LOGIN "contoso.onmicrosoft.com/v2.0", false },
    { NAMED, "login.microsoftonline.com", LOGIN "{tenantid}/v2.0", false },
    { NAMED, "login.microsoftonline.com", LOGIN "common/v2.0", false },
    { NAMED, "login.microsoftonline.com", LOGIN "/v2.0", false },
    { NAMED, "login.microsoftonline.com", "http://login.microsoftonline.com/" GUID "/v2.0", false },
    { NAMED, "login.microsoftonline.com", "https://login.microsoftonline.us/" GUID "/v2.0", false },
    { NAMED, "login.microsoftonline.com", "https://sts.windows.net/" GUID "/", false },
    { NAMED, "login.microsoftonline.com", "https://stranger.example/" GUID "/v2.0", false },
    { B2C, "contoso.b2clogin.com", "https://contoso.b2clogin.com/" GUID "/v2.0/", true },
    { B2C, "contoso.b2clogin.com", "https://contoso.b2clogin.com/" GUID "/v2.0", false },
    { B2C, "contoso.b2clogin.com", "https://fabrikam.b2clogin.com/" GUID "/v2.0/", false },
    { B2C, "contoso.b2clogin.com", "https://contoso.b2clogin.com/tfp/" GUID "/b2c_1_in/v2.0/", false },
    { CIAM, "contoso.ciamlogin.com", "https://" GUID ".ciamlogin.com/" GUID "/v2.0", true },
    { CIAM, "contoso.ciamlogin.com", "https://" GUID ".ciamlogin.com/11112222-0000-cccc-1111-dddd2222eeee/v2.0",
      false },
    { CIAM, "contoso.ciamlogin.com", "https://contoso.ciamlogin.com/" GUID "/v2.0", false },
    { CIAM, "contoso.ciamlogin.com", LOGIN GUID "/v2.0", false },
};

START_TEST(entras_document_has_the_issuer_that_its_authority_issues) {
    struct buf text;
    buf_init(&text, 8192);
    scripted_server_door(&scene_server, SCRIPTED_TLS);
    buf_format(&text, "{\"issuer\":\"%s\",\"jwks_uri\":\"https://%s/keys\"}", entra[_i].issuer, entra[_i].host);
    scripted_server_answer(&scene_server, "/contoso", &(struct scripted_answer){ .body = buf_str(&text) });
    scene_keys(NULL, "P-256:a"); /* quicker to make than the RSA keys that Entra has */
    buf_clear(&text);
    buf_format(&text, "azure client_id=00001111-aaaa-2222-bbbb-3333cccc4444 %s ", entra[_i].options);
    scripted_server_add_options(&scene_server, &text);
    scene_open_text(&scene, text.ptr);
    scene_await(&scene, entra[_i].ours ? "keys" : "failures", 1);
    ck_assert_uint_eq(fixture_log_count(&scene.fixture, "is of another issuer: expected "), !entra[_i].ours);
    ck_assert_uint_eq(scripted_server_requests(&scene_server, "/keys"), entra[_i].ours);
    scene_close(&scene);
    buf_free(&text);
}
END_TEST

#define OTHER_GUID "11112222-0000-cccc-1111-dddd2222eeee"
#define CLIENT     "00001111-aaaa-2222-bbbb-3333cccc4444"

static void publish_tenant(const char *tenant) {
    struct buf text;
    buf_init(&text, 8192);
    buf_format(&text, "{\"issuer\":\"" LOGIN "%s/v2.0\",\"jwks_uri\":\"https://login.microsoftonline.com/keys\"}",
               tenant);
    scripted_server_answer(&scene_server, "/contoso", &(struct scripted_answer){ .body = buf_str(&text) });
    buf_free(&text);
}

static char *token_of_tenant(const char *tenant) {
    char payload[1024];
    (void)snprintf(payload, sizeof payload,
                   "{\"iss\":\"" LOGIN "%s/v2.0\",\"tid\":\"%s\",\"aud\":\"" CLIENT
                   "\",\"exp\":%lld,\"iat\":%lld,\"oid\":\"o\",\"sub\":\"s\",\"scp\":\"read\",\"ver\":\"2.0\"}",
                   tenant, tenant, (long long)FIXTURE_NOW + 86400, (long long)FIXTURE_NOW);
    return test_sign("RS256", test_key("RSA-2048"), "{\"alg\":\"RS256\",\"kid\":\"a\"}", payload);
}

/* Entra signs for all its tenants with the same keys. */
START_TEST(a_domain_that_moves_to_another_tenant_takes_the_verdicts_along) {
    struct buf text;
    buf_init(&text, 8192);
    scripted_server_door(&scene_server, SCRIPTED_TLS);
    publish_tenant(GUID);
    scene_keys(NULL, "RSA-2048:a");
    buf_add_text(&text, "azure client_id=" CLIENT " jwks_refresh=10m " NAMED " ");
    scripted_server_add_options(&scene_server, &text);
    scene_open_text(&scene, text.ptr);
    char *old = token_of_tenant(GUID), *new = token_of_tenant(OTHER_GUID);
    ck_assert_str_eq(scene_ask_token(&scene, old), "accept");
    ck_assert_str_eq(scene_ask_token(&scene, new), "wrong_issuer");
    publish_tenant(OTHER_GUID);
    scene_step(&scene, 590);
    scene_await(&scene, "revocations", 1);
    ck_assert_str_eq(scene_ask_token(&scene, old), "wrong_issuer");
    ck_assert_str_eq(scene_ask_token(&scene, new), "accept");
    fixture_log_wait(&scene.fixture, "its issuer was \"" LOGIN GUID "/v2.0\" and is \"" LOGIN OTHER_GUID "/v2.0\"");
    mem_free(old);
    mem_free(new);
    scene_close(&scene);
    buf_free(&text);
}
END_TEST

int main(void) {
    const struct scene_test tests[] = {
        { the_issuer_of_the_document_is_the_authority_byte_for_byte, COUNT(issuers) },
        { a_document_that_is_none_is_a_failed_fetch, COUNT(documents) },
        { keys_are_followed_to_where_the_document_moves_them, 0 },
        { a_document_that_says_more_is_not_answered_with_old_keys, 0 },
        { a_document_that_turns_bad_keeps_the_old_keys, COUNT(turns) },
        { plain_http_stays_on_loopback_behind_a_document, COUNT(sockets) },
        { a_document_that_changes_voids_the_verdicts_and_is_told_once, COUNT(moves) },
        { a_domain_that_moves_to_another_tenant_takes_the_verdicts_along, 0 },
        { entras_document_has_the_issuer_that_its_authority_issues, COUNT(entra) },
    };
    return suite_run("keyset discovery", scene_case("keyset discovery", tests, COUNT(tests)));
}
