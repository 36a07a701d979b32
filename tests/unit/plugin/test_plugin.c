/* SPDX-License-Identifier: MIT
 *
 * Which shared objects libtam takes for plugins, and which it refuses: by owner, by what they export, by what that
 * says.
 */
#include <config.h>

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <src/base/array.h>
#include <src/base/str.h>
#include <src/plugin/loader.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <tests/support/fixture.h>
#include <tests/plugins/trap.h>
#include <tests/support/scratch.h>
#include <tests/support/suite.h>
#include <unistd.h>

#define CONTROL TEST_PLUGIN_DIR "/tam_control.so"
#define TRAP    TEST_PLUGIN_DIR "/tam_trap.so"

/* Version 1.0 on a machine of 64 bits, for ever: who changes a number here breaks plugins that exist. */
#if UINTPTR_MAX == UINT64_MAX
_Static_assert(sizeof(struct tam_str) == 16 && sizeof(struct tam_list) == 16, "frozen");
_Static_assert(offsetof(struct tam_option, min) == 16 && offsetof(struct tam_option, help) == 48, "option");
_Static_assert(offsetof(struct tam_value, text) == 16 && offsetof(struct tam_value, list) == 32, "value");
_Static_assert(offsetof(struct tam_config, values) == 16 && offsetof(struct tam_config, name) == 24, "config");
_Static_assert(offsetof(struct tam_host, ctx) == 8 && offsetof(struct tam_host, revoke) == 56, "host");
_Static_assert(offsetof(struct tam_request, token) == 16 && offsetof(struct tam_request, check) == 64, "request");
_Static_assert(offsetof(struct tam_verdict, subject) == 32 && offsetof(struct tam_verdict, detail) == 176, "verdict");
_Static_assert(offsetof(struct tam_plugin, name) == 32 && offsetof(struct tam_plugin, destroy) == 88, "plugin");
_Static_assert(offsetof(struct tam_description, authorization_uri) == 104, "description");
_Static_assert(offsetof(struct tam_check, found) == 32, "check");
#endif

static const struct plugin *load(const char *name, bool any_owner, struct buf *why) {
    buf_init(why, 4096);
    return plugin_load(view(name), TEST_PLUGIN_DIR, any_owner, why);
}

static void expect_refused(const char *name, bool any_owner, const char *fault, const char *reason) {
    struct buf why;
    const struct plugin *plugin = load(name, any_owner, &why);
    ck_assert_msg(plugin == NULL, "%s (%s)", name, reason);
    ck_assert_msg(why.ptr != NULL && strstr(why.ptr, fault) != NULL, "%s: %s (%s)", name, why.ptr, reason);
    buf_free(&why);
}

static const struct plugin *expect_loaded(const char *name, bool any_owner) {
    struct buf why;
    const struct plugin *plugin = load(name, any_owner, &why);
    ck_assert_msg(plugin != NULL, "%s: %s", name, why.ptr);
    buf_free(&why);
    return plugin;
}

/* ---- What it is ---- */

struct row {
    const char *name;
    const char *fault;
    const char *why;
};

static const struct row broken[] = {
    { "magic", "begins with 0x4d415431; 0x314d4154 is wanted", "another magic number" },
    { "major", "was built for version 2.1 of the plugin ABI; 1 is wanted", "another major version" },
    { "small", "at least 96 are wanted", "a table smaller than 1.0's" },
    { "lying", "tam_plugin_v1 has 104 bytes and says 4200", "a table that claims more than the linker wrote" },
    { "short", "tam_plugin_v1 has 4 bytes", "a symbol too small for a table" },
    { "function", "no data object", "a function of that name" },
    { "symbolless", "exports no tam_plugin_v1", "a shared object like any other" },
    { "borrower", "does not export tam_plugin_v1 itself", "the symbol of a library it depends on" },
    { "verifyless", "has no verify", "an operation is missing" },
    { "misnamed", "calls itself 'other'; 'misnamed' is wanted", "another name than the file's" },
    { "duplicate", "its option text is there twice", "an option table with two rows of one key" },
    { "absent", "there is no plugin 'absent'", "no file" },
    { "../plugins/tam_control", "found '../plugins/tam_control'", "a relative path" },
    { "./tam_control.so", "must be absolute", "a relative path to the file" },
    { "Control", "expected a plugin's name", "upper case" },
    { "control.so", "write a plugin's name and not its file's: control", "a dot" },
    { "", "expected a plugin's name", "nothing" },
    { "/etc/passwd", "expected a plugin's name", "a path to something else" },
    { "/etc/tam_.so", "expected a plugin's name", "a path without a name" },
    { TEST_PLUGIN_DIR, "expected a plugin's name", "a directory" },
};

START_TEST(what_is_no_plugin_of_ours_is_refused_with_found_and_wanted) {
    for (size_t i = 0; i < COUNT(broken); i++) {
        expect_refused(broken[i].name, true, broken[i].fault, broken[i].why);
        expect_refused(broken[i].name, true, broken[i].fault, "a second time");
    }
    expect_loaded("control", true);
}
END_TEST

START_TEST(a_file_that_is_no_shared_object_is_refused) {
    struct scratch scratch;
    scratch_make(&scratch);
    expect_refused(scratch_text(&scratch, "tam_text.so", "#!/bin/sh\n"), true, "cannot be loaded", "a script");
    expect_refused(scratch_text(&scratch, "tam_empty.so", ""), true, "cannot be loaded", "an empty file");
    ck_assert_int_eq(mkfifo(scratch_path(&scratch, "tam_fifo.so"), 0600), 0);
    expect_refused(scratch_path(&scratch, "tam_fifo.so"), true, "not a regular file", "a FIFO must not block");
    scratch_remove(&scratch);
}
END_TEST

START_TEST(a_younger_plugin_runs_under_this_libtam) {
    const struct plugin *plugin = expect_loaded("younger", true);
    ck_assert_uint_eq(plugin->table.abi_minor, 9);
    ck_assert_uint_eq(plugin->table.option_count, 2);
    ck_assert_uint_eq(plugin->table.option_size, sizeof(struct tam_option));
    ck_assert_str_eq(plugin->table.options[0].key, "text");
    ck_assert_str_eq(plugin->table.options[1].key, "number");
    ck_assert_str_eq(plugin->table.options[1].fallback, "7");
}
END_TEST

START_TEST(a_plugin_of_version_1_0_works) {
    struct fixture fixture;
    fixture_init(&fixture);
    fixture_open(&fixture, "frozen subject=alice");
    struct tam_result *result = ask(&fixture, "accept");
    ck_assert_uint_eq(tam_result_verdict(result), TAM_VERDICT_ACCEPT);
    ck_assert(view_is(tam_result_subject(result), "alice"));
    ck_assert_uint_eq(tam_result_scopes(result).count, 2);
    ck_assert(view_is(tam_result_scopes(result).items[1], "write"));
    ck_assert_int_eq(tam_result_expires_at(result), FIXTURE_NOW + 60);
    tam_result_free(result);
    fixture_close(&fixture);
}
END_TEST

/* ---- Where it lies ---- */

START_TEST(a_plugin_that_others_could_change_is_refused) {
    struct scratch scratch;
    scratch_make(&scratch);
    const char *path = scratch_copy(&scratch, "tam_control.so", CONTROL);
    ck_assert_int_eq(chmod(path, 0666), 0);
    expect_refused(path, false, "can be written by", "everybody may write the file");
    ck_assert_int_eq(chmod(path, 0620), 0);
    expect_refused(path, false, "can be written by", "its group may write the file");
    ck_assert_int_eq(chmod(path, 0600), 0);
    ck_assert_int_eq(chmod(scratch.path, 0777), 0);
    expect_refused(path, false, "can be written by", "everybody may put another file there");
    expect_loaded(path, true);
    ck_assert_int_eq(chmod(scratch.path, 0700), 0);
    expect_loaded(path, false);
    scratch_remove(&scratch);
}
END_TEST

START_TEST(a_plugin_of_another_user_is_refused) {
    struct scratch scratch;
    if (geteuid() != 0) {
        puts("skipped: only root can give a file away");
        return;
    }
    scratch_make(&scratch);
    const char *path = scratch_copy(&scratch, "tam_control.so", CONTROL);
    ck_assert_int_eq(chown(path, 12345, 12345), 0);
    expect_refused(path, false, "owned by neither root nor the user", "another user's file");
    ck_assert_int_eq(chown(path, 0, 0), 0);
    ck_assert_int_eq(chown(scratch.path, 12345, 12345), 0);
    expect_refused(path, false, "owned by neither root nor the user", "another user's directory");
    ck_assert_int_eq(chown(scratch.path, 0, 0), 0);
    expect_loaded(path, false);
    scratch_remove(&scratch);
}
END_TEST

START_TEST(a_link_leads_to_what_is_checked) {
    struct scratch scratch, open;
    scratch_make(&scratch);
    scratch_make(&open);
    scratch_copy(&open, "tam_control.so", CONTROL);
    ck_assert_int_eq(chmod(open.path, 0777), 0);
    ck_assert_int_eq(symlink(scratch_path(&open, "tam_control.so"), scratch_path(&scratch, "tam_control.so")), 0);
    expect_refused(scratch_path(&scratch, "tam_control.so"), false, "can be written by", "behind a link of root's");
    ck_assert_int_eq(chmod(open.path, 0700), 0);
    expect_loaded(scratch_path(&scratch, "tam_control.so"), false);
    scratch_remove(&scratch);
    scratch_remove(&open);
}
END_TEST

/* In a child, which has loaded nothing yet: the two files change their names as fast as they can, and the status says
 * what was loaded. */
enum { LOADED_GOOD, LOADED_NONE };

struct swap {
    char path[2][1024];
};

static void swap_once(const struct swap *swap) {
    (void)renameat2(AT_FDCWD, swap->path[0], AT_FDCWD, swap->path[1], RENAME_EXCHANGE);
}

static void *swap_names(void *ctx) {
    for (;;) { /* until the process ends */
        swap_once(ctx);
    }
    return NULL;
}

static int load_while_swapping(struct swap *swap, bool swapping) {
    int status = 0;
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        pthread_t thread;
        struct buf why;
        if (swapping && pthread_create(&thread, NULL, swap_names, swap) != 0) {
            _exit(99);
        }
        _exit(load(swap->path[0], false, &why) != NULL ? LOADED_GOOD : LOADED_NONE);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status));
    return WEXITSTATUS(status);
}

START_TEST(what_was_checked_is_what_is_loaded) {
    struct scratch scratch, other;
    struct swap swap;
    if (geteuid() != 0) {
        puts("skipped: only root can give a file away");
        return;
    }
    scratch_make(&scratch);
    scratch_make(&other);
    (void)snprintf(swap.path[0], sizeof swap.path[0], "%s", scratch_copy(&scratch, "tam_control.so", CONTROL));
    (void)snprintf(swap.path[1], sizeof swap.path[1], "%s", scratch_copy(&other, "tam_control.so", TRAP));
    ck_assert_int_eq(setenv(TRAP_EXITS, "1", 1), 0);
    ck_assert_int_eq(load_while_swapping(&swap, false), LOADED_GOOD);
    swap_once(&swap);
    ck_assert_int_eq(load_while_swapping(&swap, false), TRAP_STATUS); /* the control: it springs */
    ck_assert_int_eq(chown(swap.path[0], 12345, 12345), 0);
    ck_assert_int_eq(load_while_swapping(&swap, false), LOADED_NONE);
    for (int i = 0; i < 300; i++) {
        ck_assert_int_ne(load_while_swapping(&swap, true), TRAP_STATUS);
    }
    ck_assert_int_eq(unsetenv(TRAP_EXITS), 0);
    scratch_remove(&scratch);
    scratch_remove(&other);
}
END_TEST

START_TEST(a_link_that_another_user_may_turn_is_refused) {
    struct scratch scratch, theirs;
    if (geteuid() != 0) {
        puts("skipped: only root can give a directory away");
        return;
    }
    scratch_make(&scratch);
    scratch_make(&theirs);
    scratch_copy(&scratch, "tam_control.so", CONTROL);
    ck_assert_int_eq(symlink(scratch_path(&scratch, "tam_control.so"), scratch_path(&theirs, "tam_control.so")), 0);
    expect_loaded(scratch_path(&theirs, "tam_control.so"), false);
    ck_assert_int_eq(chown(theirs.path, 12345, 12345), 0);
    expect_refused(scratch_path(&theirs, "tam_control.so"), false, "owned by neither root", "root's link in it");
    ck_assert_int_eq(chown(theirs.path, 0, 0), 0);
    ck_assert_int_eq(lchown(scratch_path(&theirs, "tam_control.so"), 12345, 12345), 0);
    expect_refused(scratch_path(&theirs, "tam_control.so"), false, "owned by neither root", "their link");
    scratch_remove(&scratch);
    scratch_remove(&theirs);
}
END_TEST

/* glibc knows what it loaded by the text it was opened with, and each of these has the same descriptor. */
START_TEST(plugins_opened_one_after_another_are_not_taken_for_each_other) {
    const struct plugin *control = expect_loaded("control", true), *younger = expect_loaded("younger", true);
    ck_assert_str_eq(control->table.name, "control");
    ck_assert_str_eq(younger->table.name, "younger");
    ck_assert_ptr_ne(control->table.init, younger->table.init);
}
END_TEST

START_TEST(a_loaded_plugin_has_the_name_of_its_file) {
    const struct plugin *plugin = expect_loaded("control", true);
    Dl_info info;
    void *code = NULL;
    memcpy(&code, &plugin->table.init, sizeof code);
    ck_assert_int_ne(dladdr(code, &info), 0);
    ck_assert_str_eq(info.dli_fname, plugin->path);
    ck_assert(str_ends(view(info.dli_fname), STR("/tam_control.so")));
}
END_TEST

static void *load_trap(void *ctx) {
    struct buf *why = ctx;
    buf_init(why, 4096);
    (void)plugin_load(view("trap"), TEST_PLUGIN_DIR, true, why);
    return NULL;
}

static int child_of_a_load(void) {
    struct buf why;
    alarm(30);
    if (load("control", true, &why) == NULL) {
        return 1; /* what was loaded before is there */
    }
    return load("younger", true, &why) == NULL && strstr(why.ptr, "was forked while") != NULL ? 0 : 2;
}

START_TEST(fork_does_not_wait_for_a_constructor) {
    int entered[2], leave[2], status = 0;
    struct buf why;
    pthread_t thread;
    char byte = 0;
    expect_loaded("control", true);
    ck_assert_int_eq(pipe(entered), 0);
    ck_assert_int_eq(pipe(leave), 0);
    ck_assert_int_eq(dup2(entered[1], TRAP_ENTERED), TRAP_ENTERED);
    ck_assert_int_eq(dup2(leave[0], TRAP_LEAVES), TRAP_LEAVES);
    ck_assert_int_eq(setenv(TRAP_WAITS, "1", 1), 0);
    ck_assert_int_eq(pthread_create(&thread, NULL, load_trap, &why), 0);
    ck_assert_int_eq((int)read(entered[0], &byte, 1), 1);
    pid_t child = fork();
    if (child == 0) {
        _exit(child_of_a_load());
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    ck_assert_int_eq((int)write(leave[1], &byte, 1), 1);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert_ptr_nonnull(strstr(why.ptr, "calls itself 'control'"));
    buf_free(&why);
    expect_loaded("younger", true);
}
END_TEST

START_TEST(one_file_is_one_plugin_by_whatever_path) {
    struct scratch scratch;
    scratch_make(&scratch);
    const struct plugin *plugin = expect_loaded("control", true);
    ck_assert_ptr_eq(expect_loaded("control", true), plugin);
    ck_assert_ptr_eq(expect_loaded(CONTROL, true), plugin);
    ck_assert_ptr_eq(expect_loaded(TEST_PLUGIN_DIR "/../.libs/tam_control.so", true), plugin);
    ck_assert_int_eq(symlink(CONTROL, scratch_path(&scratch, "tam_control.so")), 0);
    ck_assert_ptr_eq(expect_loaded(scratch_path(&scratch, "tam_control.so"), true), plugin);
    ck_assert_int_eq(symlink(CONTROL, scratch_path(&scratch, "tam_alias.so")), 0);
    expect_refused(scratch_path(&scratch, "tam_alias.so"), true, "calls itself 'control'", "by another name");
    scratch_remove(&scratch);
}
END_TEST

START_TEST(a_replaced_file_is_used_after_a_restart_only) {
    struct scratch scratch;
    struct buf why;
    scratch_make(&scratch);
    const char *path = scratch_copy(&scratch, "tam_control.so", CONTROL);
    const struct plugin *plugin = expect_loaded(path, true);
    scratch_copy(&scratch, "new", CONTROL);
    ck_assert_int_eq(rename(scratch_path(&scratch, "new"), path), 0);
    ck_assert_ptr_eq(load(path, true, &why), plugin);
    ck_assert_ptr_nonnull(strstr(why.ptr, "was replaced since it was loaded"));
    buf_free(&why);
    ck_assert_ptr_eq(load("control", true, &why) != plugin ? plugin : NULL, plugin); /* another file */
    ck_assert_uint_eq(why.len, 0);
    buf_free(&why);
    scratch_remove(&scratch);
}
END_TEST

START_TEST(the_plugin_directory_must_be_absolute) {
    struct buf why;
    buf_init(&why, 4096);
    ck_assert_ptr_null(plugin_load(view("control"), ".", true, &why));
    ck_assert_str_eq(why.ptr, "the plugin directory must be absolute and not too long");
    buf_free(&why);
}
END_TEST

/* ---- What is installed ---- */

static const char *plugins_text(const char *name, struct tam_document **ret_document) {
    struct fixture fixture;
    struct tam_faults *faults = NULL;
    fixture_init(&fixture);
    *ret_document = tam_plugins(name, &fixture.setup, &faults);
    fixture_close(&fixture);
    if (*ret_document != NULL) {
        ck_assert_ptr_null(faults);
        return tam_document_text(*ret_document).ptr;
    }
    static char text[4096];
    (void)snprintf(text, sizeof text, "%s", tam_faults_text(faults, 0));
    tam_faults_free(faults);
    return text;
}

START_TEST(a_plugin_is_described_from_its_table) {
    struct tam_document *document;
    const char *text = plugins_text("frozen", &document);
    ck_assert_ptr_nonnull(document);
    ck_assert_ptr_nonnull(strstr(text, "[{\"name\":\"frozen\",\"version\":\"1.0\",\"summary\":\"of version 1.0\","));
    ck_assert_ptr_nonnull(strstr(text, "\"abi\":\"1.0\""));
    ck_assert_ptr_nonnull(strstr(text, "{\"key\":\"subject\",\"type\":\"string\",\"list\":false,\"required\":true,"
                                       "\"default\":null,\"min\":1,\"max\":64,\"choices\":[],"
                                       "\"help\":\"who bears every token\"}"));
    tam_document_free(document);
}
END_TEST

START_TEST(all_plugins_are_listed_and_broken_ones_with_the_reason) {
    struct tam_document *document;
    const char *text = plugins_text(NULL, &document);
    const char *broken_one = strstr(text, "{\"name\":\"magic\",\"error\":\"");
    ck_assert_ptr_nonnull(broken_one);
    ck_assert_ptr_nonnull(strstr(text, "{\"name\":\"types\","));
    ck_assert(broken_one < strstr(text, "{\"name\":\"types\","));
    tam_document_free(document);
}
END_TEST

START_TEST(statements_are_described_like_plugins) {
    struct tam_document *document;
    const char *text = plugins_text("service", &document);
    ck_assert_ptr_nonnull(strstr(text, "\"key\":\"timeout\",\"type\":\"duration\""));
    tam_document_free(document);
}
END_TEST

START_TEST(a_plugin_that_is_not_there_is_a_fault) {
    struct tam_document *document;
    const char *text = plugins_text("absent", &document);
    ck_assert_ptr_null(document);
    ck_assert_ptr_nonnull(strstr(text, "there is no plugin 'absent'"));
}
END_TEST

int main(void) {
    const TTest *const tests[] = {
        what_is_no_plugin_of_ours_is_refused_with_found_and_wanted,
        a_file_that_is_no_shared_object_is_refused,
        a_younger_plugin_runs_under_this_libtam,
        a_plugin_of_version_1_0_works,
        a_plugin_that_others_could_change_is_refused,
        a_plugin_of_another_user_is_refused,
        a_link_leads_to_what_is_checked,
        what_was_checked_is_what_is_loaded,
        a_link_that_another_user_may_turn_is_refused,
        plugins_opened_one_after_another_are_not_taken_for_each_other,
        a_loaded_plugin_has_the_name_of_its_file,
        fork_does_not_wait_for_a_constructor,
        one_file_is_one_plugin_by_whatever_path,
        a_replaced_file_is_used_after_a_restart_only,
        the_plugin_directory_must_be_absolute,
        a_plugin_is_described_from_its_table,
        all_plugins_are_listed_and_broken_ones_with_the_reason,
        statements_are_described_like_plugins,
        a_plugin_that_is_not_there_is_a_fault,
    };
    return suite_run("plugin", suite_case("plugin", 60, tests, COUNT(tests)));
}
