/* SPDX-License-Identifier: MIT
 *
 * tamd over the azure plugin and a real key server: one that does not answer holds no thread, one that comes back is
 * used without a restart; and tamd's own TLS.
 */
#include <config.h>

#include <curl/curl.h>
#include <fcntl.h>
#include <signal.h>
#include <src/base/array.h>
#include <src/base/str.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <tests/support/plugin_host.h>
#include <tests/support/suite.h>
#include <tests/support/tamd_process.h>
#include <tools/issuer/authority.h>
#include <unistd.h>

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
        if (strstr(reply.body, line) != NULL) {
            return;
        }
    }
    ck_abort_msg("%s did not come", line);
}

START_TEST(a_key_server_that_is_silent_holds_no_thread) {
    static int parked[PARKED];
    begin_held("60s");
    for (size_t i = 0; i < PARKED; i++) {
        parked[i] = http_send(tamd.main, request);
    }
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
    for (int64_t last = now_milliseconds() + PATIENCE; now_milliseconds() < last && status == 503;) {
        status = ask();
    }
    ck_assert_int_eq(status, 200);
    issuer_process_hold(&issuer); /* and then they are there */
    tamd_signal(&tamd, SIGHUP);
    tamd_log_wait(&tamd, "the configuration was read again", 1);
    ck_assert_int_eq(get(tamd.main, "/healthz"), 200);
    issuer_process_release(&issuer);
    for (int64_t last = now_milliseconds() + PATIENCE; now_milliseconds() < last && status != 200;) {
        status = ask();
    }
    ck_assert_int_eq(ask(), 200);
    end();
}
END_TEST

/* ---- TLS ---- */

static const char tls_configuration[] =
    "listen address=127.0.0.1:0 tls_certificate_file=certificate.pem tls_key_file=key.pem\n"
    "service name=api file=api\n";

static void certificate_write(const char *const *names, size_t count, int valid_from, int valid_to) {
    struct issuer_authority authority = { NULL, NULL };
    struct buf certificate, key, why;
    buf_init(&certificate, 65536);
    buf_init(&key, 65536);
    buf_init(&why, 65536);
    ck_assert_msg(
        issuer_authority_open(tamd.scratch.path, &authority, &why) &&
            issuer_authority_certify(&authority, names, count, valid_from, valid_to, &certificate, &key, &why),
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
    certificate_write(names, 1, -1, 1);
    scratch_text(&tamd.scratch, "api", "puppet\n");
    scratch_text(&tamd.scratch, "tamd.conf", tls_configuration);
    tamd_start(&tamd, NULL);
    ck_assert_int_eq(https_status(CURL_SSLVERSION_TLSv1_3), 200);
    ck_assert_int_eq(https_status(CURL_SSLVERSION_TLSv1_2 | CURL_SSLVERSION_MAX_TLSv1_2), 200);
    ck_assert_int_lt(https_status(CURL_SSLVERSION_TLSv1_1 | CURL_SSLVERSION_MAX_TLSv1_1), 0);
    ck_assert_int_eq(get(tamd.main, "/healthz"), 0);
    tamd_end(&tamd);
}
END_TEST

static void file_copy(const char *from, const char *to) {
    static char bytes[65536];
    int fd = open(scratch_path(&tamd.scratch, from), O_RDONLY | O_CLOEXEC);
    ssize_t len = read(fd, bytes, sizeof bytes);
    ck_assert_int_gt((int)len, 0);
    close(fd);
    scratch_write(&tamd.scratch, to, bytes, (size_t)len);
}

/* One pair as it is used, and another beside it. */
static void pairs_write(void) {
    static const char *const names[] = { "127.0.0.1" };
    certificate_write(names, 1, -1, 1);
    file_copy("certificate.pem", "other.pem");
    file_copy("key.pem", "other.key");
    certificate_write(names, 1, -1, 1);
    scratch_text(&tamd.scratch, "api", "puppet\n");
    scratch_text(&tamd.scratch, "garbage",
                 "-----BEGIN CERTIFICATE-----\nbm90aGluZw==\n-----END CERTIFICATE-----\n"
                 "-----BEGIN PRIVATE KEY-----\nbm90aGluZw==\n-----END PRIVATE KEY-----\n");
    scratch_text(&tamd.scratch, "empty", "");
}

START_TEST(certificates_and_keys_are_opened_and_checked) {
    static const struct {
        const char *certificate, *key, *said;
    } rows[] = {
        { "certificate.pem", "key.pem", NULL },
        { "other.pem", "other.key", NULL },
        { "nowhere", "key.pem", "nowhere cannot be opened" },
        { "certificate.pem", "nowhere", "nowhere cannot be opened" },
        { "garbage", "key.pem", "garbage holds no certificate" },
        { "certificate.pem", "garbage", "garbage holds no private key" },
        { "empty", "key.pem", "empty holds no certificate" },
        { "certificate.pem", "empty", "empty holds no private key" },
        { "key.pem", "certificate.pem", "key.pem holds no certificate" },
        { "certificate.pem", "certificate.pem", "certificate.pem holds no private key" },
        { "certificate.pem", "other.key", "is not that of the certificate in" },
        { "other.pem", "key.pem", "is not that of the certificate in" },
        { "expired.pem", "expired.key", "" },
        { "early.pem", "early.key", "" },
    };
    static const char *const names[] = { "127.0.0.1" };
    static const char *arguments[] = { NULL, "--check", NULL };
    char text[1024], config[1024];
    tamd_prepare(&tamd);
    certificate_write(names, 1, -3, -1);
    file_copy("certificate.pem", "expired.pem");
    file_copy("key.pem", "expired.key");
    certificate_write(names, 1, 1, 3);
    file_copy("certificate.pem", "early.pem");
    file_copy("key.pem", "early.key");
    pairs_write();
    (void)snprintf(config, sizeof config, "--config=%s", scratch_path(&tamd.scratch, "tamd.conf"));
    arguments[0] = config;
    for (size_t i = 0; i < COUNT(rows); i++) {
        (void)snprintf(
            text, sizeof text,
            "service name=api file=api\nlisten address=127.0.0.1:0 tls_certificate_file=%s tls_key_file=%s\n",
            rows[i].certificate, rows[i].key);
        scratch_text(&tamd.scratch, "tamd.conf", text);
        scratch_text(&tamd.scratch, "log", "");
        bool good = rows[i].said == NULL || rows[i].said[0] == '\0';
        int status = tamd_run(&tamd, &(struct tamd_start){ .arguments = arguments });
        ck_assert_msg(status == (good ? 0 : 3), "%s %s: %d", rows[i].certificate, rows[i].key, status);
        if (!good) {
            ck_assert_msg(tamd_logged(&tamd, rows[i].said) == 1, "%s %s", rows[i].certificate, rows[i].key);
            ck_assert_uint_eq(tamd_logged(&tamd, "tamd.conf:2: "), 1);
            ck_assert_int_eq(tamd_run(&tamd, NULL), 3); /* and it does not start */
        }
        ck_assert_uint_eq(tamd_logged(&tamd, "warning: "), rows[i].said != NULL && rows[i].said[0] == '\0');
    }
    tamd_end(&tamd);
}
END_TEST

/* Its group may read a key, as ssl-cert does; everybody may not. Whether all else is as it should be depends on who
 * builds. */
START_TEST(no_key_and_no_secret_is_for_everybody) {
    static const struct {
        mode_t key, secret;
        size_t faults;
    } rows[] = { { 0600, 0600, 0 }, { 0640, 0640, 0 }, { 0644, 0600, 1 }, { 0600, 0604, 1 }, { 0644, 0644, 2 } };
    static const char *arguments[] = { NULL, "--check", NULL };
    char config[1024];
    tamd_prepare(&tamd);
    pairs_write();
    scratch_text(&tamd.scratch, "secret", "secret-of-the-admin\n");
    scratch_text(&tamd.scratch, "tamd.conf",
                 "listen address=127.0.0.1:0 tls_certificate_file=certificate.pem tls_key_file=key.pem\n"
                 "admin address=127.0.0.1:0 secret_file=secret\nservice name=api file=api\n");
    (void)snprintf(config, sizeof config, "--config=%s", scratch_path(&tamd.scratch, "tamd.conf"));
    arguments[0] = config;
    for (size_t i = 0; i < COUNT(rows); i++) {
        ck_assert_int_eq(chmod(scratch_path(&tamd.scratch, "key.pem"), rows[i].key), 0);
        ck_assert_int_eq(chmod(scratch_path(&tamd.scratch, "secret"), rows[i].secret), 0);
        scratch_text(&tamd.scratch, "log", "");
        int status = tamd_run(&tamd, &(struct tamd_start){ .arguments = arguments, .owners = true });
        ck_assert_msg(rows[i].faults == 0 || status == 3, "%zu: %d", i, status);
        ck_assert_uint_eq(tamd_logged(&tamd, "holds a secret and can be read by everybody"), rows[i].faults);
    }
    tamd_end(&tamd);
}
END_TEST

/* What its certificate's serial number is: each has another. */
static void serial_read(char *ret_serial, size_t size) {
    char url[512];
    struct curl_certinfo *info = NULL;
    CURL *curl = curl_easy_init();
    ret_serial[0] = '\0';
    (void)snprintf(url, sizeof url, "https://%s/healthz", tamd.main);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_CAINFO, scratch_path(&tamd.scratch, "ca.pem"));
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    curl_easy_setopt(curl, CURLOPT_CERTINFO, 1L);
    ck_assert_int_eq(curl_easy_perform(curl), CURLE_OK);
    ck_assert_int_eq(curl_easy_getinfo(curl, CURLINFO_CERTINFO, &info), CURLE_OK);
    for (const struct curl_slist *each = info->certinfo[0]; each != NULL; each = each->next) {
        if (strncmp(each->data, "Serial Number:", 14) == 0) {
            (void)snprintf(ret_serial, size, "%s", each->data);
        }
    }
    ck_assert_str_ne(ret_serial, "");
    curl_easy_cleanup(curl);
}

START_TEST(a_certificate_is_renewed_by_a_reload) {
    char first[256], second[256];
    tamd_prepare(&tamd);
    pairs_write();
    scratch_text(&tamd.scratch, "tamd.conf", tls_configuration);
    tamd_start(&tamd, NULL);
    serial_read(first, sizeof first);
    tamd_signal(&tamd, SIGHUP); /* the same: nothing to say */
    tamd_log_wait(&tamd, "the configuration was read again", 1);
    ck_assert_uint_eq(tamd_logged(&tamd, "was renewed"), 0);
    file_copy("other.pem", "certificate.pem");
    file_copy("other.key", "key.pem");
    serial_read(second, sizeof second);
    ck_assert_str_eq(second, first);
    tamd_signal(&tamd, SIGHUP);
    tamd_log_wait(&tamd, "the configuration was read again", 2);
    ck_assert_uint_eq(tamd_logged(&tamd, "the certificate of 127.0.0.1:0 was renewed; it is valid until 20"), 1);
    ck_assert_uint_eq(tamd_logged(&tamd, "restart"), 0);
    serial_read(second, sizeof second);
    ck_assert_str_ne(second, first);
    file_copy("garbage", "key.pem"); /* and a bad one leaves the last good one */
    tamd_signal(&tamd, SIGHUP);
    tamd_log_wait(&tamd, "the old one stays in force", 1);
    serial_read(first, sizeof first);
    ck_assert_str_eq(second, first);
    tamd_end(&tamd);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {
        a_key_server_that_is_silent_holds_no_thread,   keys_that_come_late_are_used_without_a_restart,
        a_listener_with_a_certificate_speaks_tls_only, certificates_and_keys_are_opened_and_checked,
        no_key_and_no_secret_is_for_everybody,         a_certificate_is_renewed_by_a_reload,
    };
    return suite_run("tamd keys", suite_case("tamd keys", 120, tests, COUNT(tests)));
}
