/* SPDX-License-Identifier: MIT
 *
 * Forward authentication: nginx's auth_request, Traefik's and Caddy's forward_auth, Envoy's ext_authz. The answer's
 * status is the verdict, its headers are the principal or the challenge; what was asked for is never served here.
 */
#include <config.h>

#include <src/base/clock.h>
#include <src/base/limiter.h>
#include <src/base/str.h>
#include <tools/tamd/http/access.h>
#include <tools/tamd/http/answer.h>
#include <tools/tamd/http/escape.h>
#include <tools/tamd/route/route.h>

#define VALUE_MAX   ((size_t)64 << 10)
#define RETRY_AFTER 1 /* seconds, where libtam does not know better */

/* ---- The principal in headers ---- */

static void list_add(struct buf *buf, struct tam_list list, char separator) {
    for (size_t i = 0; i < list.count; i++) {
        if (i > 0) {
            buf_add_byte(buf, separator);
        }
        escape_add(buf, list.items[i], separator);
    }
}

static void header_value(enum settings_header header, const struct tam_result *result, const char *service,
                         struct buf *buf) {
    switch (header) {
    case HEADER_SUBJECT:
        escape_add(buf, tam_result_subject(result), 0);
        break;
    case HEADER_ISSUER:
        escape_add(buf, tam_result_issuer(result), 0);
        break;
    case HEADER_TENANT:
        escape_add(buf, tam_result_tenant(result), 0);
        break;
    case HEADER_CLIENT:
        escape_add(buf, tam_result_client_id(result), 0);
        break;
    case HEADER_KIND:
        buf_add_text(buf, tam_kind_name(tam_result_kind(result)));
        break;
    case HEADER_SCOPES:
        list_add(buf, tam_result_scopes(result), ' ');
        break;
    case HEADER_ROLES:
        list_add(buf, tam_result_roles(result), ',');
        break;
    case HEADER_EXPIRES:
        if (tam_result_expires_at(result) != 0) {
            buf_add_number(buf, tam_result_expires_at(result));
        }
        break;
    case HEADER_SERVICE:
        buf_add_text(buf, service);
        break;
    case HEADER_COUNT:
        break;
    }
}

/* All of them, always: what is not said here a proxy might leave as the client sent it. result NULL: nobody. */
static void principal_add(struct answer *answer, const struct settings *settings, const struct tam_result *result,
                          const char *service) {
    struct buf value;
    buf_init(&value, VALUE_MAX);
    for (int header = 0; header < HEADER_COUNT; header++) {
        if (settings->headers[header] == NULL) {
            continue;
        }
        buf_clear(&value);
        if (result != NULL || header == HEADER_SERVICE) {
            header_value((enum settings_header)header, result, service, &value);
        }
        answer->failed = answer->failed || value.failed;
        answer_header(answer, settings->headers[header], buf_str(&value));
    }
    buf_free(&value);
}

/* ---- Answers ---- */

static enum MHD_Result answer_come_in(struct request *request, const struct served *served,
                                      const struct tam_result *result) {
    struct answer answer;
    answer_begin(&answer, MHD_HTTP_OK, NULL, STR_NONE);
    principal_add(&answer, request->site->settings, result, served->name);
    return answer_send(&answer, request);
}

/* A 400 would be what nginx makes a 500 of, and loses the challenge; to a client a 401 says the same. */
static unsigned status_of(const struct tam_result *result) {
    int status = result != NULL ? tam_result_status(result) : MHD_HTTP_SERVICE_UNAVAILABLE;
    return status == MHD_HTTP_BAD_REQUEST ? MHD_HTTP_UNAUTHORIZED : (unsigned)status;
}

static void answer_refusal(struct answer *answer, const struct tam_result *result, unsigned status) {
    struct tam_str challenge = tam_result_challenge(result);
    uint32_t retry_after = tam_result_retry_after(result);
    answer_begin(answer, status, NULL, STR_NONE);
    if (challenge.len > 0) {
        answer_header(answer, MHD_HTTP_HEADER_WWW_AUTHENTICATE, challenge);
    }
    if (status == MHD_HTTP_SERVICE_UNAVAILABLE) {
        answer_number(answer, MHD_HTTP_HEADER_RETRY_AFTER, retry_after > 0 ? retry_after : RETRY_AFTER);
    }
}

static enum MHD_Result answer_stay_out(struct request *request, const struct tam_result *result, unsigned status) {
    struct answer answer;
    answer_refusal(&answer, result, status);
    return answer_send(&answer, request);
}

/* A refusal by tamd itself, because of the request and for every token. garbled: what follows on the connection may be
 * a part of it. */
static enum MHD_Result refuse(struct request *request, const char *service, const char *why, bool garbled) {
    struct answer answer;
    access_log(request, &(struct access){ .service = service, .status = MHD_HTTP_FORBIDDEN, .refused = why });
    if (limiter_pass(&request->state->complaint, clock_monotonic())) {
        log_line(TAM_LOG_WARNING, "a request was refused before its token was looked at: %s", why);
    }
    answer_refusal(&answer, NULL, MHD_HTTP_FORBIDDEN);
    if (garbled) {
        answer_header(&answer, MHD_HTTP_HEADER_CONNECTION, STR("close"));
    }
    return answer_send(&answer, request);
}

/* ---- The way ---- */

/* Of two Authorization headers none is believed: a scheme without a token is what libtam calls invalid_request. */
static struct tam_str credentials_of(const struct fields *fields) {
    size_t count = 0;
    struct tam_str one = fields_find(fields, STR(MHD_HTTP_HEADER_AUTHORIZATION), &count);
    return count < 2 ? one : STR("Bearer");
}

/* A header that must be there once; what a proxy sets, it sets instead of the client's. */
static struct tam_str only(const struct fields *fields, const char *name) {
    size_t count = 0;
    struct tam_str value = fields_find(fields, str_of(name), &count);
    return count == 1 ? value : STR_NONE;
}

/* Pieces of our own request line's query, as they came: to libmicrohttpd a semicolon parts nothing. */
static enum MHD_Result query_one(void *ctx, enum MHD_ValueKind kind, const char *key, const char *value) {
    bool *found = ctx;
    struct tam_str more = str_of(value);
    (void)kind;
    *found = *found || target_query_names_method(str_of(key)) ||
             target_query_names_method(str_from(more, str_find(more, ';') + 1));
    return MHD_YES;
}

static struct original original_from_path(const struct request *request, const struct fields *fields) {
    struct original original = { .method = str_of(request->method),
                                 .uri = request->below.len > 0 ? request->below : STR("/"),
                                 .host = only(fields, MHD_HTTP_HEADER_HOST),
                                 .fields = fields };
    MHD_get_connection_values(request->connection, MHD_GET_ARGUMENT_KIND, query_one, &original.query_names_method);
    return original;
}

static struct original original_of(const struct request *request, const struct fields *fields) {
    const struct settings *settings = request->site->settings;
    if (settings->from_path) {
        return original_from_path(request, fields);
    }
    struct original original = { .method = only(fields, settings->method_header),
                                 .uri = only(fields, settings->uri_header),
                                 .host = only(fields, settings->host_header),
                                 .fields = fields };
    original.query_names_method = target_query_names_method(str_from(original.uri, str_find(original.uri, '?') + 1));
    return original;
}

static enum MHD_Result judge(struct request *request, struct served *served, const struct settings_route *route,
                             struct tam_str authorization) {
    struct tam_query query = { .size = sizeof query };
    struct tam_result *result = NULL;
    query.authorization = authorization;
    if (route != NULL) {
        query.scopes = route->scopes;
        query.roles = route->roles;
    }
    if (!request_ask(request, served, &query, &result)) {
        return MHD_YES; /* parked */
    }
    unsigned status = status_of(result);
    access_log(request, &(struct access){ .service = served->name, .result = result, .status = status });
    enum MHD_Result answered = tam_result_verdict(result) == TAM_VERDICT_ACCEPT
                                   ? answer_come_in(request, served, result)
                                   : answer_stay_out(request, result, status);
    tam_result_free(result);
    return answered;
}

enum MHD_Result auth_answer(struct request *request) {
    const struct settings *settings = request->site->settings;
    struct route_verdict verdict;
    struct fields fields;
    struct target target;
    const char *fault = NULL;
    if (request->below.len > 0 && !settings->from_path) {
        return answer_text(request, MHD_HTTP_NOT_FOUND, "not found\n");
    }
    if (!fields_read(request, &fields, &fault)) {
        return refuse(request, NULL, fault, true);
    }
    struct original original = original_of(request, &fields);
    route_judge(settings, &original, &target, &verdict);
    const char *service = verdict.service != NULL ? verdict.service->name.ptr : NULL;
    if (verdict.access == ACCESS_REFUSE) {
        return refuse(request, service, verdict.refused, false);
    }
    struct served *served = request->site->served[verdict.service - settings->services];
    if (verdict.access == ACCESS_OPEN) {
        access_log(request, &(struct access){ .service = service, .status = MHD_HTTP_OK });
        return answer_come_in(request, served, NULL);
    }
    return judge(request, served, verdict.route, credentials_of(&fields));
}
