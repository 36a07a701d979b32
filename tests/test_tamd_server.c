/* SPDX-License-Identifier: MIT
 *
 * tamd among clients, readers and limits that mean it ill: what stalls, trickles, floods or is closed stops nobody else.
 */
#include <config.h>

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <tests/suite.h>
#include <tests/tamd_process.h>
#include <unistd.h>

#define GOOD "Authorization: Bearer accept.1\r\n"

static struct tamd_process tamd;
static struct reply reply;

/* ---- The log ---- */

static void use_as_stderr(void *ctx) {
    const int *fd = ctx;
    dup2(*fd, STDERR_FILENO);
}

/* 700 lines of the access log are more than a pipe holds, 4,000 more than the queue. */
START_TEST(a_reader_of_the_log_that_stalls_stops_nothing) {
    int ends[2];
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    tamd_prepare(&tamd);
    tamd_configure(&tamd, "");
    scratch_text(&tamd.scratch, "api", "puppet\n");
    tamd_start(&tamd, &(struct tamd_start){ .before_exec = use_as_stderr, .ctx = &ends[1] });
    close(ends[1]);
    for (int i = 0; i < 4000; i++)
        ck_assert_int_eq(
            tamd_auth(&tamd, "X-Forwarded-Uri: /a-path-that-makes-the-line-of-the-log-a-bit-longer\r\n", &reply), 401);
    ck_assert_int_eq(tamd_auth(&tamd, GOOD, &reply), 200);
    ck_assert_int_eq(http_ask(tamd.main, "GET", "/healthz", "", "", &reply), 200);
    ck_assert_int_eq(http_ask(tamd.admin, "GET", "/metrics", "", "", &reply), 200);
    const char *dropped = strstr(reply.body, "\ntam_log_lines_dropped_total ");
    ck_assert_ptr_nonnull(dropped);
    ck_assert_int_gt(strtol(dropped + strlen("\ntam_log_lines_dropped_total "), NULL, 10), 0);
    int64_t before = now_milliseconds();
    ck_assert_int_eq(tamd_stop(&tamd), 0);
    ck_assert_int_lt(now_milliseconds() - before, 10000);
    close(ends[0]);
    tamd_end(&tamd);
}
END_TEST

/* Everything is there when it has ended, and what was dropped is told. */
START_TEST(the_log_is_written_to_its_end) {
    tamd_begin(&tamd, "", "puppet\n");
    for (int i = 0; i < 200; i++)
        ck_assert_int_eq(tamd_auth(&tamd, "", &reply), 401);
    ck_assert_int_eq(tamd_stop(&tamd), 0);
    ck_assert_uint_eq(tamd_logged(&tamd, "access status=401"), 200);
    ck_assert_uint_eq(tamd_logged(&tamd, "tamd: stopping\n"), 1);
    ck_assert_uint_eq(tamd_logged(&tamd, "were dropped"), 0);
    tamd_end(&tamd);
}
END_TEST

/* ---- Descriptors ---- */

static void close_standard(void *ctx) {
    unsigned mask = *(const unsigned *)ctx;
    for (int fd = 0; fd < 3; fd++)
        if ((mask & 1u << fd) != 0)
            close(fd);
}

/* Where descriptor 2 became an eventfd, each line of the log woke somebody, and none was read. */
START_TEST(standard_descriptors_that_are_closed_become_dev_null) {
    char link[64], target[64];
    for (unsigned mask = 0; mask < 8; mask++) {
        if ((mask & 2) != 0)
            continue; /* where it says that it serves */
        tamd_prepare(&tamd);
        tamd_configure(&tamd, "");
        scratch_text(&tamd.scratch, "api", "puppet\n");
        tamd_start(&tamd, &(struct tamd_start){ .before_exec = close_standard, .ctx = &mask });
        ck_assert_int_eq(tamd_auth(&tamd, GOOD, &reply), 200);
        for (int fd = 0; fd < 3; fd++) {
            (void)snprintf(link, sizeof link, "/proc/%d/fd/%d", (int)tamd.pid, fd);
            ssize_t len = readlink(link, target, sizeof target - 1);
            if (len < 0)
                continue; /* not dumpable, and we are not root */
            target[len] = '\0';
            ck_assert_msg((mask & 1u << fd) == 0 || strcmp(target, "/dev/null") == 0, "%d is %s", fd, target);
        }
        tamd_end(&tamd);
    }
}
END_TEST

int main(void) {
    const TTest *const tests[] = {
        a_reader_of_the_log_that_stalls_stops_nothing,
        the_log_is_written_to_its_end,
        standard_descriptors_that_are_closed_become_dev_null,
    };
    return suite_run_tests("tamd server", 120, tests, sizeof tests / sizeof tests[0]);
}
