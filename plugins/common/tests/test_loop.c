/* SPDX-License-Identifier: MIT
 *
 * The network loop with clients that know no key sets: GET and POST, timers, cancelling, a fork, and that a server
 * that hangs holds nothing up.
 */
#include <config.h>

#include <plugins/common/loop.h>
#include <src/base/array.h>
#include <src/base/buf.h>
#include <src/base/clock.h>
#include <src/base/str.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/wait.h>
#include <tests/support/keyset_scene.h>
#include <tests/support/scripted_server.h>
#include <tests/support/suite.h>
#include <time.h>
#include <unistd.h>

#define PROMPTLY CLOCK_SECOND /* a fifth of the fetches' timeout */
#define MANY     32

static const struct transport transport = { .connect_timeout = 5, .fetch_timeout = 5, .insecure_http = true };

/* ---- A client ---------------------------------------------------------------------------------------------------- */

struct client {
    struct job job; /* first */
    atomic_uint looks, ends;
    enum fetch_outcome outcome; /* of the last end, written before `ends` */
    char body[256], why[256];
    const char *next; /* the path that is fetched when the first fetch has ended; NULL: none */
};

static struct fetch *request_of(const char *path, const char *body) {
    static const char *const headers[] = { "Content-Type: application/x-www-form-urlencoded",
                                           "Authorization: Basic dGFtOnNlY3JldA==", NULL };
    char url[128];
    struct buf why;
    buf_init(&why, 1024);
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u%s", scene_server.port, path);
    struct fetch *fetch = fetch_new(&transport,
                                    &(struct fetch_request){ .url = str_of(url),
                                                             .what = "answers",
                                                             .headers = body != NULL ? headers : NULL,
                                                             .post = body != NULL,
                                                             .body = body != NULL ? str_of(body) : STR_NONE,
                                                             .limit = 128 },
                                    &why);
    ck_assert_msg(fetch != NULL, "%.*s", STR_PRINT(buf_str(&why)));
    buf_free(&why);
    return fetch;
}

static void on_done(struct job *job, const struct fetch *fetch, enum fetch_outcome outcome, struct tam_str why) {
    struct client *client = (struct client *)(void *)job;
    client->outcome = outcome;
    (void)snprintf(client->body, sizeof client->body, "%.*s", STR_PRINT(buf_str(&fetch->body)));
    (void)snprintf(client->why, sizeof client->why, "%.*s", STR_PRINT(why));
    if (client->next != NULL) {
        loop_send(job, request_of(client->next, NULL));
        client->next = NULL;
    }
    client->ends++;
}

static int on_look(struct job *job) {
    ((struct client *)(void *)job)->looks++;
    return 1;
}

static void client_send(struct client *client, const char *path, const char *body) {
    client->job.done = on_done;
    loop_send(&client->job, request_of(path, body));
    loop_add(&client->job);
}

static void await(const atomic_uint *count, unsigned wanted) {
    const struct timespec pause = { .tv_nsec = 1000000 };
    for (int rounds = 0; rounds < 10000 && *count < wanted; rounds++) {
        nanosleep(&pause, NULL);
    }
    ck_assert_uint_ge(*count, wanted);
}

static void answer(const char *path, const char *body, enum scripted_manner manner) {
    scripted_server_answer(&scene_server, path, &(struct scripted_answer){ .body = str_of(body), .manner = manner });
}

/* ---- Requests ---------------------------------------------------------------------------------------------------- */

START_TEST(a_get_ends_with_the_body) {
    struct client client = { 0 };
    answer("/get", "hello", SCRIPTED_AT_ONCE);
    ck_assert(loop_open());
    client_send(&client, "/get", NULL);
    await(&client.ends, 1);
    loop_remove(&client.job);
    loop_close();
    ck_assert_int_eq(client.outcome, FETCH_BODY);
    ck_assert_str_eq(client.body, "hello");
}
END_TEST

START_TEST(a_post_sends_its_body_and_headers) {
    struct client client = { 0 };
    struct buf head, body;
    buf_init(&head, SCRIPTED_HEAD_MAX);
    buf_init(&body, SCRIPTED_HEAD_MAX);
    answer("/post", "{\"active\":true}", SCRIPTED_AT_ONCE);
    ck_assert(loop_open());
    client_send(&client, "/post", "token=a%20b&token_type_hint=access_token");
    await(&client.ends, 1);
    loop_remove(&client.job);
    loop_close();
    ck_assert_msg(client.outcome == FETCH_BODY, "%s", client.why);
    ck_assert_str_eq(client.body, "{\"active\":true}");
    scripted_server_last_head(&scene_server, "/post", &head);
    scripted_server_last_body(&scene_server, "/post", &body);
    ck_assert_str_eq(body.ptr, "token=a%20b&token_type_hint=access_token");
    ck_assert(str_starts(buf_str(&head), STR("POST /post HTTP/1.1\r\n")));
    ck_assert_ptr_nonnull(strstr(head.ptr, "\r\nContent-Type: application/x-www-form-urlencoded\r\n"));
    ck_assert_ptr_nonnull(strstr(head.ptr, "\r\nAuthorization: Basic dGFtOnNlY3JldA==\r\n"));
    ck_assert_ptr_nonnull(strstr(head.ptr, "\r\nContent-Length: 40\r\n"));
    ck_assert_ptr_null(strstr(head.ptr, "\r\nExpect:"));
    buf_free(&body);
    buf_free(&head);
}
END_TEST

START_TEST(a_post_may_be_empty) {
    struct client client = { 0 };
    struct buf head;
    buf_init(&head, SCRIPTED_HEAD_MAX);
    answer("/post", "ok", SCRIPTED_AT_ONCE);
    ck_assert(loop_open());
    client_send(&client, "/post", "");
    await(&client.ends, 1);
    loop_remove(&client.job);
    loop_close();
    scripted_server_last_head(&scene_server, "/post", &head);
    ck_assert(str_starts(buf_str(&head), STR("POST ")));
    ck_assert_ptr_nonnull(strstr(head.ptr, "\r\nContent-Length: 0\r\n"));
    buf_free(&head);
}
END_TEST

static const struct {
    const char *path, *status;
    enum scripted_manner manner;
    const char *why;
} failures[] = {
    { "/refused", "401 Unauthorized", SCRIPTED_AT_ONCE, "HTTP: status 401" },
    { "/moved", "307 Temporary Redirect", SCRIPTED_AT_ONCE, "HTTP: status 307, a redirect, and none is followed" },
    { "/endless", NULL, SCRIPTED_ENDLESS, "HTTP: the body is larger than 128 bytes" },
};

START_TEST(a_failure_ends_with_one_sentence) {
    for (int post = 0; post < 2; post++) {
        struct client client = { 0 };
        scripted_server_answer(&scene_server, failures[_i].path,
                               &(struct scripted_answer){ .status = failures[_i].status,
                                                          .headers = "Location: /get\r\n",
                                                          .body = STR("0123456789"),
                                                          .manner = failures[_i].manner });
        ck_assert(loop_open());
        client_send(&client, failures[_i].path, post != 0 ? "token=x" : NULL);
        await(&client.ends, 1);
        loop_remove(&client.job);
        loop_close();
        ck_assert_int_eq(client.outcome, FETCH_FAILED);
        ck_assert_str_eq(client.why, failures[_i].why);
    }
}
END_TEST

START_TEST(the_end_of_one_request_may_send_the_next) {
    struct client client = { .next = "/second" };
    answer("/first", "1", SCRIPTED_AT_ONCE);
    answer("/second", "2", SCRIPTED_AT_ONCE);
    ck_assert(loop_open());
    client_send(&client, "/first", NULL);
    await(&client.ends, 2);
    loop_remove(&client.job);
    loop_close();
    ck_assert_str_eq(client.body, "2");
}
END_TEST

START_TEST(many_requests_run_at_once) {
    static struct client clients[MANY];
    answer("/held", "x", SCRIPTED_AT_ONCE);
    scripted_server_hold(&scene_server, "/held");
    ck_assert(loop_open());
    for (size_t i = 0; i < MANY; i++) {
        client_send(&clients[i], "/held", i % 2 == 0 ? "token=x" : NULL);
    }
    scripted_server_await(&scene_server, "/held", MANY); /* none waits for another */
    scripted_server_release(&scene_server, "/held");
    for (size_t i = 0; i < MANY; i++) {
        await(&clients[i].ends, 1);
        loop_remove(&clients[i].job);
        ck_assert_int_eq(clients[i].outcome, FETCH_BODY);
    }
    loop_close();
}
END_TEST

/* ---- Time -------------------------------------------------------------------------------------------------------- */

START_TEST(a_client_is_called_again_as_soon_as_it_wants) {
    struct client client = { .job.look = on_look };
    ck_assert(loop_open());
    loop_add(&client.job);
    int64_t before = clock_monotonic();
    await(&client.looks, 20);
    ck_assert_int_lt(clock_monotonic() - before, 10 * CLOCK_SECOND); /* were it once a second: 19 s */
    loop_remove(&client.job);
    unsigned looks = client.looks;
    struct client other = { .job.look = on_look };
    loop_add(&other.job);
    await(&other.looks, 5);
    ck_assert_uint_eq(client.looks, looks); /* a removed client is not called */
    loop_remove(&other.job);
    loop_close();
}
END_TEST

/* ---- Cancelling, closing ----------------------------------------------------------------------------------------- */

static const enum scripted_manner hanging[] = { SCRIPTED_SILENT, SCRIPTED_SILENT_BODY, SCRIPTED_SHORT };

START_TEST(a_request_that_hangs_is_cancelled_at_once_and_the_others_go_on) {
    struct client hangs = { 0 }, goes_on = { 0 };
    unsigned threads = scene_threads(), descriptors = scene_descriptors();
    scripted_server_answer(&scene_server, "/hangs",
                           &(struct scripted_answer){ .body = STR("x"), .manner = hanging[_i], .number = 10 });
    answer("/held", "x", SCRIPTED_AT_ONCE);
    scripted_server_hold(&scene_server, "/held");
    ck_assert(loop_open());
    client_send(&hangs, "/hangs", "token=x");
    client_send(&goes_on, "/held", NULL);
    scripted_server_await(&scene_server, "/hangs", 1);
    scripted_server_await(&scene_server, "/held", 1);
    int64_t before = clock_monotonic();
    loop_remove(&hangs.job);
    ck_assert_int_lt(clock_monotonic() - before, PROMPTLY);
    ck_assert_uint_eq(hangs.ends, 0);
    scripted_server_release(&scene_server, "/held");
    await(&goes_on.ends, 1);
    loop_remove(&goes_on.job);
    loop_close();
    ck_assert_uint_eq(hangs.ends, 0);
    ck_assert_int_eq(goes_on.outcome, FETCH_BODY);
    scene_await_threads(threads);
    ck_assert_uint_eq(scene_descriptors(), descriptors);
}
END_TEST

START_TEST(closing_while_a_server_hangs_does_not_wait_for_it) {
    struct client client = { 0 };
    unsigned threads = scene_threads(), descriptors = scene_descriptors();
    scripted_server_door(&scene_server, SCRIPTED_MUTE);
    ck_assert(loop_open());
    client_send(&client, "/never", NULL);
    scripted_server_await_connections(&scene_server, 1);
    int64_t before = clock_monotonic();
    loop_remove(&client.job);
    loop_close();
    ck_assert_int_lt(clock_monotonic() - before, PROMPTLY);
    scene_await_threads(threads);
    ck_assert_uint_eq(scene_descriptors(), descriptors);
}
END_TEST

START_TEST(a_job_that_was_never_added_is_removed_with_its_request) {
    struct client client = { .job.done = on_done };
    loop_send(&client.job, request_of("/never", NULL));
    loop_remove(&client.job);
    ck_assert_ptr_null(client.job.fetch);
    ck_assert_uint_eq(scripted_server_connections(&scene_server), 0);
}
END_TEST

START_TEST(the_thread_is_there_while_the_loop_is_open) {
    unsigned threads = scene_threads();
    ck_assert(loop_open());
    ck_assert(loop_open());
    scene_await_threads(threads + 1);
    loop_close();
    scene_await_threads(threads + 1);
    loop_close();
    scene_await_threads(threads);
    ck_assert(loop_open()); /* and once more */
    scene_await_threads(threads + 1);
    loop_close();
    scene_await_threads(threads);
}
END_TEST

/* ---- Fork -------------------------------------------------------------------------------------------------------- */

/* In the child `check` would write into the parent's report. */
static int live_in_child(struct client *parents) {
    struct client own = { 0 };
    const struct timespec pause = { .tv_nsec = 1000000 };
    loop_remove(&parents->job);
    if (!loop_open()) {
        return 2;
    }
    client_send(&own, "/get", NULL);
    for (int rounds = 0; rounds < 10000 && own.ends == 0; rounds++) {
        nanosleep(&pause, NULL);
    }
    loop_remove(&own.job);
    loop_close();
    return own.outcome == FETCH_BODY && strcmp(own.body, "hello") == 0 && parents->ends == 0 ? 0 : 3;
}

START_TEST(a_forked_child_has_a_loop_of_its_own_and_leaves_the_parents_alone) {
#if defined(__SANITIZE_THREAD__)
    puts("skipped: ThreadSanitizer lets no child of a process with threads start one");
    return;
#endif
    struct client client = { 0 };
    int status = 0;
    answer("/get", "hello", SCRIPTED_AT_ONCE);
    answer("/held", "parent", SCRIPTED_AT_ONCE);
    scripted_server_hold(&scene_server, "/held");
    ck_assert(loop_open());
    client_send(&client, "/held", NULL);
    scripted_server_await(&scene_server, "/held", 1);
    pid_t child = fork();
    if (child == 0) {
        alarm(30);
        _exit(live_in_child(&client));
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x", (unsigned)status);
    scripted_server_release(&scene_server, "/held");
    await(&client.ends, 1);
    loop_remove(&client.job);
    loop_close();
    ck_assert_str_eq(client.body, "parent");
}
END_TEST

int main(void) {
    const struct scene_test tests[] = {
        { a_get_ends_with_the_body, 0 },
        { a_post_sends_its_body_and_headers, 0 },
        { a_post_may_be_empty, 0 },
        { a_failure_ends_with_one_sentence, COUNT(failures) },
        { the_end_of_one_request_may_send_the_next, 0 },
        { many_requests_run_at_once, 0 },
        { a_client_is_called_again_as_soon_as_it_wants, 0 },
        { a_request_that_hangs_is_cancelled_at_once_and_the_others_go_on, COUNT(hanging) },
        { closing_while_a_server_hangs_does_not_wait_for_it, 0 },
        { a_job_that_was_never_added_is_removed_with_its_request, 0 },
        { the_thread_is_there_while_the_loop_is_open, 0 },
        { a_forked_child_has_a_loop_of_its_own_and_leaves_the_parents_alone, 0 },
    };
    return suite_run("loop", scene_case("loop", tests, COUNT(tests)));
}
