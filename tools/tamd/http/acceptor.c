/* SPDX-License-Identifier: MIT
 *
 * One poll(2) over every listening socket and every connection that is drained. It never waits for a client.
 */
#include <config.h>

#include <tools/tamd/http/acceptor.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <src/base/clock.h>
#include <src/base/mem.h>
#include <string.h>
#include <sys/eventfd.h>
#include <tools/tamd/admin/log.h>
#include <tools/tamd/http/server.h>
#include <unistd.h>

#define MILLISECOND (CLOCK_SECOND / 1000)
#define TICK_MS     250
#define BATCH       16 /* connections of one listener at a time */
#define DRAIN_MAX   64
#define DRAIN_TIME  (2 * CLOCK_SECOND)
#define PAUSE_MS    10

struct drained {
    int fd;
    int64_t deadline;
};

struct acceptor {
    struct server *const *servers;
    size_t server_count;
    pthread_t thread;
    struct pollfd *watched; /* of the thread alone, as are the next three */
    int spare;              /* a descriptor to give up for the first connection that finds none; -1: it is in use */
    int64_t paused_until, swept;
    int wake;             /* eventfd: look again */
    pthread_mutex_t lock; /* guards what follows */
    struct drained drained[DRAIN_MAX];
    size_t drained_count;
    bool stopping;
};

/* ---- Accepting ---- */

static bool is_shortage(int error) {
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

static int accept_from(const struct server *server, struct sockaddr_storage *ret_address, socklen_t *ret_len) {
    *ret_len = sizeof *ret_address;
    memset(ret_address, 0, sizeof *ret_address);
    return accept4(server->socket, (struct sockaddr *)ret_address, ret_len, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

/* The first connection that finds no descriptor gets the spare one, and another client that waits goes for it. While
 * there is no spare one either, accepting pauses: the socket stays readable, and poll(2) would return at once for ever.
 */
static int accept_last(struct acceptor *acceptor, struct server *server, struct sockaddr_storage *ret_address,
                       socklen_t *ret_len) {
    server_lost(server, LOSS_DESCRIPTORS);
    if (acceptor->spare < 0) {
        acceptor->paused_until = clock_monotonic() + PAUSE_MS * MILLISECOND;
        return -1;
    }
    close(acceptor->spare);
    acceptor->spare = -1;
    return accept_from(server, ret_address, ret_len);
}

static void take_in(struct server *server, int fd, const struct sockaddr_storage *address, socklen_t len, bool last) {
    enum clients_loss loss;
    const struct sockaddr *any = (const struct sockaddr *)address;
    struct client *client = clients_admit(server, fd, any, last, &loss);
    if (client == NULL) {
        close(fd);
        server_lost(server, loss);
    } else if (MHD_add_connection(server->daemon, fd, any, len) != MHD_YES) { /* closes it */
        clients_drop(client);
        server_lost(server, LOSS_MEMORY);
    }
}

static void accept_batch(struct acceptor *acceptor, struct server *server) {
    struct sockaddr_storage address;
    socklen_t len;
    bool last = false;
    for (int i = 0; i < BATCH && !last; i++) {
        int fd = accept_from(server, &address, &len);
        last = fd < 0 && is_shortage(errno);
        if (last) {
            fd = accept_last(acceptor, server, &address, &len);
        }
        if (fd < 0) {
            return;
        }
        take_in(server, fd, &address, len, last);
    }
}

/* ---- Draining ---- */

/* Until the client closes, or for two seconds whatever it sends. */
static bool is_over(const struct drained *drained, int64_t now) {
    char ignored[16384];
    ssize_t got = recv(drained->fd, ignored, sizeof ignored, MSG_DONTWAIT);
    return got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR) || now >= drained->deadline;
}

static void drain_all(struct acceptor *acceptor) {
    int64_t now = clock_monotonic();
    pthread_mutex_lock(&acceptor->lock);
    for (size_t i = acceptor->drained_count; i-- > 0;) {
        if (!is_over(&acceptor->drained[i], now)) {
            continue;
        }
        close(acceptor->drained[i].fd);
        acceptor->drained[i] = acceptor->drained[--acceptor->drained_count];
    }
    pthread_mutex_unlock(&acceptor->lock);
}

static void ring(const struct acceptor *acceptor) {
    (void)!eventfd_write(acceptor->wake, 1);
}

void acceptor_drain(struct acceptor *acceptor, int fd) {
    if (acceptor == NULL) {
        return;
    }
    pthread_mutex_lock(&acceptor->lock);
    bool room = !acceptor->stopping && acceptor->drained_count < DRAIN_MAX;
    int copy = room ? fcntl(fd, F_DUPFD_CLOEXEC, 0) : -1;
    if (copy >= 0) {
        (void)shutdown(copy, SHUT_WR);
        acceptor->drained[acceptor->drained_count++] = (struct drained){ copy, clock_monotonic() + DRAIN_TIME };
    }
    pthread_mutex_unlock(&acceptor->lock);
    if (copy >= 0) {
        ring(acceptor);
    }
}

/* ---- The thread ---- */

/* The eventfd, then a row for each server, then the drained. Returns how many; *ret_timeout: when to look again anyway.
 */
static nfds_t watch(struct acceptor *acceptor, int *ret_timeout) {
    struct pollfd *at = acceptor->watched;
    const bool short_of_files = clock_monotonic() < acceptor->paused_until;
    bool paused = false, busy = false;
    *at++ = (struct pollfd){ .fd = acceptor->wake, .events = POLLIN };
    for (size_t i = 0; i < acceptor->server_count; i++) {
        struct server *server = acceptor->servers[i];
        bool later = short_of_files || clients_are_leaving(server);
        *at++ = (struct pollfd){ .fd = later ? -1 : server->socket, .events = POLLIN };
        paused = paused || later;
        busy = busy || atomic_load(&server->state->connections[server->listener]) > 0;
    }
    pthread_mutex_lock(&acceptor->lock);
    for (size_t i = 0; i < acceptor->drained_count; i++) {
        *at++ = (struct pollfd){ .fd = acceptor->drained[i].fd, .events = POLLIN };
    }
    busy = busy || acceptor->drained_count > 0;
    pthread_mutex_unlock(&acceptor->lock);
    *ret_timeout = paused ? PAUSE_MS : busy ? TICK_MS : -1;
    return (nfds_t)(at - acceptor->watched);
}

static void sweep(struct acceptor *acceptor) {
    int64_t now = clock_monotonic();
    if (now - acceptor->swept < TICK_MS * MILLISECOND) {
        return;
    }
    acceptor->swept = now;
    for (size_t i = 0; i < acceptor->server_count; i++) {
        clients_sweep(acceptor->servers[i]);
    }
}

static void round_once(struct acceptor *acceptor) {
    int timeout = -1;
    eventfd_t ignored;
    if (acceptor->spare < 0) {
        acceptor->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
    }
    nfds_t count = watch(acceptor, &timeout);
    (void)poll(acceptor->watched, count, timeout);
    (void)!eventfd_read(acceptor->wake, &ignored);
    sweep(acceptor);
    for (size_t i = 0; i < acceptor->server_count; i++) {
        if (acceptor->watched[1 + i].fd >= 0 && acceptor->watched[1 + i].revents != 0) {
            accept_batch(acceptor, acceptor->servers[i]);
        }
    }
    drain_all(acceptor);
}

static bool is_stopping(struct acceptor *acceptor) {
    pthread_mutex_lock(&acceptor->lock);
    bool stopping = acceptor->stopping;
    pthread_mutex_unlock(&acceptor->lock);
    return stopping;
}

static void *run(void *arg) {
    struct acceptor *acceptor = arg;
    while (!is_stopping(acceptor)) {
        round_once(acceptor);
    }
    return NULL;
}

/* ---- Its life ---- */

static struct acceptor *acceptor_make(struct server *const *servers, size_t count) {
    struct acceptor *acceptor = mem_alloc(sizeof *acceptor);
    if (acceptor == NULL) {
        return NULL;
    }
    acceptor->servers = servers;
    acceptor->server_count = count;
    acceptor->watched = mem_array(1 + count + DRAIN_MAX, sizeof *acceptor->watched);
    acceptor->spare = -1;
    acceptor->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    pthread_mutex_init(&acceptor->lock, NULL);
    if (acceptor->watched != NULL && acceptor->wake >= 0) {
        return acceptor;
    }
    acceptor_free(acceptor);
    return NULL;
}

bool acceptor_start(struct server *const *servers, size_t count, struct acceptor **ret_acceptor) {
    struct acceptor *acceptor = acceptor_make(servers, count);
    *ret_acceptor = acceptor;
    if (acceptor != NULL && pthread_create(&acceptor->thread, NULL, run, acceptor) == 0) {
        return true;
    }
    log_line(TAM_LOG_ERROR, "the thread that accepts connections cannot be started");
    acceptor_free(acceptor);
    *ret_acceptor = NULL;
    return false;
}

void acceptor_stop(struct acceptor *acceptor) {
    pthread_mutex_lock(&acceptor->lock);
    acceptor->stopping = true;
    pthread_mutex_unlock(&acceptor->lock);
    ring(acceptor);
    pthread_join(acceptor->thread, NULL);
}

void acceptor_free(struct acceptor *acceptor) {
    if (acceptor == NULL) {
        return;
    }
    for (size_t i = 0; i < acceptor->drained_count; i++) {
        close(acceptor->drained[i].fd);
    }
    close(acceptor->spare);
    close(acceptor->wake);
    pthread_mutex_destroy(&acceptor->lock);
    mem_free(acceptor->watched);
    mem_free(acceptor);
}
