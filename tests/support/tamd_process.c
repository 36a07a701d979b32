/* SPDX-License-Identifier: MIT
 *
 * Starts tamd and speaks HTTP/1.1 with it, plainly enough to say what no library would.
 */
#include <config.h>

#include <tests/support/tamd_process.h>

#include <arpa/inet.h>
#include <check.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* libtool's script tools/tamd/tamd is a shell, which would give tamd a descriptor that a test closed; so what it starts
 * is. */
#define PROGRAM       TAM_TOP_BUILDDIR "/tools/tamd/.libs/tamd"
#define LIBRARIES     TAM_TOP_BUILDDIR "/src/.libs"
#define PLUGINS       TAM_TOP_BUILDDIR "/tests/plugins/.libs"
#define ARGUMENTS_MAX 16
#define LIMIT         20000 /* milliseconds for anything */

static void nap(void) {
    const struct timespec pause = { .tv_nsec = 2000000 };
    nanosleep(&pause, NULL);
}

int64_t now_milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- Its life ---- */

void tamd_prepare(struct tamd_process *tamd) {
    memset(tamd, 0, sizeof *tamd);
    scratch_make(&tamd->scratch);
}

static void child_run(const struct tamd_process *tamd, const struct tamd_start *start, int output, pid_t parent) {
    static char plugins[1024], config[1024];
    const char *argv[ARGUMENTS_MAX] = { PROGRAM, plugins };
    const char *dir = start != NULL && start->plugin_dir != NULL ? start->plugin_dir : PLUGINS;
    size_t count = 2;
    int errors = open(scratch_path(&tamd->scratch, "log"), O_WRONLY | O_CREAT | O_APPEND, 0600);
    (void)snprintf(plugins, sizeof plugins, "--plugin-dir=%s", dir);
    (void)snprintf(config, sizeof config, "--config=%s", scratch_path(&tamd->scratch, "tamd.conf"));
    if (start == NULL || !start->owners) {
        argv[count++] = "--any-owner";
    }
    if (start == NULL || start->arguments == NULL) {
        argv[count++] = config;
    } else {
        for (size_t i = 0; start->arguments[i] != NULL; i++) {
            argv[count++] = start->arguments[i];
        }
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent || dup2(output, STDOUT_FILENO) < 0 || dup2(errors, STDERR_FILENO) < 0 ||
        setenv("LD_LIBRARY_PATH", LIBRARIES, 1) != 0) {
        _exit(127);
    }
    if (start != NULL && start->before_exec != NULL) {
        start->before_exec(start->ctx);
    }
    union {
        const char **of;
        char **to;
    } arguments = { .of = argv }; /* execv() promises not to write to them */
    execv(PROGRAM, arguments.to);
    _exit(127);
}

static void spawn(struct tamd_process *tamd, const struct tamd_start *start) {
    int ends[2];
    pid_t parent = getpid();
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    tamd->pid = fork();
    ck_assert_int_ge(tamd->pid, 0);
    if (tamd->pid == 0) {
        child_run(tamd, start, ends[1], parent);
    }
    close(ends[1]);
    tamd->output = ends[0];
}

static void log_show(const struct tamd_process *tamd) {
    char text[4096];
    int fd = open(scratch_path(&tamd->scratch, "log"), O_RDONLY | O_CLOEXEC);
    ssize_t len = fd >= 0 ? read(fd, text, sizeof text) : 0;
    if (len > 0) {
        fprintf(stderr, "%.*s", (int)len, text);
    }
    if (fd >= 0) {
        close(fd);
    }
}

static void addresses_read(struct tamd_process *tamd, const char *line) {
    static const char *const names[] = { " main=", " admin=" };
    char *const places[] = { tamd->main, tamd->admin };
    for (size_t i = 0; i < 2; i++) {
        for (const char *at = strstr(line, names[i]); at != NULL; at = strstr(at + 1, names[i])) {
            const char *from = at + strlen(names[i]);
            (void)snprintf(places[i], TAMD_ADDRESS_MAX, "%.*s", (int)strcspn(from, " \n"), from);
        }
    }
}

void tamd_start(struct tamd_process *tamd, const struct tamd_start *start) {
    char line[1024] = "";
    size_t len = 0;
    spawn(tamd, start);
    struct pollfd watched = { .fd = tamd->output, .events = POLLIN };
    while (len + 1 < sizeof line && poll(&watched, 1, LIMIT) > 0 && read(tamd->output, line + len, 1) == 1) {
        if (line[len++] == '\n') {
            break;
        }
    }
    line[len] = '\0';
    if (strncmp(line, "ready", 5) != 0) {
        log_show(tamd);
    }
    ck_assert_msg(strncmp(line, "ready", 5) == 0, "tamd did not start: %s", line);
    addresses_read(tamd, line);
}

void tamd_configure(const struct tamd_process *tamd, const char *more) {
    char text[8192];
    (void)snprintf(text, sizeof text,
                   "listen address=127.0.0.1:0\nadmin address=unix:%s\nservice name=api file=api default=verify\n%s\n",
                   scratch_path(&tamd->scratch, "admin.sock"), more);
    scratch_text(&tamd->scratch, "tamd.conf", text);
}

void tamd_begin(struct tamd_process *tamd, const char *more, const char *service) {
    tamd_prepare(tamd);
    tamd_configure(tamd, more);
    scratch_text(&tamd->scratch, "api", service);
    tamd_start(tamd, NULL);
}

static int wait_for(struct tamd_process *tamd) {
    int status = 0;
    pid_t got = 0;
    for (int left = LIMIT; left > 0 && got == 0; left -= 2) {
        got = waitpid(tamd->pid, &status, WNOHANG);
        if (got == 0) {
            nap();
        }
    }
    if (got == 0) {
        kill(tamd->pid, SIGKILL);
        waitpid(tamd->pid, &status, 0);
        ck_abort_msg("tamd did not end");
    }
    close(tamd->output);
    tamd->pid = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

int tamd_run(struct tamd_process *tamd, const struct tamd_start *start) {
    spawn(tamd, start);
    return wait_for(tamd);
}

int tamd_print(struct tamd_process *tamd, const struct tamd_start *start, char *out, size_t size) {
    size_t len = 0;
    spawn(tamd, start);
    for (ssize_t got = 1; got > 0 && len + 1 < size; len += got > 0 ? (size_t)got : 0) {
        got = read(tamd->output, out + len, size - 1 - len);
    }
    out[len] = '\0';
    return wait_for(tamd);
}

void tamd_signal(const struct tamd_process *tamd, int number) {
    ck_assert_int_eq(kill(tamd->pid, number), 0);
}

int tamd_stop(struct tamd_process *tamd) {
    tamd_signal(tamd, SIGTERM);
    return wait_for(tamd);
}

void tamd_end(struct tamd_process *tamd) {
    int status = tamd->pid != 0 ? tamd_stop(tamd) : 0;
    if (status != 0) {
        log_show(tamd);
    }
    ck_assert_int_eq(status, 0);
    scratch_remove(&tamd->scratch);
}

size_t tamd_logged(const struct tamd_process *tamd, const char *part) {
    static char text[4 << 20];
    int fd = open(scratch_path(&tamd->scratch, "log"), O_RDONLY | O_CLOEXEC);
    ssize_t len = fd >= 0 ? read(fd, text, sizeof text - 1) : 0;
    size_t count = 0;
    close(fd);
    text[len > 0 ? len : 0] = '\0';
    for (const char *at = strstr(text, part); at != NULL; at = strstr(at + 1, part)) {
        count++;
    }
    return count;
}

void tamd_log_wait(const struct tamd_process *tamd, const char *part, size_t count) {
    for (int left = LIMIT; left > 0 && tamd_logged(tamd, part) < count; left -= 2) {
        nap();
    }
    ck_assert_msg(tamd_logged(tamd, part) >= count, "`%s` did not come into the log", part);
}

/* ---- HTTP ---- */

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_un local;
};

static socklen_t address_read(const char *text, union address *ret_address) {
    memset(ret_address, 0, sizeof *ret_address);
    if (strncmp(text, "unix:", 5) == 0) {
        ret_address->local.sun_family = AF_UNIX;
        (void)snprintf(ret_address->local.sun_path, sizeof ret_address->local.sun_path, "%s", text + 5);
        return sizeof ret_address->local;
    }
    const char *colon = strchr(text, ':');
    ck_assert_msg(colon != NULL, "no address: %s", text);
    ret_address->v4.sin_family = AF_INET;
    ret_address->v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ret_address->v4.sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
    return sizeof ret_address->v4;
}

int http_send(const char *address, const char *text) {
    return http_send_bytes(address, text, strlen(text));
}

int http_send_bytes(const char *address, const char *text, size_t left) {
    const struct timeval limit = { .tv_sec = LIMIT / 1000 };
    union address to;
    socklen_t len = address_read(address, &to);
    int fd = socket(to.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(fd, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ck_assert_msg(connect(fd, &to.any, len) == 0, "nobody listens at %s", address);
    while (left > 0) {
        ssize_t sent = send(fd, text, left, MSG_NOSIGNAL);
        if (sent <= 0) {
            break; /* it was enough for the other side: the answer tells */
        }
        text += sent;
        left -= (size_t)sent;
    }
    return fd;
}

void http_receive(int fd, struct reply *ret_reply) {
    size_t len = 0;
    ssize_t got = 0;
    do {
        got = recv(fd, ret_reply->text + len, sizeof ret_reply->text - 1 - len, 0);
        len += got > 0 ? (size_t)got : 0;
    } while (got > 0);
    close(fd);
    ret_reply->text[len] = '\0';
    ret_reply->status = strncmp(ret_reply->text, "HTTP/1.1 ", 9) == 0 ? (int)strtol(ret_reply->text + 9, NULL, 10) : 0;
    const char *end = strstr(ret_reply->text, "\r\n\r\n");
    ret_reply->body = end != NULL ? end + 4 : "";
}

int http_ask(const char *address, const char *method, const char *path, const char *headers, const char *body,
             struct reply *ret_reply) {
    char *text = NULL, length[64] = "";
    if (body[0] != '\0') {
        (void)snprintf(length, sizeof length, "Content-Length: %zu\r\n", strlen(body));
    }
    ck_assert_int_gt(asprintf(&text, "%s %s HTTP/1.1\r\nHost: tamd\r\nConnection: close\r\n%s%s\r\n%s", method, path,
                              length, headers, body),
                     0);
    http_receive(http_send(address, text), ret_reply);
    free(text);
    return ret_reply->status;
}

int tamd_auth(const struct tamd_process *tamd, const char *headers, struct reply *ret_reply) {
    return http_ask(tamd->main, "GET", "/auth", headers, "", ret_reply);
}

const char *reply_header(const struct reply *reply, const char *name) {
    static char value[1 << 16];
    const char *found = NULL;
    size_t len = strlen(name);
    for (const char *line = strstr(reply->text, "\r\n"); line != NULL && line + 2 < reply->body;
         line = strstr(line + 2, "\r\n")) {
        if (strncasecmp(line + 2, name, len) != 0 || line[2 + len] != ':') {
            continue;
        }
        ck_assert_msg(found == NULL, "%s is there twice", name);
        found = line + 2 + len + 1;
    }
    if (found == NULL) {
        return NULL;
    }
    found += strspn(found, " \t");
    (void)snprintf(value, sizeof value, "%.*s", (int)strcspn(found, "\r"), found);
    return value;
}
