/* SPDX-License-Identifier: MIT
 *
 * What a fetch brought.
 */
#include <config.h>

#include <plugins/jose/keyset/discovery.h>
#include <plugins/jose/keyset/publish.h>
#include <plugins/jose/keyset/subscribers.h>
#include <src/base/buf.h>
#include <src/base/str.h>

#define SENTENCE_MAX  1024
#define SKIPPED_LINES 8 /* of a set whose keys are all bad: what a server sends is no reason to fill a log */

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

/* Without the source's lock: what is compared is replaced by this thread only, and a set of 64 keys without kid takes
 * thousands of comparisons, for which no token should wait. */
static bool is_news(const struct source *source, const struct keys *keys) {
    return source->keys == NULL || source->last_error[0] != '\0' || !keys_all_kept(source->keys, keys) ||
           !keys_all_kept(keys, source->keys);
}

/* A document that says something else than the one the keys at hand came with: a domain that moved to another tenant keeps
 * its keys, but what was said of the old one's tokens holds no more. */
static bool is_moved(const struct source *source, const struct keys *keys) {
    return source->keys != NULL && !discovery_equal(keys_origin(source->keys), keys_origin(keys));
}

static void log_move(const struct source *source, struct tam_str move) {
    struct buf line;
    buf_init(&line, 3 * SENTENCE_MAX);
    buf_format(&line, "the discovery document changed, and the verdicts from before are void: %.*s", STR_PRINT(move));
    subscribers_log(source, TAM_LOG_WARNING, buf_str(&line));
    buf_free(&line);
}

void landing_keys(struct source *source, struct keys *keys, int64_t lifetime) {
    struct buf move;
    bool news = is_news(source, keys);
    struct keys *own = keys_ref(keys); /* for the log: the source's may be replaced by then */
    bool moved = is_moved(source, keys);
    buf_init(&move, 2 * SENTENCE_MAX);
    if (moved) {
        discovery_compare(keys_origin(source->keys), keys_origin(keys), &move);
    }
    bool lost = source_land(source, keys, lifetime);
    if (lost || moved) {
        subscribers_revoke(source);
    }
    if (moved) { /* before anybody is woken, who may close the verifier */
        log_move(source, buf_str(&move));
    }
    source_flight_over(source);
    subscribers_wake(source);
    if (news) {
        log_keys(source, own, lost);
    }
    buf_free(&move);
    keys_unref(own);
}

void landing_unchanged(struct source *source, int64_t lifetime) {
    source_land_unchanged(source, lifetime);
    subscribers_wake(source);
}

void landing_failed(struct source *source, struct tam_str why) {
    struct tam_str kept = { why.ptr, why.len < SOURCE_ERROR_MAX ? why.len : SOURCE_ERROR_MAX - 1 };
    bool news = !str_equal(str_of(source->last_error), kept);
    /* Logged first: whoever is woken may close the verifier, and the reason must not be lost. */
    if (news) {
        subscribers_log(source, TAM_LOG_WARNING, why);
    }
    source_land_failed(source, kept);
    subscribers_wake(source);
}

void landing_expired(struct source *source) {
    subscribers_log(
        source, TAM_LOG_ERROR,
        STR("the keys are too old to be trusted, and no token can be verified until they can be fetched again"));
    source_expire(source);
    subscribers_revoke(source);
    subscribers_wake(source);
}
