/* SPDX-License-Identifier: MIT
 *
 * Merges lists. Most are short and are looked through; a thousand scopes, which each refused token is told, are not.
 */
#include <config.h>

#include <src/base/set.h>

#include <src/base/str.h>

#define FEW 16 /* so many are looked through */

void set_init(struct set *set, const struct pool *pool) {
    *set = (struct set){ .pool = pool };
}

static bool set_grow(struct set *set, size_t capacity) {
    struct tam_str *items = pool_array(set->pool, capacity, sizeof *items);
    if (items == NULL || (capacity > FEW && !index_open(&set->index, items, capacity, false, set->pool))) {
        set->failed = true;
        return false;
    }
    if (set->count > 0) {
        memcpy(items, set->items, set->count * sizeof *items);
    }
    set->items = items;
    set->capacity = capacity;
    for (size_t i = 0; capacity > FEW && i < set->count; i++) {
        index_add(&set->index, i);
    }
    return true;
}

void set_add(struct set *set, struct tam_str text) {
    if (text.len == 0 || (set->capacity <= FEW && list_has(set_list(set), text))) {
        return;
    }
    if (set->count == set->capacity && !set_grow(set, set->capacity == 0 ? FEW : set->capacity * 2)) {
        return;
    }
    set->items[set->count] = text;
    if (set->capacity <= FEW || index_add(&set->index, set->count)) {
        set->count++;
    }
}

void set_add_list(struct set *set, struct tam_list list) {
    if (list.count > FEW && list.count > set->capacity - set->count && !set_grow(set, set->count + list.count)) {
        return;
    }
    for (size_t i = 0; i < list.count; i++) {
        set_add(set, list.items[i]);
    }
}

struct tam_list set_list(const struct set *set) {
    return (struct tam_list){ set->items, set->count };
}
