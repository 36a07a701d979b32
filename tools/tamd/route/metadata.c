/* SPDX-License-Identifier: MIT
 *
 * Protected resource metadata (RFC 9728) of every service that has a resource, at the path that belongs to it, for
 * anybody: also for a browser's client of another origin.
 */
#include <config.h>

#include <src/base/arena.h>
#include <src/base/json.h>
#include <src/base/str.h>
#include <src/base/url.h>
#include <tools/tamd/http/answer.h>
#include <tools/tamd/route/target.h>

#define MEMORY_MAX ((size_t)1 << 20)
#define MAX_AGE    "public, max-age=300"
#define ASKS_FIRST "86400"

/* What was found for a path: the document, or none. */
struct finding {
    struct tam_document *document;
    size_t count; /* how many services have their document there */
    size_t resource_count;
};

/* The authority of the document's resource, in the spelling of a Host header; false: it has none that can be read. */
static bool host_of_resource(const struct tam_document *document, char *out, struct tam_str *ret_host) {
    struct arena arena;
    struct url url;
    const char *fault = NULL;
    arena_init(&arena, NULL, 0, MEMORY_MAX);
    struct pool pool = arena_pool(&arena);
    const struct json *json = json_read(tam_document_text(document), &pool, &fault);
    const struct json *resource = json_member(json, STR("resource"));
    bool good = json_is(resource, JSON_TYPE_STRING) && url_split(resource->text, &url, NULL) &&
                target_host(url.host, out, ret_host, &fault);
    arena_free(&arena);
    return good;
}

/* The host that the client named, where the proxy passes it on. */
static bool host_of_request(const struct request *request, char *out, struct tam_str *ret_host) {
    const struct settings *settings = request->site->settings;
    const char *fault = NULL;
    size_t count = 0;
    struct tam_str authority = STR_NONE;
    if (!settings->from_path) {
        authority = request_header(request, settings->host_header, &count);
    }
    if (count == 0) {
        authority = request_header(request, MHD_HTTP_HEADER_HOST, &count);
    }
    return count == 1 && target_host(authority, out, ret_host, &fault);
}

static bool is_for_host(const struct request *request, const struct tam_document *document) {
    char wanted_text[TARGET_MAX], found_text[TARGET_MAX];
    struct tam_str wanted, found;
    return host_of_request(request, wanted_text, &wanted) && host_of_resource(document, found_text, &found) &&
           str_equal(wanted, found);
}

static bool path_is(struct tam_service *service, struct tam_str path) {
    struct tam_document *document = tam_metadata_path(service);
    bool is = str_equal(tam_document_text(document), path);
    tam_document_free(document);
    return is;
}

/* Takes the service's document if it belongs there: the first, or a later one that is the named host's. */
static void take(const struct request *request, struct tam_service *service, bool fits, struct finding *finding) {
    struct tam_document *document = tam_metadata(service);
    finding->resource_count += document != NULL;
    bool better = fits && document != NULL && (finding->count == 0 || is_for_host(request, document));
    finding->count += fits && document != NULL;
    if (better) {
        tam_document_free(finding->document);
        finding->document = document;
    } else {
        tam_document_free(document);
    }
}

/* One for that path is the answer; of several the one whose resource is at the host that was asked. The well-known path
 * of the root leads to the only resource, wherever that is (as MCP's clients look for it). */
static struct tam_document *find(const struct request *request) {
    struct finding exact = { NULL, 0, 0 }, any = { NULL, 0, 0 };
    for (size_t i = 0; i < request->site->settings->service_count; i++) {
        struct tam_service *service = request->site->served[i]->service;
        take(request, service, path_is(service, request->path), &exact);
        take(request, service, true, &any);
    }
    if (exact.count > 1 && !is_for_host(request, exact.document)) {
        tam_document_free(exact.document);
        exact.document = NULL;
    }
    if (exact.count == 0 && any.count == 1 && request->below.len == 0) {
        return any.document;
    }
    tam_document_free(any.document);
    return exact.document;
}

enum MHD_Result metadata_answer(struct request *request) {
    struct tam_document *document = find(request);
    bool asks_first = strcmp(request->method, MHD_HTTP_METHOD_OPTIONS) == 0;
    struct answer answer;
    if (document == NULL) {
        answer_begin(&answer, MHD_HTTP_NOT_FOUND, NULL, STR("not found\n"));
    } else if (asks_first) {
        answer_begin(&answer, MHD_HTTP_NO_CONTENT, NULL, STR_NONE);
    } else {
        answer_begin(&answer, MHD_HTTP_OK, "application/json", tam_document_text(document));
    }
    answer_header(&answer, MHD_HTTP_HEADER_ACCESS_CONTROL_ALLOW_ORIGIN, STR("*"));
    if (document != NULL && asks_first) {
        answer_header(&answer, "Access-Control-Allow-Methods", STR("GET, HEAD"));
        answer_header(&answer, "Access-Control-Allow-Headers", STR("*"));
        answer_header(&answer, "Access-Control-Max-Age", STR(ASKS_FIRST));
    } else if (document != NULL) {
        answer_cache(&answer, MAX_AGE);
    }
    tam_document_free(document);
    return answer_send(&answer, request);
}
