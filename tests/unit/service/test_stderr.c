/* SPDX-License-Identifier: MIT
 *
 * A host without a logger logs to stderr, and whoever reads that may stop: no call waits for him, his descriptor stays
 * as it was, and he learns later how much he missed. Each way of writing without waiting is tried, also where the surer
 * ones fail.
 */
#include <config.h>

#include <src/base/array.h>
#include <tests/support/fixture.h>
#include <tests/support/suite.h>

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <termios.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

static atomic_bool old_kernel, no_proc; /* what the two below make of it */

/* Linux before 6.5 knows RWF_NOWAIT for neither pipes nor terminals. */
EXPORT ssize_t pwritev2(int fd, const struct iovec *pieces, int count, off_t offset, int flags) {
    static ssize_t (*next)(int, const struct iovec *, int, off_t, int);

    if (old_kernel) {
        errno = EOPNOTSUPP;
        return -1;
    }
    if (next == NULL) {
        *(void **)&next = dlsym(RTLD_NEXT, "pwritev2");
    }
    return next(fd, pieces, count, offset, flags);
}

EXPORT int open(const char *path, int flags, ...) {
    va_list arguments;
    if (no_proc && strncmp(path, "/proc/", 6) == 0) {
        errno = ENOENT;
        return -1;
    }
    va_start(arguments, flags);
    unsigned mode = (flags & O_CREAT) != 0 ? va_arg(arguments, unsigned) : 0;
    va_end(arguments);
    return openat(AT_FDCWD, path, flags, mode);
}

/* ---- Somebody else's descriptor ---- */

struct reader {
    int saved; /* the test's own stderr */
    int end;   /* what somebody reads from, or not */
};

static void reader_begin(struct reader *reader, int read_end, int write_end) {
    reader->saved = dup(STDERR_FILENO);
    reader->end = read_end;
    ck_assert_int_ge(reader->saved, 0);
    ck_assert_int_ge(dup2(write_end, STDERR_FILENO), 0);
    close(write_end);
}

static void reader_end(struct reader *reader) {
    ck_assert_int_ge(dup2(reader->saved, STDERR_FILENO), 0);
    close(reader->saved);
    if (reader->end >= 0) {
        close(reader->end);
    }
}

static void make_pipe(struct reader *reader) {
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    reader_begin(reader, ends[0], ends[1]);
}

static void make_stream(struct reader *reader) {
    int ends[2];
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    reader_begin(reader, ends[0], ends[1]);
}

static void make_datagrams(struct reader *reader) {
    int ends[2];
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends), 0);
    reader_begin(reader, ends[0], ends[1]);
}

/* What ^S does. */
static void make_terminal(struct reader *reader) {
    int master, slave;
    ck_assert_int_eq(openpty(&master, &slave, NULL, NULL, NULL), 0);
    reader_begin(reader, master, slave);
    ck_assert_int_eq(tcflow(STDERR_FILENO, TCOOFF), 0);
}

/* Until nothing came for a while. */
static size_t read_all(int fd, char *out, size_t size) {
    struct pollfd watched = { .fd = fd, .events = POLLIN };
    size_t len = 0;
    while (poll(&watched, 1, 200) == 1 && len < size - 1) {
        ssize_t n = read(fd, out + len, size - 1 - len);
        if (n <= 0) {
            break;
        }
        len += (size_t)n;
    }
    out[len] = '\0';
    return len;
}

static void open_service(struct fixture *fixture) {
    fixture_init(fixture);
    fixture->setup.log = NULL;
    ck_assert_int_eq(tam_service_open_string("puppet", &fixture->setup, &fixture->service, NULL), 0);
}

/* Each in a second of its own, so that each has its line. */
static void refuse_many(struct fixture *fixture, unsigned count) {
    while (count-- > 0) {
        struct tam_result *result = ask_with(fixture, "reject.10", TAM_NONBLOCK, 0);
        ck_assert_uint_eq(tam_result_reason(result), TAM_REASON_WRONG_AUDIENCE);
        tam_result_free(result);
        fixture->monotonic += SECOND;
    }
}

static const struct {
    const char *name;
    void (*make)(struct reader *);
    bool old_kernel, no_proc, terminal;
} rows[] = {
    { "a pipe", make_pipe, false, false, false },
    { "a pipe, through /proc", make_pipe, true, false, false },
    { "a pipe, with nothing but poll", make_pipe, true, true, false },
    { "a stream", make_stream, false, false, false },
    { "datagrams", make_datagrams, false, false, false },
    { "a terminal", make_terminal, false, false, true },
    { "a terminal, through /proc", make_terminal, true, false, true },
    { "a terminal, with nothing but poll", make_terminal, true, true, true },
};

#define REFUSALS 6000 /* some 100 bytes each: more than any of these takes */

START_TEST(nobody_waits_for_the_reader_of_stderr) {
    static struct fixture fixture;
    static char out[1 << 20];
    struct reader reader;
    rows[_i].make(&reader);
    old_kernel = rows[_i].old_kernel;
    no_proc = rows[_i].no_proc;
    int flags = fcntl(STDERR_FILENO, F_GETFL);
    open_service(&fixture);
    refuse_many(&fixture, REFUSALS);
    bool blocking = fcntl(STDERR_FILENO, F_GETFL) == flags && (flags & O_NONBLOCK) == 0;
    if (rows[_i].terminal) {
        ck_assert_int_eq(tcflow(STDERR_FILENO, TCOON), 0);
    }
    /* A terminal hands on in its own time. */
    for (int i = 0; i < 50 && strstr(out, "log lines were dropped") == NULL; i++) {
        read_all(reader.end, out, sizeof out);
        refuse_many(&fixture, 2);
    }
    fixture_close(&fixture);
    reader_end(&reader);
    ck_assert_msg(blocking, "%s: its flags were changed", rows[_i].name);
    ck_assert_msg(strstr(out, "log lines were dropped") != NULL, "%s: %s", rows[_i].name, out);
    ck_assert_msg(strstr(out, "<6><string>:1: reject wrong_audience") != NULL, "%s: %s", rows[_i].name, out);
}
END_TEST

/* Every line came or was counted. */
START_TEST(what_was_dropped_is_counted) {
    static struct fixture fixture;
    static char out[1 << 20];
    unsigned long told = 0, came = 0;
    struct reader reader;
    char counted[64];
    const char *at;
    make_pipe(&reader);
    open_service(&fixture);
    refuse_many(&fixture, REFUSALS);
    for (int round = 0; round < 2; round++) {
        read_all(reader.end, out, sizeof out);
        for (at = strstr(out, "reject wrong_audience"); at != NULL; at = strstr(at + 1, "reject wrong_audience")) {
            came++;
        }
        at = strstr(out, "libtam: ");
        told += at != NULL ? strtoul(at + strlen("libtam: "), NULL, 10) : 0;
        if (round == 0) {
            refuse_many(&fixture, 1);
        }
    }
    struct tam_document *status = tam_status(fixture.service);
    fixture_close(&fixture);
    reader_end(&reader);
    ck_assert_uint_gt(told, 0);
    ck_assert_uint_eq(came + told, REFUSALS + 1);
    (void)snprintf(counted, sizeof counted, "\"log_dropped\":%lu,", told);
    ck_assert_ptr_nonnull(strstr(text_of(tam_document_text(status)), counted));
    tam_document_free(status);
}
END_TEST

static void *shout(void *ctx) {
    struct fixture *fixture = ctx;
    for (int i = 0; i < 2000; i++) {
        ask_verdict(fixture, "shout");
    }
    return NULL;
}

/* Between one thread's look and its write another one may take the room. */
START_TEST(several_threads_wait_as_little) {
    static struct fixture fixture;
    static char out[1 << 20];
    struct reader reader;
    pthread_t threads[4];
    make_pipe(&reader);
    old_kernel = _i > 0;
    no_proc = _i > 1;
    open_service(&fixture);
    for (size_t i = 0; i < 4; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, shout, &fixture), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    }
    read_all(reader.end, out, sizeof out);
    fixture_close(&fixture);
    reader_end(&reader);
    for (const char *line = out; *line != '\0'; line = strchr(line, '\n') + 1) {
        ck_assert_msg(strncmp(line, "<4>", 3) == 0, "a line is whole: %.80s", line);
        ck_assert_ptr_nonnull(strchr(line, '\n'));
    }
}
END_TEST

/* A file waits for nobody; who is gone, or was never there, gets nothing and does no harm. */
START_TEST(a_log_that_is_none_gets_nothing) {
    static struct fixture fixture;
    struct reader reader;
    eventfd_t count = 0;
    int event = eventfd(0, EFD_CLOEXEC);
    static char out[4096];
    ck_assert_int_ge(event, 0);
    make_pipe(&reader);
    close(reader.end); /* SIGPIPE would end the test */
    reader.end = -1;
    open_service(&fixture);
    refuse_many(&fixture, 3);
    ck_assert_int_ge(dup2(event, STDERR_FILENO), 0);
    refuse_many(&fixture, 3);
    reader_end(&reader);
    ck_assert_int_eq(fcntl(event, F_SETFL, O_NONBLOCK), 0);
    ck_assert_int_eq(eventfd_read(event, &count), -1);
    fixture_close(&fixture);
    close(event);
    /* Closed at first: what comes to lie there is another's. */
    make_pipe(&reader);
    event = dup(STDERR_FILENO);
    close(STDERR_FILENO);
    open_service(&fixture);
    ck_assert_int_eq(dup2(event, STDERR_FILENO), STDERR_FILENO);
    refuse_many(&fixture, 3);
    ck_assert_uint_eq(read_all(reader.end, out, sizeof out), 0);
    fixture_close(&fixture);
    close(event);
    reader_end(&reader);
}
END_TEST

START_TEST(a_file_takes_every_line) {
    static struct fixture fixture;
    static char out[1 << 20];
    struct reader reader;
    FILE *file = tmpfile();
    size_t lines = 0;
    ck_assert_ptr_nonnull(file);
    reader_begin(&reader, -1, dup(fileno(file)));
    open_service(&fixture);
    refuse_many(&fixture, 3000);
    fixture_close(&fixture);
    reader_end(&reader);
    rewind(file);
    out[fread(out, 1, sizeof out - 1, file)] = '\0';
    for (const char *at = strchr(out, '\n'); at != NULL; at = strchr(at + 1, '\n')) {
        lines++;
    }
    ck_assert_uint_eq(lines, 3000);
    (void)fclose(file);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("stderr");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, nobody_waits_for_the_reader_of_stderr, 0, COUNT(rows));
    tcase_add_test(tests, what_was_dropped_is_counted);
    tcase_add_loop_test(tests, several_threads_wait_as_little, 0, 3);
    tcase_add_test(tests, a_log_that_is_none_gets_nothing);
    tcase_add_test(tests, a_file_takes_every_line);
    return suite_run("stderr", tests);
}
