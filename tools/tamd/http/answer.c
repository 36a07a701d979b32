/* SPDX-License-Identifier: MIT
 *
 * Makes HTTP answers. One that cannot be made whole is not sent: the connection ends, and no proxy takes that for a
 * yes.
 */
#include <config.h>

#include <tools/tamd/http/answer.h>

#include <src/base/mem.h>
#include <src/base/str.h>
#include <stdio.h>

void answer_begin(struct answer *answer, unsigned status, const char *type, struct tam_str body) {
    *answer = (struct answer){ .status = status };
    answer->response = MHD_create_response_from_buffer(body.len, (void *)(uintptr_t)body.ptr, MHD_RESPMEM_MUST_COPY);
    if (body.len > 0) {
        answer_header(answer, MHD_HTTP_HEADER_CONTENT_TYPE, str_of(type != NULL ? type : "text/plain; charset=utf-8"));
    }
}

/* libmicrohttpd takes no empty value, but a blank, which every reader takes for the same (RFC 9110 §5.5). */
void answer_header(struct answer *answer, const char *name, struct tam_str value) {
    char *text = mem_text(value.len > 0 ? value : STR(" "));
    answer->failed = answer->failed || text == NULL || answer->response == NULL ||
                     MHD_add_response_header(answer->response, name, text) != MHD_YES;
    mem_free(text);
}

void answer_number(struct answer *answer, const char *name, int64_t number) {
    char text[24];
    int len = snprintf(text, sizeof text, "%lld", (long long)number);
    answer_header(answer, name, (struct tam_str){ text, (size_t)len });
}

void answer_cache(struct answer *answer, const char *control) {
    answer->cached = true;
    answer_header(answer, MHD_HTTP_HEADER_CACHE_CONTROL, str_of(control));
}

enum MHD_Result answer_send(struct answer *answer, struct request *request) {
    struct state *state = request->state;
    enum MHD_Result result = MHD_NO;
    if (!answer->cached) {
        answer_header(answer, MHD_HTTP_HEADER_CACHE_CONTROL, STR("no-store"));
    }
    if (atomic_load_explicit(&state->stopping, memory_order_relaxed) || request->framing.chunked ||
        request->client->reserved) {
        answer_header(answer, MHD_HTTP_HEADER_CONNECTION, STR("close"));
    }
    client_enter(request->client, PHASE_ANSWER);
    if (!answer->failed) {
        result = MHD_queue_response(request->connection, answer->status, answer->response);
    }
    if (answer->response != NULL) {
        MHD_destroy_response(answer->response);
    }
    if (result == MHD_YES && answer->status < STATE_STATUS_MAX) {
        atomic_fetch_add_explicit(&state->answers[request->server->listener][answer->status], 1, memory_order_relaxed);
    }
    return result;
}

enum MHD_Result answer_text(struct request *request, unsigned status, const char *text) {
    struct answer answer;
    answer_begin(&answer, status, NULL, str_of(text));
    return answer_send(&answer, request);
}

enum MHD_Result answer_json(struct request *request, unsigned status, struct tam_str json) {
    struct answer answer;
    answer_begin(&answer, status, "application/json", json);
    return answer_send(&answer, request);
}

enum MHD_Result answer_buf(struct request *request, const char *type, struct buf *buf) {
    struct answer answer;
    if (buf->failed) {
        answer_begin(&answer, MHD_HTTP_INTERNAL_SERVER_ERROR, NULL, STR("memory ran out\n"));
    } else {
        answer_begin(&answer, MHD_HTTP_OK, type, buf_str(buf));
    }
    buf_free(buf);
    return answer_send(&answer, request);
}
