/* SPDX-License-Identifier: MIT
 *
 * Metrics in Prometheus' text format. No label comes from a client: a name of a service, of a verifier, of a verdict.
 */
#include <config.h>

#include <inttypes.h>
#include <src/base/array.h>
#include <src/base/mem.h>
#include <src/base/str.h>
#include <stdio.h>
#include <tools/tamd/http/answer.h>
#include <tools/tamd/admin/status.h>

#define TEXT_MAX   ((size_t)16 << 20)
#define LABELS_MAX ((size_t)2048)
#define TYPE       "text/plain; version=0.0.4; charset=utf-8"

/* One service while a page is made. */
struct sample {
    const struct served *served;
    struct status status;
};

struct page {
    struct buf *buf;
    struct sample *samples;
    size_t count;
};

static void head(struct buf *buf, const char *name, const char *type, const char *help) {
    buf_format(buf, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* ---- Verdicts ---- */

/* One line for each member of an object of numbers. */
static void verdict_lines(struct buf *buf, const char *service, const struct json *object, bool rejected) {
    for (const struct json *each = object != NULL ? object->first : NULL; each != NULL; each = each->next) {
        if (!rejected && str_equal(each->name, STR("reject"))) {
            continue; /* by reason instead */
        }
        buf_format(buf, "tam_verify_total{service=\"%s\",verdict=\"%.*s\",reason=\"%.*s\"} %.*s\n", service,
                   STR_PRINT(rejected ? STR("reject") : each->name), STR_PRINT(rejected ? each->name : STR("none")),
                   STR_PRINT(each->raw));
    }
}

static void verdicts_write(const struct page *page) {
    head(page->buf, "tam_verify_total", "counter", "Questions by verdict and reason; again: it was parked.");
    for (size_t i = 0; i < page->count; i++) {
        const struct sample *sample = &page->samples[i];
        verdict_lines(page->buf, sample->served->name, json_member(sample->status.json, STR("verdicts")), false);
        verdict_lines(page->buf, sample->served->name, json_member(sample->status.json, STR("reasons")), true);
    }
}

static void durations_write(const struct page *page) {
    char labels[LABELS_MAX];
    head(page->buf, "tam_verify_duration_seconds", "histogram", "From question to answer, parking included.");
    for (size_t i = 0; i < page->count; i++) {
        const struct served *served = page->samples[i].served;
        int len = snprintf(labels, sizeof labels, "service=\"%s\"", served->name);
        histogram_write(&served->durations, "tam_verify_duration_seconds", (struct tam_str){ labels, (size_t)len },
                        page->buf);
    }
}

/* ---- What is one number of tam_status() ---- */

/* member of the cache, or of each key set. */
struct row {
    const char *member, *name, *label, *type, *help; /* label: a further one with its comma, or "" */
};

static const struct row cache_rows[] = {
    { "hits", "tam_cache_lookups_total", ",result=\"hit\"", "counter",
      "Questions that the verdict cache could answer, or not." },
    { "misses", "tam_cache_lookups_total", ",result=\"miss\"", NULL, NULL },
    { "evictions", "tam_cache_evictions_total", "", "counter", "Verdicts that went for want of room." },
    { "entries", "tam_cache_entries", "", "gauge", "Verdicts in the cache." },
    { "bytes", "tam_cache_bytes", "", "gauge", "Memory of the verdict cache." },
};

static const struct row keyset_rows[] = {
    { "keys", "tam_keyset_keys", "", "gauge", "Usable keys." },
    { "age", "tam_keyset_age_seconds", "", "gauge", "Since the key set was fetched." },
    { "expires_in", "tam_keyset_expires_in_seconds", "", "gauge", "Until it serves no longer." },
    { "fetches", "tam_keyset_fetches_total", ",result=\"good\"", "counter", "Fetches of the key set." },
    { "not_modified", "tam_keyset_fetches_total", ",result=\"not_modified\"", NULL, NULL },
    { "failures", "tam_keyset_fetches_total", ",result=\"failed\"", NULL, NULL },
    { "failures_in_row", "tam_keyset_failures_in_row", "", "gauge", "Failed fetches since the last good one." },
    { "forced", "tam_keyset_forced_total", "", "counter", "Fetches for a key that was not known." },
    { "suppressed", "tam_keyset_suppressed_total", "", "counter", "Unknown keys that caused no fetch." },
};

static void number_write(struct buf *buf, const struct row *row, const struct json *object, struct tam_str labels) {
    const struct json *number = json_member(object, str_of(row->member));
    if (json_is(number, JSON_TYPE_NUMBER)) {
        buf_format(buf, "%s{%.*s%s} %.*s\n", row->name, STR_PRINT(labels), row->label, STR_PRINT(number->raw));
    }
}

static void cache_write(const struct page *page, const struct row *row) {
    char labels[LABELS_MAX];
    for (size_t i = 0; i < page->count; i++) {
        const struct sample *sample = &page->samples[i];
        int len = snprintf(labels, sizeof labels, "service=\"%s\"", sample->served->name);
        number_write(page->buf, row, json_member(sample->status.json, STR("cache")),
                     (struct tam_str){ labels, (size_t)len });
    }
}

/* A verifier is named after its file and line. In a label `"`, `\` and a line break are escaped as JSON does it. */
static void keysets_write(const struct page *page, const struct row *row) {
    struct buf labels;
    buf_init(&labels, LABELS_MAX);
    for (size_t i = 0; i < page->count; i++) {
        const struct sample *sample = &page->samples[i];
        const struct json *verifier = status_verifiers(&sample->status);
        for (; verifier != NULL; verifier = verifier->next) {
            const struct json *name = json_member(verifier, STR("name"));
            buf_clear(&labels);
            buf_format(&labels, "service=\"%s\",verifier=", sample->served->name);
            json_quote(&labels, name != NULL ? name->text : STR_NONE);
            number_write(page->buf, row, status_keyset(verifier), buf_str(&labels));
        }
    }
    buf_free(&labels);
}

static void rows_write(const struct page *page, const struct row *rows, size_t count,
                       void (*write)(const struct page *, const struct row *)) {
    for (size_t i = 0; i < count; i++) {
        if (rows[i].help != NULL) {
            head(page->buf, rows[i].name, rows[i].type, rows[i].help);
        }
        write(page, &rows[i]);
    }
}

/* ---- The process ---- */

static const char *const listeners[] = { [LISTENER_MAIN] = "main", [LISTENER_ADMIN] = "admin" };

static void answers_write(struct state *state, struct buf *buf) {
    head(buf, "tam_http_requests_total", "counter", "Answers by HTTP status.");
    for (size_t i = 0; i < LISTENER_COUNT; i++) {
        for (size_t status = 0; status < STATE_STATUS_MAX; status++) {
            unsigned long long count = atomic_load_explicit(&state->answers[i][status], memory_order_relaxed);
            if (count > 0) {
                buf_format(buf, "tam_http_requests_total{listener=\"%s\",status=\"%zu\"} %llu\n", listeners[i], status,
                           count);
            }
        }
    }
}

static void connections_write(struct state *state, struct buf *buf) {
    static const char *const losses[] = {
        [LOSS_ADDRESS] = "address", [LOSS_PLACES] = "places", [LOSS_DESCRIPTORS] = "descriptors",
        [LOSS_MEMORY] = "memory",   [LOSS_LATE] = "late",     [LOSS_EVICTED] = "evicted"
    };
    head(buf, "tam_connections", "gauge", "Connections that are open.");
    for (size_t i = 0; i < LISTENER_COUNT; i++) {
        buf_format(buf, "tam_connections{listener=\"%s\"} %u\n", listeners[i], atomic_load(&state->connections[i]));
    }
    head(buf, "tam_connections_lost_total", "counter", "Connections that were not taken, or ended by us, and why.");
    for (size_t i = 0; i < LISTENER_COUNT; i++) {
        for (size_t loss = 0; loss < LOSS_COUNT; loss++) {
            buf_format(buf, "tam_connections_lost_total{listener=\"%s\",reason=\"%s\"} %llu\n", listeners[i],
                       losses[loss], atomic_load(&state->lost[i][loss]));
        }
    }
}

static void process_write(struct state *state, struct buf *buf) {
    head(buf, "tam_build_info", "gauge", "1, with the version.");
    buf_format(buf, "tam_build_info{version=\"%s\"} 1\n", tam_version());
    head(buf, "process_start_time_seconds", "gauge", "When the process began, Unix time.");
    buf_format(buf, "process_start_time_seconds %" PRId64 "\n", state->started);
    head(buf, "tam_parked_requests", "gauge", "Requests that wait for the network.");
    buf_format(buf, "tam_parked_requests %zu\n", park_count(state->park));
    head(buf, "tam_log_lines_dropped_total", "counter", "Log lines that found the queue full.");
    buf_format(buf, "tam_log_lines_dropped_total %llu\n", log_dropped());
    head(buf, "tam_reloads_total", "counter", "Reloads of the configuration.");
    buf_format(buf, "tam_reloads_total{result=\"good\"} %llu\ntam_reloads_total{result=\"failed\"} %llu\n",
               atomic_load(&state->reloads[1]), atomic_load(&state->reloads[0]));
}

static void page_write(struct state *state, const struct page *page) {
    process_write(state, page->buf);
    connections_write(state, page->buf);
    answers_write(state, page->buf);
    verdicts_write(page);
    durations_write(page);
    rows_write(page, cache_rows, COUNT(cache_rows), cache_write);
    rows_write(page, keyset_rows, COUNT(keyset_rows), keysets_write);
}

enum MHD_Result metrics_answer(struct request *request) {
    const struct site *site = request->site;
    struct buf buf;
    struct page page = { &buf, mem_array(site->settings->service_count, sizeof(struct sample)),
                         site->settings->service_count };
    if (page.samples == NULL) {
        return answer_text(request, MHD_HTTP_INTERNAL_SERVER_ERROR, "memory ran out\n");
    }
    buf_init(&buf, TEXT_MAX);
    for (size_t i = 0; i < page.count; i++) {
        page.samples[i].served = site->served[i];
        status_read(site->served[i], &page.samples[i].status);
    }
    page_write(request->state, &page);
    for (size_t i = 0; i < page.count; i++) {
        status_free(&page.samples[i].status);
    }
    mem_free(page.samples);
    return answer_buf(request, TYPE, &buf);
}
