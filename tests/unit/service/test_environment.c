/* SPDX-License-Identifier: MIT
 *
 * A set-uid host takes nothing from the environment, which the user who starts it writes: not by libtam, and not by the
 * libraries that a plugin brings along. libtam(3) has the list of variables; here is a row for each. What a variable
 * names lies in a directory that is watched, or is a port that nobody may connect to.
 */
#include <config.h>

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <src/base/array.h>
#include <tests/support/suite.h>
#include <tests/support/directory.h>
#include <unistd.h>

#define USER    12345
#define HELPER  TAM_TOP_BUILDDIR "/tests/support/secure_host"
#define PLUGINS TAM_TOP_BUILDDIR "/plugins/jwt/.libs"

static char *top;
static int watch;              /* inotify of top/trap */
static int keys_at, proxy_at;  /* listening */
static unsigned keys, proxies; /* their ports */
static char answer[16384];

/* ---- The scene ---- */

static const char *in_top(const char *name) {
    static char paths[4][1024];
    static size_t next;
    char *path = paths[next++ % 4];
    (void)snprintf(path, sizeof paths[0], "%s/%s", top, name);
    return path;
}

static void put(const char *name, const char *text) {
    int file = open(in_top(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    ck_assert_int_ge(file, 0);
    ck_assert_int_eq((int)write(file, text, strlen(text)), (int)strlen(text));
    ck_assert_int_eq(fchmod(file, 0644), 0);
    close(file);
}

static void copy_helper(const char *name, mode_t mode) {
    int from = open(HELPER, O_RDONLY | O_CLOEXEC), to = open(in_top(name), O_WRONLY | O_CREAT | O_CLOEXEC, 0700);
    ssize_t n = 1;
    ck_assert_int_ge(from, 0);
    ck_assert_int_ge(to, 0);
    while (n > 0) {
        static char part[1 << 16];
        n = read(from, part, sizeof part);
        ck_assert_int_eq((int)write(to, part, n > 0 ? (size_t)n : 0), n > 0 ? (int)n : 0);
    }
    ck_assert_int_eq(fchmod(to, mode), 0);
    close(from);
    close(to);
}

static int listen_anywhere(unsigned *ret_port) {
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof address;
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(descriptor, (const struct sockaddr *)&address, len), 0);
    ck_assert_int_eq(listen(descriptor, 16), 0);
    ck_assert_int_eq(getsockname(descriptor, (struct sockaddr *)&address, &len), 0);
    *ret_port = ntohs(address.sin_port);
    return descriptor;
}

/* A key server that hangs up: TLS was made ready by then, with all that is read for it. */
static void *hang_up(void *ctx) {
    (void)ctx;
    for (;;) {
        int client = accept4(keys_at, NULL, NULL, SOCK_CLOEXEC);
        if (client < 0 && errno != EINTR && errno != ECONNABORTED) {
            return NULL;
        }
        close(client);
    }
}

static void scene_make(void) {
    pthread_t thread;
    top = directory_make();
    ck_assert_int_eq(chmod(top, 0755), 0);
    ck_assert_int_eq(mkdir(in_top("trap"), 0777), 0);
    ck_assert_int_eq(chmod(in_top("trap"), 0777), 0);
    put("trap/file", "openssl_conf = nothing\n");
    put("trap/.netrc", "machine 127.0.0.1 login a password b\n");
    put("trap/.curlrc", "insecure\n");
    put("trap/.ldaprc", "TLS_REQCERT never\n");
    copy_helper("secure", 04755);
    copy_helper("plain", 0755);
    watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    ck_assert_int_ge(inotify_add_watch(watch, in_top("trap"), IN_OPEN | IN_CREATE | IN_MODIFY | IN_ACCESS), 0);
    keys_at = listen_anywhere(&keys);
    proxy_at = listen_anywhere(&proxies);
    ck_assert_int_eq(pthread_create(&thread, NULL, hang_up, NULL), 0);
    ck_assert_int_eq(pthread_detach(thread), 0);
}

static void scene_end(void) {
    shutdown(keys_at, SHUT_RDWR);
    directory_remove(top);
    free(top);
}

/* ---- One run ---- */

struct child {
    const char *program, *line, *plugin_dir, *name;
    char setting[2048];
    int output;
};

static void run_child(struct child *child) {
    static char no_leaks[] = "ASAN_OPTIONS=detect_leaks=0";
    char *const environment[] = { child->setting, no_leaks, NULL };
    bool secure = strcmp(child->program, "secure") == 0;
    if (dup2(child->output, STDOUT_FILENO) < 0 || (secure && (setgid(USER) != 0 || setuid(USER) != 0))) {
        _exit(90);
    }
    execle(in_top(child->program), child->program, child->line, child->plugin_dir, child->name, NULL, environment);
    _exit(91);
}

/* What the helper said of a service whose keys come from the port that hangs up; more: added to its line. */
static void run(const char *program, const char *name, const char *value, const char *plugin_dir, const char *more) {
    char line[1024];
    struct child child = { .program = program, .line = line, .plugin_dir = plugin_dir, .name = name };
    int ends[2], status = 0;
    size_t len = 0;
    ssize_t n = 1;
    (void)snprintf(child.setting, sizeof child.setting, "%s=%s", name, value);
    (void)snprintf(line, sizeof line,
                   "jwt issuer=https://id.example audience=a allow_private=yes jwks_uri=https://127.0.0.1:%u/keys%s",
                   keys, more);
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    child.output = ends[1];
    pid_t pid = fork();
    if (pid == 0) {
        run_child(&child);
    }
    close(ends[1]);
    while (n > 0 && len < sizeof answer - 1) {
        n = read(ends[0], answer + len, sizeof answer - 1 - len);
        len += n > 0 ? (size_t)n : 0;
    }
    answer[len] = '\0';
    close(ends[0]);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s: status %x: %s", name, (unsigned)status, answer);
}

static bool says(const char *part) {
    return strstr(answer, part) != NULL;
}

/* Since the last look. */
static bool trap_was_touched(void) {
    char events[4096];
    struct pollfd proxy = { .fd = proxy_at, .events = POLLIN };
    bool touched = read(watch, events, sizeof events) > 0;
    while (read(watch, events, sizeof events) > 0) {
    }
    if (poll(&proxy, 1, 0) == 1) {
        close(accept4(proxy_at, NULL, NULL, SOCK_CLOEXEC));
        touched = true;
    }
    return touched;
}

/* ---- The variables ---- */

enum fate {
    REFUSED, /* the service is not opened */
    IGNORED, /* by the library that knows it, or by what the plugin asks of that library */
    REMOVED  /* by libc, before main() */
};
enum value { TRAP_FILE, TRAP_NEW, TRAP_FOLDER, TRAP_PROXY, TEXT };

static const struct row {
    const char *name;
    enum fate fate;
    enum value value;
    bool works; /* the control: the trap is sprung where the host is not set-uid */
} rows[] = {
    /* libtam */
    { "TAM_PLUGIN_DIR", REFUSED, TRAP_FOLDER, false },
    { "TAM_DEBUG", IGNORED, TEXT, false },
    /* libcurl */
    { "SSLKEYLOGFILE", REFUSED, TRAP_NEW, true },
    { "CURL_SSL_BACKEND", REFUSED, TEXT, false },
    { "http_proxy", IGNORED, TRAP_PROXY, false },
    { "https_proxy", IGNORED, TRAP_PROXY, false },
    { "HTTPS_PROXY", IGNORED, TRAP_PROXY, false },
    { "all_proxy", IGNORED, TRAP_PROXY, false },
    { "ALL_PROXY", IGNORED, TRAP_PROXY, false },
    { "no_proxy", IGNORED, TEXT, false },
    { "NO_PROXY", IGNORED, TEXT, false },
    { "HOME", IGNORED, TRAP_FOLDER, false },
    { "CURL_HOME", IGNORED, TRAP_FOLDER, false },
    { "NETRC", IGNORED, TRAP_FILE, false },
    { "CURL_CA_BUNDLE", IGNORED, TRAP_FILE, false },
    { "SSL_DIR", IGNORED, TRAP_FOLDER, false },
    /* OpenSSL */
    { "OPENSSL_ia32cap", REFUSED, TEXT, false },
    { "OPENSSL_CONF", IGNORED, TRAP_FILE, true },
    { "OPENSSL_CONF_INCLUDE", IGNORED, TRAP_FOLDER, false },
    { "OPENSSL_MODULES", IGNORED, TRAP_FOLDER, false },
    { "OPENSSL_ENGINES", IGNORED, TRAP_FOLDER, false },
    { "SSL_CERT_FILE", IGNORED, TRAP_FILE, false },
    { "SSL_CERT_DIR", IGNORED, TRAP_FOLDER, false },
    { "CTLOG_FILE", IGNORED, TRAP_FILE, false },
    { "RANDFILE", IGNORED, TRAP_FILE, false },
    { "QLOGDIR", IGNORED, TRAP_FOLDER, false },
    /* what libcurl is linked with, and does not reach for https */
    { "KRB5_CONFIG", IGNORED, TRAP_FILE, false },
    { "KRB5_TRACE", IGNORED, TRAP_NEW, false },
    { "KRB5CCNAME", IGNORED, TRAP_FILE, false },
    { "LDAPCONF", IGNORED, TRAP_FILE, false },
    { "SASL_PATH", IGNORED, TRAP_FOLDER, false },
    { "SASL_CONF_PATH", IGNORED, TRAP_FOLDER, false },
    { "COMERR_DEBUG_FILE", IGNORED, TRAP_NEW, false },
    { "GNUTLS_SYSTEM_PRIORITY_FILE", IGNORED, TRAP_FILE, false },
    { "XDG_CONFIG_HOME", IGNORED, TRAP_FOLDER, false },
    { "LIBFFI_TMPDIR", IGNORED, TRAP_FOLDER, false },
    /* libc */
    { "LD_PRELOAD", REMOVED, TRAP_FILE, true },
    { "LD_LIBRARY_PATH", REMOVED, TRAP_FOLDER, false },
    { "LD_AUDIT", REMOVED, TRAP_FILE, true },
    { "LD_DEBUG_OUTPUT", REMOVED, TRAP_NEW, false },
    { "GCONV_PATH", REMOVED, TRAP_FOLDER, false },
    { "GETCONF_DIR", REMOVED, TRAP_FOLDER, false },
    { "HOSTALIASES", REMOVED, TRAP_FILE, false },
    { "LOCALDOMAIN", REMOVED, TEXT, false },
    { "LOCPATH", REMOVED, TRAP_FOLDER, false },
    { "MALLOC_TRACE", REMOVED, TRAP_NEW, false },
    { "NIS_PATH", REMOVED, TEXT, false },
    { "NLSPATH", REMOVED, TRAP_FILE, false },
    { "RESOLV_HOST_CONF", REMOVED, TRAP_FILE, false },
    { "RES_OPTIONS", REMOVED, TEXT, false },
    { "TMPDIR", REMOVED, TRAP_FOLDER, false },
    { "TZDIR", REMOVED, TRAP_FOLDER, false },
    { "MALLOC_ARENA_MAX", IGNORED, TEXT, false },
    { "GLIBC_TUNABLES", IGNORED, TEXT, false },
    { "TZ", IGNORED, TRAP_FILE, false },
    { "LANG", IGNORED, TEXT, false },
    { "LC_ALL", IGNORED, TEXT, false },
    { "LANGUAGE", IGNORED, TEXT, false },
};

static const char *value_of(const struct row *row) {
    static char proxy[64];
    (void)snprintf(proxy, sizeof proxy, "http://127.0.0.1:%u", proxies);
    const char *const values[] = { in_top("trap/file"), in_top("trap/new"), in_top("trap"), proxy, "x" };
    return values[row->value];
}

static const char *plugin_dir_of(const struct row *row) {
    return strcmp(row->name, "TAM_PLUGIN_DIR") == 0 ? "-" : PLUGINS;
}

/* The directory is not the plugins': they lie elsewhere, and are opened by the control as well. */
static void expect_secure(const struct row *row) {
    char wanted[256];
    run("secure", row->name, value_of(row), plugin_dir_of(row), "");
    ck_assert_msg(says("secure=1\n"), "%s", answer);
    ck_assert_msg(!trap_was_touched(), "%s is used: %s", row->name, answer);
    (void)snprintf(wanted, sizeof wanted, "%s must not be set in a set-uid process", row->name);
    ck_assert_msg(says(wanted) == (row->fate == REFUSED), "%s: %s", row->name, answer);
    ck_assert_msg(says("no keys from https://127.0.0.1") == (row->fate != REFUSED), "%s: %s", row->name, answer);
    (void)snprintf(wanted, sizeof wanted, "%s is gone\n", row->name);
    ck_assert_msg(says(wanted) == (row->fate == REMOVED), "%s: %s", row->name, answer);
}

/* Not where the tests' directory is mounted nosuid, or this process may gain nothing (PR_SET_NO_NEW_PRIVS). */
static bool set_uid_works(void) {
    run("secure", "TAM_TEST", "x", PLUGINS, "");
    if (!says("secure=1\n")) {
        puts("skipped: set-uid programs are not run as such here");
        return false;
    }
    return true;
}

START_TEST(a_set_uid_host_takes_nothing_from_the_environment) {
    const struct row *row = &rows[_i];
    if (set_uid_works()) {
        (void)trap_was_touched();
        expect_secure(row);
    }
    if (row->fate != REFUSED || row->works) {
        run("plain", row->name, value_of(row), plugin_dir_of(row), "");
        ck_assert_msg(says("secure=0\n") && says("no keys from"), "%s: %s", row->name, answer);
        ck_assert_msg(trap_was_touched() || !row->works, "%s, the control", row->name);
    }
}
END_TEST

START_TEST(a_service_file_of_a_set_uid_host_names_no_variable) {
    run("plain", "TAM_TEST", "RS256", PLUGINS, " algorithms=${TAM_TEST}");
    ck_assert_msg(says("no keys from"), "%s", answer);
    if (set_uid_works()) {
        run("secure", "TAM_TEST", "RS256", PLUGINS, " algorithms=${TAM_TEST}");
        ck_assert_msg(says("a set-uid process takes nothing from the environment"), "%s", answer);
    }
}
END_TEST

int main(void) {
    if (geteuid() != 0) {
        puts("skipped: only root can become another user");
        return 77;
    }
    TCase *tests = tcase_create("environment");
    tcase_add_checked_fixture(tests, scene_make, scene_end);
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, a_set_uid_host_takes_nothing_from_the_environment, 0, (int)COUNT(rows));
    tcase_add_test(tests, a_service_file_of_a_set_uid_host_names_no_variable);
    return suite_run("environment", tests);
}
