/* SPDX-License-Identifier: MIT
 *
 * The HTTPS side of the development identity provider: GET and HEAD of documents, nothing else. TLS 1.2 and 1.3 are
 * libmicrohttpd's, which is GnuTLS's.
 */
#include <config.h>

#include <tools/issuer/http.h>

#include <microhttpd.h>
#include <openssl/evp.h>
#include <src/base/base64.h>
#include <src/base/mem.h>
#include <src/base/quote.h>
#include <src/base/str.h>
#include <tools/issuer/documents.h>
#include <unistd.h>

#define BODY_MAX      ((size_t)1 << 20)
#define AUTHORITY_MAX 300
#define LOG_LINE_MAX  4096
#define IDLE_SECONDS  30
#define PRIORITIES    "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

struct issuer_server {
    struct issuer_server_options options;
    struct MHD_Daemon *daemon;
};

/* ---- whom a client asks ----------------------------------------------------------------------------------------- */

/* Without the port; an IPv6 address without its brackets. */
static struct tam_str host_of(struct tam_str authority) {
    if (authority.len > 0 && authority.ptr[0] == '[') {
        return (struct tam_str){ authority.ptr + 1, str_find(str_from(authority, 1), ']') };
    }
    return (struct tam_str){ authority.ptr, str_find(authority, ':') };
}

static bool name_fits(struct tam_str name, struct tam_str host) {
    if (!str_starts(name, STR("*."))) {
        return str_equal_nocase(name, host);
    }
    return str_equal_nocase(str_from(name, 2), str_from(host, str_find(host, '.') + 1));
}

/* A host that the certificate is not made for was not reached over this connection by an honest client. */
static bool host_known(const struct issuer_server_options *options, struct tam_str host) {
    for (size_t i = 0; i < options->name_count; i++) {
        if (name_fits(str_of(options->names[i]), host)) {
            return true;
        }
    }
    return false;
}

/* The Host header in lower case, without the port that https has by itself; into out of AUTHORITY_MAX bytes. */
static bool authority_read(struct MHD_Connection *connection, char *out, struct tam_str *ret_authority) {
    struct tam_str host = str_of(MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST));
    if (str_ends(host, STR(":443"))) {
        host.len -= 4;
    }
    if (host.len == 0 || host.len > AUTHORITY_MAX) {
        return false;
    }
    str_lower(host, out);
    *ret_authority = (struct tam_str){ out, host.len };
    return true;
}

/* ---- the answer ------------------------------------------------------------------------------------------------- */

struct answer {
    unsigned status;
    struct buf body;
    char etag[32];
};

static bool etag_make(struct answer *answer) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    char text[BASE64_ENCODED_MAX(EVP_MAX_MD_SIZE)];
    size_t len = 0;
    struct tam_str body = buf_str(&answer->body);
    if (EVP_Q_digest(NULL, "SHA256", NULL, body.ptr, body.len, digest, &len) != 1) {
        return false;
    }
    base64url_encode((struct tam_str){ (const char *)digest, 15 }, text);
    answer->etag[0] = '"';
    memcpy(answer->etag + 1, text, 20);
    memcpy(answer->etag + 21, "\"", 2);
    return true;
}

static bool header_add(struct MHD_Response *response, const char *name, const char *value) {
    return value == NULL || MHD_add_response_header(response, name, value) == MHD_YES;
}

static enum MHD_Result answer_send(const struct issuer_server *server, struct MHD_Connection *connection,
                                   const struct answer *answer) {
    struct tam_str body = answer->status == MHD_HTTP_NOT_MODIFIED ? STR_NONE : buf_str(&answer->body);
    struct buf copy;
    buf_init(&copy, BODY_MAX);
    buf_add(&copy, body); /* libmicrohttpd takes a pointer to bytes it may change */
    struct MHD_Response *response = MHD_create_response_from_buffer(copy.len, copy.ptr, MHD_RESPMEM_MUST_COPY);
    buf_free(&copy);
    if (response == NULL) {
        return MHD_NO;
    }
    bool good = header_add(response, "X-Tam-Issuer", "development only, not for production") &&
                header_add(response, MHD_HTTP_HEADER_CONTENT_TYPE, "application/json; charset=utf-8");
    if (answer->etag[0] != '\0') {
        good = good && header_add(response, MHD_HTTP_HEADER_ETAG, answer->etag) &&
               header_add(response, MHD_HTTP_HEADER_CACHE_CONTROL, server->options.cache_control);
    }
    if (answer->status == MHD_HTTP_METHOD_NOT_ALLOWED) {
        good = good && header_add(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    }
    enum MHD_Result result = good ? MHD_queue_response(connection, answer->status, response) : MHD_NO;
    MHD_destroy_response(response);
    return result;
}

static bool is_cached(struct MHD_Connection *connection, const struct answer *answer) {
    const char *tag = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_IF_NONE_MATCH);
    return tag != NULL && str_equal(str_of(tag), str_of(answer->etag));
}

/* The outage is switched by a file, not by a signal: its state can be seen, and it survives a restart. */
static bool outage_is_on(const struct issuer_server_options *options) {
    return access(options->outage, F_OK) == 0;
}

static void document_answer(const struct issuer_server *server, struct MHD_Connection *connection,
                            struct tam_str authority, const char *path, struct answer *answer) {
    if (outage_is_on(&server->options)) {
        answer->status = MHD_HTTP_SERVICE_UNAVAILABLE;
        buf_add_text(&answer->body, "{\"error\":\"there is a file DIR/outage\"}");
        return;
    }
    if (!host_known(&server->options, host_of(authority))) {
        answer->status = MHD_HTTP_MISDIRECTED_REQUEST;
        buf_add_text(&answer->body, "{\"error\":\"no such host here; see --name\"}");
        return;
    }
    answer->status = issuer_document(server->options.keys, authority, str_of(path), &answer->body);
    if (answer->status == MHD_HTTP_OK && etag_make(answer) && is_cached(connection, answer)) {
        answer->status = MHD_HTTP_NOT_MODIFIED;
    }
}

/* ---- the log ---------------------------------------------------------------------------------------------------- */

static enum MHD_Result argument_log(void *ctx, enum MHD_ValueKind kind, const char *name, const char *value) {
    struct buf *line = ctx;
    (void)kind;
    buf_add_byte(line, ' ');
    quote_add(line, str_of(name));
    buf_add_byte(line, '=');
    quote_add(line, str_of(value));
    return MHD_YES;
}

/* "GET login.microsoftonline.com /common/discovery/v2.0/keys 200 appid=…" in one write(2). */
static void request_log(const struct issuer_server *server, struct MHD_Connection *connection, const char *method,
                        struct tam_str authority, const char *path, unsigned status) {
    if (server->options.log < 0) {
        return;
    }
    struct buf line;
    buf_init(&line, LOG_LINE_MAX);
    quote_add(&line, str_of(method));
    buf_add_byte(&line, ' ');
    quote_add(&line, authority);
    buf_add_byte(&line, ' ');
    quote_add(&line, str_of(path));
    buf_format(&line, " %u", status);
    MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, argument_log, &line);
    buf_add_byte(&line, '\n');
    struct tam_str text = buf_str(&line);
    ssize_t ignored = text.len > 0 ? write(server->options.log, text.ptr, text.len) : 0;
    (void)ignored; /* a full disk is no reason to stop serving */
    buf_free(&line);
}

static enum MHD_Result request_answer(void *ctx, struct MHD_Connection *connection, const char *url, const char *method,
                                      const char *version, const char *upload, size_t *upload_size, void **state) {
    static int headers_seen;
    struct issuer_server *server = ctx;
    (void)version, (void)upload;
    if (*state == NULL) { /* called first with the headers alone; an answer now would end the connection */
        *state = &headers_seen;
        return MHD_YES;
    }
    *upload_size = 0;
    struct answer answer = { .status = MHD_HTTP_BAD_REQUEST };
    buf_init(&answer.body, BODY_MAX);
    char text[AUTHORITY_MAX];
    struct tam_str authority = STR_NONE;
    bool readable = authority_read(connection, text, &authority);
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0) {
        answer.status = MHD_HTTP_METHOD_NOT_ALLOWED;
    } else if (readable) {
        document_answer(server, connection, authority, url, &answer);
    }
    request_log(server, connection, method, authority, url, answer.status);
    enum MHD_Result result = answer_send(server, connection, &answer);
    buf_free(&answer.body);
    return result;
}

/* ---- its life --------------------------------------------------------------------------------------------------- */

struct issuer_server *issuer_server_start(const struct issuer_server_options *options, struct buf *why) {
    struct issuer_server *server = mem_alloc(sizeof *server);
    if (server == NULL) {
        return NULL;
    }
    server->options = *options;
    server->daemon = MHD_start_daemon(
        MHD_USE_TLS | MHD_USE_EPOLL, 0, NULL, NULL, request_answer, server, MHD_OPTION_LISTEN_SOCKET, options->socket,
        MHD_OPTION_HTTPS_MEM_CERT, options->certificate, MHD_OPTION_HTTPS_MEM_KEY, options->key,
        MHD_OPTION_HTTPS_PRIORITIES, PRIORITIES, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS, MHD_OPTION_END);
    if (server->daemon != NULL) {
        return server;
    }
    buf_add_text(why, "libmicrohttpd cannot start; was it built with TLS?");
    mem_free(server);
    return NULL;
}

void issuer_server_stop(struct issuer_server *server) {
    if (server == NULL) {
        return;
    }
    MHD_stop_daemon(server->daemon);
    mem_free(server);
}

int issuer_server_descriptor(const struct issuer_server *server) {
    return MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
}

int issuer_server_timeout(const struct issuer_server *server) {
    MHD_UNSIGNED_LONG_LONG timeout = 0;
    if (MHD_get_timeout(server->daemon, &timeout) != MHD_YES) {
        return -1;
    }
    return timeout < IDLE_SECONDS * 1000 ? (int)timeout : IDLE_SECONDS * 1000;
}

bool issuer_server_run(struct issuer_server *server) {
    return MHD_run(server->daemon) == MHD_YES;
}
