/* SPDX-License-Identifier: MIT
 *
 * The server that other tests script misbehaves as its header says, seen by libcurl without any plugin. Were a
 * misbehaviour none, those tests would pass for nothing.
 */
#include <config.h>

#include <curl/curl.h>
#include <src/base/array.h>
#include <src/base/str.h>
#include <stdlib.h>
#include <string.h>
#include <tests/support/suite.h>
#include <tests/support/scripted_server.h>

#define URL   "https://id.example/keys"
#define LIMIT 20000L /* milliseconds */

static struct scripted_server server;

/* One GET, and what came of it. */
struct exchange {
    CURL *easy;
    struct curl_slist *connect_to;
    struct buf body;
    CURLcode code;
    long status;
};

static size_t on_body(char *data, size_t size, size_t count, void *ctx) {
    struct exchange *exchange = ctx;
    buf_add(&exchange->body, (struct tam_str){ data, size * count });
    return exchange->body.failed ? 0 : size * count;
}

static void exchange_open(struct exchange *exchange, const char *url) {
    struct buf target;
    buf_init(&target, 256);
    buf_format(&target, "::127.0.0.1:%u", server.port);
    *exchange = (struct exchange){ .easy = curl_easy_init() };
    exchange->connect_to = curl_slist_append(NULL, target.ptr);
    buf_init(&exchange->body, (size_t)1 << 20);
    curl_easy_setopt(exchange->easy, CURLOPT_URL, url);
    curl_easy_setopt(exchange->easy, CURLOPT_CONNECT_TO, exchange->connect_to);
    curl_easy_setopt(exchange->easy, CURLOPT_CAINFO, server.ca);
    curl_easy_setopt(exchange->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(exchange->easy, CURLOPT_PROXY, "");
    curl_easy_setopt(exchange->easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(exchange->easy, CURLOPT_WRITEDATA, exchange);
    curl_easy_setopt(exchange->easy, CURLOPT_TIMEOUT_MS, LIMIT);
    buf_free(&target);
}

static void exchange_run(struct exchange *exchange) {
    exchange->code = curl_easy_perform(exchange->easy);
    curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &exchange->status);
}

static void exchange_close(struct exchange *exchange) {
    curl_easy_cleanup(exchange->easy);
    curl_slist_free_all(exchange->connect_to);
    buf_free(&exchange->body);
}

/* ---- Answers ---------------------------------------------------------------------------------------------------- */

#define BODY STR_INIT("0123456789")

static const struct {
    struct scripted_answer answer;
    CURLcode code;
    long status;
    const char *body; /* that came, or begins so where it is endless */
    long timeout;     /* ms; 0: none */
} rows[] = {
    { { .body = BODY }, CURLE_OK, 200, "0123456789", 0 },
    { { .status = "503 Wait", .headers = "Retry-After: 7\r\n" }, CURLE_OK, 503, "", 0 },
    { { .status = "204 None" }, CURLE_OK, 204, "", 0 },
    { { .headers = "Transfer-Encoding: chunked\r\n", .body = STR_INIT("3\r\nabc\r\n0\r\n\r\n") },
      CURLE_OK,
      200,
      "abc",
      0 },
    { { .headers = "Transfer-Encoding: chunked\r\n", .body = STR_INIT("3\r\nabc\r\n") },
      CURLE_PARTIAL_FILE,
      200,
      "abc",
      0 },
    { { .manner = SCRIPTED_RAW, .body = STR_INIT("what?\r\n") }, CURLE_UNSUPPORTED_PROTOCOL, 0, "", 0 },
    /* Without a length, libcurl takes the end of the connection for the end of the body, close_notify or not. */
    { { .manner = SCRIPTED_RAW, .body = STR_INIT("HTTP/1.1 200 OK\r\n\r\nabc") }, CURLE_OK, 200, "abc", 0 },
    { { .manner = SCRIPTED_SLOW, .number = 1, .body = BODY }, CURLE_OK, 200, "0123456789", 0 },
    { { .manner = SCRIPTED_SLOW, .number = 60000, .body = BODY }, CURLE_OPERATION_TIMEDOUT, 0, "", 100 },
    { { .manner = SCRIPTED_SLOW_BODY, .number = 1, .body = BODY }, CURLE_OK, 200, "0123456789", 0 },
    { { .manner = SCRIPTED_SLOW_BODY, .number = 60000, .body = BODY }, CURLE_OPERATION_TIMEDOUT, 200, "0", 100 },
    { { .manner = SCRIPTED_SILENT, .body = BODY }, CURLE_OPERATION_TIMEDOUT, 0, "", 100 },
    { { .manner = SCRIPTED_SILENT_BODY, .body = BODY }, CURLE_OPERATION_TIMEDOUT, 200, "", 100 },
    { { .manner = SCRIPTED_ENDLESS, .body = BODY }, CURLE_WRITE_ERROR, 200, "012345678901234567890123", 0 },
    { { .manner = SCRIPTED_CUT, .number = 4, .body = BODY }, CURLE_PARTIAL_FILE, 200, "0123", 0 },
    { { .manner = SCRIPTED_SHORT, .number = 1, .body = BODY }, CURLE_OPERATION_TIMEDOUT, 200, "0123456789", 100 },
};

static bool answer_ran(int row, const struct exchange *exchange) {
    return exchange->code == rows[row].code && exchange->status == rows[row].status &&
           str_starts((struct tam_str){ exchange->body.ptr, exchange->body.len }, str_of(rows[row].body)) &&
           (rows[row].answer.manner == SCRIPTED_ENDLESS || exchange->body.len == strlen(rows[row].body));
}

/* On a busy machine a time may be over before the answer began: then with more of it. */
START_TEST(an_answer_is_sent_as_scripted) {
    struct exchange exchange;
    bool good = false;
    scripted_server_reset(&server);
    scripted_server_answer(&server, "/keys", &rows[_i].answer);
    for (long timeout = rows[_i].timeout > 0 ? rows[_i].timeout : LIMIT; !good && timeout <= LIMIT; timeout *= 2) {
        exchange_open(&exchange, URL);
        curl_easy_setopt(exchange.easy, CURLOPT_TIMEOUT_MS, timeout);
        exchange_run(&exchange);
        good = answer_ran(_i, &exchange);
        ck_assert_msg(good || exchange.code == CURLE_OPERATION_TIMEDOUT, "%s, status %ld, %zu bytes",
                      curl_easy_strerror(exchange.code), exchange.status, exchange.body.len);
        exchange_close(&exchange);
    }
    ck_assert(good);
    scripted_server_await(&server, "/keys", 1);
}
END_TEST

static size_t on_header(char *data, size_t size, size_t count, void *ctx) {
    size_t *left = ctx;
    (void)data;
    *left -= size * count < *left ? size * count : *left;
    return *left > 0 ? size * count : 0;
}

START_TEST(a_head_can_be_endless) {
    struct exchange exchange;
    size_t left = 50000;
    scripted_server_reset(&server);
    scripted_server_answer(&server, "/keys",
                           &(struct scripted_answer){ .manner = SCRIPTED_ENDLESS_HEAD, .headers = "A: b\r\n" });
    exchange_open(&exchange, URL);
    curl_easy_setopt(exchange.easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(exchange.easy, CURLOPT_HEADERDATA, &left);
    exchange_run(&exchange);
    ck_assert_uint_eq(left, 0);
    exchange_close(&exchange);
}
END_TEST

/* ---- Doors ------------------------------------------------------------------------------------------------------ */

static const struct {
    enum scripted_door door;
    CURLcode code;
    const char *words; /* in libcurl's own explanation */
} doors[] = {
    { SCRIPTED_TLS, CURLE_OK, "" },
    { SCRIPTED_EXPIRED, CURLE_PEER_FAILED_VERIFICATION, "certificate has expired" },
    { SCRIPTED_EARLY, CURLE_PEER_FAILED_VERIFICATION, "certificate is not yet valid" },
    { SCRIPTED_OTHER_NAME, CURLE_PEER_FAILED_VERIFICATION, "id.example" },
    { SCRIPTED_OTHER_AUTHORITY, CURLE_PEER_FAILED_VERIFICATION, "certificate" },
    { SCRIPTED_TLS_1_1, CURLE_SSL_CONNECT_ERROR, "" },
    { SCRIPTED_PLAIN, CURLE_SSL_CONNECT_ERROR, "" },
    { SCRIPTED_MUTE, CURLE_OPERATION_TIMEDOUT, "" },
    { SCRIPTED_HANG_UP, CURLE_SSL_CONNECT_ERROR, "" },
};

START_TEST(a_door_is_as_scripted) {
    struct exchange exchange;
    char error[CURL_ERROR_SIZE] = "";
    scripted_server_reset(&server);
    scripted_server_answer(&server, "/keys", &(struct scripted_answer){ .body = BODY });
    scripted_server_door(&server, doors[_i].door);
    exchange_open(&exchange, URL);
    curl_easy_setopt(exchange.easy, CURLOPT_ERRORBUFFER, error);
    curl_easy_setopt(exchange.easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (doors[_i].door == SCRIPTED_MUTE) {
        curl_easy_setopt(exchange.easy, CURLOPT_TIMEOUT_MS, 100L);
    }
    exchange_run(&exchange);
    ck_assert_msg(exchange.code == doors[_i].code, "%s: %s", curl_easy_strerror(exchange.code), error);
    ck_assert_msg(strstr(error, doors[_i].words) != NULL, "%s", error);
    ck_assert_uint_eq(scripted_server_requests(&server, "/keys"), doors[_i].code == CURLE_OK ? 1 : 0);
    scripted_server_await_connections(&server, 1);
    exchange_close(&exchange);
}
END_TEST

START_TEST(http_is_spoken_without_tls) {
    struct exchange exchange;
    scripted_server_reset(&server);
    scripted_server_answer(&server, "/keys", &(struct scripted_answer){ .body = BODY });
    scripted_server_door(&server, SCRIPTED_PLAIN);
    exchange_open(&exchange, "http://id.example/keys");
    exchange_run(&exchange);
    ck_assert_int_eq(exchange.code, CURLE_OK);
    ck_assert(str_equal(buf_str(&exchange.body), STR("0123456789")));
    exchange_close(&exchange);
}
END_TEST

static void proxy_ask(const char *status, CURLcode code, unsigned requests) {
    struct exchange exchange;
    struct buf proxy;
    scripted_server_reset(&server);
    scripted_server_door(&server, SCRIPTED_PROXY);
    scripted_server_answer(&server, "id.example:443", &(struct scripted_answer){ .status = status });
    scripted_server_answer(&server, "/keys", &(struct scripted_answer){ .body = BODY });
    exchange_open(&exchange, URL);
    buf_init(&proxy, 256);
    buf_format(&proxy, "http://127.0.0.1:%u", server.port);
    curl_easy_setopt(exchange.easy, CURLOPT_CONNECT_TO, NULL);
    curl_easy_setopt(exchange.easy, CURLOPT_PROXY, proxy.ptr);
    exchange_run(&exchange);
    ck_assert_msg(exchange.code == code, "%s", curl_easy_strerror(exchange.code));
    ck_assert_uint_eq(scripted_server_requests(&server, "id.example:443"), 1);
    ck_assert_uint_eq(scripted_server_requests(&server, "/keys"), requests);
    buf_free(&proxy);
    exchange_close(&exchange);
}

START_TEST(a_proxy_sees_connect_and_grants_it_or_not) {
    proxy_ask("200 OK", CURLE_OK, 1);
    proxy_ask("403 Forbidden", CURLE_RECV_ERROR, 0);
}
END_TEST

/* ---- Counts, holding, outage ------------------------------------------------------------------------------------ */

static long get(const char *url) {
    struct exchange exchange;
    exchange_open(&exchange, url);
    exchange_run(&exchange);
    long status = exchange.code == CURLE_OK ? exchange.status : -(long)exchange.code;
    exchange_close(&exchange);
    return status;
}

START_TEST(the_longest_path_wins_and_each_is_counted) {
    struct buf head;
    scripted_server_reset(&server);
    scripted_server_answer(&server, "/a", &(struct scripted_answer){ .status = "201 A" });
    scripted_server_answer(&server, "/a/b", &(struct scripted_answer){ .status = "202 B" });
    ck_assert_int_eq(get("https://id.example/a/b?c"), 202);
    ck_assert_int_eq(get("https://id.example/a/c"), 201);
    ck_assert_int_eq(get("https://id.example/b"), 404);
    scripted_server_answer(&server, "/a", &(struct scripted_answer){ .status = "203 C" });
    ck_assert_int_eq(get("https://other.example/a"), 203);
    ck_assert_uint_eq(scripted_server_requests(&server, "/a"), 2);
    ck_assert_uint_eq(scripted_server_requests(&server, "/a/b"), 1);
    ck_assert_uint_eq(scripted_server_requests(&server, ""), 1);
    ck_assert_uint_eq(scripted_server_requests(&server, "/c"), 0);
    ck_assert_uint_eq(scripted_server_connections(&server), 4);
    buf_init(&head, SCRIPTED_HEAD_MAX);
    scripted_server_last_head(&server, "/a", &head);
    ck_assert(str_starts(buf_str(&head), STR("GET /a HTTP/1.1\r\n")));
    ck_assert_ptr_nonnull(strstr(head.ptr, "Host: other.example\r\n"));
    buf_free(&head);
}
END_TEST

START_TEST(held_answers_wait_for_the_release) {
    struct exchange first, second;
    int running = 2;
    CURLM *multi = curl_multi_init();
    scripted_server_reset(&server);
    scripted_server_answer(&server, "/keys", &(struct scripted_answer){ .body = BODY });
    scripted_server_hold(&server, "/keys");
    exchange_open(&first, URL);
    exchange_open(&second, URL);
    curl_multi_add_handle(multi, first.easy);
    curl_multi_add_handle(multi, second.easy);
    while (scripted_server_requests(&server, "/keys") < 2) {
        curl_multi_perform(multi, &running);
        curl_multi_poll(multi, NULL, 0, 10, NULL);
    }
    ck_assert_int_eq(running, 2);
    scripted_server_release(&server, "/keys");
    while (running > 0) {
        curl_multi_poll(multi, NULL, 0, 1000, NULL);
        curl_multi_perform(multi, &running);
    }
    ck_assert_uint_eq(first.body.len, 10);
    ck_assert_uint_eq(second.body.len, 10);
    curl_multi_remove_handle(multi, first.easy);
    curl_multi_remove_handle(multi, second.easy);
    exchange_close(&first);
    exchange_close(&second);
    curl_multi_cleanup(multi);
}
END_TEST

START_TEST(an_outage_refuses_connections_and_ends_on_the_same_port) {
    scripted_server_reset(&server);
    for (int round = 0; round < 3; round++) {
        ck_assert_int_eq(get(URL), 404);
        scripted_server_close_port(&server);
        ck_assert_int_eq(get(URL), -CURLE_COULDNT_CONNECT);
        scripted_server_open_port(&server);
    }
    ck_assert_int_eq(get(URL), 404);
    ck_assert_uint_eq(scripted_server_connections(&server), 4);
}
END_TEST

static void setup(void) {
    scripted_server_start(&server, &(struct scripted_server_options){ .names = NULL });
}

static void teardown(void) {
    scripted_server_stop(&server);
}

int main(void) {
    TCase *tests = tcase_create("scripted server");
    tcase_set_timeout(tests, 60);
    tcase_add_unchecked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, an_answer_is_sent_as_scripted, 0, COUNT(rows));
    tcase_add_test(tests, a_head_can_be_endless);
    tcase_add_loop_test(tests, a_door_is_as_scripted, 0, COUNT(doors));
    tcase_add_test(tests, http_is_spoken_without_tls);
    tcase_add_test(tests, a_proxy_sees_connect_and_grants_it_or_not);
    tcase_add_test(tests, the_longest_path_wins_and_each_is_counted);
    tcase_add_test(tests, held_answers_wait_for_the_release);
    tcase_add_test(tests, an_outage_refuses_connections_and_ends_on_the_same_port);
    return suite_run("scripted server", tests);
}
