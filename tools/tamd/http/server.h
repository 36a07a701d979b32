/* SPDX-License-Identifier: MIT
 *
 * One listener: libmicrohttpd with epoll and a pool of threads, for the connections that the acceptor takes from a
 * socket that somebody else opened.
 */
#ifndef TAM_TAMD_SERVER_H
#define TAM_TAMD_SERVER_H

#include <tools/tamd/admin/state.h>

struct server {
    struct state *state;
    struct MHD_Daemon *daemon;
    struct clients clients;
    enum listener listener;
    int socket;
    bool local;                    /* a unix socket: its mode decides which users may connect */
    struct settings_limits limits; /* as when it began */
    char *address;                 /* as its statement has it; NULL: it was passed to us */
    pthread_mutex_t lock;          /* guards what follows */
    struct tls *tls;               /* NULL: it speaks plain HTTP */
    char *secret;                  /* NULL: there is none */
};

/* `settings` may be NULL: a socket that was passed to us, without TLS and without a secret. The socket is the server's
 * from now on, also where it fails. NULL: everything was logged. */
struct server *server_start(struct state *state, enum listener listener, int socket,
                            const struct settings_listen *settings, const struct settings_limits *limits);
/* Takes the certificate, the key and the secret of these settings of its address, and says so where they are others.
 * Whoever is connected keeps what was shown. */
void server_renew(struct server *server, const struct settings_listen *settings);
/* Counts a connection that was not kept, and says so once a second. [any thread] */
void server_lost(struct server *server, enum clients_loss loss);
/* Closes every connection. Nothing of it may be parked, and nothing is accepted for it any more. NULL is fine. */
void server_stop(struct server *server);

#endif
