/* SPDX-License-Identifier: MIT
 *
 * What tamd tells its administrator and other servers: introspection, metrics, readiness, the log.
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <signal.h>
#include <string.h>
#include <src/base/array.h>
#include <tests/support/suite.h>
#include <tests/support/tamd_process.h>

#define GOOD "Authorization: Bearer accept.1\r\n"

static struct tamd_process tamd;
static struct reply reply;

START_TEST(introspection_answers_to_who_may_ask) {
    static const char form[] = "Content-Type: application/x-www-form-urlencoded\r\n";
    static const struct {
        const char *path, *headers, *body;
        int status;
        const char *part;
    } rows[] = {
        { "/introspect", "Authorization: Bearer secret-of-the-admin\r\n", "token=accept.1", 200,
          "{\"active\":true,\"token_type\":\"Bearer\",\"sub\":\"alice\",\"iss\":\"https://issuer.example/v2.0\","
          "\"client_id\":\"client-1\",\"scope\":\"read write\",\"exp\":2000000000,\"tid\":\"tenant-1\",\"kind\":\"user\"}" },
        { "/introspect/api", "Authorization: Bearer secret-of-the-admin\r\n", "token=accept.1&token_type_hint=a", 200,
          "true" },
        { "/introspect", "Authorization: Basic eDpzZWNyZXQtb2YtdGhlLWFkbWlu\r\n", "token=accept.1", 200, "true" },
        { "/introspect", "Authorization: Bearer secret-of-the-admin\r\n", "token=accept%2E1", 200, "true" },
        { "/introspect", "Authorization: Bearer secret-of-the-admin\r\n", "token=reject.7", 200,
          "{\"active\":false}\n" },
        { "/introspect", "Authorization: Bearer secret-of-the-admin\r\n", "token=accept.1%0d%0a", 200,
          "{\"active\":false}\n" },
        { "/introspect", "Authorization: Bearer secret-of-the-admin\r\n", "token=unavailable.9", 503, "" },
        { "/introspect", "Authorization: Bearer secret-of-the-admin\r\n", "token=verdict.99", 500, "" },
        { "/introspect", "Authorization: Bearer secret-of-the-admin\r\n", "", 400, "" },
        { "/introspect", "Authorization: Bearer secret-of-the-admin\r\n", "token=", 400, "" },
        { "/introspect", "Authorization: Bearer secret-of-the-admin\r\n", "token=accept.1&token=accept.1", 400, "" },
        { "/introspect", "Authorization: Bearer secret-of-the-admin\r\n", "token=accept.1&x=%z", 400, "" },
        { "/introspect/other", "Authorization: Bearer secret-of-the-admin\r\n", "token=accept.1", 404, "" },
        { "/introspect", "", "token=accept.1", 401, "" },
        { "/introspect", "Authorization: Bearer \r\n", "token=accept.1", 401, "" },
        { "/introspect", "Authorization: Bearer secret-of-the-admim\r\n", "token=accept.1", 401, "" },
        { "/introspect", "Authorization: Bearer secret-of-the-admi\r\n", "token=accept.1", 401, "" },
        { "/introspect", "Authorization: Bearer secret-of-the-adminn\r\n", "token=accept.1", 401, "" },
        { "/introspect", "Authorization: Basic c2VjcmV0LW9mLXRoZS1hZG1pbg==\r\n", "token=accept.1", 401, "" },
        { "/introspect", "Authorization: Basic %%\r\n", "token=accept.1", 401, "" },
        { "/introspect", "Authorization: Bearer secret-of-the-admin\r\nAuthorization: Bearer a\r\n", "token=accept.1",
          401, "" },
        { "/introspect/other", "", "token=accept.1", 401, "" },
    };
    char text[512], tcp[TAMD_ADDRESS_MAX];
    tamd_prepare(&tamd);
    scratch_text(&tamd.scratch, "api", "puppet scopes=read,write\n");
    scratch_text(&tamd.scratch, "secret", "secret-of-the-admin\n");
    scratch_text(
        &tamd.scratch, "tamd.conf",
        "listen address=127.0.0.1:0\nadmin address=127.0.0.1:0 secret_file=secret\nservice name=api file=api\n");
    tamd_start(&tamd, NULL);
    for (size_t i = 0; i < COUNT(rows); i++) {
        (void)snprintf(text, sizeof text, "%s%s", form, rows[i].headers);
        ck_assert_msg(http_ask(tamd.admin, "POST", rows[i].path, text, rows[i].body, &reply) == rows[i].status,
                      "%s %s: %d", rows[i].headers, rows[i].body, reply.status);
        ck_assert_msg(strstr(reply.body, rows[i].part) != NULL, "%s: %s", rows[i].body, reply.body);
        ck_assert_msg((reply.status == 401) == (reply_header(&reply, "WWW-Authenticate") != NULL), "%s",
                      rows[i].headers);
    }
    ck_assert_int_eq(http_ask(tamd.admin, "POST", "/introspect", "Authorization: Bearer secret-of-the-admin\r\n",
                              "token=accept.1", &reply),
                     415);
    tamd_log_wait(&tamd, "access status=", 8); /* of those that may ask and name a service and a token */
    ck_assert_uint_eq(tamd_logged(&tamd, "accept.1"), 0);
    ck_assert_uint_eq(tamd_logged(&tamd, "secret-of"), 0);
    ck_assert_int_eq(tamd_stop(&tamd), 0);
    scratch_text(&tamd.scratch, "tamd.conf",
                 "listen address=127.0.0.1:0\nadmin address=127.0.0.1:0\nservice name=api file=api\n");
    tamd_start(&tamd, NULL); /* over TCP, and no secret: nobody may ask */
    (void)snprintf(tcp, sizeof tcp, "%s", tamd.admin);
    ck_assert_int_eq(http_ask(tcp, "POST", "/introspect", form, "token=accept.1", &reply), 403);
    ck_assert_int_eq(http_ask(tcp, "GET", "/metrics", "", "", &reply), 200);
    tamd_end(&tamd);
}
END_TEST

#define FORM "Content-Type: application/x-www-form-urlencoded\r\n"

static int ask_with(const char *credentials) {
    char headers[512];
    (void)snprintf(headers, sizeof headers, FORM "Authorization: %s\r\n", credentials);
    return http_ask(tamd.admin, "POST", "/introspect", headers, "token=accept.1", &reply);
}

/* RFC 6749 §2.3.1: user and password of Basic are encoded as in a form. Some clients do it, some do not. */
START_TEST(a_secret_may_be_encoded_as_in_a_form) {
    static const struct {
        const char *what, *credentials;
        int status;
    } rows[] = {
        { "blanks round it", " \t Basic  aWQ6YStiL2M9ZCVlJTI1OmYmZw== \t", 200 },
        { "as it is", "Basic aWQ6YStiL2M9ZCVlJTI1OmYmZw==", 200 },
        { "encoded", "Basic aWQ6YSUyQmIlMkZjJTNEZCUyNWUlMjUyNSUzQWYlMjZn", 200 },
        { "encoded, lower case", "Basic aWQ6YSUyYmIlMmZjJTNkZCUyNWUlMjUyNSUzYWYlMjZn", 200 },
        { "encoded, the user too", "Basic aSUzQWQ6YSUyQmIlMkZjJTNEZCUyNWUlMjUyNSUzQWYlMjZn", 200 },
        { "encoded twice", "Basic aWQ6YSUyNTJCYiUyNTJGYyUyNTNEZCUyNTI1ZSUyNTI1MjUlMjUzQWYlMjUyNmc=", 401 },
        { "half of it", "Basic aWQ6YSUyQmIlMkZjJTNEZCUyNWUlMjUyNSUzQQ==", 401 },
        { "another", "Basic aWQ6YSUyQmIlMkZjJTNEZCUyNWUlMjUyNSUzQWYlMjZo", 401 },
        { "a bad escape", "Basic aWQ6YSUyQmIlMkZjJTNEZCUyNWUlMjUyNSUzQWYlMjZnJTI=", 401 },
        { "a NUL behind it", "Basic aWQ6YSUyQmIlMkZjJTNEZCUyNWUlMjUyNSUzQWYlMjZnJTAw", 401 },
        { "Bearer, as it is", "Bearer a+b/c=d%e%25:f&g", 200 },
        { "Bearer, encoded", "Bearer a%2Bb%2Fc%3Dd%25e%2525%3Af%26g", 401 },
    };
    tamd_prepare(&tamd);
    scratch_text(&tamd.scratch, "api", "puppet\n");
    scratch_text(&tamd.scratch, "secret", "a+b/c=d%e%25:f&g\n");
    scratch_text(
        &tamd.scratch, "tamd.conf",
        "listen address=127.0.0.1:0\nadmin address=127.0.0.1:0 secret_file=secret\nservice name=api file=api\n");
    tamd_start(&tamd, NULL);
    for (size_t i = 0; i < COUNT(rows); i++) {
        ck_assert_msg(ask_with(rows[i].credentials) == rows[i].status, "%s: %d", rows[i].what, reply.status);
    }
    tamd_end(&tamd);
}
END_TEST

START_TEST(a_secret_is_renewed_by_a_reload) {
    tamd_prepare(&tamd);
    scratch_text(&tamd.scratch, "api", "puppet\n");
    scratch_text(&tamd.scratch, "secret", "secret-of-the-admin\n");
    scratch_text(
        &tamd.scratch, "tamd.conf",
        "listen address=127.0.0.1:0\nadmin address=127.0.0.1:0 secret_file=secret\nservice name=api file=api\n");
    tamd_start(&tamd, NULL);
    ck_assert_int_eq(ask_with("Bearer secret-of-the-admin"), 200);
    ck_assert_int_eq(ask_with("Bearer another-secret-of-it"), 401);
    scratch_text(&tamd.scratch, "secret", "another-secret-of-it\n");
    tamd_signal(&tamd, SIGHUP);
    tamd_log_wait(&tamd, "the configuration was read again", 1);
    ck_assert_uint_eq(tamd_logged(&tamd, "the secret of 127.0.0.1:0 was renewed"), 1);
    ck_assert_uint_eq(tamd_logged(&tamd, "restart"), 0);
    ck_assert_int_eq(ask_with("Bearer secret-of-the-admin"), 401);
    ck_assert_int_eq(ask_with("Bearer another-secret-of-it"), 200);
    tamd_end(&tamd);
}
END_TEST

/* Every line is a comment or `name{labels} number`, every name has its TYPE before it. */
static void metrics_check(const char *text) {
    char name[128] = "", typed[128] = "";
    for (const char *line = text; *line != '\0'; line = strchr(line, '\n') + 1) {
        size_t len = strcspn(line, "\n");
        ck_assert_int_eq(line[len], '\n');
        if (line[0] == '#') {
            if (strncmp(line, "# TYPE ", 7) == 0) {
                (void)snprintf(typed, sizeof typed, "%.*s", (int)strcspn(line + 7, " "), line + 7);
            }
            continue;
        }
        (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(line, "{ "), line);
        ck_assert_msg(strncmp(name, typed, strlen(typed)) == 0, "%s without a type", name);
        const char *number = line + len;
        while (number > line && number[-1] != ' ') {
            number--;
        }
        char *end = NULL;
        (void)strtod(number, &end);
        ck_assert_msg(end == line + len && number > line, "%.*s", (int)len, line);
    }
}

START_TEST(metrics_count_by_verdict_and_reason) {
    static const char *const wanted[] = {
        "tam_verify_total{service=\"api\",verdict=\"accept\",reason=\"none\"} 3\n",
        "tam_verify_total{service=\"api\",verdict=\"reject\",reason=\"expired\"} 1\n",
        "tam_verify_total{service=\"api\",verdict=\"reject\",reason=\"no_credentials\"} 1\n",
        "tam_verify_total{service=\"api\",verdict=\"unavailable\",reason=\"none\"} 1\n",
        "tam_cache_lookups_total{service=\"api\",result=\"hit\"} 2\n",
        "tam_verify_duration_seconds_count{service=\"api\"} 6\n",
        "tam_verify_duration_seconds_bucket{service=\"api\",le=\"+Inf\"} 6\n",
        "tam_keyset_age_seconds{service=\"api\",verifier=\"api:1\"} 7\n",
        "tam_keyset_keys{service=\"api\",verifier=\"api:1\"} 2\n",
        "tam_http_requests_total{listener=\"main\",status=\"401\"} 2\n",
        "tam_build_info{version=\"",
    };
    tamd_begin(&tamd, "", "puppet status='{\"keyset\":{\"keys\":2,\"age\":7,\"expires_in\":60}}'\n");
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(tamd_auth(&tamd, GOOD, &reply), 200);
    }
    ck_assert_int_eq(tamd_auth(&tamd, "Authorization: Bearer reject.7\r\n", &reply), 401);
    ck_assert_int_eq(tamd_auth(&tamd, "Authorization: Bearer unavailable.1\r\n", &reply), 503);
    ck_assert_int_eq(tamd_auth(&tamd, "", &reply), 401);
    ck_assert_int_eq(http_ask(tamd.admin, "GET", "/metrics", "", "", &reply), 200);
    metrics_check(reply.body);
    for (size_t i = 0; i < COUNT(wanted); i++) {
        ck_assert_msg(strstr(reply.body, wanted[i]) != NULL, "%s is not in\n%s", wanted[i], reply.body);
    }
    ck_assert_ptr_null(strstr(reply.body, "alice"));
    ck_assert_int_eq(http_ask(tamd.main, "GET", "/readyz", "", "", &reply), 200);
    tamd_end(&tamd);
}
END_TEST

START_TEST(a_service_without_keys_is_not_ready_but_the_process_is_well) {
    static const char *const statuses[] = { "{\"keyset\":{\"keys\":0,\"age\":-1}}",
                                            "{\"keyset\":{\"keys\":3,\"age\":9,\"expires_in\":0}}", "{\"keyset\":{}}" };
    char text[256];
    for (size_t i = 0; i < COUNT(statuses); i++) {
        (void)snprintf(text, sizeof text, "puppet status='%s'\n", statuses[i]);
        tamd_begin(&tamd, "", text);
        ck_assert_int_eq(http_ask(tamd.main, "GET", "/readyz", "", "", &reply), 503);
        ck_assert_str_eq(reply.body, "service api has no keys\n");
        ck_assert_int_eq(http_ask(tamd.main, "GET", "/healthz", "", "", &reply), 200);
        tamd_end(&tamd);
    }
}
END_TEST

START_TEST(no_token_and_no_query_is_in_the_log) {
    static const char token[] = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJlLXNpZ25hdHVyZQ";
    char headers[512];
    tamd_begin(&tamd, "log subject=yes\nroute path=/never scopes=x", "puppet\n");
    (void)snprintf(headers, sizeof headers, "Authorization: Bearer %s\r\nX-Forwarded-Uri: /a/%s?token=%s\r\n", token,
                   token, token);
    ck_assert_int_eq(tamd_auth(&tamd, headers, &reply), 401);
    ck_assert_int_eq(tamd_auth(&tamd, GOOD "X-Forwarded-Uri: /a\"b\x01\xff%0ac?q=hidden\r\n", &reply), 403);
    ck_assert_int_eq(tamd_auth(&tamd, GOOD "X-Forwarded-Uri: /a?q=hidden\r\n", &reply), 200);
    tamd_log_wait(&tamd, "access status=", 3);
    ck_assert_uint_eq(tamd_logged(&tamd, "access status="), 3);
    ck_assert_uint_eq(tamd_logged(&tamd, "subject=\"alice\""), 1);
    ck_assert_uint_eq(tamd_logged(&tamd, "c2lnbmF0dXJl"), 0);
    ck_assert_uint_eq(tamd_logged(&tamd, "hidden"), 0);
    ck_assert_uint_eq(tamd_logged(&tamd, "\x01"), 0);
    tamd_end(&tamd);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {
        introspection_answers_to_who_may_ask,
        a_secret_may_be_encoded_as_in_a_form,
        a_secret_is_renewed_by_a_reload,
        metrics_count_by_verdict_and_reason,
        a_service_without_keys_is_not_ready_but_the_process_is_well,
        no_token_and_no_query_is_in_the_log,
    };
    return suite_run("tamd admin", suite_case("tamd admin", 120, tests, COUNT(tests)));
}
