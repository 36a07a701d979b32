/* SPDX-License-Identifier: MIT
 *
 * Listening sockets: TCP at an address and a port, or a name in the file system. What stands there already is taken
 * away only where it is a socket and nobody answers.
 */
#include <config.h>

#include <tools/common/listen.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <src/base/quote.h>
#include <src/base/str.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG    511 /* a test parks hundreds of connections here while the process is stopped */
#define UNIX_UMASK 0117

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct sockaddr_un local;
};

/* ---- Reading an address ---- */

static bool where_split(struct tam_str where, char *host, size_t host_size, in_port_t *ret_port) {
    size_t colon = where.len;
    while (colon > 0 && where.ptr[colon - 1] != ':') {
        colon--;
    }
    int64_t port = 0;
    if (colon == 0 || !str_number(str_from(where, colon), 65535, &port)) {
        return false;
    }
    struct tam_str name = { where.ptr, colon - 1 };
    if (name.len >= 2 && name.ptr[0] == '[' && name.ptr[name.len - 1] == ']') {
        name = (struct tam_str){ name.ptr + 1, name.len - 2 };
    }
    if (name.len >= host_size) {
        return false;
    }
    memcpy(host, name.ptr, name.len);
    host[name.len] = '\0';
    *ret_port = htons((in_port_t)port);
    return true;
}

static bool local_read(struct tam_str path, union address *ret_address, socklen_t *ret_len) {
    if (path.len == 0 || path.ptr[0] != '/' || path.len >= sizeof ret_address->local.sun_path) {
        return false;
    }
    *ret_address = (union address){ .local = { .sun_family = AF_UNIX } };
    memcpy(ret_address->local.sun_path, path.ptr, path.len);
    *ret_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + path.len + 1);
    return true;
}

static bool address_read(struct tam_str where, union address *ret_address, socklen_t *ret_len) {
    char host[INET6_ADDRSTRLEN];
    in_port_t port = 0;
    if (str_starts(where, STR("unix:"))) {
        return local_read(str_from(where, strlen("unix:")), ret_address, ret_len);
    }
    if (!where_split(where, host, sizeof host, &port)) {
        return false;
    }
    *ret_address = (union address){ .v6 = { .sin6_family = AF_INET6, .sin6_port = port } };
    *ret_len = sizeof ret_address->v6;
    if (inet_pton(AF_INET6, host, &ret_address->v6.sin6_addr) == 1) {
        return true;
    }
    *ret_address = (union address){ .v4 = { .sin_family = AF_INET, .sin_port = port } };
    *ret_len = sizeof ret_address->v4;
    return inet_pton(AF_INET, host, &ret_address->v4.sin_addr) == 1;
}

bool listen_is_address(struct tam_str where) {
    union address address;
    socklen_t len = 0;
    return address_read(where, &address, &len);
}

/* ---- Opening ---- */

static int socket_for(const union address *address) {
    return socket(address->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/* A process that died leaves its socket file behind. A process that still listens has a queue, so connect(2) succeeds.
 */
static void take_away_stale(const union address *address, socklen_t len) {
    struct stat found;
    if (lstat(address->local.sun_path, &found) != 0 || !S_ISSOCK(found.st_mode)) {
        return;
    }
    int fd = socket_for(address);
    if (fd < 0) {
        return;
    }
    if (connect(fd, &address->any, len) != 0 && errno == ECONNREFUSED) {
        (void)unlink(address->local.sun_path);
    }
    close(fd);
}

static bool bind_local(int fd, const union address *address, socklen_t len) {
    take_away_stale(address, len);
    mode_t before = umask(UNIX_UMASK);
    int status = bind(fd, &address->any, len);
    umask(before);
    return status == 0;
}

static bool bind_any(int fd, const union address *address, socklen_t len) {
    int yes = 1;
    if (address->any.sa_family == AF_UNIX) {
        return bind_local(fd, address, len);
    }
    return setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0 && bind(fd, &address->any, len) == 0;
}

int listen_open(struct tam_str where, struct buf *why) {
    union address address;
    socklen_t len = 0;
    if (!address_read(where, &address, &len)) {
        buf_add_byte(why, '\'');
        quote_add(why, where);
        buf_add_text(why, "' is no ADDRESS:PORT and no unix:/PATH");
        return -1;
    }
    int fd = socket_for(&address);
    if (fd >= 0 && bind_any(fd, &address, len) && listen(fd, BACKLOG) == 0) {
        return fd;
    }
    int error = errno;
    buf_format(why, "cannot listen at %.*s: %s", STR_PRINT(where), strerror(error));
    if (fd >= 0) {
        close(fd);
    }
    return -1;
}

/* ---- What a socket is bound to ---- */

static bool address_of(int socket, union address *ret_address) {
    socklen_t len = sizeof *ret_address;
    *ret_address = (union address){ .any = { .sa_family = AF_UNSPEC } };
    return getsockname(socket, &ret_address->any, &len) == 0;
}

static unsigned port_of(const union address *address) {
    if (address->any.sa_family == AF_INET6) {
        return ntohs(address->v6.sin6_port);
    }
    return address->any.sa_family == AF_INET ? ntohs(address->v4.sin_port) : 0;
}

unsigned listen_port(int socket) {
    union address address;
    return address_of(socket, &address) ? port_of(&address) : 0;
}

bool listen_is_unix(int socket) {
    union address address;
    return address_of(socket, &address) && address.any.sa_family == AF_UNIX;
}

bool listen_is_local(int socket) {
    union address address;
    if (!address_of(socket, &address)) {
        return false;
    }
    if (address.any.sa_family == AF_INET6) {
        return IN6_IS_ADDR_LOOPBACK(&address.v6.sin6_addr);
    }
    if (address.any.sa_family == AF_INET) {
        return (ntohl(address.v4.sin_addr.s_addr) >> 24) == IN_LOOPBACKNET;
    }
    return address.any.sa_family == AF_UNIX;
}

void listen_show(int socket, struct buf *ret_shown) {
    char host[INET6_ADDRSTRLEN] = "";
    union address address;
    if (!address_of(socket, &address)) {
        return;
    }
    if (address.any.sa_family == AF_UNIX) {
        buf_format(ret_shown, "unix:%s", address.local.sun_path);
        return;
    }
    bool six = address.any.sa_family == AF_INET6;
    (void)inet_ntop(address.any.sa_family, six ? (const void *)&address.v6.sin6_addr : &address.v4.sin_addr, host,
                    sizeof host);
    buf_format(ret_shown, six ? "[%s]:%u" : "%s:%u", host, port_of(&address));
}

void listen_unlink(int socket) {
    union address address;
    if (address_of(socket, &address) && address.any.sa_family == AF_UNIX && address.local.sun_path[0] != '\0') {
        (void)unlink(address.local.sun_path);
    }
}
