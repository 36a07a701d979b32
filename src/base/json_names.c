/* SPDX-License-Identifier: MIT
 *
 * Whether thousands of names differ: by a table, and by a hash that whoever chose the names does not know.
 */
#include <config.h>

#include <src/base/json_text.h>

#include <src/base/str.h>
#include <sys/auxv.h>

static uint64_t fold(uint64_t a, uint64_t b) {
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Sixteen bytes that the kernel draws for each process (getauxval(3)): without a system call, which a sandbox may forbid. glibc makes
 * its guards of them, so only what cannot be turned back is used, and it never leaves here. */
static void seed_take(uint64_t seed[2]) {
    const void *drawn = (const void *)(uintptr_t)getauxval(AT_RANDOM);
    uint64_t random[2] = { UINT64_C(0x9e3779b97f4a7c15), UINT64_C(0xd1b54a32d192ed03) };
    if (drawn != NULL) {
        memcpy(random, drawn, sizeof random);
    }
    seed[0] = fold(random[0] ^ UINT64_C(0x8bb84b93962eacc9), random[1] ^ UINT64_C(0x4b33a62ed433d4a3));
    seed[1] = fold(seed[0] ^ UINT64_C(0x4d5a2da51de1aa47), random[0] ^ UINT64_C(0x2d358dccaa6c78a5));
}

static uint64_t hash_of(struct tam_str name, const uint64_t seed[2]) {
    uint64_t hash = seed[0] ^ name.len;
    while (name.len > 16) {
        uint64_t pair[2];
        memcpy(pair, name.ptr, sizeof pair);
        hash = fold(hash ^ pair[0], seed[1] ^ pair[1]);
        name = str_from(name, sizeof pair);
    }
    uint64_t last[2] = { 0, 0 };
    if (name.len > 0) {
        memcpy(last, name.ptr, name.len);
    }
    return fold(hash ^ last[0], seed[1] ^ last[1]);
}

/* Twice as many places as names at least; NULL: no memory. */
static uint32_t *table_clear(struct json_walk *walk, uint32_t count, size_t *ret_mask) {
    size_t room = 16;
    while (room < (size_t)count * 2) {
        room *= 2;
    }
    if (room > walk->table_room) {
        walk->table = pool_array(walk->pool, room, sizeof *walk->table);
        walk->table_room = walk->table != NULL ? room : 0;
    }
    if (walk->table != NULL) {
        memset(walk->table, 0, room * sizeof *walk->table);
    }
    *ret_mask = room - 1;
    return walk->table;
}

bool json_names_differ(struct json_walk *walk, uint32_t first) {
    size_t mask;
    uint32_t *table = table_clear(walk, walk->name_count - first, &mask); /* the name's number and one; 0: free */
    uint64_t seed[2];
    if (table == NULL) {
        json_fail(walk, json_no_memory);
        return false;
    }
    seed_take(seed);
    for (uint32_t i = first; i < walk->name_count; i++) {
        size_t place = hash_of(walk->names[i], seed) & mask;
        for (; table[place] != 0; place = (place + 1) & mask) {
            if (str_equal(walk->names[table[place] - 1], walk->names[i])) {
                json_fail(walk, "a duplicate member");
                return false;
            }
        }
        table[place] = i + 1;
    }
    return true;
}
