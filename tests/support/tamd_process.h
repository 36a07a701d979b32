/* SPDX-License-Identifier: MIT
 *
 * A real tamd for a test: started over the test plugin in a directory of its own, asked over sockets byte by byte,
 * stopped by its pid. Whatever goes wrong here fails the test.
 */
#ifndef TAM_TESTS_TAMD_PROCESS_H
#define TAM_TESTS_TAMD_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <tests/support/scratch.h>

#define TAMD_ADDRESS_MAX 256

struct tamd_process {
    struct scratch scratch;
    pid_t pid;
    int output;                                           /* its standard output */
    char main[TAMD_ADDRESS_MAX], admin[TAMD_ADDRESS_MAX]; /* "127.0.0.1:PORT" or "unix:PATH"; of several the last */
};

struct tamd_start {
    const char *const *arguments;   /* beside those that every test needs; NULL: --config=tamd.conf */
    bool owners;                    /* owners and modes of files are checked */
    const char *plugin_dir;         /* NULL: that of the test plugins */
    void (*before_exec)(void *ctx); /* in the child; NULL: nothing */
    void *ctx;
};

/* Makes the directory; files go there with scratch_text() before tamd_start(). */
void tamd_prepare(struct tamd_process *tamd);
/* tamd.conf with one service `api` from the file `api`, default=verify, a free port, a unix socket, and these lines
 * behind it. */
void tamd_configure(const struct tamd_process *tamd, const char *more);
/* All at once: that configuration, this service file, and it serves. */
void tamd_begin(struct tamd_process *tamd, const char *more, const char *service);
/* Returns when it serves. start NULL: all defaults. */
void tamd_start(struct tamd_process *tamd, const struct tamd_start *start);
/* Runs it to its end and returns its exit status. */
int tamd_run(struct tamd_process *tamd, const struct tamd_start *start);
/* The same, with what it printed on standard output. */
int tamd_print(struct tamd_process *tamd, const struct tamd_start *start, char *out, size_t size);
void tamd_signal(const struct tamd_process *tamd, int number);
/* SIGTERM, and its exit status; the directory stays. */
int tamd_stop(struct tamd_process *tamd);
/* Stops it if it runs, checks that it ended well, and removes the directory. */
void tamd_end(struct tamd_process *tamd);
/* How often that text is in its log; and waits, 20 s at most, until it is there `count` times. */
size_t tamd_logged(const struct tamd_process *tamd, const char *part);
void tamd_log_wait(const struct tamd_process *tamd, const char *part, size_t count);

int64_t now_milliseconds(void); /* CLOCK_MONOTONIC */

/* ---- HTTP ---- */

struct reply {
    int status; /* 0: the connection ended without an answer */
    char text[1 << 17];
    const char *body; /* in text */
};

/* Connects, and sends this text, or these bytes, as they are. */
int http_send(const char *address, const char *text);
int http_send_bytes(const char *address, const char *bytes, size_t len);
/* Reads until the other side closes, and closes. */
void http_receive(int fd, struct reply *ret_reply);
/* METHOD PATH with these header lines (each with its \r\n) and body; Host and Connection: close come with it.
 * Returns the status. */
int http_ask(const char *address, const char *method, const char *path, const char *headers, const char *body,
             struct reply *ret_reply);
/* GET /auth at its main address. */
int tamd_auth(const struct tamd_process *tamd, const char *headers, struct reply *ret_reply);
/* The value of that header, "" where it is empty, NULL where there is none; in a static buffer. Fails the test where it
 * is there twice. */
const char *reply_header(const struct reply *reply, const char *name);

#endif
