/* SPDX-License-Identifier: MIT
 *
 * One flight: fetching a source's keys, by way of its discovery document where it has one.
 */
#include <config.h>

#include <plugins/jose/keyset/discovery.h>
#include <plugins/jose/keyset/disk.h>
#include <plugins/jose/keyset/fetcher.h>
#include <plugins/jose/keyset/publish.h>
#include <plugins/jose/keyset/subscribers.h>
#include <src/base/str.h>

#define DOCUMENT_MAX_BODY (64 * 1024)
#define SENTENCE_MAX      1024

void flight_end(struct source *source, CURLM *multi) {
    if (source->fetch != NULL) {
        curl_multi_remove_handle(multi, source->fetch->easy);
        fetch_free(source->fetch);
        source->fetch = NULL;
    }
}

/* False: it did not even begin, and why is filled. */
static bool begin_fetch(struct source *source, CURLM *multi, struct tam_str url, bool document, struct buf *why) {
    const char *etag = !document && str_equal(url, str_of(source->etag_uri)) ? source->etag : "";
    source->fetching_document = document;
    source->fetch = fetch_new(&source->transport, url, etag, document ? DOCUMENT_MAX_BODY : KEYS_MAX_BODY, why);
    if (source->fetch == NULL) {
        return false;
    }
    if (curl_multi_add_handle(multi, source->fetch->easy) != CURLM_OK) {
        buf_add_text(why, "libcurl refused a transfer");
        fetch_free(source->fetch);
        source->fetch = NULL;
        return false;
    }
    return true;
}

/* Does the document say what it said when the keys at hand came? Only this thread replaces them. */
static bool same_origin(const struct source *source) {
    return source->keys == NULL || discovery_equal(&source->document, keys_origin(source->keys));
}

/* A document is here: is it ours, and where are its keys? Then they are fetched in the same flight. */
static bool follow_document(struct source *source, CURLM *multi, struct buf *why) {
    struct tam_str body;
    arena_free(&source->document_memory);
    arena_init(&source->document_memory, NULL, 0, (size_t)16 << 20);
    struct pool pool = arena_pool(&source->document_memory);
    if (!pool_copy(&pool, buf_str(&source->fetch->body), &body) ||
        !discovery_read(body, &pool, &source->document, why) || !subscribers_accept(source, &source->document, why)) {
        return false;
    }
    if (!source_host_allowed(source, &source->document)) {
        buf_add_text(why, "the discovery document's jwks_uri is on another host or port (jwks_hosts?)");
        return false;
    }
    if (!pool_copy(&pool, source->document.jwks_uri, &source->document.jwks_uri)) {
        buf_add_text(why, "out of memory");
        return false;
    }
    if (!same_origin(source)) {
        source->etag[0] = '\0'; /* a 304 would leave the old one beside the keys */
    }
    flight_end(source, multi);
    return begin_fetch(source, multi, source->document.jwks_uri, false, why);
}

static void remember_etag(struct source *source) {
    struct tam_str uri = source->discovery_url.len > 0 ? source->document.jwks_uri : source->jwks_uri;
    source->etag[0] = '\0';
    if (uri.len < sizeof source->etag_uri) {
        memcpy(source->etag_uri, uri.ptr, uri.len);
        source->etag_uri[uri.len] = '\0';
        memcpy(source->etag, source->fetch->response.etag, sizeof source->etag);
    }
}

static bool take_keys(struct source *source, struct buf *why) {
    struct tam_str body = buf_str(&source->fetch->body);
    struct keys *keys = keys_from_jwks(body, KEY_FROM_URL, why);
    if (keys == NULL) {
        return false;
    }
    if (source->discovery_url.len > 0 && !keys_set_origin(keys, &source->document)) {
        keys_unref(keys);
        buf_add_text(why, "out of memory");
        return false;
    }
    remember_etag(source);
    source->lifetime = response_lifetime(&source->fetch->response);
    /* First on disk: who only waits for the keys may be gone as soon as they are there. */
    disk_keep(source, body, keys_origin(keys), source->lifetime);
    landing_keys(source, keys, source->lifetime);
    return true;
}

/* A 304 without a question that had an ETag is no answer. One that is silent leaves the lifetime as it was (RFC 9111 §4.3.4). */
static bool not_modified(struct source *source, struct buf *why) {
    if (source->fetching_document || source->etag[0] == '\0' || source->keys == NULL) {
        buf_add_text(why, "HTTP: status 304, but nothing was asked conditionally");
        return false;
    }
    int64_t lifetime = response_lifetime(&source->fetch->response);
    source->lifetime = lifetime >= 0 ? lifetime : source->lifetime;
    disk_keep(source, STR_NONE, keys_origin(source->keys), source->lifetime);
    landing_unchanged(source, source->lifetime);
    return true;
}

void flight_finish(struct source *source, CURLM *multi, CURLcode code) {
    struct buf why;
    bool good = false, follow = false;
    buf_init(&why, SENTENCE_MAX);
    enum fetch_outcome outcome = fetch_outcome(source->fetch, code, &why);
    if (outcome == FETCH_NOT_MODIFIED) {
        good = not_modified(source, &why);
    } else if (outcome == FETCH_BODY && source->fetching_document) {
        good = follow = follow_document(source, multi, &why);
    } else if (outcome == FETCH_BODY) {
        good = take_keys(source, &why);
    }
    if (!follow) {
        flight_end(source, multi);
    }
    if (!good) {
        landing_failed(source, buf_str(&why));
    }
    buf_free(&why);
}

void flight_begin(struct source *source, CURLM *multi) {
    struct buf why;
    bool document = source->discovery_url.len > 0;
    if (source->jwks_file.len > 0) {
        disk_look(source);
        return;
    }
    buf_init(&why, SENTENCE_MAX);
    if (!begin_fetch(source, multi, document ? source->discovery_url : source->jwks_uri, document, &why)) {
        landing_failed(source, buf_str(&why));
    }
    buf_free(&why);
}
