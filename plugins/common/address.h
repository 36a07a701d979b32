/* SPDX-License-Identifier: MIT
 *
 * Which addresses keys may be fetched from: a key server lies on the public internet, unless the administrator says
 * otherwise. Looked at after resolving, so that no name can lead elsewhere.
 */
#ifndef TAM_JOSE_ADDRESS_H
#define TAM_JOSE_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>
#include <tam/types.h>

/* Loopback, private, link-local, shared, multicast, reserved, and the addresses that hide one of these (IPv4-mapped, NAT64,
 * 6to4), RFC 6890. Another family than IPv4 and IPv6 is not public. */
bool address_is_public(const struct sockaddr *address);
bool address_is_loopback(const struct sockaddr *address);
/* Is it this address and port, written in numbers (an IPv6 address in brackets or not)? False for a name. */
bool address_is(const struct sockaddr *address, struct tam_str host, struct tam_str port);

#endif
