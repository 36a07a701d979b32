/* SPDX-License-Identifier: MIT
 *
 * One GET or POST over libcurl.
 */
#include <config.h>

#include <plugins/common/address.h>
#include <plugins/common/fetch.h>
#include <src/base/array.h>
#include <src/base/assert.h>
#include <src/base/compat.h>
#include <src/base/mem.h>
#include <src/base/file.h>
#include <src/base/quote.h>
#include <src/base/str.h>
#include <src/base/url.h>

#include <openssl/x509_vfy.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#define USER_AGENT "tam/" PACKAGE_VERSION

bool fetch_global_init(void) {
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards done */
    static bool done;
    pthread_mutex_lock(&lock);
    if (!done) {
        done = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    }
    bool good = done;
    pthread_mutex_unlock(&lock);
    return good;
}

/* ---- Callbacks of libcurl ---------------------------------------------------------------------------------------- */

/* Counted here, because before libcurl 8.4 CURLOPT_MAXFILESIZE limits only what the server announces. */
static size_t on_body(char *data, size_t size, size_t count, void *ctx) {
    struct fetch *fetch = ctx;
    size_t len = size * count;
    if (len > fetch->limit - fetch->body.len) {
        fetch->too_large = true;
        return 0;
    }
    buf_add(&fetch->body, (struct tam_str){ data, len });
    return fetch->body.failed ? 0 : len;
}

static size_t on_header(char *data, size_t size, size_t count, void *ctx) {
    struct fetch *fetch = ctx;
    struct tam_str line = { data, size * count };
    return response_read(&fetch->response, line) ? line.len : 0;
}

/* Cuts off and returns the last part of *rest behind a colon; an IPv6 address is in brackets and has colons of its
 * own. */
static struct tam_str last_part(struct tam_str *rest) {
    size_t at = rest->len;
    bool bracket = str_ends(*rest, STR("]"));
    while (at > 0 && rest->ptr[at - 1] != (bracket ? '[' : ':')) {
        at--;
    }
    at -= bracket && at > 0;
    struct tam_str part = str_from(*rest, at);
    rest->len = at > 0 ? at - 1 : 0;
    return part;
}

struct connect_to connect_to_read(struct tam_str entry) {
    struct connect_to to;
    to.address_port = last_part(&entry);
    to.address = last_part(&entry);
    to.port = last_part(&entry);
    to.host = entry;
    return to;
}

static bool named_by_connect_to(const struct transport *transport, const struct sockaddr *address) {
    for (size_t i = 0; i < transport->connect_to.count; i++) {
        struct connect_to to = connect_to_read(transport->connect_to.items[i]);
        if (address_is(address, to.address, to.address_port)) {
            return true;
        }
    }
    return false;
}

static bool allowed(const struct fetch *fetch, const struct sockaddr *address) {
    const struct transport *transport = fetch->transport;
    /* Plain http is permitted to loopback and to nothing else, whatever address "localhost", connect_to or a proxy
     * lead to. */
    if (fetch->plain) {
        return address_is_loopback(address);
    }
    /* An address that the administrator named is allowed. A proxy resolves names itself, so only its own address is
     * seen here. */
    return transport->proxy.len > 0 || named_by_connect_to(transport, address) || transport->allow_private ||
           address_is_public(address);
}

/* Called with every address after it was resolved, right before the connection: a name that resolves to something
 * else between a check and the connection (DNS rebinding) gains nothing. */
static curl_socket_t on_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *address) {
    struct fetch *fetch = ctx;
    if (purpose != CURLSOCKTYPE_IPCXN || !allowed(fetch, &address->addr)) {
        fetch->address_refused = true;
        return CURL_SOCKET_BAD;
    }
    fetch->address_refused = false; /* another address of that name may have been */
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* ---- Making one -------------------------------------------------------------------------------------------------- */

static bool add_header(struct fetch *fetch, const char *header) {
    struct curl_slist *longer = curl_slist_append(fetch->headers, header);
    if (longer == NULL) {
        return false;
    }
    fetch->headers = longer;
    return true;
}

static bool add_etag(struct fetch *fetch, const char *etag) {
    struct buf header;
    if (etag == NULL || etag[0] == '\0') {
        return true;
    }
    buf_init(&header, RESPONSE_ETAG_MAX + 32);
    buf_format(&header, "If-None-Match: %s", etag);
    bool good = !header.failed && add_header(fetch, header.ptr);
    buf_free(&header);
    return good;
}

static bool set_headers(struct fetch *fetch, const struct fetch_request *request) {
    for (const char *const *line = request->headers; line != NULL && *line != NULL; line++) {
        if (!add_header(fetch, *line)) {
            return false;
        }
    }
    /* libcurl would announce a large body, and wait a second for "100 Continue" from a server that never sends it. */
    return add_etag(fetch, request->etag) && (!request->post || add_header(fetch, "Expect:"));
}

static bool set_connect_to(struct fetch *fetch) {
    for (size_t i = 0; i < fetch->transport->connect_to.count; i++) {
        struct curl_slist *longer = curl_slist_append(fetch->connect_to, fetch->transport->connect_to.items[i].ptr);
        if (longer == NULL) {
            return false;
        }
        fetch->connect_to = longer;
    }
    return true;
}

static bool set(CURLcode code) {
    return code == CURLE_OK;
}

static bool set_safety(struct fetch *fetch, const char *protocols) {
    CURL *easy = fetch->easy;
    const struct transport *transport = fetch->transport;
    return set(curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, protocols)) &&
           /* A single request gains nothing by HTTP/2, whose parser would be one more that reads hostile bytes. */
           set(curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1)) &&
           set(curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L)) &&
           set(curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L)) &&
           set(curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L)) &&
           set(curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2)) &&
           set(curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L)) &&
           set(curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED)) &&
           set(curl_easy_setopt(easy, CURLOPT_PROXY, transport->proxy.len > 0 ? transport->proxy.ptr : "")) &&
           set(curl_easy_setopt(easy, CURLOPT_NOPROXY, "")) && /* else the environment's would bypass the proxy */
           set(curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS,
                                1L)) && /* a proxy's headers are not the server's */
           /* No connection is reused: it may have been made under the address policy of another transport. */
           set(curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L)) &&
           set(curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L)) &&
           set(curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, (long)transport->connect_timeout)) &&
           set(curl_easy_setopt(easy, CURLOPT_TIMEOUT, (long)transport->fetch_timeout)) &&
           set(curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_socket)) &&
           set(curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, fetch)) &&
           set(curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L));
}

/* Read here for each fetch: given the path, libcurl would open it once more, after its owner was checked. */
static bool set_authorities(struct fetch *fetch, struct buf *why) {
    const struct transport *transport = fetch->transport;
    struct buf content;
    if (transport->ca_file.len == 0) {
        return true;
    }
    buf_init(&content, FETCH_CA_MAX);
    bool good = file_read(transport->ca_file.ptr, transport->any_owner ? FILE_ANY : 0, FETCH_CA_MAX, &content, why);
    if (good) {
        struct curl_blob blob = { content.ptr, content.len, CURL_BLOB_COPY };
        good = set(curl_easy_setopt(fetch->easy, CURLOPT_CAINFO_BLOB, &blob)) &&
               set(curl_easy_setopt(fetch->easy, CURLOPT_CAPATH, NULL));
    }
    buf_free(&content);
    return good;
}

/* libcurl reads the body from our copy, so that it can be wiped: it may hold a secret. */
static bool set_method(struct fetch *fetch, const struct fetch_request *request) {
    CURL *easy = fetch->easy;
    if (!request->post) {
        return set(curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L));
    }
    buf_add(&fetch->sent, request->body);
    return !fetch->sent.failed && set(curl_easy_setopt(easy, CURLOPT_POST, 1L)) &&
           set(curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)fetch->sent.len)) &&
           set(curl_easy_setopt(easy, CURLOPT_POSTFIELDS, fetch->sent.len > 0 ? fetch->sent.ptr : ""));
}

static bool set_transfer(struct fetch *fetch, struct tam_str url) {
    CURL *easy = fetch->easy;
    return set(curl_easy_setopt(easy, CURLOPT_URL, url.ptr)) &&
           set(curl_easy_setopt(easy, CURLOPT_USERAGENT, USER_AGENT)) &&
           set(curl_easy_setopt(easy, CURLOPT_HTTPHEADER, fetch->headers)) &&
           set(curl_easy_setopt(easy, CURLOPT_CONNECT_TO, fetch->connect_to)) &&
           set(curl_easy_setopt(easy, CURLOPT_MAXFILESIZE, (long)fetch->limit)) &&
           set(curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body)) &&
           set(curl_easy_setopt(easy, CURLOPT_WRITEDATA, fetch)) &&
           set(curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header)) &&
           set(curl_easy_setopt(easy, CURLOPT_HEADERDATA, fetch)) &&
           set(curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, fetch->error));
}

/* https; http only to loopback, and only where the option says so. NULL: refused. */
static const char *protocols_for(const struct transport *transport, const struct fetch_request *request,
                                 struct buf *why) {
    struct url url;
    const char *fault = NULL;
    if (!url_split(request->url, &url, &fault)) {
        buf_format(why, "the URL of the %s %s", request->what, fault);
        return NULL;
    }
    if (url_is_https(&url)) {
        return "https";
    }
    if (str_equal_nocase(url.scheme, STR("http")) && transport->insecure_http && url_is_loopback(&url)) {
        return "http";
    }
    buf_format(why, "%s are fetched by https only (http only from loopback, with insecure_http=yes)", request->what);
    return NULL;
}

struct fetch *fetch_new(const struct transport *transport, const struct fetch_request *request, struct buf *why) {
    TAM_ASSERT(request->what != NULL && (request->url.len == 0 || request->url.ptr[request->url.len] == '\0'));
    const char *protocols = protocols_for(transport, request, why);
    struct fetch *fetch = protocols != NULL ? mem_alloc(sizeof *fetch) : NULL;
    if (fetch == NULL) {
        buf_add_text(why, protocols != NULL ? "out of memory" : "");
        return NULL;
    }
    fetch->transport = transport;
    fetch->limit = request->limit;
    fetch->what = request->what;
    fetch->plain = strcmp(protocols, "http") == 0;
    response_init(&fetch->response);
    buf_init(&fetch->sent, request->body.len);
    buf_init(&fetch->body, request->limit);
    fetch->easy = curl_easy_init();
    if (fetch->easy == NULL || !set_headers(fetch, request) || !set_connect_to(fetch) ||
        !set_safety(fetch, protocols) || !set_authorities(fetch, why) || !set_method(fetch, request) ||
        !set_transfer(fetch, request->url)) {
        buf_add_text(why, why->len == 0 ? "libcurl refused an option" : "");
        fetch_free(fetch);
        return NULL;
    }
    return fetch;
}

void fetch_free(struct fetch *fetch) {
    if (fetch == NULL) {
        return;
    }
    curl_easy_cleanup(fetch->easy);
    curl_slist_free_all(fetch->headers);
    curl_slist_free_all(fetch->connect_to);
    buf_free(&fetch->sent);
    buf_free(&fetch->body);
    mem_free(fetch);
}

/* ---- The outcome ------------------------------------------------------------------------------------------------- */

/* X509_V_ERR_* in words for an administrator. */
static const struct {
    long code;
    const char *words;
} certificate_rows[] = {
    { X509_V_ERR_CERT_HAS_EXPIRED, "its certificate has expired" },
    { X509_V_ERR_CERT_NOT_YET_VALID, "its certificate is not valid yet" },
    { X509_V_ERR_HOSTNAME_MISMATCH, "its certificate is for another name" },
    { X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, "its certificate is of an unknown authority (ca_file?)" },
    { X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, "its certificate is of an unknown authority (ca_file?)" },
    { X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, "its certificate is of an unknown authority (ca_file?)" },
    { X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, "its certificate is of an unknown authority (ca_file?)" },
    { X509_V_ERR_CERT_REVOKED, "its certificate was revoked" },
};

static const char *certificate_words(const struct fetch *fetch) {
    long result = 0;
    curl_easy_getinfo(fetch->easy, CURLINFO_SSL_VERIFYRESULT, &result);
    for (size_t i = 0; i < COUNT(certificate_rows); i++) {
        if (certificate_rows[i].code == result) {
            return certificate_rows[i].words;
        }
    }
    /* libcurl compares names itself, after OpenSSL accepted the chain, and reports a mismatch only as text. */
    return strstr(fetch->error, "subject name") != NULL ? "its certificate is for another name"
                                                        : "its certificate is not accepted";
}

/* libcurl's own texts often contain milliseconds or byte counts. No two of them are equal then, and each would be
 * logged as news. */
static const struct code_row {
    CURLcode code;
    const char *words;
    bool quoted; /* libcurl's are added */
} code_rows[] = {
    { CURLE_COULDNT_RESOLVE_HOST, "DNS: its name cannot be resolved", true },
    { CURLE_COULDNT_RESOLVE_PROXY, "DNS: the proxy's name cannot be resolved", true },
    { CURLE_COULDNT_CONNECT, "connection: it cannot be reached", false },
    { CURLE_SSL_CONNECT_ERROR, "TLS: the handshake failed", true },
    { CURLE_SSL_CACERT_BADFILE, "TLS: ca_file cannot be read", true },
    { CURLE_PARTIAL_FILE, "HTTP: the body is shorter than announced", false },
    { CURLE_GOT_NOTHING, "HTTP: it answered nothing", false },
    { CURLE_UNSUPPORTED_PROTOCOL, "HTTP: it does not speak HTTP", true },
    { CURLE_WEIRD_SERVER_REPLY, "HTTP: it does not speak HTTP", true },
    { CURLE_RECV_ERROR, "connection: it broke", true },
    { CURLE_SEND_ERROR, "connection: it broke", true },
    { CURLE_OK, "it cannot be fetched", true }, /* any other */
};

static const struct code_row *code_row(CURLcode code) {
    const struct code_row *row = code_rows;
    while (row->code != code && row->code != CURLE_OK) {
        row++;
    }
    return row;
}

static bool was_reached(const struct fetch *fetch, CURLINFO step) {
    curl_off_t at = 0; /* µs; 0: it was not */
    return curl_easy_getinfo(fetch->easy, step, &at) == CURLE_OK && at > 0;
}

static const char *timeout_words(const struct fetch *fetch) {
    if (!was_reached(fetch, CURLINFO_NAMELOOKUP_TIME_T)) {
        return "DNS: its name was not resolved in time (connect_timeout?)";
    }
    if (!was_reached(fetch, CURLINFO_PRETRANSFER_TIME_T)) {
        return "connection: it was not ready in time (connect_timeout?)";
    }
    return "HTTP: the whole answer was not there in time (fetch_timeout?)";
}

/* Adds libcurl's or the system's text in brackets. */
static void explain_code(const struct fetch *fetch, CURLcode code, struct buf *why) {
    const struct code_row *row = code_row(code);
    const char *more = row->quoted ? fetch->error : "";
    long number = 0;
    if (code == CURLE_COULDNT_CONNECT && curl_easy_getinfo(fetch->easy, CURLINFO_OS_ERRNO, &number) == CURLE_OK) {
        more = number != 0 ? error_text((int)number) : "";
    }
    bool proxied = fetch->transport->proxy.len > 0 && code == CURLE_COULDNT_CONNECT;
    buf_add_text(why, proxied ? "connection: the proxy cannot be reached" : row->words);
    if (more != NULL && more[0] != '\0') {
        buf_add_text(why, " (");
        quote_add(why, str_of(more));
        buf_add_text(why, ")");
    }
}

/* Whether a proxy might have helped: the server did not respond. */
static bool was_unreachable(CURLcode code) {
    return code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_CONNECT || code == CURLE_OPERATION_TIMEDOUT ||
           code == CURLE_SSL_CONNECT_ERROR || code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR;
}

static void explain(const struct fetch *fetch, CURLcode code, struct buf *why) {
    if (fetch->too_large || code == CURLE_FILESIZE_EXCEEDED) {
        buf_format(why, "HTTP: the body is larger than %zu bytes", fetch->limit);
    } else if (fetch->address_refused && fetch->plain) {
        buf_format(why, "its address is not loopback, and %s by http come from there only", fetch->what);
    } else if (fetch->address_refused) {
        buf_add_text(why, "its address is not public (allow_private?)");
    } else if (fetch->response.refused.len > 0) {
        buf_add(why, fetch->response.refused);
    } else if (code == CURLE_OPERATION_TIMEDOUT) {
        buf_add_text(why, timeout_words(fetch));
    } else if (code == CURLE_PEER_FAILED_VERIFICATION) {
        buf_format(why, "TLS: %s", certificate_words(fetch));
    } else {
        explain_code(fetch, code, why);
    }
    if (fetch->transport->proxy.len == 0 && fetch->transport->ignored_proxy != NULL && !fetch->plain &&
        was_unreachable(code)) {
        buf_format(why, "; %s is set in the environment, and ignored: write proxy=URL",
                   fetch->transport->ignored_proxy);
    }
}

enum fetch_outcome fetch_outcome(struct fetch *fetch, CURLcode code, struct buf *why) {
    long status = 0;
    if (code != CURLE_OK) {
        explain(fetch, code, why);
        return FETCH_FAILED;
    }
    curl_easy_getinfo(fetch->easy, CURLINFO_RESPONSE_CODE, &status);
    if (status == 304) {
        return FETCH_NOT_MODIFIED;
    }
    if (status != 200) {
        buf_format(why, "HTTP: status %ld%s", status,
                   status >= 300 && status < 400 ? ", a redirect, and none is followed"
                   : status == 400 || status == 404
                       ? ", for there is no such document: are the tenant and the path right?"
                       : "");
        return FETCH_FAILED;
    }
    return FETCH_BODY;
}
