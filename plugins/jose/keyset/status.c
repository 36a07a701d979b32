/* SPDX-License-Identifier: MIT
 *
 * How a key set is doing, as JSON: for tam_status(), monitoring, and whoever asks why tokens are refused.
 */
#include <config.h>

#include <inttypes.h>
#include <plugins/jose/keyset/refresher.h>
#include <plugins/jose/keyset/store.h>
#include <src/base/buf.h>
#include <src/base/clock.h>
#include <src/base/json.h>
#include <src/base/str.h>

#define STATUS_MAX ((size_t)256 * 1024)

/* What is read in one hold of the source's lock. */
struct moment {
    struct keys *keys; /* a reference, or NULL */
    struct source_counts counts;
    int64_t age, expires_in, next_refresh; /* seconds; -1: there are no keys */
    unsigned failed_in_row;
    char last_error[SOURCE_ERROR_MAX];
};

static int64_t seconds(int64_t from, int64_t to) {
    return to > from ? (to - from) / CLOCK_SECOND : 0;
}

static void moment_take(struct source *source, struct moment *ret_moment) {
    int64_t now = source_monotonic(source);
    pthread_mutex_lock(&source->lock);
    bool there = source->keys != NULL;
    ret_moment->keys = there ? keys_ref(source->keys) : NULL;
    ret_moment->counts = source->counts;
    ret_moment->age = there ? seconds(source->fetched_at, now) : -1;
    ret_moment->expires_in = there ? seconds(now, source->expires_at) : -1;
    ret_moment->next_refresh = seconds(now, source->next_at);
    ret_moment->failed_in_row = source->failed_in_row;
    memcpy(ret_moment->last_error, source->last_error, sizeof ret_moment->last_error);
    pthread_mutex_unlock(&source->lock);
}

static void add_text(struct buf *buf, const char *name, struct tam_str text) {
    buf_format(buf, ",\"%s\":", name);
    json_quote(buf, text);
}

static void add_keys(struct buf *buf, const struct keys *keys) {
    size_t skipped = keys != NULL ? keys_skipped_count(keys) : 0;
    buf_format(buf, ",\"keys\":%zu,\"skipped\":[", keys != NULL ? keys_count(keys) : 0);
    for (size_t i = 0; i < skipped; i++) {
        buf_add_text(buf, i > 0 ? "," : "");
        json_quote(buf, keys_skipped(keys, i));
    }
    buf_add_byte(buf, ']');
}

static void add_moment(struct buf *buf, const struct moment *moment) {
    const struct source_counts *counts = &moment->counts;
    add_keys(buf, moment->keys);
    buf_format(buf, ",\"age\":%" PRId64 ",\"expires_in\":%" PRId64 ",\"next_refresh\":%" PRId64, moment->age,
               moment->expires_in, moment->next_refresh);
    buf_format(buf, ",\"fetches\":%" PRIu64 ",\"not_modified\":%" PRIu64 ",\"failures\":%" PRIu64, counts->fetches,
               counts->not_modified, counts->failures);
    buf_format(buf, ",\"failures_in_row\":%u,\"forced\":%" PRIu64 ",\"suppressed\":%" PRIu64, moment->failed_in_row,
               counts->forced, counts->suppressed);
    add_text(buf, "last_error", str_of(moment->last_error));
}

static void add_source(struct buf *buf, struct source *source) {
    struct moment moment;
    moment_take(source, &moment);
    json_quote(buf, source->where);
    add_moment(buf, &moment);
    keys_unref(moment.keys);
}

int keyset_status(struct keyset *keyset, const struct tam_description_request *request,
                  struct tam_verifier_status *ret_status) {
    struct pool pool = { request->alloc, request->ctx };
    struct tam_str text = STR_NONE;
    struct buf buf;
    buf_init(&buf, STATUS_MAX);
    buf_add_text(&buf, "{\"keyset\":{\"url\":");
    if (keyset->source != NULL) {
        add_source(&buf, keyset->source);
    } else {
        json_quote(&buf, STR("configured"));
        add_keys(&buf, keyset->fixed);
    }
    buf_add_text(&buf, "}}");
    bool good = !buf.failed && pool_copy(&pool, buf_str(&buf), &text);
    buf_free(&buf);
    if (good) {
        ret_status->json = text;
    }
    return good;
}
