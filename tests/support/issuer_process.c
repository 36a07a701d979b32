/* SPDX-License-Identifier: MIT
 *
 * A real tam-issuer for a test: started, rotated, held, stopped by its pid.
 */
#include <config.h>

#include <tests/support/issuer_process.h>

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <src/base/mem.h>
#include <src/base/str.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <tests/support/directory.h>
#include <tools/issuer/files.h>
#include <unistd.h>

#define PROGRAM       TAM_TOP_BUILDDIR "/tools/issuer/tam-issuer"
#define ENTRA_FIXTURE TAM_TOP_SRCDIR "/tests/support/entra_fixture.json"
#define USUAL_NAME    "login.microsoftonline.com"
#define ARGV_MAX      64
#define LINE_SIZE     (PATH_MAX + 64)
#define START_LIMIT   60000 /* milliseconds: a fixture has a dozen RSA keys, and a sanitizer is slow */

static char *text_copy(struct tam_str text) {
    char *copy = mem_text(text);
    ck_assert_ptr_nonnull(copy);
    return copy;
}

static char *path_of(const struct issuer_process *process, const char *name) {
    char *path = issuer_path(process->dir, name);
    ck_assert_ptr_nonnull(path);
    return path;
}

/* ---- starting --------------------------------------------------------------------------------------------------- */

struct command {
    const char *argv[ARGV_MAX + 1];
    size_t count;
    char *names[ARGV_MAX]; /* what has to be freed */
    size_t name_count;
};

static void command_add(struct command *command, const char *argument) {
    ck_assert_uint_lt(command->count, ARGV_MAX);
    command->argv[command->count++] = argument;
}

static void command_add_names(struct command *command, const char *names) {
    struct tam_str rest = str_of(names), name;
    while (str_cut(&rest, ',', &name)) {
        char *copy = text_copy(name);
        command->names[command->name_count++] = copy;
        command_add(command, "--name");
        command_add(command, copy);
    }
}

static void command_begin(struct command *command, const struct issuer_process *process, const char *log) {
    command_add(command, PROGRAM);
    command_add(command, "--dir");
    command_add(command, process->dir);
    command_add(command, "--log");
    command_add(command, log);
}

static void command_fill(struct command *command, const struct issuer_process_options *options) {
    if (options->names != NULL || options->fixture == NULL) {
        command_add_names(command, options->names != NULL ? options->names : USUAL_NAME);
    }
    if (options->fixture != NULL) {
        command_add(command, "--fixture");
        command_add(command, strcmp(options->fixture, "entra") == 0 ? ENTRA_FIXTURE : options->fixture);
    }
    for (size_t i = 0; i < ISSUER_PROCESS_ARGUMENTS && options->arguments[i] != NULL; i++) {
        command_add(command, options->arguments[i]);
    }
}

static void command_free(struct command *command) {
    for (size_t i = 0; i < command->name_count; i++) {
        mem_free(command->names[i]);
    }
}

/* Only what is safe after fork() in a program with threads. */
static void child_run(struct command *command, int output, int errors, pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent || dup2(output, STDOUT_FILENO) < 0 || dup2(errors, STDERR_FILENO) < 0) {
        _exit(127);
    }
    union {
        const char **of;
        char **to;
    } argv = { .of = command->argv }; /* execv() promises not to write to them */
    execv(PROGRAM, argv.to);
    _exit(127);
}

static int program_start(struct issuer_process *process, struct command *command) {
    int ends[2];
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    char *path = path_of(process, "errors");
    int errors = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    ck_assert_int_ge(errors, 0);
    mem_free(path);
    pid_t parent = getpid();
    process->pid = fork();
    ck_assert_int_ge(process->pid, 0);
    if (process->pid == 0) {
        child_run(command, ends[1], errors, parent);
    }
    close(errors);
    close(ends[1]);
    return ends[0];
}

/* One line, or what there was of it when the process ended or took too long. */
static void line_read(int fd, char *line, size_t size) {
    size_t len = 0;
    struct pollfd watched = { .fd = fd, .events = POLLIN };
    while (len + 1 < size && poll(&watched, 1, START_LIMIT) > 0) {
        ssize_t got = read(fd, line + len, 1);
        if (got != 1 || line[len] == '\n') {
            break;
        }
        len++;
    }
    line[len] = '\0';
}

/* Only when it did not start. */
static void errors_show(const struct issuer_process *process) {
    struct buf text, why;
    buf_init(&text, 4096);
    buf_init(&why, 1024);
    char *path = path_of(process, "errors");
    issuer_file_read(path, &text, &why);
    fprintf(stderr, "%.*s", STR_PRINT(buf_str(&text)));
    mem_free(path);
    buf_free(&why);
    buf_free(&text);
}

static void ready_parse(struct issuer_process *process, const char *line) {
    struct tam_str rest = str_of(line), words[3] = { STR_NONE, STR_NONE, STR_NONE };
    int64_t port = 0;
    str_cut(&rest, ' ', &words[0]);
    str_cut(&rest, ' ', &words[1]);
    bool good = str_equal(words[0], STR("ready")) && str_starts(words[1], STR("port=")) &&
                str_starts(rest, STR("ca=")) && str_number(str_from(words[1], 5), 65535, &port);
    if (!good) {
        errors_show(process);
    }
    ck_assert_msg(good, "tam-issuer said '%s'", line);
    process->port = (unsigned)port;
    mem_free(process->ca);
    process->ca = text_copy(str_from(rest, 3));
}

static void command_run(struct issuer_process *process, struct command *command) {
    char line[LINE_SIZE];
    int output = program_start(process, command);
    line_read(output, line, sizeof line);
    close(output);
    ready_parse(process, line);
}

static void keys_open(struct issuer_process *process) {
    struct buf why;
    buf_init(&why, 1024);
    process->keys = issuer_keys_open(process->dir, NULL, &why);
    ck_assert_msg(process->keys != NULL, "%.*s", STR_PRINT(buf_str(&why)));
    buf_free(&why);
}

/* Those of the command line, then those of the fixture. */
static void names_collect(struct issuer_process *process, const struct command *command) {
    struct buf names;
    buf_init(&names, 4096);
    for (size_t i = 0; i < command->name_count; i++) {
        buf_format(&names, "%s%s", names.len > 0 ? "," : "", command->names[i]);
    }
    size_t index;
    json_t *name;
    json_array_foreach(json_object_get(process->keys->settings, "names"), index, name) {
        buf_format(&names, "%s%s", names.len > 0 ? "," : "", json_string_value(name));
    }
    process->names = text_copy(buf_str(&names));
    buf_free(&names);
}

void issuer_process_start(struct issuer_process *ret_process, const struct issuer_process_options *options) {
    struct issuer_process process = { .pid = 0 };
    process.dir = directory_make();
    struct command command = { .count = 0 };
    char *log = path_of(&process, "log");
    command_begin(&command, &process, log);
    command_fill(&command, options);
    command_run(&process, &command);
    keys_open(&process);
    names_collect(&process, &command);
    mem_free(log);
    command_free(&command);
    *ret_process = process;
}

/* What its directory does not keep is told again: names and port. */
void issuer_process_again(struct issuer_process *process) {
    struct command command = { .count = 0 };
    char *log = path_of(process, "log"), listen[32];
    snprintf(listen, sizeof listen, "127.0.0.1:%u", process->port);
    command_begin(&command, process, log);
    command_add(&command, "--listen");
    command_add(&command, listen);
    command_add_names(&command, process->names);
    command_run(process, &command);
    mem_free(log);
    command_free(&command);
}

/* ---- ending ----------------------------------------------------------------------------------------------------- */

void issuer_process_end(struct issuer_process *process) {
    int status = 0;
    ck_assert_int_gt(process->pid, 0);
    /* A test may have left it held. Never after SIGTERM: a leak checker stops the process at its end, and a SIGCONT
     * then takes that stop away and both wait for ever. */
    kill(process->pid, SIGCONT);
    ck_assert_int_eq(kill(process->pid, SIGTERM), 0);
    pid_t ended;
    do {
        ended = waitpid(process->pid, &status, 0);
    } while (ended < 0 && errno == EINTR);
    ck_assert_int_eq(ended, process->pid);
    process->pid = 0;
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "tam-issuer ended with status %d", status);
}

void issuer_process_stop(struct issuer_process *process) {
    issuer_process_end(process);
    issuer_keys_close(process->keys);
    directory_remove(process->dir);
    mem_free(process->dir);
    mem_free(process->ca);
    mem_free(process->names);
    *process = (struct issuer_process){ .pid = 0 };
}

/* ---- meanwhile -------------------------------------------------------------------------------------------------- */

/* The letter behind the name in brackets of proc(5)'s stat. A test that check forked is no parent and cannot wait(2).
 */
static char process_state(pid_t pid) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
    struct buf text, why;
    buf_init(&text, 4096);
    buf_init(&why, 1024);
    ck_assert_msg(issuer_file_read(path, &text, &why), "%.*s", STR_PRINT(buf_str(&why)));
    const char *bracket = memrchr(text.ptr, ')', text.len);
    ck_assert_ptr_nonnull(bracket);
    char state = bracket[2];
    buf_free(&why);
    buf_free(&text);
    return state;
}

void issuer_process_hold(const struct issuer_process *process) {
    ck_assert_int_eq(kill(process->pid, SIGSTOP), 0);
    while (process_state(process->pid) != 'T') {
        sched_yield();
    }
}

void issuer_process_release(const struct issuer_process *process) {
    ck_assert_int_eq(kill(process->pid, SIGCONT), 0);
}

/* keys.json is replaced by rename(2) once the new key is in the set. */
static void replacement_await(int watch) {
    _Alignas(struct inotify_event) char events[4096];
    struct pollfd watched = { .fd = watch, .events = POLLIN };
    for (;;) {
        ck_assert_msg(poll(&watched, 1, START_LIMIT) > 0, "tam-issuer did not rotate");
        ssize_t len = read(watch, events, sizeof events);
        ck_assert_int_gt(len, 0);
        for (ssize_t at = 0; at < len;) {
            const struct inotify_event *event = (const struct inotify_event *)(const void *)(events + at);
            if (event->len > 0 && strcmp(event->name, "keys.json") == 0) {
                return;
            }
            at += (ssize_t)(sizeof *event + event->len);
        }
    }
}

void issuer_process_rotate(struct issuer_process *process) {
    int watch = inotify_init1(IN_CLOEXEC);
    ck_assert_int_ge(watch, 0);
    ck_assert_int_ge(inotify_add_watch(watch, process->dir, IN_MOVED_TO), 0);
    ck_assert_int_eq(kill(process->pid, SIGUSR1), 0);
    replacement_await(watch);
    close(watch);
    issuer_keys_close(process->keys);
    keys_open(process);
}

void issuer_process_fail(const struct issuer_process *process) {
    struct buf why;
    buf_init(&why, 1024);
    char *path = path_of(process, "outage");
    ck_assert_msg(issuer_file_write(path, STR_NONE, 0600, &why), "%.*s", STR_PRINT(buf_str(&why)));
    mem_free(path);
    buf_free(&why);
}

void issuer_process_recover(const struct issuer_process *process) {
    char *path = path_of(process, "outage");
    ck_assert_int_eq(unlink(path), 0);
    mem_free(path);
}

size_t issuer_process_requests(const struct issuer_process *process, const char *part) {
    struct buf log, why;
    buf_init(&log, ISSUER_FILE_MAX);
    buf_init(&why, 1024);
    char *path = path_of(process, "log");
    ck_assert_msg(issuer_file_read(path, &log, &why), "%.*s", STR_PRINT(buf_str(&why)));
    mem_free(path);
    struct tam_str rest = buf_str(&log), line;
    size_t count = 0;
    while (str_cut(&rest, '\n', &line)) {
        count += memmem(line.ptr, line.len, part, strlen(part)) != NULL;
    }
    buf_free(&why);
    buf_free(&log);
    return count;
}
