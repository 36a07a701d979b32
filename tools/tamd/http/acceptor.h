/* SPDX-License-Identifier: MIT
 *
 * The thread that accepts connections for all listeners, sends away those that are late, and reads to their end those
 * that were answered early. libmicrohttpd's own way of accepting spins where descriptors run out, and lets everybody
 * wait unseen where all places are taken.
 */
#ifndef TAM_TAMD_ACCEPTOR_H
#define TAM_TAMD_ACCEPTOR_H

#include <stdbool.h>
#include <stddef.h>

struct acceptor;
struct server;

/* Accepts for these servers until it is stopped; the array must live as long. *ret_acceptor is set before the first
 * connection is taken. False: it was logged. */
bool acceptor_start(struct server *const *servers, size_t count, struct acceptor **ret_acceptor);
/* Accepts nothing more; the servers go on with what they have. Frees nothing: servers may still hand over what they
 * close. */
void acceptor_stop(struct acceptor *acceptor);
/* When all servers are stopped. NULL is fine. */
void acceptor_free(struct acceptor *acceptor);

/*
 * Takes over a connection that libmicrohttpd is about to close while its client may still be sending: closing it then
 * would make the kernel reset it, and the client could lose the answer. Reads on for a bounded time (RFC 9112 §9.6).
 * NULL and failures are fine: it is closed then. [any thread]
 */
void acceptor_drain(struct acceptor *acceptor, int fd);

#endif
