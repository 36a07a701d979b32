/* SPDX-License-Identifier: MIT
 *
 * Starts and stops libmicrohttpd. Its limits on size, number and time are set here, and every URL is left as it came: who
 * compares one undoes escapes itself.
 */
#include <config.h>

#include <tools/tamd/server.h>

#include <src/base/mem.h>
#include <src/base/owner.h>
#include <src/base/str.h>
#include <stdio.h>
#include <tools/listen.h>
#include <tools/tamd/request.h>
#include <unistd.h>

#define PEM_MAX      ((size_t)1 << 20)
#define RESPONSE_MAX ((size_t)8 << 10)
#define PRIORITIES   "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

static size_t keep_url(void *ctx, struct MHD_Connection *connection, char *text) {
    (void)ctx, (void)connection;
    return strlen(text);
}

static bool pem_read(struct tam_str path, bool any_owner, char **ret_pem) {
    struct buf content, why;
    if (path.len == 0)
        return true;
    buf_init(&content, PEM_MAX);
    buf_init(&why, PEM_MAX);
    bool good = owner_read(path.ptr, any_owner ? OWNER_ANY : 0, PEM_MAX, &content, &why);
    if (good)
        *ret_pem = mem_text(buf_str(&content));
    else
        log_line(TAM_LOG_ERROR, "%.*s", STR_PRINT(buf_str(&why)));
    buf_free(&content);
    buf_free(&why);
    return good && *ret_pem != NULL;
}

static unsigned thread_count(const struct server *server) {
    if (server->listener == LISTENER_ADMIN)
        return 1;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    if (server->limits.threads > 0)
        return server->limits.threads;
    return cores > 0 ? (unsigned)cores : 1;
}

/* What clients do wrong, mostly: for whoever looks for it. */
__attribute__((format(printf, 2, 0))) static void library_log(void *ctx, const char *format, va_list arguments) {
    char text[512];
    (void)ctx;
    int len = vsnprintf(text, sizeof text, format, arguments);
    while (len > 0 && (size_t)len < sizeof text && text[len - 1] == '\n')
        len--;
    if (len > 0 && (size_t)len < sizeof text)
        log_line(TAM_LOG_DEBUG, "libmicrohttpd: %.*s", len, text);
}

/* Request and answer share a connection's memory, all of which libmicrohttpd clears after each (measured: 64K more, 3 us). So
 * there is little beside what the largest request takes; any other leaves more to its answer. */
static size_t memory_size(const struct settings_limits *limits) {
    return limits->header_size + RESPONSE_MAX;
}

/* Ours count (clients.h). libmicrohttpd's, shared out among its threads, is beyond what they can reach, those that are being
 * closed included. */
static unsigned connection_limit(const struct settings_limits *limits, unsigned threads) {
    return 2 * (limits->connections + CLIENTS_RESERVED) + threads;
}

static bool daemon_start(struct server *server) {
    const struct settings_limits *limits = &server->limits;
    unsigned threads = thread_count(server);
    bool tls = server->certificate != NULL;
    struct MHD_OptionItem options[] = {
        { MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)clients_notify, server },
        { MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)clients_note_target, server },
        { MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)request_over, server },
        { MHD_OPTION_UNESCAPE_CALLBACK, (intptr_t)keep_url, NULL },
        { MHD_OPTION_CONNECTION_MEMORY_LIMIT, (intptr_t)memory_size(limits), NULL },
        { MHD_OPTION_CONNECTION_LIMIT, connection_limit(limits, threads), NULL },
        { MHD_OPTION_CONNECTION_TIMEOUT, limits->idle_timeout, NULL },
        { MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL },
        { threads > 1 ? MHD_OPTION_THREAD_POOL_SIZE : MHD_OPTION_END, threads, NULL },
        { MHD_OPTION_END, 0, NULL },
    };
    struct MHD_OptionItem secure[] = {
        { tls ? MHD_OPTION_HTTPS_MEM_CERT : MHD_OPTION_END, 0, server->certificate },
        { MHD_OPTION_HTTPS_MEM_KEY, 0, server->key },
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

static bool settings_take(struct server *server, const struct settings_listen *settings, bool any_owner) {
    if (settings == NULL)
        return true;
    if (settings->secret.len > 0) {
        server->secret = mem_text(settings->secret);
        if (server->secret == NULL)
            return false;
    }
    return pem_read(settings->certificate_file, any_owner, &server->certificate) &&
           pem_read(settings->key_file, any_owner, &server->key);
}

static void wiped_free(char *text) {
    mem_free_wiped(text, str_of(text).len);
}

struct server *server_start(struct state *state, enum listener listener, int socket,
                            const struct settings_listen *settings, const struct settings_limits *limits,
                            bool any_owner) {
    struct server *server = mem_alloc(sizeof *server);
    if (server == NULL) {
        log_line(TAM_LOG_ERROR, "memory ran out");
        close(socket);
        return NULL;
    }
    *server = (struct server){ .state = state, .listener = listener, .socket = socket, .limits = *limits };
    server->local = listen_is_unix(socket);
    server->own = settings != NULL;
    pthread_mutex_init(&server->clients.lock, NULL);
    if (settings_take(server, settings, any_owner) && daemon_start(server))
        return server;
    log_line(TAM_LOG_ERROR, "libmicrohttpd cannot start; are certificate and key good?");
    server_stop(server);
    return NULL;
}

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
    if (log_second_pass(&state->lost_complaints[loss]))
        log_line(rows[loss].level, "%s", rows[loss].text);
}

void server_stop(struct server *server) {
    if (server == NULL)
        return;
    if (server->daemon != NULL)
        MHD_stop_daemon(server->daemon);
    clients_free(server);
    if (server->own)
        listen_unlink(server->socket);
    close(server->socket);
    mem_free(server->certificate);
    wiped_free(server->key);
    wiped_free(server->secret);
    mem_free(server);
}
