/* SPDX-License-Identifier: MIT
 *
 * The verdict cache. See cache.h for the scheme.
 */
#include <config.h>

#include <src/base/equal.h>
#include <src/base/mem.h>
#include <src/base/str.h>
#include <src/base/thread.h>
#include <src/service/cache.h>
#include <src/service/result_pool.h>

#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#define WAYS           4    /* slots in which a hash may lie */
#define BYTES_PER_SLOT 1024 /* of the limit: a token and its verdict are seldom smaller */
#define LARGEST_SHARE  8    /* an entry takes at most this part of the ring */
#define HAZARDS        64   /* readers at once, about; one more is told of a miss */
#define CACHE_LINE     64
#define HUGE_FROM      (32 * 1024 * 1024) /* a cache of this size is worth huge pages */

/* Entry handle: a byte position in the ring that increases for ever and is never reused (position modulo size is the
 * offset). So it identifies one entry, and there is no ABA problem. 0: no entry. */
typedef _Atomic uint64_t entry_handle;

struct slot {
    _Atomic uint64_t hash; /* a hint: the entry itself decides */
    entry_handle entry;
};

/* In the ring. The token follows, then the value; each begins on ALIGNMENT. */
struct entry {
    uint64_t size; /* in the ring, all of it */
    uint64_t slot; /* its index, or NO_SLOT: the rest of the ring, too short for the entry that came */
    uint64_t verifier, revocations;
    int64_t from, until; /* Unix seconds */
    uint64_t token_len, value_len;
};
#define NO_SLOT   UINT64_MAX
#define ALIGNMENT sizeof(struct entry) /* so that what is left of the ring always holds an entry's head */

struct hazard {
    _Alignas(CACHE_LINE) entry_handle entry;
};

struct cache {
    struct hazard hazards[HAZARDS];
    struct slot *slots;
    uint64_t slot_mask;
    char *ring;
    uint64_t ring_size;
    void *mapping;
    size_t mapping_size;
    uint64_t seed[4];

    pthread_mutex_t lock; /* guards all writing, and what follows */
    uint64_t head;        /* where the next entry goes; counts on, from ring_size, so that no handle is 0 */
    uint64_t oldest;
    struct cache_counts counts;
};

static uint64_t aligned(uint64_t size) {
    return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static struct entry *entry_at(const struct cache *cache, uint64_t where) {
    return (struct entry *)(void *)(cache->ring + where % cache->ring_size);
}

static char *entry_token(struct entry *entry) {
    return (char *)(entry + 1);
}

static char *entry_value(struct entry *entry) {
    return entry_token(entry) + aligned(entry->token_len);
}

/* ---- Hash: 64 bits, keyed. It only finds; all bytes are compared afterwards. ---- */

static uint64_t fold(uint64_t a, uint64_t b) {
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t load(const char *bytes) {
    uint64_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

/* The end of a token is its signature, and as good as random: HASHED letters of it, 384 bits, tell tokens apart.
 * Hashing all of a token would cost more than everything else here. */
#define HASHED 64

static uint64_t hash_end(const struct cache *cache, const struct cache_key *key, const char *end) {
    uint64_t hash = cache->seed[0] ^ key->token.len, other = cache->seed[1] ^ key->verifier;
    for (size_t i = 0; i < HASHED; i += 32) {
        hash = fold(hash ^ load(end + i), cache->seed[2] ^ load(end + i + 8));
        other = fold(other ^ load(end + i + 16), cache->seed[3] ^ load(end + i + 24));
    }
    hash = fold(hash ^ cache->seed[2], other ^ cache->seed[3]);
    return hash != 0 ? hash : 1;
}

static uint64_t hash_short(const struct cache *cache, const struct cache_key *key) {
    char padded[HASHED] = { 0 };
    memcpy(padded, key->token.ptr, key->token.len);
    uint64_t hash = hash_end(cache, key, padded);
    mem_wipe(padded, sizeof padded);
    return hash;
}

static uint64_t hash_token(const struct cache *cache, const struct cache_key *key) {
    return key->token.len < HASHED ? hash_short(cache, key)
                                   : hash_end(cache, key, key->token.ptr + (key->token.len - HASHED));
}

/* ---- Making and freeing ---- */

static size_t slots_for(size_t limit) {
    size_t count = CACHE_LINE;
    while (count * BYTES_PER_SLOT * 2 <= limit) {
        count *= 2;
    }
    return count;
}

static bool map(struct cache *cache, size_t limit) {
    size_t slots = slots_for(limit);
    size_t index_size = slots * sizeof(struct slot);
    void *memory = mmap(NULL, limit, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
        return false;
    }
    /* Tokens are credentials: not in a core dump, and not in the children of a host that forks. */
    if (madvise(memory, limit, MADV_DONTDUMP) != 0) {
        munmap(memory, limit);
        return false;
    }
    if (limit >= HUGE_FROM) {
        (void)madvise(memory, limit, MADV_HUGEPAGE); /* measured: a sixth off a hit among 10,000 tokens */
    }
    (void)madvise(memory, limit, MADV_WIPEONFORK); /* since Linux 4.14; without it a child has a copy, as of its heap */
    cache->mapping = memory;
    cache->mapping_size = limit;
    cache->slots = memory;
    cache->slot_mask = slots - 1;
    cache->ring = (char *)memory + index_size;
    cache->ring_size = (limit - index_size) / ALIGNMENT * ALIGNMENT;
    cache->head = cache->ring_size;
    cache->oldest = cache->ring_size;
    return true;
}

struct cache *cache_new(size_t limit) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    limit = limit / page * page;
    if (limit < CACHE_MIN) {
        return NULL;
    }
    struct cache *cache = mem_alloc_aligned(CACHE_LINE, sizeof *cache);
    if (cache == NULL) {
        return NULL;
    }
    if (getrandom(cache->seed, sizeof cache->seed, 0) != (ssize_t)sizeof cache->seed || !map(cache, limit)) {
        mem_free(cache);
        return NULL;
    }
    pthread_mutex_init(&cache->lock, NULL);
    return cache;
}

/* Only what was written is wiped: wiping the rest would only make the system give it to us. */
void cache_free(struct cache *cache) {
    if (cache == NULL) {
        return;
    }
    uint64_t used = cache->head - cache->ring_size;
    mem_wipe(cache->ring, used < cache->ring_size ? used : cache->ring_size);
    pthread_mutex_destroy(&cache->lock);
    cache_leave(cache);
}

void cache_leave(struct cache *cache) {
    if (cache == NULL) {
        return;
    }
    munmap(cache->mapping, cache->mapping_size);
    mem_free_wiped(cache, sizeof *cache);
}

/* ---- Reading ---- */

/* Names an entry as in use, in a hazard slot that is free: a thread's own one, but for a process of very many
 * threads. One exchange, which is also the barrier between naming and the second look. NULL: all taken. */
static struct hazard *hazard_take(struct cache *cache, uint64_t where) {
    unsigned mine = thread_number();
    for (unsigned i = 0; i < HAZARDS; i++) {
        struct hazard *hazard = &cache->hazards[(mine + i) % HAZARDS];
        uint64_t none = 0;
        if (atomic_compare_exchange_strong(&hazard->entry, &none, where)) {
            return hazard;
        }
    }
    return NULL;
}

static void hazard_drop(struct hazard *hazard) {
    atomic_store_explicit(&hazard->entry, 0, memory_order_release);
}

static bool entry_is_for(struct entry *entry, const struct cache_key *key) {
    return entry->verifier == key->verifier && entry->revocations == key->revocations && key->now >= entry->from &&
           key->now < entry->until && entry->token_len == key->token.len &&
           equal_bytes(entry_token(entry), key->token.ptr, key->token.len);
}

static void *entry_copy(struct entry *entry, size_t *ret_len) {
    void *copy = result_pool_take(entry->value_len);
    if (copy == NULL) {
        return NULL;
    }
    memcpy(copy, entry_value(entry), entry->value_len);
    *ret_len = entry->value_len;
    return copy;
}

/* Between the first look at the slot and the name in the hazard slot the entry may have gone: hence the second look. */
static void *slot_read(struct cache *cache, struct slot *slot, const struct cache_key *key, size_t *ret_len) {
    void *copy = NULL;
    uint64_t where = atomic_load(&slot->entry);
    if (where == 0) {
        return NULL;
    }
    struct hazard *hazard = hazard_take(cache, where);
    if (hazard == NULL) {
        return NULL;
    }
    if (atomic_load(&slot->entry) == where && entry_is_for(entry_at(cache, where), key)) {
        copy = entry_copy(entry_at(cache, where), ret_len);
    }
    hazard_drop(hazard);
    return copy;
}

static struct slot *slot_at(const struct cache *cache, uint64_t hash, size_t way) {
    return &cache->slots[((hash & ~(uint64_t)(WAYS - 1)) + way) & cache->slot_mask];
}

void *cache_get(struct cache *cache, const struct cache_key *key, size_t *ret_len) {
    uint64_t hash = hash_token(cache, key);
    for (size_t way = 0; way < WAYS; way++) {
        struct slot *slot = slot_at(cache, hash, way);
        if (atomic_load_explicit(&slot->hash, memory_order_relaxed) != hash) {
            continue;
        }
        void *value = slot_read(cache, slot, key, ret_len);
        if (value != NULL) {
            return value;
        }
    }
    return NULL;
}

/* ---- Writing [under the lock] ---- */

static bool is_named(struct cache *cache, uint64_t where) {
    for (size_t i = 0; i < HAZARDS; i++) {
        if (atomic_load(&cache->hazards[i].entry) == where) {
            return true;
        }
    }
    return false;
}

/* The oldest entry goes: its slot first, unless that holds another one by now, then its bytes. False: it is being
 * read. */
static bool evict_oldest(struct cache *cache) {
    struct entry *entry = entry_at(cache, cache->oldest);
    uint64_t size = entry->size;
    if (entry->slot != NO_SLOT) {
        struct slot *slot = &cache->slots[entry->slot];
        if (atomic_load(&slot->entry) == cache->oldest) {
            atomic_store(&slot->entry, 0);
        }
        if (is_named(cache, cache->oldest)) {
            return false;
        }
        cache->counts.entries--;
        cache->counts.evictions++;
    }
    mem_wipe(entry, size);
    cache->counts.bytes -= size;
    cache->oldest += size;
    return true;
}

static bool make_room(struct cache *cache, uint64_t size) {
    while (cache->head + size - cache->oldest > cache->ring_size) {
        if (!evict_oldest(cache)) {
            return false;
        }
    }
    return true;
}

static struct entry *claim(struct cache *cache, uint64_t slot, uint64_t size) {
    struct entry *entry = entry_at(cache, cache->head);
    entry->size = size;
    entry->slot = slot;
    cache->counts.bytes += size;
    cache->head += size;
    return entry;
}

/* An entry lies in one piece: what is left before the ring's end is skipped when it is too short. */
static struct entry *allocate(struct cache *cache, uint64_t slot, uint64_t size) {
    uint64_t rest = cache->ring_size - cache->head % cache->ring_size;
    if (rest < size) {
        if (!make_room(cache, rest)) {
            return NULL;
        }
        claim(cache, NO_SLOT, rest);
    }
    if (!make_room(cache, size)) {
        return NULL;
    }
    cache->counts.entries++;
    return claim(cache, slot, size);
}

/* The slot that has this hash already, else an empty one, else the one whose entry is oldest. */
static struct slot *slot_for(const struct cache *cache, uint64_t hash) {
    struct slot *best = slot_at(cache, hash, 0);
    for (size_t way = 0; way < WAYS; way++) {
        struct slot *slot = slot_at(cache, hash, way);
        if (atomic_load(&slot->hash) == hash) {
            return slot;
        }
        if (atomic_load(&slot->entry) < atomic_load(&best->entry)) {
            best = slot;
        }
    }
    return best;
}

static void insert(struct cache *cache, const struct cache_key *key, int64_t until, struct tam_str value,
                   uint64_t size) {
    uint64_t hash = hash_token(cache, key);
    struct slot *slot = slot_for(cache, hash);
    struct entry *entry = allocate(cache, (uint64_t)(slot - cache->slots), size);
    if (entry == NULL) {
        return;
    }
    entry->verifier = key->verifier;
    entry->revocations = key->revocations;
    entry->from = key->now;
    entry->until = until;
    entry->token_len = key->token.len;
    entry->value_len = value.len;
    memcpy(entry_token(entry), key->token.ptr, key->token.len);
    memcpy(entry_value(entry), value.ptr, value.len);
    atomic_store(&slot->entry, cache->head - size);
    atomic_store(&slot->hash, hash);
    cache->counts.insertions++;
}

void cache_put(struct cache *cache, const struct cache_key *key, int64_t until, struct tam_str value) {
    uint64_t largest = cache->ring_size / LARGEST_SHARE;
    if (until <= key->now || key->token.len == 0 || key->token.len > largest || value.len > largest) {
        return;
    }
    uint64_t size = sizeof(struct entry) + aligned(key->token.len) + aligned(value.len);
    if (size > largest) {
        return;
    }
    pthread_mutex_lock(&cache->lock);
    insert(cache, key, until, value, size);
    pthread_mutex_unlock(&cache->lock);
}

void cache_count(struct cache *cache, struct cache_counts *ret_counts) {
    pthread_mutex_lock(&cache->lock);
    *ret_counts = cache->counts;
    pthread_mutex_unlock(&cache->lock);
}
