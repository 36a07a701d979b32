/* SPDX-License-Identifier: MIT
 *
 * A directory for one test.
 */
#include <config.h>

#include <tests/support/directory.h>

#include <check.h>
#include <ftw.h>
#include <limits.h>
#include <src/base/mem.h>
#include <src/base/str.h>
#include <stdio.h>
#include <stdlib.h>

char *directory_make(void) {
    const char *base = getenv("TMPDIR");
    char made[PATH_MAX], real[PATH_MAX];
    snprintf(made, sizeof made, "%s/tam-test-XXXXXX", base != NULL ? base : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(made));
    ck_assert_ptr_nonnull(realpath(made, real));
    char *path = mem_text(str_of(real));
    ck_assert_ptr_nonnull(path);
    return path;
}

static int entry_remove(const char *path, const struct stat *status, int kind, struct FTW *where) {
    (void)status, (void)kind, (void)where;
    return remove(path);
}

void directory_remove(const char *path) {
    ck_assert_int_eq(nftw(path, entry_remove, 16, FTW_DEPTH | FTW_PHYS), 0);
}
