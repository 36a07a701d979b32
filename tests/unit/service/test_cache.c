/* SPDX-License-Identifier: MIT
 *
 * The verdict cache by itself: it finds what was kept for exactly this token, verifier and number of revocations while
 * it lasts, and never anything else, also while others write.
 */
#include <config.h>

#include <src/base/array.h>
#include <src/base/mem.h>
#include <src/base/str.h>
#include <src/service/cache.h>
#include <src/service/result_pool.h>

#include <check.h>
#include <tests/support/suite.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define LIMIT (256 * 1024)
#define NOW   INT64_C(1000000)

static struct cache_key key_of(const char *token) {
    return (struct cache_key){ .token = str_of(token), .verifier = 7, .revocations = 3, .now = NOW };
}

static bool holds(struct cache *cache, const struct cache_key *key, const char *value) {
    size_t len = 0;
    char *found = cache_get(cache, key, &len);
    bool same = found != NULL && str_equal((struct tam_str){ found, len }, str_of(value));
    result_pool_give(found, len);
    return same;
}

static bool misses(struct cache *cache, const struct cache_key *key) {
    size_t len = 0;
    void *found = cache_get(cache, key, &len);
    result_pool_give(found, len);
    return found == NULL;
}

START_TEST(cache_finds_what_was_kept) {
    struct cache *cache = cache_new(LIMIT);
    struct cache_key key = key_of("a.token.of-some-length-that-is-not-a-multiple-of-eight");
    ck_assert(misses(cache, &key));
    cache_put(cache, &key, NOW + 10, STR("value"));
    ck_assert(holds(cache, &key, "value"));
    cache_put(cache, &key, NOW + 10, STR("a newer value"));
    ck_assert(holds(cache, &key, "a newer value"));
    cache_free(cache);
}
END_TEST

static const struct {
    const char *why;
    const char *token;
    uint64_t verifier, revocations;
    int64_t now;
} misses_table[] = {
    { "another token of the same length", "abcdefghijklmnopqrstuvwxyz012346", 7, 3, NOW },
    { "other in the first byte", "Abcdefghijklmnopqrstuvwxyz012345", 7, 3, NOW },
    { "shorter by the last byte", "abcdefghijklmnopqrstuvwxyz01234", 7, 3, NOW },
    { "longer by a byte", "abcdefghijklmnopqrstuvwxyz0123456", 7, 3, NOW },
    { "empty", "", 7, 3, NOW },
    { "another verifier", "abcdefghijklmnopqrstuvwxyz012345", 8, 3, NOW },
    { "revoked", "abcdefghijklmnopqrstuvwxyz012345", 7, 4, NOW },
    { "of an epoch before", "abcdefghijklmnopqrstuvwxyz012345", 7, 2, NOW },
    { "its time is over", "abcdefghijklmnopqrstuvwxyz012345", 7, 3, NOW + 10 },
    { "the clock was set back", "abcdefghijklmnopqrstuvwxyz012345", 7, 3, NOW - 1 },
};

START_TEST(cache_misses_what_differs) {
    struct cache *cache = cache_new(LIMIT);
    struct cache_key key = key_of("abcdefghijklmnopqrstuvwxyz012345");
    cache_put(cache, &key, NOW + 10, STR("value"));
    for (size_t i = 0; i < COUNT(misses_table); i++) {
        struct cache_key other = { str_of(misses_table[i].token), misses_table[i].verifier, misses_table[i].revocations,
                                   misses_table[i].now };
        ck_assert_msg(misses(cache, &other), "%s", misses_table[i].why);
    }
    key.now = NOW + 9; /* the control: to the last second */
    ck_assert(holds(cache, &key, "value"));
    cache_free(cache);
}
END_TEST

/* Whole and partial blocks of the comparison, and what the hash sees of a token and what not. */
START_TEST(cache_misses_what_differs_in_any_one_byte) {
    static const size_t lengths[] = { 1, 7, 16, 31, 32, 33, 47, 63, 64, 65, 127, 128, 129, 160, 1500, 1531 };
    for (size_t i = 0; i < COUNT(lengths); i++) {
        struct cache *cache = cache_new(LIMIT);
        char token[2048];
        for (size_t at = 0; at < lengths[i]; at++) {
            token[at] = (char)('a' + at % 23);
        }
        struct cache_key key = key_of("");
        key.token = (struct tam_str){ token, lengths[i] };
        cache_put(cache, &key, NOW + 10, STR("value"));
        for (size_t at = 0; at < lengths[i]; at++) {
            token[at] ^= 1;
            ck_assert_msg(misses(cache, &key), "byte %zu of %zu", at, lengths[i]);
            token[at] ^= 1;
        }
        ck_assert(holds(cache, &key, "value")); /* the control */
        cache_free(cache);
    }
}
END_TEST

/* In the cache's own memory: proc(5), `dd` is MADV_DONTDUMP. */
static bool memory_has(struct tam_str text) {
    FILE *file = fopen("/proc/self/smaps", "r");
    unsigned long long start = 0, end = 0, from, to;
    char line[512], *rest;
    bool has = false;
    ck_assert_ptr_nonnull(file);
    while (fgets(line, sizeof line, file) != NULL) {
        from = strtoull(line, &rest, 16);
        to = *rest == '-' ? strtoull(rest + 1, &rest, 16) : 0;
        if (to > from && *rest == ' ') {
            start = from;
            end = to;
        }
        if (strncmp(line, "VmFlags:", 8) == 0 && strstr(line, " dd") != NULL && end - start == LIMIT) {
            has |= memmem((const void *)(uintptr_t)start, (size_t)(end - start), text.ptr, text.len) != NULL;
        }
    }
    fclose(file);
    return has;
}

START_TEST(cache_wipes_what_it_evicts) {
    struct cache *cache = cache_new(LIMIT);
    struct cache_key secret = key_of("a-token-that-nobody-may-find-again"), other;
    char token[64];
    cache_put(cache, &secret, NOW + 10, STR("and-its-value"));
    ck_assert(memory_has(secret.token) && memory_has(STR("and-its-value"))); /* the control */
    struct cache_counts counts = { 0 };
    for (int i = 0; counts.evictions == 0; i++) { /* the first to go is the first that came */
        ck_assert_int_lt(i, 10000);
        snprintf(token, sizeof token, "token-%d", i);
        other = key_of(token);
        cache_put(cache, &other, NOW + 10, STR("v"));
        cache_count(cache, &counts);
    }
    ck_assert(memory_has(other.token));
    /* What came in its place is shorter: it would leave the ends. */
    ck_assert(!memory_has(STR("-find-again")) && !memory_has(STR("its-value")));
    cache_free(cache);
}
END_TEST

START_TEST(cache_keeps_nothing_that_is_over_or_too_large) {
    struct cache *cache = cache_new(LIMIT);
    struct cache_key key = key_of("token");
    cache_put(cache, &key, NOW, STR("over already"));
    ck_assert(misses(cache, &key));
    static char large[LIMIT / 8];
    cache_put(cache, &key, NOW + 10, (struct tam_str){ large, sizeof large });
    ck_assert(misses(cache, &key));
    struct cache_counts counts;
    cache_count(cache, &counts);
    ck_assert_uint_eq(counts.insertions, 0);
    cache_free(cache);
    ck_assert_ptr_null(cache_new(CACHE_MIN - 1));
}
END_TEST

/* Sizes of all kinds go round the ring several times; the newest is always there, and the oldest goes first. */
START_TEST(cache_overwrites_the_oldest) {
    struct cache *cache = cache_new(LIMIT);
    static char value[4096];
    memset(value, 'v', sizeof value);
    char token[64];
    for (int i = 0; i < 3000; i++) {
        snprintf(token, sizeof token, "token-%d", i);
        struct cache_key key = key_of(token);
        size_t len = (size_t)(i * 37 % 4000);
        cache_put(cache, &key, NOW + 10, (struct tam_str){ value, len });
        size_t found_len = 0;
        void *found = cache_get(cache, &key, &found_len);
        ck_assert_msg(found != NULL && found_len == len && memcmp(found, value, len) == 0, "%d", i);
        result_pool_give(found, found_len);
    }
    struct cache_counts counts;
    cache_count(cache, &counts);
    ck_assert_uint_gt(counts.evictions, 2000);
    ck_assert_uint_le(counts.bytes, LIMIT);
    struct cache_key first = key_of("token-0");
    ck_assert(misses(cache, &first));
    cache_free(cache);
}
END_TEST

/* ---- Others write meanwhile: a hit is whole, and belongs to its token. ------------------------------------------- */

#define TOKENS 300

static struct cache *shared;
static atomic_bool stop;
static atomic_uint hits;

/* The value of a token is its number, many times; how often varies. */
static size_t value_of(unsigned number, unsigned turn, uint32_t *ret_value) {
    size_t count = 1 + (number * 7 + turn) % 500;
    for (size_t i = 0; i < count; i++) {
        ret_value[i] = number;
    }
    return count * sizeof *ret_value;
}

static void *reader(void *unused) {
    (void)unused;
    char token[64];
    for (unsigned i = 0; !atomic_load(&stop); i++) {
        snprintf(token, sizeof token, "a-token-with-the-number-%u", i % TOKENS);
        struct cache_key key = key_of(token);
        size_t len = 0;
        uint32_t *found = cache_get(shared, &key, &len);
        for (size_t n = 0; found != NULL && n < len / sizeof *found; n++) {
            ck_assert_uint_eq(found[n], i % TOKENS);
        }
        atomic_fetch_add(&hits, found != NULL);
        result_pool_give(found, len);
    }
    return NULL;
}

START_TEST(cache_never_gives_a_torn_value) {
    shared = cache_new(CACHE_MIN);
    pthread_t readers[2];
    for (size_t i = 0; i < 2; i++) {
        ck_assert_int_eq(pthread_create(&readers[i], NULL, reader, NULL), 0);
    }
    char token[64];
    uint32_t value[512];
    for (unsigned i = 0; i < 60000; i++) {
        snprintf(token, sizeof token, "a-token-with-the-number-%u", i * 31 % TOKENS);
        struct cache_key key = key_of(token);
        size_t len = value_of(i * 31 % TOKENS, i, value);
        cache_put(shared, &key, NOW + 10, (struct tam_str){ (const char *)value, len });
    }
    while (atomic_load(&hits) == 0) { /* the control: there is something to be torn */
    }
    atomic_store(&stop, true);
    for (size_t i = 0; i < 2; i++) {
        pthread_join(readers[i], NULL);
    }
    cache_free(shared);
}
END_TEST

/* ---- The memory of a value --------------------------------------------------------------------------------------- */

static bool all_zero(const char *bytes, size_t len) {
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] != 0) {
            return false;
        }
    }
    return true;
}

/* Under AddressSanitizer none is kept, and this is about any memory. */
START_TEST(memory_is_wiped_before_it_is_used_again) {
    for (size_t size = 0; size < 20000; size += 997) {
        char *first = result_pool_take(size);
        ck_assert_uint_eq((uintptr_t)first % 16, 0);
        memset(first, 0x5a, size);
        result_pool_give(first, size);
        char *second = result_pool_take(size);
        ck_assert_msg(second != first || size > 8192 || all_zero(second, size), "%zu bytes", size);
        char *third = result_pool_take(size);
        ck_assert_ptr_ne(second, third);
        memset(second, 1, size);
        memset(third, 2, size);
        result_pool_give(second, size);
        result_pool_give(third, size);
    }
    result_pool_give(NULL, 0);
}
END_TEST

static void *give(void *memory) {
    result_pool_give(memory, 100);
    return NULL;
}

START_TEST(memory_is_given_back_by_any_thread) {
    pthread_t thread;
    char *memory = result_pool_take(100);
    ck_assert_int_eq(pthread_create(&thread, NULL, give, memory), 0);
    pthread_join(thread, NULL);
    memory = result_pool_take(100);
    memset(memory, 3, 100);
    result_pool_give(memory, 100);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("cache");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, cache_finds_what_was_kept);
    tcase_add_test(tests, memory_is_wiped_before_it_is_used_again);
    tcase_add_test(tests, memory_is_given_back_by_any_thread);
    tcase_add_test(tests, cache_misses_what_differs);
    tcase_add_test(tests, cache_misses_what_differs_in_any_one_byte);
    tcase_add_test(tests, cache_wipes_what_it_evicts);
    tcase_add_test(tests, cache_keeps_nothing_that_is_over_or_too_large);
    tcase_add_test(tests, cache_overwrites_the_oldest);
    tcase_add_test(tests, cache_never_gives_a_torn_value);
    return suite_run("cache", tests);
}
