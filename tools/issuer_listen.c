/* SPDX-License-Identifier: MIT
 *
 * A listening socket for the development identity provider.
 */
#include <config.h>

#include <tools/issuer_listen.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <src/base/str.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 511 /* a test parks hundreds of connections here while the process is stopped */

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static bool where_split(struct tam_str where, char *host, size_t host_size, in_port_t *ret_port) {
    size_t colon = where.len;
    while (colon > 0 && where.ptr[colon - 1] != ':')
        colon--;
    int64_t port = 0;
    if (colon == 0 || !str_number(str_from(where, colon), 65535, &port))
        return false;
    struct tam_str name = { where.ptr, colon - 1 };
    if (name.len >= 2 && name.ptr[0] == '[' && name.ptr[name.len - 1] == ']')
        name = (struct tam_str){ name.ptr + 1, name.len - 2 };
    if (name.len >= host_size)
        return false;
    memcpy(host, name.ptr, name.len);
    host[name.len] = '\0';
    *ret_port = htons((in_port_t)port);
    return true;
}

static bool address_read(const char *where, union address *ret_address, socklen_t *ret_len) {
    char host[INET6_ADDRSTRLEN];
    in_port_t port = 0;
    if (!where_split(str_of(where), host, sizeof host, &port))
        return false;
    *ret_address = (union address){ .v6 = { .sin6_family = AF_INET6, .sin6_port = port } };
    *ret_len = sizeof ret_address->v6;
    if (inet_pton(AF_INET6, host, &ret_address->v6.sin6_addr) == 1)
        return true;
    *ret_address = (union address){ .v4 = { .sin_family = AF_INET, .sin_port = port } };
    *ret_len = sizeof ret_address->v4;
    return inet_pton(AF_INET, host, &ret_address->v4.sin_addr) == 1;
}

static bool is_loopback(const union address *address) {
    if (address->any.sa_family == AF_INET6)
        return IN6_IS_ADDR_LOOPBACK(&address->v6.sin6_addr);
    return (ntohl(address->v4.sin_addr.s_addr) >> 24) == IN_LOOPBACKNET;
}

static bool socket_open(int fd, const union address *address, socklen_t len, unsigned *ret_port) {
    int yes = 1;
    union address bound = { .any = { .sa_family = AF_UNSPEC } };
    socklen_t bound_len = sizeof bound;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 || bind(fd, &address->any, len) != 0 ||
        listen(fd, BACKLOG) != 0 || getsockname(fd, &bound.any, &bound_len) != 0)
        return false;
    *ret_port = ntohs(bound.any.sa_family == AF_INET6 ? bound.v6.sin6_port : bound.v4.sin_port);
    return true;
}

int issuer_listen(const char *where, unsigned *ret_port, struct buf *why) {
    union address address;
    socklen_t len = 0;
    if (!address_read(where, &address, &len)) {
        buf_format(why, "'%s' is no ADDRESS:PORT", where);
        return -1;
    }
    if (!is_loopback(&address))
        fprintf(stderr, "tam-issuer: WARNING: %s is not a loopback address; whoever reaches it may trust these keys\n",
                where);
    int fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && socket_open(fd, &address, len, ret_port))
        return fd;
    buf_format(why, "cannot listen at %s: %s", where, strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}
