/* SPDX-License-Identifier: MIT
 *
 * Fetching a source's keys.
 */
#include <config.h>

#include <plugins/common/loop.h>
#include <plugins/jose/keyset/discovery.h>
#include <plugins/jose/keyset/disk/disk.h>
#include <plugins/jose/keyset/fetcher.h>
#include <plugins/jose/keyset/publish.h>
#include <plugins/jose/keyset/store.h>
#include <plugins/jose/keyset/subscribers.h>
#include <src/base/assert.h>
#include <src/base/str.h>

#define DOCUMENT_MAX_BODY   (64 * 1024)
#define DOCUMENT_MEMORY_MAX ((size_t)16 << 20)
#define SENTENCE_MAX        1024

void fetcher_init(struct fetcher *fetcher) {
    arena_init(&fetcher->document_memory, NULL, 0, DOCUMENT_MEMORY_MAX);
}

void fetcher_free(struct fetcher *fetcher) {
    arena_free(&fetcher->document_memory);
}

void fetcher_forget_etag(struct source *source) {
    TAM_ASSERT(loop_owns(&source->job));
    source->fetcher.etag[0] = '\0';
}

/* False with one sentence in why: there is no request. */
static bool send_request(struct source *source, struct tam_str url, bool document, struct buf *why) {
    static const char *const headers[] = { "Accept: application/jwk-set+json, application/json", NULL };
    struct fetcher *fetcher = &source->fetcher;
    const struct fetch_request request = {
        .url = url,
        .what = "keys",
        .headers = headers,
        .etag = !document && str_equal(url, str_of(fetcher->etag_uri)) ? fetcher->etag : NULL,
        .limit = document ? DOCUMENT_MAX_BODY : KEYS_MAX_BODY,
    };
    fetcher->fetching_document = document;
    struct fetch *fetch = fetch_new(&source->options.transport, &request, why);
    if (fetch == NULL) {
        return false;
    }
    loop_send(&source->job, fetch);
    return true;
}

/* Does the document say what it said when the current keys came? */
static bool same_origin(const struct source *source) {
    const struct keys *keys = store_keys(source->store);
    return keys == NULL || discovery_equal(&source->fetcher.document, keys_origin(keys));
}

/* Checks that the document is of the expected issuer and that its keys may be fetched, and requests them. */
static bool follow_document(struct source *source, struct tam_str text, struct buf *why) {
    struct fetcher *fetcher = &source->fetcher;
    struct tam_str body;
    arena_free(&fetcher->document_memory);
    arena_init(&fetcher->document_memory, NULL, 0, DOCUMENT_MEMORY_MAX);
    struct pool pool = arena_pool(&fetcher->document_memory);
    if (!pool_copy(&pool, text, &body) || !discovery_read(body, &pool, &fetcher->document, why) ||
        !subscribers_accept(source, &fetcher->document, why)) {
        return false;
    }
    if (!source_options_allow(&source->options, &fetcher->document)) {
        buf_add_text(why, "the discovery document's jwks_uri is on another host or port (jwks_hosts?)");
        return false;
    }
    if (!pool_copy(&pool, fetcher->document.jwks_uri, &fetcher->document.jwks_uri)) {
        buf_add_text(why, "out of memory");
        return false;
    }
    if (!same_origin(source)) {
        fetcher_forget_etag(source); /* after a 304 the keys would keep the old document */
    }
    return send_request(source, fetcher->document.jwks_uri, false, why);
}

static void remember_etag(struct source *source, const struct response *response) {
    struct fetcher *fetcher = &source->fetcher;
    struct tam_str uri = source->options.discovery_url.len > 0 ? fetcher->document.jwks_uri : source->options.jwks_uri;
    fetcher->etag[0] = '\0';
    if (uri.len < sizeof fetcher->etag_uri) {
        memcpy(fetcher->etag_uri, uri.ptr, uri.len);
        fetcher->etag_uri[uri.len] = '\0';
        memcpy(fetcher->etag, response->etag, sizeof fetcher->etag);
    }
}

static bool take_keys(struct source *source, const struct fetch *fetch, struct buf *why) {
    struct fetcher *fetcher = &source->fetcher;
    struct tam_str body = buf_str(&fetch->body);
    struct keys *keys = keys_from_jwks(body, KEY_FROM_URL, why);
    if (keys == NULL) {
        return false;
    }
    if (source->options.discovery_url.len > 0 && !keys_set_origin(keys, &fetcher->document)) {
        keys_unref(keys);
        buf_add_text(why, "out of memory");
        return false;
    }
    remember_etag(source, &fetch->response);
    fetcher->lifetime = response_lifetime(&fetch->response);
    /* Written to disk first: a process that only waits for the keys may exit as soon as they are published. */
    disk_keep(source, body, keys_origin(keys), fetcher->lifetime);
    publish_keys(source, keys, fetcher->lifetime);
    return true;
}

/* A 304 without a lifetime leaves the lifetime as it was (RFC 9111 §4.3.4). */
static bool not_modified(struct source *source, const struct fetch *fetch, struct buf *why) {
    struct fetcher *fetcher = &source->fetcher;
    const struct keys *keys = store_keys(source->store);
    if (fetcher->fetching_document || fetcher->etag[0] == '\0' || keys == NULL) {
        buf_add_text(why, "HTTP: status 304, but nothing was asked conditionally");
        return false;
    }
    int64_t lifetime = response_lifetime(&fetch->response);
    fetcher->lifetime = lifetime >= 0 ? lifetime : fetcher->lifetime;
    disk_keep(source, STR_NONE, keys_origin(keys), fetcher->lifetime);
    publish_unchanged(source, fetcher->lifetime);
    return true;
}

/* False with one sentence in why. */
static bool take_response(struct source *source, const struct fetch *fetch, enum fetch_outcome outcome,
                          struct buf *why) {
    if (outcome == FETCH_NOT_MODIFIED) {
        return not_modified(source, fetch, why);
    }
    return source->fetcher.fetching_document ? follow_document(source, buf_str(&fetch->body), why)
                                             : take_keys(source, fetch, why);
}

void fetcher_finish(struct source *source, const struct fetch *fetch, enum fetch_outcome outcome, struct tam_str why) {
    struct buf fault;
    TAM_ASSERT(loop_owns(&source->job));
    if (outcome == FETCH_FAILED) {
        publish_failed(source, why);
        return;
    }
    buf_init(&fault, SENTENCE_MAX);
    if (!take_response(source, fetch, outcome, &fault)) {
        publish_failed(source, buf_str(&fault));
    }
    buf_free(&fault);
}

void fetcher_begin(struct source *source) {
    struct buf why;
    bool document = source->options.discovery_url.len > 0;
    TAM_ASSERT(loop_owns(&source->job));
    if (source->options.jwks_file.len > 0) {
        disk_look(source);
        return;
    }
    buf_init(&why, SENTENCE_MAX);
    if (!send_request(source, document ? source->options.discovery_url : source->options.jwks_uri, document, &why)) {
        publish_failed(source, buf_str(&why));
    }
    buf_free(&why);
}
