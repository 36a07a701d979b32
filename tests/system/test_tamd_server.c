/* SPDX-License-Identifier: MIT
 *
 * tamd among clients, readers and limits that mean it ill: what stalls, trickles, floods or is closed stops nobody
 * else.
 */
#include <config.h>

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <src/base/array.h>
#include <tests/support/suite.h>
#include <tests/support/tamd_process.h>
#include <time.h>
#include <unistd.h>

#define GOOD "Authorization: Bearer accept.1\r\n"

static struct tamd_process tamd;
static struct reply reply;

/* ---- The log ---- */

static void use_as_stderr(void *ctx) {
    const int *fd = ctx;
    dup2(*fd, STDERR_FILENO);
}

/* 700 lines of the access log are more than a pipe holds, 4,000 more than the queue. */
START_TEST(a_reader_of_the_log_that_stalls_stops_nothing) {
    int ends[2];
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    tamd_prepare(&tamd);
    tamd_configure(&tamd, "");
    scratch_text(&tamd.scratch, "api", "puppet\n");
    tamd_start(&tamd, &(struct tamd_start){ .before_exec = use_as_stderr, .ctx = &ends[1] });
    close(ends[1]);
    for (int i = 0; i < 4000; i++) {
        ck_assert_int_eq(
            tamd_auth(&tamd, "X-Forwarded-Uri: /a-path-that-makes-the-line-of-the-log-a-bit-longer\r\n", &reply), 401);
    }
    ck_assert_int_eq(tamd_auth(&tamd, GOOD, &reply), 200);
    ck_assert_int_eq(http_ask(tamd.main, "GET", "/healthz", "", "", &reply), 200);
    ck_assert_int_eq(http_ask(tamd.admin, "GET", "/metrics", "", "", &reply), 200);
    const char *dropped = strstr(reply.body, "\ntam_log_lines_dropped_total ");
    ck_assert_ptr_nonnull(dropped);
    ck_assert_int_gt(strtol(dropped + strlen("\ntam_log_lines_dropped_total "), NULL, 10), 0);
    int64_t before = now_milliseconds();
    ck_assert_int_eq(tamd_stop(&tamd), 0);
    ck_assert_int_lt(now_milliseconds() - before, 10000);
    close(ends[0]);
    tamd_end(&tamd);
}
END_TEST

/* Everything is there when it has ended, and what was dropped is told. */
START_TEST(the_log_is_written_to_its_end) {
    tamd_begin(&tamd, "", "puppet\n");
    for (int i = 0; i < 200; i++) {
        ck_assert_int_eq(tamd_auth(&tamd, "", &reply), 401);
    }
    ck_assert_int_eq(tamd_stop(&tamd), 0);
    ck_assert_uint_eq(tamd_logged(&tamd, "access status=401"), 200);
    ck_assert_uint_eq(tamd_logged(&tamd, "tamd: stopping\n"), 1);
    ck_assert_uint_eq(tamd_logged(&tamd, "were dropped"), 0);
    tamd_end(&tamd);
}
END_TEST

static void set_notify_socket(void *ctx) {
    setenv("NOTIFY_SOCKET", ctx, 1);
}

/* The queue of a datagram socket holds a few messages, and sendto(2) waits for room in it. */
START_TEST(a_supervisor_that_does_not_read_keeps_it_from_nothing) {
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    tamd_prepare(&tamd);
    tamd_configure(&tamd, "");
    scratch_text(&tamd.scratch, "api", "puppet\n");
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", scratch_path(&tamd.scratch, "notify"));
    int reads = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), writes = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(reads, (const struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(connect(writes, (const struct sockaddr *)&address, sizeof address), 0);
    while (send(writes, "a", 1, MSG_DONTWAIT) == 1) {
    }
    tamd_start(&tamd, &(struct tamd_start){ .before_exec = set_notify_socket, .ctx = address.sun_path });
    ck_assert_int_eq(tamd_auth(&tamd, GOOD, &reply), 200);
    tamd_end(&tamd);
    close(reads);
    close(writes);
}
END_TEST

/* ---- Descriptors ---- */

static void close_standard(void *ctx) {
    unsigned mask = *(const unsigned *)ctx;
    for (int fd = 0; fd < 3; fd++) {
        if ((mask & 1u << fd) != 0) {
            close(fd);
        }
    }
}

/* Where descriptor 2 became an eventfd, each line of the log woke somebody, and none was read. */
START_TEST(standard_descriptors_that_are_closed_become_dev_null) {
    char link[64], target[64];
    for (unsigned mask = 0; mask < 8; mask++) {
        if ((mask & 2) != 0) {
            continue; /* where it says that it serves */
        }
        tamd_prepare(&tamd);
        tamd_configure(&tamd, "");
        scratch_text(&tamd.scratch, "api", "puppet\n");
        tamd_start(&tamd, &(struct tamd_start){ .before_exec = close_standard, .ctx = &mask });
        ck_assert_int_eq(tamd_auth(&tamd, GOOD, &reply), 200);
        for (int fd = 0; fd < 3; fd++) {
            (void)snprintf(link, sizeof link, "/proc/%d/fd/%d", (int)tamd.pid, fd);
            ssize_t len = readlink(link, target, sizeof target - 1);
            if (len < 0) {
                continue; /* not dumpable, and we are not root */
            }
            target[len] = '\0';
            ck_assert_msg((mask & 1u << fd) == 0 || strcmp(target, "/dev/null") == 0, "%d is %s", fd, target);
        }
        tamd_end(&tamd);
    }
}
END_TEST

/* ---- Requests that are not what they seem ---- */

/* Two programs could take each of them for two different requests. */
START_TEST(what_can_be_read_in_two_ways_is_refused) {
    static const struct {
        const char *what, *text;
        int status;
    } rows[] = {
        { "control", "GET /auth HTTP/1.1\r\nHost: a\r\n" GOOD "\r\n", 200 },
        { "control: HTTP/1.0", "GET /auth HTTP/1.0\r\n" GOOD "\r\n", 200 },
        { "control: a length", "POST /auth HTTP/1.1\r\nHost: a:80\r\n" GOOD "Content-Length: 3\r\n\r\nabc", 200 },
        { "control: chunked",
          "POST /auth HTTP/1.1\r\nHost: [::1]:80\r\n" GOOD "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 200 },
        { "control: an empty header", "GET /auth HTTP/1.1\r\nHost: a\r\n" GOOD "X:\r\nY:\t \r\nZ: a \r\n\r\n", 200 },
        { "control: an empty line before", "\r\nGET /auth HTTP/1.1\r\nHost: a\r\n" GOOD "\r\n", 200 },
        { "two lengths",
          "POST /auth HTTP/1.1\r\nHost: a\r\n" GOOD "Content-Length: 0\r\nContent-Length: 5\r\n\r\nabcde", 400 },
        { "two lengths, the same",
          "POST /auth HTTP/1.1\r\nHost: a\r\n" GOOD "Content-Length: 5\r\ncontent-length: 5\r\n\r\nabcde", 400 },
        { "two lengths in a list", "POST /auth HTTP/1.1\r\nHost: a\r\n" GOOD "Content-Length: 5, 5\r\n\r\nabcde", 400 },
        { "a signed length", "POST /auth HTTP/1.1\r\nHost: a\r\n" GOOD "Content-Length: +5\r\n\r\nabcde", 400 },
        { "no length in it", "POST /auth HTTP/1.1\r\nHost: a\r\n" GOOD "Content-Length:\r\n\r\n", 400 },
        { "two hosts", "GET /auth HTTP/1.1\r\nHost: a\r\n" GOOD "Host: b\r\n\r\n", 400 },
        { "two hosts, the same", "GET /auth HTTP/1.1\r\nHost: a\r\n" GOOD "host: a\r\n\r\n", 400 },
        { "no host", "GET /auth HTTP/1.1\r\n" GOOD "\r\n", 400 },
        { "a host with a blank", "GET /auth HTTP/1.1\r\nHost: a b\r\n" GOOD "\r\n", 400 },
        { "a host with user info", "GET /auth HTTP/1.1\r\nHost: b@a\r\n" GOOD "\r\n", 400 },
        { "a bare LF behind the request line", "GET /auth HTTP/1.1\nHost: a\r\n" GOOD "\r\n", 400 },
        { "a bare LF behind a header", "GET /auth HTTP/1.1\r\nHost: a\n" GOOD "\r\n", 400 },
        { "a bare LF behind an empty header", "GET /auth HTTP/1.1\r\nHost: a\r\n" GOOD "X:\nY: b\r\n\r\n", 400 },
        { "a bare LF at the end", "GET /auth HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer accept.1\r\n\n", 400 },
        { "a bare LF behind the last header", "GET /auth HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer accept.1\n\r\n",
          400 },
        { "bare LFs everywhere", "GET /auth HTTP/1.1\nHost: a\nAuthorization: Bearer accept.1\n\n", 400 },
        { "a lone CR in a header", "GET /auth HTTP/1.1\r\nHost: a\r\n" GOOD "X: a\rb\r\n\r\n", 400 },
        { "a lone CR at a header's end", "GET /healthz HTTP/1.1\r\nHost: a\r\nX: a\r\r\n\r\n", 400 },
        { "a folded line", "GET /auth HTTP/1.1\r\nHost: a\r\n" GOOD "X: a\r\n b\r\n\r\n", 400 },
        { "a folded line first", "GET /auth HTTP/1.1\r\n X: a\r\nHost: a\r\n" GOOD "\r\n", 400 },
        { "a blank before the colon", "GET /auth HTTP/1.1\r\nHost: a\r\n" GOOD "X : a\r\n\r\n", 400 },
        { "no name", "GET /auth HTTP/1.1\r\nHost: a\r\n" GOOD ": a\r\n\r\n", 400 },
        { "no colon", "GET /auth HTTP/1.1\r\nHost: a\r\n" GOOD "X\r\n\r\n", 400 },
        { "a query", "GET /healthz?a=b&c%20d HTTP/1.1\r\nHost: a\r\n\r\n", 200 },
        { "an empty query", "GET /healthz? HTTP/1.1\r\nHost: a\r\n\r\n", 200 },
        { "two blanks", "GET  /auth HTTP/1.1\r\nHost: a\r\n" GOOD "\r\n", 400 },
        { "chunked in HTTP/1.0",
          "POST /auth HTTP/1.0\r\nHost: a\r\n" GOOD "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400 },
        { "chunked and a length",
          "POST /auth HTTP/1.1\r\nHost: a\r\n" GOOD "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
          400 },
        { "chunked twice",
          "POST /auth HTTP/1.1\r\nHost: a\r\n" GOOD
          "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
          400 },
        { "another encoding",
          "POST /auth HTTP/1.1\r\nHost: a\r\n" GOOD "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400 },
        { "not quite chunked", "POST /auth HTTP/1.1\r\nHost: a\r\n" GOOD "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
          400 },
    };
    tamd_begin(&tamd, "", "puppet\n");
    for (size_t i = 0; i < COUNT(rows); i++) {
        int fd = http_send(tamd.main, rows[i].text);
        shutdown(fd, SHUT_WR);
        http_receive(fd, &reply);
        ck_assert_msg(reply.status == rows[i].status, "%s: %d", rows[i].what, reply.status);
        const char *second = strstr(reply.text + 1, "HTTP/1.1 200");
        ck_assert_msg(second == NULL, "%s: a second answer: %s", rows[i].what, second);
    }
    tamd_end(&tamd);
}
END_TEST

/* A NUL where libmicrohttpd ends what it reads. */
START_TEST(no_byte_of_a_request_goes_unseen) {
#define TEXT(text)                                                                                                     \
    { text, sizeof(text) - 1 }
    static const struct {
        const char *text;
        size_t len;
    } rows[] = {
        TEXT("GET /auth HTTP/1.1\r\nHost: a\r\n" GOOD "X-Tam: a\0b\r\nConnection: close\r\n\r\n"),
        TEXT("GET /auth HTTP/1.1\r\nHost: a\r\n" GOOD
             "X-Tam: a\0\r\nY: b\nConnection: close\r\n\r\n"), /* one more, one less */
        TEXT("GET /auth HTTP/1.1\r\nHost: a\r\n" GOOD "\0: a\r\nConnection: close\r\n\r\n"),
        TEXT("GET /auth\0/b HTTP/1.1\r\nHost: a\r\n" GOOD "Connection: close\r\n\r\n"),
        TEXT("GET /auth\0/b?c HTTP/1.1\r\nHost: a\r\n" GOOD "Connection: close\r\n\r\n"),
        TEXT("GET /auth?c\0d HTTP/1.1\r\nHost: a\r\n" GOOD "Connection: close\r\n\r\n"),
        TEXT("GET /auth\0 HTTP/1.1\r\nHost: a\r\n" GOOD "Connection: close\r\n\r\n"),
    };
    tamd_begin(&tamd, "", "puppet\n");
    for (size_t i = 0; i < COUNT(rows); i++) {
        int fd = http_send(tamd.main, "");
        ck_assert_int_eq((int)send(fd, rows[i].text, rows[i].len, MSG_NOSIGNAL), (int)rows[i].len);
        http_receive(fd, &reply);
        ck_assert_msg(reply.status == 400, "%zu: %d", i, reply.status);
    }
    tamd_end(&tamd);
}
END_TEST

/* ---- Bodies ---- */

#define FORM "Content-Type: application/x-www-form-urlencoded\r\n"

/* As nginx asks for a POST without `proxy_pass_request_body off`. */
START_TEST(no_answer_waits_for_a_body_that_nobody_reads) {
    static const char *const requests[] = {
        "POST /auth HTTP/1.1\r\nHost: a\r\n" GOOD "Content-Length: 1000\r\n\r\n",
        "POST /auth HTTP/1.1\r\nHost: a\r\n" GOOD "Content-Length: 9999999999\r\n\r\nabc",
        "POST /auth HTTP/1.1\r\nHost: a\r\n" GOOD "Transfer-Encoding: chunked\r\n\r\n",
        "POST /auth HTTP/1.1\r\nHost: a\r\n" GOOD "Content-Length: 10\r\nExpect: 100-continue\r\n\r\n",
        "POST /auth HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer early\r\nContent-Length: 1000\r\n\r\n", /* is parked */
        "GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n",
    };
    tamd_begin(&tamd, "limits idle_timeout=60s", "service timeout=60s\npuppet\n");
    int64_t before = now_milliseconds();
    for (size_t i = 0; i < COUNT(requests); i++) {
        http_receive(http_send(tamd.main, requests[i]), &reply);
        ck_assert_msg(reply.status == 200, "%s: %d", requests[i], reply.status);
    }
    http_receive(http_send(tamd.main, "POST /nothing HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n"), &reply);
    ck_assert_int_eq(reply.status, 404);
    http_receive(http_send(tamd.admin, "POST /introspect HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n"), &reply);
    ck_assert_int_eq(reply.status, 415);
    ck_assert_int_lt(now_milliseconds() - before, 20000);
    tamd_end(&tamd);
}
END_TEST

/* A connection without a body is kept, and what follows the body of another is no request. */
START_TEST(a_connection_is_kept_where_no_body_was_left_unread) {
    tamd_begin(&tamd, "", "puppet\n");
    http_receive(http_send(tamd.main, "GET /auth HTTP/1.1\r\nHost: a\r\n" GOOD "\r\n"
                                      "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
                 &reply);
    ck_assert_int_eq(reply.status, 200);
    ck_assert_ptr_nonnull(strstr(reply.body, "HTTP/1.1 200"));
    http_receive(http_send(tamd.main, "POST /auth HTTP/1.1\r\nHost: a\r\n" GOOD "Content-Length: 44\r\n\r\n"
                                      "GET /healthz HTTP/1.1\r\nHost: a\r\nX: abcdefg\r\n\r\n"),
                 &reply);
    ck_assert_int_eq(reply.status, 200);
    ck_assert_ptr_null(strstr(reply.body, "HTTP/1.1 200"));
    tamd_end(&tamd);
}
END_TEST

START_TEST(a_body_that_is_too_long_is_413) {
    static const char head[] = "POST /introspect HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" FORM;
    static char text[20000];
    static const struct {
        const char *length;
        size_t sent;
        int status;
    } rows[] = {
        { "Content-Length: 1024\r\n\r\n", 1024, 200 },
        { "Content-Length: 1025\r\n\r\n", 1025, 413 },
        { "Content-Length: 1025\r\n\r\n", 0, 413 }, /* at once */
        { "Content-Length: 9223372036854775807\r\n\r\n", 0, 413 },
        { "Content-Length: 18446744073709551616\r\n\r\n", 0, 413 },
        { "Content-Length: 1025\r\nExpect: 100-continue\r\n\r\n", 0, 413 },
        { "Transfer-Encoding: chunked\r\n\r\n400\r\n", 1024, 200 },
        { "Transfer-Encoding: chunked\r\n\r\n401\r\n", 1025, 413 },
        { "Transfer-Encoding: chunked\r\n\r\n4000\r\n", 16384, 413 },
    };
    tamd_begin(&tamd, "limits body_size=1K", "puppet\n");
    for (size_t i = 0; i < COUNT(rows); i++) {
        size_t len = (size_t)snprintf(text, sizeof text, "%s%s", head, rows[i].length);
        memset(text + len, 'a', rows[i].sent);
        if (rows[i].sent > 20) {
            memcpy(text + len, "token=accept.1&more=", 20);
        }
        (void)snprintf(text + len + rows[i].sent, sizeof text - len - rows[i].sent, "%s",
                       rows[i].length[0] == 'T' ? "\r\n0\r\n\r\n" : "");
        http_receive(http_send(tamd.admin, text), &reply);
        ck_assert_msg(reply.status == rows[i].status, "%s: %d", rows[i].length, reply.status);
    }
    tamd_end(&tamd);
}
END_TEST

/* ---- Places and time ---- */

#define TRICKLES 80

static struct trickle {
    pthread_t thread;
    atomic_bool stop;
    atomic_int left; /* not ended by the other side */
    int connections[TRICKLES];
} trickle;

/* A byte for each, again and again: never silent for as long as idle_timeout. */
static void *trickle_on(void *arg) {
    (void)arg;
    while (!trickle.stop) {
        int left = 0;
        for (size_t i = 0; i < TRICKLES; i++) {
            left += send(trickle.connections[i], "a", 1, MSG_NOSIGNAL) == 1;
        }
        trickle.left = left;
        nanosleep(&(struct timespec){ .tv_nsec = 100000000 }, NULL);
    }
    return NULL;
}

static void trickle_begin(const char *address, const char *text) {
    for (size_t i = 0; i < TRICKLES; i++) {
        trickle.connections[i] = http_send(address, text);
    }
    trickle.stop = false;
    trickle.left = TRICKLES;
    ck_assert_int_eq(pthread_create(&trickle.thread, NULL, trickle_on, NULL), 0);
}

static void trickle_wait_for_none(int limit) {
    for (int64_t end = now_milliseconds() + limit; trickle.left > 0 && now_milliseconds() < end;) {
        nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
    }
    ck_assert_int_eq(trickle.left, 0);
}

static void trickle_end(void) {
    trickle.stop = true;
    pthread_join(trickle.thread, NULL);
    for (size_t i = 0; i < TRICKLES; i++) {
        close(trickle.connections[i]);
    }
}

static long metric(const char *line) {
    ck_assert_int_eq(http_ask(tamd.admin, "GET", "/metrics", "", "", &reply), 200);
    const char *found = strstr(reply.body, line);
    ck_assert_msg(found != NULL, "%s", line);
    return strtol(found + strlen(line), NULL, 10);
}

START_TEST(a_request_that_trickles_ends_in_time) {
    static const struct {
        const char *text;
        bool admin;
    } rows[] = {
        { "", false },
        { "GET /auth HTTP/1.1\r\nHost: a\r\nX: ", false },
        { "GET /auth HTTP/1.1\r\nHost: a\r\n\r\nGET /auth HTTP/1.1\r\nHost: a\r\nX: ", false }, /* the second */
        { "POST /introspect HTTP/1.1\r\nHost: a\r\n" FORM "Content-Length: 1000\r\n\r\n", true },
        { "POST /introspect HTTP/1.1\r\nHost: a\r\n" FORM "Transfer-Encoding: chunked\r\n\r\n400\r\n", true },
    };
    tamd_begin(&tamd, "limits idle_timeout=2s header_timeout=1s request_timeout=2s", "puppet\n");
    for (size_t i = 0; i < COUNT(rows); i++) {
        trickle_begin(rows[i].admin ? tamd.admin : tamd.main, rows[i].text);
        trickle_wait_for_none(18000);
        trickle_end();
    }
    ck_assert_int_ge(metric("\ntam_connections_lost_total{listener=\"main\",reason=\"late\"} "), 3 * TRICKLES);
    ck_assert_int_ge(metric("\ntam_connections_lost_total{listener=\"admin\",reason=\"late\"} "), 2 * TRICKLES);
    tamd_end(&tamd);
}
END_TEST

/* More than there are places, and none of them will be over: whoever asks gets one of theirs, and a probe an answer at
 * once. */
START_TEST(clients_that_wait_keep_no_place_from_others) {
    tamd_begin(&tamd, "limits connections=64 threads=2 header_timeout=60s idle_timeout=60s", "puppet\n");
    trickle_begin(tamd.main, "GET /auth HTTP/1.1\r\nHost: a\r\nX: ");
    for (int i = 0; i < 20; i++) {
        ck_assert_int_eq(http_ask(tamd.main, "GET", i % 2 == 0 ? "/healthz" : "/readyz", "", "", &reply), 200);
    }
    int64_t end = now_milliseconds() + 20000;
    while (tamd_auth(&tamd, GOOD, &reply) != 200) {
        ck_assert_int_lt(now_milliseconds(), end);
    }
    for (int i = 0; i < 20; i++) {
        ck_assert_int_eq(tamd_auth(&tamd, GOOD, &reply), 200);
    }
    ck_assert_int_gt(metric("\ntam_connections_lost_total{listener=\"main\",reason=\"evicted\"} "), 0);
    trickle_end();
    tamd_end(&tamd);
}
END_TEST

/* Everybody works, and nobody can be sent away. */
START_TEST(there_is_always_a_place_for_a_probe) {
    static const char park[] =
        "GET /auth HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Bearer park\r\n\r\n";
    int parked[16];
    tamd_begin(&tamd, "limits connections=16 threads=2", "service timeout=60s\npuppet\n");
    for (size_t i = 0; i < 16; i++) {
        parked[i] = http_send(tamd.main, park);
    }
    while (metric("\ntam_parked_requests ") < 16) {
    }
    for (int i = 0; i < 30; i++) {
        ck_assert_int_eq(http_ask(tamd.main, "GET", "/healthz", "", "", &reply), 200);
        ck_assert_int_eq(http_ask(tamd.main, "GET", "/readyz", "", "", &reply), 200);
        ck_assert_int_eq(tamd_auth(&tamd, GOOD, &reply), 503);
        ck_assert_str_eq(reply_header(&reply, "Retry-After"), "1");
    }
    ck_assert_int_eq(http_ask(tamd.main, "GET", "/healthz", "Connection: keep-alive\r\n", "", &reply), 200);
    for (size_t i = 0; i < 16; i++) {
        close(parked[i]);
    }
    tamd_end(&tamd);
}
END_TEST

static void few_descriptors(void *ctx) {
    const struct rlimit limit = { *(const rlim_t *)ctx, *(const rlim_t *)ctx };
    setrlimit(RLIMIT_NOFILE, &limit);
}

static int64_t cpu_milliseconds(void) {
    clockid_t clock;
    struct timespec used;
    ck_assert_int_eq(clock_getcpuclockid(tamd.pid, &clock), 0);
    ck_assert_int_eq(clock_gettime(clock, &used), 0);
    return (int64_t)used.tv_sec * 1000 + used.tv_nsec / 1000000;
}

/* With 100 a limit that is known, with 48 one that is met. */
START_TEST(without_descriptors_it_neither_spins_nor_is_silent) {
    static const rlim_t limits[] = { 48, 100 };
    static int connections[200];
    for (size_t i = 0; i < COUNT(limits); i++) {
        rlim_t limit = limits[i];
        tamd_prepare(&tamd);
        tamd_configure(&tamd, "limits threads=2 header_timeout=60s idle_timeout=60s");
        scratch_text(&tamd.scratch, "api", "puppet\n");
        tamd_start(&tamd, &(struct tamd_start){ .before_exec = few_descriptors, .ctx = &limit });
        tamd_log_wait(&tamd, "the limit of open files is", 1);
        for (size_t j = 0; j < 200; j++) {
            connections[j] = http_send(tamd.main, "GET /healthz HTTP/1.1\r\n");
        }
        int64_t cpu = cpu_milliseconds(), end = now_milliseconds() + 2000;
        while (now_milliseconds() < end) {
            nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL);
        }
        ck_assert_int_lt(cpu_milliseconds() - cpu, 500);
        for (end = now_milliseconds() + 20000; http_ask(tamd.main, "GET", "/healthz", "", "", &reply) != 200;) {
            ck_assert_int_lt(now_milliseconds(), end);
        }
        ck_assert_uint_gt(tamd_logged(&tamd, "connections are open as limits lets there be"), 0);
        for (size_t j = 0; j < 200; j++) {
            close(connections[j]);
        }
        ck_assert_int_eq(tamd_auth(&tamd, GOOD, &reply), 200);
        tamd_end(&tamd);
    }
}
END_TEST

/* ---- Stopping ---- */

START_TEST(who_comes_while_it_stops_is_answered) {
    static const char park[] =
        "GET /auth HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Bearer park\r\n\r\n";
    tamd_begin(&tamd, "limits stop_timeout=60s", "service timeout=60s\npuppet\n");
    int parked = http_send(tamd.main, park);
    while (metric("\ntam_parked_requests ") < 1) {
    }
    ck_assert_int_eq(http_ask(tamd.main, "GET", "/readyz", "", "", &reply), 200);
    tamd_signal(&tamd, SIGTERM);
    tamd_log_wait(&tamd, "stopping", 1);
    ck_assert_int_eq(http_ask(tamd.main, "GET", "/readyz", "", "", &reply), 503);
    ck_assert_ptr_nonnull(strstr(reply.body, "stopping"));
    ck_assert_int_eq(http_ask(tamd.admin, "GET", "/readyz", "", "", &reply), 503);
    ck_assert_int_eq(http_ask(tamd.main, "GET", "/healthz", "", "", &reply), 200);
    ck_assert_int_eq(tamd_auth(&tamd, GOOD, &reply), 200);
    ck_assert_int_eq(tamd_auth(&tamd, "Authorization: Bearer release\r\n", &reply), 200);
    http_receive(parked, &reply);
    ck_assert_int_eq(reply.status, 200);
    tamd_end(&tamd);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {
        a_reader_of_the_log_that_stalls_stops_nothing,
        the_log_is_written_to_its_end,
        a_supervisor_that_does_not_read_keeps_it_from_nothing,
        standard_descriptors_that_are_closed_become_dev_null,
        what_can_be_read_in_two_ways_is_refused,
        no_byte_of_a_request_goes_unseen,
        no_answer_waits_for_a_body_that_nobody_reads,
        a_connection_is_kept_where_no_body_was_left_unread,
        a_body_that_is_too_long_is_413,
        a_request_that_trickles_ends_in_time,
        clients_that_wait_keep_no_place_from_others,
        there_is_always_a_place_for_a_probe,
        without_descriptors_it_neither_spins_nor_is_silent,
        who_comes_while_it_stops_is_answered,
    };
    return suite_run("tamd server", suite_case("tamd server", 120, tests, COUNT(tests)));
}
