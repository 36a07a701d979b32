/* SPDX-License-Identifier: MIT
 *
 * Texts found by a table are those that are found by looking through the list, of every length and in every case.
 */
#include <config.h>

#include <src/base/arena.h>
#include <src/base/index.h>
#include <src/base/str.h>

#include <check.h>
#include <tests/support/suite.h>

#define TEXTS   2000
#define LONGEST 40

static struct arena arena;
static struct pool pool;
static char letters[TEXTS * LONGEST];
static struct tam_str texts[TEXTS];

/* Few letters, so that many are alike; every length. */
static void setup(void) {
    arena_init(&arena, NULL, 0, (size_t)4 << 20);
    pool = arena_pool(&arena);
    unsigned drawn = 1;
    for (size_t i = 0; i < sizeof letters; i++) {
        drawn = drawn * 1103515245u + 12345u;
        letters[i] = "aA[{\xc3"[drawn / 65536 % 5];
    }
    for (size_t i = 0; i < TEXTS; i++) {
        texts[i] = (struct tam_str){ letters + i, i % LONGEST < 30 ? i % 4 : i % LONGEST };
    }
}

static void teardown(void) {
    arena_free(&arena);
}

static bool looked_through(struct tam_list list, struct tam_str text, bool nocase) {
    return nocase ? list_has_nocase(list, text) : list_has(list, text);
}

START_TEST(a_text_is_new_once) {
    struct index index;
    bool nocase = _i == 1;
    ck_assert(index_open(&index, texts, TEXTS, nocase, &pool));
    for (size_t i = 0; i < TEXTS; i++) {
        bool there = looked_through((struct tam_list){ texts, i }, texts[i], nocase);
        ck_assert_int_eq(index_has(&index, texts[i]), there);
        ck_assert_int_eq(index_add(&index, i), !there);
    }
}
END_TEST

START_TEST(as_many_are_counted_as_are_there) {
    bool nocase = _i == 1;
    for (size_t count = 0; count < TEXTS / 2; count = count * 2 + 1) {
        struct tam_list list = { texts, count }, others = { texts + count / 2, TEXTS - count };
        size_t expected = 0, missing = others.count;
        for (size_t i = 0; i < others.count; i++) {
            bool there = looked_through(list, others.items[i], nocase);
            expected += there;
            missing = !there && i < missing ? i : missing;
        }
        ck_assert_uint_eq(list_first_missing(others, list, nocase, &pool), missing);
        ck_assert_uint_eq(list_count_in(others, list, nocase, &pool), expected);
    }
}
END_TEST

START_TEST(without_memory_the_count_is_the_same) {
    struct tam_list list = { texts, TEXTS / 2 };
    struct index index;
    size_t expected = list_count_in(list, list, false, &pool);
    teardown();
    arena_init(&arena, NULL, 0, 0);
    ck_assert(!index_open(&index, texts, TEXTS, false, &pool));
    ck_assert_uint_eq(list_count_in(list, list, false, &pool), expected);
    ck_assert_uint_eq(expected, TEXTS / 2);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("index");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, a_text_is_new_once, 0, 2);
    tcase_add_loop_test(tests, as_many_are_counted_as_are_there, 0, 2);
    tcase_add_test(tests, without_memory_the_count_is_the_same);
    return suite_run("index", tests);
}
