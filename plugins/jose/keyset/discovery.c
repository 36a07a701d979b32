/* SPDX-License-Identifier: MIT
 *
 * Reading an OpenID Provider configuration.
 */
#include <config.h>

#include <plugins/jose/keyset/discovery.h>
#include <src/base/array.h>
#include <src/base/buf.h>
#include <src/base/quote.h>
#include <src/base/str.h>
#include <src/base/url.h>

#include <stddef.h>

static const struct {
    struct tam_str name;
    size_t offset;
    bool required;
} members[] = {
    { STR_INIT("issuer"), offsetof(struct discovery, issuer), true },
    { STR_INIT("jwks_uri"), offsetof(struct discovery, jwks_uri), true },
    { STR_INIT("authorization_endpoint"), offsetof(struct discovery, authorization_endpoint), false },
    { STR_INIT("cloud_instance_name"), offsetof(struct discovery, cloud_instance_name), false },
};

static bool read_member(const struct json *object, size_t row, struct discovery *document, struct buf *why) {
    const struct json *value = json_member(object, members[row].name);
    if (!json_is(value, JSON_TYPE_STRING)) {
        bool absent = value == NULL || json_is(value, JSON_TYPE_NULL);
        if (absent && !members[row].required) {
            return true;
        }
        buf_format(why, "the discovery document's %.*s is %s", STR_PRINT(members[row].name),
                   absent ? "absent" : "no string");
        return false;
    }
    *(struct tam_str *)(void *)((char *)document + members[row].offset) = value->text;
    return true;
}

bool discovery_read(struct tam_str body, const struct pool *pool, struct discovery *ret_document, struct buf *why) {
    const char *fault = "it is no object";
    struct discovery document = { 0 };
    const struct json *object = json_read(body, pool, &fault);
    if (!json_is(object, JSON_TYPE_OBJECT)) {
        buf_format(why, "the discovery document is no JSON object: %s", fault);
        return false;
    }
    for (size_t row = 0; row < COUNT(members); row++) {
        if (!read_member(object, row, &document, why)) {
            return false;
        }
    }
    *ret_document = document;
    return true;
}

static struct tam_str member_of(const struct discovery *document, size_t row) {
    return *(const struct tam_str *)(const void *)((const char *)document + members[row].offset);
}

bool discovery_equal(const struct discovery *a, const struct discovery *b) {
    for (size_t row = 0; row < COUNT(members); row++) {
        if (!str_equal(member_of(a, row), member_of(b, row))) {
            return false;
        }
    }
    return true;
}

void discovery_compare(const struct discovery *before, const struct discovery *now, struct buf *ret_text) {
    for (size_t row = 0; row < COUNT(members); row++) {
        struct tam_str was = member_of(before, row), is = member_of(now, row);
        if (str_equal(was, is)) {
            continue;
        }
        buf_format(ret_text, "%sits %.*s was \"", ret_text->len > 0 ? "; " : "", STR_PRINT(members[row].name));
        quote_add(ret_text, was);
        buf_add_text(ret_text, "\" and is \"");
        quote_add(ret_text, is);
        buf_add_text(ret_text, "\"");
    }
}

/* RFC 9110 §4.2: a port that is not written is the scheme's default. */
static int64_t port_of(const struct url *url) {
    int64_t port = url_is_https(url) ? 443 : 80;
    (void)str_number(url->port, 65535, &port);
    return port;
}

/* Is it HOST, which stands for its default port, or HOST:PORT? */
static bool names(struct tam_str entry, const struct url *uri) {
    struct url url = *uri;
    size_t bracket = str_starts(entry, STR("[")) ? str_find(entry, ']') : 0;
    size_t colon = bracket + str_find(str_from(entry, bracket), ':');
    url.host = (struct tam_str){ entry.ptr, colon };
    url.port = str_from(entry, colon + 1);
    return str_equal_nocase(url.host, uri->host) && port_of(&url) == port_of(uri);
}

/* Ports are compared too, because another port of the same machine may be another party's service. */
bool discovery_host_allowed(struct tam_str jwks_uri, struct tam_str document_url, const struct tam_list *lists,
                            size_t list_count) {
    struct url uri, own;
    if (!url_split(jwks_uri, &uri, NULL) || !url_split(document_url, &own, NULL)) {
        return false;
    }
    if (str_equal_nocase(uri.host, own.host) && port_of(&uri) == port_of(&own)) {
        return true;
    }
    for (size_t i = 0; i < list_count; i++) {
        for (size_t j = 0; j < lists[i].count; j++) {
            if (names(lists[i].items[j], &uri)) {
                return true;
            }
        }
    }
    return false;
}
