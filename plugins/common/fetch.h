/* SPDX-License-Identifier: MIT
 *
 * One GET or POST over libcurl: TLS is always verified, redirects are not followed, the body is bounded, the
 * environment is not read, and only public addresses are connected to unless an option says otherwise. fetch.c
 * prepares a transfer and judges its outcome; loop.c runs it.
 */
#ifndef TAM_COMMON_FETCH_H
#define TAM_COMMON_FETCH_H

#include <curl/curl.h>
#include <plugins/common/response.h>
#include <src/base/buf.h>
#include <tam/types.h>

/* How a server is reached. It must outlive the fetches that were made with it. */
struct transport {
    struct tam_str ca_file; /* empty: the system's authorities */
    struct tam_list connect_to;
    struct tam_str proxy;                   /* empty: none */
    int64_t connect_timeout, fetch_timeout; /* seconds */
    bool allow_private, insecure_http;
    bool any_owner;            /* of ca_file */
    const char *ignored_proxy; /* the environment's variable that names a proxy, for sentences; or NULL */
};

/* An entry of connect_to, HOST:PORT:ADDRESS:PORT: a URL of that host and port is fetched from that address and port.
 * An empty host or port stands for any; an empty address or port for the URL's own. */
struct connect_to {
    struct tam_str host, port, address, address_port;
};
struct connect_to connect_to_read(struct tam_str entry);

#define FETCH_CA_MAX ((size_t)16 << 20) /* bytes of ca_file */

/* What is asked for. It need not outlive fetch_new(). */
struct fetch_request {
    struct tam_str url;         /* followed by a NUL */
    const char *what;           /* what comes from there, for sentences: a static plural, such as "keys" */
    const char *const *headers; /* lines without CRLF, ended by NULL, such as "Accept: application/json" */
    const char *etag;           /* of the copy that the caller has; NULL or "": none */
    bool post;                  /* POST the body; else GET */
    struct tam_str body;        /* copied; the copy is wiped when the fetch is freed */
    size_t limit;               /* bytes of the response's body */
};

/* One transfer. */
struct fetch {
    CURL *easy;
    const struct transport *transport;
    struct curl_slist *headers, *connect_to;
    struct response response;
    struct buf sent; /* the request's body */
    struct buf body; /* the response's */
    size_t limit;
    const char *what;
    bool too_large;
    bool plain;           /* http, so to loopback only */
    bool address_refused; /* the last address that its name led to */
    char error[CURL_ERROR_SIZE];
};

/* NULL with one sentence in why. [any thread] */
struct fetch *fetch_new(const struct transport *transport, const struct fetch_request *request, struct buf *why);
void fetch_free(struct fetch *fetch);

enum fetch_outcome { FETCH_FAILED = 0, FETCH_BODY, FETCH_NOT_MODIFIED };
/* After the transfer ended with `code`. FETCH_FAILED with one sentence in why: DNS, connection, TLS or HTTP, and
 * which. */
enum fetch_outcome fetch_outcome(struct fetch *fetch, CURLcode code, struct buf *why);

/* curl_global_init, once in this plugin's life and under a lock; never undone, since the host may use libcurl too. */
bool fetch_global_init(void);

#endif
