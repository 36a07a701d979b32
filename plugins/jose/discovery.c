/* SPDX-License-Identifier: MIT
 *
 * Reading an OpenID Provider configuration.
 */
#include <config.h>

#include <plugins/jose/discovery.h>
#include <src/base/buf.h>
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
    for (size_t row = 0; row < sizeof members / sizeof members[0]; row++) {
        if (!read_member(object, row, &document, why)) {
            return false;
        }
    }
    *ret_document = document;
    return true;
}

bool discovery_host_allowed(struct tam_str jwks_uri, struct tam_str document_url, const struct tam_list *lists,
                            size_t list_count) {
    struct url uri, own;
    if (!url_split(jwks_uri, &uri, NULL) || !url_split(document_url, &own, NULL)) {
        return false;
    }
    /* The port belongs to it: another service of the same machine is another authority. */
    if (str_equal_nocase(uri.host, own.host) && str_equal(uri.port, own.port)) {
        return true;
    }
    for (size_t i = 0; i < list_count; i++) {
        if (list_has_nocase(lists[i], uri.host)) {
            return true;
        }
    }
    return false;
}
