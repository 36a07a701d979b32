/* SPDX-License-Identifier: MIT
 *
 * Reads claim paths, and finds the value at a path in a payload.
 */
#include <config.h>

#include <plugins/jwt/path.h>
#include <src/base/str.h>

static size_t count_parts(struct tam_str text) {
    size_t count = 1;
    for (size_t i = 0; i < text.len; i++) {
        count += text.ptr[i] == '.';
    }
    return count;
}

/* A URL is one name: its dots do not separate parts. */
static bool is_one_name(struct tam_str text) {
    return str_find(text, '/') < text.len || str_find(text, ':') < text.len;
}

bool path_read(struct tam_str text, const struct pool *pool, struct path *ret_path) {
    size_t count = is_one_name(text) ? 1 : count_parts(text);
    struct tam_str *names = count <= JSON_MAX_DEPTH ? pool_array(pool, count, sizeof *names) : NULL;
    struct tam_str rest = text;
    if (names == NULL || text.len == 0) {
        return false;
    }
    if (count == 1) {
        names[0] = text;
    }
    for (size_t i = 0; count > 1 && i < count; i++) {
        if (!str_cut(&rest, '.', &names[i]) || names[i].len == 0) {
            return false;
        }
    }
    ret_path->text = text;
    ret_path->names = (struct tam_list){ names, count };
    return true;
}

static bool member_find(const struct claim_members *payload, struct tam_str name, struct tam_str *ret_raw) {
    for (size_t i = 0; i < payload->count; i++) {
        if (str_equal(payload->items[i].name, name)) {
            *ret_raw = payload->items[i].raw;
            return true;
        }
    }
    return false;
}

struct tam_str path_find(const struct path *path, const struct claim_members *payload) {
    struct tam_str raw;
    bool found = member_find(payload, path->text, &raw);
    if (!found && path->names.count > 1) {
        found = member_find(payload, path->names.items[0], &raw);
        for (size_t i = 1; found && i < path->names.count; i++) {
            found = json_find(raw, path->names.items[i], &raw);
        }
    }
    return found && !str_equal(raw, STR("null")) ? raw : STR_NONE;
}
