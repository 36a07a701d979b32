/* SPDX-License-Identifier: MIT
 *
 * How a key set grows old: how long it is fresh by the server's word, when it is fetched again, and that it serves
 * through an outage, but not for ever.
 */
#include <config.h>

#include <plugins/jose/keyset/schedule.h>
#include <src/base/array.h>
#include <src/base/str.h>
#include <stdlib.h>
#include <tests/support/jose_support.h>
#include <tests/support/keyset_scene.h>
#include <tests/support/suite.h>

static struct scene scene;

/* ---- How long it is fresh ---------------------------------------------------------------------------------------- */

/* With jwks_refresh=10m. */
static const struct {
    const char *headers;
    int64_t age; /* seconds that the keys may reach */
} lifetimes[] = {
    { NULL, 600 },
    { "Cache-Control: max-age=300\r\n", 300 },
    { "cache-control:public , MAX-AGE=300,must-revalidate\r\n", 300 },
    { "Cache-Control: private\r\nCache-Control: max-age=300\r\n", 300 },
    { "Cache-Control: max-age=600\r\n", 600 },
    { "Cache-Control: max-age=601\r\n", 600 },
    { "Cache-Control: max-age=86400\r\n", 600 },
    { "Cache-Control: max-age=2147483648\r\n", 600 },
    { "Cache-Control: max-age=18446744073709551617\r\n", 600 }, /* 1 in 64 bits */
    { "Cache-Control: max-age=60\r\n", 60 },
    { "Cache-Control: max-age=59\r\n", 60 },
    { "Cache-Control: max-age=0\r\n", 60 },
    { "Cache-Control: max-age=-1\r\n", 60 },
    { "Cache-Control: max-age=\r\n", 60 },
    { "Cache-Control: max-age=5m\r\n", 60 },
    { "Cache-Control: no-store\r\n", 60 },
    { "Cache-Control: no-cache\r\n", 60 },
    { "Cache-Control: max-age=300, no-cache\r\n", 60 },
    { "Cache-Control: s-maxage=60\r\n", 600 }, /* for shared caches */
    { "Cache-Control: x-max-age=60\r\n", 600 },
    { "Cache-Control: max-age=300\r\nAge: 100\r\n", 200 },
    { "Cache-Control: max-age=300\r\nAge: 300\r\n", 60 },
    { "Cache-Control: max-age=300\r\nAge: 18446744073709551617\r\n", 60 },
    { "Cache-Control: max-age=300\r\nAge: old\r\n", 300 },
    { "Age: 100\r\n", 600 },
    { "Date: Thu, 01 Jan 2026 00:00:00 GMT\r\nExpires: Thu, 01 Jan 2026 00:05:00 GMT\r\n", 300 },
    { "Date: Thu, 01 Jan 2026 00:00:00 GMT\r\nExpires: Thu, 01 Jan 2036 00:05:00 GMT\r\n", 600 },
    { "Date: Thu, 01 Jan 2026 00:00:00 GMT\r\nExpires: Wed, 31 Dec 2025 00:00:00 GMT\r\n", 60 },
    { "Date: Thu, 01 Jan 2026 00:00:00 GMT\r\nExpires: 0\r\n", 60 },
    { "Date: Thu, 01 Jan 2026 00:00:00 GMT\r\nExpires: Thu, 01 Jan 2026 00:05:00 GMT\r\nCache-Control: max-age=120\r\n",
      120 },
};

/* 80 % of the age, give or take a tenth of that; status counts whole seconds. */
static void expect_refresh(int64_t age) {
    int64_t next = scene_count(&scene, "next_refresh");
    ck_assert_int_ge(next, age * 72 / 100 - 1);
    ck_assert_int_le(next, age * 88 / 100 + 1);
}

START_TEST(the_servers_word_counts_between_a_minute_and_jwks_refresh) {
    int64_t age = lifetimes[_i].age;
    scene_keys(lifetimes[_i].headers, "P-256:a");
    scene_open(&scene, "jwks_refresh=10m");
    scene_await(&scene, "keys", 1);
    expect_refresh(age);
    scene_step(&scene, age * 72 / 100 - 1);
    scene_settle(&scene);
    ck_assert_int_eq(scene_count(&scene, "fetches"), 1);
    scene_step(&scene, age * 16 / 100 + 2);
    scene_await(&scene, "fetches", 2);
    scene_close(&scene);
}
END_TEST

START_TEST(refreshes_are_spread_over_a_tenth_to_either_side) {
    int64_t least = INT64_MAX, most = 0;
    for (int i = 0; i < 10000; i++) {
        int64_t at = schedule_refresh(7, 1000);
        least = at < least ? at : least;
        most = at > most ? at : most;
    }
    ck_assert_int_ge(least, 7 + 720 * SECOND);
    ck_assert_int_lt(least, 7 + 725 * SECOND);
    ck_assert_int_gt(most, 7 + 875 * SECOND);
    ck_assert_int_le(most, 7 + 880 * SECOND);
}
END_TEST

START_TEST(keys_are_renewed_while_the_old_ones_serve) {
    scene_keys(NULL, "P-256:a");
    scene_open(&scene, "jwks_refresh=10m");
    ck_assert_str_eq(scene_ask(&scene, "P-256:a"), "accept");
    scripted_server_hold(&scene_server, "/keys");
    scene_keys(NULL, "P-256:a P-256/2:b");
    scene_step(&scene, 590);
    scripted_server_await(&scene_server, "/keys", 2);
    ck_assert_str_eq(scene_ask(&scene, "P-256:a"), "accept");
    scripted_server_release(&scene_server, "/keys");
    scene_await(&scene, "keys", 2);
    ck_assert_str_eq(scene_ask(&scene, "P-256/2:b"), "accept");
    ck_assert_int_eq(scene_count(&scene, "forced"), 0);
    scene_close(&scene);
}
END_TEST

/* ---- Conditional requests ---------------------------------------------------------------------------------------- */

static bool last_request_has(const char *line) {
    struct buf head;
    buf_init(&head, SCRIPTED_HEAD_MAX);
    scripted_server_last_head(&scene_server, "/keys", &head);
    bool has = head.ptr != NULL && strstr(head.ptr, line) != NULL;
    buf_free(&head);
    return has;
}

START_TEST(a_304_renews_the_keys_and_is_counted) {
    scene_keys("ETag: \"one\"\r\n", "P-256:a");
    scene_open(&scene, "jwks_refresh=10m jwks_ttl=10m");
    scene_await(&scene, "keys", 1);
    ck_assert(!last_request_has("If-None-Match"));
    scene_answer("304 Not Modified", "Cache-Control: max-age=100\r\n", "");
    scene_step(&scene, 590);
    scene_await(&scene, "not_modified", 1);
    ck_assert(last_request_has("If-None-Match: \"one\"\r\n"));
    ck_assert_int_eq(scene_count(&scene, "age"), 0);
    ck_assert_int_eq(scene_count(&scene, "failures"), 0);
    expect_refresh(100);
    scene_step(&scene, 20); /* beyond jwks_ttl after the body came */
    ck_assert_str_eq(scene_ask(&scene, "P-256:a"), "accept");
    scene_close(&scene);
}
END_TEST

START_TEST(a_304_that_is_silent_leaves_the_lifetime_as_it_was) {
    scene_keys("ETag: \"one\"\r\nCache-Control: max-age=100\r\n", "P-256:a");
    scene_open(&scene, "jwks_refresh=10m");
    scene_await(&scene, "keys", 1);
    scene_answer("304 Not Modified", NULL, "");
    scene_step(&scene, 90);
    scene_await(&scene, "not_modified", 1);
    expect_refresh(100);
    scene_close(&scene);
}
END_TEST

START_TEST(a_new_body_has_its_own_etag_or_none) {
    scene_keys("ETag: \"one\"\r\n", "P-256:a");
    scene_open(&scene, "jwks_refresh=10m");
    scene_await(&scene, "keys", 1);
    scene_keys(NULL, "P-256:a P-256/2:b");
    scene_step(&scene, 590);
    scene_await(&scene, "keys", 2);
    scene_step(&scene, 590);
    scene_await(&scene, "fetches", 3);
    scripted_server_await(&scene_server, "/keys", 3);
    ck_assert(!last_request_has("If-None-Match"));
    scene_close(&scene);
}
END_TEST

START_TEST(a_304_that_nobody_asked_for_is_a_failure) {
    scene_keys(NULL, "P-256:a");
    scene_open(&scene, "jwks_refresh=10m");
    scene_await(&scene, "keys", 1);
    scene_answer("304 Not Modified", NULL, "");
    scene_step(&scene, 590);
    scene_await(&scene, "failures", 1);
    ck_assert_int_eq(scene_count(&scene, "not_modified"), 0);
    ck_assert(strstr(scene_text(&scene, "last_error"), "304") != NULL);
    scene_close(&scene);
}
END_TEST

/* ---- What never replaces a good set ------------------------------------------------------------------------------ */

static const struct {
    const char *status, *headers, *body;
    const char *words; /* of the reason */
} useless[] = {
    { NULL, NULL, "<html><body>Bad Gateway</body></html>", "not strict JSON" },
    { NULL, NULL, "", "not strict JSON" },
    { NULL, NULL, "{", "not strict JSON" },
    { NULL, NULL, "{\"keys\":[", "not strict JSON" },
    { NULL, NULL, "null", "not a key set" },
    { NULL, NULL, "{}", "not a key set" },
    { NULL, NULL, "{\"keys\":null}", "not a key set" },
    { NULL, NULL, "{\"keys\":[]}", "no usable key" },
    { NULL, NULL, "{\"keys\":[null]}", "no usable key" },
    { NULL, NULL, "{\"keys\":[{\"kty\":\"x\",\"kid\":\"a\"}]}", "no usable key" },
    { NULL, NULL, "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"a\",\"e\":\"AQAB\"}]}", "no usable key" },
    { "204 No Content", NULL, "", "status 204" },
    { "404 Not Found", NULL, "{\"keys\":[]}", "status 404" },
    { "429 Too Many Requests", "Retry-After: 1\r\n", "", "status 429" },
    { "500 Internal Server Error", NULL, "", "status 500" },
    { "302 Found", "Location: /other\r\n", "", "status 302, a redirect, and none is followed" },
};

/* libcurl's words for these hold how long it took, and how much came. */
static const struct {
    struct scripted_answer first, second; /* both fail alike */
    const char *words;
} late[] = {
    { { .manner = SCRIPTED_SILENT },
      { .body = STR_INIT("{\"keys\":[]}"), .manner = SCRIPTED_SLOW_BODY, .number = 400 },
      "HTTP: the whole answer was not there in time" },
    { { .body = STR_INIT("{\"keys\":[]}"), .manner = SCRIPTED_CUT, .number = 1 },
      { .body = STR_INIT("{\"keys\":[]}"), .manner = SCRIPTED_CUT, .number = 2 },
      "HTTP: the body is shorter than announced" },
};

START_TEST(a_failure_that_differs_in_milliseconds_or_bytes_is_said_once) {
    scene_keys(NULL, "P-256:a");
    scene_open(&scene, "jwks_refresh=10m fetch_timeout=1s connect_timeout=1s");
    scene_await(&scene, "keys", 1);
    scripted_server_answer(&scene_server, "/keys", &late[_i].first);
    scene_step(&scene, 590);
    scene_await(&scene, "failures", 1);
    scripted_server_answer(&scene_server, "/keys", &late[_i].second);
    scene_step(&scene, 61);
    scene_await(&scene, "failures", 2);
    ck_assert_uint_eq(fixture_log_count(&scene.fixture, late[_i].words), 1);
    scene_close(&scene);
}
END_TEST

/* The keys were fetched, and the server accepts no connections when they are refreshed. */
static void begin_outage(void) {
    scene_keys(NULL, "P-256:a");
    scene_open(&scene, "jwks_refresh=10m jwks_ttl=24h");
    scene_await(&scene, "keys", 1);
    scripted_server_close_port(&scene_server);
    scene_step(&scene, 590);
}

START_TEST(an_outage_is_said_once_and_why) {
    begin_outage();
    scene_await(&scene, "failures", 1);
    ck_assert_str_eq(scene_text(&scene, "last_error"), "connection: it cannot be reached (Connection refused)");
    scene_step(&scene, 61);
    scene_await(&scene, "failures", 2);
    ck_assert_uint_eq(fixture_log_count(&scene.fixture, "it cannot be reached"), 1);
    scripted_server_open_port(&scene_server);
    scene_close(&scene);
}
END_TEST

START_TEST(a_useless_answer_never_replaces_good_keys) {
    scene_keys(NULL, "P-256:a");
    scene_open(&scene, "jwks_refresh=10m");
    scene_await(&scene, "keys", 1);
    scripted_server_answer(&scene_server, "/other",
                           &(struct scripted_answer){ .body = str_of(scene_set("P-256/2:b")) });
    scene_answer(useless[_i].status, useless[_i].headers, useless[_i].body);
    scene_step(&scene, 590);
    scene_await(&scene, "failures", 1);
    const char *error = scene_text(&scene, "last_error");
    ck_assert_msg(strstr(error, useless[_i].words) != NULL, "%s", error);
    ck_assert_uint_eq(fixture_log_count(&scene.fixture, error), 1);
    ck_assert_int_eq(scene_count(&scene, "keys"), 1);
    ck_assert_str_eq(scene_ask(&scene, "P-256:a"), "accept");
    ck_assert_uint_eq(scripted_server_requests(&scene_server, "/other"), 0);
    /* Said once, however often it happens. */
    scene_step(&scene, 61);
    scene_await(&scene, "failures", 2);
    ck_assert_uint_eq(fixture_log_count(&scene.fixture, error), 1);
    scene_keys(NULL, "P-256:a");
    scene_step(&scene, 61);
    scene_await(&scene, "failures_in_row", 0);
    ck_assert_str_eq(scene_text(&scene, "last_error"), "");
    scene_close(&scene);
}
END_TEST

START_TEST(without_keys_a_useless_answer_makes_every_verdict_unavailable) {
    scene_answer(useless[_i].status, useless[_i].headers, useless[_i].body);
    scene_open(&scene, "");
    ck_assert_str_eq(scene_ask(&scene, "P-256:a"), "unavailable");
    ck_assert_int_eq(scene_count(&scene, "keys"), 0);
    scene_keys(NULL, "P-256:a");
    scene_step(&scene, 2);
    scene_await(&scene, "keys", 1);
    ck_assert_str_eq(scene_ask(&scene, "P-256:a"), "accept");
    scene_close(&scene);
}
END_TEST

/* ---- An outage --------------------------------------------------------------------------------------------------- */

static const struct {
    const char *headers, *options;
    int64_t ends; /* seconds after the last success */
} outages[] = {
    { NULL, "jwks_refresh=10m jwks_ttl=1h", 3600 },
    { NULL, "jwks_refresh=10m jwks_ttl=10m", 600 },
    { "Cache-Control: max-age=60\r\n", "jwks_refresh=10m jwks_ttl=1h", 3600 },
    { NULL, "jwks_refresh=10m jwks_ttl=0", 600 },
    { "Cache-Control: max-age=300\r\n", "jwks_refresh=10m jwks_ttl=0", 300 },
    { "Cache-Control: no-store\r\n", "jwks_refresh=10m jwks_ttl=0", 60 },
};

START_TEST(the_last_good_keys_serve_until_their_time_is_over_and_never_reject) {
    scene_keys(outages[_i].headers, "P-256:a");
    scene_open(&scene, outages[_i].options);
    const char *token = scene_token("P-256:a");
    ck_assert_str_eq(scene_ask_token(&scene, token), "accept");
    scripted_server_close_port(&scene_server);
    scene_step(&scene, outages[_i].ends - 1);
    scene_await(&scene, "failures_in_row", 1);
    ck_assert_str_eq(scene_ask(&scene, "P-256:a"), "accept");
    ck_assert_int_eq(scene_count(&scene, "expires_in"), 1);

    scene_step(&scene, 1);
    scene_await(&scene, "expires_in", -1);
    scene_await(&scene, "revocations", 1);
    ck_assert_str_eq(scene_ask(&scene, "P-256:a"), "unavailable");
    ck_assert_str_eq(scene_ask_token(&scene, token), "unavailable"); /* the cached verdict was revoked */
    ck_assert_str_eq(scene_ask(&scene, "P-256/2:b"), "unavailable");
    fixture_log_wait(&scene.fixture, "too old to be trusted");

    scripted_server_open_port(&scene_server);
    scene_step(&scene, 61);
    scene_await(&scene, "keys", 1);
    ck_assert_str_eq(scene_ask_token(&scene, token), "accept");
    ck_assert_uint_eq(fixture_log_count(&scene.fixture, "too old to be trusted"), 1);
    scene_close(&scene);
}
END_TEST

START_TEST(every_success_begins_the_lifetime_anew) {
    scene_keys(NULL, "P-256:a");
    scene_open(&scene, "jwks_refresh=10m jwks_ttl=20m");
    scene_await(&scene, "keys", 1);
    for (int i = 2; i < 6; i++) {
        scene_step(&scene, 590);
        scene_await(&scene, "fetches", i);
        scene_await(&scene, "age", 0);
        ck_assert_int_eq(scene_count(&scene, "expires_in"), 1200);
    }
    ck_assert_str_eq(scene_ask(&scene, "P-256:a"), "accept");
    scene_close(&scene);
}
END_TEST

START_TEST(failures_are_followed_by_longer_and_longer_waits) {
    begin_outage();
    for (int failures = 1; failures <= 10; failures++) {
        int64_t low = failures > 6 ? 45 : 1 << (failures - 1), high = failures > 5 ? 60 : 1 << failures;
        scene_await(&scene, "failures", failures);
        ck_assert_int_eq(scene_count(&scene, "failures_in_row"), failures);
        int64_t next = scene_count(&scene, "next_refresh");
        ck_assert_msg(next >= low && next <= high, "after %d failures: %lld s", failures, (long long)next);
        scene_step(&scene, next + 1);
    }
    scene_close(&scene);
}
END_TEST

START_TEST(waits_after_failures_are_spread_and_stay_between_a_second_and_a_minute) {
    static const unsigned rows[] = { 0, 1, 2, 3, 6, 7, 8, 40, 4294967295u };
    int64_t least = INT64_MAX, most = 0;
    for (int i = 0; i < 2000; i++) {
        int64_t wait = schedule_backoff(rows[_i]);
        least = wait < least ? wait : least;
        most = wait > most ? wait : most;
    }
    ck_assert_int_ge(least, SECOND);
    ck_assert_int_le(most, 60 * SECOND);
    ck_assert_int_gt(most - least, least / 5); /* sources that fail at once do not retry at once */
}
END_TEST

START_TEST(who_has_to_wait_for_the_first_keys_is_told_how_long) {
    scripted_server_close_port(&scene_server);
    scene_open(&scene, "");
    scene_await(&scene, "failures", 1);
    struct tam_result *result = ask(&scene.fixture, scene_token("P-256:a"));
    ck_assert_int_eq(tam_result_status(result), 503);
    ck_assert_uint_ge(tam_result_retry_after(result), 1);
    ck_assert_uint_le(tam_result_retry_after(result), 2);
    tam_result_free(result);
    scene_settle(&scene);
    ck_assert_int_eq(scene_count(&scene, "fetches"), 1); /* asking costs no fetch */
    scene_close(&scene);
}
END_TEST

int main(void) {
    const struct scene_test tests[] = {
        { the_servers_word_counts_between_a_minute_and_jwks_refresh, COUNT(lifetimes) },
        { refreshes_are_spread_over_a_tenth_to_either_side, 0 },
        { keys_are_renewed_while_the_old_ones_serve, 0 },
        { a_304_renews_the_keys_and_is_counted, 0 },
        { a_304_that_is_silent_leaves_the_lifetime_as_it_was, 0 },
        { a_new_body_has_its_own_etag_or_none, 0 },
        { a_304_that_nobody_asked_for_is_a_failure, 0 },
        { a_failure_that_differs_in_milliseconds_or_bytes_is_said_once, COUNT(late) },
        { an_outage_is_said_once_and_why, 0 },
        { a_useless_answer_never_replaces_good_keys, COUNT(useless) },
        { without_keys_a_useless_answer_makes_every_verdict_unavailable, COUNT(useless) },
        { the_last_good_keys_serve_until_their_time_is_over_and_never_reject, COUNT(outages) },
        { every_success_begins_the_lifetime_anew, 0 },
        { failures_are_followed_by_longer_and_longer_waits, 0 },
        { waits_after_failures_are_spread_and_stay_between_a_second_and_a_minute, 9 },
        { who_has_to_wait_for_the_first_keys_is_told_how_long, 0 },
    };
    return suite_run("keyset refresh", scene_case("keyset refresh", tests, COUNT(tests)));
}
