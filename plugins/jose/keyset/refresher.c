/* SPDX-License-Identifier: MIT
 *
 * When key sets are fetched.
 *
 * Locks, in this order: that of the subscribers (held while hosts are called back), then a store's, then the loop's,
 * which the loop does not hold during a callback.
 */
#include <config.h>

#include <plugins/common/loop.h>
#include <plugins/jose/keyset/disk/disk.h>
#include <plugins/jose/keyset/fetcher.h>
#include <plugins/jose/keyset/publish.h>
#include <plugins/jose/keyset/refresher.h>
#include <plugins/jose/keyset/store.h>
#include <plugins/jose/keyset/subscribers.h>
#include <src/base/assert.h>
#include <src/base/clock.h>
#include <src/base/str.h>

#include <pthread.h>
#include <stddef.h>

#define LOOK_MAX        1000 /* ms: the longest time between two looks at a source */
#define LOOK_HOST_CLOCK 20   /* ms of real time, under a clock that is stepped by hand */

/* Written only inside init and destroy, which are serialised. */
static struct source *sources;

/* ---- One look at a source [the loop's thread] -------------------------------------------------------------------- */

static bool fetch_is_due(const struct store_times *times, int64_t now) {
    return !times->fetching && (times->forced_wanted || now >= times->next_at);
}

static void do_what_is_due(struct source *source) {
    int64_t now = store_now(source->store);
    struct store_times times = store_times(source->store);
    bool fetch = fetch_is_due(&times, now);
    bool late = times.forced_waited && now >= times.forced_at + FORCED_WAIT;
    if (fetch) {
        store_fetch_begins(source->store);
    }
    if (late) {
        store_forced_is_late(source->store);
    }
    if (times.has_keys && now >= times.expires_at) {
        publish_expired(source);
    }
    if (late) {
        subscribers_wake(source);
    }
    if (fetch) {
        fetcher_begin(source);
    }
}

/* ms from now */
static int next_look(const struct source *source) {
    int64_t now = store_now(source->store);
    struct store_times times = store_times(source->store);
    if (source->options.host_clock) {
        return LOOK_HOST_CLOCK;
    }
    if (times.forced_wanted && !times.fetching) {
        return 0;
    }
    int64_t at = times.fetching ? INT64_MAX : times.next_at;
    if (times.forced_waited && times.forced_at + FORCED_WAIT < at) {
        at = times.forced_at + FORCED_WAIT;
    }
    at = times.has_keys && times.expires_at < at ? times.expires_at : at;
    int64_t ms = at <= now ? 0 : (at - now) / (CLOCK_SECOND / 1000) + 1;
    return ms > LOOK_MAX ? LOOK_MAX : (int)ms;
}

static int look(struct job *job) {
    struct source *source = (struct source *)(void *)((char *)job - offsetof(struct source, job));
    do_what_is_due(source);
    return next_look(source);
}

static void done(struct job *job, const struct fetch *fetch, enum fetch_outcome outcome, struct tam_str why) {
    struct source *source = (struct source *)(void *)((char *)job - offsetof(struct source, job));
    fetcher_finish(source, fetch, outcome, why);
}

/* ---- Fork ------------------------------------------------------------------------------------------------------- */

/* A forked child has no thread that looks at the sources, and libtam destroys no verifier of the parent there. */
static void forked(void) {
    sources = NULL;
    subscribers_forked();
}

static int fork_status = -1;

static void watch_forks(void) {
    fork_status = pthread_atfork(NULL, NULL, forked);
}

static bool forks_watched(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, watch_forks);
    return fork_status == 0;
}

/* ---- Coming and going [serialised: inside init and destroy] ------------------------------------------------------ */

static void source_free(struct source *source) {
    fetcher_free(&source->fetcher);
    store_free(source->store);
    buf_free(&source->kept);
    source_options_free(&source->options);
    mem_free(source);
}

/* NULL: out of memory. */
static struct source *source_new(const struct keyset_config *config, const struct tam_host *host) {
    struct source *source = mem_alloc(sizeof *source);
    if (source == NULL) {
        return NULL;
    }
    source->job.look = look;
    source->job.done = done;
    fetcher_init(&source->fetcher);
    disk_init(source);
    if (source_options_copy(&source->options, config)) {
        source->store = store_new(&source->options, host);
    }
    if (source->store == NULL) {
        source_free(source);
        return NULL;
    }
    return source;
}

static struct source *find_equal(const struct source *wanted) {
    struct source *source = sources;
    while (source != NULL && !source_options_equal(&source->options, &wanted->options)) {
        source = source->next;
    }
    return source;
}

static void subscribe(struct keyset *keyset, struct source *source) {
    subscribers_add(keyset, source);
    source->users++;
}

/* Takes it over. */
static bool join_new(struct keyset *keyset, struct source *source, const struct keyset_config *config) {
    disk_begin(source, config, keyset->host);
    if (!forks_watched() || !loop_open()) {
        source_free(source);
        return false;
    }
    subscribe(keyset, source);
    source->next = sources;
    sources = source;
    loop_add(&source->job);
    return true;
}

bool refresher_join(struct keyset *keyset, const struct keyset_config *config) {
    struct source *source = source_new(config, keyset->host);
    if (source == NULL) {
        return false;
    }
    struct source *equal = find_equal(source);
    if (equal == NULL) {
        return join_new(keyset, source, config);
    }
    source_free(source);
    subscribe(keyset, equal);
    return true;
}

static void close_source(struct source *source) {
    struct source **at = &sources;
    while (*at != source) {
        at = &(*at)->next;
    }
    *at = source->next;
    loop_remove(&source->job);
    loop_close();
    source_free(source);
}

void refresher_leave(struct keyset *keyset) {
    struct source *source = keyset->source;
    subscribers_remove(keyset);
    TAM_ASSERT(source->users > 0);
    source->users--;
    if (source->users == 0) {
        close_source(source);
    }
}

bool refresher_check(const struct keyset_config *config, const struct tam_host *host) {
    struct source *source = source_new(config, host);
    if (source == NULL) {
        host->fault(host->ctx, TAM_NO_ROW, STR("out of memory"));
        return false;
    }
    bool good = disk_check(source, config, host);
    source_free(source);
    return good;
}
