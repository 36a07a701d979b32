/* SPDX-License-Identifier: MIT
 *
 * One GET over libcurl, as careful as key servers deserve: TLS always verified, no redirects, a bounded body, no
 * environment, no address that is not public. It prepares a transfer and judges its outcome; refresher.c runs it.
 */
#ifndef TAM_JOSE_FETCH_H
#define TAM_JOSE_FETCH_H

#include <curl/curl.h>
#include <plugins/common/response.h>
#include <src/base/buf.h>
#include <tam/types.h>

/* How a source is reached; views live as long as the source. */
struct transport {
    struct tam_str ca_file; /* empty: the system's authorities */
    struct tam_list connect_to;
    struct tam_str proxy;                   /* empty: none */
    int64_t connect_timeout, fetch_timeout; /* seconds */
    bool allow_private, insecure_http;
    bool any_owner; /* of ca_file */
    const char
        *ignored_proxy; /* the variable of the environment that names a proxy, for the sentence of a failure; or NULL */
};

/* An entry of connect_to, HOST:PORT:ADDRESS:PORT: where to connect for whom. Empty: any host or port; the same address. */
struct connect_to {
    struct tam_str host, port, address, address_port;
};
struct connect_to connect_to_read(struct tam_str entry);

#define FETCH_CA_MAX ((size_t)16 << 20) /* bytes of ca_file */

/* One transfer. */
struct fetch {
    CURL *easy;
    const struct transport *transport;
    struct curl_slist *headers, *connect_to;
    struct response response;
    struct buf body;
    size_t limit;
    bool too_large;
    bool plain;             /* http, so to loopback only */
    struct tam_str refused; /* static sentence: its address is; empty: it is not */
    char error[CURL_ERROR_SIZE];
};

/* NULL with one sentence in why. etag: of what is at hand, "" for none. limit: bytes of body. */
struct fetch *fetch_new(const struct transport *transport, struct tam_str url, const char *etag, size_t limit,
                        struct buf *why);
void fetch_free(struct fetch *fetch);

enum fetch_outcome { FETCH_FAILED = 0, FETCH_BODY, FETCH_NOT_MODIFIED };
/* After the transfer ended with `code`. FETCH_FAILED with one sentence in why: DNS, connection, TLS or HTTP, and which. */
enum fetch_outcome fetch_outcome(struct fetch *fetch, CURLcode code, struct buf *why);

/* curl_global_init, once in this plugin's life and under a lock; never undone, since the host may use libcurl too. */
bool fetch_global_init(void);

#endif
