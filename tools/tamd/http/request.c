/* SPDX-License-Identifier: MIT
 *
 * Takes a request from libmicrohttpd to the endpoint that answers it. It is answered when its headers are whole, but by
 * the one endpoint that reads a body: a proxy may announce one that it never sends.
 */
#include <config.h>

#include <tools/tamd/http/request.h>

#include <src/base/array.h>
#include <src/base/clock.h>
#include <src/base/limiter.h>
#include <src/base/mem.h>
#include <src/base/str.h>
#include <tools/tamd/http/answer.h>
#include <tools/tamd/http/fields.h>

#define MILLISECOND (CLOCK_SECOND / 1000)
#define RETRY_AFTER 1 /* seconds */
#define WELL_KNOWN  "/.well-known/oauth-protected-resource"

/* ---- Endpoints ---- */

enum { GET = 1, POST = 2, OPTIONS = 4, ANY = 8 };

static const struct endpoint {
    struct tam_str path;
    bool below;      /* and everything below it */
    bool keeps_body; /* else nobody waits for it */
    bool probe;      /* answered in a reserved place */
    unsigned listeners, methods;
    request_answer *answer;
} endpoints[] = {
    { STR_INIT("/auth"), true, false, false, 1 << LISTENER_MAIN, ANY, auth_answer },
    { STR_INIT(WELL_KNOWN), true, false, false, 1 << LISTENER_MAIN, GET | OPTIONS, metadata_answer },
    { STR_INIT("/healthz"), false, false, true, 1 << LISTENER_MAIN | 1 << LISTENER_ADMIN, GET, health_answer },
    { STR_INIT("/readyz"), false, false, true, 1 << LISTENER_MAIN | 1 << LISTENER_ADMIN, GET, ready_answer },
    { STR_INIT("/metrics"), false, false, false, 1 << LISTENER_ADMIN, GET, metrics_answer },
    { STR_INIT("/status"), false, false, false, 1 << LISTENER_ADMIN, GET, status_answer },
    { STR_INIT("/introspect"), true, true, false, 1 << LISTENER_ADMIN, POST, introspect_answer },
};

static const struct {
    const char *name;
    unsigned bit;
} methods[] = {
    { "GET", GET },
    { "HEAD", GET },
    { "POST", POST },
    { "OPTIONS", OPTIONS },
};

static bool endpoint_fits(const struct endpoint *endpoint, const struct request *request) {
    struct tam_str rest = str_from(request->path, endpoint->path.len);
    return (endpoint->listeners & 1u << request->server->listener) != 0 && str_starts(request->path, endpoint->path) &&
           (rest.len == 0 || (endpoint->below && rest.ptr[0] == '/'));
}

static const struct endpoint *endpoint_find(const struct request *request) {
    for (size_t i = 0; i < COUNT(endpoints); i++) {
        if (endpoint_fits(&endpoints[i], request)) {
            return &endpoints[i];
        }
    }
    return NULL;
}

static unsigned method_bit(const char *name) {
    for (size_t i = 0; i < COUNT(methods); i++) {
        if (strcmp(name, methods[i].name) == 0) {
            return methods[i].bit;
        }
    }
    return 0;
}

static bool is_oversized(const struct request *request) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    return info == NULL || info->header_size > request->server->limits.header_size;
}

static enum MHD_Result wrong_method(struct request *request, unsigned allowed) {
    struct answer answer;
    answer_begin(&answer, MHD_HTTP_METHOD_NOT_ALLOWED, NULL, STR("method not allowed\n"));
    answer_header(&answer, MHD_HTTP_HEADER_ALLOW,
                  (allowed & POST) != 0      ? STR("POST")
                  : (allowed & OPTIONS) != 0 ? STR("GET, HEAD, OPTIONS")
                                             : STR("GET, HEAD"));
    return answer_send(&answer, request);
}

static enum MHD_Result busy(struct request *request) {
    struct answer answer;
    answer_begin(&answer, MHD_HTTP_SERVICE_UNAVAILABLE, NULL, STR("too many connections\n"));
    answer_number(&answer, MHD_HTTP_HEADER_RETRY_AFTER, RETRY_AFTER);
    return answer_send(&answer, request);
}

static enum MHD_Result answer_by_table(struct request *request) {
    const struct endpoint *endpoint = request->endpoint;
    if (request->client->reserved && (endpoint == NULL || !endpoint->probe)) {
        return busy(request);
    }
    if (endpoint == NULL) {
        return answer_text(request, MHD_HTTP_NOT_FOUND, "not found\n");
    }
    if (is_oversized(request)) {
        return answer_text(request, MHD_HTTP_REQUEST_HEADER_FIELDS_TOO_LARGE, "headers too large\n");
    }
    if (endpoint->methods != ANY && (endpoint->methods & method_bit(request->method)) == 0) {
        return wrong_method(request, endpoint->methods);
    }
    request->below = str_from(request->path, endpoint->path.len);
    return endpoint->answer(request);
}

/* ---- Headers ---- */

struct search {
    struct tam_str name, value;
    size_t count;
};

static enum MHD_Result search_one(void *ctx, enum MHD_ValueKind kind, const char *name, const char *value) {
    struct search *search = ctx;
    (void)kind;
    if (str_equal_nocase(str_of(name), search->name)) {
        search->value = search->count == 0 ? fields_trim(str_of(value)) : search->value;
        search->count++;
    }
    return MHD_YES;
}

struct tam_str request_header(const struct request *request, const char *name, size_t *ret_count) {
    struct search search = { .name = str_of(name) };
    MHD_get_connection_values(request->connection, MHD_HEADER_KIND, search_one, &search);
    *ret_count = search.count;
    return search.value;
}

/* ---- Asking ---- */

bool request_ask(struct request *request, struct served *served, struct tam_query *query,
                 struct tam_result **ret_result) {
    struct park *park = request->state->park;
    query->flags = TAM_NONBLOCK;
    for (;;) {
        unsigned wakes = atomic_load_explicit(&served->wakes, memory_order_acquire);
        query->ticket = request->ticket;
        struct tam_result *result = tam_verify(served->service, query);
        if (tam_result_verdict(result) != TAM_VERDICT_AGAIN) {
            histogram_add(&served->durations, clock_monotonic() - request->began);
            *ret_result = result;
            return true;
        }
        request->ticket = tam_result_ticket(result);
        request->parked = (struct parked){ .served = served,
                                           .connection = request->connection,
                                           .deadline = clock_monotonic() + tam_result_wait_ms(result) * MILLISECOND };
        tam_result_free(result);
        request->is_parked = park_add(park, &request->parked, wakes);
        if (request->is_parked) {
            return false;
        }
        if (park_is_released(park)) {
            *ret_result = NULL;
            return true;
        }
    }
}

/* ---- libmicrohttpd's callbacks ---- */

static struct request *request_begin(struct server *server, struct MHD_Connection *connection, const char *url,
                                     const char *method, const char *version) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct request *request = mem_alloc(sizeof *request);
    if (request == NULL || info == NULL || info->socket_context == NULL) {
        mem_free(request);
        return NULL;
    }
    *request = (struct request){ .server = server,
                                 .state = server->state,
                                 .connection = connection,
                                 .client = info->socket_context,
                                 .method = method,
                                 .version = version,
                                 .path = str_of(url) };
    request->awaited = !atomic_load(&server->state->stopping);
    if (request->awaited) {
        atomic_fetch_add(&server->state->awaited, 1);
    }
    request->endpoint = endpoint_find(request);
    buf_init(&request->body, server->limits.body_size);
    atomic_fetch_add(&server->state->active, 1);
    return request;
}

static void site_give(struct request *request) {
    if (request->site != NULL) {
        state_give(request->state, request->site);
    }
    request->site = NULL;
}

/* Parked, or waiting for its body: then it is called again. */
static enum MHD_Result work(struct request *request) {
    client_enter(request->client, PHASE_WORK);
    if (request->site == NULL) {
        request->site = state_take(request->state);
        request->began = clock_monotonic();
    }
    request->is_parked = false;
    enum MHD_Result result = answer_by_table(request);
    if (!request->is_parked) {
        site_give(request);
    }
    return result;
}

static enum MHD_Result misframed(struct request *request, const char *fault) {
    if (limiter_pass(&request->state->complaint, clock_monotonic())) {
        log_line(TAM_LOG_WARNING, "a request was refused, for it can be read in two ways: %s", fault);
    }
    return answer_text(request, MHD_HTTP_BAD_REQUEST, "bad request\n");
}

/* What libmicrohttpd is answered before a body it ends the connection for, so one without a body waits for the next
 * call, which follows at once. */
static enum MHD_Result headers_take(struct request *request) {
    struct framing *framing = &request->framing;
    const char *fault = framing_read(request, framing);
    bool keeps = request->endpoint != NULL && request->endpoint->keeps_body && framing->has_body;
    request->whole = !keeps;
    request->client->unread = framing->has_body || fault != NULL;
    if (fault != NULL) {
        return misframed(request, fault);
    }
    if (!framing->has_body) {
        return MHD_YES;
    }
    request->body.failed = framing->length > (int64_t)request->body.limit;
    enum MHD_Result result = work(request);
    if (atomic_load(&request->client->phase) == PHASE_WORK && keeps) {
        client_enter(request->client, PHASE_BODY);
    }
    return result;
}

/* What is too long is read to its end, within request_timeout, so that the client sees the answer. */
static void body_take(struct request *request, struct tam_str part) {
    if (!request->body.failed) {
        buf_add(&request->body, part);
    }
}

/* Called first with the headers alone, then with each piece of a body that is not answered before, then without one;
 * and once more for each time it was parked. */
enum MHD_Result request_handle(void *ctx, struct MHD_Connection *connection, const char *url, const char *method,
                               const char *version, const char *upload, size_t *upload_size, void **state) {
    struct server *server = ctx;
    struct request *request = *state;
    if (request == NULL) {
        request = request_begin(server, connection, url, method, version);
        *state = request;
        return request != NULL ? headers_take(request) : MHD_NO;
    }
    if (*upload_size > 0) {
        body_take(request, (struct tam_str){ upload, *upload_size });
        *upload_size = 0;
        return MHD_YES;
    }
    if (!request->whole) {
        request->client->unread = false;
    }
    request->whole = true;
    return work(request);
}

void request_over(void *ctx, struct MHD_Connection *connection, void **state, enum MHD_RequestTerminationCode code) {
    struct server *server = ctx;
    struct request *request = *state;
    (void)connection, (void)code;
    if (request == NULL) {
        return;
    }
    site_give(request);
    buf_free(&request->body);
    client_enter(request->client, PHASE_KEPT);
    if (request->awaited) {
        atomic_fetch_sub(&server->state->awaited, 1);
    }
    mem_free(request);
    *state = NULL;
    atomic_fetch_sub(&server->state->active, 1);
}
