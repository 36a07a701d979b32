/* SPDX-License-Identifier: MIT
 *
 * Fuzz target: the reader of discovery documents, and the check of the jwks_uri in one. Input that does not begin with
 * a brace is a jwks_uri itself, because mutated documents seldom have a valid one. Property: libcurl reads an allowed
 * jwks_uri as https, with the host that was allowed, and without user or password.
 */
#include <config.h>

#include <curl/curl.h>
#include <fuzz/fuzz.h>
#include <plugins/jose/keyset/discovery.h>
#include <plugins/common/fetch.h>
#include <src/base/arena.h>
#include <src/base/str.h>
#include <src/base/url.h>

#define DOCUMENT_URL "https://id.example:8443/.well-known/openid-configuration"
#define OTHER_HOST   "keys.example"
#define MEMORY_MAX   ((size_t)16 << 20) /* as in plugins/jose/keyset/fetcher.c */

const char *const fuzz_seeds[] = {
    ("{\"issuer\":\"https://login.microsoftonline.com/{tenantid}/v2.0\",\"jwks_uri\":\"https://keys.example/co"
     "mmon/discovery/v2.0/keys\","
     "\"authorization_endpoint\":\"https://login.microsoftonline.com/common/oauth2/v2.0/authorize\","
     "\"response_modes_supported\":[\"query\",\"fragment\"],\"http_logout_supported\":true,\"userinfo_endpoint\":null,"
     "\"cloud_instance_name\":\"microsoftonline.com\",\"rbac_url\":\"https://pas.windows.net\"}"),
    "{\"issuer\":\"https://id.example:8443\",\"jwks_uri\":\"https:\\/\\/id.example:8443\\/keys\\u003Fa=1\"}",
    "{\"issuer\":7,\"issuer\":\"\",\"jwks_uri\":\"http://127.0.0.1/\"}",
    "https://id.example:8443/keys?b=%20&c",
    "http://keys.example/keys",
    "https://user:password@keys.example:443/a/../b;c",
    "HTTPS://Keys.Example",
    "https://[2001:db8::1%25eth0]:8443/",
    NULL,
};

static bool part_is(CURLU *parsed, CURLUPart part, struct tam_str expected) {
    char *text = NULL;
    CURLUcode code = curl_url_get(parsed, part, &text, part == CURLUPART_PORT ? CURLU_DEFAULT_PORT : 0);
    bool is = code == CURLUE_OK && str_equal_nocase(str_of(text), expected);
    curl_free(text);
    return is;
}

static bool part_is_absent(CURLU *parsed, CURLUPart part) {
    char *text = NULL;
    bool absent = curl_url_get(parsed, part, &text, 0) != CURLUE_OK;
    curl_free(text);
    return absent;
}

/* Compares the reading of url.c with libcurl's. A URL that libcurl cannot parse is never fetched. */
static void check_reading_of_libcurl(const char *uri) {
    struct url url = { 0 };
    CURLU *parsed = curl_url();
    require(parsed != NULL && url_split(str_of(uri), &url, NULL));
    if (curl_url_set(parsed, CURLUPART_URL, uri, 0) == CURLUE_OK) {
        require(part_is(parsed, CURLUPART_SCHEME, STR("https")) && part_is(parsed, CURLUPART_HOST, url.host));
        require(part_is(parsed, CURLUPART_PORT, url.port.len > 0 ? url.port : STR("443")));
        require(part_is_absent(parsed, CURLUPART_USER) && part_is_absent(parsed, CURLUPART_PASSWORD));
    }
    curl_url_cleanup(parsed);
}

static void follow(const char *uri) {
    static const struct transport transport = { .connect_timeout = 2, .fetch_timeout = 5 };
    struct buf why;
    buf_init(&why, 1024);
    const struct fetch_request request = { .url = str_of(uri), .what = "keys", .etag = "\"etag\"", .limit = 1024 };
    struct fetch *fetch = fetch_new(&transport, &request, &why);
    require((fetch != NULL) == (why.len == 0));
    if (fetch != NULL) {
        require(!fetch->plain);
        check_reading_of_libcurl(uri);
    }
    fetch_free(fetch);
    buf_free(&why);
}

static void check_uri(struct tam_str text, const struct pool *pool) {
    static const struct tam_str names[] = { STR_INIT(OTHER_HOST) };
    static const struct tam_list list = { names, 1 };
    struct tam_str uri = STR_NONE;
    struct url url = { 0 };
    if (!discovery_host_allowed(text, STR(DOCUMENT_URL), &list, 1)) {
        return;
    }
    require(url_split(text, &url, NULL) && str_find(text, '\0') == text.len);
    require((str_equal_nocase(url.host, STR("id.example")) && str_equal(url.port, STR("8443"))) ||
            str_equal_nocase(url.host, STR(OTHER_HOST)));
    require(pool_copy(pool, text, &uri));
    follow(uri.ptr);
}

static void check_document(struct tam_str body, const struct pool *pool) {
    struct discovery document = { 0 }, again = { 0 };
    struct buf why;
    buf_init(&why, 1024);
    bool good = discovery_read(body, pool, &document, &why);
    require(good == (why.len == 0));
    if (good) {
        require(discovery_read(body, pool, &again, &why) && str_equal(document.jwks_uri, again.jwks_uri));
        require(str_is_utf8(document.issuer) && str_is_utf8(document.jwks_uri));
        require(str_is_utf8(document.authorization_endpoint) && str_is_utf8(document.cloud_instance_name));
        check_uri(document.jwks_uri, pool);
    } else {
        require(document.issuer.ptr == NULL && document.jwks_uri.ptr == NULL);
    }
    buf_free(&why);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const struct tam_str input = { (const char *)data, size };
    struct arena arena;
    require(fetch_global_init());
    arena_init(&arena, NULL, 0, MEMORY_MAX);
    const struct pool pool = arena_pool(&arena);
    if (str_starts(input, STR("{"))) {
        check_document(input, &pool);
    } else {
        check_uri(input, &pool);
    }
    arena_free(&arena);
    return 0;
}
