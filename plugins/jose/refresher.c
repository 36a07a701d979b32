/* SPDX-License-Identifier: MIT
 *
 * The thread that fetches keys.
 *
 * Locks, in this order: notify (held while hosts are called back), then refresher.lock, then a source's.
 */
#include <config.h>

#include <plugins/jose/cache_file.h>
#include <plugins/jose/discovery.h>
#include <plugins/jose/refresher.h>
#include <plugins/jose/schedule.h>
#include <src/base/clock.h>
#include <src/base/owner.h>
#include <src/base/str.h>
#include <src/base/url.h>

#include <signal.h>
#include <sys/stat.h>

#define DOCUMENT_MAX_BODY (64 * 1024)
#define LOOK_MAX          1000 /* ms: at the latest the thread looks again */
#define LOOK_HOST_CLOCK   20   /* ms of real time, under a clock that is stepped by hand */
#define SENTENCE_MAX      1024

/* The plugin's one piece of mutable global state, counted by its sources. */
static struct {
    pthread_mutex_t lock; /* guards the rest */
    pthread_cond_t left;  /* a closing source is gone */
    struct source *sources;
    CURLM *multi; /* NULL: no thread runs */
    pthread_t thread;
    bool stopping;
} refresher = { .lock = PTHREAD_MUTEX_INITIALIZER, .left = PTHREAD_COND_INITIALIZER };

/* Held while a host is called back: who takes it knows that none is. Guards subscribers. */
static pthread_mutex_t notify_lock = PTHREAD_MUTEX_INITIALIZER;

void refresher_wake(void) {
    CURLM *multi = refresher.multi; /* set before the first source is asked, cleared after the last */
    if (multi != NULL) {
        curl_multi_wakeup(multi);
    }
}

/* ---- Calling hosts back ------------------------------------------------------------------------------------------------------- */

static void log_line(const struct source *source, uint32_t level, struct tam_str what) {
    struct buf line;
    buf_init(&line, 4 * SENTENCE_MAX);
    buf_add_text(&line, "keys: ");
    buf_add(&line, source->where);
    buf_add_text(&line, ": ");
    buf_add(&line, what);
    pthread_mutex_lock(&notify_lock);
    for (const struct keyset *keyset = source->subscribers; keyset != NULL; keyset = keyset->next) {
        keyset->host->log(keyset->host->ctx, level, buf_str(&line));
    }
    pthread_mutex_unlock(&notify_lock);
    buf_free(&line);
}

/* The new state is published: whoever waits may ask again, and where a key was lost no old verdict stands. */
static void notify(const struct source *source, bool lost) {
    pthread_mutex_lock(&notify_lock);
    for (const struct keyset *keyset = source->subscribers; keyset != NULL; keyset = keyset->next) {
        if (lost) {
            keyset->host->revoke(keyset->host->ctx);
        }
        keyset->host->wake(keyset->host->ctx);
    }
    pthread_mutex_unlock(&notify_lock);
}

/* ---- What a flight brought ------------------------------------------------------------------------------------------------------ */

static void log_keys(const struct source *source, const struct keys *keys, bool lost) {
    struct buf what;
    buf_init(&what, SENTENCE_MAX);
    buf_format(&what, "%zu keys usable, %zu skipped%s", keys_count(keys), keys_skipped_count(keys),
               lost ? "; a key is gone, and with it the verdicts on what it signed" : "");
    log_line(source, TAM_LOG_INFO, buf_str(&what));
    buf_free(&what);
    for (size_t i = 0; i < keys_skipped_count(keys); i++) {
        log_line(source, TAM_LOG_WARNING, keys_skipped(keys, i));
    }
}

static bool is_news(struct source *source, const struct keys *keys) {
    pthread_mutex_lock(&source->lock);
    bool news = source->keys == NULL || source->last_error[0] != '\0' || !keys_all_kept(source->keys, keys) ||
                !keys_all_kept(keys, source->keys);
    pthread_mutex_unlock(&source->lock);
    return news;
}

static void land(struct source *source, struct keys *keys, int64_t lifetime) {
    bool news = is_news(source, keys);
    struct keys *own = keys_ref(keys); /* for the log: the source's may be replaced by then */
    bool lost = source_land(source, keys, lifetime);
    notify(source, lost);
    if (news) {
        log_keys(source, own, lost);
    }
    keys_unref(own);
}

static void land_failed(struct source *source, struct tam_str why) {
    pthread_mutex_lock(&source->lock);
    bool news = !str_equal(str_of(source->last_error), why);
    pthread_mutex_unlock(&source->lock);
    /* Logged first: whoever is woken may close the verifier, and the reason must not be lost. */
    if (news) {
        log_line(source, TAM_LOG_WARNING, why);
    }
    source_land_failed(source, why);
    notify(source, false);
}

/* ---- Disk ------------------------------------------------------------------------------------------------------------------------- */

static void keep_on_disk(struct source *source, struct tam_str body, const struct keys *keys) {
    struct cache_file file = { source->cache_path, source->where };
    struct buf why;
    int64_t now = 0;
    if (source->cache_path.len == 0) {
        return;
    }
    pthread_mutex_lock(&notify_lock);
    if (source->subscribers != NULL) {
        now = source->subscribers->host->now(source->subscribers->host->ctx);
    }
    pthread_mutex_unlock(&notify_lock);
    buf_init(&why, SENTENCE_MAX);
    if (!cache_file_write(&file, body, keys_origin(keys), now, &why)) {
        log_line(source, TAM_LOG_WARNING, buf_str(&why));
    }
    buf_free(&why);
}

struct keys *refresher_read_file(const char *path, bool any_owner, struct buf *why) {
    struct buf content;
    struct keys *keys = NULL;
    buf_init(&content, KEYS_MAX_BODY);
    if (owner_read(path, any_owner ? OWNER_ANY : 0, KEYS_MAX_BODY, &content, why)) {
        keys = keys_from_jwks(buf_str(&content), KEY_FROM_FILE, why);
    }
    buf_free(&content);
    return keys;
}

static struct file_mark mark_of(const char *path) {
    struct stat status;
    if (stat(path, &status) != 0) {
        return (struct file_mark){ 0 };
    }
    return (struct file_mark){ status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_size, status.st_ino };
}

static bool same_mark(const struct file_mark *a, const struct file_mark *b) {
    return a->seconds == b->seconds && a->nanoseconds == b->nanoseconds && a->size == b->size && a->inode == b->inode;
}

static void look_at_file(struct source *source) {
    struct file_mark mark = mark_of(source->jwks_file.ptr);
    struct buf why;
    if (mark.inode != 0 && same_mark(&mark, &source->file_mark)) {
        source_file_seen(source);
        return;
    }
    buf_init(&why, SENTENCE_MAX);
    struct keys *keys = refresher_read_file(source->jwks_file.ptr, source->any_owner, &why);
    if (keys != NULL) {
        land(source, keys, -1);
        source->file_mark = mark;
        source_file_seen(source);
    } else {
        land_failed(source, buf_str(&why));
    }
    buf_free(&why);
}

/* What is at hand without the network: the file itself, or what an earlier process kept. */
static void begin_from_disk(struct source *source, const struct tam_host *host) {
    struct cache_file file = { source->cache_path, source->where };
    struct buf why;
    int64_t fetched = 0, now = host->now(host->ctx);
    if (source->jwks_file.len > 0) {
        source->attempts++;
        look_at_file(source);
        return;
    }
    buf_init(&why, SENTENCE_MAX);
    struct keys *keys = source->cache_path.len > 0 ? cache_file_read(&file, now, &fetched, &why) : NULL;
    if (keys != NULL) {
        source_begin_with(source, keys, now - fetched);
    } else if (why.len > 0) {
        host->log(host->ctx, TAM_LOG_WARNING, buf_str(&why));
    }
    buf_free(&why);
}

/* ---- Flights ------------------------------------------------------------------------------------------------------------------------ */

static void end_fetch(struct source *source) {
    if (source->fetch != NULL) {
        curl_multi_remove_handle(refresher.multi, source->fetch->easy);
        fetch_free(source->fetch);
        source->fetch = NULL;
    }
}

/* False: it did not even begin, and why is filled. */
static bool begin_fetch(struct source *source, struct tam_str url, bool document, struct buf *why) {
    const char *etag = !document && str_equal(url, str_of(source->etag_uri)) ? source->etag : "";
    source->fetching_document = document;
    source->fetch = fetch_new(&source->transport, url, etag, document ? DOCUMENT_MAX_BODY : KEYS_MAX_BODY, why);
    if (source->fetch == NULL) {
        return false;
    }
    if (curl_multi_add_handle(refresher.multi, source->fetch->easy) != CURLM_OK) {
        buf_add_text(why, "libcurl refused a transfer");
        fetch_free(source->fetch);
        source->fetch = NULL;
        return false;
    }
    return true;
}

/* With subscribers, since a verifier of another source may be leaving: its accept_ctx lives while it subscribes. */
static bool accepted(struct source *source, struct buf *why) {
    pthread_mutex_lock(&notify_lock);
    const struct keyset *keyset = source->subscribers;
    bool good = keyset != NULL && keyset->accept(keyset->accept_ctx, &source->document, why);
    pthread_mutex_unlock(&notify_lock);
    return good;
}

static bool host_allowed(const struct source *source) {
    struct url issuer = { 0 };
    bool issuer_host = source->issuer_host && url_split(source->document.issuer, &issuer, NULL);
    struct tam_list lists[] = { source->jwks_hosts, source->more_hosts, { &issuer.host, issuer_host } };
    return discovery_host_allowed(source->document.jwks_uri, source->discovery_url, lists,
                                  sizeof lists / sizeof lists[0]);
}

/* A document is here: is it ours, and where are its keys? Then they are fetched in the same flight. */
static bool follow_document(struct source *source, struct buf *why) {
    struct pool pool;
    struct tam_str body;
    arena_free(&source->document_memory);
    arena_init(&source->document_memory, NULL, 0, (size_t)16 << 20);
    pool = arena_pool(&source->document_memory);
    if (!pool_copy(&pool, buf_str(&source->fetch->body), &body) ||
        !discovery_read(body, &pool, &source->document, why) || !accepted(source, why)) {
        return false;
    }
    if (!host_allowed(source)) {
        buf_add_text(why, "the discovery document's jwks_uri is on another host (jwks_hosts?)");
        return false;
    }
    if (!pool_copy(&pool, source->document.jwks_uri, &source->document.jwks_uri)) {
        buf_add_text(why, "out of memory");
        return false;
    }
    end_fetch(source);
    return begin_fetch(source, source->document.jwks_uri, false, why);
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
    struct keys_origin origin = { source->document.issuer, source->document.jwks_uri,
                                  source->document.authorization_endpoint, source->document.cloud_instance_name };
    struct tam_str body = buf_str(&source->fetch->body);
    struct keys *keys = keys_from_jwks(body, KEY_FROM_URL, why);
    if (keys == NULL) {
        return false;
    }
    if (source->discovery_url.len > 0 && !keys_set_origin(keys, &origin)) {
        keys_unref(keys);
        buf_add_text(why, "out of memory");
        return false;
    }
    remember_etag(source);
    keep_on_disk(source, body, keys);
    land(source, keys, response_lifetime(&source->fetch->response));
    return true;
}

/* A 304 without a question that had an ETag is no answer. */
static bool not_modified(struct source *source, struct buf *why) {
    if (source->fetching_document || source->etag[0] == '\0') {
        buf_add_text(why, "HTTP: status 304, but nothing was asked conditionally");
        return false;
    }
    source_land_unchanged(source, response_lifetime(&source->fetch->response));
    notify(source, false);
    return true;
}

static void finish_fetch(struct source *source, CURLcode code) {
    struct buf why;
    bool good = false, follow = false;
    buf_init(&why, SENTENCE_MAX);
    enum fetch_outcome outcome = fetch_outcome(source->fetch, code, &why);
    if (outcome == FETCH_NOT_MODIFIED) {
        good = not_modified(source, &why);
    } else if (outcome == FETCH_BODY && source->fetching_document) {
        good = follow = follow_document(source, &why);
    } else if (outcome == FETCH_BODY) {
        good = take_keys(source, &why);
    }
    if (!follow) {
        end_fetch(source);
    }
    if (!good) {
        land_failed(source, buf_str(&why));
    }
    buf_free(&why);
}

static void begin_flight(struct source *source) {
    struct buf why;
    bool document = source->discovery_url.len > 0;
    if (source->jwks_file.len > 0) {
        look_at_file(source);
        return;
    }
    buf_init(&why, SENTENCE_MAX);
    if (!begin_fetch(source, document ? source->discovery_url : source->jwks_uri, document, &why)) {
        land_failed(source, buf_str(&why));
    }
    buf_free(&why);
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
        source->counts.fetches++;
    }
    due.late = source->forced_flying && !source->forced_late && now >= source->forced_at + FORCED_WAIT;
    source->forced_late |= due.late;
    due.expired = source->keys != NULL && now >= source->expires_at;
    return due;
}

static void expire(struct source *source) {
    pthread_mutex_lock(&source->lock);
    struct keys *old = source->keys;
    source->keys = NULL;
    pthread_mutex_unlock(&source->lock);
    keys_unref(old);
    source->etag[0] = '\0';
    notify(source, true);
    log_line(source, TAM_LOG_ERROR,
             STR("the keys are too old to be trusted, and no token can be verified until they "
                 "can be fetched again"));
}

static void look_at(struct source *source) {
    pthread_mutex_lock(&source->lock);
    struct due due = find_due(source, source_monotonic(source));
    pthread_mutex_unlock(&source->lock);
    if (due.expired) {
        expire(source);
    }
    if (due.late) {
        notify(source, false);
    }
    if (due.fetch) {
        begin_flight(source);
    }
}

/* When to look again, ms from now. [source's lock] */
static int next_look(const struct source *source) {
    int64_t now = source_monotonic(source), at = source->flying ? INT64_MAX : source->next_at;
    if (source->host_clock) {
        return LOOK_HOST_CLOCK;
    }
    if (source->forced_wanted) {
        return 0;
    }
    if (source->forced_flying && !source->forced_late && source->forced_at + FORCED_WAIT < at) {
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
        end_fetch(source);
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
            finish_fetch(source, message->data.result);
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

/* [inside init] Signals are the host's: the thread takes none. */
static bool start_thread(void) {
    sigset_t all, old;
    if (refresher.multi != NULL) {
        return true;
    }
    CURLM *multi = fetch_global_init() ? curl_multi_init() : NULL;
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
    pthread_mutex_lock(&notify_lock);
    keyset->source = source;
    keyset->next = source->subscribers;
    source->subscribers = keyset;
    pthread_mutex_unlock(&notify_lock);
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
    begin_from_disk(source, keyset->host);
    if (!start_thread()) {
        source_free(source);
        return false;
    }
    subscribe(keyset, source);
    publish_source(source);
    return true;
}

static void unsubscribe(struct keyset *keyset) {
    pthread_mutex_lock(&notify_lock);
    struct keyset **at = &keyset->source->subscribers;
    while (*at != keyset) {
        at = &(*at)->next;
    }
    *at = keyset->next;
    pthread_mutex_unlock(&notify_lock);
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
    unsubscribe(keyset);
    source->users--;
    if (source->users == 0) {
        close_source(source);
    }
}
