/* SPDX-License-Identifier: MIT
 *
 * tamd's life: reload, parking, stopping, and what systemd and it tell each other.
 */
#include <config.h>

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <src/base/array.h>
#include <tests/support/suite.h>
#include <tests/support/tamd_process.h>
#include <unistd.h>

#define GOOD   "Authorization: Bearer accept.1\r\n"
#define PARKED 100

static struct tamd_process tamd;
static struct reply reply;

START_TEST(a_reload_takes_all_or_nothing) {
    tamd_begin(&tamd, "route path=/ scopes=read", "puppet scopes=read\n");
    ck_assert_int_eq(tamd_auth(&tamd, GOOD, &reply), 200);
    tamd_configure(&tamd, "route path=/ scopes=write");
    tamd_signal(&tamd, SIGHUP);
    tamd_log_wait(&tamd, "the configuration was read again", 1);
    ck_assert_int_eq(tamd_auth(&tamd, GOOD, &reply), 403);
    tamd_configure(&tamd, "route path=/ scopse=read"); /* bad: the last good one stays */
    tamd_signal(&tamd, SIGHUP);
    tamd_log_wait(&tamd, "the old one stays in force", 1);
    ck_assert_uint_eq(tamd_logged(&tamd, "the nearest is scopes"), 1);
    ck_assert_int_eq(tamd_auth(&tamd, GOOD, &reply), 403);
    tamd_configure(&tamd, "route path=/ scopes=read"); /* good, but for a service */
    scratch_text(&tamd.scratch, "api", "puppet scops=read\n");
    tamd_signal(&tamd, SIGHUP);
    tamd_log_wait(&tamd, "the old one stays in force", 2);
    ck_assert_int_eq(tamd_auth(&tamd, GOOD, &reply), 403);
    tamd_configure(&tamd, "service name=other file=other path=/other");
    scratch_text(&tamd.scratch, "api", "puppet scopes=other\n");
    scratch_text(&tamd.scratch, "other", "puppet scopes=new\n");
    tamd_signal(&tamd, SIGHUP);
    tamd_log_wait(&tamd, "the configuration was read again", 2);
    ck_assert_int_eq(tamd_auth(&tamd, GOOD "X-Forwarded-Uri: /\r\n", &reply), 200);
    ck_assert_str_eq(reply_header(&reply, "X-Tam-Scopes"), "other");
    ck_assert_int_eq(tamd_auth(&tamd, GOOD "X-Forwarded-Uri: /other\r\n", &reply), 200);
    ck_assert_str_eq(reply_header(&reply, "X-Tam-Scopes"), "new");
    tamd_configure(&tamd, "limits connections=99"); /* and the second service goes */
    tamd_signal(&tamd, SIGHUP);
    tamd_log_wait(&tamd, "the configuration was read again", 3);
    ck_assert_uint_eq(tamd_logged(&tamd, "the statement limits is used after a restart only"), 1);
    ck_assert_int_eq(tamd_auth(&tamd, GOOD, &reply), 200);
    ck_assert_int_eq(http_ask(tamd.admin, "GET", "/metrics", "", "", &reply), 200);
    ck_assert_ptr_nonnull(strstr(reply.body, "tam_reloads_total{result=\"good\"} 3\n"));
    ck_assert_ptr_nonnull(strstr(reply.body, "tam_reloads_total{result=\"failed\"} 2\n"));
    ck_assert_ptr_null(strstr(reply.body, "service=\"other\""));
    tamd_end(&tamd);
}
END_TEST

#define RELOADS 10
#define AT      "X-Forwarded-Uri: /a\r\n"
#define COUNTED "Authorization: Bearer count.0\r\n"

struct asker {
    pthread_t thread;
    atomic_bool *stop;
    unsigned asked, accepted;
};

/* Alternately what the cache knows and what it does not. */
static void *ask_on(void *arg) {
    static _Thread_local struct reply own;
    struct asker *asker = arg;
    while (!*asker->stop) {
        int status = tamd_auth(&tamd, asker->asked % 2 == 0 ? GOOD AT : COUNTED AT, &own);
        asker->asked++;
        asker->accepted += status == 200;
    }
    return NULL;
}

START_TEST(no_request_notices_a_reload) {
    struct asker askers[2];
    atomic_bool stop = false;
    tamd_begin(&tamd, "log access=no", "puppet scopes=read\n");
    for (size_t i = 0; i < 2; i++) {
        askers[i] = (struct asker){ .stop = &stop };
        ck_assert_int_eq(pthread_create(&askers[i].thread, NULL, ask_on, &askers[i]), 0);
    }
    for (size_t i = 0; i < RELOADS; i++) {
        tamd_configure(&tamd, i % 2 == 0 ? "log access=no\nservice name=b file=api path=/b" : "log access=no");
        tamd_signal(&tamd, SIGHUP);
        tamd_log_wait(&tamd, "the configuration was read again", i + 1);
    }
    stop = true;
    for (size_t i = 0; i < 2; i++) {
        pthread_join(askers[i].thread, NULL);
        ck_assert_uint_gt(askers[i].asked, 0);
        ck_assert_uint_eq(askers[i].accepted, askers[i].asked);
    }
    tamd_end(&tamd);
}
END_TEST

/* ---- Parking ---- */

static int parked[PARKED];

static void park_all(const char *address, const char *request) {
    for (size_t i = 0; i < PARKED; i++) {
        parked[i] = http_send(address, request);
    }
    char wanted[64];
    (void)snprintf(wanted, sizeof wanted, "tam_parked_requests %d\n", PARKED);
    for (int64_t end = now_milliseconds() + 20000; now_milliseconds() < end && strstr(reply.text, wanted) == NULL;) {
        http_ask(tamd.admin, "GET", "/metrics", "", "", &reply);
    }
    ck_assert_ptr_nonnull(strstr(reply.text, wanted));
}

static void expect_all(int status) {
    for (size_t i = 0; i < PARKED; i++) {
        http_receive(parked[i], &reply);
        ck_assert_int_eq(reply.status, status);
    }
}

#define PARK "GET /auth HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Bearer park\r\n\r\n"

START_TEST(a_hundred_parked_requests_hold_no_thread_and_go_on_together) {
    tamd_begin(&tamd, "limits threads=2", "service timeout=60s\npuppet\n");
    park_all(tamd.main, PARK);
    int64_t before = now_milliseconds();
    ck_assert_int_eq(http_ask(tamd.main, "GET", "/healthz", "", "", &reply), 200);
    ck_assert_int_eq(tamd_auth(&tamd, GOOD, &reply), 200);
    ck_assert_int_eq(tamd_auth(&tamd, "", &reply), 401);
    ck_assert_int_eq(tamd_auth(&tamd, "Authorization: Bearer release\r\n", &reply), 200);
    expect_all(200);
    ck_assert_int_lt(now_milliseconds() - before, 30000); /* half the deadline: it was not the timer */
    tamd_end(&tamd);
}
END_TEST

START_TEST(no_parked_request_outlives_its_deadline) {
    tamd_begin(&tamd, "", "service timeout=1s\npuppet\n");
    park_all(tamd.main, PARK);
    expect_all(503);
    ck_assert_ptr_nonnull(reply_header(&reply, "Retry-After"));
    ck_assert_int_eq(tamd_auth(&tamd, GOOD, &reply), 200);
    tamd_end(&tamd);
}
END_TEST

/* The park has seen the wake when the request is about to be parked. */
START_TEST(a_wake_before_parking_is_not_lost) {
    tamd_begin(&tamd, "", "service timeout=60s\npuppet\n");
    int64_t before = now_milliseconds();
    ck_assert_int_eq(tamd_auth(&tamd, "Authorization: Bearer early\r\n", &reply), 200);
    ck_assert_int_lt(now_milliseconds() - before, 15000); /* not the deadline */
    tamd_end(&tamd);
}
END_TEST

START_TEST(introspection_parks_too) {
    static const char request[] = "POST /introspect HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 10\r\n"
                                  "Content-Type: application/x-www-form-urlencoded\r\n\r\ntoken=park";
    tamd_begin(&tamd, "", "service timeout=60s\npuppet\n");
    park_all(tamd.admin, request);
    ck_assert_int_eq(tamd_auth(&tamd, "Authorization: Bearer release\r\n", &reply), 200);
    expect_all(200);
    ck_assert_ptr_nonnull(strstr(reply.body, "\"active\":true"));
    tamd_end(&tamd);
}
END_TEST

/* A service that a reload takes away lives until the last request that it has parked is answered. */
START_TEST(parked_requests_survive_a_reload) {
    static const char request[] = "GET /auth HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Forwarded-Uri: /old\r\n"
                                  "Authorization: Bearer park\r\n\r\n";
    tamd_prepare(&tamd);
    tamd_configure(&tamd, "service name=old file=old path=/old");
    scratch_text(&tamd.scratch, "api", "puppet\n");
    scratch_text(&tamd.scratch, "old", "service timeout=2s\npuppet\n");
    tamd_start(&tamd, NULL);
    park_all(tamd.main, request);
    tamd_configure(&tamd, "");
    tamd_signal(&tamd, SIGHUP);
    tamd_log_wait(&tamd, "the configuration was read again", 1);
    ck_assert_int_eq(tamd_auth(&tamd, GOOD "X-Forwarded-Uri: /old\r\n", &reply), 200); /* the other service's now */
    ck_assert_str_eq(reply_header(&reply, "X-Tam-Service"), "api");
    expect_all(503);
    tamd_end(&tamd);
}
END_TEST

/* ---- Stopping ---- */

START_TEST(stopping_lets_parked_requests_have_their_answer) {
    tamd_begin(&tamd, "limits stop_timeout=20s", "service timeout=60s\npuppet\n");
    int other = http_send(tamd.main, "GET /auth HTTP/1.1\r\n"); /* connected, and so it may end */
    park_all(tamd.main, PARK);
    int64_t before = now_milliseconds();
    tamd_signal(&tamd, SIGTERM);
    tamd_log_wait(&tamd, "stopping", 1);
    static const char rest[] = "Host: a\r\nAuthorization: Bearer release\r\n\r\n";
    ck_assert_int_eq((int)send(other, rest, sizeof rest - 1, MSG_NOSIGNAL), (int)sizeof rest - 1);
    expect_all(200);
    http_receive(other, &reply);
    ck_assert_int_eq(reply.status, 200);
    ck_assert_int_lt(now_milliseconds() - before, 15000); /* not the limit */
    tamd_end(&tamd);
}
END_TEST

START_TEST(stopping_is_bounded) {
    tamd_begin(&tamd, "limits stop_timeout=1s", "service timeout=60s\npuppet\n");
    park_all(tamd.main, PARK);
    int64_t before = now_milliseconds();
    tamd_signal(&tamd, SIGTERM);
    expect_all(503);
    tamd_end(&tamd);
    ck_assert_int_lt(now_milliseconds() - before, 15000);
}
END_TEST

/* ---- systemd ---- */

struct passed {
    int sockets[2];
    const char *names, *notify;
};

static void pass_sockets(void *ctx) {
    const struct passed *passed = ctx;
    char pid[16];
    (void)snprintf(pid, sizeof pid, "%d", (int)getpid());
    for (int i = 0; i < 2; i++) {
        dup2(passed->sockets[i], 20 + i); /* out of the way of each other */
    }
    for (int i = 0; i < 2; i++) {
        dup2(20 + i, 3 + i);
    }
    setenv("LISTEN_PID", pid, 1);
    setenv("LISTEN_FDS", "2", 1);
    setenv("LISTEN_FDNAMES", passed->names, 1);
    setenv("NOTIFY_SOCKET", passed->notify, 1);
}

static int bound_socket(int type, const char *path) {
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    const struct timeval limit = { .tv_sec = 20 };
    int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    ck_assert_int_eq(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    if (type == SOCK_STREAM) {
        ck_assert_int_eq(listen(fd, 16), 0);
    }
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    return fd;
}

static void expect_notice(int fd, const char *part) {
    char text[1024];
    ssize_t len = recv(fd, text, sizeof text - 1, 0);
    ck_assert_msg(len > 0, "no notice: %s", part);
    text[len] = '\0';
    ck_assert_msg(strstr(text, part) != NULL, "%s instead of %s", text, part);
}

START_TEST(sockets_can_be_passed_and_life_is_told) {
    struct passed passed = { .names = "main:admin" };
    char main_path[512], admin_path[512], notify_path[512];
    tamd_prepare(&tamd);
    (void)snprintf(main_path, sizeof main_path, "unix:%s", scratch_path(&tamd.scratch, "main.sock"));
    (void)snprintf(admin_path, sizeof admin_path, "unix:%s", scratch_path(&tamd.scratch, "admin.sock"));
    (void)snprintf(notify_path, sizeof notify_path, "%s", scratch_path(&tamd.scratch, "notify.sock"));
    passed.sockets[0] = bound_socket(SOCK_STREAM, main_path + 5);
    passed.sockets[1] = bound_socket(SOCK_STREAM, admin_path + 5);
    passed.notify = notify_path;
    int notices = bound_socket(SOCK_DGRAM, notify_path);
    scratch_text(&tamd.scratch, "api", "puppet\n");
    scratch_text(&tamd.scratch, "tamd.conf", "service name=api file=api\n");
    int early =
        http_send(main_path, "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"); /* nobody is there yet */
    tamd_start(&tamd, &(struct tamd_start){ .before_exec = pass_sockets, .ctx = &passed });
    http_receive(early, &reply);
    ck_assert_int_eq(reply.status, 200);
    expect_notice(notices, "READY=1");
    ck_assert_int_eq(http_ask(main_path, "GET", "/auth", GOOD, "", &reply), 200);
    ck_assert_int_eq(http_ask(main_path, "GET", "/metrics", "", "", &reply), 404);
    ck_assert_int_eq(http_ask(admin_path, "GET", "/metrics", "", "", &reply), 200);
    tamd_signal(&tamd, SIGHUP);
    expect_notice(notices, "RELOADING=1\nMONOTONIC_USEC=");
    expect_notice(notices, "READY=1");
    scratch_text(&tamd.scratch, "tamd.conf", "servise name=api file=api\n");
    tamd_signal(&tamd, SIGHUP);
    expect_notice(notices, "RELOADING=1");
    expect_notice(notices, "the last reload failed");
    ck_assert_int_eq(tamd_stop(&tamd), 0);
    expect_notice(notices, "STOPPING=1");
    ck_assert_int_eq(access(main_path + 5, F_OK), 0); /* it was not ours */
    close(notices);
    close(passed.sockets[0]);
    close(passed.sockets[1]);
    tamd_end(&tamd);
}
END_TEST

START_TEST(without_a_socket_it_does_not_start) {
    tamd_prepare(&tamd);
    scratch_text(&tamd.scratch, "api", "puppet\n");
    scratch_text(&tamd.scratch, "tamd.conf", "service name=api file=api\n");
    ck_assert_int_eq(tamd_run(&tamd, NULL), 3);
    ck_assert_uint_eq(tamd_logged(&tamd, "there is nothing to listen at"), 1);
    tamd_end(&tamd);
}
END_TEST

/* A name that a dead process left is taken over; one that somebody serves is not. */
START_TEST(a_unix_socket_is_made_for_the_group_and_goes_with_the_process) {
    tamd_begin(&tamd, "", "puppet\n");
    const char *path = scratch_path(&tamd.scratch, "admin.sock");
    ck_assert_int_eq(access(path, F_OK), 0);
    struct tamd_process second = { .scratch = tamd.scratch };
    ck_assert_int_eq(tamd_run(&second, NULL), 3);
    ck_assert_uint_eq(tamd_logged(&tamd, "cannot listen at unix:"), 1);
    ck_assert_int_eq(http_ask(tamd.admin, "GET", "/healthz", "", "", &reply), 200);
    ck_assert_int_eq(tamd_stop(&tamd), 0);
    ck_assert_int_ne(access(path, F_OK), 0);
    close(bound_socket(SOCK_STREAM, path));
    tamd_start(&tamd, NULL);
    ck_assert_int_eq(http_ask(tamd.admin, "GET", "/healthz", "", "", &reply), 200);
    tamd_end(&tamd);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {
        a_reload_takes_all_or_nothing,
        no_request_notices_a_reload,
        a_hundred_parked_requests_hold_no_thread_and_go_on_together,
        no_parked_request_outlives_its_deadline,
        a_wake_before_parking_is_not_lost,
        introspection_parks_too,
        parked_requests_survive_a_reload,
        stopping_lets_parked_requests_have_their_answer,
        stopping_is_bounded,
        sockets_can_be_passed_and_life_is_told,
        without_a_socket_it_does_not_start,
        a_unix_socket_is_made_for_the_group_and_goes_with_the_process,
    };
    return suite_run("tamd life", suite_case("tamd life", 120, tests, COUNT(tests)));
}
