/* SPDX-License-Identifier: MIT
 *
 * A source of keys: its state, and what an ask may cause.
 */
#include <config.h>

#include <plugins/jose/keyset/discovery.h>
#include <plugins/jose/keyset/options.h>
#include <plugins/jose/keyset/schedule.h>
#include <plugins/jose/keyset/refresher.h>
#include <src/base/array.h>
#include <src/base/attr.h>
#include <src/base/clock.h>
#include <src/base/str.h>
#include <src/base/url.h>

#include <stdlib.h>
#include <time.h>

#define MEMORY_MAX          (256 * 1024)
#define DOCUMENT_MEMORY_MAX ((size_t)16 << 20)
#define HOST_CLOCK_LOOK     (20 * CLOCK_SECOND / 1000) /* real time between two looks at a clock that is stepped by hand */
#define FILE_LOOK           1                          /* s: between two looks at jwks_file */
#define RETRY_AGE_MIN       60                         /* s: younger keys are not doubted for a bad signature */

/* ---- Making ------------------------------------------------------------------------------------------------------------------ */

static const struct tam_value *value_of(const struct keyset_config *config, enum keyset_option option) {
    return tam_config_value(config->config, config->first_row + option);
}

static bool copy_list(const struct pool *pool, struct tam_list list, struct tam_list *ret_list) {
    struct tam_str *items = pool_array(pool, list.count, sizeof *items);
    for (size_t i = 0; i < list.count; i++) {
        if (items == NULL || !pool_copy(pool, list.items[i], &items[i])) {
            return false;
        }
    }
    *ret_list = (struct tam_list){ items, list.count };
    return items != NULL;
}

/* Who examines a configuration wants a fetch, not what an earlier process kept. */
static struct tam_str cache_path_of(const struct keyset_config *config) {
    bool fetch = (config->config->flags & TAM_CONFIG_FETCH) != 0;
    return fetch ? STR_NONE : value_of(config, KEYSET_JWKS_CACHE_FILE)->text;
}

/* The name of a variable that would have been a proxy to others; never its value, which may have a password in it. */
static const char *proxy_of_environment(void) {
    static const char *const names[] = { "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy" };
    for (size_t i = 0; i < COUNT(names); i++) {
        const char *value = getenv(names[i]);
        if (value != NULL && value[0] != '\0') {
            return names[i];
        }
    }
    return NULL;
}

static bool copy_options(struct source *source, const struct keyset_config *config) {
    struct pool pool = arena_pool(&source->memory);
    struct transport *transport = &source->transport;
    transport->connect_timeout = value_of(config, KEYSET_CONNECT_TIMEOUT)->number;
    transport->fetch_timeout = value_of(config, KEYSET_FETCH_TIMEOUT)->number;
    transport->allow_private = value_of(config, KEYSET_ALLOW_PRIVATE)->number != 0;
    transport->any_owner = config->any_owner;
    transport->insecure_http = value_of(config, KEYSET_INSECURE_HTTP)->number != 0;
    transport->ignored_proxy = proxy_of_environment();
    source->refresh = value_of(config, KEYSET_JWKS_REFRESH)->number;
    source->ttl = value_of(config, KEYSET_JWKS_TTL)->number;
    source->cooldown = value_of(config, KEYSET_JWKS_COOLDOWN)->number;
    return pool_copy(&pool, value_of(config, KEYSET_CA_FILE)->text, &transport->ca_file) &&
           pool_copy(&pool, value_of(config, KEYSET_PROXY)->text, &transport->proxy) &&
           pool_copy(&pool, cache_path_of(config), &source->cache_path) &&
           copy_list(&pool, value_of(config, KEYSET_CONNECT_TO)->list, &transport->connect_to) &&
           copy_list(&pool, value_of(config, KEYSET_JWKS_HOSTS)->list, &source->jwks_hosts);
}

static bool copy_place(struct source *source, const struct keyset_config *config) {
    struct pool pool = arena_pool(&source->memory);
    source->accept = config->accept;
    source->issuer_host = config->issuer_host;
    source->any_owner = config->any_owner;
    source->host_clock = (config->config->flags & TAM_CONFIG_HOST_CLOCK) != 0;
    bool good = pool_copy(&pool, config->discovery_url, &source->discovery_url) &&
                pool_copy(&pool, config->jwks_uri, &source->jwks_uri) &&
                pool_copy(&pool, config->jwks_file, &source->jwks_file) &&
                pool_copy(&pool, config->accept_id, &source->accept_id) &&
                copy_list(&pool, config->more_hosts, &source->more_hosts);
    source->where = source->discovery_url.len > 0 ? source->discovery_url
                    : source->jwks_uri.len > 0    ? source->jwks_uri
                                                  : source->jwks_file;
    return good;
}

struct source *source_new(const struct keyset_config *config, const struct tam_host *host) {
    pthread_condattr_t attributes;
    struct source *source = mem_alloc(sizeof *source);
    if (source == NULL) {
        return NULL;
    }
    arena_init(&source->memory, NULL, 0, MEMORY_MAX);
    arena_init(&source->document_memory, NULL, 0, DOCUMENT_MEMORY_MAX);
    buf_init(&source->kept, KEYS_MAX_BODY);
    pthread_mutex_init(&source->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&source->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    source->monotonic = host->monotonic;
    source->clock_ctx = host->ctx;
    if (!copy_options(source, config) || !copy_place(source, config)) {
        source_free(source);
        return NULL;
    }
    source->next_at = source_monotonic(source);
    return source;
}

void source_free(struct source *source) {
    keys_unref(source->keys);
    fetch_free(source->fetch);
    buf_free(&source->kept);
    arena_free(&source->document_memory);
    arena_free(&source->memory);
    pthread_cond_destroy(&source->changed);
    pthread_mutex_destroy(&source->lock);
    mem_free(source);
}

static bool lists_equal(struct tam_list a, struct tam_list b) {
    for (size_t i = 0; a.count == b.count && i < a.count; i++) {
        if (!str_equal(a.items[i], b.items[i])) {
            return false;
        }
    }
    return a.count == b.count;
}

static bool same_options(const struct source *source, const struct keyset_config *config) {
    const struct transport *transport = &source->transport;
    return transport->connect_timeout == value_of(config, KEYSET_CONNECT_TIMEOUT)->number &&
           transport->fetch_timeout == value_of(config, KEYSET_FETCH_TIMEOUT)->number &&
           transport->allow_private == (value_of(config, KEYSET_ALLOW_PRIVATE)->number != 0) &&
           transport->insecure_http == (value_of(config, KEYSET_INSECURE_HTTP)->number != 0) &&
           source->refresh == value_of(config, KEYSET_JWKS_REFRESH)->number &&
           source->ttl == value_of(config, KEYSET_JWKS_TTL)->number &&
           source->cooldown == value_of(config, KEYSET_JWKS_COOLDOWN)->number &&
           str_equal(transport->ca_file, value_of(config, KEYSET_CA_FILE)->text) &&
           str_equal(transport->proxy, value_of(config, KEYSET_PROXY)->text) &&
           str_equal(source->cache_path, cache_path_of(config)) &&
           lists_equal(transport->connect_to, value_of(config, KEYSET_CONNECT_TO)->list) &&
           lists_equal(source->jwks_hosts, value_of(config, KEYSET_JWKS_HOSTS)->list);
}

/* A clock that is stepped by hand belongs to one host, so such sources are not shared. */
bool source_serves(const struct source *source, const struct keyset_config *config) {
    bool host_clock = (config->config->flags & TAM_CONFIG_HOST_CLOCK) != 0;
    return !source->host_clock && !host_clock && str_equal(source->discovery_url, config->discovery_url) &&
           str_equal(source->jwks_uri, config->jwks_uri) && str_equal(source->jwks_file, config->jwks_file) &&
           source->accept == config->accept && str_equal(source->accept_id, config->accept_id) &&
           lists_equal(source->more_hosts, config->more_hosts) && source->issuer_host == config->issuer_host &&
           source->any_owner == config->any_owner && same_options(source, config);
}

/* A host's clock only where there is one to be stepped: such a source has one user, and its clock lives as long. */
int64_t source_monotonic(const struct source *source) {
    return source->host_clock ? source->monotonic(source->clock_ctx) : clock_monotonic();
}

int64_t source_age(const struct source *source, int64_t lifetime) {
    return schedule_age(lifetime, source->refresh);
}

bool source_host_allowed(const struct source *source, const struct discovery *document) {
    struct url issuer = { 0 };
    bool issuer_host = source->issuer_host && url_split(document->issuer, &issuer, NULL);
    struct tam_str authority = str_from(issuer.origin, issuer.scheme.len + strlen("://"));
    struct tam_list lists[] = { source->jwks_hosts, source->more_hosts, { &authority, issuer_host } };
    return discovery_host_allowed(document->jwks_uri, source->discovery_url, lists, COUNT(lists));
}

/* ---- One ask ------------------------------------------------------------------------------------------------------------------- */

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

/* [lock] The first flight is waited for as long as the ask may take; after it failed nobody waits for the next. */
static struct step without_keys(const struct source *source) {
    if (source->flying || source->attempts == 0) {
        return step_wait(INT64_MAX);
    }
    return step_unavailable(source->next_at, STR("the keys cannot be had: see the warning of their source"));
}

/* [lock] Asks for a forced refresh, at most one in a cooldown, stamped before it begins so that failures count too. A flight that
 * is in the air already is none: its answer may be older than the key that is looked for. */
static void force(struct source *source, int64_t now) {
    source->forced_ever = true;
    source->forced_at = now;
    source->forced_ok = false;
    source->forced_late = false;
    source->counts.forced++;
    source->forced_wanted = true;
}

static bool cooling_down(const struct source *source, int64_t now) {
    return source->forced_ever && now < source->forced_at + source->cooldown * CLOCK_SECOND;
}

bool source_force_runs(const struct source *source) {
    return source->forced_wanted || source->forced_flying;
}

/* [lock] No kid is remembered by its name: until the cooldown ends none causes a fetch, and after it each may. A memory that
 * outlived the cooldown would let whoever asks for a kid early keep its key out when it comes. */
static struct step unknown_kid(struct source *source, int64_t now) {
    static const struct tam_str detail = STR_INIT("kid: no such key in the issuer's key set");
    static const struct tam_str failed = STR_INIT("kid: not at hand, and fetching the keys anew failed");
    if (source_force_runs(source)) {
        return now < source->forced_at + FORCED_WAIT ? step_wait(source->forced_at + FORCED_WAIT)
                                                     : step_unavailable(now + CLOCK_SECOND, failed);
    }
    if (cooling_down(source, now)) {
        source->counts.suppressed++;
        if (!source->forced_ok) {
            return step_unavailable(source->forced_at + source->cooldown * CLOCK_SECOND, failed);
        }
        return step_answer(KEYSET_UNKNOWN, detail);
    }
    force(source, now);
    refresher_wake();
    return step_wait(now + FORCED_WAIT);
}

/* [lock] A key was found, and the signature failed: is there a newer one to be had? */
static struct step doubted_key(struct source *source, int64_t now) {
    if (source_force_runs(source)) {
        return now < source->forced_at + FORCED_WAIT ? step_wait(source->forced_at + FORCED_WAIT)
                                                     : step_answer(KEYSET_UNKNOWN, STR_NONE);
    }
    if (cooling_down(source, now) || now < source->fetched_at + RETRY_AGE_MIN * CLOCK_SECOND) {
        return step_answer(KEYSET_UNKNOWN, STR_NONE);
    }
    force(source, now);
    refresher_wake();
    return step_wait(now + FORCED_WAIT);
}

/* The keys at hand, a reference; NULL where there are none or their time is over. [lock] */
static struct keys *keys_at_hand(const struct source *source, int64_t now) {
    return source->keys != NULL && now < source->expires_at ? keys_ref(source->keys) : NULL;
}

static struct step look(struct source *source, const struct source_question *question, int64_t now,
                        struct keyset_result *result) {
    struct step step = { 0 };
    pthread_mutex_lock(&source->lock);
    result->keys = keys_at_hand(source, now);
    if (result->keys == NULL) {
        step = without_keys(source);
    } else if (result->keys == question->tried) {
        step = doubted_key(source, now);
    }
    pthread_mutex_unlock(&source->lock);
    return step;
}

/* With keys at hand that were not tried yet: the look-up, outside the lock. */
static struct step look_up(struct source *source, const struct source_question *question, int64_t now,
                           struct keyset_result *result) {
    struct tam_str detail = STR_NONE;
    result->key = keys_find(result->keys, question->has_kid, question->kid, question->algorithm, &detail);
    if (result->key != NULL) {
        return step_answer(KEYSET_FOUND, STR_NONE);
    }
    if (!question->has_kid || question->tried != NULL || keys_has_kid(result->keys, question->kid)) {
        return step_answer(KEYSET_UNKNOWN, detail);
    }
    pthread_mutex_lock(&source->lock);
    /* Another set may have come since: then look at that one first. */
    struct step step = source->keys == result->keys ? unknown_kid(source, now) : step_wait(now);
    pthread_mutex_unlock(&source->lock);
    return step;
}

/* Real time: under a host's clock a slice, after which that clock is looked at again. */
static void wait_for_change(struct source *source, int64_t limit, int64_t now) {
    int64_t until = limit;
    if (limit <= now) {
        return;
    }
    if (source->host_clock) {
        until = clock_monotonic() + HOST_CLOCK_LOOK;
    }
    struct timespec time = { (time_t)(until / CLOCK_SECOND), (long)(until % CLOCK_SECOND) };
    pthread_mutex_lock(&source->lock);
    if (source->flying || source_force_runs(source) || source->attempts == 0) {
        pthread_cond_timedwait(&source->changed, &source->lock, &time);
    }
    pthread_mutex_unlock(&source->lock);
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

HOT enum keyset_answer source_ask(struct source *source, const struct source_question *question,
                                  struct keyset_result *ret_result) {
    for (;;) {
        int64_t now = source_monotonic(source), deadline = question->request->deadline;
        *ret_result = (struct keyset_result){ 0 };
        struct step step = look(source, question, now, ret_result);
        if (ret_result->keys != NULL && ret_result->keys != question->tried) {
            step = look_up(source, question, now, ret_result);
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
        wait_for_change(source, step.limit < deadline ? step.limit : deadline, now);
    }
}

/* ---- What a flight brought [refresher] --------------------------------------------------------------------------------------- */

/* [lock] */
static void flight_ends(struct source *source, bool good) {
    if (source->forced_flying) {
        source->forced_ok = good;
        source->forced_flying = false;
    }
    source->flying = false;
    pthread_cond_broadcast(&source->changed);
}

/* [lock] */
static void renew(struct source *source, int64_t lifetime) {
    int64_t now = source_monotonic(source), age = source_age(source, lifetime);
    source->fetched_at = now;
    source->next_at = schedule_refresh(now, age);
    source->expires_at = now + (source->ttl > 0 ? source->ttl : age) * CLOCK_SECOND;
    source->failed_in_row = 0;
    source->last_error[0] = '\0';
}

bool source_land(struct source *source, struct keys *keys, int64_t lifetime) {
    pthread_mutex_lock(&source->lock);
    struct keys *old = source->keys;
    source->keys = keys;
    renew(source, lifetime);
    pthread_mutex_unlock(&source->lock);
    bool lost = old != NULL && !keys_all_kept(old, keys);
    keys_unref(old);
    return lost;
}

void source_flight_over(struct source *source) {
    pthread_mutex_lock(&source->lock);
    flight_ends(source, true);
    pthread_mutex_unlock(&source->lock);
}

void source_land_unchanged(struct source *source, int64_t lifetime) {
    pthread_mutex_lock(&source->lock);
    source->counts.not_modified++;
    renew(source, lifetime);
    flight_ends(source, true);
    pthread_mutex_unlock(&source->lock);
}

void source_land_failed(struct source *source, struct tam_str error) {
    pthread_mutex_lock(&source->lock);
    memcpy(source->last_error, error.len > 0 ? error.ptr : "", error.len);
    source->last_error[error.len] = '\0';
    source->failed_in_row++;
    source->counts.failures++;
    source->next_at = source_monotonic(source) + schedule_backoff(source->failed_in_row);
    flight_ends(source, false);
    pthread_mutex_unlock(&source->lock);
}

bool source_begin_with(struct source *source, struct keys *keys, int64_t since, int64_t age) {
    int64_t limit = source->ttl > 0 ? source->ttl : schedule_age(age, source->refresh);
    if (since >= limit) {
        keys_unref(keys);
        return false;
    }
    int64_t now = source_monotonic(source);
    source->keys = keys;
    source->fetched_at = now - since * CLOCK_SECOND;
    source->expires_at = source->fetched_at + limit * CLOCK_SECOND;
    return true;
}

void source_expire(struct source *source) {
    pthread_mutex_lock(&source->lock);
    struct keys *old = source->keys;
    source->keys = NULL;
    pthread_mutex_unlock(&source->lock);
    keys_unref(old);
    /* Whatever comes now is new, even if it is what was there before. */
    source->etag[0] = '\0';
    buf_clear(&source->kept);
}

void source_count_fetch(struct source *source) {
    pthread_mutex_lock(&source->lock);
    source->counts.fetches++;
    pthread_mutex_unlock(&source->lock);
}

void source_look_again(struct source *source, bool good) {
    pthread_mutex_lock(&source->lock);
    if (good && source->keys != NULL) {
        renew(source, -1);
    }
    source->next_at = source_monotonic(source) + FILE_LOOK * CLOCK_SECOND;
    flight_ends(source, good);
    pthread_mutex_unlock(&source->lock);
}
