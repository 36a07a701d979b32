/* SPDX-License-Identifier: MIT
 *
 * A key set and its life: fetched in the background, kept, refreshed ahead of its age, asked again for an unknown kid
 * but no more often than the cooldown allows, served stale through an outage, expired at last. It never lets a
 * failure replace good keys, and never lets a client's token cause more than one fetch per cooldown.
 */
#ifndef TAM_JOSE_KEYSET_H
#define TAM_JOSE_KEYSET_H

#include <plugins/jose/key/keys.h>
#include <tam/plugin.h>

struct keyset; /* one verifier's hold on a source of keys; sources are shared by verifiers of one plugin */

/* What a discovery document may say. Writes one sentence in ret_why and returns false to refuse it. ctx as in
 * keyset_config. [init, or the loop's thread, which holds a lock: it must not call the host] */
typedef bool keyset_accept(void *ctx, const struct discovery *document, struct buf *ret_why);

/*
 * Where keys come from and how. Exactly one of discovery_url, jwks_uri, jwks_file and keys is set. Views must live
 * until keyset_close() returned.
 */
struct keyset_config {
    struct tam_str discovery_url; /* an OpenID Provider configuration; its jwks_uri is followed */
    struct tam_str jwks_uri;
    struct tam_str jwks_file; /* watched for change */
    struct keys *keys;   /* fixed keys (PEM, JWK, secret), never fetched; keyset_open() takes a reference of its own */
    uint32_t algorithms; /* mask of what the verifier takes; opening refuses a set with a key for none of them */
    keyset_accept *accept; /* with discovery_url, then never NULL: does this document belong to the verifier? */
    void *accept_ctx;
    struct tam_str accept_id;   /* what accept's answer depends on: verifiers share a source only if theirs are equal */
    struct tam_list more_hosts; /* with discovery_url: further entries as those of `jwks_hosts` */
    bool issuer_host;           /* the host of the discovered issuer counts as in `jwks_hosts` (ciam) */
    const struct tam_config *config; /* the key-set options (options.h) are read from here */
    uint32_t first_row;              /* the row of the first of them */
    bool any_owner;
};

/* [inside init] Makes it and starts fetching. NULL: host->fault said why. With TAM_INIT_CHECK use keyset_check(). */
struct keyset *keyset_open(const struct keyset_config *config, const struct tam_host *host);
/* [inside init] What keyset_open would refuse or warn of without network: contradicting options, unreadable files,
 * bad keys. */
bool keyset_check(const struct keyset_config *config, const struct tam_host *host);
/* [inside init] Faults an option whose file or secret is no good, with that sentence about why. Returns false. */
bool keyset_refuse_content(const struct tam_host *host, uint32_t row, struct tam_str why);
/* [serialised per plugin] When it returns no callback of this verifier runs or comes; with the last one the thread,
 * every descriptor and every transfer are gone. */
void keyset_close(struct keyset *keyset);

/* How a question for a key ends. */
enum keyset_answer {
    KEYSET_FOUND = 1,  /* *ret_keys is a reference for the caller (keys_unref), *ret_key lives as long as it */
    KEYSET_UNKNOWN,    /* unknown_key: a fresh, successful look says there is no such key */
    KEYSET_AGAIN,      /* only under TAM_NONBLOCK, before the deadline; a wake will come */
    KEYSET_UNAVAILABLE /* keys cannot be had now */
};
struct keyset_result {
    struct keys *keys;
    const struct key *key;
    uint32_t retry_after;  /* UNAVAILABLE: seconds */
    struct tam_str detail; /* one sentence, from the pool or static; empty when FOUND */
};

/*
 * The key for a token. Waits, as request->flags and request->deadline allow, for the first fetch, or at most 2 s for a
 * forced one. If the current keys have the kid, it takes one lock for a pointer copy. [any thread]
 */
enum keyset_answer keyset_find(struct keyset *keyset, const struct tam_request *request, const struct pool *pool,
                               bool has_kid, struct tam_str kid, const struct algorithm *algorithm,
                               struct keyset_result *ret_result);

/* After a signature failed: the key may have been replaced under the same kid (or, without one, as the only key).
 * Forces one refresh under the same cooldown if the set is older than a minute, and then looks once more. FOUND with
 * another key than `tried`: verify again. UNKNOWN: the signature is bad. [any thread] */
enum keyset_answer keyset_retry(struct keyset *keyset, const struct tam_request *request, const struct pool *pool,
                                bool has_kid, struct tam_str kid, const struct algorithm *algorithm,
                                const struct keys *tried, struct keyset_result *ret_result);

/* The current keys, a reference for the caller, or NULL: for what discovery found (keys_origin). [any thread] */
struct keys *keyset_keys(struct keyset *keyset);

/*
 * As tam_plugin.status: {"keyset": {…}} with url, keys, skipped (why each), age, expires_in and next_refresh in
 * seconds (-1: there are no keys), fetches, not_modified, failures, failures_in_row, forced, suppressed, last_error.
 * [any thread]
 */
int keyset_status(struct keyset *keyset, const struct tam_description_request *request,
                  struct tam_verifier_status *ret_status);

#endif
