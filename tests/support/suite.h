/* SPDX-License-Identifier: MIT
 *
 * The end of every test program: runs its tests and prints check's summary.
 */
#ifndef TAM_TESTS_SUITE_H
#define TAM_TESTS_SUITE_H

#include <check.h>
#include <stdlib.h>

/* A case of these tests, each of which may take that many seconds. */
static inline TCase *suite_case(const char *name, double seconds, const TTest *const *tests, size_t count) {
    TCase *made = tcase_create(name);
    tcase_set_timeout(made, seconds);
    for (size_t i = 0; i < count; i++) {
        tcase_add_test(made, tests[i]);
    }
    return made;
}

/* The one way to run a suite: suite_run(NAME, CASE...) takes the cases and returns the exit status for main(). */
#define suite_run(name, ...) suite_run_cases(name, (TCase *const[]){ __VA_ARGS__, NULL })
static inline int suite_run_cases(const char *name, TCase *const *cases) {
    Suite *suite = suite_create(name);
    for (; *cases != NULL; cases++) {
        suite_add_tcase(suite, *cases);
    }
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
