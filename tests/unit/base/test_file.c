/* SPDX-License-Identifier: MIT
 *
 * Which paths lead to a file that may be trusted: everything that another user could change on the way is refused,
 * where it stands before a file of root's too.
 */
#include <config.h>

#include <check.h>
#include <fcntl.h>
#include <src/base/array.h>
#include <src/base/file.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <tests/support/suite.h>
#include <tests/support/directory.h>
#include <unistd.h>

#define THEM 12345

static char *top;

static const char *in_top(const char *name) {
    static char paths[4][5000];
    static size_t next;
    char *path = paths[next++ % 4];
    (void)snprintf(path, sizeof paths[0], "%s/%s", top, name);
    return path;
}

static void make_folder(const char *name, mode_t mode, uid_t owner) {
    ck_assert_int_eq(mkdir(in_top(name), 0700), 0);
    ck_assert_int_eq(chown(in_top(name), owner, 0), 0);
    ck_assert_int_eq(chmod(in_top(name), mode), 0);
}

static void make_file(const char *name, mode_t mode, uid_t owner) {
    int file = open(in_top(name), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    ck_assert_int_ge(file, 0);
    ck_assert_int_eq((int)write(file, "trusted", 7), 7);
    ck_assert_int_eq(fchown(file, owner, 0), 0);
    ck_assert_int_eq(fchmod(file, mode), 0);
    close(file);
}

static void make_link(const char *name, const char *target, uid_t owner) {
    ck_assert_int_eq(symlink(target, in_top(name)), 0);
    ck_assert_int_eq(lchown(in_top(name), owner, 0), 0);
}

/* ours is root's, theirs another user's, shared everybody's like /tmp. */
static void make_scene(void) {
    top = directory_make();
    make_folder("ours", 0755, 0);
    make_folder("ours/inner", 0755, 0);
    make_folder("group", 0775, 0);
    make_folder("shared", 01777, 0);
    make_folder("theirs", 0755, THEM);
    make_file("ours/file", 0600, 0);
    make_file("ours/open", 0602, 0);
    make_file("ours/readable", 0640, 0);
    make_file("ours/theirs", 0600, THEM);
    make_file("group/file", 0600, 0);
    make_file("shared/ours", 0600, 0);
    make_file("shared/theirs", 0600, THEM);
    make_file("shared/second", 0600, 0);
    ck_assert_int_eq(link(in_top("shared/second"), in_top("shared/second.name")), 0);
    ck_assert_int_eq(link(in_top("ours/file"), in_top("ours/second.name")), 0);
    ck_assert_int_eq(mkfifo(in_top("ours/fifo"), 0600), 0);
    make_link("ours/link", "file", 0);
    make_link("ours/absolute", in_top("ours/file"), 0);
    make_link("ours/up", "../ours/inner/../file", 0);
    make_link("ours/folder", "../ours/", 0);
    make_link("ours/their.link", "file", THEM);
    make_link("ours/to.them", in_top("theirs/back"), 0);
    make_link("ours/circle", "circle", 0);
    make_link("ours/nowhere", "absent", 0);
    make_link("theirs/back", in_top("ours/file"), 0);
    make_link("theirs/folder", in_top("ours"), 0);
    make_link("shared/ours.link", in_top("ours/file"), 0);
    make_link("shared/their.link", in_top("ours/file"), THEM);
    make_link("shared/second.link", in_top("ours/file"), 0);
    ck_assert_int_eq(linkat(AT_FDCWD, in_top("shared/second.link"), AT_FDCWD, in_top("shared/third.link"), 0), 0);
}

static const struct row {
    const char *path;
    unsigned flags;
    const char *fault; /* NULL: it may be trusted */
    const char *why;
} rows[] = {
    { "ours/file", 0, NULL, "the control" },
    { "ours//inner/.././file", 0, NULL, "dots and slashes" },
    { "ours/link", 0, NULL, "a link of ours" },
    { "ours/absolute", 0, NULL, "an absolute one" },
    { "ours/up", 0, NULL, "one that goes up" },
    { "ours/folder/folder/file", 0, NULL, "one to a directory, twice" },
    { "ours/second.name", 0, NULL, "two names where nobody else makes one" },
    { "shared/ours", 0, NULL, "ours in a sticky directory" },
    { "shared/ours.link", 0, NULL, "a link of ours there" },
    { "ours/file", FILE_PRIVATE, NULL, "ours alone" },
    { "ours/file", FILE_NO_LINK, NULL, "no link" },
    { "ours/folder/file", FILE_NO_LINK, NULL, "a link before the last component" },
    { "theirs/back", FILE_ANY, NULL, "nothing is judged" },
    { "ours/their.link", FILE_ANY, NULL, "nor links" },
    { "ours/theirs", 0, "/ours/theirs is owned by neither root", "their file" },
    { "ours/open", 0, "/ours/open can be written", "everybody may write it" },
    { "group/file", 0, "/group can be written", "a group may put another there" },
    { "theirs/back", 0, "/theirs is owned by neither root", "a link of root's, in a directory of theirs" },
    { "theirs/folder/file", 0, "/theirs is owned by neither root", "one to a directory" },
    { "theirs/../ours/file", 0, "/theirs is owned by neither root", "a directory of theirs on the way" },
    { "ours/their.link", 0, "/ours/their.link is owned by neither root", "their link in a directory of ours" },
    { "ours/to.them", 0, "/theirs is owned by neither root", "a link to a link in theirs" },
    { "ours/folder/to.them", 0, "/theirs is owned by neither root", "behind another link" },
    { "shared/theirs", 0, "/shared/theirs is owned by neither root", "their file in a sticky directory" },
    { "shared/their.link", 0, "/shared/their.link is owned by neither root", "their link there" },
    { "shared/second", 0, "has more than one name", "anybody may have made the other, or this one" },
    { "shared/second.link", 0, "has more than one name", "of a link too" },
    { "ours/readable", FILE_PRIVATE, "must be owned by the user", "a group may read it" },
    { "ours/readable", FILE_PRIVATE | FILE_ANY, "must be owned by the user", "private is no matter of owners alone" },
    { "ours/link", FILE_NO_LINK, "symbolic link", "a link at the end" },
    { "ours/circle", 0, "circle", "a link to itself" },
    { "ours/circle/file", FILE_ANY, "circle", "on the way" },
    { "ours/nowhere", 0, "No such file", "a link to nothing" },
    { "ours/absent", 0, "No such file", "no file" },
    { "absent/file", 0, "No such file", "no directory" },
    { "ours/absent", FILE_OPTIONAL, "", "that may be" },
    { "theirs/absent", FILE_OPTIONAL, "/theirs is owned by neither root", "that may be, but not there" },
    { "ours/file/", 0, "Not a directory", "a slash behind a file" },
    { "ours/link/", 0, "Not a directory", "a slash behind a link to one" },
    { "ours/file/file", 0, "Not a directory", "a file on the way" },
    { "ours", 0, "not a regular file", "a directory" },
    { "ours/inner/..", 0, "not a regular file", "by its parent's name" },
    { "ours/", 0, "directory", "with a slash" },
    { "ours/folder", 0, "directory", "by a link" },
    { "ours/fifo", 0, "not a regular file", "a FIFO: opening it would wait" },
};

static void expect(const struct row *row) {
    struct buf content, why;
    buf_init(&content, 100);
    buf_init(&why, 20000);
    bool good = file_read(in_top(row->path), row->flags, 100, &content, &why);
    const char *found = why.ptr != NULL ? why.ptr : "";
    ck_assert_msg(good == (row->fault == NULL), "%s: %s (%s)", row->path, found, row->why);
    ck_assert_msg(!good || strcmp(content.ptr, "trusted") == 0, "%s (%s)", row->path, row->why);
    ck_assert_msg(good || (row->fault[0] != '\0' ? strstr(found, row->fault) != NULL : found[0] == '\0'), "%s: %s (%s)",
                  row->path, found, row->why);
    buf_free(&content);
    buf_free(&why);
}

START_TEST(every_directory_and_link_on_the_way_is_judged) {
    for (size_t i = 0; i < COUNT(rows); i++) {
        expect(&rows[i]);
    }
}
END_TEST

START_TEST(a_relative_path_begins_in_the_working_directory) {
    struct buf path, why;
    buf_init(&path, 5000);
    buf_init(&why, 5000);
    ck_assert_int_eq(chdir(in_top("ours/inner")), 0);
    int file = file_open("../folder/./link", 0, &path, &why);
    ck_assert_int_ge(file, 0);
    ck_assert_str_eq(path.ptr, in_top("ours/file"));
    close(file);
    ck_assert_int_eq(chdir(in_top("theirs")), 0);
    ck_assert_int_lt(file_open("../ours/file", 0, NULL, &why), 0);
    ck_assert_ptr_nonnull(strstr(why.ptr, "/theirs is owned by neither root"));
    buf_free(&path);
    buf_free(&why);
}
END_TEST

START_TEST(a_path_that_is_too_long_is_refused) {
    static char path[5000];
    struct buf why;
    buf_init(&why, 20000);
    memset(path, 'a', sizeof path - 1);
    path[0] = '/';
    ck_assert_int_lt(file_open(path, 0, NULL, &why), 0);
    buf_clear(&why);
    path[300] = '\0';
    ck_assert_int_lt(file_open(path, 0, NULL, &why), 0);
    ck_assert_ptr_nonnull(strstr(why.ptr, "name too long"));
    buf_free(&why);
}
END_TEST

START_TEST(a_directory_is_judged_for_what_is_written_there) {
    struct buf why;
    const char *name = NULL;
    buf_init(&why, 5000);
    int folder = file_open_folder(in_top("ours/folder/new"), 0, &name, &why);
    ck_assert_int_ge(folder, 0);
    ck_assert_str_eq(name, "new");
    ck_assert_int_eq(faccessat(folder, "file", F_OK, 0), 0);
    close(folder);
    ck_assert_int_lt(file_open_folder(in_top("theirs/folder/new"), 0, &name, &why), 0);
    ck_assert_ptr_nonnull(strstr(why.ptr, "/theirs is owned by neither root"));
    ck_assert_int_lt(file_open_folder(in_top("ours/"), 0, &name, &why), 0);
    ck_assert_int_lt(file_open_folder(in_top("ours/new/.."), 0, &name, &why), 0);
    buf_free(&why);
}
END_TEST

static void scene_end(void) {
    directory_remove(top);
    free(top);
}

int main(void) {
    if (geteuid() != 0) {
        puts("skipped: only root can give files away");
        return 77;
    }
    TCase *tests = tcase_create("file");
    tcase_add_checked_fixture(tests, make_scene, scene_end);
    tcase_add_test(tests, every_directory_and_link_on_the_way_is_judged);
    tcase_add_test(tests, a_relative_path_begins_in_the_working_directory);
    tcase_add_test(tests, a_path_that_is_too_long_is_refused);
    tcase_add_test(tests, a_directory_is_judged_for_what_is_written_there);
    return suite_run("file", tests);
}
