/* SPDX-License-Identifier: MIT
 *
 * The state of a source, and what a question may cause. Longer than other files because no other file may see the
 * members.
 */
#include <config.h>

#include <plugins/common/loop.h>
#include <plugins/jose/keyset/schedule.h>
#include <plugins/jose/keyset/store.h>
#include <src/base/assert.h>
#include <src/base/attr.h>
#include <src/base/clock.h>
#include <src/base/str.h>

#include <errno.h>
#include <pthread.h>
#include <time.h>

#define HOST_CLOCK_LOOK (20 * CLOCK_SECOND / 1000) /* real time between two looks at a clock that is stepped by hand */
#define FILE_LOOK       1                          /* s: between two looks at jwks_file */
#define RETRY_AGE_MIN   60 /* s: a bad signature is no reason to fetch keys again that are younger */

struct store {
    /* Never change. */
    const struct source_options *options;
    int64_t (*monotonic)(void *ctx);
    void *clock_ctx;

    pthread_mutex_t lock;                    /* guards all below */
    pthread_cond_t changed;                  /* a fetch ended, or the forced one is late */
    struct keys *keys;                       /* NULL: none, or expired. Replaced only by the refresher */
    int64_t fetched_at, next_at, expires_at; /* monotonic ns */
    unsigned failed_in_row;
    uint64_t attempts;
    bool fetching;
    bool forced_wanted;   /* a forced refresh is to begin as soon as no fetch runs */
    bool forced_fetching; /* the running fetch is one */
    bool forced_ever, forced_ok, forced_late;
    int64_t forced_at;
    uint64_t fetches, not_modified, failures, forced, suppressed; /* counts for the status */
    char last_error[STORE_ERROR_MAX]; /* empty: the last fetch succeeded. Written only by the refresher */
};

/* ---- Making ----------------------------------------------------------------------------------------------------- */

struct store *store_new(const struct source_options *options, const struct tam_host *host) {
    pthread_condattr_t attributes;
    struct store *store = mem_alloc(sizeof *store);
    if (store == NULL) {
        return NULL;
    }
    store->options = options;
    store->monotonic = host->monotonic;
    store->clock_ctx = host->ctx;
    pthread_mutex_init(&store->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&store->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    store->next_at = store_now(store);
    return store;
}

void store_free(struct store *store) {
    if (store == NULL) {
        return;
    }
    keys_unref(store->keys);
    pthread_cond_destroy(&store->changed);
    pthread_mutex_destroy(&store->lock);
    mem_free(store);
}

/* The host's clock is used only if it is stepped by hand: such a source has one user, and the clock lives as long. */
int64_t store_now(const struct store *store) {
    return store->options->host_clock ? store->monotonic(store->clock_ctx) : clock_monotonic();
}

/* For TAM_ASSERT, of the functions marked [lock]: not whether this thread holds it, but whether any does. */
__attribute__((unused)) static bool is_locked(struct store *store) {
    bool taken = pthread_mutex_trylock(&store->lock) == 0;
    if (taken) {
        pthread_mutex_unlock(&store->lock);
    }
    return !taken;
}

static struct timespec time_of(int64_t monotonic) {
    return (struct timespec){ (time_t)(monotonic / CLOCK_SECOND), (long)(monotonic % CLOCK_SECOND) };
}

/* ---- Questions -------------------------------------------------------------------------------------------------- */

/* What to do next: an answer, or to wait until `limit` and look again. */
struct step {
    enum keyset_answer answer; /* 0: wait */
    int64_t limit;
    int64_t retry_at;      /* UNAVAILABLE: when asking again makes sense */
    struct tam_str detail; /* static */
};

static struct step step_answer(enum keyset_answer answer, struct tam_str detail) {
    return (struct step){ .answer = answer, .detail = detail };
}

static struct step step_unavailable(int64_t retry_at, struct tam_str detail) {
    return (struct step){ .answer = KEYSET_UNAVAILABLE, .retry_at = retry_at, .detail = detail };
}

static struct step step_wait(int64_t limit) {
    return (struct step){ .limit = limit };
}

/* [lock] A question waits for the first fetch until its deadline; after that one failed, no question waits for the
 * next. */
static struct step without_keys(struct store *store) {
    TAM_ASSERT(is_locked(store));
    if (store->fetching || store->attempts == 0) {
        return step_wait(INT64_MAX);
    }
    return step_unavailable(store->next_at, STR("the keys cannot be had: see the warning of their source"));
}

/* [lock] */
static bool force_runs(const struct store *store) {
    return store->forced_wanted || store->forced_fetching;
}

/* [lock] Requests a forced refresh; at most one per cooldown. The cooldown starts here, before the fetch, so a failed
 * fetch counts too. A fetch that is running already does not satisfy the request: its response may be older than the
 * key. */
static void force(struct store *store, int64_t now) {
    TAM_ASSERT(is_locked(store) && !force_runs(store));
    store->forced_ever = true;
    store->forced_at = now;
    store->forced_ok = false;
    store->forced_late = false;
    store->forced++;
    store->forced_wanted = true;
}

static bool cooling_down(const struct store *store, int64_t now) {
    return store->forced_ever && now < store->forced_at + store->options->cooldown * CLOCK_SECOND;
}

/* [lock] There is no negative cache of kids. During the cooldown no unknown kid causes a fetch; after it, any may.
 * With a longer-lived negative cache an attacker could send a kid before its key is published, and so block that key
 * afterwards. */
static struct step unknown_kid(struct store *store, int64_t now) {
    static const struct tam_str detail = STR_INIT("kid: no such key in the issuer's key set");
    static const struct tam_str failed = STR_INIT("kid: not at hand, and fetching the keys anew failed");
    if (force_runs(store)) {
        return now < store->forced_at + FORCED_WAIT ? step_wait(store->forced_at + FORCED_WAIT)
                                                    : step_unavailable(now + CLOCK_SECOND, failed);
    }
    if (cooling_down(store, now)) {
        store->suppressed++;
        if (!store->forced_ok) {
            return step_unavailable(store->forced_at + store->options->cooldown * CLOCK_SECOND, failed);
        }
        return step_answer(KEYSET_UNKNOWN, detail);
    }
    force(store, now);
    loop_wake();
    return step_wait(now + FORCED_WAIT);
}

/* [lock] A key was found, and the signature failed: a newer key set may hold another key of that kid. */
static struct step doubted_key(struct store *store, int64_t now) {
    if (force_runs(store)) {
        return now < store->forced_at + FORCED_WAIT ? step_wait(store->forced_at + FORCED_WAIT)
                                                    : step_answer(KEYSET_UNKNOWN, STR_NONE);
    }
    if (cooling_down(store, now) || now < store->fetched_at + RETRY_AGE_MIN * CLOCK_SECOND) {
        return step_answer(KEYSET_UNKNOWN, STR_NONE);
    }
    force(store, now);
    loop_wake();
    return step_wait(now + FORCED_WAIT);
}

/* [lock] A reference; NULL where there are no keys or they are too old. */
static struct keys *current_keys(const struct store *store, int64_t now) {
    return store->keys != NULL && now < store->expires_at ? keys_ref(store->keys) : NULL;
}

static struct step look(struct store *store, const struct store_question *question, int64_t now,
                        struct keyset_result *result) {
    struct step step = { 0 };
    pthread_mutex_lock(&store->lock);
    result->keys = current_keys(store, now);
    if (result->keys == NULL) {
        step = without_keys(store);
    } else if (result->keys == question->tried) {
        step = doubted_key(store, now);
    }
    pthread_mutex_unlock(&store->lock);
    return step;
}

/* There are keys that were not tried yet: finds one of them, outside the lock. */
static struct step look_up(struct store *store, const struct store_question *question, int64_t now,
                           struct keyset_result *result) {
    struct tam_str detail = STR_NONE;
    result->key = keys_find(result->keys, question->has_kid, question->kid, question->algorithm, &detail);
    if (result->key != NULL) {
        return step_answer(KEYSET_FOUND, STR_NONE);
    }
    if (!question->has_kid || question->tried != NULL || keys_has_kid(result->keys, question->kid)) {
        return step_answer(KEYSET_UNKNOWN, detail);
    }
    pthread_mutex_lock(&store->lock);
    /* If the set was replaced meanwhile, the new one is searched first. */
    struct step step = store->keys == result->keys ? unknown_kid(store, now) : step_wait(now);
    pthread_mutex_unlock(&store->lock);
    return step;
}

/* Waits in real time. Under a host's clock it waits for HOST_CLOCK_LOOK at most, and the caller reads that clock
 * again. */
static void wait_for_change(struct store *store, int64_t limit, int64_t now) {
    int64_t until = limit;
    if (limit <= now) {
        return;
    }
    if (store->options->host_clock) {
        until = clock_monotonic() + HOST_CLOCK_LOOK;
    }
    struct timespec time = time_of(until);
    pthread_mutex_lock(&store->lock);
    if (store->fetching || force_runs(store) || store->attempts == 0) {
        pthread_cond_timedwait(&store->changed, &store->lock, &time);
    }
    pthread_mutex_unlock(&store->lock);
}

static enum keyset_answer finish(const struct step *step, int64_t now, struct keyset_result *result) {
    if (step->answer != KEYSET_FOUND) {
        keys_unref(result->keys);
        result->keys = NULL;
        result->key = NULL;
    }
    if (step->answer == KEYSET_UNAVAILABLE) {
        int64_t seconds = (step->retry_at - now + CLOCK_SECOND - 1) / CLOCK_SECOND;
        result->retry_after = seconds < 1 ? 1 : seconds > INT32_MAX ? INT32_MAX : (uint32_t)seconds;
    }
    result->detail = step->detail;
    return step->answer;
}

HOT enum keyset_answer store_ask(struct store *store, const struct store_question *question,
                                 struct keyset_result *ret_result) {
    for (;;) {
        int64_t now = store_now(store), deadline = question->request->deadline;
        *ret_result = (struct keyset_result){ 0 };
        struct step step = look(store, question, now, ret_result);
        if (ret_result->keys != NULL && ret_result->keys != question->tried) {
            step = look_up(store, question, now, ret_result);
        }
        if (step.answer != 0) {
            return finish(&step, now, ret_result);
        }
        if (now >= deadline) {
            step = step_unavailable(now + CLOCK_SECOND, STR("the keys were not there in time"));
            return finish(&step, now, ret_result);
        }
        if ((question->request->flags & TAM_NONBLOCK) != 0 && step.limit > now) {
            step = step_answer(KEYSET_AGAIN, STR_NONE);
            return finish(&step, now, ret_result);
        }
        keys_unref(ret_result->keys);
        wait_for_change(store, step.limit < deadline ? step.limit : deadline, now);
    }
}

struct keys *store_keys_ref(struct store *store) {
    pthread_mutex_lock(&store->lock);
    struct keys *keys = store->keys != NULL ? keys_ref(store->keys) : NULL;
    pthread_mutex_unlock(&store->lock);
    return keys;
}

struct keys *store_wait(struct store *store, int64_t until, char error[STORE_ERROR_MAX]) {
    struct timespec time = time_of(until);
    int timed_out = 0;
    pthread_mutex_lock(&store->lock);
    while (store->keys == NULL && store->failed_in_row == 0 && timed_out == 0) {
        timed_out = pthread_cond_timedwait(&store->changed, &store->lock, &time);
    }
    struct keys *keys = store->keys != NULL ? keys_ref(store->keys) : NULL;
    memcpy(error, store->last_error, sizeof store->last_error);
    pthread_mutex_unlock(&store->lock);
    return keys;
}

/* ---- When to fetch ---------------------------------------------------------------------------------------------- */

struct store_times store_times(struct store *store) {
    pthread_mutex_lock(&store->lock);
    struct store_times times = {
        .has_keys = store->keys != NULL,
        .fetching = store->fetching,
        .forced_wanted = store->forced_wanted,
        .forced_waited = force_runs(store) && !store->forced_late,
        .next_at = store->next_at,
        .expires_at = store->expires_at,
        .forced_at = store->forced_at,
    };
    pthread_mutex_unlock(&store->lock);
    return times;
}

void store_fetch_begins(struct store *store) {
    pthread_mutex_lock(&store->lock);
    TAM_ASSERT(!store->fetching);
    store->fetching = true;
    store->forced_fetching = store->forced_wanted;
    store->forced_wanted = false;
    store->attempts++;
    if (store->options->jwks_file.len == 0) { /* a file is looked at every second; disk.c counts when it is read */
        store->fetches++;
    }
    pthread_mutex_unlock(&store->lock);
}

void store_forced_is_late(struct store *store) {
    pthread_mutex_lock(&store->lock);
    store->forced_late = true;
    pthread_mutex_unlock(&store->lock);
}

/* ---- How a fetch ended ------------------------------------------------------------------------------------------ */

/* Without the lock: the caller is the only thread that writes these two. */
const struct keys *store_keys(const struct store *store) {
    return store->keys;
}

struct tam_str store_last_error(const struct store *store) {
    return str_of(store->last_error);
}

/* [lock] */
static void end_fetch(struct store *store, bool good) {
    TAM_ASSERT(is_locked(store));
    if (store->forced_fetching) {
        store->forced_ok = good;
        store->forced_fetching = false;
    }
    store->fetching = false;
    pthread_cond_broadcast(&store->changed);
}

/* [lock] */
static void renew(struct store *store, int64_t lifetime) {
    TAM_ASSERT(is_locked(store) && store->keys != NULL);
    int64_t now = store_now(store), age = schedule_age(lifetime, store->options->refresh), ttl = store->options->ttl;
    store->fetched_at = now;
    store->next_at = schedule_refresh(now, age);
    store->expires_at = now + (ttl > 0 ? ttl : age) * CLOCK_SECOND;
    store->failed_in_row = 0;
    store->last_error[0] = '\0';
}

bool store_publish(struct store *store, struct keys *keys, int64_t lifetime) {
    TAM_ASSERT(keys != NULL);
    pthread_mutex_lock(&store->lock);
    struct keys *old = store->keys;
    store->keys = keys;
    renew(store, lifetime);
    pthread_mutex_unlock(&store->lock);
    bool lost = old != NULL && !keys_all_kept(old, keys);
    keys_unref(old);
    return lost;
}

void store_fetch_ended(struct store *store) {
    pthread_mutex_lock(&store->lock);
    end_fetch(store, true);
    pthread_mutex_unlock(&store->lock);
}

void store_unchanged(struct store *store, int64_t lifetime) {
    pthread_mutex_lock(&store->lock);
    store->not_modified++;
    renew(store, lifetime);
    end_fetch(store, true);
    pthread_mutex_unlock(&store->lock);
}

void store_failed(struct store *store, struct tam_str error) {
    TAM_ASSERT(error.len < STORE_ERROR_MAX);
    pthread_mutex_lock(&store->lock);
    memcpy(store->last_error, error.len > 0 ? error.ptr : "", error.len);
    store->last_error[error.len] = '\0';
    store->failed_in_row++;
    store->failures++;
    store->next_at = store_now(store) + schedule_backoff(store->failed_in_row);
    end_fetch(store, false);
    pthread_mutex_unlock(&store->lock);
}

void store_file_read(struct store *store, bool good) {
    pthread_mutex_lock(&store->lock);
    if (good && store->keys != NULL) {
        renew(store, -1);
    }
    store->next_at = store_now(store) + FILE_LOOK * CLOCK_SECOND;
    end_fetch(store, good);
    pthread_mutex_unlock(&store->lock);
}

void store_count_fetch(struct store *store) {
    pthread_mutex_lock(&store->lock);
    store->fetches++;
    pthread_mutex_unlock(&store->lock);
}

void store_expire(struct store *store) {
    pthread_mutex_lock(&store->lock);
    struct keys *old = store->keys;
    store->keys = NULL;
    pthread_mutex_unlock(&store->lock);
    keys_unref(old);
}

/* ---- Before the source is shared -------------------------------------------------------------------------------- */

bool store_begin_with(struct store *store, struct keys *keys, int64_t since, int64_t age) {
    TAM_ASSERT(store->keys == NULL);
    int64_t ttl = store->options->ttl, limit = ttl > 0 ? ttl : schedule_age(age, store->options->refresh);
    if (since >= limit) {
        keys_unref(keys);
        return false;
    }
    store->keys = keys;
    store->fetched_at = store_now(store) - since * CLOCK_SECOND;
    store->expires_at = store->fetched_at + limit * CLOCK_SECOND;
    return true;
}

void store_count_attempt(struct store *store) {
    store->attempts++;
}

/* ---- For the status --------------------------------------------------------------------------------------------- */

static int64_t seconds(int64_t from, int64_t to) {
    return to > from ? (to - from) / CLOCK_SECOND : 0;
}

void store_status(struct store *store, struct store_status *ret_status) {
    int64_t now = store_now(store);
    pthread_mutex_lock(&store->lock);
    bool there = store->keys != NULL;
    *ret_status = (struct store_status){
        .keys = there ? keys_ref(store->keys) : NULL,
        .fetches = store->fetches,
        .not_modified = store->not_modified,
        .failures = store->failures,
        .forced = store->forced,
        .suppressed = store->suppressed,
        .age = there ? seconds(store->fetched_at, now) : -1,
        .expires_in = there ? seconds(now, store->expires_at) : -1,
        .next_refresh = seconds(now, store->next_at),
        .failed_in_row = store->failed_in_row,
    };
    memcpy(ret_status->last_error, store->last_error, sizeof ret_status->last_error);
    pthread_mutex_unlock(&store->lock);
}
