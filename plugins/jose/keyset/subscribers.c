/* SPDX-License-Identifier: MIT
 *
 * The verifiers that use a source.
 */
#include <config.h>

#include <plugins/jose/keyset/subscribers.h>
#include <src/base/buf.h>
#include <src/base/str.h>

#include <pthread.h>

#define LINE_MAX_LEN 4096

/* Guards the list of every source. Held while a host is called back, so a thread that holds it knows that no callback
 * runs. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void subscribers_add(struct keyset *keyset, struct source *source) {
    pthread_mutex_lock(&lock);
    keyset->source = source;
    keyset->next = source->subscribers;
    source->subscribers = keyset;
    pthread_mutex_unlock(&lock);
}

void subscribers_remove(struct keyset *keyset) {
    pthread_mutex_lock(&lock);
    struct keyset **at = &keyset->source->subscribers;
    while (*at != keyset) {
        at = &(*at)->next;
    }
    *at = keyset->next;
    pthread_mutex_unlock(&lock);
}

void subscribers_log(const struct source *source, uint32_t level, struct tam_str what) {
    struct buf line;
    buf_init(&line, LINE_MAX_LEN);
    buf_add_text(&line, "keys: ");
    buf_add(&line, source->options.where);
    buf_add_text(&line, ": ");
    buf_add(&line, what);
    pthread_mutex_lock(&lock);
    for (const struct keyset *keyset = source->subscribers; keyset != NULL; keyset = keyset->next) {
        keyset->host->log(keyset->host->ctx, level, buf_str(&line));
    }
    pthread_mutex_unlock(&lock);
    buf_free(&line);
}

void subscribers_wake(const struct source *source) {
    pthread_mutex_lock(&lock);
    for (const struct keyset *keyset = source->subscribers; keyset != NULL; keyset = keyset->next) {
        keyset->host->wake(keyset->host->ctx);
    }
    pthread_mutex_unlock(&lock);
}

void subscribers_revoke(const struct source *source) {
    pthread_mutex_lock(&lock);
    for (const struct keyset *keyset = source->subscribers; keyset != NULL; keyset = keyset->next) {
        keyset->host->revoke(keyset->host->ctx);
    }
    pthread_mutex_unlock(&lock);
}

/* The first verifier is asked for all: verifiers share a source only if they would answer alike (accept_id). */
bool subscribers_accept(const struct source *source, const struct discovery *document, struct buf *why) {
    pthread_mutex_lock(&lock);
    const struct keyset *keyset = source->subscribers;
    bool good = keyset != NULL && keyset->accept(keyset->accept_ctx, document, why);
    pthread_mutex_unlock(&lock);
    return good;
}

int64_t subscribers_now(const struct source *source) {
    pthread_mutex_lock(&lock);
    const struct keyset *keyset = source->subscribers;
    int64_t now = keyset != NULL ? keyset->host->now(keyset->host->ctx) : 0;
    pthread_mutex_unlock(&lock);
    return now;
}

void subscribers_forked(void) {
    pthread_mutex_init(&lock, NULL);
}
