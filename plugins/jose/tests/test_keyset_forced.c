/* SPDX-License-Identifier: MIT
 *
 * The fetches that a token may cause: one in a cooldown, for an unknown kid or a bad signature, shared by all callers
 * that wait for it. And the revocation of cached verdicts when a key vanishes.
 */
#include <config.h>

#include <poll.h>
#include <src/base/array.h>
#include <src/base/str.h>
#include <stdlib.h>
#include <tests/support/jose_support.h>
#include <tests/support/keyset_scene.h>
#include <tests/support/suite.h>

#define STRANGERS 100
#define WAITERS   8

static struct scene scene;

/* With the key a, of the first fetch. */
static void begin(const char *headers, const char *options) {
    scene_keys(headers, "P-256:a");
    scene_open(&scene, options);
    ck_assert_str_eq(scene_ask(&scene, "P-256:a"), "accept");
}

static unsigned requests(void) {
    return scripted_server_requests(&scene_server, "/keys");
}

/* ---- A kid that is not at hand ----------------------------------------------------------------------------------- */

START_TEST(strangers_cause_one_fetch_in_a_cooldown) {
    char stranger[32];
    begin(NULL, "jwks_cooldown=30s");
    for (int i = 0; i < STRANGERS; i++) {
        (void)snprintf(stranger, sizeof stranger, "P-256/2:kid-%d", i % 70); /* some come again */
        ck_assert_str_eq(scene_ask(&scene, stranger), "unknown_key");
    }
    ck_assert_uint_eq(requests(), 2);
    ck_assert_int_eq(scene_count(&scene, "forced"), 1);
    ck_assert_int_ge(scene_count(&scene, "suppressed"), STRANGERS - 1);
    scene_step(&scene, 29);
    ck_assert_str_eq(scene_ask(&scene, "P-256/2:kid-0"), "unknown_key");
    ck_assert_uint_eq(requests(), 2);
    scene_step(&scene, 1);
    ck_assert_str_eq(scene_ask(&scene, "P-256/2:kid-0"), "unknown_key");
    ck_assert_uint_eq(requests(), 3);
    scene_close(&scene);
}
END_TEST

/* A token with a kid whose key is not published yet delays that key until the cooldown ends, and not a second
 * longer. */
START_TEST(a_key_published_in_a_cooldown_is_found_when_it_ends) {
    begin(NULL, "jwks_cooldown=30s");
    ck_assert_str_eq(scene_ask(&scene, "P-256/2:x"), "unknown_key");
    scene_step(&scene, 29);
    ck_assert_str_eq(scene_ask(&scene, "P-256/2:b"), "unknown_key");
    scene_keys(NULL, "P-256:a P-256/2:b");
    scene_step(&scene, 1);
    ck_assert_str_eq(scene_ask(&scene, "P-256/2:b"), "accept");
    scene_close(&scene);
}
END_TEST

static const struct {
    const char *status, *body;
} failures[] = {
    { "500 Internal Server Error", "" }, { "429 Too Many Requests", "" },           { NULL, "{\"keys\":[]}" },
    { NULL, "<html></html>" },           { NULL, "{\"keys\":[{\"kty\":\"EC\"}]}" },
};

START_TEST(after_a_forced_fetch_that_failed_an_unknown_kid_is_not_judged_until_the_cooldown_ends) {
    begin(NULL, "jwks_cooldown=30s jwks_refresh=1h");
    scene_answer(failures[_i].status, NULL, failures[_i].body);
    for (int i = 0; i < 10; i++) {
        struct tam_result *result = ask(&scene.fixture, scene_token("P-256/2:b"));
        ck_assert_str_eq(tam_verdict_name(tam_result_verdict(result)), "unavailable");
        ck_assert_uint_eq(tam_result_retry_after(result), 30);
        tam_result_free(result);
    }
    ck_assert_uint_eq(requests(), 2);
    ck_assert_int_eq(scene_count(&scene, "forced"), 1);
    ck_assert_str_eq(scene_ask(&scene, "P-256:a"), "accept"); /* what is at hand is judged */
    scene_keys(NULL, "P-256:a");
    scene_step(&scene, 30);
    scene_await(&scene, "failures_in_row", 0);
    ck_assert_str_eq(scene_ask(&scene, "P-256/2:b"), "unknown_key");
    scene_close(&scene);
}
END_TEST

static const char *const unfit[] = {
    "P-256/2",          /* no kid, and several keys */
    "P-256/2:unusable", /* in the set, but skipped */
};

START_TEST(a_token_that_no_fetch_could_help_causes_none) {
    struct buf set;
    buf_init(&set, 16384);
    buf_add_text(&set, scene_set("P-256:a P-256/3:c"));
    set.len -= 2;
    buf_add_text(&set, ",{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"unusable\"}]}");
    scene_answer(NULL, NULL, set.ptr);
    scene_open(&scene, "");
    ck_assert_str_eq(scene_ask(&scene, unfit[_i]), "unknown_key");
    ck_assert_uint_eq(requests(), 1);
    ck_assert_int_eq(scene_count(&scene, "forced"), 0);
    ck_assert(strstr(scene_text(&scene, "skipped"), "unusable") != NULL);
    scene_close(&scene);
    buf_free(&set);
}
END_TEST

/* ---- Waiting for it ---------------------------------------------------------------------------------------------- */

struct waiting {
    pthread_t thread;
    char token[2048];
    const char *answer;
    atomic_bool done;
};

static void *wait_for_answer(void *ctx) {
    struct waiting *waiting = ctx;
    waiting->answer = scene_ask_token(&scene, waiting->token);
    waiting->done = true;
    return NULL;
}

static void waiting_start(struct waiting *waiting, const char *key) {
    (void)snprintf(waiting->token, sizeof waiting->token, "%s", scene_token(key));
    waiting->done = false;
    ck_assert_int_eq(pthread_create(&waiting->thread, NULL, wait_for_answer, waiting), 0);
}

static void waiting_expect(struct waiting *waiting, const char *answer) {
    pthread_join(waiting->thread, NULL);
    ck_assert_str_eq(waiting->answer, answer);
}

START_TEST(all_who_wait_share_one_fetch) {
    static struct waiting waiting[WAITERS];
    begin(NULL, "");
    scene_keys(NULL, "P-256:a P-256/2:b");
    scripted_server_hold(&scene_server, "/keys");
    for (int i = 0; i < WAITERS; i++) {
        waiting_start(&waiting[i], "P-256/2:b");
    }
    scripted_server_await(&scene_server, "/keys", 2);
    scripted_server_release(&scene_server, "/keys");
    for (int i = 0; i < WAITERS; i++) {
        waiting_expect(&waiting[i], "accept");
    }
    ck_assert_uint_eq(requests(), 2);
    ck_assert_int_eq(scene_count(&scene, "forced"), 1);
    scene_close(&scene);
}
END_TEST

/* A regular refresh is running, whose response is the set of before, and a question for `key` comes. The refresh does
 * not answer it, because its request is older than the question. */
static void ask_during_a_refresh(struct waiting *waiting, const char *key, const char *published) {
    begin(NULL, "jwks_refresh=10m jwks_cooldown=30s");
    scripted_server_hold(&scene_server, "/keys");
    scene_step(&scene, 590);
    scripted_server_await(&scene_server, "/keys", 2);
    scene_keys(NULL, published);
    waiting_start(waiting, key);
    scene_await(&scene, "forced", 1);
}

static const struct {
    const char *key, *published, *answer;
} during[] = {
    { "P-256/2:b", "P-256:a P-256/2:b", "accept" },
    { "P-256/2:a", "P-256/2:a", "accept" }, /* replaced under its kid */
    { "P-256/2:b", "P-256:a", "unknown_key" },
    { "P-256/2:a", "P-256:a", "bad_signature" },
};

START_TEST(a_refresh_that_left_before_the_question_does_not_stand_for_the_forced_one) {
    static struct waiting waiting;
    ask_during_a_refresh(&waiting, during[_i].key, during[_i].published);
    ck_assert_uint_eq(requests(), 2); /* one fetch at a time */
    scripted_server_release(&scene_server, "/keys");
    waiting_expect(&waiting, during[_i].answer);
    ck_assert_uint_eq(requests(), 3);
    scene_step(&scene, 29);
    ck_assert_str_eq(scene_ask(&scene, "P-256/3:c"), "unknown_key");
    ck_assert_uint_eq(requests(), 3);
    scene_step(&scene, 1);
    ck_assert_str_eq(scene_ask(&scene, "P-256/3:c"), "unknown_key");
    ck_assert_uint_eq(requests(), 4);
    scene_close(&scene);
}
END_TEST

START_TEST(what_the_refresh_in_flight_brings_serves_who_asks_meanwhile) {
    static struct waiting waiting;
    begin(NULL, "jwks_refresh=10m");
    scene_keys(NULL, "P-256:a P-256/2:b");
    scripted_server_hold(&scene_server, "/keys");
    scene_step(&scene, 590);
    scripted_server_await(&scene_server, "/keys", 2);
    scripted_server_answer(&scene_server, "/keys", &(struct scripted_answer){ .manner = SCRIPTED_SILENT });
    waiting_start(&waiting, "P-256/2:b");
    scene_await(&scene, "forced", 1);
    scripted_server_release(&scene_server, "/keys");
    waiting_expect(&waiting, "accept");
    scene_close(&scene);
}
END_TEST

START_TEST(nobody_waits_longer_than_two_seconds_for_a_forced_fetch) {
    static struct waiting waiting;
    begin(NULL, "");
    scene_keys(NULL, "P-256:a P-256/2:b");
    scripted_server_hold(&scene_server, "/keys");
    waiting_start(&waiting, "P-256/2:b");
    scripted_server_await(&scene_server, "/keys", 2);
    scene_step(&scene, 1);
    scene_settle(&scene);
    ck_assert(!waiting.done);
    scene_step(&scene, 1);
    waiting_expect(&waiting, "unavailable");
    ck_assert_str_eq(scene_ask(&scene, "P-256:a"), "accept");
    scripted_server_release(&scene_server, "/keys");
    scene_await(&scene, "keys", 2);
    ck_assert_str_eq(scene_ask(&scene, "P-256/2:b"), "accept");
    scene_close(&scene);
}
END_TEST

/* A parked question of an event loop: it is asked once, and again when the waiter is readable. */
struct parked {
    struct tam_waiter *waiter;
    const char *token;
    uint64_t ticket;
};

static void park(struct parked *parked, const char *key) {
    ck_assert_int_eq(tam_waiter_open(scene.fixture.service, &parked->waiter), 0);
    parked->token = scene_token(key);
    struct tam_result *result = ask_with(&scene.fixture, parked->token, TAM_NONBLOCK, 0);
    ck_assert_str_eq(tam_verdict_name(tam_result_verdict(result)), "again");
    parked->ticket = tam_result_ticket(result);
    tam_result_free(result);
}

/* A wake promises nothing: as an event loop does, it asks after each until there is an answer. */
static void resume(struct parked *parked, const char *verdict) {
    struct pollfd watched = { .fd = tam_waiter_fd(parked->waiter), .events = POLLIN };
    const char *answer = "again";
    while (strcmp(answer, "again") == 0) {
        ck_assert_int_eq(poll(&watched, 1, 10000), 1);
        tam_waiter_clear(parked->waiter);
        struct tam_result *result = ask_with(&scene.fixture, parked->token, TAM_NONBLOCK, parked->ticket);
        answer = tam_verdict_name(tam_result_verdict(result));
        tam_result_free(result);
    }
    ck_assert_str_eq(answer, verdict);
    tam_waiter_close(parked->waiter);
}

START_TEST(an_event_loop_is_woken_by_the_key) {
    struct parked parked;
    begin(NULL, "");
    scene_keys(NULL, "P-256:a P-256/2:b");
    scripted_server_hold(&scene_server, "/keys");
    park(&parked, "P-256/2:b");
    scripted_server_await(&scene_server, "/keys", 2);
    scripted_server_release(&scene_server, "/keys");
    resume(&parked, "accept");
    ck_assert_int_eq(scene_count(&scene, "revocations"), 0);
    scene_close(&scene);
}
END_TEST

START_TEST(an_event_loop_is_woken_after_two_seconds_without_it) {
    struct parked parked;
    begin(NULL, "");
    scripted_server_hold(&scene_server, "/keys");
    park(&parked, "P-256/2:b");
    scripted_server_await(&scene_server, "/keys", 2);
    scene_step(&scene, 2);
    resume(&parked, "unavailable");
    scripted_server_release(&scene_server, "/keys");
    scene_close(&scene);
}
END_TEST

START_TEST(an_event_loop_is_woken_after_two_seconds_of_another_flight_too) {
    struct parked parked;
    begin(NULL, "jwks_refresh=10m");
    scripted_server_hold(&scene_server, "/keys");
    scene_step(&scene, 590);
    scripted_server_await(&scene_server, "/keys", 2);
    park(&parked, "P-256/2:b");
    scene_step(&scene, 2);
    resume(&parked, "unavailable");
    scripted_server_release(&scene_server, "/keys");
    scene_close(&scene);
}
END_TEST

/* ---- A signature that does not fit ------------------------------------------------------------------------------- */

static const struct {
    const char *before, *after; /* the server's set */
    const char *token;
    int64_t age; /* of the set when it is asked about */
    unsigned forced;
    const char *answer;
} replaced[] = {
    { "P-256:a", "P-256/2:a", "P-256/2:a", 60, 1, "accept" },
    { "P-256:a", "P-256/2:a", "P-256/2:a", 59, 0, "bad_signature" },
    { "P-256:a", "P-256:a", "P-256/2:a", 60, 1, "bad_signature" },
    { "P-256:a", "P-256/3:a", "P-256/2:a", 60, 1, "bad_signature" },
    { "P-256:a", "P-256/2:b", "P-256/2:a", 60, 1, "bad_signature" },
    { "P-256:a", "P-256/2:b", "P-256/2:b", 0, 1, "accept" }, /* the control: an unknown kid has no such minute */
    { "P-256", "P-256/2", "P-256/2", 60, 1, "accept" },      /* the only key needs no kid */
    { "P-256", "P-256/2", "P-256/2", 59, 0, "bad_signature" },
};

START_TEST(a_key_may_be_replaced_under_the_same_kid) {
    scene_keys(NULL, replaced[_i].before);
    scene_open(&scene, "");
    ck_assert_str_eq(scene_ask(&scene, replaced[_i].before), "accept");
    scene_keys(NULL, replaced[_i].after);
    scene_step(&scene, replaced[_i].age);
    ck_assert_str_eq(scene_ask(&scene, replaced[_i].token), replaced[_i].answer);
    ck_assert_int_eq(scene_count(&scene, "forced"), replaced[_i].forced);
    scene_close(&scene);
}
END_TEST

START_TEST(bad_signatures_and_unknown_kids_share_the_cooldown) {
    begin(NULL, "jwks_cooldown=5m");
    scene_step(&scene, 100);
    ck_assert_str_eq(scene_ask(&scene, "P-256/2:b"), "unknown_key");
    scene_step(&scene, 100); /* the set is old enough, the cooldown is not over */
    ck_assert_str_eq(scene_ask(&scene, "P-256/2:a"), "bad_signature");
    ck_assert_uint_eq(requests(), 2);
    scene_step(&scene, 200);
    ck_assert_str_eq(scene_ask(&scene, "P-256/2:a"), "bad_signature");
    ck_assert_uint_eq(requests(), 3);
    ck_assert_str_eq(scene_ask(&scene, "P-256/2:b"), "unknown_key");
    ck_assert_uint_eq(requests(), 3);
    scene_close(&scene);
}
END_TEST

START_TEST(a_bad_signature_stays_one_when_the_fetch_for_it_fails) {
    begin(NULL, "");
    scripted_server_close_port(&scene_server);
    scene_step(&scene, 60);
    ck_assert_str_eq(scene_ask(&scene, "P-256/2:a"), "bad_signature");
    ck_assert_int_eq(scene_count(&scene, "failures"), 1);
    scene_close(&scene);
}
END_TEST

/* ---- What becomes of cached verdicts ----------------------------------------------------------------------------- */

static const struct {
    const char *status, *keys; /* what the refresh brings; keys NULL: no set */
    bool lost;                 /* the key a, and the verdicts that it signed */
} refreshes[] = {
    { NULL, "P-256:a", false },
    { NULL, "P-256:a P-256/2:b", false },
    { "304 Not Modified", NULL, false },
    { "500 Internal Server Error", NULL, false },
    { NULL, NULL, false },
    { NULL, "P-256/2:b", true },
    { NULL, "P-256/2:a", true },
    { NULL, "P-256/2:b P-256:renamed", true },
};

START_TEST(a_key_that_is_gone_takes_its_verdicts_with_it_and_no_other_change_does) {
    begin("ETag: \"one\"\r\n", "jwks_refresh=200s");
    const char *token = scene_token("P-256:a");
    ck_assert_str_eq(scene_ask_token(&scene, token), "accept");
    if (refreshes[_i].keys != NULL) {
        scene_keys(NULL, refreshes[_i].keys);
    } else {
        scene_answer(refreshes[_i].status, NULL, "");
    }
    scene_settle(&scene); /* the wake of the first fetch is over */
    int64_t wakes = scene_count(&scene, "wakes"), hits = scene_count(&scene, "hits");
    scene_step(&scene, 180);
    scene_await(&scene, "wakes", wakes + 1 + refreshes[_i].lost); /* revoke wakes as well */
    ck_assert_int_eq(scene_count(&scene, "revocations"), refreshes[_i].lost);
    const char *answer = scene_ask_token(&scene, token);
    ck_assert_msg((strcmp(answer, "accept") != 0) == refreshes[_i].lost, "%s", answer);
    ck_assert_int_eq(scene_count(&scene, "hits"), hits + !refreshes[_i].lost);
    ck_assert_uint_eq(fixture_log_count(&scene.fixture, "a key is gone"), refreshes[_i].lost);
    scene_close(&scene);
}
END_TEST

int main(void) {
    const struct scene_test tests[] = {
        { strangers_cause_one_fetch_in_a_cooldown, 0 },
        { a_key_published_in_a_cooldown_is_found_when_it_ends, 0 },
        { after_a_forced_fetch_that_failed_an_unknown_kid_is_not_judged_until_the_cooldown_ends, COUNT(failures) },
        { a_token_that_no_fetch_could_help_causes_none, COUNT(unfit) },
        { all_who_wait_share_one_fetch, 0 },
        { a_refresh_that_left_before_the_question_does_not_stand_for_the_forced_one, COUNT(during) },
        { what_the_refresh_in_flight_brings_serves_who_asks_meanwhile, 0 },
        { nobody_waits_longer_than_two_seconds_for_a_forced_fetch, 0 },
        { an_event_loop_is_woken_by_the_key, 0 },
        { an_event_loop_is_woken_after_two_seconds_without_it, 0 },
        { an_event_loop_is_woken_after_two_seconds_of_another_flight_too, 0 },
        { a_key_may_be_replaced_under_the_same_kid, COUNT(replaced) },
        { bad_signatures_and_unknown_kids_share_the_cooldown, 0 },
        { a_bad_signature_stays_one_when_the_fetch_for_it_fails, 0 },
        { a_key_that_is_gone_takes_its_verdicts_with_it_and_no_other_change_does, COUNT(refreshes) },
    };
    return suite_run("keyset forced", scene_case("keyset forced", tests, COUNT(tests)));
}
