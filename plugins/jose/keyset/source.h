/* SPDX-License-Identifier: MIT
 *
 * A source of keys: one URL, discovery document or file with one transport, shared by all verifiers of this plugin
 * that are configured alike. Each member is written only by the file that is named beside it.
 */
#ifndef TAM_JOSE_SOURCE_H
#define TAM_JOSE_SOURCE_H

#include <plugins/common/fetch.h>
#include <plugins/common/loop.h>
#include <plugins/jose/keyset/keyset.h>
#include <src/base/arena.h>

/* What a source is, copied from a verifier's configuration. Never changes; views lie in `memory`. */
struct source_options {
    struct arena memory;
    struct tam_str discovery_url, jwks_uri, jwks_file, cache_path, accept_id;
    struct tam_str where; /* the one of discovery_url, jwks_uri and jwks_file that is set, for log lines */
    struct tam_list jwks_hosts, more_hosts;
    bool issuer_host, any_owner;
    bool host_clock; /* the host's clock is stepped by hand */
    keyset_accept *accept;
    struct transport transport;
    int64_t refresh, ttl, cooldown; /* seconds */
};

/* False: out of memory. Free it with source_options_free() in both cases. */
bool source_options_copy(struct source_options *options, const struct keyset_config *config);
void source_options_free(struct source_options *options);
/* Whether two verifiers with these options may share a source. */
bool source_options_equal(const struct source_options *a, const struct source_options *b);
/* May keys come from the host of the document's jwks_uri? */
bool source_options_allow(const struct source_options *options, const struct discovery *document);

/* What the fetcher remembers between two fetches and during one. [refresher] */
struct fetcher {
    bool fetching_document;
    struct arena document_memory;
    struct discovery document;    /* of the running fetch */
    char etag[RESPONSE_ETAG_MAX]; /* of the current key set; empty: none */
    char etag_uri[2048];          /* the URL that sent it */
    int64_t lifetime;             /* of the current key set by the server's word, seconds; -1: the server did not say */
};

struct source {
    struct source *next; /* refresher.c */
    size_t users;        /* refresher.c: verifiers; changed only inside init and destroy, which are serialised */
    struct source_options options; /* options.c */
    struct store *store;           /* its members: store.c */
    struct fetcher fetcher;        /* fetcher.c */
    struct buf kept;               /* disk.c: the body that jwks_cache_file holds, or the content of jwks_file */
    struct keyset *subscribers;    /* subscribers.c, under its own lock */
    struct job job;                /* loop.c */
};

#endif
