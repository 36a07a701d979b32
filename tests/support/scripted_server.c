/* SPDX-License-Identifier: MIT
 *
 * The test's side of a scripted server: starting it with its certificates, changing the script, looking at the counts.
 */
#include <config.h>

#include <tests/support/scripted_server.h>

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <src/base/mem.h>
#include <src/base/str.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <tests/support/directory.h>
#include <tests/support/scripted_script.h>
#include <time.h>
#include <tools/issuer/authority.h>
#include <tools/issuer/files.h>
#include <unistd.h>

#define PEM_MAX     ((size_t)64 << 10)
#define NAMES_MAX   8
#define AWAIT_LIMIT 10000 /* milliseconds */

/* ---- The script ------------------------------------------------------------------------------------------------- */

void script_lock(struct scripted_script *script) {
    int error = pthread_mutex_lock(&script->lock);
    if (error == EOWNERDEAD) {
        pthread_mutex_consistent(&script->lock);
    }
}

void script_unlock(struct scripted_script *script) {
    pthread_mutex_unlock(&script->lock);
}

void script_pause(void) {
    const struct timespec pause = { .tv_nsec = 1000000 };
    nanosleep(&pause, NULL);
}

static struct scripted_script *script_make(void) {
    pthread_mutexattr_t attributes;
    struct scripted_script *script =
        mmap(NULL, sizeof *script, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    ck_assert_ptr_ne(script, MAP_FAILED);
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    ck_assert_int_eq(pthread_mutex_init(&script->lock, &attributes), 0);
    pthread_mutexattr_destroy(&attributes);
    return script;
}

/* [lock] NULL where there is none. */
static struct scripted_route *route_find(struct scripted_script *script, const char *path) {
    for (size_t i = 0; i < script->route_count; i++) {
        if (strcmp(script->routes[i].path, path) == 0) {
            return &script->routes[i];
        }
    }
    return NULL;
}

/* A text that fits is checked before the lock is taken: a failed check under it would leave it taken. */
static void text_set(char *to, size_t size, const char *text) {
    snprintf(to, size, "%s", text != NULL ? text : "");
}

static void answer_check(const char *path, const struct scripted_answer *answer) {
    ck_assert_uint_lt(strlen(path), SCRIPTED_PATH_MAX);
    ck_assert(answer->status == NULL || strlen(answer->status) < 64);
    ck_assert(answer->headers == NULL || strlen(answer->headers) < SCRIPTED_HEAD_MAX);
    ck_assert_uint_le(answer->body.len, SCRIPTED_BODY_MAX);
}

/* [lock] */
static void route_set(struct scripted_route *route, const char *path, const struct scripted_answer *answer) {
    text_set(route->path, sizeof route->path, path);
    text_set(route->status, sizeof route->status, answer->status != NULL ? answer->status : "200 OK");
    text_set(route->headers, sizeof route->headers, answer->headers);
    if (answer->body.len > 0) {
        memcpy(route->body, answer->body.ptr, answer->body.len);
    }
    route->body_len = answer->body.len;
    route->manner = answer->manner;
    route->number = answer->number;
}

void scripted_server_answer(const struct scripted_server *server, const char *path,
                            const struct scripted_answer *answer) {
    struct scripted_script *script = server->script;
    answer_check(path, answer);
    script_lock(script);
    struct scripted_route *route = route_find(script, path);
    if (route == NULL && script->route_count < SCRIPTED_ROUTES) {
        route = &script->routes[script->route_count++];
        route->held = false;
        route->requests = 0;
        route->last_head[0] = route->last_body[0] = '\0';
    }
    if (route != NULL) {
        route_set(route, path, answer);
    }
    script_unlock(script);
    ck_assert_msg(route != NULL, "more than %d paths", SCRIPTED_ROUTES);
}

void scripted_server_door(const struct scripted_server *server, enum scripted_door door) {
    script_lock(server->script);
    server->script->door = door;
    script_unlock(server->script);
}

static void held_set(const struct scripted_server *server, const char *path, bool held) {
    script_lock(server->script);
    struct scripted_route *route = route_find(server->script, path);
    if (route != NULL) {
        route->held = held;
    }
    script_unlock(server->script);
    ck_assert_msg(route != NULL, "no answer for %s", path);
}

void scripted_server_hold(const struct scripted_server *server, const char *path) {
    held_set(server, path, true);
}

void scripted_server_release(const struct scripted_server *server, const char *path) {
    held_set(server, path, false);
}

/* ---- Counts ----------------------------------------------------------------------------------------------------- */

unsigned scripted_server_requests(const struct scripted_server *server, const char *path) {
    script_lock(server->script);
    const struct scripted_route *route = route_find(server->script, path);
    unsigned requests = route != NULL ? route->requests : 0;
    script_unlock(server->script);
    return requests;
}

unsigned scripted_server_connections(const struct scripted_server *server) {
    script_lock(server->script);
    unsigned connections = server->script->connections;
    script_unlock(server->script);
    return connections;
}

void scripted_server_await(const struct scripted_server *server, const char *path, unsigned requests) {
    int rounds = 0;
    while (rounds++ < AWAIT_LIMIT && scripted_server_requests(server, path) < requests) {
        script_pause();
    }
    ck_assert_msg(rounds <= AWAIT_LIMIT, "%u requests for %s did not come, only %u", requests, path,
                  scripted_server_requests(server, path));
}

void scripted_server_await_connections(const struct scripted_server *server, unsigned connections) {
    int rounds = 0;
    while (rounds++ < AWAIT_LIMIT && scripted_server_connections(server) < connections) {
        script_pause();
    }
    ck_assert_msg(rounds <= AWAIT_LIMIT, "%u connections did not come, only %u", connections,
                  scripted_server_connections(server));
}

void scripted_server_last_head(const struct scripted_server *server, const char *path, struct buf *ret_head) {
    script_lock(server->script);
    const struct scripted_route *route = route_find(server->script, path);
    buf_add_text(ret_head, route != NULL ? route->last_head : "");
    script_unlock(server->script);
}

void scripted_server_last_body(const struct scripted_server *server, const char *path, struct buf *ret_body) {
    script_lock(server->script);
    const struct scripted_route *route = route_find(server->script, path);
    buf_add_text(ret_body, route != NULL ? route->last_body : "");
    script_unlock(server->script);
}

/* ---- The port --------------------------------------------------------------------------------------------------- */

static bool listening(const struct scripted_server *server) {
    script_lock(server->script);
    bool yes = server->script->listening;
    script_unlock(server->script);
    return yes;
}

static void port_order(const struct scripted_server *server, char order) {
    bool wanted = order == SCRIPTED_ORDER_OPEN;
    int rounds = 0;
    ck_assert_int_eq(write(server->control, &order, 1), 1);
    while (rounds++ < AWAIT_LIMIT && listening(server) != wanted) {
        script_pause();
    }
    ck_assert_msg(rounds <= AWAIT_LIMIT, "the scripted server did not %s its port", wanted ? "open" : "close");
}

void scripted_server_close_port(const struct scripted_server *server) {
    port_order(server, SCRIPTED_ORDER_CLOSE);
}

void scripted_server_open_port(const struct scripted_server *server) {
    port_order(server, SCRIPTED_ORDER_OPEN);
}

/* ---- Certificates ----------------------------------------------------------------------------------------------- */

/* Days from today; NULL: the server's names. */
static const struct {
    int valid_from, valid_to;
    const char *name;
    bool other_authority, has_none;
} certificate_rows[SCRIPTED_DOORS] = {
    [SCRIPTED_TLS] = { .valid_from = -1, .valid_to = 30 },
    [SCRIPTED_EXPIRED] = { .valid_from = -30, .valid_to = -1 },
    [SCRIPTED_EARLY] = { .valid_from = 1, .valid_to = 30 },
    [SCRIPTED_OTHER_NAME] = { .valid_from = -1, .valid_to = 30, .name = "stranger.example" },
    [SCRIPTED_OTHER_AUTHORITY] = { .valid_from = -1, .valid_to = 30, .other_authority = true },
    [SCRIPTED_TLS_1_1] = { .valid_from = -1, .valid_to = 30 },
    [SCRIPTED_PLAIN] = { .has_none = true },
    [SCRIPTED_PROXY] = { .has_none = true }, /* SCRIPTED_TLS's */
    [SCRIPTED_MUTE] = { .has_none = true },
    [SCRIPTED_HANG_UP] = { .has_none = true },
};

struct names {
    char *texts[NAMES_MAX];
    size_t count;
};

static void names_split(const char *text, struct names *ret_names) {
    struct tam_str rest = str_of(text), name;
    while (str_cut(&rest, ',', &name)) {
        ck_assert_uint_lt(ret_names->count, NAMES_MAX);
        ret_names->texts[ret_names->count++] = mem_text(name);
    }
}

static char *path_in(const char *dir, const char *name) {
    char *path = issuer_path(dir, name);
    ck_assert_ptr_nonnull(path);
    return path;
}

static void certificate_make_for(enum scripted_door door, const struct issuer_authority *authority,
                                 const struct names *names, struct scripted_certificate *certificate) {
    const char *own[1] = { certificate_rows[door].name };
    bool usual = certificate_rows[door].name == NULL;
    union {
        char *const *from;
        const char *const *to;
    } texts = { .from = names->texts };
    struct buf why;
    buf_init(&why, 1024);
    bool good = issuer_authority_certify(authority, usual ? texts.to : own, usual ? names->count : 1,
                                         certificate_rows[door].valid_from, certificate_rows[door].valid_to,
                                         &certificate->certificate, &certificate->key, &why);
    ck_assert_msg(good, "%.*s", STR_PRINT(buf_str(&why)));
    buf_free(&why);
}

static void authority_open(const char *dir, struct issuer_authority *ret_authority) {
    struct buf why;
    buf_init(&why, 1024);
    ck_assert_msg(issuer_authority_open(dir, ret_authority, &why), "%.*s", STR_PRINT(buf_str(&why)));
    buf_free(&why);
}

static void certificates_make(const struct scripted_server *server, struct scripted_certificate *certificates) {
    struct issuer_authority authority = { NULL, NULL }, other = { NULL, NULL };
    struct names names = { .count = 0 };
    char *elsewhere = directory_make();
    names_split(server->names, &names);
    authority_open(server->dir, &authority);
    authority_open(elsewhere, &other);
    for (int door = 0; door < SCRIPTED_DOORS; door++) {
        buf_init(&certificates[door].certificate, PEM_MAX);
        buf_init(&certificates[door].key, PEM_MAX);
        if (!certificate_rows[door].has_none) {
            certificate_make_for((enum scripted_door)door, certificate_rows[door].other_authority ? &other : &authority,
                                 &names, &certificates[door]);
        }
    }
    issuer_authority_free(&other);
    issuer_authority_free(&authority);
    for (size_t i = 0; i < names.count; i++) {
        mem_free(names.texts[i]);
    }
    directory_remove(elsewhere);
    mem_free(elsewhere);
}

static void certificates_free(struct scripted_certificate *certificates) {
    for (int door = 0; door < SCRIPTED_DOORS; door++) {
        buf_free(&certificates[door].certificate);
        buf_free(&certificates[door].key);
    }
}

/* ---- Starting and ending ---------------------------------------------------------------------------------------- */

/* What check set for itself is not the server's. */
static void process_enter(const struct scripted_process *process, pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    signal(SIGTERM, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    signal(SIGALRM, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    if (getppid() == parent) {
        scripted_process_run(process);
    }
    _exit(1);
}

/* Bound and never listening: while the port is closed, connections are refused and nobody else can have it. */
static int port_reserve(unsigned *ret_port) {
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof address;
    int yes = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof yes), 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, len), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    *ret_port = ntohs(address.sin_port);
    return fd;
}

static void process_fork(struct scripted_server *server, const struct scripted_certificate *certificates) {
    int ends[2], reservation = port_reserve(&server->port);
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    const struct scripted_process process = { server->script, server->port, ends[0], certificates };
    pid_t parent = getpid();
    fflush(NULL); /* or it would say again what the test has said */
    server->pid = fork();
    ck_assert_int_ge(server->pid, 0);
    if (server->pid == 0) {
        close(ends[1]);
        process_enter(&process, parent);
    }
    close(ends[0]);
    close(reservation); /* the process has it too */
    server->control = ends[1];
}

/* [lock] */
static void script_clear(struct scripted_script *script, enum scripted_door door) {
    const struct scripted_answer nothing = { .status = "404 Not Found" };
    script->door = script->first_door = door;
    script->connections = 0;
    script->route_count = 1;
    script->routes[0].held = false;
    script->routes[0].requests = 0;
    script->routes[0].last_head[0] = script->routes[0].last_body[0] = '\0';
    route_set(&script->routes[0], "", &nothing);
}

void scripted_server_start(struct scripted_server *ret_server, const struct scripted_server_options *options) {
    struct scripted_certificate certificates[SCRIPTED_DOORS];
    struct scripted_server server = { .dir = directory_make(), .script = script_make() };
    server.names = mem_text(str_of(options->names != NULL ? options->names : SCRIPTED_NAMES));
    server.ca = path_in(server.dir, "ca.pem");
    script_clear(server.script, options->door);
    certificates_make(&server, certificates);
    process_fork(&server, certificates);
    certificates_free(certificates);
    scripted_server_open_port(&server);
    *ret_server = server;
}

void scripted_server_reset(const struct scripted_server *server) {
    script_lock(server->script);
    script_clear(server->script, server->script->first_door);
    script_unlock(server->script);
    scripted_server_open_port(server);
}

void scripted_server_stop(struct scripted_server *server) {
    int status = 0;
    pid_t ended;
    ck_assert_int_gt(server->pid, 0);
    ck_assert_int_eq(kill(server->pid, SIGTERM), 0);
    do {
        ended = waitpid(server->pid, &status, 0);
    } while (ended < 0 && errno == EINTR);
    ck_assert_int_eq(ended, server->pid);
    close(server->control);
    munmap(server->script, sizeof *server->script);
    directory_remove(server->dir);
    mem_free(server->dir);
    mem_free(server->ca);
    mem_free(server->names);
    *server = (struct scripted_server){ .pid = 0 };
    ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM, "the scripted server ended with status %d",
                  status);
}

void scripted_server_add_options(const struct scripted_server *server, struct buf *ret_options) {
    struct tam_str rest = str_of(server->names), name;
    const char *before = "connect_to=";
    buf_format(ret_options, "ca_file=%s ", server->ca);
    while (str_cut(&rest, ',', &name)) {
        buf_format(ret_options, "%s%.*s:443:127.0.0.1:%u", before, STR_PRINT(name), server->port);
        before = ",";
    }
    buf_add_byte(ret_options, ' ');
}
