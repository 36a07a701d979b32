/* SPDX-License-Identifier: MIT
 *
 * What libtam says of its services: /healthz, /readyz and /status. A service without keys is not ready, but the process
 * is well: it answers 503 until they come.
 */
#include <config.h>

#include <tools/tamd/admin/status.h>

#include <src/base/str.h>
#include <tools/tamd/http/answer.h>

#define MEMORY_MAX ((size_t)4 << 20)

void status_read(const struct served *served, struct status *ret_status) {
    const char *fault = NULL;
    arena_init(&ret_status->arena, NULL, 0, MEMORY_MAX);
    struct pool pool = arena_pool(&ret_status->arena);
    ret_status->document = tam_status(served->service);
    ret_status->json = json_read(tam_document_text(ret_status->document), &pool, &fault);
}

void status_free(struct status *status) {
    arena_free(&status->arena);
    tam_document_free(status->document);
}

const struct json *status_verifiers(const struct status *status) {
    const struct json *verifiers = json_member(status->json, STR("verifiers"));
    return json_is(verifiers, JSON_TYPE_ARRAY) ? verifiers->first : NULL;
}

const struct json *status_keyset(const struct json *verifier) {
    return json_member(json_member(verifier, STR("status")), STR("keyset"));
}

int64_t status_number(const struct json *object, const char *name, int64_t otherwise) {
    int64_t number = otherwise;
    return json_to_integer(json_member(object, str_of(name)), &number) ? number : otherwise;
}

static bool has_keys(const struct json *keyset) {
    return status_number(keyset, "keys", 0) > 0 && status_number(keyset, "expires_in", 1) > 0;
}

bool status_has_keys(const struct status *status) {
    if (status->json == NULL) {
        return false;
    }
    for (const struct json *verifier = status_verifiers(status); verifier != NULL; verifier = verifier->next) {
        const struct json *keyset = status_keyset(verifier);
        if (keyset != NULL && !has_keys(keyset)) {
            return false;
        }
    }
    return true;
}

enum MHD_Result health_answer(struct request *request) {
    return answer_text(request, MHD_HTTP_OK, "ok\n");
}

enum MHD_Result ready_answer(struct request *request) {
    struct answer answer;
    struct buf missing;
    buf_init(&missing, MEMORY_MAX);
    if (atomic_load_explicit(&request->state->stopping, memory_order_relaxed)) {
        buf_add_text(&missing, "stopping\n");
    }
    for (size_t i = 0; i < request->site->settings->service_count; i++) {
        struct status status;
        status_read(request->site->served[i], &status);
        if (!status_has_keys(&status)) {
            buf_format(&missing, "service %s has no keys\n", request->site->served[i]->name);
        }
        status_free(&status);
    }
    if (missing.len == 0 && !missing.failed) {
        answer_begin(&answer, MHD_HTTP_OK, NULL, STR("ready\n"));
    } else {
        answer_begin(&answer, MHD_HTTP_SERVICE_UNAVAILABLE, NULL, buf_str(&missing));
    }
    buf_free(&missing);
    return answer_send(&answer, request);
}

enum MHD_Result status_answer(struct request *request) {
    struct buf body;
    buf_init(&body, MEMORY_MAX);
    buf_format(&body, "{\"version\":\"%s\",\"parked\":%zu,\"services\":[", tam_version(),
               park_count(request->state->park));
    for (size_t i = 0; i < request->site->settings->service_count; i++) {
        struct tam_document *document = tam_status(request->site->served[i]->service);
        struct tam_str text = tam_document_text(document);
        buf_add_text(&body, i > 0 ? "," : "");
        buf_add(&body, text.len > 0 ? text : STR("null"));
        tam_document_free(document);
    }
    buf_add_text(&body, "]}\n");
    return answer_buf(request, "application/json", &body);
}
