/* SPDX-License-Identifier: MIT
 *
 * A listening socket for the development identity provider.
 */
#ifndef TAM_TOOLS_ISSUER_LISTEN_H
#define TAM_TOOLS_ISSUER_LISTEN_H

#include <src/base/buf.h>

/*
 * Listens at "ADDRESS:PORT", an IPv6 address in brackets, port 0 for a free one. Names are not resolved. Says so on
 * standard error when the address is not loopback's. Returns the socket, or -1 with one sentence in why.
 */
int issuer_listen(const char *where, unsigned *ret_port, struct buf *why);

#endif
