/* SPDX-License-Identifier: MIT
 *
 * Publishing what a fetch brought.
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
#include <src/base/buf.h>
#include <src/base/str.h>

#define SENTENCE_MAX  1024
#define SKIPPED_LINES 8 /* of a set whose keys are all bad: a server must not be able to fill the log */

static void log_skipped(const struct source *source, const struct keys *keys) {
    size_t count = keys_skipped_count(keys), lines = count < SKIPPED_LINES ? count : SKIPPED_LINES;
    struct buf more;
    for (size_t i = 0; i < lines; i++) {
        subscribers_log(source, TAM_LOG_WARNING, keys_skipped(keys, i));
    }
    if (count == lines) {
        return;
    }
    buf_init(&more, SENTENCE_MAX);
    buf_format(&more, "and %zu more %s skipped; the status names them all", count - lines,
               count - lines == 1 ? "key is" : "keys are");
    subscribers_log(source, TAM_LOG_WARNING, buf_str(&more));
    buf_free(&more);
}

static void log_keys(const struct source *source, const struct keys *keys, bool lost) {
    struct buf what;
    buf_init(&what, SENTENCE_MAX);
    buf_format(&what, "%zu %s usable, %zu skipped%s", keys_count(keys), keys_count(keys) == 1 ? "key" : "keys",
               keys_skipped_count(keys), lost ? "; a key is gone, and with it the verdicts on what it signed" : "");
    subscribers_log(source, TAM_LOG_INFO, buf_str(&what));
    buf_free(&what);
    log_skipped(source, keys);
}

/* Without the store's lock: only this thread replaces the keys, and comparing two sets of 64 keys without kid takes
 * thousands of comparisons, for which no token should wait. */
static bool is_news(const struct source *source, const struct keys *keys) {
    const struct keys *old = store_keys(source->store);
    return old == NULL || store_last_error(source->store).len > 0 || !keys_all_kept(old, keys) ||
           !keys_all_kept(keys, old);
}

/* Whether the discovery document changed since the current keys came. A domain that moved to another tenant may keep
 * its keys, but the verdicts on the old tenant's tokens are void. */
static bool is_moved(const struct source *source, const struct keys *keys) {
    const struct keys *old = store_keys(source->store);
    return old != NULL && !discovery_equal(keys_origin(old), keys_origin(keys));
}

static void log_move(const struct source *source, struct tam_str move) {
    struct buf line;
    buf_init(&line, 3 * SENTENCE_MAX);
    buf_format(&line, "the discovery document changed, and the verdicts from before are void: %.*s", STR_PRINT(move));
    subscribers_log(source, TAM_LOG_WARNING, buf_str(&line));
    buf_free(&line);
}

void publish_keys(struct source *source, struct keys *keys, int64_t lifetime) {
    struct buf move;
    TAM_ASSERT(loop_owns(&source->job));
    bool news = is_news(source, keys);
    struct keys *own = keys_ref(keys); /* for the log: the store's may be replaced by then */
    bool moved = is_moved(source, keys);
    buf_init(&move, 2 * SENTENCE_MAX);
    if (moved) {
        discovery_compare(keys_origin(store_keys(source->store)), keys_origin(keys), &move);
    }
    bool lost = store_publish(source->store, keys, lifetime);
    if (lost || moved) {
        subscribers_revoke(source);
    }
    if (moved) { /* logged before a caller is woken, because that caller may close the verifier */
        log_move(source, buf_str(&move));
    }
    store_fetch_ended(source->store);
    subscribers_wake(source);
    if (news) {
        log_keys(source, own, lost);
    }
    buf_free(&move);
    keys_unref(own);
}

void publish_unchanged(struct source *source, int64_t lifetime) {
    TAM_ASSERT(loop_owns(&source->job));
    store_unchanged(source->store, lifetime);
    subscribers_wake(source);
}

void publish_failed(struct source *source, struct tam_str why) {
    TAM_ASSERT(loop_owns(&source->job));
    struct tam_str kept = { why.ptr, why.len < STORE_ERROR_MAX ? why.len : STORE_ERROR_MAX - 1 };
    bool news = !str_equal(store_last_error(source->store), kept);
    /* Logged before a caller is woken: that caller may close the verifier, and the reason must not be lost. */
    if (news) {
        subscribers_log(source, TAM_LOG_WARNING, why);
    }
    store_failed(source->store, kept);
    subscribers_wake(source);
}

void publish_expired(struct source *source) {
    TAM_ASSERT(loop_owns(&source->job));
    subscribers_log(
        source, TAM_LOG_ERROR,
        STR("the keys are too old to be trusted, and no token can be verified until they can be fetched again"));
    store_expire(source->store);
    /* The next response is news, even if its keys are those that have expired. */
    fetcher_forget_etag(source);
    disk_forget(source);
    subscribers_revoke(source);
    subscribers_wake(source);
}
