/* SPDX-License-Identifier: MIT
 *
 * The state of a source: the current keys, how old they are, how fetching went, and what a question for a kid may
 * cause. store.c alone reads and writes the members, under one lock. Under the lock it calls loop_wake() and, of the
 * host, the clock alone.
 *
 * [any thread] unless a function says [refresher]: the loop's thread, or init before the source is shared. Only the
 * refresher replaces keys and begins or ends fetches, so between two calls of its own these stay as they are.
 */
#ifndef TAM_JOSE_STORE_H
#define TAM_JOSE_STORE_H

#include <plugins/jose/keyset/source.h>

#define STORE_ERROR_MAX 512
#define FORCED_WAIT     (2 * INT64_C(1000000000)) /* ns: how long a question waits for a forced refresh */

struct store;

/* Both must outlive it. NULL: out of memory. */
struct store *store_new(const struct source_options *options, const struct tam_host *host);
void store_free(struct store *store);

/* The monotonic clock that ages and deadlines are measured with, ns. */
int64_t store_now(const struct store *store);

/* ---- Questions */

/* As keyset_find and keyset_retry promise. tried: NULL, or the keys with which a signature failed. */
struct store_question {
    const struct tam_request *request;
    const struct pool *pool;
    bool has_kid;
    struct tam_str kid;
    const struct algorithm *algorithm;
    const struct keys *tried;
};
enum keyset_answer store_ask(struct store *store, const struct store_question *question,
                             struct keyset_result *ret_result);

/* A reference for the caller, or NULL. */
struct keys *store_keys_ref(struct store *store);
/* Waits until there are keys, or a fetch failed, or CLOCK_MONOTONIC reaches `until`. Returns as store_keys_ref();
 * where that is NULL, error is the reason of the last failure, or empty. */
struct keys *store_wait(struct store *store, int64_t until, char error[STORE_ERROR_MAX]);

/* ---- When to fetch */

struct store_times {
    bool has_keys, fetching;
    bool forced_wanted;                     /* a forced refresh begins as soon as no fetch runs */
    bool forced_waited;                     /* a forced refresh is to come or runs, and is not late yet */
    int64_t next_at, expires_at, forced_at; /* monotonic ns */
};
struct store_times store_times(struct store *store);
/* [refresher] Counts a fetch; it is the forced one if one is wanted. */
void store_fetch_begins(struct store *store);
/* [refresher] FORCED_WAIT is over. */
void store_forced_is_late(struct store *store);

/* ---- How a fetch ended [refresher] */

/* The current keys, borrowed until they are replaced; NULL: none. */
const struct keys *store_keys(const struct store *store);
/* Of the last fetch; empty: it succeeded. */
struct tam_str store_last_error(const struct store *store);

/* Replaces the keys (takes ownership) and renews their age. lifetime: by the server's word, seconds; -1: the server
 * did not say. Returns true if a key of the old set is gone: the caller must then revoke the cached verdicts BEFORE
 * store_fetch_ended(), which lets waiting questions look again. The other functions here end the fetch themselves. */
bool store_publish(struct store *store, struct keys *keys, int64_t lifetime);
void store_fetch_ended(struct store *store);
/* The server says that the current keys are still its own: their age is renewed. */
void store_unchanged(struct store *store, int64_t lifetime);
void store_failed(struct store *store, struct tam_str error); /* shorter than STORE_ERROR_MAX */
/* jwks_file was read: its content is good or not, and is to be looked at again in a second. */
void store_file_read(struct store *store, bool good);
void store_count_fetch(struct store *store);
/* The current keys are too old to be used, and are dropped. */
void store_expire(struct store *store);

/* ---- Before the source is shared [inside init] */

/* Keys from disk (takes ownership) that were fetched `since` seconds ago, with an age that they may reach without
 * another success. False: they are too old. */
bool store_begin_with(struct store *store, struct keys *keys, int64_t since, int64_t age);
/* The first look at jwks_file is made inside init, so questions must not wait for it. */
void store_count_attempt(struct store *store);

/* ---- For keyset_status() */

struct store_status {
    struct keys *keys;                                            /* a reference, or NULL */
    uint64_t fetches, not_modified, failures, forced, suppressed; /* counts */
    int64_t age, expires_in;                                      /* seconds; -1: there are no keys */
    int64_t next_refresh;                                         /* seconds */
    unsigned failed_in_row;
    char last_error[STORE_ERROR_MAX];
};
void store_status(struct store *store, struct store_status *ret_status);

#endif
