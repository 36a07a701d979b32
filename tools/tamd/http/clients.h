/* SPDX-License-Identifier: MIT
 *
 * The connections of one listener: how many there may be, and how long each may take for what it does. libmicrohttpd
 * knows idle time only, so a client that sends a byte now and then would keep its place for ever.
 */
#ifndef TAM_TAMD_CLIENTS_H
#define TAM_TAMD_CLIENTS_H

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/* Places beside limits.connections. A client in one of them gets /healthz and /readyz, and 503 for every other path. */
#define CLIENTS_RESERVED 8

struct server;

/* What a connection does, and which limit of time counts. */
enum phase {
    PHASE_HEADER, /* accepted, TLS too: header_timeout */
    PHASE_BODY,   /* sends a body that is read: request_timeout */
    PHASE_WORK,   /* waits for us: none of its own */
    PHASE_ANSWER, /* takes the answer: request_timeout */
    PHASE_KEPT    /* between requests: idle_timeout, and header_timeout for the next one's headers */
};

struct client {
    struct server *server;
    int fd;        /* libmicrohttpd's; closed only after the client is off the list */
    bool reserved; /* in one of the reserved places */
    bool unread; /* answered before its body: what it still sends is read, or the answer is lost (for its thread alone)
                  */
    size_t target_len;         /* of the request's target, with its query (for its thread alone) */
    unsigned char address[16]; /* an IPv4 address mapped, of an IPv6 address the first 64 bits; zero: none */
    atomic_int phase;          /* enum phase */
    atomic_llong since;        /* CLOCK_MONOTONIC, when the phase began */
    bool started, cut;         /* libmicrohttpd told of it; its socket was shut down, so it counts no more */
    struct client *previous, *next;
};

struct clients {
    pthread_mutex_t lock;            /* guards what follows, and the last two lines of each client */
    struct client *first;            /* the newest */
    size_t count, reserved, leaving; /* in places of each kind; cut, and not closed yet */
    int64_t all_busy_until;          /* no client was found that could be closed */
};

/* Why a connection was not kept. The order of the labels in metrics. */
enum clients_loss { LOSS_ADDRESS, LOSS_PLACES, LOSS_DESCRIPTORS, LOSS_MEMORY, LOSS_LATE, LOSS_EVICTED, LOSS_COUNT };

/*
 * A place for a connection that was accepted: an ordinary one, where one is free or another client that waits can be
 * sent away, or, where `last` (there are no descriptors left) or everybody is busy, a reserved one. NULL, and
 * *ret_loss, where there is none. [acceptor]
 */
struct client *clients_admit(struct server *server, int fd, const struct sockaddr *address, bool last,
                             enum clients_loss *ret_loss);
/* Are so many about to be closed that others had better wait? [acceptor] */
bool clients_are_leaving(struct server *server);
/* One that libmicrohttpd did not take. [acceptor] */
void clients_drop(struct client *client);
/* Shuts down what is late. [acceptor] */
void clients_sweep(struct server *server);
/* No connection is left. */
void clients_free(struct server *server);

/* libmicrohttpd's callback; makes the client the connection's socket context. */
void clients_notify(void *server, struct MHD_Connection *connection, void **context,
                    enum MHD_ConnectionNotificationCode code);

/* libmicrohttpd's callback, before it takes the target apart. */
void *clients_note_target(void *server, const char *target, struct MHD_Connection *connection);

/* [its thread] */
void client_enter(struct client *client, enum phase phase);

#endif
