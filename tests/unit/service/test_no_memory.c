/* SPDX-License-Identifier: MIT
 *
 * What is opened or checked fails with a fault, whichever allocation fails: a host shows the first one without asking
 * whether there is one. The program's own malloc() stands before libc's for every library.
 */
#include <config.h>

#include <src/base/array.h>
#include <tests/support/fixture.h>
#include <tests/support/suite.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* glibc's own, under the names that it keeps for who stands before it. */
void *__libc_malloc(size_t size);                     /* NOLINT */
void *__libc_calloc(size_t count, size_t size);       /* NOLINT */
void *__libc_realloc(void *old, size_t size);         /* NOLINT */
void *__libc_memalign(size_t alignment, size_t size); /* NOLINT */

static _Thread_local unsigned left; /* allocations until one fails; 0: none will */
static _Thread_local bool failed;

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define FAILING true
#define EXPORT  __attribute__((visibility("default")))

static bool fails(void) {
    failed = failed || left == 1;
    left -= left > 0;
    if (failed) {
        errno = ENOMEM;
    }
    return failed;
}

EXPORT void *malloc(size_t size) {
    return fails() ? NULL : __libc_malloc(size);
}

EXPORT void *calloc(size_t number, size_t size) {
    return fails() ? NULL : __libc_calloc(number, size);
}

EXPORT void *realloc(void *old, size_t size) {
    return fails() ? NULL : __libc_realloc(old, size);
}

EXPORT int posix_memalign(void **ret_memory, size_t alignment, size_t size) {
    *ret_memory = fails() ? NULL : __libc_memalign(alignment, size);
    return *ret_memory != NULL ? 0 : ENOMEM;
}
#else
#define FAILING false /* the sanitizer's allocator has that place */
#endif

static const char configuration[] = "service cache_size=64K\nresource url=https://a.example\n"
                                    "required puppet described_scopes=a\nsufficient puppet prefix=api://b/ init=warn\n";

static int try_open(struct fixture *fixture, struct tam_faults **ret_faults) {
    int status = tam_service_open_string(configuration, &fixture->setup, &fixture->service, ret_faults);
    left = 0;
    failed = false;
    if (status == 0) {
        tam_service_close(fixture->service);
    }
    return status;
}

static int try_check(struct fixture *fixture, struct tam_faults **ret_faults) {
    return tam_service_check_string(configuration, &fixture->setup, ret_faults);
}

static int try_reload(struct fixture *fixture, struct tam_faults **ret_faults) {
    return tam_service_reload(fixture->service, ret_faults);
}

static int try_plugins(struct fixture *fixture, struct tam_faults **ret_faults) {
    struct tam_document *document = tam_plugins("puppet", &fixture->setup, ret_faults);
    tam_document_free(document);
    return document != NULL ? 0 : -1;
}

/* From the n-th allocation on all fail, for each n until none does. */
static void expect_faults(struct fixture *fixture, int (*act)(struct fixture *, struct tam_faults **)) {
    unsigned n = 0;
    int status = -1;
    while (status < 0) {
        struct tam_faults *faults = NULL;
        left = ++n;
        status = act(fixture, &faults);
        left = 0;
        failed = false;
        ck_assert_uint_lt(n, 10000);
        if (status < 0) {
            ck_assert_msg(tam_faults_count(faults) > 0, "allocation %u", n);
            ck_assert_msg(tam_faults_text(faults, 0) != NULL, "allocation %u", n);
            ck_assert_uint_eq(tam_faults_level(faults, tam_faults_count(faults) - 1), TAM_LOG_ERROR);
            ck_assert_ptr_nonnull(tam_faults_file(faults, tam_faults_count(faults) - 1));
        }
        tam_faults_free(faults);
    }
    ck_assert_uint_gt(n, 3);
}

START_TEST(whatever_allocation_fails_there_is_a_fault) {
    static int (*const acts[])(struct fixture *, struct tam_faults **) = { try_check, try_open, try_plugins,
                                                                           try_reload };
    static struct fixture fixture;

    if (!FAILING) {
        puts("skipped: a sanitizer allocates here");
        return;
    }
    fixture_init(&fixture);
    for (size_t i = 0; i < 3; i++) {
        expect_faults(&fixture, acts[i]);
    }
    ck_assert_int_eq(tam_service_open_string(configuration, &fixture.setup, &fixture.service, NULL), 0);
    expect_faults(&fixture, acts[3]);
    fixture_close(&fixture);
}
END_TEST

/* More than are kept, and the one that matters last. */
START_TEST(a_fault_that_is_not_kept_is_told_of) {
    static struct fixture fixture;
    static char text[1 << 16];
    struct tam_faults *faults = NULL;
    size_t len = 0, count, i;
    fixture_init(&fixture);
    for (i = 0; i < 1200; i++) {
        len += (size_t)snprintf(text + len, sizeof text - len, "sufficient puppet init=warn\n");
    }
    len += (size_t)snprintf(text + len, sizeof text - len, "sufficient puppet init=fault\n");
    ck_assert_uint_lt(len, sizeof text);
    ck_assert_int_eq(tam_service_check_string(text, &fixture.setup, &faults), -1);
    count = tam_faults_count(faults);
    ck_assert_uint_gt(count, 1000);
    ck_assert_uint_lt(count, 1200);
    ck_assert_uint_eq(tam_faults_level(faults, count - 2), TAM_LOG_WARNING);
    ck_assert_uint_eq(tam_faults_level(faults, count - 1), TAM_LOG_ERROR);
    ck_assert_ptr_nonnull(strstr(tam_faults_text(faults, count - 1), "more faults"));
    tam_faults_free(faults);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {
        whatever_allocation_fails_there_is_a_fault,
        a_fault_that_is_not_kept_is_told_of,
    };

    return suite_run("no_memory", suite_case("no_memory", 60, tests, COUNT(tests)));
}
