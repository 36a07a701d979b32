/* SPDX-License-Identifier: MIT
 *
 * Where keys are fetched from: no address that is not public, unless an option names it, and nothing that the
 * environment says. A refused address is refused before there is a socket, so no packet of this test leaves loopback.
 */
#include <config.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <plugins/common/address.h>
#include <src/base/array.h>
#include <src/base/mem.h>
#include <src/base/str.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tests/support/jose_support.h>
#include <tests/support/scratch.h>
#include <tests/support/served_host.h>
#include <tests/support/suite.h>
#include <unistd.h>

#define REFUSED "its address is not public"

static struct scripted_server server;

/* ---- Ranges ----------------------------------------------------------------------------------------------------- */

static const char *const special[] = {
    "0.0.0.0",
    "0.255.255.255",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1", /* carrier-grade NAT, and Alibaba's metadata at 100.100.100.200 */
    "100.100.100.200",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254", /* cloud metadata */
    "169.254.170.2",
    "168.63.129.16", /* Azure's platform, from inside its machines */
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192", /* Oracle's old metadata */
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "192.168.255.255",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:0:127.0.0.1",
    "64:ff9b::127.0.0.1", /* NAT64 */
    "64:ff9b::169.254.169.254",
    "64:ff9b:1::10.0.0.1",
    "100::1",
    "2001::1", /* Teredo */
    "2001:db8::1",
    "2002:7f00:1::", /* 6to4 of 127.0.0.1, and of 169.254.169.254 */
    "2002:a9fe:a9fe::",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254", /* cloud metadata */
    "fdff:ffff::1",
    "fe80::1",
    "fec0::1", /* site-local */
    "ff02::1",
};
static const char *const public[] = {
    "1.0.0.1",     "9.255.255.255",   "11.0.0.1",      "100.63.255.255", "100.128.0.1",  "126.255.255.255",
    "128.0.0.1",   "168.63.129.15",   "168.63.129.17", "169.253.1.1",    "169.255.1.1",  "172.15.255.255",
    "172.32.0.1",  "192.167.255.255", "192.169.0.1",   "198.17.0.1",     "198.20.0.1",   "223.255.255.1",
    "2001:200::1", "2001:db7::1",     "2001:db9::1",   "2003::1",        "2600:1406::1", "3ffe:ffff::1",
};

static bool public_says(const char *text) {
    struct sockaddr_in four = { .sin_family = AF_INET };
    struct sockaddr_in6 six = { .sin6_family = AF_INET6 };
    if (inet_pton(AF_INET, text, &four.sin_addr) == 1) {
        return address_is_public((const struct sockaddr *)(const void *)&four);
    }
    ck_assert_msg(inet_pton(AF_INET6, text, &six.sin6_addr) == 1, "%s", text);
    return address_is_public((const struct sockaddr *)(const void *)&six);
}

START_TEST(special_ranges_end_where_the_registry_says) {
    for (size_t i = 0; i < COUNT(special); i++) {
        ck_assert_msg(!public_says(special[i]), "%s is public", special[i]);
    }
    for (size_t i = 0; i < COUNT(public); i++) {
        ck_assert_msg(public_says(public[i]), "%s is not public", public[i]);
    }
}
END_TEST

/* ---- At the socket ---------------------------------------------------------------------------------------------- */

static void expect_logged(const char *options, const char *verdict, const char *words) {
    struct plugin_host host;
    char text[2048];
    ck_assert_int_lt(snprintf(text, sizeof text, SERVED_JWT "%s", options), sizeof text);
    plugin_host_open(&host, "jwt", text);
    const char *found = served_ask(&host, "P-256", "good", "alice");
    ck_assert_msg(strcmp(found, verdict) == 0, "%s: %s, expected %s\n%.*s", options, found, verdict,
                  STR_PRINT(buf_str(&host.log)));
    if (strcmp(verdict, "unavailable") == 0) {
        ck_assert_msg(plugin_host_logged(&host, words), "%s\n%.*s", options, STR_PRINT(buf_str(&host.log)));
    }
    plugin_host_close(&host);
}

static void expect(const char *options, const char *verdict) {
    expect_logged(options, verdict, REFUSED);
}

START_TEST(special_addresses_get_no_socket) {
    char options[256];
    bool six = strchr(special[_i], ':') != NULL;
    snprintf(options, sizeof options, "connect_timeout=1 fetch_timeout=1 jwks_uri=https://%s%s%s:1/keys",
             six ? "[" : "", special[_i], six ? "]" : "");
    expect(options, "unavailable");
}
END_TEST

static void serve(enum scripted_door door) {
    char *set = test_set(test_jwk(test_key("P-256"), "good"), NULL);
    scripted_server_reset(&server);
    scripted_server_answer(&server, "/keys", &(struct scripted_answer){ .body = str_of(set) });
    scripted_server_door(&server, door);
    mem_free(set);
}

/* The port of the server stands for %u. */
static const struct {
    const char *options;
    enum scripted_door door;
    const char *verdict;
} rows[] = {
    { "jwks_uri=https://127.0.0.1:%u/keys allow_private=yes", SCRIPTED_TLS, "accept" },
    { "jwks_uri=https://127.0.0.1:%u/keys", SCRIPTED_TLS, "unavailable" },
    { "jwks_uri=https://127.0.0.1:%u/keys allow_private=no", SCRIPTED_TLS, "unavailable" },
    { "jwks_uri=https://localhost:%u/keys", SCRIPTED_TLS, "unavailable" },
    /* insecure_http is about http */
    { "jwks_uri=http://127.0.0.1:%u/keys insecure_http=yes", SCRIPTED_PLAIN, "accept" },
    { "jwks_uri=https://127.0.0.1:%u/keys insecure_http=yes", SCRIPTED_TLS, "unavailable" },
    /* connect_to allows what it names */
    { "jwks_uri=https://id.example/keys connect_to=id.example:443:127.0.0.1:%u", SCRIPTED_TLS, "accept" },
    { "jwks_uri=https://127.0.0.1:%u/keys connect_to=id.example:443:127.0.0.1:1", SCRIPTED_TLS, "unavailable" },
    { "jwks_uri=https://127.0.0.1:%u/keys connect_to=id.example:443:127.0.0.2:443", SCRIPTED_TLS, "unavailable" },
    { "jwks_uri=https://id.example/keys connect_to=id.example:443:0.0.0.0:%u", SCRIPTED_TLS, "accept" },
    { "jwks_uri=http://127.0.0.1/keys insecure_http=yes connect_to=127.0.0.1:80:127.0.0.1:%u", SCRIPTED_PLAIN,
      "accept" },
};

static void fill(const char *form, char *ret_options, size_t size) {
    const char *at = strstr(form, "%u");
    ck_assert_ptr_nonnull(at);
    snprintf(ret_options, size, "ca_file=%s %.*s%u%s", server.ca, (int)(at - form), form, server.port, at + 2);
}

START_TEST(loopback_is_reached_only_as_an_option_says) {
    char options[1024];
    serve(rows[_i].door);
    fill(rows[_i].options, options, sizeof options);
    expect(options, rows[_i].verdict);
    if (strcmp(rows[_i].verdict, "accept") != 0) {
        ck_assert_uint_eq(scripted_server_connections(&server), 0);
    }
}
END_TEST

/* Where neither connect_to nor a proxy may lead plain http. 0.0.0.0 is this machine, and no loopback. */
static const struct {
    const char *options, *words; /* NULL: they may */
} plain_rows[] = {
    { "jwks_uri=http://127.0.0.1/keys connect_to=127.0.0.1:80:127.0.0.2:81", NULL },
    { "jwks_uri=http://127.0.0.1/keys connect_to=127.0.0.1:80:[::1]:81", NULL },
    { "jwks_uri=http://127.0.0.1/keys connect_to=id.example:80:192.0.2.1:80", NULL }, /* not for this host */
    { "jwks_uri=http://127.0.0.1/keys connect_to=127.0.0.1:81:192.0.2.1:80", NULL },
    { "jwks_uri=http://127.0.0.1/keys proxy=http://127.0.0.1:3128", NULL },
    { "jwks_uri=https://id.example/keys connect_to=id.example:443:192.0.2.1:443", NULL }, /* it is not plain */
    { "jwks_uri=http://127.0.0.1/keys connect_to=127.0.0.1:80:192.0.2.1:80", "connect_to must lead to loopback" },
    { "jwks_uri=http://127.0.0.1/keys connect_to=127.0.0.1:80:0.0.0.0:80", "connect_to must lead to loopback" },
    { "jwks_uri=http://127.0.0.1/keys connect_to=127.0.0.1:80:id.example:80", "connect_to must lead to loopback" },
    { "jwks_uri=http://127.0.0.1:81/keys connect_to=127.0.0.1:81:[2001:db8::1]:81",
      "connect_to must lead to loopback" },
    { "jwks_uri=http://LOCALHOST/keys connect_to=localhost::10.0.0.1:80", "connect_to must lead to loopback" },
    { "jwks_uri=http://127.0.0.1/keys connect_to=::10.0.0.1:80 allow_private=yes", "connect_to must lead to loopback" },
    { "jwks_uri=http://[::1]/keys connect_to=[::1]:80:10.0.0.1:80", "connect_to must lead to loopback" },
    { "authority=http://127.0.0.1 connect_to=127.0.0.1:80:10.0.0.1:80", "connect_to must lead to loopback" },
    { "jwks_uri=http://127.0.0.1/keys proxy=http://192.0.2.1:3128", "proxy must be on loopback" },
    { "jwks_uri=http://127.0.0.1/keys proxy=http://id.example:3128", "proxy must be on loopback" },
};

START_TEST(nothing_leads_plain_http_out_of_loopback) {
    const struct tam_setup setup = { .size = sizeof setup,
                                     .flags = TAM_SETUP_ANY_OWNER,
                                     .plugin_dir = TAM_TOP_BUILDDIR "/plugins/jwt/.libs" };
    struct tam_faults *faults = NULL;
    char text[1024];
    snprintf(text, sizeof text, SERVED_JWT "insecure_http=yes %s", plain_rows[_i].options);
    int status = tam_service_check_string(text, &setup, &faults);
    const char *fault = tam_faults_text(faults, tam_faults_count(faults) - 1), *words = plain_rows[_i].words;
    ck_assert_msg((status == 0) == (words == NULL), "%s: %s", text, fault != NULL ? fault : "good");
    ck_assert_msg(words == NULL || strstr(fault, words) != NULL, "%s: %s", text, fault); /* behind a warning */
    tam_faults_free(faults);
}
END_TEST

/* tam-issuer keeps connections open; what one verifier may reach is no way in for another. */
START_TEST(no_verifier_takes_over_the_connection_of_another) {
    struct issuer_process issuer;
    struct plugin_host host;
    char options[1024], text[2048];
    issuer_process_start(&issuer, &(struct issuer_process_options){ .names = "id.example" });
    snprintf(options, sizeof options, "ca_file=%s jwks_uri=https://127.0.0.1:%u/jwks", issuer.ca, issuer.port);
    snprintf(text, sizeof text, SERVED_JWT "%s allow_private=yes wait_for_keys=yes", options);
    plugin_host_open(&host, "jwt", text);
    expect(options, "unavailable");
    ck_assert_uint_eq(issuer_process_requests(&issuer, "jwks"), 1);
    plugin_host_close(&host);
    issuer_process_stop(&issuer);
}
END_TEST

/* ---- The authorities -------------------------------------------------------------------------------------------- */

/* What was judged when the service was opened may be another user's by now: libcurl is never told its name. */
START_TEST(the_file_of_authorities_is_judged_for_each_fetch) {
    struct plugin_host host;
    struct scratch scratch;
    char text[2048];
    if (geteuid() != 0) {
        puts("skipped: only root can give a file away");
        return;
    }
    serve(SCRIPTED_TLS);
    scratch_make(&scratch);
    const char *path = scratch_copy(&scratch, "ca.pem", server.ca);
    snprintf(text, sizeof text,
             SERVED_JWT "ca_file=%s jwks_uri=https://127.0.0.1:%u/keys allow_private=yes wait_for_keys=yes", path,
             server.port);
    plugin_host_open_as(&host, 0, "jwt", text);
    ck_assert_str_eq(served_ask(&host, "P-256", "good", "alice"), "accept");
    ck_assert_int_eq(chown(path, 12345, 12345), 0);
    ck_assert_str_eq(served_ask(&host, "P-256", "third", "alice"), "unavailable");
    plugin_host_expect_log(&host, "ca.pem is owned by neither root nor the user of this process");
    plugin_host_close(&host);
    scratch_remove(&scratch);
}
END_TEST

/* ---- The environment -------------------------------------------------------------------------------------------- */

START_TEST(the_environment_names_no_proxy) {
    static const char *const names[] = { "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY" };
    char options[1024];
    for (size_t i = 0; i < COUNT(names); i++) {
        setenv(names[i], "http://127.0.0.1:1", 1);
    }
    serve(SCRIPTED_TLS);
    fill("jwks_uri=https://id.example/keys connect_to=id.example:443:127.0.0.1:%u", options, sizeof options);
    expect(options, "accept");
}
END_TEST

START_TEST(a_proxy_that_is_named_is_asked) {
    char options[1024];
    serve(SCRIPTED_PROXY);
    scripted_server_answer(&server, "id.example:443", &(struct scripted_answer){ .status = "200 OK" });
    fill("jwks_uri=https://id.example/keys proxy=http://127.0.0.1:%u", options, sizeof options);
    expect(options, "accept");
    ck_assert_uint_eq(scripted_server_requests(&server, "id.example:443"), 1);
    ck_assert_uint_eq(scripted_server_requests(&server, "/keys"), 1);
}
END_TEST

/* With NO_PROXY of the environment a fetch would bypass the proxy, and no address would be checked, because that is the
 * proxy's task. */
START_TEST(the_environment_takes_no_host_from_the_proxy) {
    char options[1024];
    setenv("no_proxy", "*", 1);
    setenv("NO_PROXY", "*", 1);
    serve(SCRIPTED_TLS);
    fill("jwks_uri=https://127.0.0.1:%u/keys proxy=http://127.0.0.1:1", options, sizeof options);
    expect_logged(options, "unavailable", "connection: the proxy cannot be reached");
    ck_assert_uint_eq(scripted_server_connections(&server), 0);
}
END_TEST

START_TEST(netrc_is_not_read) {
    char path[512], options[1024];
    struct buf head;
    snprintf(path, sizeof path, "%s/.netrc", server.dir);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs("machine id.example login alice password secret\ndefault login bob password secret\n", file);
    fclose(file);
    setenv("HOME", server.dir, 1);
    serve(SCRIPTED_TLS);
    fill("jwks_uri=https://id.example/keys connect_to=id.example:443:127.0.0.1:%u", options, sizeof options);
    expect(options, "accept");
    unlink(path);
    buf_init(&head, SCRIPTED_HEAD_MAX);
    scripted_server_last_head(&server, "/keys", &head);
    ck_assert_ptr_nonnull(strstr(head.ptr, "Accept:"));
    ck_assert_ptr_null(strcasestr(head.ptr, "Authorization"));
    buf_free(&head);
}
END_TEST

/* ---- Where a discovery document leads --------------------------------------------------------------------------- */

/* The port of the server stands for %u. */
static const struct {
    const char *jwks_uri, *options, *verdict;
} led[] = {
    { "https://id.example/keys", "", "accept" },
    { "https://other.example/keys", "jwks_hosts=other.example", "accept" },
    { "https://other.example/keys", "", "unavailable" },
    { "https://other.example/keys", "jwks_hosts=example,sub.other.example", "unavailable" },
    { "https://id.example@other.example/keys", "", "unavailable" },
    { "https://id.example.other.example/keys", "", "unavailable" },
    { "https://id.example:8443/keys", "", "unavailable" },
    { "https://id.example:443/keys", "", "accept" }, /* the default, written */
    { "https://127.0.0.1:%u/keys", "allow_private=yes", "unavailable" },
    { "https://127.0.0.1:%u/keys", "allow_private=yes jwks_hosts=127.0.0.1", "unavailable" },
    { "https://127.0.0.1:%u/keys", "allow_private=yes jwks_hosts=127.0.0.1:443", "unavailable" },
    { "https://127.0.0.1:%u/keys", "allow_private=yes jwks_hosts=127.0.0.1:%u", "accept" },
    { "https://other.example/keys", "jwks_hosts=other.example:8443", "unavailable" },
    { "https://other.example:443/keys", "jwks_hosts=other.example", "accept" },
    { "https://other.example/keys", "jwks_hosts=other.example:443", "accept" },
    { "http://id.example/keys", "", "unavailable" },
    { "http://id.example/keys", "insecure_http=yes", "unavailable" },
    { "http://other.example/keys", "jwks_hosts=other.example", "unavailable" },
    { "file:///etc/passwd", "", "unavailable" },
};

static void add_with_port(struct buf *buf, const char *form) {
    const char *at = strstr(form, "%u");
    if (at == NULL) {
        buf_add_text(buf, form);
    } else {
        buf_format(buf, "%.*s%u%s", (int)(at - form), form, server.port, at + 2);
    }
}

START_TEST(a_discovery_document_leads_to_its_own_host_and_to_those_named) {
    struct plugin_host host;
    struct buf options, document;
    serve(SCRIPTED_TLS);
    buf_init(&options, 1024);
    buf_init(&document, 1024);
    buf_add_text(&document, "{\"issuer\":\"" SERVED_ISSUER "\",\"jwks_uri\":\"");
    add_with_port(&document, led[_i].jwks_uri);
    buf_add_text(&document, "\"}");
    scripted_server_answer(&server, "/.well-known/", &(struct scripted_answer){ .body = buf_str(&document) });
    buf_add_text(&options, "authority=" SERVED_ISSUER " ");
    add_with_port(&options, led[_i].options);
    buf_add_byte(&options, ' ');
    served_host_open(&host, &server, options.ptr);
    const char *found = served_ask(&host, "P-256", "good", "alice");
    ck_assert_msg(strcmp(found, led[_i].verdict) == 0, "%s %s: %s\n%.*s", led[_i].jwks_uri, led[_i].options, found,
                  STR_PRINT(buf_str(&host.log)));
    ck_assert_uint_ge(scripted_server_requests(&server, "/.well-known/"), 1);
    ck_assert_uint_eq(scripted_server_requests(&server, "/keys"), strcmp(found, "accept") == 0);
    plugin_host_close(&host);
    buf_free(&document);
    buf_free(&options);
}
END_TEST

static void setup(void) {
    scripted_server_start(&server, &(struct scripted_server_options){ .names = SCRIPTED_NAMES ",localhost" });
}

static void teardown(void) {
    scripted_server_stop(&server);
    test_keys_free();
}

int main(void) {
    TCase *tests = tcase_create("addresses");
    tcase_set_timeout(tests, 60);
    tcase_add_unchecked_fixture(tests, setup, teardown);
    tcase_add_test(tests, special_ranges_end_where_the_registry_says);
    tcase_add_loop_test(tests, special_addresses_get_no_socket, 0, COUNT(special));
    tcase_add_loop_test(tests, loopback_is_reached_only_as_an_option_says, 0, COUNT(rows));
    tcase_add_test(tests, no_verifier_takes_over_the_connection_of_another);
    tcase_add_loop_test(tests, nothing_leads_plain_http_out_of_loopback, 0, COUNT(plain_rows));
    tcase_add_test(tests, the_file_of_authorities_is_judged_for_each_fetch);
    tcase_add_test(tests, the_environment_names_no_proxy);
    tcase_add_test(tests, a_proxy_that_is_named_is_asked);
    tcase_add_test(tests, the_environment_takes_no_host_from_the_proxy);
    tcase_add_test(tests, netrc_is_not_read);
    tcase_add_loop_test(tests, a_discovery_document_leads_to_its_own_host_and_to_those_named, 0, COUNT(led));
    return suite_run("addresses", tests);
}
