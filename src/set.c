/* SPDX-License-Identifier: MIT
 *
 * Merges lists. They are short, so that looking through all of them costs less than anything clever.
 */
#include <config.h>

#include <src/set.h>

#include <src/base/str.h>

void set_init(struct set *set, const struct pool *pool) {
    *set = (struct set){ .pool = pool };
}

static bool set_grow(struct set *set) {
    size_t capacity = set->capacity == 0 ? 16 : set->capacity * 2;
    struct tam_str *items = pool_array(set->pool, capacity, sizeof *items);

    if (items == NULL) {
        set->failed = true;
        return false;
    }
    if (set->count > 0)
        memcpy(items, set->items, set->count * sizeof *items);
    set->items = items;
    set->capacity = capacity;
    return true;
}

void set_add(struct set *set, struct tam_str text) {
    if (text.len == 0 || list_has(set_list(set), text))
        return;
    if (set->count == set->capacity && !set_grow(set))
        return;
    set->items[set->count++] = text;
}

void set_add_list(struct set *set, struct tam_list list) {
    size_t i;

    for (i = 0; i < list.count; i++)
        set_add(set, list.items[i]);
}

struct tam_list set_list(const struct set *set) {
    return (struct tam_list){ set->items, set->count };
}
