/* SPDX-License-Identifier: MIT
 *
 * A listening socket for the tools that serve, and what it is bound to. Names are not resolved.
 */
#ifndef TAM_TOOLS_LISTEN_H
#define TAM_TOOLS_LISTEN_H

#include <src/base/buf.h>

/*
 * Listens at "ADDRESS:PORT", an IPv6 address in brackets, port 0 for a free one; or at "unix:/PATH", mode 0660, in
 * place of a socket that nobody serves any more. Returns the socket, not blocking, or -1 with one sentence in why. The
 * umask is changed for a moment: not for a process that already has threads which make files.
 */
int listen_open(struct tam_str where, struct buf *why);
/* Is it written as listen_open() wants it? */
bool listen_is_address(struct tam_str where);

/* Of any listening socket: the port, 0 where there is none; whether only this machine reaches it; and "ADDRESS:PORT" or
 * "unix:PATH". */
unsigned listen_port(int socket);
bool listen_is_local(int socket);
bool listen_is_unix(int socket);
void listen_show(int socket, struct buf *ret_shown);

/* Removes the name of a unix socket; nothing for others. */
void listen_unlink(int socket);

#endif
