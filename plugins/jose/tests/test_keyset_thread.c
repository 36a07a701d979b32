/* SPDX-License-Identifier: MIT
 *
 * The network thread of a plugin: when it runs and when it ends, which verifiers share its fetches, and that neither a
 * hanging server nor a fork delays a caller.
 */
#include <config.h>

#include <src/base/array.h>
#include <src/base/clock.h>
#include <src/base/str.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <tests/support/jose_support.h>
#include <tests/support/keyset_scene.h>
#include <tests/support/scratch.h>
#include <tests/support/suite.h>
#include <unistd.h>

#define CYCLES   50
#define PROMPTLY (CLOCK_SECOND) /* half of connect_timeout, a fifth of fetch_timeout */

static struct scene scene;

/* Lines of one service's verifiers, all alike but for their options. */
static const char *lines(const char *first, const char *second) {
    static char text[8192];
    const char *uri = scene_uri("/keys");
    (void)snprintf(text, sizeof text, "sufficient " SCENE_LINE "%s%s\nsufficient " SCENE_LINE "%s%s\n", uri, first, uri,
                   second);
    return text;
}

/* ---- When it is there -------------------------------------------------------------------------------------------- */

START_TEST(there_is_no_thread_while_no_verifier_needs_one) {
    unsigned threads = scene_threads();
    scene_open_text(&scene, "jwt issuer=https://issuer.example audience=api secret=${TAM_TEST_SECRET}");
    scene_await_threads(threads);
    scene_close(&scene);
}
END_TEST

START_TEST(a_watched_file_needs_the_thread_too) {
    struct scratch scratch;
    struct buf text;
    unsigned threads = scene_threads(), descriptors = scene_descriptors();
    buf_init(&text, 8192);
    scratch_make(&scratch);
    buf_format(&text, SCENE_LINE "jwks_file=%s", scratch_text(&scratch, "keys", scene_set("P-256:a")));
    scene_open_text(&scene, text.ptr);
    scene_await_threads(threads + 1);
    scene_close(&scene);
    scene_await_threads(threads);
    ck_assert_uint_eq(scene_descriptors(), descriptors);
    scratch_remove(&scratch);
    buf_free(&text);
}
END_TEST

START_TEST(one_thread_serves_all_sources_and_goes_with_the_last) {
    static struct scene others[3];
    unsigned threads = scene_threads(), descriptors = scene_descriptors();
    scene_keys(NULL, "P-256:a");
    for (int i = 0; i < 3; i++) {
        scene_open(&others[i], "");
        ck_assert_str_eq(scene_ask(&others[i], "P-256:a"), "accept");
        scene_await_threads(threads + 1);
    }
    for (int i = 0; i < 3; i++) {
        scene_await_threads(threads + 1);
        scene_close(&others[i]);
    }
    scene_await_threads(threads);
    ck_assert_uint_eq(scene_descriptors(), descriptors);
}
END_TEST

START_TEST(opening_and_closing_leaves_nothing_behind) {
    unsigned threads = scene_threads(), descriptors = 0;
    scene_keys(NULL, "P-256:a");
    for (int i = 0; i < CYCLES; i++) {
        scene_open(&scene, "");
        if (i % 2 == 0) { /* every other one is closed before or while it fetches */
            ck_assert_str_eq(scene_ask(&scene, "P-256:a"), "accept");
        }
        scene_close(&scene);
        descriptors = i == 0 ? scene_descriptors() : descriptors;
        scene_await_threads(threads);
        ck_assert_uint_eq(scene_descriptors(), descriptors);
    }
}
END_TEST

/* ---- Servers that hang ---- */

static const struct {
    enum scripted_door door;
    enum scripted_manner manner;
    bool held;
} hanging[] = {
    { SCRIPTED_PLAIN, SCRIPTED_AT_ONCE, true },
    { SCRIPTED_PLAIN, SCRIPTED_SILENT, false },
    { SCRIPTED_PLAIN, SCRIPTED_SILENT_BODY, false },
    { SCRIPTED_MUTE, SCRIPTED_AT_ONCE, false },
};

START_TEST(a_fetch_in_flight_is_given_up_when_the_last_verifier_goes) {
    unsigned threads = scene_threads();
    scripted_server_answer(
        &scene_server, "/keys",
        &(struct scripted_answer){ .body = str_of(scene_set("P-256:a")), .manner = hanging[_i].manner });
    scripted_server_door(&scene_server, hanging[_i].door);
    if (hanging[_i].held) {
        scripted_server_hold(&scene_server, "/keys");
    }
    scene_open(&scene, "");
    if (hanging[_i].door == SCRIPTED_PLAIN) {
        scripted_server_await(&scene_server, "/keys", 1);
    } else {
        scene_await(&scene, "fetches", 1);
    }
    int64_t before = clock_monotonic();
    scene_close(&scene);
    ck_assert_int_lt(clock_monotonic() - before, PROMPTLY);
    scene_await_threads(threads);
    scripted_server_release(&scene_server, "/keys");
}
END_TEST

START_TEST(opening_does_not_wait_for_a_server_that_hangs) {
    scene_keys(NULL, "P-256:a");
    scripted_server_hold(&scene_server, "/keys");
    scene_open(&scene, "wait_for_keys=no"); /* the server answers only after it has returned */
    ck_assert_int_eq(scene_count(&scene, "keys"), 0);
    scripted_server_release(&scene_server, "/keys");
    ck_assert_str_eq(scene_ask(&scene, "P-256:a"), "accept");
    scene_close(&scene);
}
END_TEST

START_TEST(with_wait_for_keys_they_are_there_when_opening_returns) {
    scene_keys(NULL, "P-256:a");
    scene_open(&scene, "wait_for_keys=yes");
    ck_assert_int_eq(scene_count(&scene, "keys"), 1);
    scene_close(&scene);
}
END_TEST

static const struct {
    const char *status, *body;
    enum scripted_manner manner;
    enum scripted_door door;
    const char *words;
} faults[] = {
    { NULL, "{\"keys\":[]}", SCRIPTED_AT_ONCE, SCRIPTED_PLAIN, "no usable key" },
    { "503 Service Unavailable", "", SCRIPTED_AT_ONCE, SCRIPTED_PLAIN, "HTTP: status 503" },
    { NULL, "", SCRIPTED_AT_ONCE, SCRIPTED_HANG_UP, ": it " },
    { NULL, "", SCRIPTED_SILENT, SCRIPTED_PLAIN, "" }, /* libcurl's time is over, or ours: whichever came first */
};

START_TEST(with_wait_for_keys_opening_fails_with_the_fault) {
    struct buf text;
    unsigned threads = scene_threads();
    buf_init(&text, 8192);
    scripted_server_answer(&scene_server, "/keys",
                           &(struct scripted_answer){ .status = faults[_i].status,
                                                      .body = str_of(faults[_i].body),
                                                      .manner = faults[_i].manner });
    scripted_server_door(&scene_server, faults[_i].door);
    buf_format(&text, SCENE_LINE "%s wait_for_keys=yes connect_timeout=1s fetch_timeout=1s", scene_uri("/keys"));
    int64_t before = clock_monotonic();
    const char *fault = scene_open_fault(&scene, text.ptr);
    ck_assert_int_lt(clock_monotonic() - before, 2 * CLOCK_SECOND);
    ck_assert_msg(strstr(fault, "wait_for_keys") != NULL && strstr(fault, "no keys from http://127.0.0.1") != NULL &&
                      strstr(fault, faults[_i].words) != NULL,
                  "%s", fault);
    scene_await_threads(threads);
    buf_free(&text);
}
END_TEST

/* ---- Shared sources ---- */

START_TEST(verifiers_of_one_service_share_one_request) {
    scene_keys(NULL, "P-256:a");
    scene_open_real(&scene, lines("", "required_scopes=read"));
    ck_assert_str_eq(scene_ask(&scene, "P-256:a"), "accept");
    ck_assert_uint_eq(scripted_server_requests(&scene_server, "/keys"), 1);
    ck_assert_str_eq(scene_ask(&scene, "P-256/2:b"), "unknown_key"); /* both ask for it */
    ck_assert_uint_eq(scripted_server_requests(&scene_server, "/keys"), 2);
    scene_close(&scene);
}
END_TEST

START_TEST(services_of_one_process_share_too_and_outlive_each_other) {
    static struct scene others[8];
    struct buf text;
    buf_init(&text, 8192);
    buf_format(&text, SCENE_LINE "%s", scene_uri("/keys"));
    scene_keys(NULL, "P-256:a");
    scripted_server_hold(&scene_server, "/keys");
    for (int i = 0; i < 8; i++) {
        scene_open_real(&others[i], text.ptr);
    }
    scripted_server_await(&scene_server, "/keys", 1);
    scene_close(&others[0]); /* it began the fetch */
    scripted_server_release(&scene_server, "/keys");
    for (int i = 1; i < 8; i++) {
        ck_assert_str_eq(scene_ask(&others[i], "P-256:a"), "accept");
        scene_close(&others[i]);
    }
    ck_assert_uint_eq(scripted_server_requests(&scene_server, "/keys"), 1);
    buf_free(&text);
}
END_TEST

static const char *const differences[] = {
    "jwks_refresh=11m",
    "jwks_ttl=2h",
    "jwks_cooldown=31s",
    "connect_timeout=3s",
    "fetch_timeout=6s",
    "allow_private=yes",
    "jwks_hosts=other.example",
    "connect_to=127.0.0.2:443:127.0.0.1:443",
    "jwks_cache_file=/nonexistent/cache",
};

START_TEST(verifiers_whose_options_differ_share_nothing) {
    scene_keys(NULL, "P-256:a");
    scene_open_real(&scene, lines("", differences[_i]));
    scripted_server_await(&scene_server, "/keys", 2);
    scene_close(&scene);
}
END_TEST

/* ---- Fork -------------------------------------------------------------------------------------------------------- */

/* ThreadSanitizer ends a child of a process with threads that starts one of its own. */
#if defined(__SANITIZE_THREAD__)
#define THREADS_SURVIVE_FORK false
#else
#define THREADS_SURVIVE_FORK true
#endif

/* In the child, `check` would write into the parent's report. */
static int live_in_child(void) {
    static struct scene own;
    struct tam_faults *why = NULL;
    struct buf text;
    fixture_init(&own.fixture);
    own.fixture.setup.plugin_dir = scene.fixture.setup.plugin_dir;
    buf_init(&text, 8192);
    buf_format(&text, SCENE_LINE "%s", scene_uri("/keys"));
    if (tam_service_open_string(text.ptr, &own.fixture.setup, &own.fixture.service, &why) != 0) {
        return 2;
    }
    buf_free(&text);
    if (ask_verdict(&own.fixture, scene_token("P-256:a")) != TAM_VERDICT_ACCEPT) {
        return 3;
    }
    tam_service_close(scene.fixture.service); /* the parent's: freed, not destroyed */
    if (ask_verdict(&own.fixture, scene_token("P-256:a")) != TAM_VERDICT_ACCEPT) {
        return 4;
    }
    tam_service_close(own.fixture.service);
    return 0;
}

static void expect_of_child(void) {
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        alarm(30);
        _exit(live_in_child());
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x", (unsigned)status);
}

START_TEST(a_child_fetches_for_itself_and_the_parents_thread_goes_on) {
    if (!THREADS_SURVIVE_FORK) {
        puts("skipped: ThreadSanitizer lets no child of a process with threads start one");
        return;
    }
    scene_keys(NULL, "P-256:a");
    scene_open(&scene, "jwks_refresh=10m");
    ck_assert_str_eq(scene_ask(&scene, "P-256:a"), "accept");
    for (int i = 0; i < 5; i++) {
        expect_of_child();
    }
    ck_assert_uint_eq(scripted_server_requests(&scene_server, "/keys"), 6);
    scene_keys(NULL, "P-256:a P-256/2:b");
    scene_step(&scene, 590);
    scene_await(&scene, "keys", 2);
    scene_close(&scene);
}
END_TEST

START_TEST(a_child_born_during_a_fetch_leaves_it_to_the_parent) {
    if (!THREADS_SURVIVE_FORK) {
        puts("skipped: ThreadSanitizer lets no child of a process with threads start one");
        return;
    }
    scene_keys(NULL, "P-256:a");
    scripted_server_hold(&scene_server, "/keys");
    scene_open(&scene, "");
    scripted_server_await(&scene_server, "/keys", 1);
    pid_t child = fork();
    if (child == 0) {
        alarm(30);
        tam_service_close(scene.fixture.service);
        scripted_server_release(&scene_server, "/keys");
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    ck_assert_str_eq(scene_ask(&scene, "P-256:a"), "accept");
    ck_assert_uint_eq(scripted_server_requests(&scene_server, "/keys"), 1);
    scene_close(&scene);
}
END_TEST

int main(void) {
    const struct scene_test tests[] = {
        { there_is_no_thread_while_no_verifier_needs_one, 0 },
        { a_watched_file_needs_the_thread_too, 0 },
        { one_thread_serves_all_sources_and_goes_with_the_last, 0 },
        { opening_and_closing_leaves_nothing_behind, 0 },
        { a_fetch_in_flight_is_given_up_when_the_last_verifier_goes, COUNT(hanging) },
        { opening_does_not_wait_for_a_server_that_hangs, 0 },
        { with_wait_for_keys_they_are_there_when_opening_returns, 0 },
        { with_wait_for_keys_opening_fails_with_the_fault, COUNT(faults) },
        { verifiers_of_one_service_share_one_request, 0 },
        { services_of_one_process_share_too_and_outlive_each_other, 0 },
        { verifiers_whose_options_differ_share_nothing, COUNT(differences) },
        { a_child_fetches_for_itself_and_the_parents_thread_goes_on, 0 },
        { a_child_born_during_a_fetch_leaves_it_to_the_parent, 0 },
    };
    setenv("TAM_TEST_SECRET", "0123456789abcdef0123456789abcdef", 1);
    return suite_run("keyset thread", scene_case("keyset thread", tests, COUNT(tests)));
}
