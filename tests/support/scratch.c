/* SPDX-License-Identifier: MIT
 *
 * Makes and removes directories of tests. Any failure fails the test.
 */
#include <config.h>

#include <tests/support/scratch.h>

#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATHS 8

void scratch_make(struct scratch *scratch) {
    const char *base = getenv("TMPDIR");
    (void)snprintf(scratch->path, sizeof scratch->path, "%s/tam-test-XXXXXX", base != NULL ? base : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(scratch->path));
}

const char *scratch_path(const struct scratch *scratch, const char *name) {
    static char paths[PATHS][1024];
    static size_t next;
    char *path = paths[next++ % PATHS];
    (void)snprintf(path, sizeof paths[0], "%s/%s", scratch->path, name);
    return path;
}

void scratch_remove(struct scratch *scratch) {
    DIR *directory = opendir(scratch->path);
    ck_assert_ptr_nonnull(directory);
    for (struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory)) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            ck_assert_int_eq(remove(scratch_path(scratch, entry->d_name)), 0);
        }
    }
    closedir(directory);
    ck_assert_int_eq(rmdir(scratch->path), 0);
}

const char *scratch_write(const struct scratch *scratch, const char *name, const void *bytes, size_t len) {
    const char *path = scratch_path(scratch, name);
    int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ck_assert_int_ge(descriptor, 0);
    ck_assert_int_eq((int)write(descriptor, bytes, len), (int)len);
    close(descriptor);
    return path;
}

const char *scratch_text(const struct scratch *scratch, const char *name, const char *text) {
    return scratch_write(scratch, name, text, strlen(text));
}

const char *scratch_copy(const struct scratch *scratch, const char *name, const char *from) {
    static char bytes[4 << 20];
    int descriptor = open(from, O_RDONLY | O_CLOEXEC);
    ck_assert_msg(descriptor >= 0, "%s", from);
    ssize_t len = read(descriptor, bytes, sizeof bytes);
    ck_assert(len > 0 && (size_t)len < sizeof bytes);
    close(descriptor);
    return scratch_write(scratch, name, bytes, (size_t)len);
}
