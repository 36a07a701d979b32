/* SPDX-License-Identifier: MIT
 *
 * Which word was meant: each slip counts one, the nearest word wins, and what is far from all is taken for none.
 */
#include <config.h>

#include <src/base/array.h>
#include <src/base/str.h>
#include <src/conf/nearest.h>

#include <check.h>
#include <tests/support/suite.h>

#define X16 "xxxxxxxxxxxxxxxx"
#define X64 X16 X16 X16 X16

/* word: NULL: none is near; then distance does not count. */
static const struct {
    const char *text, *words[4], *word;
    size_t distance;
} rows[] = {
    { "issuer", { "issuer" }, "issuer", 0 },
    { "isuer", { "issuer" }, "issuer", 1 },                    /* left out */
    { "isssuer", { "issuer" }, "issuer", 1 },                  /* put in */
    { "Issuer", { "issuer" }, "issuer", 1 },                   /* changed */
    { "isseur", { "issuer" }, "issuer", 1 },                   /* changed places */
    { "siseur", { "issuer" }, "issuer", 2 },                   /* twice */
    { "xxxxca", { "xxxxabc" }, "xxxxabc", 3 },                 /* not 2: what changed places is not touched again */
    { "abcdef", { "abcxyz" }, "abcxyz", 3 },                   /* as far as may be */
    { "key", { "audience", "keys", "key", "kez" }, "key", 0 }, /* the nearest, wherever it stands */
    { "car", { "cart", "card" }, "cart", 1 },                  /* the first of equals */
    { X64, { X64 "x", X16, X64 }, X64, 0 },
    { "abcdef", { "abwxyz" }, NULL, 0 }, /* one too far */
    { "issuer", { "audience", "scope", "key" }, NULL, 0 },
    { "ISSUER", { "issuer" }, NULL, 0 },
    { "ca", { "abc" }, NULL, 0 },
    { "key", { "keyset" }, NULL, 0 },
    { "keyset", { "ke" }, NULL, 0 },
    { "ab", { "cd" }, NULL, 0 },
    { "issuer", { NULL }, NULL, 0 },
    { "issuer", { "" }, NULL, 0 },
    { "", { "" }, NULL, 0 },
    { "", { "a" }, NULL, 0 }, /* nothing was kept of the word */
    { "x", { "a" }, NULL, 0 },
    { "xyz", { "a", "ab" }, NULL, 0 },
    { "abcdef", { "fedcba" }, NULL, 0 },
    { X64, { X16, X64 "x" }, NULL, 0 },
    { X64 "x", { X64, X64 "x" }, NULL, 0 }, /* nobody mistypes so much */
};

START_TEST(the_nearest_word_is_found) {
    struct nearest nearest;
    nearest_init(&nearest, str_of(rows[_i].text));
    for (size_t i = 0; i < COUNT(rows[_i].words) && rows[_i].words[i] != NULL; i++) {
        nearest_try(&nearest, rows[_i].words[i]);
    }
    if (rows[_i].word == NULL) {
        ck_assert_msg(nearest.word == NULL, "%s: %s", rows[_i].text, nearest.word);
        return;
    }
    ck_assert_ptr_nonnull(nearest.word);
    ck_assert_str_eq(nearest.word, rows[_i].word);
    ck_assert_uint_eq(nearest.distance, rows[_i].distance);
}
END_TEST

/* What follows the view does not count. */
START_TEST(a_text_ends_where_its_view_does) {
    struct nearest nearest;
    nearest_init(&nearest, (struct tam_str){ "issuers", 6 });
    nearest_try(&nearest, "issuers");
    ck_assert_uint_eq(nearest.distance, 1);
    nearest_try(&nearest, "issuer");
    ck_assert_uint_eq(nearest.distance, 0);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("nearest");
    tcase_add_loop_test(tests, the_nearest_word_is_found, 0, COUNT(rows));
    tcase_add_test(tests, a_text_ends_where_its_view_does);
    return suite_run("nearest", tests);
}
