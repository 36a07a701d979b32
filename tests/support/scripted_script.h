/* SPDX-License-Identifier: MIT
 *
 * What a test and its scripted server share. scripted_server.c is the test's side, scripted_process.c the server's.
 */
#ifndef TAM_TESTS_SUPPORT_SCRIPTED_SCRIPT_H
#define TAM_TESTS_SUPPORT_SCRIPTED_SCRIPT_H

#include <pthread.h>
#include <stdbool.h>
#include <tests/support/scripted_server.h>

#define SCRIPTED_PATH_MAX 256

struct scripted_route {
    char path[SCRIPTED_PATH_MAX];
    char status[64];
    char headers[SCRIPTED_HEAD_MAX];
    char body[SCRIPTED_BODY_MAX];
    size_t body_len;
    enum scripted_manner manner;
    unsigned number;
    bool held;
    unsigned requests;
    char last_head[SCRIPTED_HEAD_MAX], last_body[SCRIPTED_HEAD_MAX];
};

struct scripted_script {
    /* Guards all below. Robust, since check kills a test that takes too long; no condition variable, since that is not.
     */
    pthread_mutex_t lock;
    enum scripted_door door, first_door;
    bool listening;
    unsigned connections;
    size_t route_count;
    struct scripted_route routes[SCRIPTED_ROUTES]; /* the first is "", for what none fits */
};

void script_lock(struct scripted_script *script);
void script_unlock(struct scripted_script *script);
/* Where both sides wait for the other: a millisecond. */
void script_pause(void);

/* The test's orders on the control pipe, a byte each. */
#define SCRIPTED_ORDER_OPEN  'o'
#define SCRIPTED_ORDER_CLOSE 'c'

/* PEM of a certificate chain and its key, one for each door that has TLS; empty: the door has none. */
struct scripted_certificate {
    struct buf certificate, key;
};

/* What the process is given. */
struct scripted_process {
    struct scripted_script *script;
    unsigned port; /* of loopback, reserved */
    int control;
    const struct scripted_certificate *certificates; /* SCRIPTED_DOORS of them */
};

/* Serves until the control pipe is closed or a signal comes; returns only where it could not begin. */
void scripted_process_run(const struct scripted_process *process);

#endif
