/* SPDX-License-Identifier: MIT
 *
 * A verifier's hold on its keys: opening, asking, closing.
 */
#include <config.h>

#include <plugins/common/ca_file.h>
#include <plugins/jose/keyset/disk/cache_file.h>
#include <plugins/jose/keyset/disk/disk.h>
#include <plugins/jose/keyset/options.h>
#include <plugins/jose/keyset/refresher.h>
#include <plugins/jose/keyset/store.h>
#include <plugins/jose/keyset/subscribers.h>
#include <src/base/assert.h>
#include <src/base/clock.h>
#include <src/base/file.h>
#include <src/base/str.h>
#include <src/base/url.h>

#define SENTENCE_MAX 16384 /* two paths and more */
#define NO_KEY_FITS  "none of its keys is for an algorithm that this verifier takes"

/* ---- What the options mean together ------------------------------------------------------------------------------ */

static const struct tam_value *value_of(const struct keyset_config *config, enum keyset_option option) {
    return tam_config_value(config->config, config->first_row + option);
}

static bool fault(const struct keyset_config *config, const struct tam_host *host, enum keyset_option option,
                  struct tam_str text) {
    host->fault(host->ctx, config->first_row + option, text);
    return false;
}

static bool check_ttl(const struct keyset_config *config, const struct tam_host *host) {
    int64_t ttl = value_of(config, KEYSET_JWKS_TTL)->number;
    return ttl == 0 || ttl >= value_of(config, KEYSET_JWKS_REFRESH)->number ||
           fault(config, host, KEYSET_JWKS_TTL, STR("must be 0, or at least jwks_refresh"));
}

static size_t count_colons(struct tam_str text) {
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++) {
        count += text.ptr[i] == ':';
    }
    return count;
}

/* HOST or HOST:PORT as in a URL. Any other entry could never be equal to the authority of a URL, and is a mistake. */
static bool is_authority(struct tam_str entry) {
    struct url url = { 0 };
    struct buf text;
    buf_init(&text, SENTENCE_MAX);
    buf_add_text(&text, "https://");
    buf_add(&text, entry);
    bool good = url_split(buf_str(&text), &url, NULL) && url.origin.len == text.len && !str_ends(entry, STR(":"));
    buf_free(&text);
    return good;
}

static bool check_jwks_hosts(const struct keyset_config *config, const struct tam_host *host) {
    struct tam_list entries = value_of(config, KEYSET_JWKS_HOSTS)->list;
    for (size_t i = 0; i < entries.count; i++) {
        if (!is_authority(entries.items[i])) {
            return fault(config, host, KEYSET_JWKS_HOSTS,
                         STR("must be entries of the form HOST, or HOST:PORT where the port is not 443"));
        }
    }
    return true;
}

static bool check_connect_to(const struct keyset_config *config, const struct tam_host *host) {
    struct tam_list entries = value_of(config, KEYSET_CONNECT_TO)->list;
    for (size_t i = 0; i < entries.count; i++) {
        if (count_colons(entries.items[i]) < 3) {
            return fault(config, host, KEYSET_CONNECT_TO, STR("must be entries of the form HOST:PORT:ADDRESS:PORT"));
        }
    }
    if (entries.count > 0) {
        host->log(host->ctx, TAM_LOG_WARNING,
                  STR("connect_to is in force: keys come from another address than the "
                      "authority's own"));
    }
    return true;
}

bool keyset_refuse_content(const struct tam_host *host, uint32_t row, struct tam_str why) {
    struct buf sentence;
    buf_init(&sentence, 2 * SENTENCE_MAX);
    buf_add_text(&sentence, "cannot be used: ");
    buf_add(&sentence, why);
    host->fault(host->ctx, row, buf_str(&sentence));
    buf_free(&sentence);
    return false;
}

/* Checked here, because libcurl reports a bad file only with the first fetch. */
static bool check_ca_file(const struct keyset_config *config, const struct tam_host *host) {
    const struct tam_value *value = value_of(config, KEYSET_CA_FILE);
    struct buf content, why;
    if (value->given == TAM_GIVEN_ABSENT) {
        return true;
    }
    buf_init(&content, FETCH_CA_MAX);
    buf_init(&why, SENTENCE_MAX);
    bool good = (file_read(value->text.ptr, config->any_owner ? FILE_ANY : 0, FETCH_CA_MAX, &content, &why) &&
                 ca_file_check(buf_str(&content), &why)) ||
                keyset_refuse_content(host, config->first_row + KEYSET_CA_FILE, buf_str(&why));
    buf_free(&content);
    buf_free(&why);
    return good;
}

/* Tokens that name such a key are refused; a key set that is fetched says so when it comes. */
static void warn_skipped(const struct keys *keys, const struct tam_host *host) {
    size_t count = keys_skipped_count(keys);
    struct buf line;
    if (count == 0) {
        return;
    }
    buf_init(&line, SENTENCE_MAX);
    buf_format(&line, "jwks_file has %zu %s not used: %.*s", count, count == 1 ? "key that is" : "keys that are",
               STR_PRINT(keys_skipped(keys, 0)));
    buf_add_text(&line, count > 1 ? ", and so on" : "");
    host->log(host->ctx, TAM_LOG_WARNING, buf_str(&line));
    buf_free(&line);
}

static bool check_file(const struct keyset_config *config, const struct tam_host *host) {
    struct buf why;
    if (config->jwks_file.len == 0) {
        return true;
    }
    buf_init(&why, SENTENCE_MAX);
    struct keys *keys = disk_read(config->jwks_file.ptr, config->any_owner, &why);
    if (keys != NULL && !keys_fit(keys, config->algorithms)) {
        buf_add_text(&why, NO_KEY_FITS);
    }
    bool good = (keys != NULL && why.len == 0) ||
                keyset_refuse_content(host, config->first_row + KEYSET_JWKS_FILE, buf_str(&why));
    if (good) {
        warn_skipped(keys, host);
    }
    keys_unref(keys);
    buf_free(&why);
    return good;
}

static bool leads_out(struct connect_to to, const struct url *url) {
    struct url target = { .host = to.address };
    bool applies = (to.host.len == 0 || str_equal_nocase(to.host, url->host)) &&
                   (to.port.len == 0 || str_equal(to.port, url->port.len > 0 ? url->port : STR("80")));
    return applies && to.address.len > 0 && !url_is_loopback(&target);
}

/* fetch.c connects by plain http to loopback only, so an option that leads elsewhere makes every fetch fail. */
static bool check_plain(const struct keyset_config *config, const struct tam_host *host, const struct url *url) {
    struct tam_list entries = value_of(config, KEYSET_CONNECT_TO)->list;
    struct tam_str proxy = value_of(config, KEYSET_PROXY)->text;
    struct url proxy_url = { 0 };
    for (size_t i = 0; i < entries.count; i++) {
        if (leads_out(connect_to_read(entries.items[i]), url)) {
            return fault(config, host, KEYSET_CONNECT_TO, STR("must lead to loopback where keys come by http"));
        }
    }
    return proxy.len == 0 || (url_split(proxy, &proxy_url, NULL) && url_is_loopback(&proxy_url)) ||
           fault(config, host, KEYSET_PROXY, STR("must be on loopback where keys come by http"));
}

static bool check_url(const struct keyset_config *config, const struct tam_host *host) {
    struct tam_str text = config->discovery_url.len > 0 ? config->discovery_url : config->jwks_uri;
    struct url url;
    const char *why = NULL;
    if (text.len == 0) {
        return true;
    }
    bool insecure = value_of(config, KEYSET_INSECURE_HTTP)->number != 0;
    bool good =
        url_split(text, &url, &why) &&
        (url_is_https(&url) || (insecure && str_equal_nocase(url.scheme, STR("http")) && url_is_loopback(&url)));
    if (!good) {
        host->fault(host->ctx, TAM_NO_ROW,
                    STR("the keys' URL must be https (http only from loopback, with insecure_http=yes)"));
        return false;
    }
    if (str_ends(config->jwks_uri, STR("/openid-configuration"))) {
        host->fault(
            host->ctx, TAM_NO_ROW,
            STR("jwks_uri is the URL of a discovery document; the keys' stands in it as its member jwks_uri, and is "
                "found without the option where the plugin knows the authority"));
        return false;
    }
    return url_is_https(&url) || check_plain(config, host, &url);
}

static bool check_options(const struct keyset_config *config, const struct tam_host *host) {
    TAM_ASSERT((config->discovery_url.len > 0) + (config->jwks_uri.len > 0) + (config->jwks_file.len > 0) +
                   (config->keys != NULL) ==
               1);
    TAM_ASSERT(config->discovery_url.len == 0 || config->accept != NULL);
    bool good = check_ttl(config, host);
    good &= check_jwks_hosts(config, host);
    good &= check_connect_to(config, host);
    good &= check_ca_file(config, host);
    good &= check_file(config, host);
    good &= check_url(config, host);
    return good;
}

/* A warning and no fault: the file is not needed to verify a token, and the check may run as another user than the
 * host. */
static void check_cache_file(const struct keyset_config *config, const struct tam_host *host) {
    struct cache_file file = { .path = value_of(config, KEYSET_JWKS_CACHE_FILE)->text, .any_owner = config->any_owner };
    struct buf why, line;
    buf_init(&why, SENTENCE_MAX);
    buf_init(&line, 2 * SENTENCE_MAX);
    if (file.path.len > 0 && !cache_file_check(&file, &why)) {
        buf_add_text(&line, "jwks_cache_file cannot be written by this user: ");
        buf_add(&line, buf_str(&why));
        host->log(host->ctx, TAM_LOG_WARNING, buf_str(&line));
    }
    buf_free(&line);
    buf_free(&why);
}

/* The warnings of opening come first, in the same words. */
bool keyset_check(const struct keyset_config *config, const struct tam_host *host) {
    if (!check_options(config, host)) {
        return false;
    }
    if (config->keys == NULL && config->jwks_file.len == 0 && refresher_check(config, host)) {
        check_cache_file(config, host);
    }
    return true;
}

/* ---- Opening and closing ----------------------------------------------------------------------------------------- */

/* The fault names wait_for_keys if the administrator set it; else (TAM_CONFIG_FETCH) no option. */
static bool no_keys(const struct keyset *keyset, const struct keyset_config *config, struct tam_str error) {
    struct buf sentence;
    buf_init(&sentence, 2 * SENTENCE_MAX);
    buf_format(&sentence, "no keys from %.*s: %.*s", STR_PRINT(keyset->source->options.where), STR_PRINT(error));
    if (value_of(config, KEYSET_WAIT_FOR_KEYS)->number != 0) {
        fault(config, keyset->host, KEYSET_WAIT_FOR_KEYS, buf_str(&sentence));
    } else {
        keyset->host->fault(keyset->host->ctx, TAM_NO_ROW, buf_str(&sentence));
    }
    buf_free(&sentence);
    return false;
}

/* Waits until there are keys or the first fetch failed; in real time, also under a host's clock. Keys for none of the
 * verifier's algorithms count as no keys. */
static bool wait_for_keys(const struct keyset *keyset, const struct keyset_config *config) {
    int64_t until = clock_monotonic() + value_of(config, KEYSET_FETCH_TIMEOUT)->number * CLOCK_SECOND;
    char error[STORE_ERROR_MAX];
    struct keys *keys = store_wait(keyset->source->store, until, error);
    struct tam_str why = keys != NULL       ? STR(NO_KEY_FITS)
                         : error[0] != '\0' ? str_of(error)
                                            : STR("no answer within fetch_timeout");
    bool good = keys != NULL && keys_fit(keys, config->algorithms);
    keys_unref(keys);
    return good || no_keys(keyset, config, why);
}

static bool join(struct keyset *keyset, const struct keyset_config *config) {
    if (!refresher_join(keyset, config)) {
        keyset->host->fault(keyset->host->ctx, TAM_NO_ROW, STR("out of memory, or no thread can be started"));
        return false;
    }
    bool wait = value_of(config, KEYSET_WAIT_FOR_KEYS)->number != 0 || (config->config->flags & TAM_CONFIG_FETCH) != 0;
    if (wait && !wait_for_keys(keyset, config)) {
        refresher_leave(keyset);
        return false;
    }
    return true;
}

struct keyset *keyset_open(const struct keyset_config *config, const struct tam_host *host) {
    struct keyset *keyset = check_options(config, host) ? mem_alloc(sizeof *keyset) : NULL;
    if (keyset == NULL) {
        return NULL;
    }
    keyset->host = host;
    keyset->accept = config->accept;
    keyset->accept_ctx = config->accept_ctx;
    keyset->fixed = config->keys != NULL ? keys_ref(config->keys) : NULL;
    if (keyset->fixed == NULL && !join(keyset, config)) {
        mem_free(keyset);
        return NULL;
    }
    return keyset;
}

void keyset_close(struct keyset *keyset) {
    if (keyset == NULL) {
        return;
    }
    if (keyset->source != NULL) {
        refresher_leave(keyset);
    }
    keys_unref(keyset->fixed);
    mem_free(keyset);
}

/* ---- Asking ------------------------------------------------------------------------------------------------------ */

static enum keyset_answer ask_fixed(const struct keyset *keyset, const struct store_question *question,
                                    struct keyset_result *ret_result) {
    *ret_result = (struct keyset_result){ 0 };
    if (question->tried != NULL) {
        return KEYSET_UNKNOWN;
    }
    ret_result->key =
        keys_find(keyset->fixed, question->has_kid, question->kid, question->algorithm, &ret_result->detail);
    if (ret_result->key == NULL) {
        return KEYSET_UNKNOWN;
    }
    ret_result->keys = keys_ref(keyset->fixed);
    return KEYSET_FOUND;
}

static enum keyset_answer ask(struct keyset *keyset, const struct store_question *question,
                              struct keyset_result *ret_result) {
    return keyset->source != NULL ? store_ask(keyset->source->store, question, ret_result)
                                  : ask_fixed(keyset, question, ret_result);
}

enum keyset_answer keyset_find(struct keyset *keyset, const struct tam_request *request, const struct pool *pool,
                               bool has_kid, struct tam_str kid, const struct algorithm *algorithm,
                               struct keyset_result *ret_result) {
    struct store_question question = { request, pool, has_kid, kid, algorithm, NULL };
    return ask(keyset, &question, ret_result);
}

enum keyset_answer keyset_retry(struct keyset *keyset, const struct tam_request *request, const struct pool *pool,
                                bool has_kid, struct tam_str kid, const struct algorithm *algorithm,
                                const struct keys *tried, struct keyset_result *ret_result) {
    struct store_question question = { request, pool, has_kid, kid, algorithm, tried };
    return ask(keyset, &question, ret_result);
}

struct keys *keyset_keys(struct keyset *keyset) {
    return keyset->source != NULL ? store_keys_ref(keyset->source->store) : keys_ref(keyset->fixed);
}
