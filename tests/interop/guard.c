/* SPDX-License-Identifier: MIT
 *
 * A small HTTP server with a guarded resource, as one would write it around libtam: the metadata to anybody, everything
 * below the resource's own path to whom tam accepts. It is what the clients in this directory talk to. Loopback, no
 * TLS: no example for a network.
 *
 *     guard SERVICE-FILE       prints "ready port=N"; ${PORT} in the file is N
 */
#include <config.h>

#include <arpa/inet.h>
#include <jansson.h>
#include <microhttpd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <tam/tam.h>
#include <unistd.h>

#define WELL_KNOWN "/.well-known/oauth-protected-resource"

struct guard {
    struct tam_service *service;
    struct tam_document *metadata, *metadata_path;
    char path[256]; /* of the resource */
};

/* ---- Answers ---- */

static struct MHD_Response *response_of(struct tam_str body) {
    return MHD_create_response_from_buffer(body.len, (void *)(uintptr_t)body.ptr, MHD_RESPMEM_MUST_COPY);
}

static void header(struct MHD_Response *response, const char *name, struct tam_str value) {
    char text[4096];
    if (value.len > 0 && value.len < sizeof text) {
        memcpy(text, value.ptr, value.len);
        text[value.len] = '\0';
        MHD_add_response_header(response, name, text);
    }
}

static struct tam_str str(const char *text) {
    return (struct tam_str){ text, strlen(text) };
}

static enum MHD_Result answer(struct MHD_Connection *connection, int status, struct MHD_Response *response) {
    enum MHD_Result queued = MHD_queue_response(connection, (unsigned)status, response);
    MHD_destroy_response(response);
    return queued;
}

/* A browser's client reads the document from another origin, and asks first, for it sends MCP-Protocol-Version. There
 * is nothing secret in it. */
static enum MHD_Result answer_metadata(const struct guard *guard, struct MHD_Connection *connection,
                                       const char *method) {
    int asks_first = strcmp(method, MHD_HTTP_METHOD_OPTIONS) == 0;
    struct MHD_Response *response = response_of(asks_first ? str("") : tam_document_text(guard->metadata));
    header(response, "Access-Control-Allow-Origin", str("*"));
    if (asks_first) {
        header(response, "Access-Control-Allow-Methods", str("GET"));
        header(response, "Access-Control-Allow-Headers", str("*"));
        return answer(connection, MHD_HTTP_NO_CONTENT, response);
    }
    header(response, "Content-Type", str("application/json"));
    header(response, "Cache-Control", str("max-age=300"));
    return answer(connection, MHD_HTTP_OK, response);
}

static json_t *names(struct tam_list list) {
    json_t *array = json_array();
    for (size_t i = 0; i < list.count; i++) {
        json_array_append_new(array, json_stringn(list.items[i].ptr, list.items[i].len));
    }
    return array;
}

static enum MHD_Result answer_accepted(struct MHD_Connection *connection, const struct tam_result *result) {
    struct tam_str subject = tam_result_subject(result), client = tam_result_client_id(result);
    json_t *body = json_pack("{s:s%,s:s%,s:o}", "subject", subject.ptr, subject.len, "client_id",
                             client.len > 0 ? client.ptr : "", client.len, "scopes", names(tam_result_scopes(result)));
    char *text = json_dumps(body, JSON_COMPACT);
    struct MHD_Response *response = response_of(str(text));

    free(text);
    json_decref(body);
    header(response, "Content-Type", str("application/json"));
    return answer(connection, MHD_HTTP_OK, response);
}

static enum MHD_Result answer_refused(struct MHD_Connection *connection, const struct tam_result *result) {
    struct MHD_Response *response = response_of(str(""));
    char seconds[16];
    header(response, "WWW-Authenticate", tam_result_challenge(result));
    if (tam_result_retry_after(result) > 0) {
        (void)snprintf(seconds, sizeof seconds, "%u", tam_result_retry_after(result));
        header(response, "Retry-After", str(seconds));
    }
    return answer(connection, tam_result_status(result), response);
}

/* ---- Requests ---- */

/* The operation's name is its scope: PATH/delete needs delete. */
static enum MHD_Result ask(const struct guard *guard, struct MHD_Connection *connection, const char *operation) {
    const char *authorization = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Authorization");
    struct tam_query query = { .size = sizeof query };
    struct tam_str scope = str(operation);
    if (authorization != NULL) {
        query.authorization = str(authorization);
    }
    if (scope.len > 0) {
        query.scopes = (struct tam_list){ &scope, 1 };
    }
    struct tam_result *result = tam_verify(guard->service, &query);
    enum MHD_Result queued = tam_result_verdict(result) == TAM_VERDICT_ACCEPT ? answer_accepted(connection, result)
                                                                              : answer_refused(connection, result);
    tam_result_free(result);
    return queued;
}

static int is_metadata(const struct guard *guard, const char *url) {
    struct tam_str path = tam_document_text(guard->metadata_path);
    return strcmp(url, WELL_KNOWN) == 0 || (strlen(url) == path.len && memcmp(url, path.ptr, path.len) == 0);
}

static enum MHD_Result handle(void *ctx, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *upload, size_t *upload_size, void **state) {
    const struct guard *guard = ctx;
    size_t len = strlen(guard->path);
    (void)version;
    (void)upload;
    if (*state == NULL || *upload_size > 0) { /* first the head, then the body, of which nothing is wanted */
        *state = ctx;
        *upload_size = 0;
        return MHD_YES;
    }
    if (is_metadata(guard, url)) {
        return answer_metadata(guard, connection, method);
    }
    if (strncmp(url, guard->path, len) == 0 && (url[len] == '\0' || url[len] == '/')) {
        return ask(guard, connection, url[len] == '/' ? url + len + 1 : "");
    }
    return answer(connection, MHD_HTTP_NOT_FOUND, response_of(str("")));
}

/* ---- Life ---- */

static int listen_on_loopback(unsigned *ret_port) {
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, len) < 0 || listen(fd, 64) < 0 ||
        getsockname(fd, (struct sockaddr *)&address, &len) < 0) {
        return -1;
    }
    *ret_port = ntohs(address.sin_port);
    return fd;
}

static int open_guard(const char *file, struct guard *guard) {
    struct tam_faults *faults = NULL;
    if (tam_service_open_file(file, NULL, &guard->service, &faults) < 0) {
        for (size_t i = 0; i < tam_faults_count(faults); i++) {
            fprintf(stderr, "%s\n", tam_faults_text(faults, i));
        }
        tam_faults_free(faults);
        return -1;
    }
    guard->metadata = tam_metadata(guard->service);
    guard->metadata_path = tam_metadata_path(guard->service);
    struct tam_str path = tam_document_text(guard->metadata_path);
    if (path.len <= strlen(WELL_KNOWN) || path.len - strlen(WELL_KNOWN) >= sizeof guard->path) {
        fprintf(stderr, "the resource's URL needs a path\n");
        return -1;
    }
    (void)snprintf(guard->path, sizeof guard->path, "%.*s", (int)(path.len - strlen(WELL_KNOWN)),
                   path.ptr + strlen(WELL_KNOWN));
    return 0;
}

static void close_guard(struct guard *guard) {
    tam_document_free(guard->metadata);
    tam_document_free(guard->metadata_path);
    tam_service_close(guard->service);
}

static int serve(int fd, struct guard *guard, unsigned port) {
    unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION;
    struct MHD_Daemon *daemon =
        MHD_start_daemon(flags, 0, NULL, NULL, handle, guard, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_END);
    sigset_t signals;
    int signal_number;

    if (daemon == NULL) {
        return -1;
    }
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    printf("ready port=%u\n", port);
    fflush(stdout);
    sigwait(&signals, &signal_number);
    MHD_stop_daemon(daemon);
    return 0;
}

int main(int argc, char **argv) {
    struct guard guard = { .service = NULL };
    unsigned port = 0;
    char text[16];
    sigset_t signals;
    int fd, status = 1;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, NULL); /* before there is another thread */
    fd = argc == 2 ? listen_on_loopback(&port) : -1;
    if (fd < 0) {
        fprintf(stderr, "usage: guard SERVICE-FILE\n");
        return 3;
    }
    (void)snprintf(text, sizeof text, "%u", port);
    setenv("PORT", text, 1);
    if (open_guard(argv[1], &guard) == 0 && serve(fd, &guard, port) == 0) {
        status = 0;
    }
    close_guard(&guard);
    return status;
}
