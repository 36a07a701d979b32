/* SPDX-License-Identifier: MIT
 *
 * Texts found by a keyed hash.
 */
#include <config.h>

#include <src/base/index.h>

#include <src/base/str.h>
#include <sys/auxv.h>

#define FEW 12 /* to look through a list so often takes less than a table */

static inline uint64_t fold(uint64_t a, uint64_t b) {
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Sixteen bytes that the kernel draws for each process (getauxval(3)): without a system call, which a sandbox may
 * forbid. glibc makes its guards of them, so only what cannot be turned back is used, and it never leaves here. */
static void seed_take(uint64_t seed[2]) {
    const void *drawn = (const void *)(uintptr_t)getauxval(AT_RANDOM);
    uint64_t random[2] = { UINT64_C(0x9e3779b97f4a7c15), UINT64_C(0xd1b54a32d192ed03) };
    if (drawn != NULL) {
        memcpy(random, drawn, sizeof random);
    }
    seed[0] = fold(random[0] ^ UINT64_C(0x8bb84b93962eacc9), random[1] ^ UINT64_C(0x4b33a62ed433d4a3));
    seed[1] = fold(seed[0] ^ UINT64_C(0x4d5a2da51de1aa47), random[0] ^ UINT64_C(0x2d358dccaa6c78a5));
}

/* One to sixteen bytes as two numbers, some of them twice: with the length they say which bytes they are. */
static inline void load(const char *at, size_t len, uint64_t pair[2]) {
    if (len >= 8) {
        memcpy(&pair[0], at, 8);
        memcpy(&pair[1], at + len - 8, 8);
    } else if (len >= 4) {
        uint32_t first, last;
        memcpy(&first, at, 4);
        memcpy(&last, at + len - 4, 4);
        pair[0] = first;
        pair[1] = last;
    } else {
        pair[0] = (uint64_t)(unsigned char)at[0] << 8 | (unsigned char)at[len / 2];
        pair[1] = (unsigned char)at[len - 1];
    }
}

static uint64_t hash_long(const struct index *index, struct tam_str text) {
    uint64_t hash = index->seed[0] ^ text.len, pair[2];
    while (text.len > 0) {
        size_t len = text.len < 16 ? text.len : 16;
        char lower[16];
        if (index->nocase) {
            str_lower((struct tam_str){ text.ptr, len }, lower);
        }
        load(index->nocase ? lower : text.ptr, len, pair);
        hash = fold(hash ^ pair[0], index->seed[1] ^ pair[1]);
        text = str_from(text, len);
    }
    return hash;
}

/* Most names are short. */
static inline uint64_t hash_of(const struct index *index, struct tam_str text) {
    uint64_t pair[2];
    if (text.len - 1 >= 16 || index->nocase) { /* an empty one too */
        return hash_long(index, text);
    }
    load(text.ptr, text.len, pair);
    return fold(index->seed[0] ^ text.len ^ pair[0], index->seed[1] ^ pair[1]);
}

bool index_open(struct index *index, const struct tam_str *items, size_t room, bool nocase, const struct pool *pool) {
    size_t places = 16;
    if (room > UINT32_MAX / 4) {
        return false;
    }
    while (places < room * 2) {
        places *= 2;
    }
    *index = (struct index){ .items = items, .mask = places - 1, .nocase = nocase };
    index->places = pool_array(pool, places, sizeof *index->places);
    if (index->places == NULL) {
        return false;
    }
    memset(index->places, 0, places * sizeof *index->places);
    seed_take(index->seed);
    return true;
}

/* Where it is, or where it would be. */
static inline uint32_t *place_of(const struct index *index, struct tam_str text) {
    size_t at = hash_of(index, text) & index->mask;
    for (; index->places[at] != 0; at = (at + 1) & index->mask) {
        struct tam_str other = index->items[index->places[at] - 1];
        if (index->nocase ? str_equal_nocase(other, text) : str_equal(other, text)) {
            break;
        }
    }
    return &index->places[at];
}

bool index_add(struct index *index, size_t number) {
    uint32_t *place = place_of(index, index->items[number]);
    if (*place != 0) {
        return false;
    }
    *place = (uint32_t)number + 1;
    return true;
}

bool index_has(const struct index *index, struct tam_str text) {
    return *place_of(index, text) != 0;
}

void lookup_open(struct lookup *lookup, struct tam_list list, size_t count, bool nocase, const struct pool *pool) {
    bool few = list.count <= FEW || count <= FEW;
    *lookup = (struct lookup){ .list = list, .nocase = nocase };
    lookup->indexed = !few && index_open(&lookup->index, list.items, list.count, nocase, pool);
    for (size_t i = 0; lookup->indexed && i < list.count; i++) {
        index_add(&lookup->index, i);
    }
}

bool lookup_has(const struct lookup *lookup, struct tam_str text) {
    if (lookup->indexed) {
        return index_has(&lookup->index, text);
    }
    return lookup->nocase ? list_has_nocase(lookup->list, text) : list_has(lookup->list, text);
}

size_t list_count_in(struct tam_list texts, struct tam_list list, bool nocase, const struct pool *pool) {
    struct lookup lookup;
    lookup_open(&lookup, list, texts.count, nocase, pool);
    size_t count = 0;
    for (size_t i = 0; i < texts.count; i++) {
        count += lookup_has(&lookup, texts.items[i]);
    }
    return count;
}

size_t list_first_missing(struct tam_list texts, struct tam_list list, bool nocase, const struct pool *pool) {
    struct lookup lookup;
    lookup_open(&lookup, list, texts.count, nocase, pool);
    size_t i = 0;
    while (i < texts.count && lookup_has(&lookup, texts.items[i])) {
        i++;
    }
    return i;
}
