/* SPDX-License-Identifier: MIT
 *
 * Comparing templates without writing them out: this is on every token's way.
 */
#include <config.h>

#include <plugins/azure/template.h>

#include <src/base/str.h>

#define GUID_LENGTH 36

/* Reads a template byte by byte as if the tenant stood in its places; with no tenant, any text as it is. */
struct walk {
    struct tam_str rest, tenant;
    struct tam_str inside; /* what is left of the tenant in the place that is being read */
};

/* -1: it is over. */
static int walk_next(struct walk *walk) {
    if (walk->inside.len == 0 && walk->tenant.len > 0 && str_starts_nocase(walk->rest, STR(TEMPLATE_TENANT))) {
        walk->rest = str_from(walk->rest, sizeof TEMPLATE_TENANT - 1);
        walk->inside = walk->tenant;
    }
    struct tam_str *from = walk->inside.len > 0 ? &walk->inside : &walk->rest;
    if (from->len == 0) {
        return -1;
    }
    unsigned char byte = (unsigned char)from->ptr[0];
    *from = str_from(*from, 1);
    return byte;
}

static bool walk_equal(struct walk a, struct walk b) {
    int byte;
    do {
        byte = walk_next(&a);
        if (byte != walk_next(&b)) {
            return false;
        }
    } while (byte >= 0);
    return true;
}

bool template_is(struct tam_str template, struct tam_str tenant, struct tam_str text) {
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
    while (walk_next(&walk) >= 0) {
        len++;
    }
    char *text = pool_alloc(pool, len + 1);
    if (text == NULL) {
        return false;
    }
    walk = (struct walk){ .rest = template, .tenant = tenant };
    for (size_t i = 0; i < len; i++) {
        text[i] = (char)walk_next(&walk);
    }
    *ret_text = (struct tam_str){ text, len };
    return true;
}
