/* SPDX-License-Identifier: MIT
 *
 * Classifies the addresses that a fetch may connect to: only public ones, unless an option says otherwise. fetch.c
 * checks each address after it was resolved, so that a host name cannot lead to a private network.
 */
#ifndef TAM_COMMON_ADDRESS_H
#define TAM_COMMON_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>
#include <tam/types.h>

/* False for loopback, private, link-local, shared, multicast and reserved addresses (RFC 6890), for addresses that
 * embed an IPv4 address (IPv4-mapped, NAT64, 6to4), and for every family but IPv4 and IPv6. */
bool address_is_public(const struct sockaddr *address);
bool address_is_loopback(const struct sockaddr *address);
/* Whether the address is this one, written in numbers (IPv6 with or without brackets), with this port. False for a
 * name. */
bool address_is(const struct sockaddr *address, struct tam_str host, struct tam_str port);

#endif
