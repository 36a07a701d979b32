/* SPDX-License-Identifier: MIT
 *
 * Reload is atomic: questions finish where they began, old verifiers are gone when it returns, and a bad file changes
 * nothing.
 */
#include <config.h>

#include <src/base/array.h>
#include <tests/support/fixture.h>
#include <tests/support/suite.h>

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MADE "puppet made"
#define GONE "puppet gone"

static char path[] = "/tmp/tam-reload-XXXXXX";

static void file_write(const char *text) {
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

static void open_file(struct fixture *fixture, const char *text) {
    struct tam_faults *faults = NULL;
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
    file_write(text);
    fixture_init(fixture);
    if (tam_service_open_file(path, &fixture->setup, &fixture->service, &faults) < 0) {
        ck_abort_msg("%s", tam_faults_text(faults, 0));
    }
}

static void close_file(struct fixture *fixture) {
    fixture_close(fixture);
    ck_assert_int_eq(unlink(path), 0);
}

static bool has_scope(struct fixture *fixture, const char *scope) {
    struct tam_result *result = ask(fixture, "accept.1");
    bool has = tam_result_scopes(result).count == 1 && view_is(tam_result_scopes(result).items[0], scope);
    tam_result_free(result);
    return has;
}

START_TEST(a_reload_brings_the_new_file_into_force_and_destroys_the_old_verifiers) {
    static struct fixture fixture;
    open_file(&fixture, "puppet scopes=old\n");
    ck_assert(has_scope(&fixture, "old"));
    file_write("puppet scopes=new\n");
    ck_assert_int_eq(tam_service_reload(fixture.service, NULL), 0);
    ck_assert(has_scope(&fixture, "new"));
    ck_assert_uint_eq(fixture_log_count(&fixture, MADE), 2);
    ck_assert_uint_eq(fixture_log_count(&fixture, GONE), 1);
    close_file(&fixture);
}
END_TEST

START_TEST(a_bad_file_leaves_the_old_one_in_force_and_says_why) {
    static const char *const bad[] = {
        "puppet scopes=new\nnonsense\n",
        "puppet scopes=new unknown=1\n",
        "",
        "puppet scopes=new init=fault\n",
        "puppet scopes=new init=silent\n",
        "puppet scopes=new init=fault-but-ready\n",
        "absent scopes=new\n",
    };
    static struct fixture fixture;

    open_file(&fixture, "puppet scopes=old\n");
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct tam_faults *faults = NULL;
        file_write(bad[i]);
        ck_assert_msg(tam_service_reload(fixture.service, &faults) == -1, "%s", bad[i]);
        ck_assert_msg(tam_faults_count(faults) > 0, "%s", bad[i]);
        ck_assert_msg(has_scope(&fixture, "old"), "%s", bad[i]);
        tam_faults_free(faults);
    }
    ck_assert_msg(fixture_log_count(&fixture, MADE) == fixture_log_count(&fixture, GONE) + 1,
                  "whatever was made on the way is destroyed again");
    close_file(&fixture);
}
END_TEST

struct blocked {
    struct fixture *fixture;
    int pipe[2];
    uint32_t verdict;
};

static void *block(void *ctx) {
    struct blocked *blocked = ctx;
    char token[32];
    (void)snprintf(token, sizeof token, "block.%d", blocked->pipe[0]);
    blocked->verdict = ask_verdict(blocked->fixture, token);
    return NULL;
}

static void *reload(void *ctx) {
    struct fixture *fixture = ctx;
    ck_assert_int_eq(tam_service_reload(fixture->service, NULL), 0);
    return NULL;
}

/* The question inside holds up the reload and nobody else: others already get the new verifier, and the old one lives.
 */
START_TEST(a_running_question_finishes_on_the_old_verifier_while_others_get_the_new) {
    static struct fixture fixture;
    struct blocked blocked = { .fixture = &fixture };
    pthread_t asking, reloading;
    ck_assert_int_eq(pipe(blocked.pipe), 0);
    open_file(&fixture, "puppet scopes=old\n");
    ck_assert_int_eq(pthread_create(&asking, NULL, block, &blocked), 0);
    fixture_log_wait(&fixture, "puppet blocks");
    file_write("puppet scopes=new\n");
    ck_assert_int_eq(pthread_create(&reloading, NULL, reload, &fixture), 0);
    while (!has_scope(&fixture, "new")) {
        sched_yield();
    }
    ck_assert_uint_eq(fixture_log_count(&fixture, GONE), 0);
    ck_assert_int_eq(write(blocked.pipe[1], "x", 1), 1);
    pthread_join(asking, NULL);
    pthread_join(reloading, NULL);
    ck_assert_uint_eq(blocked.verdict, TAM_VERDICT_ACCEPT);
    ck_assert_uint_eq(fixture_log_count(&fixture, GONE), 1);
    close(blocked.pipe[0]);
    close(blocked.pipe[1]);
    close_file(&fixture);
}
END_TEST

static void *block_to_the_end(void *ctx) {
    block(ctx);
    pthread_testcancel();
    return NULL;
}

/* Without check's own calls: those may be cancelled. */
static void *reload_to_the_end(void *ctx) {
    struct fixture *fixture = ctx;
    tam_service_reload(fixture->service, NULL);
    pthread_testcancel();
    return NULL;
}

/* Whoever cancels a thread that waits in a question, or in a reload, waits for it, and so does nobody else for ever. */
START_TEST(a_thread_is_cancelled_behind_the_call) {
    static struct fixture fixture;
    struct blocked blocked = { .fixture = &fixture };
    pthread_t asking, reloading;
    void *end = NULL;
    ck_assert_int_eq(pipe(blocked.pipe), 0);
    open_file(&fixture, "puppet scopes=old\n");
    ck_assert_int_eq(pthread_create(&asking, NULL, block_to_the_end, &blocked), 0);
    fixture_log_wait(&fixture, "puppet blocks");
    file_write("puppet scopes=new\n");
    ck_assert_int_eq(pthread_create(&reloading, NULL, reload_to_the_end, &fixture), 0);
    while (!has_scope(&fixture, "new")) {
        sched_yield();
    }
    ck_assert_int_eq(pthread_cancel(asking), 0);
    ck_assert_int_eq(pthread_cancel(reloading), 0);
    ck_assert_int_eq(write(blocked.pipe[1], "x", 1), 1);
    ck_assert_int_eq(pthread_join(asking, &end), 0);
    ck_assert_ptr_eq(end, PTHREAD_CANCELED);
    ck_assert_int_eq(pthread_join(reloading, &end), 0);
    ck_assert_ptr_eq(end, PTHREAD_CANCELED);
    ck_assert_uint_eq(blocked.verdict, TAM_VERDICT_ACCEPT);
    ck_assert_uint_eq(fixture_log_count(&fixture, GONE), 1);
    ck_assert_int_eq(tam_service_reload(fixture.service, NULL), 0);
    close(blocked.pipe[0]);
    close(blocked.pipe[1]);
    close_file(&fixture);
}
END_TEST

struct asker {
    struct fixture *fixture;
    atomic_bool *stop;
    unsigned answers, wrong;
};

static void *ask_on(void *ctx) {
    struct asker *asker = ctx;
    while (!*asker->stop || asker->answers == 0) {
        asker->wrong += ask_verdict(asker->fixture, "accept.1") != TAM_VERDICT_ACCEPT;
        asker->wrong += ask_reason(asker->fixture, "reject.10") != TAM_REASON_WRONG_AUDIENCE;
        asker->answers++;
    }
    return NULL;
}

START_TEST(a_hundred_reloads_under_two_verifying_threads) {
    static struct fixture fixture;
    atomic_bool stop = false;
    struct asker askers[2] = { { &fixture, &stop, 0, 0 }, { &fixture, &stop, 0, 0 } };
    pthread_t threads[2];
    fixture_open(&fixture, "puppet described_scopes=read");
    for (size_t i = 0; i < 2; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, ask_on, &askers[i]), 0);
    }
    for (size_t i = 1; i <= 100; i++) {
        ck_assert_int_eq(tam_service_reload(fixture.service, NULL), 0);
        ck_assert_uint_eq(fixture_log_count(&fixture, GONE), i);
    }
    stop = true;
    for (size_t i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
        ck_assert_uint_eq(askers[i].wrong, 0);
    }
    ck_assert_uint_eq(fixture_log_count(&fixture, MADE), 101);
    fixture_close(&fixture);
}
END_TEST

START_TEST(reloads_from_two_threads_take_turns) {
    static struct fixture fixture;
    pthread_t threads[8];
    fixture_open(&fixture, "puppet");
    for (size_t i = 0; i < 8; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, reload, &fixture), 0);
    }
    for (size_t i = 0; i < 8; i++) {
        pthread_join(threads[i], NULL);
    }
    ck_assert_uint_eq(fixture_log_count(&fixture, MADE), 9);
    ck_assert_uint_eq(fixture_log_count(&fixture, GONE), 8);
    ck_assert_uint_eq(ask_verdict(&fixture, "accept.1"), TAM_VERDICT_ACCEPT);
    fixture_close(&fixture);
}
END_TEST

/* ---- Opening and checking ---- */

START_TEST(a_check_makes_no_verifier_and_returns_warnings_too) {
    static struct fixture fixture;
    struct tam_faults *faults = NULL;
    fixture_init(&fixture);
    ck_assert_int_eq(tam_service_check_string("puppet", &fixture.setup, &faults), 0);
    ck_assert_ptr_null(faults);
    ck_assert_int_eq(tam_service_check_string("puppet init=warn", &fixture.setup, &faults), 0);
    ck_assert_uint_eq(tam_faults_count(faults), 1);
    ck_assert_uint_eq(tam_faults_level(faults, 0), TAM_LOG_WARNING);
    ck_assert_ptr_nonnull(strstr(tam_faults_text(faults, 0), "only for tests"));
    tam_faults_free(faults);
    ck_assert_int_eq(tam_service_check_string("puppet init=fault", &fixture.setup, &faults), -1);
    ck_assert_ptr_nonnull(strstr(tam_faults_text(faults, 0), "init must not be what it is"));
    ck_assert_uint_eq(tam_faults_line(faults, 0), 1);
    tam_faults_free(faults);
    ck_assert_int_eq(tam_service_check_string("puppet init=silent", &fixture.setup, &faults), -1);
    ck_assert_uint_eq(tam_faults_count(faults), 1);
    tam_faults_free(faults);
    ck_assert_uint_eq(fixture_log_count(&fixture, MADE), 0);
}
END_TEST

START_TEST(a_text_without_bytes_is_an_empty_one) {
    static struct fixture fixture;
    struct tam_faults *faults = NULL;
    fixture_init(&fixture);
    ck_assert_int_eq(tam_service_check_string("puppet init=null", &fixture.setup, &faults), 0);
    ck_assert_str_eq(tam_faults_text(faults, 0), "<string>:1: puppet: ");
    tam_faults_free(faults);
    ck_assert_int_eq(tam_service_check_string("puppet init=null-fault", &fixture.setup, &faults), -1);
    ck_assert_str_eq(tam_faults_text(faults, 0), "<string>:1: init ");
    tam_faults_free(faults);
    fixture_open(&fixture, "puppet init=null");
    ck_assert_uint_eq(fixture_log_count(&fixture, "2 <string>:1: \n"), 1);
    fixture_close(&fixture);
}
END_TEST

START_TEST(opening_leaves_the_other_output_alone) {
    static struct fixture fixture;
    struct tam_service *service = (struct tam_service *)(uintptr_t)&fixture;
    struct tam_faults *untouched = (struct tam_faults *)(uintptr_t)&fixture, *faults = untouched;
    fixture_init(&fixture);
    ck_assert_int_eq(tam_service_open_string("puppet init=fault", &fixture.setup, &service, &faults), -1);
    ck_assert_ptr_eq(service, &fixture);
    tam_faults_free(faults);
    faults = untouched;
    ck_assert_int_eq(tam_service_open_string("puppet init=warn", &fixture.setup, &service, &faults), 0);
    ck_assert_ptr_eq(faults, untouched);
    ck_assert_msg(fixture_log_count(&fixture, "only for tests") == 1, "a warning goes into the log");
    tam_service_close(service);
}
END_TEST

START_TEST(a_services_name_leads_nowhere_else) {
    static const char *const names[] = { "", ".", "..", ".hidden", "a/b", "../passwd", "/etc/passwd", "a b", "a\n" };
    struct tam_faults *faults;

    for (size_t i = 0; i < COUNT(names); i++) {
        ck_assert_int_eq(tam_service_check(names[i], NULL, &faults), -1);
        ck_assert_ptr_nonnull(strstr(tam_faults_text(faults, 0), "name is made of"));
        tam_faults_free(faults);
    }
    ck_assert_int_eq(tam_service_check("certainly-absent", NULL, &faults), -1);
    ck_assert_ptr_null(strstr(tam_faults_text(faults, 0), "name is made of"));
    tam_faults_free(faults);
}
END_TEST

/* The name of a file is shown so that nobody takes it for another, and turns round no text behind it. */
START_TEST(a_fault_shows_what_would_not_be_seen) {
    static const char name[] = "a\n\xc2\x9b\xe2\x80\xae\xe2\x80\xa8\xef\xbb\xbf\\x0a\xc3\xa9";
    static const char shown[] = "a\\x0a\\xc2\\x9b\\xe2\\x80\\xae\\xe2\\x80\\xa8\\xef\\xbb\\xbf\\\\x0a\xc3\xa9:1: ";
    static char folder[] = "/tmp/tam-shown-XXXXXX";
    struct tam_setup setup = { .size = sizeof setup, .flags = TAM_SETUP_ANY_OWNER };
    struct tam_faults *faults = NULL;
    char file[256];
    ck_assert_ptr_nonnull(mkdtemp(folder));
    (void)snprintf(file, sizeof file, "%s/%s", folder, name);
    FILE *written = fopen(file, "w");
    ck_assert_ptr_nonnull(written);
    ck_assert_int_ge(fputs("nonsense and more\n", written), 0);
    ck_assert_int_eq(fclose(written), 0);
    ck_assert_int_eq(tam_service_check_file(file, &setup, &faults), -1);
    ck_assert_str_eq(tam_faults_file(faults, 0), file);
    ck_assert_msg(strstr(tam_faults_text(faults, 0), shown) != NULL, "%s", tam_faults_text(faults, 0));
    tam_faults_free(faults);
    ck_assert_int_eq(unlink(file), 0);
    ck_assert_int_eq(rmdir(folder), 0);
    /* Nor where it is a part of the sentence. */
    ck_assert_int_eq(tam_service_check_file("/absent\\x0a\n\xe2\x80\xae", &setup, &faults), -1);
    ck_assert_str_eq(tam_faults_text(faults, 0),
                     "/absent\\\\x0a\\x0a\\xe2\\x80\\xae cannot be opened: No such file or directory");
    tam_faults_free(faults);
}
END_TEST

START_TEST(a_setup_that_is_badly_made_is_refused) {
    struct {
        struct tam_setup setup;
        uint64_t younger;
    } rows[3] = { { .setup = { .size = 0 } },
                  { .setup = { .size = sizeof(struct tam_setup), .flags = UINT32_C(1) << 31 } },
                  { .setup = { .size = sizeof rows[0] }, .younger = 1 } };

    for (size_t i = 0; i < 3; i++) {
        struct tam_faults *faults = NULL;
        ck_assert_int_eq(tam_service_check_string("puppet", &rows[i].setup, &faults), -1);
        ck_assert_ptr_nonnull(strstr(tam_faults_text(faults, 0), "tam_setup"));
        tam_faults_free(faults);
    }
}
END_TEST

int main(void) {
    const TTest *const tests[] = {
        a_reload_brings_the_new_file_into_force_and_destroys_the_old_verifiers,
        a_bad_file_leaves_the_old_one_in_force_and_says_why,
        a_running_question_finishes_on_the_old_verifier_while_others_get_the_new,
        a_thread_is_cancelled_behind_the_call,
        a_hundred_reloads_under_two_verifying_threads,
        reloads_from_two_threads_take_turns,
        a_check_makes_no_verifier_and_returns_warnings_too,
        a_text_without_bytes_is_an_empty_one,
        opening_leaves_the_other_output_alone,
        a_services_name_leads_nowhere_else,
        a_fault_shows_what_would_not_be_seen,
        a_setup_that_is_badly_made_is_refused,
    };

    return suite_run("reload", suite_case("reload", 60, tests, COUNT(tests)));
}
