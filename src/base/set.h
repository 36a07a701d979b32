/* SPDX-License-Identifier: MIT
 *
 * A list of texts without repetitions, in the order in which they came: what several verifiers say, merged.
 */
#ifndef TAM_SET_H
#define TAM_SET_H

#include <src/base/index.h>
#include <tam/types.h>

struct set {
    const struct pool *pool; /* borrowed; holds the array, not the texts */
    struct tam_str *items;
    size_t count, capacity;
    struct index index; /* of the items, once they are not few */
    bool failed;        /* memory ran out: the set is not complete */
};

void set_init(struct set *set, const struct pool *pool);
void set_add(struct set *set,
             struct tam_str text); /* a view: the text must outlive the set; an empty one is left out */
void set_add_list(struct set *set, struct tam_list list);
struct tam_list set_list(const struct set *set);

#endif
