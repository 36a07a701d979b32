/* SPDX-License-Identifier: MIT
 *
 * The thread that fetches keys.
 *
 * Locks, in this order: that of the subscribers (held while hosts are called back), then refresher.lock, then a source's.
 */
#include <config.h>

#include <plugins/jose/keyset/disk.h>
#include <plugins/jose/keyset/fetcher.h>
#include <plugins/jose/keyset/publish.h>
#include <plugins/jose/keyset/refresher.h>
#include <plugins/jose/keyset/subscribers.h>
#include <src/base/clock.h>

#include <signal.h>

#define LOOK_MAX        1000 /* ms: at the latest the thread looks again */
#define LOOK_HOST_CLOCK 20   /* ms of real time, under a clock that is stepped by hand */

/* The plugin's one piece of mutable global state, counted by its sources. */
static struct {
    pthread_mutex_t lock; /* guards the rest */
    pthread_cond_t left;  /* a closing source is gone */
    struct source *sources;
    CURLM *multi; /* NULL: no thread runs */
    pthread_t thread;
    bool stopping;
} refresher = { .lock = PTHREAD_MUTEX_INITIALIZER, .left = PTHREAD_COND_INITIALIZER };

void refresher_wake(void) {
    CURLM *multi = refresher.multi; /* set before the first source is asked, cleared after the last */
    if (multi != NULL) {
        curl_multi_wakeup(multi);
    }
}

/* ---- One look at a source ----------------------------------------------------------------------------------------------------------- */

struct due {
    bool fetch, late, expired;
};

/* [source's lock] */
static struct due find_due(struct source *source, int64_t now) {
    struct due due = { 0 };
    due.fetch = !source->flying && (source->forced_wanted || now >= source->next_at);
    if (due.fetch) {
        source->flying = true;
        source->forced_flying = source->forced_wanted;
        source->forced_wanted = false;
        source->attempts++;
        source->counts.fetches += source->jwks_file.len == 0; /* a file is looked at often, and seldom read */
    }
    due.late = source_force_runs(source) && !source->forced_late && now >= source->forced_at + FORCED_WAIT;
    source->forced_late |= due.late;
    due.expired = source->keys != NULL && now >= source->expires_at;
    return due;
}

static void look_at(struct source *source) {
    pthread_mutex_lock(&source->lock);
    struct due due = find_due(source, source_monotonic(source));
    pthread_mutex_unlock(&source->lock);
    if (due.expired) {
        landing_expired(source);
    }
    if (due.late) {
        subscribers_wake(source);
    }
    if (due.fetch) {
        flight_begin(source, refresher.multi);
    }
}

/* When to look again, ms from now. [source's lock] */
static int next_look(const struct source *source) {
    int64_t now = source_monotonic(source), at = source->flying ? INT64_MAX : source->next_at;
    if (source->host_clock) {
        return LOOK_HOST_CLOCK;
    }
    if (source->forced_wanted && !source->flying) {
        return 0;
    }
    if (source_force_runs(source) && !source->forced_late && source->forced_at + FORCED_WAIT < at) {
        at = source->forced_at + FORCED_WAIT;
    }
    at = source->keys != NULL && source->expires_at < at ? source->expires_at : at;
    int64_t ms = at <= now ? 0 : (at - now) / (CLOCK_SECOND / 1000) + 1;
    return ms > LOOK_MAX ? LOOK_MAX : (int)ms;
}

/* ---- The thread --------------------------------------------------------------------------------------------------------------------- */

/* [lock] The next source behind *at; what is closing is let go on the way. */
static void drop_closing(void) {
    struct source **at = &refresher.sources;
    while (*at != NULL) {
        struct source *source = *at;
        if (!source->closing) {
            at = &source->next;
            continue;
        }
        *at = source->next;
        flight_end(source, refresher.multi);
        source->closing = false;
        pthread_cond_broadcast(&refresher.left);
    }
}

/* Only this thread takes sources off the list, so that it may walk it without the lock; new ones come in front. */
static struct source *first_source(void) {
    pthread_mutex_lock(&refresher.lock);
    drop_closing();
    struct source *first = refresher.sources;
    pthread_mutex_unlock(&refresher.lock);
    return first;
}

static bool stopping(void) {
    pthread_mutex_lock(&refresher.lock);
    bool stop = refresher.stopping;
    pthread_mutex_unlock(&refresher.lock);
    return stop;
}

static struct source *source_of(struct source *first, const CURL *easy) {
    for (struct source *source = first; source != NULL; source = source->next) {
        if (source->fetch != NULL && source->fetch->easy == easy) {
            return source;
        }
    }
    return NULL;
}

static void run_transfers(struct source *first) {
    int running = 0, left = 0;
    curl_multi_perform(refresher.multi, &running);
    for (CURLMsg *message = curl_multi_info_read(refresher.multi, &left); message != NULL;
         message = curl_multi_info_read(refresher.multi, &left)) {
        struct source *source = source_of(first, message->easy_handle);
        if (message->msg == CURLMSG_DONE && source != NULL) {
            flight_finish(source, refresher.multi, message->data.result);
        }
    }
}

static int look_at_all(struct source *first) {
    int timeout = LOOK_MAX;
    for (struct source *source = first; source != NULL; source = source->next) {
        look_at(source);
    }
    run_transfers(first);
    for (struct source *source = first; source != NULL; source = source->next) {
        pthread_mutex_lock(&source->lock);
        int ms = next_look(source);
        pthread_mutex_unlock(&source->lock);
        timeout = ms < timeout ? ms : timeout;
    }
    return timeout;
}

static void *refresher_main(void *unused) {
    (void)unused;
    while (!stopping()) {
        int timeout = look_at_all(first_source());
        curl_multi_poll(refresher.multi, NULL, 0, timeout, NULL);
    }
    return NULL;
}

/* In a forked child neither the thread nor its sources are here, and a verifier of the parent is never destroyed. What was
 * theirs is let go as it is: its connections are the parent's too, and to end them here would end them there. */
static void forked(void) {
    pthread_mutex_init(&refresher.lock, NULL);
    pthread_cond_init(&refresher.left, NULL);
    refresher.sources = NULL;
    refresher.multi = NULL;
    refresher.stopping = false;
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

/* [inside init] Signals are the host's: the thread takes none. */
static bool start_thread(void) {
    sigset_t all, old;
    if (refresher.multi != NULL) {
        return true;
    }
    CURLM *multi = forks_watched() && fetch_global_init() ? curl_multi_init() : NULL;
    if (multi == NULL) {
        return false;
    }
    refresher.multi = multi;
    refresher.stopping = false;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    bool good = pthread_create(&refresher.thread, NULL, refresher_main, NULL) == 0;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (!good) {
        curl_multi_cleanup(multi);
        refresher.multi = NULL;
    }
    return good;
}

/* [inside destroy] */
static void stop_thread(void) {
    pthread_mutex_lock(&refresher.lock);
    refresher.stopping = true;
    pthread_mutex_unlock(&refresher.lock);
    curl_multi_wakeup(refresher.multi);
    pthread_join(refresher.thread, NULL);
    curl_multi_cleanup(refresher.multi);
    refresher.multi = NULL;
}

/* ---- Coming and going [serialised: inside init and destroy] ------------------------------------------------------------------------ */

static struct source *find_source(const struct keyset_config *config) {
    for (struct source *source = refresher.sources; source != NULL; source = source->next) {
        if (source_serves(source, config)) {
            return source;
        }
    }
    return NULL;
}

static void subscribe(struct keyset *keyset, struct source *source) {
    subscribers_add(keyset, source);
    source->users++;
}

static void publish_source(struct source *source) {
    pthread_mutex_lock(&refresher.lock);
    source->next = refresher.sources;
    refresher.sources = source;
    pthread_mutex_unlock(&refresher.lock);
    curl_multi_wakeup(refresher.multi);
}

bool refresher_join(struct keyset *keyset, const struct keyset_config *config) {
    pthread_mutex_lock(&refresher.lock);
    struct source *source = find_source(config);
    pthread_mutex_unlock(&refresher.lock);
    if (source != NULL) {
        subscribe(keyset, source);
        return true;
    }
    source = source_new(config, keyset->host);
    if (source == NULL) {
        return false;
    }
    disk_begin(source, config, keyset->host);
    if (!start_thread()) {
        source_free(source);
        return false;
    }
    subscribe(keyset, source);
    publish_source(source);
    return true;
}

static void close_source(struct source *source) {
    pthread_mutex_lock(&refresher.lock);
    source->closing = true;
    curl_multi_wakeup(refresher.multi);
    while (source->closing) {
        pthread_cond_wait(&refresher.left, &refresher.lock);
    }
    bool last = refresher.sources == NULL;
    pthread_mutex_unlock(&refresher.lock);
    if (last) {
        stop_thread();
    }
    source_free(source);
}

void refresher_leave(struct keyset *keyset) {
    struct source *source = keyset->source;
    subscribers_remove(keyset);
    source->users--;
    if (source->users == 0) {
        close_source(source);
    }
}
