/* SPDX-License-Identifier: MIT
 *
 * What the development identity provider serves. A path is looked up among the fixture's documents, then in the table
 * of routes; it never becomes the name of a file.
 */
#include <config.h>

#include <tools/issuer/documents.h>

#include <jansson.h>
#include <src/base/array.h>
#include <src/base/mem.h>
#include <src/base/str.h>
#include <tools/issuer/discovery.h>

#define TEXT_MAX     512
#define SEGMENTS_MAX 5

static int text_add(const char *text, size_t len, void *ctx) {
    struct buf *buf = ctx;
    buf_add(buf, (struct tam_str){ text, len });
    return buf->failed ? -1 : 0;
}

/* Takes the document over. */
static unsigned document_write(json_t *document, unsigned status, struct buf *ret_body) {
    bool good =
        document != NULL && json_dump_callback(document, text_add, ret_body, JSON_COMPACT | JSON_ENCODE_ANY) == 0;
    json_decref(document);
    return good ? status : 500;
}

/* ---- key sets --------------------------------------------------------------------------------------------------- */

/* {authority} in a member's text; such a member says nothing where the set is not an Entra one, and is left out. */
static bool authority_insert(json_t *jwk, const char *name, const struct discovery_request *request) {
    static const char mark[] = "{authority}";
    const char *text = json_string_value(json_object_get(jwk, name));
    const char *at = text != NULL ? strstr(text, mark) : NULL;
    if (at == NULL) {
        return true;
    }
    if (!discovery_has_key_issuers(request)) {
        return json_object_del(jwk, name) == 0;
    }
    struct buf filled;
    buf_init(&filled, TEXT_MAX);
    buf_add(&filled, (struct tam_str){ text, (size_t)(at - text) });
    buf_add(&filled, discovery_issuer_host(request));
    buf_add_text(&filled, at + sizeof mark - 1);
    bool good = !filled.failed && json_object_set_new(jwk, name, json_string(filled.ptr)) == 0;
    buf_free(&filled);
    return good;
}

static json_t *jwk_build(const struct issuer_key *key, bool plain, const struct discovery_request *request) {
    json_t *jwk = issuer_key_jwk(key, plain);
    const char *name;
    void *next;
    json_t *value;
    bool good = jwk != NULL;
    json_object_foreach_safe(jwk, next, name, value) {
        good = good && authority_insert(jwk, name, request);
    }
    if (good) {
        return jwk;
    }
    json_decref(jwk);
    return NULL;
}

static json_t *key_set(const struct issuer_keys *keys, const struct discovery_request *request, bool plain) {
    json_t *list = json_array();
    for (size_t i = 0; i < keys->count; i++) {
        if (!keys->items[i].published) {
            continue;
        }
        if (json_array_append_new(list, jwk_build(&keys->items[i], plain, request)) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return json_pack("{s:o}", "keys", list);
}

static json_t *entra_keys(const struct issuer_keys *keys, const struct discovery_request *request) {
    return key_set(keys, request, false);
}

static json_t *plain_keys(const struct issuer_keys *keys, const struct discovery_request *request) {
    return key_set(keys, request, true);
}

/* ---- routes ----------------------------------------------------------------------------------------------------- */

static const struct route {
    const char *segments[SEGMENTS_MAX]; /* "{tenant}" and "{policy}" stand for any one segment */
    json_t *(*build)(const struct issuer_keys *keys, const struct discovery_request *request);
} routes[] = {
    { { "jwks" }, plain_keys },
    { { ".well-known", "openid-configuration" }, discovery_plain },
    { { ".well-known", "oauth-authorization-server" }, discovery_plain },
    { { "{tenant}", "v2.0", ".well-known", "openid-configuration" }, discovery_entra_v2 },
    { { "{tenant}", ".well-known", "openid-configuration" }, discovery_entra_v1 },
    { { "{tenant}", "discovery", "v2.0", "keys" }, entra_keys },
    { { "{tenant}", "discovery", "keys" }, entra_keys },
    { { "{tenant}", "{policy}", "v2.0", ".well-known", "openid-configuration" }, discovery_b2c },
    { { "{tenant}", "{policy}", "discovery", "v2.0", "keys" }, entra_keys },
};

/* Entra's names are letters, digits, dots, dashes and underscores; whatever else would have to be escaped in JSON or in
 * a URL that is built from it. */
static bool segment_good(struct tam_str segment) {
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    if (segment.len == 0 || segment.len > DISCOVERY_SEGMENT_MAX || segment.ptr[0] == '.') {
        return false;
    }
    for (size_t i = 0; i < segment.len; i++) {
        if (memchr(allowed, segment.ptr[i], sizeof allowed - 1) == NULL) {
            return false;
        }
    }
    return true;
}

static bool segment_fits(const char *pattern, struct tam_str segment, struct discovery_request *request) {
    if (pattern == NULL) {
        return segment.ptr == NULL;
    }
    if (strcmp(pattern, "{tenant}") == 0) {
        request->tenant = segment;
    } else if (strcmp(pattern, "{policy}") == 0) {
        request->policy = segment;
    } else {
        return str_equal(str_of(pattern), segment);
    }
    return segment_good(segment);
}

static bool route_fits(const struct route *route, const struct tam_str *segments, struct discovery_request *request) {
    for (size_t i = 0; i < SEGMENTS_MAX; i++) {
        if (!segment_fits(route->segments[i], segments[i], request)) {
            return false;
        }
    }
    return true;
}

/* False for a path of more segments than any route has, or that ends in a slash, as no route does. */
static bool path_split(struct tam_str path, struct tam_str *ret_segments) {
    struct tam_str rest = str_from(path, 1), segment;
    size_t count = 0;
    for (size_t i = 0; i < SEGMENTS_MAX; i++) {
        ret_segments[i] = STR_NONE;
    }
    while (str_cut(&rest, '/', &segment)) {
        if (count == SEGMENTS_MAX) {
            return false;
        }
        ret_segments[count++] = segment;
    }
    return path.len > 1 && path.ptr[0] == '/' && path.ptr[path.len - 1] != '/';
}

static const struct route *route_find(struct tam_str path, struct discovery_request *request) {
    struct tam_str segments[SEGMENTS_MAX];
    if (!path_split(path, segments)) {
        return NULL;
    }
    for (size_t i = 0; i < COUNT(routes); i++) {
        if (route_fits(&routes[i], segments, request)) {
            return &routes[i];
        }
    }
    return NULL;
}

/* ---- the fixture's own ------------------------------------------------------------------------------------------ */

static bool text_is(const json_t *object, const char *name, struct tam_str wanted) {
    return str_equal(str_of(json_string_value(json_object_get(object, name))), wanted);
}

static json_t *fixture_find(const struct issuer_keys *keys, struct tam_str authority, struct tam_str path) {
    size_t index;
    json_t *document;
    json_array_foreach(json_object_get(keys->settings, "documents"), index, document) {
        if (text_is(document, "host", authority) && text_is(document, "path", path)) {
            return document;
        }
    }
    return NULL;
}

static unsigned fixture_status(const json_t *document) {
    json_int_t status = json_integer_value(json_object_get(document, "status"));
    return status >= 200 && status <= 599 ? (unsigned)status : 200;
}

/* ---- */

unsigned issuer_document(const struct issuer_keys *keys, struct tam_str authority, struct tam_str path,
                         struct buf *ret_body) {
    json_t *own = fixture_find(keys, authority, path);
    if (own != NULL) {
        return document_write(json_incref(json_object_get(own, "body")), fixture_status(own), ret_body);
    }
    struct discovery_request request = { .authority = authority };
    const struct route *route = route_find(path, &request);
    if (route == NULL) {
        return document_write(json_pack("{s:s}", "error", "not_found"), 404, ret_body);
    }
    if (request.tenant.len > 0 && !discovery_tenant_find(keys, &request)) {
        return document_write(json_pack("{s:s, s:s}", "error", "invalid_tenant", "error_description",
                                        "AADSTS90002: Tenant not found. (tam-issuer: not for production)"),
                              400, ret_body);
    }
    return document_write(route->build(keys, &request), 200, ret_body);
}
