/* SPDX-License-Identifier: MIT
 *
 * tamd over the azure plugin and a real key server: one that does not answer holds no thread, one that comes back is used without
 * a restart; and tamd's own TLS.
 */
#include <config.h>

#include <curl/curl.h>
#include <signal.h>
#include <src/base/str.h>
#include <stdio.h>
#include <string.h>
#include <tests/plugin_host.h>
#include <tests/suite.h>
#include <tests/tamd_process.h>
#include <tools/issuer_authority.h>

#define PARKED   100
#define PATIENCE 30000 /* milliseconds */

static struct tamd_process tamd;
static struct issuer_process issuer;
static struct reply reply;
static char request[8192]; /* to /auth, with a good token */

/* The key server takes connections and says nothing. */
static void begin_held(const char *timeout) {
    struct buf service, token;
    buf_init(&service, 65536);
    buf_init(&token, 65536);
    issuer_process_start(&issuer, &(struct issuer_process_options){ .names = NULL });
    issuer_process_mint_json(&issuer, NULL, AZURE_CLAIMS, &token);
    (void)snprintf(request, sizeof request,
                   "GET /auth HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Bearer %s\r\n\r\n", token.ptr);
    buf_format(&service, "service timeout=%s\n" AZURE_LINE, timeout);
    issuer_process_add_options(&issuer, &service);
    issuer_process_hold(&issuer);
    tamd_prepare(&tamd);
    tamd_configure(&tamd, "log access=no");
    scratch_text(&tamd.scratch, "api", service.ptr);
    tamd_start(&tamd, &(struct tamd_start){ .plugin_dir = TAM_TOP_BUILDDIR "/plugins/azure/.libs" });
    buf_free(&service);
    buf_free(&token);
}

static void end(void) {
    tamd_end(&tamd);
    issuer_process_release(&issuer);
    issuer_process_stop(&issuer);
}

static int ask(void) {
    http_receive(http_send(tamd.main, request), &reply);
    return reply.status;
}

static int get(const char *address, const char *path) {
    http_ask(address, "GET", path, "", "", &reply);
    return reply.status;
}

static void wait_for_metric(const char *line) {
    for (int64_t last = now_milliseconds() + PATIENCE; now_milliseconds() < last;) {
        ck_assert_int_eq(get(tamd.admin, "/metrics"), 200);
        if (strstr(reply.body, line) != NULL)
            return;
    }
    ck_abort_msg("%s did not come", line);
}

START_TEST(a_key_server_that_is_silent_holds_no_thread) {
    static int parked[PARKED];
    begin_held("60s");
    for (size_t i = 0; i < PARKED; i++)
        parked[i] = http_send(tamd.main, request);
    wait_for_metric("\ntam_parked_requests 100\n");
    int64_t before = now_milliseconds();
    ck_assert_int_eq(get(tamd.main, "/healthz"), 200);
    ck_assert_int_eq(get(tamd.main, "/auth"), 401);
    ck_assert_int_eq(get(tamd.main, "/readyz"), 503);
    ck_assert_str_eq(reply.body, "service api has no keys\n");
    ck_assert_int_lt(now_milliseconds() - before, 2000);
    issuer_process_release(&issuer);
    for (size_t i = 0; i < PARKED; i++) {
        http_receive(parked[i], &reply);
        ck_assert_int_eq(reply.status, 200);
    }
    ck_assert_str_eq(reply_header(&reply, "X-Tam-Subject"), AZURE_TENANT ".33334444-dddd-5555-eeee-6666ffff7777");
    ck_assert_str_eq(reply_header(&reply, "X-Tam-Tenant"), AZURE_TENANT);
    ck_assert_int_eq(get(tamd.main, "/readyz"), 200);
    wait_for_metric("\ntam_keyset_keys{service=\"api\",verifier=\"api:2\"} 1\n");
    end();
}
END_TEST

START_TEST(keys_that_come_late_are_used_without_a_restart) {
    begin_held("1s");
    ck_assert_int_eq(ask(), 503);
    ck_assert_ptr_nonnull(reply_header(&reply, "Retry-After"));
    ck_assert_ptr_null(reply_header(&reply, "WWW-Authenticate"));
    issuer_process_release(&issuer);
    int status = 503;
    for (int64_t last = now_milliseconds() + PATIENCE; now_milliseconds() < last && status == 503;)
        status = ask();
    ck_assert_int_eq(status, 200);
    issuer_process_hold(&issuer); /* and then they are there */
    tamd_signal(&tamd, SIGHUP);
    tamd_log_wait(&tamd, "the configuration was read again", 1);
    ck_assert_int_eq(get(tamd.main, "/healthz"), 200);
    issuer_process_release(&issuer);
    for (int64_t last = now_milliseconds() + PATIENCE; now_milliseconds() < last && status != 200;)
        status = ask();
    ck_assert_int_eq(ask(), 200);
    end();
}
END_TEST

/* ---- TLS ---- */

static void certificate_write(const char *const *names, size_t count) {
    struct issuer_authority authority = { NULL, NULL };
    struct buf certificate, key, why;
    buf_init(&certificate, 65536);
    buf_init(&key, 65536);
    buf_init(&why, 65536);
    ck_assert_msg(issuer_authority_open(tamd.scratch.path, &authority, &why) &&
                      issuer_authority_certify(&authority, names, count, -1, 1, &certificate, &key, &why),
                  "%s", why.len > 0 ? why.ptr : "");
    scratch_text(&tamd.scratch, "certificate.pem", certificate.ptr);
    scratch_text(&tamd.scratch, "key.pem", key.ptr);
    issuer_authority_free(&authority);
    buf_free(&certificate);
    buf_free(&key);
    buf_free(&why);
}

/* The status, or minus curl's code. */
static long https_status(long version) {
    char url[512];
    long status = 0;
    CURL *curl = curl_easy_init();
    (void)snprintf(url, sizeof url, "https://%s/healthz", tamd.main);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_CAINFO, scratch_path(&tamd.scratch, "ca.pem"));
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, version);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    CURLcode code = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_cleanup(curl);
    return code == CURLE_OK ? status : -(long)code;
}

START_TEST(a_listener_with_a_certificate_speaks_tls_only) {
    static const char *const names[] = { "127.0.0.1" };
    tamd_prepare(&tamd);
    certificate_write(names, 1);
    scratch_text(&tamd.scratch, "api", "puppet\n");
    scratch_text(&tamd.scratch, "tamd.conf",
                 "listen address=127.0.0.1:0 tls_certificate_file=certificate.pem tls_key_file=key.pem\n"
                 "service name=api file=api\n");
    tamd_start(&tamd, NULL);
    ck_assert_int_eq(https_status(CURL_SSLVERSION_TLSv1_3), 200);
    ck_assert_int_eq(https_status(CURL_SSLVERSION_TLSv1_2 | CURL_SSLVERSION_MAX_TLSv1_2), 200);
    ck_assert_int_lt(https_status(CURL_SSLVERSION_TLSv1_1 | CURL_SSLVERSION_MAX_TLSv1_1), 0);
    ck_assert_int_eq(get(tamd.main, "/healthz"), 0);
    tamd_end(&tamd);
}
END_TEST

START_TEST(a_certificate_that_is_none_is_a_fault) {
    tamd_prepare(&tamd);
    scratch_text(&tamd.scratch, "api", "puppet\n");
    scratch_text(&tamd.scratch, "certificate.pem", "nothing\n");
    scratch_text(&tamd.scratch, "tamd.conf",
                 "listen address=127.0.0.1:0 tls_certificate_file=certificate.pem tls_key_file=certificate.pem\n"
                 "service name=api file=api\n");
    ck_assert_int_eq(tamd_run(&tamd, NULL), 3);
    ck_assert_uint_eq(tamd_logged(&tamd, "are certificate and key good?"), 1);
    tamd_end(&tamd);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {
        a_key_server_that_is_silent_holds_no_thread,
        keys_that_come_late_are_used_without_a_restart,
        a_listener_with_a_certificate_speaks_tls_only,
        a_certificate_that_is_none_is_a_fault,
    };
    return suite_run_tests("tamd keys", 120, tests, sizeof tests / sizeof tests[0]);
}
