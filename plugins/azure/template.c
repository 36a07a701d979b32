/* SPDX-License-Identifier: MIT
 *
 * Compares templates piece by piece, without filling them into memory, because every token's issuer is compared.
 */
#include <config.h>

#include <plugins/azure/template.h>

#include <src/base/attr.h>
#include <src/base/str.h>

#define GUID_LENGTH 36

/* An iterator over the pieces of a template: the texts between placeholders, and the tenant for each placeholder.
 * Without a tenant the whole text is one piece. */
struct walk {
    struct tam_str rest, tenant;
    struct tam_str piece; /* the unread rest of the current piece; empty: the end */
};

/* Goes to the next piece. */
static HOT void walk_on(struct walk *walk) {
    bool place = walk->tenant.len > 0 && str_starts_nocase(walk->rest, STR(TEMPLATE_TENANT));
    if (place) {
        walk->piece = walk->tenant;
        walk->rest = str_from(walk->rest, sizeof TEMPLATE_TENANT - 1);
        return;
    }
    size_t len =
        walk->tenant.len > 0 && walk->rest.len > 0 ? 1 + str_find(str_from(walk->rest, 1), '{') : walk->rest.len;
    walk->piece = (struct tam_str){ walk->rest.ptr, len };
    walk->rest = str_from(walk->rest, len);
}

static void walk_skip(struct walk *walk, size_t len) {
    walk->piece = str_from(walk->piece, len);
    if (walk->piece.len == 0) {
        walk_on(walk);
    }
}

static HOT bool walk_equal(struct walk a, struct walk b) {
    walk_on(&a);
    walk_on(&b);
    while (a.piece.len > 0 && b.piece.len > 0) {
        size_t len = a.piece.len < b.piece.len ? a.piece.len : b.piece.len;
        if (memcmp(a.piece.ptr, b.piece.ptr, len) != 0) {
            return false;
        }
        walk_skip(&a, len);
        walk_skip(&b, len);
    }
    return a.piece.len == 0 && b.piece.len == 0;
}

HOT bool template_is(struct tam_str template, struct tam_str tenant, struct tam_str text) {
    if (template.len == 0 || str_find(template, '{') == template.len) {
        return template.len > 0 && str_equal(template, text);
    }
    const struct walk a = { .rest = template, .tenant = tenant }, b = { .rest = text };
    return walk_equal(a, b);
}

bool template_same(struct tam_str template, struct tam_str other, struct tam_str tenant) {
    const struct walk a = { .rest = template, .tenant = tenant }, b = { .rest = other, .tenant = tenant };
    return template.len > 0 && walk_equal(a, b);
}

static bool is_lower(struct tam_str text) {
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] >= 'A' && text.ptr[i] <= 'Z') {
            return false;
        }
    }
    return true;
}

struct tam_str template_tenant(struct tam_str template, struct tam_str text) {
    size_t place = str_find(template, '{');
    if (place == template.len || text.len < place + GUID_LENGTH) {
        return STR_NONE;
    }
    struct tam_str tenant = { text.ptr + place, GUID_LENGTH };
    bool good = str_is_guid(tenant) && is_lower(tenant) && template_is(template, tenant, text);
    return good ? tenant : STR_NONE;
}

bool template_fill(struct tam_str template, struct tam_str tenant, const struct pool *pool, struct tam_str *ret_text) {
    struct walk walk = { .rest = template, .tenant = tenant };
    size_t len = 0;
    if (str_find(template, '{') == template.len) { /* no placeholder: the tenant was configured by its id */
        *ret_text = template;
        return true;
    }
    for (walk_on(&walk); walk.piece.len > 0; walk_on(&walk)) {
        len += walk.piece.len;
    }
    char *text = pool_alloc(pool, len + 1), *at = text;
    if (text == NULL) {
        return false;
    }
    walk = (struct walk){ .rest = template, .tenant = tenant };
    for (walk_on(&walk); walk.piece.len > 0; walk_on(&walk)) {
        memcpy(at, walk.piece.ptr, walk.piece.len);
        at += walk.piece.len;
    }
    *ret_text = (struct tam_str){ text, len };
    return true;
}
