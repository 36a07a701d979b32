/* SPDX-License-Identifier: MIT
 *
 * Starts and stops libmicrohttpd. Its limits on size, number and time are set here, and every URL is left as it came:
 * who compares one undoes escapes itself.
 */
#include <config.h>

#include <tools/tamd/http/server.h>

#include <src/base/clock.h>
#include <src/base/limiter.h>
#include <src/base/mem.h>
#include <src/base/str.h>
#include <stdio.h>
#include <tools/common/listen.h>
#include <time.h>
#include <tools/tamd/http/request.h>
#include <tools/tamd/http/tls.h>
#include <unistd.h>

/* Our own limit counts (clients.h). At its own libmicrohttpd 0.9.75 keeps a lock for ever (new_connection_process_()),
 * so it may never be met; each thread has its part of it. */
#define CONNECTIONS_MAX (1u << 30)
#define RESPONSE_MAX    ((size_t)8 << 10)
#define PRIORITIES      "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

static size_t keep_url(void *ctx, struct MHD_Connection *connection, char *text) {
    (void)ctx, (void)connection;
    return strlen(text);
}

/* ---- TLS ---- */

/* Which certificate is shown is asked in each handshake, so that a renewed one is. libmicrohttpd makes the connection
 * known to GnuTLS' session, and clients_notify() the client to the connection. */
static struct server *server_of(gnutls_session_t session) {
    struct MHD_Connection *connection = gnutls_session_get_ptr(session);
    const union MHD_ConnectionInfo *info =
        connection != NULL ? MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT) : NULL;
    const struct client *client = info != NULL ? info->socket_context : NULL;
    return client != NULL ? client->server : NULL;
}

static int show_certificate(gnutls_session_t session, const struct gnutls_cert_retr_st *info,
                            gnutls_pcert_st **ret_certificates, unsigned *ret_count, gnutls_ocsp_data_st **ret_ocsp,
                            unsigned *ret_ocsp_count, gnutls_privkey_t *ret_key, unsigned *ret_flags) {
    struct server *server = server_of(session);
    (void)info;
    if (server == NULL) {
        return -1;
    }
    pthread_mutex_lock(&server->lock);
    struct tls *tls = tls_take(server->tls);
    pthread_mutex_unlock(&server->lock);
    bool good = tls_copy(tls, ret_certificates, ret_count, ret_key);
    tls_give(tls);
    *ret_ocsp = NULL;
    *ret_ocsp_count = 0;
    *ret_flags = GNUTLS_CERT_RETR_DEINIT_ALL;
    return good ? 0 : -1;
}

/* ---- libmicrohttpd ---- */

static unsigned thread_count(const struct server *server) {
    if (server->listener == LISTENER_ADMIN) {
        return 1;
    }
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    if (server->limits.threads > 0) {
        return server->limits.threads;
    }
    return cores > 0 ? (unsigned)cores : 1;
}

/* Mostly faults of clients, for debugging. */
__attribute__((format(printf, 2, 0))) static void library_log(void *ctx, const char *format, va_list arguments) {
    char text[512];
    (void)ctx;
    int len = vsnprintf(text, sizeof text, format, arguments);
    while (len > 0 && (size_t)len < sizeof text && text[len - 1] == '\n') {
        len--;
    }
    if (len > 0 && (size_t)len < sizeof text) {
        log_line(TAM_LOG_DEBUG, "libmicrohttpd: %.*s", len, text);
    }
}

/* Request and answer share a connection's memory, all of which libmicrohttpd clears after each (measured: 64K more, 3
 * us). So there is little beside what the largest request takes; any other leaves more to its answer. */
static size_t memory_size(const struct settings_limits *limits) {
    return limits->header_size + RESPONSE_MAX;
}

static bool daemon_start(struct server *server) {
    const struct settings_limits *limits = &server->limits;
    unsigned threads = thread_count(server);
    bool tls = server->tls != NULL;
    struct MHD_OptionItem options[] = {
        { MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)clients_notify, server },
        { MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)clients_note_target, server },
        { MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)request_over, server },
        { MHD_OPTION_UNESCAPE_CALLBACK, (intptr_t)keep_url, NULL },
        { MHD_OPTION_CONNECTION_MEMORY_LIMIT, (intptr_t)memory_size(limits), NULL },
        { MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX, NULL },
        { MHD_OPTION_CONNECTION_TIMEOUT, limits->idle_timeout, NULL },
        { MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL },
        { threads > 1 ? MHD_OPTION_THREAD_POOL_SIZE : MHD_OPTION_END, threads, NULL },
        { MHD_OPTION_END, 0, NULL },
    };
    struct MHD_OptionItem secure[] = {
        { tls ? MHD_OPTION_HTTPS_CERT_CALLBACK2 : MHD_OPTION_END, 0, (void *)(uintptr_t)show_certificate },
        { MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)PRIORITIES },
        { MHD_OPTION_END, 0, NULL },
    };
    unsigned flags = (unsigned)MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME |
                     MHD_USE_ERROR_LOG | (tls ? (unsigned)MHD_USE_TLS : 0);
    server->daemon =
        MHD_start_daemon(flags, 0, NULL, NULL, request_handle, server, MHD_OPTION_EXTERNAL_LOGGER, library_log, server,
                         MHD_OPTION_ARRAY, options, MHD_OPTION_ARRAY, secure, MHD_OPTION_END);
    return server->daemon != NULL;
}

/* ---- Its life ---- */

static void wiped_free(char *text) {
    mem_free_wiped(text, str_of(text).len);
}

static bool settings_take(struct server *server, const struct settings_listen *settings) {
    if (settings == NULL) {
        return true;
    }
    server->address = mem_text(settings->address);
    server->tls = tls_take(settings->tls);
    server->secret = settings->secret.len > 0 ? mem_text(settings->secret) : NULL;
    return server->address != NULL && (server->secret != NULL || settings->secret.len == 0);
}

struct server *server_start(struct state *state, enum listener listener, int socket,
                            const struct settings_listen *settings, const struct settings_limits *limits) {
    struct server *server = mem_alloc(sizeof *server);
    if (server == NULL) {
        log_line(TAM_LOG_ERROR, "memory ran out");
        close(socket);
        return NULL;
    }
    *server = (struct server){ .state = state, .listener = listener, .socket = socket, .limits = *limits };
    server->local = listen_is_unix(socket);
    pthread_mutex_init(&server->lock, NULL);
    pthread_mutex_init(&server->clients.lock, NULL);
    if (settings_take(server, settings) && daemon_start(server)) {
        return server;
    }
    log_line(TAM_LOG_ERROR, "libmicrohttpd cannot start");
    server_stop(server);
    return NULL;
}

/* ---- Renewing ---- */

static void say_renewed(const struct server *server, const struct tls *tls) {
    char day[32] = "";
    struct tm date;
    time_t ends = (time_t)tls_ends(tls);
    if (gmtime_r(&ends, &date) != NULL) {
        (void)strftime(day, sizeof day, "%Y-%m-%d %H:%M:%S UTC", &date);
    }
    log_line(TAM_LOG_INFO, "the certificate of %s was renewed; it is valid until %s", server->address, day);
}

/* One that was not there before needs a restart, as settings_need_restart() says. */
static struct tls *tls_exchange(struct server *server, struct tls *new) {
    struct tls *old = NULL;
    pthread_mutex_lock(&server->lock);
    if (server->tls != NULL && new != NULL && !tls_same(server->tls, new)) {
        old = server->tls;
        server->tls = tls_take(new);
    }
    pthread_mutex_unlock(&server->lock);
    return old;
}

static void secret_exchange(struct server *server, struct tam_str new) {
    char *secret = new.len > 0 ? mem_text(new) : NULL;
    if ((new.len > 0 && secret == NULL) || str_equal(str_of(server->secret), new)) {
        wiped_free(secret);
        return;
    }
    pthread_mutex_lock(&server->lock);
    char *old = server->secret;
    server->secret = secret;
    pthread_mutex_unlock(&server->lock);
    wiped_free(old);
    log_line(TAM_LOG_INFO, "the secret of %s was renewed", server->address);
}

void server_renew(struct server *server, const struct settings_listen *settings) {
    struct tls *old = tls_exchange(server, settings->tls);
    if (old != NULL) {
        say_renewed(server, settings->tls);
    }
    tls_give(old);
    secret_exchange(server, settings->secret);
}

/* ---- Its end ---- */

void server_lost(struct server *server, enum clients_loss loss) {
    static const struct {
        uint32_t level;
        const char *text;
    } rows[LOSS_COUNT] = {
        [LOSS_ADDRESS] = { TAM_LOG_WARNING,
                           "an address has as many connections as connections_per_address lets it have" },
        [LOSS_PLACES] = { TAM_LOG_WARNING,
                          "as many connections are open as limits lets there be, and all of them work" },
        [LOSS_DESCRIPTORS] = { TAM_LOG_ERROR,
                               "no descriptor is left for a new connection: raise the limit of open files, "
                               "or lower connections in the statement limits" },
        [LOSS_MEMORY] = { TAM_LOG_ERROR, "memory ran out for a new connection" },
        [LOSS_LATE] = { TAM_LOG_INFO, "a connection took longer for a request than limits lets it, and was ended" },
        [LOSS_EVICTED] = { TAM_LOG_WARNING,
                           "as many connections are open as limits lets there be: one that waited was ended "
                           "for a new one" },
    };
    struct state *state = server->state;
    atomic_fetch_add_explicit(&state->lost[server->listener][loss], 1, memory_order_relaxed);
    if (limiter_pass(&state->lost_complaints[loss], clock_monotonic())) {
        log_line(rows[loss].level, "%s", rows[loss].text);
    }
}

void server_stop(struct server *server) {
    if (server == NULL) {
        return;
    }
    if (server->daemon != NULL) {
        MHD_stop_daemon(server->daemon);
    }
    clients_free(server);
    if (server->address != NULL) {
        listen_unlink(server->socket);
    }
    close(server->socket);
    tls_give(server->tls);
    mem_free(server->address);
    wiped_free(server->secret);
    pthread_mutex_destroy(&server->lock);
    mem_free(server);
}
