/* SPDX-License-Identifier: MIT
 *
 * Writes logfmt: key=value, where a value from outside is escaped, cut and in quotes. A URI's query is left out: it is
 * where people put what nobody should read.
 */
#include <config.h>

#include <tools/tamd/http/access.h>

#include <src/base/clock.h>
#include <src/base/json.h>
#include <src/base/quote.h>
#include <src/base/str.h>

#define LINE_MAX     ((size_t)8192)
#define SEGMENTS_MAX 8

static void word(struct buf *line, const char *key, const char *value) {
    buf_format(line, " %s=%s", key, value);
}

/* Through the door for what came from outside, and then as a JSON string. */
static void outside(struct buf *line, const char *key, struct tam_str value) {
    struct buf shown;
    if (value.len == 0) {
        return;
    }
    buf_init(&shown, LINE_MAX);
    quote_add(&shown, value);
    buf_format(line, " %s=", key);
    json_quote(line, buf_str(&shown));
    buf_free(&shown);
}

/* Segment by segment: one that is shaped like a token is shown as its length, wherever it stands. */
static void outside_path(struct buf *line, struct tam_str uri) {
    struct tam_str rest = { uri.ptr, str_find(uri, '?') }, segment;
    struct buf shown;
    if (rest.len == 0) {
        return;
    }
    buf_init(&shown, LINE_MAX);
    for (size_t i = 0; i < SEGMENTS_MAX && str_cut(&rest, '/', &segment); i++) {
        if (i > 0) {
            buf_add_byte(&shown, '/');
        }
        quote_add(&shown, segment);
    }
    if (rest.len > 0) {
        buf_add_text(&shown, "/...");
    }
    buf_add_text(line, " path=");
    json_quote(line, buf_str(&shown));
    buf_free(&shown);
}

static void original(struct buf *line, const struct request *request) {
    const struct settings *settings = request->site->settings;
    size_t count = 0;
    struct tam_str uri = request->path, method = str_of(request->method), host;
    bool forwarded = request->server->listener == LISTENER_MAIN && !settings->from_path;
    host = request_header(request, forwarded ? settings->host_header : "Host", &count);
    if (forwarded) {
        uri = request_header(request, settings->uri_header, &count);
        method = request_header(request, settings->method_header, &count);
    }
    outside(line, "method", method);
    outside(line, "host", host);
    outside_path(line, uri);
}

static void judged(struct buf *line, const struct request *request, const struct tam_result *result) {
    word(line, "verdict", tam_verdict_name(tam_result_verdict(result)));
    if (tam_result_verdict(result) == TAM_VERDICT_REJECT) {
        word(line, "reason", tam_reason_name(tam_result_reason(result)));
    }
    if (request->site->settings->log_subject) {
        outside(line, "subject", tam_result_subject(result));
    }
}

void access_log(const struct request *request, const struct access *access) {
    struct buf line;
    if (!request->site->settings->log_access) {
        return;
    }
    buf_init(&line, LINE_MAX);
    buf_format(&line, "access status=%u", access->status);
    if (access->service != NULL) {
        word(&line, "service", access->service);
    }
    if (access->result != NULL) {
        judged(&line, request, access->result);
    }
    if (access->refused != NULL) {
        outside(&line, "refused", str_of(access->refused));
    }
    original(&line, request);
    buf_format(&line, " duration_us=%lld", (long long)((clock_monotonic() - request->began) / 1000));
    log_text(TAM_LOG_INFO, buf_str(&line));
    buf_free(&line);
}
