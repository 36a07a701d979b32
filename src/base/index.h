/* SPDX-License-Identifier: MIT
 *
 * Finds texts in lists that are too long to be looked through each time: by a table, and by a hash that the author of
 * the texts does not know, so that a list of n takes n steps whatever is in it.
 */
#ifndef TAM_BASE_INDEX_H
#define TAM_BASE_INDEX_H

#include <src/base/mem.h>

struct index {
    const struct tam_str *items; /* borrowed; set it again after moving them */
    uint32_t *places;            /* the number of a text and one; 0: free */
    size_t mask;
    uint64_t seed[2];
    bool nocase; /* ASCII letters in any case are the same */
};

/* For up to `room` texts, of which it knows none yet. False: no memory. */
bool index_open(struct index *index, const struct tam_str *items, size_t room, bool nocase, const struct pool *pool);
/* Makes items[number] known; false: one that equals it is already. At most `room` of them, each once. */
bool index_add(struct index *index, size_t number);
bool index_has(const struct index *index, struct tam_str text);

/* A list that is searched for several texts, about `count`. Where the list or `count` is small, or the pool has no
 * memory left, it is searched from its beginning. */
struct lookup {
    struct tam_list list;
    struct index index;
    bool indexed, nocase;
};

void lookup_open(struct lookup *lookup, struct tam_list list, size_t count, bool nocase, const struct pool *pool);
bool lookup_has(const struct lookup *lookup, struct tam_str text);

/* How many of these are in the other list, and which is the first that is not (texts.count: none). */
size_t list_count_in(struct tam_list texts, struct tam_list list, bool nocase, const struct pool *pool);
size_t list_first_missing(struct tam_list texts, struct tam_list list, bool nocase, const struct pool *pool);

#endif
