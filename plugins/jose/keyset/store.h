/* SPDX-License-Identifier: MIT
 *
 * A source of keys: one URL, discovery document or file with one transport, shared by all verifiers of this plugin that
 * are configured alike. It knows what is at hand, how old it is, and what an ask for a kid may cause; refresher.c does the
 * fetching.
 */
#ifndef TAM_JOSE_SOURCE_H
#define TAM_JOSE_SOURCE_H

#include <plugins/common/fetch.h>
#include <plugins/jose/keyset/keyset.h>
#include <src/base/arena.h>

#include <pthread.h>

#define SOURCE_ERROR_MAX 512
#define FORCED_WAIT      (2 * INT64_C(1000000000)) /* how long an ask waits for a forced refresh, ns */

/* What is counted, for status. */
struct source_counts {
    uint64_t fetches, not_modified, failures, forced, suppressed;
};

struct source {
    struct source *next; /* refresher.c's list */
    size_t users;        /* verifiers; changed only inside init and destroy, which are serialised */
    bool closing;        /* under the refresher's lock: the last user went */

    /* What it is: never changes. Views lie in `memory`. */
    struct arena memory;
    struct tam_str discovery_url, jwks_uri, jwks_file, cache_path, accept_id;
    struct tam_str where; /* one of them, for log lines */
    struct tam_list jwks_hosts, more_hosts;
    bool issuer_host, any_owner, host_clock;
    keyset_accept *accept;
    struct transport transport;
    int64_t refresh, ttl, cooldown; /* seconds */
    int64_t (*monotonic)(void *ctx);
    void *clock_ctx;

    /* Guards all below. No callback of a host is called under it. */
    pthread_mutex_t lock;
    pthread_cond_t changed;                  /* a flight ended, or a forced one is late */
    struct keys *keys;                       /* NULL: none, or expired */
    int64_t fetched_at, next_at, expires_at; /* monotonic ns */
    unsigned failed_in_row;
    uint64_t attempts;
    bool flying;
    bool forced_wanted; /* a forced refresh is to begin as soon as nothing flies */
    bool forced_flying; /* the running flight is one */
    bool forced_ever, forced_ok, forced_late;
    int64_t forced_at;
    struct source_counts counts;
    char last_error[SOURCE_ERROR_MAX]; /* empty: the last flight went well */

    /* Only the refresher's thread. */
    struct fetch *fetch;
    bool fetching_document;
    char etag[RESPONSE_ETAG_MAX]; /* of the key set at hand */
    struct arena document_memory;
    struct discovery document; /* of the running flight */
    char etag_uri[2048];       /* what etag belongs to */
    int64_t lifetime;          /* of the key set at hand by the server's word, seconds; -1: it is silent */
    struct buf kept;           /* the body that jwks_cache_file holds, or the content of jwks_file */

    struct keyset *subscribers; /* under their own lock */
};

/* Makes one from a configuration. NULL: no memory. */
struct source *source_new(const struct keyset_config *config, const struct tam_host *host);
void source_free(struct source *source);
bool source_serves(const struct source *source, const struct keyset_config *config);

int64_t source_monotonic(const struct source *source);
/* Is a forced refresh to come, or in the air? [lock] */
bool source_force_runs(const struct source *source);

/* One ask, as keyset_find and keyset_retry promise. tried: NULL, or the keys with which a signature failed. */
struct source_question {
    const struct tam_request *request;
    const struct pool *pool;
    bool has_kid;
    struct tam_str kid;
    const struct algorithm *algorithm;
    const struct keys *tried;
};
enum keyset_answer source_ask(struct source *source, const struct source_question *question,
                              struct keyset_result *ret_result);

/* [refresher] The keys that a flight brought, taken over. Returns whether one was lost, so that verdicts must die: when they
 * have, the flight is over, and who waited for it looks again. Any other end of a flight is its whole end. */
bool source_land(struct source *source, struct keys *keys, int64_t lifetime);
void source_flight_over(struct source *source);
void source_land_unchanged(struct source *source, int64_t lifetime);
void source_land_failed(struct source *source, struct tam_str error); /* shorter than SOURCE_ERROR_MAX */
/* The keys at hand are too old to be used. */
void source_expire(struct source *source);
/* jwks_file was looked at, and has good keys or not: it is looked at again in a second. */
void source_look_again(struct source *source, bool good);
void source_count_fetch(struct source *source);
/* [inside init] Keys found on disk, fetched that many seconds ago, with an age that they may reach without another success.
 * Takes them over; false: they are too old. */
bool source_begin_with(struct source *source, struct keys *keys, int64_t since, int64_t age);

/* How old keys may become whose server gave them that lifetime (-1: none), seconds. */
int64_t source_age(const struct source *source, int64_t lifetime);
/* May keys come from the host of its jwks_uri? */
bool source_host_allowed(const struct source *source, const struct discovery *document);

#endif
