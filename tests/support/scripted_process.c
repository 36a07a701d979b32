/* SPDX-License-Identifier: MIT
 *
 * The process of a scripted server: it takes connections, a thread each, and plays what the script says.
 */
#include <config.h>

#include <tests/support/scripted_script.h>

#include <errno.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <src/base/mem.h>
#include <src/base/str.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <tools/issuer/certificate.h>
#include <unistd.h>

#define BACKLOG 511

static SSL_CTX *contexts[SCRIPTED_DOORS]; /* NULL: no TLS behind that door */

/* ---- One connection's bytes ------------------------------------------------------------------------------------- */

struct connection {
    struct scripted_script *script;
    enum scripted_door door;
    int fd;
    SSL *ssl; /* NULL: plain */
};

static bool connection_encrypt(struct connection *connection, enum scripted_door door) {
    connection->ssl = SSL_new(contexts[door]);
    return connection->ssl != NULL && SSL_set_fd(connection->ssl, connection->fd) == 1 &&
           SSL_accept(connection->ssl) == 1;
}

/* 0 where the client has left, or nothing more can be had of it. */
static size_t connection_read(const struct connection *connection, char *bytes, size_t size) {
    ssize_t len =
        connection->ssl != NULL ? SSL_read(connection->ssl, bytes, (int)size) : recv(connection->fd, bytes, size, 0);
    return len > 0 ? (size_t)len : 0;
}

/* False: the client has left. */
static bool connection_write(const struct connection *connection, struct tam_str bytes) {
    while (bytes.len > 0) {
        ssize_t len = connection->ssl != NULL ? SSL_write(connection->ssl, bytes.ptr, (int)bytes.len)
                                              : send(connection->fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
        if (len <= 0) {
            return false;
        }
        bytes = str_from(bytes, (size_t)len);
    }
    return true;
}

static void connection_linger(const struct connection *connection) {
    char bytes[1024];
    while (connection_read(connection, bytes, sizeof bytes) > 0) {
        continue;
    }
}

/* Ends when the client leaves, whatever is left to send. */
static bool connection_write_slowly(const struct connection *connection, struct tam_str bytes, unsigned ms) {
    const struct timespec pause = { ms / 1000, (long)(ms % 1000) * 1000000 };
    for (size_t i = 0; i < bytes.len; i++) {
        if (!connection_write(connection, (struct tam_str){ bytes.ptr + i, 1 })) {
            return false;
        }
        nanosleep(&pause, NULL);
    }
    return true;
}

/* ---- One answer ------------------------------------------------------------------------------------------------- */

/* A copy of what the script said when the request came. */
struct answer {
    struct buf head, headers, body;
    enum scripted_manner manner;
    unsigned number;
    bool good; /* its status is 200 */
};

static bool names_length(const char *headers) {
    return strcasestr(headers, "content-length:") != NULL || strcasestr(headers, "transfer-encoding:") != NULL;
}

/* [lock] */
static void head_write(const struct scripted_route *route, struct buf *head) {
    size_t announced = route->body_len + (route->manner == SCRIPTED_SHORT ? route->number : 0);
    buf_format(head, "HTTP/1.1 %s\r\n%s", route->status, route->headers);
    if (route->manner == SCRIPTED_ENDLESS_HEAD) {
        return;
    }
    if (!names_length(route->headers) && route->manner != SCRIPTED_ENDLESS) {
        buf_format(head, "Content-Length: %zu\r\n", announced);
    }
    buf_add_text(head, "Connection: close\r\n\r\n");
}

/* [lock] */
static void answer_copy(const struct scripted_route *route, struct answer *ret_answer) {
    buf_init(&ret_answer->head, 2 * SCRIPTED_HEAD_MAX);
    buf_init(&ret_answer->headers, SCRIPTED_HEAD_MAX);
    buf_init(&ret_answer->body, SCRIPTED_BODY_MAX);
    head_write(route, &ret_answer->head);
    buf_add_text(&ret_answer->headers, route->headers);
    buf_add(&ret_answer->body, (struct tam_str){ route->body, route->body_len });
    ret_answer->manner = route->manner;
    ret_answer->number = route->number;
    ret_answer->good = strncmp(route->status, "200", 3) == 0;
}

static void answer_free(struct answer *answer) {
    buf_free(&answer->head);
    buf_free(&answer->headers);
    buf_free(&answer->body);
}

static void endless_send(const struct connection *connection, struct tam_str piece) {
    while (piece.len > 0 && connection_write(connection, piece)) {
        continue;
    }
}

static void answer_send(const struct connection *connection, const struct answer *answer) {
    struct tam_str head = buf_str(&answer->head), body = buf_str(&answer->body);
    if (answer->manner == SCRIPTED_SLOW) {
        connection_write_slowly(connection, head, answer->number);
    } else if (answer->manner != SCRIPTED_SILENT && answer->manner != SCRIPTED_RAW) {
        connection_write(connection, head);
    }
    switch (answer->manner) {
    case SCRIPTED_SLOW:
    case SCRIPTED_SLOW_BODY:
        connection_write_slowly(connection, body, answer->number);
        break;
    case SCRIPTED_CUT:
        connection_write(connection,
                         (struct tam_str){ body.ptr, answer->number < body.len ? answer->number : body.len });
        shutdown(connection->fd, SHUT_RDWR);
        break;
    case SCRIPTED_ENDLESS_HEAD:
        endless_send(connection, buf_str(&answer->headers));
        break;
    case SCRIPTED_ENDLESS:
        endless_send(connection, body);
        break;
    case SCRIPTED_SILENT:
    case SCRIPTED_SILENT_BODY:
        connection_linger(connection);
        break;
    case SCRIPTED_SHORT:
        connection_write(connection, body);
        connection_linger(connection);
        break;
    case SCRIPTED_RAW:
        connection_write(connection, body);
        shutdown(connection->fd, SHUT_RDWR);
        break;
    case SCRIPTED_AT_ONCE:
        connection_write(connection, body);
        break;
    }
}

/* ---- One request ------------------------------------------------------------------------------------------------ */

/* The bytes of its body; 0 without a Content-Length, and for a body that is too large to be kept. */
static size_t body_length(const char *head) {
    const char *line = strcasestr(head, "\r\ncontent-length:");
    const char *digits = line != NULL ? line + strlen("\r\ncontent-length:") : "";
    digits += strspn(digits, " ");
    int64_t length = 0;
    bool good = str_number((struct tam_str){ digits, strspn(digits, "0123456789") }, SCRIPTED_HEAD_MAX - 1, &length);
    return good ? (size_t)length : 0;
}

/* Up to the empty line and the body's end; false where they did not come. What follows the empty line is cut off as the
 * body. */
static bool request_read(const struct connection *connection, struct buf *ret_head, struct buf *ret_body) {
    char bytes[1024];
    const char *end = NULL;
    while (end == NULL || ret_head->len - (size_t)(end - ret_head->ptr) < body_length(ret_head->ptr)) {
        size_t len = connection_read(connection, bytes, sizeof bytes);
        if (len == 0 || memchr(bytes, '\0', len) != NULL) {
            return false;
        }
        buf_add(ret_head, (struct tam_str){ bytes, len });
        if (ret_head->failed) {
            return false;
        }
        end = strstr(ret_head->ptr, "\r\n\r\n");
        end = end != NULL ? end + strlen("\r\n\r\n") : NULL;
    }
    buf_add(ret_body, str_from(buf_str(ret_head), (size_t)(end - ret_head->ptr)));
    ret_head->len = (size_t)(end - ret_head->ptr);
    ret_head->ptr[ret_head->len] = '\0';
    return true;
}

static struct tam_str request_target(const struct buf *head) {
    struct tam_str rest = buf_str(head), method = STR_NONE, target = STR_NONE;
    str_cut(&rest, ' ', &method);
    str_cut(&rest, ' ', &target);
    return target;
}

/* [lock] */
static struct scripted_route *route_for(struct scripted_script *script, struct tam_str target) {
    struct scripted_route *best = &script->routes[0];
    for (size_t i = 1; i < script->route_count; i++) {
        struct scripted_route *route = &script->routes[i];
        if (str_starts(target, str_of(route->path)) && strlen(route->path) >= strlen(best->path)) {
            best = route;
        }
    }
    return best;
}

static bool request_held(struct scripted_script *script, struct tam_str target) {
    script_lock(script);
    bool held = route_for(script, target)->held;
    script_unlock(script);
    return held;
}

static void request_answer(const struct connection *connection, const struct buf *head, const struct buf *body,
                           struct answer *ret_answer) {
    struct scripted_script *script = connection->script;
    struct tam_str target = request_target(head);
    script_lock(script);
    struct scripted_route *route = route_for(script, target);
    route->requests++;
    snprintf(route->last_head, sizeof route->last_head, "%s", head->ptr);
    snprintf(route->last_body, sizeof route->last_body, "%s", body->len > 0 ? body->ptr : "");
    answer_copy(route, ret_answer);
    script_unlock(script);
    while (request_held(script, target)) {
        script_pause();
    }
    answer_send(connection, ret_answer);
}

/* Returns whether what follows is for another server, as the client asked for and the script granted. */
static bool request_serve(const struct connection *connection) {
    struct answer answer;
    struct buf head, body;
    bool tunnel = false;
    buf_init(&head, 2 * SCRIPTED_HEAD_MAX - 2);
    buf_init(&body, SCRIPTED_HEAD_MAX - 1);
    if (request_read(connection, &head, &body)) {
        request_answer(connection, &head, &body, &answer);
        tunnel = answer.good && str_starts(buf_str(&head), STR("CONNECT "));
        answer_free(&answer);
    }
    buf_free(&body);
    buf_free(&head);
    return tunnel;
}

/* ---- One connection --------------------------------------------------------------------------------------------- */

static void connection_serve(struct connection *connection) {
    switch (connection->door) {
    case SCRIPTED_MUTE:
        connection_linger(connection);
        break;
    case SCRIPTED_HANG_UP:
        break;
    case SCRIPTED_PROXY:
        if (request_serve(connection) && connection_encrypt(connection, SCRIPTED_TLS)) {
            request_serve(connection);
        }
        break;
    case SCRIPTED_PLAIN:
        request_serve(connection);
        break;
    case SCRIPTED_TLS:
    case SCRIPTED_EXPIRED:
    case SCRIPTED_EARLY:
    case SCRIPTED_OTHER_NAME:
    case SCRIPTED_OTHER_AUTHORITY:
    case SCRIPTED_TLS_1_1:
    case SCRIPTED_DOORS:
        if (connection_encrypt(connection, connection->door)) {
            request_serve(connection);
        }
        break;
    }
}

static void *connection_run(void *arg) {
    struct connection *connection = arg;
    connection_serve(connection);
    if (connection->ssl != NULL) {
        SSL_shutdown(connection->ssl);
    }
    SSL_free(connection->ssl);
    close(connection->fd);
    mem_free(connection);
    return NULL;
}

static void connection_take(struct scripted_script *script, int listener) {
    pthread_t thread;
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0) {
        return;
    }
    script_lock(script);
    enum scripted_door door = script->door;
    script->connections++;
    script_unlock(script);
    struct connection *connection = mem_alloc(sizeof *connection);
    if (connection == NULL) {
        _exit(1);
    }
    *connection = (struct connection){ script, door, fd, NULL };
    if (pthread_create(&thread, NULL, connection_run, connection) != 0) {
        _exit(1);
    }
    pthread_detach(thread);
}

/* ---- The process ------------------------------------------------------------------------------------------------ */

static bool context_load(SSL_CTX *context, const struct scripted_certificate *pem) {
    struct buf why;
    buf_init(&why, 1024);
    X509 *certificate = certificate_read_pem(buf_str(&pem->certificate), &why);
    EVP_PKEY *key = certificate_read_private_pem(buf_str(&pem->key), &why);
    bool good = certificate != NULL && key != NULL && SSL_CTX_use_certificate(context, certificate) == 1 &&
                SSL_CTX_use_PrivateKey(context, key) == 1;
    X509_free(certificate);
    EVP_PKEY_free(key);
    buf_free(&why);
    return good;
}

/* Takes HTTP/2 of whoever offers it, and cannot speak it: so every test fails whose client does. */
static int protocol_select(SSL *ssl, const unsigned char **ret_name, unsigned char *ret_len,
                           const unsigned char *offered, unsigned len, void *ctx) {
    static const unsigned char wanted[] = "\2h2\10http/1.1";
    (void)ssl, (void)ctx;
    int found =
        SSL_select_next_proto((unsigned char **)(uintptr_t)ret_name, ret_len, wanted, sizeof wanted - 1, offered, len);
    return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

static bool contexts_make(const struct scripted_certificate *certificates) {
    for (int door = 0; door < SCRIPTED_DOORS; door++) {
        if (certificates[door].certificate.len == 0) {
            continue;
        }
        SSL_CTX *context = SSL_CTX_new(TLS_server_method());
        if (context == NULL || !context_load(context, &certificates[door])) {
            return false;
        }
        if (door == SCRIPTED_TLS_1_1) {
            SSL_CTX_set_security_level(context, 0); /* OpenSSL 3 thinks TLS 1.1 too weak for any other */
            SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
            SSL_CTX_set_max_proto_version(context, TLS1_1_VERSION);
        }
        SSL_CTX_set_alpn_select_cb(context, protocol_select, NULL);
        contexts[door] = context;
    }
    return true;
}

static int port_open(unsigned port) {
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((in_port_t)port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int yes = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof yes) == 0 &&
        bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && listen(fd, BACKLOG) == 0) {
        return fd;
    }
    perror("scripted server");
    _exit(1);
}

/* Returns the listener, -1 for none. */
static int order_take(const struct scripted_process *process, int listener) {
    char order = 0;
    if (read(process->control, &order, 1) != 1) {
        _exit(0); /* the test is gone */
    }
    if (order == SCRIPTED_ORDER_OPEN && listener < 0) {
        listener = port_open(process->port);
    } else if (order == SCRIPTED_ORDER_CLOSE && listener >= 0) {
        close(listener);
        listener = -1;
    }
    script_lock(process->script);
    process->script->listening = listener >= 0;
    script_unlock(process->script);
    return listener;
}

void scripted_process_run(const struct scripted_process *process) {
    int listener = -1;
    if (!contexts_make(process->certificates)) {
        return;
    }
    for (;;) {
        struct pollfd watched[2] = { { .fd = process->control, .events = POLLIN },
                                     { .fd = listener, .events = POLLIN } };
        if (poll(watched, 2, -1) < 0 && errno != EINTR) {
            return;
        }
        if (watched[0].revents != 0) {
            listener = order_take(process, listener);
        } else if (watched[1].revents != 0) {
            connection_take(process->script, listener);
        }
    }
}
