/* SPDX-License-Identifier: MIT
 *
 * A connection is ended by shutdown(2) of its socket, which libmicrohttpd then finds closed: nobody but its own thread
 * may touch what libmicrohttpd has of it.
 */
#include <config.h>

#include <tools/tamd/http/clients.h>

#include <errno.h>
#include <netinet/in.h>
#include <src/base/clock.h>
#include <src/base/mem.h>
#include <string.h>
#include <tools/tamd/http/acceptor.h>
#include <tools/tamd/http/server.h>

#define RESERVED_TIME CLOCK_SECOND       /* a probe comes at once, or not at all */
#define EVICT_AGE     (CLOCK_SECOND / 2) /* a client that waits for less may be about to send */
#define LEAVING_MAX   16
#define SEARCH_PAUSE  (CLOCK_SECOND / 100)

/* ---- Time ---- */

void client_enter(struct client *client, enum phase phase) {
    atomic_store_explicit(&client->since, clock_monotonic(), memory_order_relaxed);
    atomic_store_explicit(&client->phase, (int)phase, memory_order_relaxed);
}

static bool waits(const struct client *client) {
    int phase = atomic_load_explicit(&client->phase, memory_order_relaxed);
    return phase == PHASE_HEADER || phase == PHASE_KEPT;
}

/* Nanoseconds; INT64_MAX: none. */
static int64_t time_allowed(const struct client *client) {
    const struct settings_limits *limits = &client->server->limits;
    switch ((enum phase)atomic_load_explicit(&client->phase, memory_order_relaxed)) {
    case PHASE_HEADER:
        return client->reserved ? RESERVED_TIME : limits->header_timeout * CLOCK_SECOND;
    case PHASE_KEPT:
        return (limits->idle_timeout + limits->header_timeout) * CLOCK_SECOND;
    case PHASE_BODY:
    case PHASE_ANSWER:
        return limits->request_timeout * CLOCK_SECOND;
    case PHASE_WORK:
        break;
    }
    return INT64_MAX;
}

static int64_t age(const struct client *client, int64_t now) {
    return now - atomic_load_explicit(&client->since, memory_order_relaxed);
}

/* ---- The list; each under the lock ---- */

static void count_out(struct client *client) {
    struct clients *clients = &client->server->clients;
    if (client->cut) {
        return;
    }
    client->cut = true;
    clients->leaving++;
    if (client->reserved) {
        clients->reserved--;
    } else {
        clients->count--;
    }
}

static void unlink_client(struct client *client) {
    struct clients *clients = &client->server->clients;
    count_out(client);
    clients->leaving--;
    if (client->previous != NULL) {
        client->previous->next = client->next;
    } else {
        clients->first = client->next;
    }
    if (client->next != NULL) {
        client->next->previous = client->previous;
    }
    atomic_fetch_sub(&client->server->state->connections[client->server->listener], 1);
}

static void link_client(struct client *client) {
    struct clients *clients = &client->server->clients;
    if (client->reserved) {
        clients->reserved++;
    } else {
        clients->count++;
    }
    client->next = clients->first;
    if (clients->first != NULL) {
        clients->first->previous = client;
    }
    clients->first = client;
    atomic_fetch_add(&client->server->state->connections[client->server->listener], 1);
}

/* The descriptor is the client's from start() on until libmicrohttpd closes it after clients_notify(), which takes the
 * lock. */
static void cut(struct client *client, enum clients_loss loss) {
    if (client->started) {
        (void)shutdown(client->fd, SHUT_RDWR);
    }
    count_out(client);
    server_lost(client->server, loss);
}

/* May it be sent away for another? In a reserved place at any time: a probe asks at once. */
static bool is_evictable(const struct client *client, bool reserved, int64_t now) {
    return !client->cut && client->reserved == reserved && waits(client) && (reserved || age(client, now) >= EVICT_AGE);
}

/* Closes the waiting client that is nearest to its time limit. */
static bool evict(struct clients *clients, bool reserved) {
    struct client *found = NULL;
    int64_t now = clock_monotonic(), least = INT64_MAX;
    for (struct client *each = clients->first; each != NULL; each = each->next) {
        int64_t left = time_allowed(each) - age(each, now);
        if (!is_evictable(each, reserved, now) || left >= least) {
            continue;
        }
        found = each;
        least = left;
    }
    if (found != NULL) {
        cut(found, LOSS_EVICTED);
    }
    return found != NULL;
}

/* A search in vain is not repeated at once: it looks at everybody. */
static bool evict_ordinary(struct clients *clients) {
    int64_t now = clock_monotonic();
    if (now < clients->all_busy_until) {
        return false;
    }
    bool found = evict(clients, false);
    if (!found) {
        clients->all_busy_until = now + SEARCH_PAUSE;
    }
    return found;
}

static size_t count_address(const struct clients *clients, const unsigned char *address) {
    size_t count = 0;
    for (const struct client *each = clients->first; each != NULL; each = each->next) {
        count += !each->cut && memcmp(each->address, address, sizeof each->address) == 0;
    }
    return count;
}

/* ---- Coming ---- */

/* A client with one IPv6 address usually has 2^64 of them. */
static void address_take(struct client *client, const struct sockaddr *address) {
    static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)address;
        memcpy(client->address, mapped, sizeof mapped);
        memcpy(client->address + sizeof mapped, &v4->sin_addr, sizeof v4->sin_addr);
    } else if (address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)address;
        memcpy(client->address, &v6->sin6_addr, IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr) ? 16 : 8);
    }
}

static bool place_find(struct server *server, struct client *client, bool last, enum clients_loss *ret_loss) {
    struct clients *clients = &server->clients;
    unsigned limit = server->local ? 0 : server->limits.connections_per_address;
    bool full = last || clients->count >= server->limits.connections;
    *ret_loss = LOSS_ADDRESS;
    if (limit > 0 && count_address(clients, client->address) >= limit) {
        return false;
    }
    client->reserved = full && (!evict_ordinary(clients) || last);
    *ret_loss = last ? LOSS_DESCRIPTORS : LOSS_PLACES;
    return !client->reserved || clients->reserved < CLIENTS_RESERVED || evict(clients, true);
}

struct client *clients_admit(struct server *server, int fd, const struct sockaddr *address, bool last,
                             enum clients_loss *ret_loss) {
    struct client *client = mem_alloc(sizeof *client);
    *ret_loss = LOSS_MEMORY;
    if (client == NULL) {
        return NULL;
    }
    client->server = server;
    client->fd = fd;
    client_enter(client, PHASE_HEADER);
    address_take(client, address);
    pthread_mutex_lock(&server->clients.lock);
    bool good = place_find(server, client, last, ret_loss);
    if (good) {
        link_client(client);
    }
    pthread_mutex_unlock(&server->clients.lock);
    if (good) {
        return client;
    }
    mem_free(client);
    return NULL;
}

/* ---- Going ---- */

bool clients_are_leaving(struct server *server) {
    pthread_mutex_lock(&server->clients.lock);
    bool many = server->clients.leaving >= LEAVING_MAX;
    pthread_mutex_unlock(&server->clients.lock);
    return many;
}

void clients_drop(struct client *client) {
    struct clients *clients = &client->server->clients;
    pthread_mutex_lock(&clients->lock);
    unlink_client(client);
    pthread_mutex_unlock(&clients->lock);
    mem_free(client);
}

/* Of one it never told, libmicrohttpd had no memory for it. */
void clients_sweep(struct server *server) {
    struct client *next;
    int64_t now = clock_monotonic();
    pthread_mutex_lock(&server->clients.lock);
    for (struct client *each = server->clients.first; each != NULL; each = next) {
        next = each->next;
        if (age(each, now) < time_allowed(each)) {
            continue;
        }
        if (!each->cut) {
            cut(each, LOSS_LATE);
        }
        if (!each->started) {
            unlink_client(each);
            mem_free(each);
        }
    }
    pthread_mutex_unlock(&server->clients.lock);
}

void clients_free(struct server *server) {
    while (server->clients.first != NULL) {
        clients_drop(server->clients.first);
    }
    pthread_mutex_destroy(&server->clients.lock);
}

/* ---- libmicrohttpd's callback ---- */

static struct client *start(struct server *server, int fd) {
    pthread_mutex_lock(&server->clients.lock);
    struct client *client = server->clients.first;
    while (client != NULL && (client->fd != fd || client->started)) {
        client = client->next;
    }
    if (client != NULL) {
        client->started = true;
    }
    if (client == NULL || client->cut) {
        (void)shutdown(fd, SHUT_RDWR);
    }
    pthread_mutex_unlock(&server->clients.lock);
    return client;
}

static bool has_unread(int fd) {
    char byte;
    return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

void clients_notify(void *ctx, struct MHD_Connection *connection, void **context,
                    enum MHD_ConnectionNotificationCode code) {
    struct server *server = ctx;
    int fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    struct client *client = *context;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        *context = start(server, fd);
        return;
    }
    if (client == NULL) {
        return;
    }
    if (client->unread || has_unread(fd)) {
        acceptor_drain(server->state->acceptor, fd);
    }
    clients_drop(client);
}

/* It is told of once a request, and tells nothing of the request that begins: its state is NULL. */
void *clients_note_target(void *ctx, const char *target, struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct client *client = info != NULL ? info->socket_context : NULL;
    (void)ctx;
    if (client != NULL) {
        client->target_len = target != NULL ? strlen(target) : 0;
    }
    return NULL;
}
