/* SPDX-License-Identifier: MIT
 *
 * The end of every test program: runs its tests and prints check's summary.
 */
#ifndef TAM_TESTS_SUITE_H
#define TAM_TESTS_SUITE_H

#include <check.h>
#include <stdlib.h>

/* Runs it and frees it; the exit status for main(). */
static inline int suite_end(Suite *suite) {
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* The same of a suite with one case. */
static inline int suite_run(const char *name, TCase *tests) {
    Suite *suite = suite_create(name);
    suite_add_tcase(suite, tests);
    return suite_end(suite);
}

/* The same of these tests, each of which may take so many seconds. */
static inline int suite_run_tests(const char *name, double seconds, const TTest *const *tests, size_t count) {
    TCase *cases = tcase_create(name);
    tcase_set_timeout(cases, seconds);
    for (size_t i = 0; i < count; i++) {
        tcase_add_test(cases, tests[i]);
    }
    return suite_run(name, cases);
}

#endif
