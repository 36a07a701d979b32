/* SPDX-License-Identifier: MIT
 *
 * A real server process for a test, on a port of loopback that the kernel chose, that plays what the test scripts: for
 * each path an answer, well behaved or not, and for all connections a door, with a good certificate or without. It
 * counts, and it can hold an answer until the test lets it go, so nothing is left to chance.
 *
 *     static struct scripted_server server;
 *     static void setup(void) { scripted_server_start(&server, &(struct scripted_server_options){ .names = NULL }); }
 *     static void teardown(void) { scripted_server_stop(&server); }
 *     tcase_add_unchecked_fixture(tcase, setup, teardown);
 *
 *     scripted_server_answer(&server, "/keys", &(struct scripted_answer){ .body = STR("{\"keys\":[]}") });
 *     … let the plugin fetch https://id.example/keys, with scripted_server_add_options() among its options …
 *     ck_assert_uint_eq(scripted_server_requests(&server, "/keys"), 1);
 *
 * Start it before the test has threads. As in an unchecked fixture the process outlives each test, begin a test with
 * scripted_server_reset(). The script lies in shared memory: every process that check forks from there may change it,
 * at any time, and an answer that is being sent stays as it was. Whatever goes wrong here fails the test. The process
 * gets SIGTERM from the kernel should its parent die.
 */
#ifndef TAM_TESTS_SUPPORT_SCRIPTED_SERVER_H
#define TAM_TESTS_SUPPORT_SCRIPTED_SERVER_H

#include <src/base/buf.h>
#include <stddef.h>
#include <sys/types.h>

#define SCRIPTED_ROUTES   16                /* paths that can have an answer */
#define SCRIPTED_BODY_MAX ((size_t)1 << 20) /* bytes of a body */
#define SCRIPTED_HEAD_MAX ((size_t)8 << 10) /* bytes of a request's head, and of an answer's headers */
#define SCRIPTED_NAMES    "id.example,other.example,login.microsoftonline.com,127.0.0.1" /* of its certificate */

/* What a connection meets before a request is read. */
enum scripted_door {
    SCRIPTED_TLS = 0,         /* TLS 1.2 or 1.3, and a good certificate of the authority in `ca` */
    SCRIPTED_EXPIRED,         /* the certificate ended yesterday */
    SCRIPTED_EARLY,           /* it begins tomorrow */
    SCRIPTED_OTHER_NAME,      /* it is for stranger.example */
    SCRIPTED_OTHER_AUTHORITY, /* it is of an authority nobody knows */
    SCRIPTED_TLS_1_1,         /* TLS 1.1 at most, and a good certificate */
    SCRIPTED_PLAIN,           /* no TLS: http, also to those who come for TLS */
    SCRIPTED_PROXY,   /* http; CONNECT is answered by the script, and if with 200, what follows is SCRIPTED_TLS */
    SCRIPTED_MUTE,    /* taken, and never a byte said */
    SCRIPTED_HANG_UP, /* closed at once */
    SCRIPTED_DOORS
};

/* How an answer is sent. After SCRIPTED_RAW and SCRIPTED_CUT the connection ends without TLS's close_notify. */
enum scripted_manner {
    SCRIPTED_AT_ONCE = 0,
    SCRIPTED_RAW,          /* the body alone, without any head */
    SCRIPTED_SLOW,         /* head and body, one byte each `number` milliseconds */
    SCRIPTED_SLOW_BODY,    /* the head at once, the body so */
    SCRIPTED_SILENT,       /* nothing, and the connection stays open until the client leaves */
    SCRIPTED_SILENT_BODY,  /* the head, which announces the body, and then nothing */
    SCRIPTED_ENDLESS_HEAD, /* the headers again and again */
    SCRIPTED_ENDLESS,      /* no length is announced, and the body comes again and again */
    SCRIPTED_CUT,          /* the connection ends after `number` bytes of a body announced whole */
    SCRIPTED_SHORT         /* announces `number` bytes more than it sends, and keeps the connection open */
};

struct scripted_answer {
    const char *status;  /* NULL: "200 OK" */
    const char *headers; /* lines, each with its CRLF; NULL: none. Content-Length is added, unless it or
                          * Transfer-Encoding is among them, and Connection: close */
    struct tam_str body; /* any bytes; copied, as all of this */
    enum scripted_manner manner;
    unsigned number;
};

struct scripted_server_options {
    const char *names;       /* of its certificates, separated by commas; NULL: SCRIPTED_NAMES */
    enum scripted_door door; /* at the start, and after a reset */
};

struct scripted_server {
    char *dir, *ca; /* absolute; ca: its authority's certificate in PEM */
    char *names;
    unsigned port;
    pid_t pid;
    int control;                    /* a pipe to it */
    struct scripted_script *script; /* shared with it */
};

/* When it returns, the server takes connections. */
void scripted_server_start(struct scripted_server *ret_server, const struct scripted_server_options *options);
void scripted_server_stop(struct scripted_server *server);

/* As at the start: no answers, no counts, nothing held, its first door, the port open. */
void scripted_server_reset(const struct scripted_server *server);
/* From now on, requests whose target begins with that path get that answer; the longest such path wins. What no path
 * fits gets 404. The target of CONNECT is HOST:PORT. Counts go on. */
void scripted_server_answer(const struct scripted_server *server, const char *path,
                            const struct scripted_answer *answer);
/* From now on, connections meet that. */
void scripted_server_door(const struct scripted_server *server, enum scripted_door door);

/* Requests for that path (one that has an answer) are counted, and answered, as the script was when they came, after
 * the release. */
void scripted_server_hold(const struct scripted_server *server, const char *path);
void scripted_server_release(const struct scripted_server *server, const char *path);

/* An outage: connections are refused. Those that stand are left alone. Then again on the same port, which nobody could
 * take meanwhile. When they return, it is so. */
void scripted_server_close_port(const struct scripted_server *server);
void scripted_server_open_port(const struct scripted_server *server);

/* How many requests that path's answer was for so far; of "": what no path fitted. 0 for a path without an answer. */
unsigned scripted_server_requests(const struct scripted_server *server, const char *path);
/* How many connections were taken so far, whatever became of them. */
unsigned scripted_server_connections(const struct scripted_server *server);
/* Each waits until there were so many (10 s at most, then the test fails). */
void scripted_server_await(const struct scripted_server *server, const char *path, unsigned requests);
void scripted_server_await_connections(const struct scripted_server *server, unsigned connections);
/* The last request for that path, with all its header lines, into ret_head; nothing where there was none. */
void scripted_server_last_head(const struct scripted_server *server, const char *path, struct buf *ret_head);

/* The body of the last request for that path, up to the first NUL; nothing where there was none. A body of more than
 * SCRIPTED_HEAD_MAX bytes, or without a Content-Length, is not read. */
void scripted_server_last_body(const struct scripted_server *server, const char *path, struct buf *ret_body);

/* Appends "ca_file=… connect_to=NAME:443:127.0.0.1:PORT,… " with every name, for a service's options. */
void scripted_server_add_options(const struct scripted_server *server, struct buf *ret_options);

#endif
