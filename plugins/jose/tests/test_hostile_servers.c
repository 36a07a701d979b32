/* SPDX-License-Identifier: MIT
 *
 * Key servers that are broken or hostile, a row each, against the jwt plugin. Cold: no token is judged, the log says
 * what is wrong, and the server is asked no more often than it must be. Warm: the keys that were good before go on to
 * work. The first row is the control.
 */
#include <config.h>

#include <src/base/array.h>
#include <src/base/mem.h>
#include <src/base/str.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tests/support/jose_support.h>
#include <tests/support/served_host.h>
#include <tests/support/suite.h>

#define KEYS_OPTION "jwks_uri=" SERVED_KEYS " "
#define KEYS_LIMIT  "HTTP: the body is larger than 262144 bytes"
#define NO_JSON     "the key set is not strict JSON"
#define NO_SET      "not a key set: an object with an array \"keys\" was expected"
#define REDIRECT    "HTTP: status 3"
#define UNASKED     "HTTP: it sent a"

/* Bodies that are made of the good set, or are too long to write down. */
enum body {
    AS_WRITTEN = 0,
    GOOD,
    TRUNCATED,
    DOUBLED,
    WITH_NUL,
    TRAILING,
    TEN_THOUSAND,
    TEN_THOUSAND_EMPTY,
    DEEP,
    BOMB,
    BODIES
};

static struct buf bodies[BODIES];
static struct scripted_server server, mute;

struct row {
    const char *what;
    const char *words; /* of the log line; NULL: nothing is wrong */
    struct scripted_answer answer;
    enum body body;
};

static const struct row rows[] = {
    { "good", NULL, { 0 }, GOOD },

    /* ---- status */
    { "created", "HTTP: status 201", { .status = "201 Created" }, GOOD },
    { "no content", "HTTP: status 204", { .status = "204 No Content" }, AS_WRITTEN },
    { "a part", "HTTP: status 206", { .status = "206 Partial Content" }, GOOD },
    { "not modified, unasked",
      "HTTP: status 304, but nothing was asked conditionally",
      { .status = "304 Not Modified" },
      AS_WRITTEN },
    { "bad request", "HTTP: status 400", { .status = "400 Bad Request" }, GOOD },
    { "login wanted",
      "HTTP: status 401",
      { .status = "401 Unauthorized", .headers = "WWW-Authenticate: Negotiate\r\nWWW-Authenticate: Basic\r\n" },
      GOOD },
    { "forbidden", "HTTP: status 403", { .status = "403 Forbidden" }, GOOD },
    { "not found", "HTTP: status 404", { .status = "404 Not Found" }, GOOD },
    { "proxy's login wanted",
      "HTTP: status 407",
      { .status = "407 Proxy", .headers = "Proxy-Authenticate: Basic\r\n" },
      GOOD },
    { "too many", "HTTP: status 429", { .status = "429 Too Many Requests", .headers = "Retry-After: 0\r\n" }, GOOD },
    { "broken", "HTTP: status 500", { .status = "500 Internal Server Error" }, GOOD },
    { "overloaded",
      "HTTP: status 503",
      { .status = "503 Service Unavailable", .headers = "Retry-After: 0\r\n" },
      GOOD },
    { "no status that exists", "HTTP: status 999", { .status = "999 What" }, GOOD },

    /* ---- redirects: none is followed, wherever it leads */
    { "to the same host", REDIRECT, { .status = "302 Found", .headers = "Location: /elsewhere\r\n" }, GOOD },
    { "to another host",
      REDIRECT,
      { .status = "301 Moved", .headers = "Location: https://other.example/elsewhere\r\n" },
      GOOD },
    { "to http",
      REDIRECT,
      { .status = "307 Temporary", .headers = "Location: http://id.example/elsewhere\r\n" },
      GOOD },
    { "to a file", REDIRECT, { .status = "303 See", .headers = "Location: file:///etc/passwd\r\n" }, GOOD },
    { "to itself", REDIRECT, { .status = "308 Permanent", .headers = "Location: /keys\r\n" }, GOOD },
    { "a refresh by header",
      NO_JSON,
      { .headers = "Refresh: 0; url=/elsewhere\r\n", .body = STR_INIT("<html>") },
      AS_WRITTEN },

    /* ---- HTTP that is none, or ends early */
    { "noise",
      "HTTP: it does not speak HTTP",
      { .manner = SCRIPTED_RAW, .body = STR_INIT("what?\r\n\r\n") },
      AS_WRITTEN },
    { "an informational response alone",
      "HTTP: it answered nothing",
      { .manner = SCRIPTED_RAW, .body = STR_INIT("HTTP/1.1 100 Continue\r\n\r\n") },
      AS_WRITTEN },
    { "HTTP/0.9", "HTTP: it does not speak HTTP", { .manner = SCRIPTED_RAW }, GOOD },
    { "a length that is none", "HTTP: it does not speak HTTP", { .headers = "Content-Length: many\r\n" }, GOOD },
    { "a negative length", "HTTP: it does not speak HTTP", { .headers = "Content-Length: -1\r\n" }, GOOD },
    { "a chunk that is none",
      "connection: it broke (Illegal or missing hexadecimal sequence",
      { .headers = "Transfer-Encoding: chunked\r\n" },
      GOOD },
    { "cut", "HTTP: the body is shorter than announced", { .manner = SCRIPTED_CUT, .number = 20 }, GOOD },
    { "cut before its body", "HTTP: the body is shorter than announced", { .manner = SCRIPTED_CUT }, GOOD },
    { "cut within a chunk",
      "HTTP: the body is shorter than announced",
      { .headers = "Transfer-Encoding: chunked\r\n", .body = STR_INIT("3\r\n{\"k\r\n") },
      AS_WRITTEN },
    { "cut where no length is",
      NO_JSON,
      { .manner = SCRIPTED_RAW, .body = STR_INIT("HTTP/1.1 200 OK\r\n\r\n{\"keys\":[") },
      AS_WRITTEN },

    /* ---- too much */
    { "an endless body", KEYS_LIMIT, { .manner = SCRIPTED_ENDLESS }, GOOD },
    { "a body announced too long", KEYS_LIMIT, { .manner = SCRIPTED_SHORT, .number = 1u << 30 }, GOOD },
    { "10,000 keys", KEYS_LIMIT, { 0 }, TEN_THOUSAND },
    { "10,000 keys in few bytes", "the key set has 10000 keys, more than 64", { 0 }, TEN_THOUSAND_EMPTY },
    { "an endless head",
      "HTTP: the head is larger than 65536 bytes",
      { .manner = SCRIPTED_ENDLESS_HEAD, .headers = "Set-Cookie: a=b\r\n" },
      AS_WRITTEN },
    { "deep JSON", NO_JSON, { 0 }, DEEP },

    /* ---- compressed, without a request for compression */
    { "a gzip bomb", UNASKED " Content-Encoding", { .headers = "Content-Encoding: gzip\r\n" }, BOMB },
    { "a gzip bomb for the way", UNASKED " Transfer-Encoding", { .headers = "Transfer-Encoding: gzip\r\n" }, BOMB },
    { "a gzip bomb in chunks",
      UNASKED " Transfer-Encoding",
      { .headers = "Transfer-Encoding: gzip, chunked\r\n" },
      BOMB },
    { "gzip in gzip in gzip",
      UNASKED " Content-Encoding",
      { .headers = "Content-Encoding: gzip, gzip, gzip\r\n" },
      BOMB },
    { "a coding that is none", UNASKED " Content-Encoding", { .headers = "content-encoding:what\r\n" }, GOOD },

    /* ---- a body that is no key set */
    { "HTML",
      NO_JSON,
      { .headers = "Content-Type: text/html\r\n", .body = STR_INIT("<!DOCTYPE html><title>Sign in</title>") },
      AS_WRITTEN },
    { "nothing", NO_JSON, { 0 }, AS_WRITTEN },
    { "an empty object", NO_SET, { .body = STR_INIT("{}") }, AS_WRITTEN },
    { "an array", NO_SET, { .body = STR_INIT("[]") }, AS_WRITTEN },
    { "null", NO_SET, { .body = STR_INIT("null") }, AS_WRITTEN },
    { "keys that are no array", NO_SET, { .body = STR_INIT("{\"keys\":{}}") }, AS_WRITTEN },
    { "an OAuth error", NO_SET, { .body = STR_INIT("{\"error\":\"server_error\"}") }, AS_WRITTEN },
    { "a discovery document",
      NO_SET,
      { .body = STR_INIT("{\"issuer\":\"" SERVED_ISSUER "\",\"jwks_uri\":\"" SERVED_KEYS "\"}") },
      AS_WRITTEN },
    { "no keys", "the key set has no usable key", { .body = STR_INIT("{\"keys\":[]}") }, AS_WRITTEN },
    { "keys that are none",
      "the key set has no usable key; key 1 (no kid): it is not a JSON object (and 1 more)",
      { .body = STR_INIT("{\"keys\":[1,null]}") },
      AS_WRITTEN },
    { "a secret alone",
      "the key set has no usable key; key 1 (kid \"good\"): a shared secret (oct) from a URL is nobody's secret",
      { .body = STR_INIT(
            "{\"keys\":[{\"kty\":\"oct\",\"kid\":\"good\",\"k\":\"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0i\"}]}") },
      AS_WRITTEN },
    { "truncated", NO_JSON, { 0 }, TRUNCATED },
    { "keys twice", NO_JSON, { 0 }, DOUBLED },
    { "a NUL", NO_JSON, { 0 }, WITH_NUL },
    { "something behind it", NO_JSON, { 0 }, TRAILING },
    { "a byte order mark", NO_JSON, { .body = STR_INIT("\xef\xbb\xbf{\"keys\":[]}") }, AS_WRITTEN },
    { "no UTF-8", NO_JSON, { .body = STR_INIT("{\"keys\":[],\"a\":\"\xff\"}") }, AS_WRITTEN },
    { "JSON with a comment", NO_JSON, { .body = STR_INIT("{\"keys\":[]/**/}") }, AS_WRITTEN },
};

/* ---- Bodies ----------------------------------------------------------------------------------------------------- */

static void add_repeated(struct buf *body, const char *before, struct tam_str piece, size_t count, const char *after) {
    buf_add_text(body, before);
    for (size_t i = 0; i < count; i++) {
        buf_add(body, piece);
    }
    buf_add_text(body, after);
}

static void bodies_make(void) {
    static const char zeros[64];
    char *good = test_set(test_jwk(test_key("P-256"), "good"), NULL);
    for (size_t i = 0; i < BODIES; i++) {
        buf_init(&bodies[i], SCRIPTED_BODY_MAX);
    }
    buf_add_text(&bodies[GOOD], good);
    buf_add(&bodies[TRUNCATED], (struct tam_str){ good, strlen(good) - 1 });
    buf_format(&bodies[DOUBLED], "{\"keys\":[],%s", good + 1);
    buf_add(&bodies[WITH_NUL], (struct tam_str){ good, strlen(good) + 1 });
    buf_format(&bodies[TRAILING], "%s{}", good);
    add_repeated(&bodies[TEN_THOUSAND], "{\"keys\":[",
                 STR("{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"},"),
                 9999, "{}]}");
    add_repeated(&bodies[TEN_THOUSAND_EMPTY], "{\"keys\":[", STR("{},"), 9999, "{}]}");
    add_repeated(&bodies[DEEP], "{\"keys\":", STR("["), 100000, "");
    /* deflate's code for "the same again" is a zero bit here: a thousand bytes of zeros for each of these. */
    buf_add(&bodies[BOMB],
            STR("\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xed\xc1\x31\x01\x00\x00\x00\xc2\xa0\xf5\x4f\x6d"
                "\x08\x5f\xa0"));
    add_repeated(&bodies[BOMB], "", (struct tam_str){ zeros, sizeof zeros }, 10000, "");
    mem_free(good);
}

/* ---- One row ---------------------------------------------------------------------------------------------------- */

static void serve(const struct scripted_server *at, const char *path, const struct row *row) {
    struct scripted_answer answer = row->answer;
    if (row->body != AS_WRITTEN) {
        answer.body = buf_str(&bodies[row->body]);
    }
    scripted_server_answer(at, path, &answer);
}

static void expect_verdict(const struct row *row, const char *found, const char *expected) {
    ck_assert_msg(strcmp(found, expected) == 0, "%s: expected %s, found %s", row->what, expected, found);
}

/* In all cases no other server was contacted, and the server got no burst of requests. */
static void expect_requests(const struct row *row, const char *path, unsigned most) {
    unsigned requests = scripted_server_requests(&server, path);
    ck_assert_msg(requests <= most, "%s: %u requests", row->what, requests);
    ck_assert_uint_eq(scripted_server_requests(&server, "/elsewhere"), 0);
    ck_assert_uint_eq(scripted_server_requests(&server, ""), 0);
}

static void script_begin(const struct row *row) {
    scripted_server_reset(&server);
    scripted_server_answer(&server, "/elsewhere", &(struct scripted_answer){ .body = buf_str(&bodies[GOOD]) });
    serve(&server, "/keys", row);
}

START_TEST(without_earlier_keys_nothing_is_judged) {
    const struct row *row = &rows[_i];
    struct plugin_host host;
    script_begin(row);
    served_host_open(&host, &server, KEYS_OPTION);
    expect_verdict(row, served_ask(&host, "P-256", "good", "alice"), row->words != NULL ? "unavailable" : "accept");
    served_expect_log(&host, SERVED_KEYS, row->words != NULL ? row->words : "1 key usable, 0 skipped");
    expect_requests(row, "/keys", 2); /* the second: the first back-off is over before a busy machine came to count */
    plugin_host_close(&host);
}
END_TEST

START_TEST(good_keys_survive_what_comes_after) {
    const struct row *row = &rows[_i];
    struct plugin_host host;
    script_begin(&rows[0]);
    served_host_open(&host, &server, KEYS_OPTION);
    expect_verdict(row, served_ask(&host, "P-256", "good", "alice"), "accept");
    serve(&server, "/keys", row);
    /* Only a successful fetch can show that the key does not exist. */
    expect_verdict(row, served_ask(&host, "P-256", "new", "bob"), row->words != NULL ? "unavailable" : "unknown_key");
    expect_verdict(row, served_ask(&host, "P-256", "good", "carol"), "accept");
    if (row->words != NULL) {
        served_expect_log(&host, SERVED_KEYS, row->words);
    }
    expect_requests(row, "/keys", 3);
    plugin_host_close(&host);
}
END_TEST

/* ---- Doors ------------------------------------------------------------------------------------------------------ */

static const struct {
    enum scripted_door door;
    const char *words;
} doors[] = {
    { SCRIPTED_EXPIRED, "TLS: its certificate has expired" },
    { SCRIPTED_EARLY, "TLS: its certificate is not valid yet" },
    { SCRIPTED_OTHER_NAME, "TLS: its certificate is for another name" },
    { SCRIPTED_OTHER_AUTHORITY, "TLS: its certificate is of an unknown authority" },
    { SCRIPTED_TLS_1_1, "TLS: the handshake failed" },
    { SCRIPTED_PLAIN, "TLS: the handshake failed" },
    { SCRIPTED_HANG_UP, "TLS: the handshake failed" },
};

START_TEST(a_server_behind_a_bad_door_is_not_asked) {
    struct plugin_host host;
    script_begin(&rows[0]);
    scripted_server_door(&server, doors[_i].door);
    served_host_open(&host, &server, KEYS_OPTION);
    expect_verdict(&rows[0], served_ask(&host, "P-256", "good", "alice"), "unavailable");
    served_expect_log(&host, SERVED_KEYS, doors[_i].words);
    expect_requests(&rows[0], "/keys", 0);
    ck_assert_uint_le(scripted_server_connections(&server), 2);
    plugin_host_close(&host);
}
END_TEST

START_TEST(good_keys_survive_a_door_gone_bad) {
    struct plugin_host host;
    script_begin(&rows[0]);
    served_host_open(&host, &server, KEYS_OPTION);
    expect_verdict(&rows[0], served_ask(&host, "P-256", "good", "alice"), "accept");
    scripted_server_door(&server, doors[_i].door);
    expect_verdict(&rows[0], served_ask(&host, "P-256", "new", "bob"), "unavailable");
    expect_verdict(&rows[0], served_ask(&host, "P-256", "good", "carol"), "accept");
    served_expect_log(&host, SERVED_KEYS, doors[_i].words);
    expect_requests(&rows[0], "/keys", 1);
    ck_assert_uint_le(scripted_server_connections(&server), 3);
    plugin_host_close(&host);
}
END_TEST

START_TEST(an_outage_ends_without_a_restart) {
    struct plugin_host host;
    script_begin(&rows[0]);
    scripted_server_close_port(&server);
    served_host_open(&host, &server, KEYS_OPTION);
    expect_verdict(&rows[0], served_ask(&host, "P-256", "good", "alice"), "unavailable");
    served_expect_log(&host, SERVED_KEYS, "connection: it cannot be reached");
    scripted_server_open_port(&server);
    scripted_server_await(&server, "/keys", 1); /* by itself, after the back-off */
    expect_verdict(&rows[0], served_ask(&host, "P-256", "good", "alice"), "accept");
    plugin_host_close(&host);
}
END_TEST

/* ---- Slow ones, all at the same time ---------------------------------------------------------------------------- */

#define SLOW_WORDS "HTTP: the whole answer was not there in time"
/* fetch_timeout is over before any of these ends. */
static const struct row slow_rows[] = {
    { "silence", SLOW_WORDS, { .manner = SCRIPTED_SILENT }, GOOD },
    { "a head and silence", SLOW_WORDS, { .manner = SCRIPTED_SILENT_BODY }, GOOD },
    { "one byte a second", SLOW_WORDS, { .manner = SCRIPTED_SLOW, .number = 1000 }, GOOD },
    { "a body of one byte a second", SLOW_WORDS, { .manner = SCRIPTED_SLOW_BODY, .number = 1000 }, GOOD },
    { "a byte too few", SLOW_WORDS, { .manner = SCRIPTED_SHORT, .number = 1 }, GOOD },
};
#define SLOW_COUNT COUNT(slow_rows)

/* One host for each row, and one whose server takes connections and says nothing. */
static struct plugin_host slow_hosts[SLOW_COUNT], mute_host;

static void slow_open(size_t i) {
    char options[256];
    snprintf(options, sizeof options, "jwks_uri=" SERVED_KEYS "%zu connect_timeout=1 fetch_timeout=1 ", i);
    served_host_open(&slow_hosts[i], &server, options);
}

static void slow_serve(bool good) {
    for (size_t i = 0; i < SLOW_COUNT; i++) {
        char path[32];
        snprintf(path, sizeof path, "/keys%zu", i);
        serve(&server, path, good ? &rows[0] : &slow_rows[i]);
    }
    serve(&mute, "/keys", &rows[0]);
    scripted_server_door(&mute, good ? SCRIPTED_TLS : SCRIPTED_MUTE);
}

static void slow_open_all(void) {
    for (size_t i = 0; i < SLOW_COUNT; i++) {
        slow_open(i);
    }
    served_host_open(&mute_host, &mute, KEYS_OPTION "connect_timeout=1 ");
}

static void slow_ask_all(const char *kid, const char *sub, const char *expected) {
    for (size_t i = 0; i < SLOW_COUNT; i++) {
        expect_verdict(&slow_rows[i], served_ask(&slow_hosts[i], "P-256", kid, sub), expected);
    }
    expect_verdict(&rows[0], served_ask(&mute_host, "P-256", kid, sub), expected);
}

static void slow_close_all(unsigned most) {
    for (size_t i = 0; i < SLOW_COUNT; i++) {
        char path[32], where[64];
        snprintf(path, sizeof path, "/keys%zu", i);
        snprintf(where, sizeof where, SERVED_KEYS "%zu", i);
        served_expect_log(&slow_hosts[i], where, slow_rows[i].words);
        expect_requests(&slow_rows[i], path, most);
        plugin_host_close(&slow_hosts[i]);
    }
    served_expect_log(&mute_host, SERVED_KEYS, "connection: it was not ready in time");
    plugin_host_close(&mute_host);
}

START_TEST(nobody_is_waited_for_longer_than_the_options_say) {
    scripted_server_reset(&server);
    scripted_server_reset(&mute);
    slow_serve(false);
    slow_open_all();
    slow_ask_all("good", "alice", "unavailable");
    slow_close_all(2);
}
END_TEST

START_TEST(good_keys_survive_a_server_gone_slow) {
    scripted_server_reset(&server);
    scripted_server_reset(&mute);
    slow_serve(true);
    slow_open_all();
    slow_ask_all("good", "alice", "accept");
    slow_serve(false);
    for (size_t i = 0; i < SLOW_COUNT; i++) { /* so that they are slow together */
        expect_verdict(&slow_rows[i], served_ask_nonblock(&slow_hosts[i], "P-256", "new", "bob"), "again");
    }
    expect_verdict(&rows[0], served_ask_nonblock(&mute_host, "P-256", "new", "bob"), "again");
    slow_ask_all("new", "bob", "unavailable");
    slow_ask_all("good", "carol", "accept");
    slow_close_all(3);
}
END_TEST

static void setup(void) {
    bodies_make();
    scripted_server_start(&server, &(struct scripted_server_options){ .names = NULL });
    scripted_server_start(&mute, &(struct scripted_server_options){ .names = NULL });
}

static void teardown(void) {
    scripted_server_stop(&mute);
    scripted_server_stop(&server);
    for (size_t i = 0; i < BODIES; i++) {
        buf_free(&bodies[i]);
    }
    test_keys_free();
}

int main(void) {
    TCase *tests = tcase_create("hostile servers");
    const int count = COUNT(rows), door_count = COUNT(doors);
    tcase_set_timeout(tests, 60);
    tcase_add_unchecked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, without_earlier_keys_nothing_is_judged, 0, count);
    tcase_add_loop_test(tests, good_keys_survive_what_comes_after, 0, count);
    tcase_add_loop_test(tests, a_server_behind_a_bad_door_is_not_asked, 0, door_count);
    tcase_add_loop_test(tests, good_keys_survive_a_door_gone_bad, 0, door_count);
    tcase_add_test(tests, an_outage_ends_without_a_restart);
    tcase_add_test(tests, nobody_is_waited_for_longer_than_the_options_say);
    tcase_add_test(tests, good_keys_survive_a_server_gone_slow);
    return suite_run("hostile servers", tests);
}
