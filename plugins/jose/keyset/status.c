/* SPDX-License-Identifier: MIT
 *
 * The state of a key set as JSON, for tam_status(): for monitoring, and to find out why tokens are refused.
 */
#include <config.h>

#include <inttypes.h>
#include <plugins/jose/keyset/store.h>
#include <plugins/jose/keyset/subscribers.h>
#include <src/base/buf.h>
#include <src/base/json.h>
#include <src/base/str.h>

#define STATUS_MAX ((size_t)256 * 1024)

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

static void add_status(struct buf *buf, const struct store_status *status) {
    add_keys(buf, status->keys);
    buf_format(buf, ",\"age\":%" PRId64 ",\"expires_in\":%" PRId64 ",\"next_refresh\":%" PRId64, status->age,
               status->expires_in, status->next_refresh);
    buf_format(buf, ",\"fetches\":%" PRIu64 ",\"not_modified\":%" PRIu64 ",\"failures\":%" PRIu64, status->fetches,
               status->not_modified, status->failures);
    buf_format(buf, ",\"failures_in_row\":%u,\"forced\":%" PRIu64 ",\"suppressed\":%" PRIu64, status->failed_in_row,
               status->forced, status->suppressed);
    add_text(buf, "last_error", str_of(status->last_error));
}

static void add_source(struct buf *buf, const struct source *source) {
    struct store_status status;
    store_status(source->store, &status);
    json_quote(buf, source->options.where);
    add_status(buf, &status);
    keys_unref(status.keys);
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
