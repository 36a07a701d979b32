/* SPDX-License-Identifier: MIT
 *
 * tamd, libtam over HTTP for servers that are not written in C: its life from the configuration to the last answer. The
 * main thread waits for signals; it is the only one that opens, replaces and closes services.
 */
#include <config.h>

#include <poll.h>
#include <signal.h>
#include <src/base/array.h>
#include <src/base/clock.h>
#include <src/base/mem.h>
#include <src/base/str.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <tools/common/descriptors.h>
#include <tools/common/listen.h>
#include <tools/tamd/activation.h>
#include <tools/tamd/route/explain.h>
#include <tools/tamd/options.h>
#include <tools/tamd/http/server.h>
#include <unistd.h>

#define WHY_MAX         ((size_t)16384)
#define FILES_KEPT      64 /* descriptors that are not for connections */
#define CONNECTIONS_MIN 16 /* as the statement limits has it */

struct tamd {
    struct options options;
    struct activation activation;
    struct tam_setup setup;
    struct state state;
    struct settings_limits limits;
    struct server *servers[2 * ACTIVATION_MAX];
    size_t server_count;
    int signals; /* signalfd */
};

/* ---- The configuration ---- */

static struct settings *settings_load(const struct tamd *tamd, bool plain) {
    struct faults *faults = faults_new();
    struct settings *settings = settings_read(&tamd->options.source, tamd->options.any_owner, faults);
    log_own_faults(faults, plain);
    return settings;
}

static int check(const struct tamd *tamd) {
    struct settings *settings = settings_load(tamd, true);
    bool good = settings != NULL && site_check(settings, &tamd->setup, true);
    if (good) {
        printf("%s: the configuration is good\n",
               tamd->options.source.path != NULL ? tamd->options.source.path : "tamd");
    }
    settings_free(settings);
    return good ? EXIT_GOOD : EXIT_FAULT;
}

static int explain(const struct tamd *tamd) {
    struct settings *settings = settings_load(tamd, true);
    bool good = settings != NULL && explain_request(settings, tamd->options.explain);
    settings_free(settings);
    return good ? EXIT_GOOD : EXIT_FAULT;
}

static bool site_load(struct tamd *tamd) {
    struct state *state = &tamd->state;
    struct settings *settings = settings_load(tamd, false);
    if (settings == NULL) {
        return false;
    }
    const char *restart = state->site != NULL ? settings_need_restart(state->site->settings, settings) : NULL;
    struct site *site = site_open(settings, &tamd->setup, state->site, state->park);
    if (site == NULL) {
        return false;
    }
    if (restart != NULL) {
        log_line(TAM_LOG_WARNING, "what changed in the statement %s is used after a restart only", restart);
    }
    state_replace(state, site);
    return true;
}

static const struct settings_listen *listen_find(const struct settings_listen *listens, size_t count,
                                                 const char *address) {
    for (size_t i = 0; i < count; i++) {
        if (str_equal(listens[i].address, str_of(address))) {
            return &listens[i];
        }
    }
    return NULL;
}

/* What an address shows and asks for, where the new configuration still has it. */
static void servers_renew(struct tamd *tamd) {
    const struct settings *settings = tamd->state.site->settings;
    for (size_t i = 0; i < tamd->server_count; i++) {
        struct server *server = tamd->servers[i];
        const struct settings_listen *found =
            server->listener == LISTENER_MAIN ? listen_find(settings->listens, settings->listen_count, server->address)
                                              : listen_find(settings->admins, settings->admin_count, server->address);
        if (server->address != NULL && found != NULL) {
            server_renew(server, found);
        }
    }
}

static void reload(struct tamd *tamd) {
    activation_notify_reloading();
    bool good = site_load(tamd);
    if (good) {
        servers_renew(tamd);
    }
    atomic_fetch_add(&tamd->state.reloads[good], 1);
    log_line(good ? TAM_LOG_INFO : TAM_LOG_ERROR, "%s",
             good ? "the configuration was read again" : "the configuration is not good; the old one stays in force");
    activation_notify(good ? "READY=1\nSTATUS=serving" : "READY=1\nSTATUS=serving; the last reload failed");
    state_sweep(&tamd->state);
}

/* ---- Sockets ---- */

/* What anybody on the way could read. */
static void warn_of_network(enum listener listener, int socket, const struct settings_listen *settings) {
    if (listen_is_local(socket) || (settings != NULL && settings->tls != NULL)) {
        return;
    }
    log_line(TAM_LOG_WARNING, "%s",
             listener == LISTENER_MAIN
                 ? "a main address is not a loopback address and has no certificate: tokens cross a network"
                 : "an admin address is not a loopback address: who reaches it reads metrics and status");
}

/* As many connections as there are descriptors for, with some left for keys, files and the log: where they ran out,
 * accepting would have to stop. */
static struct settings_limits limits_fit(const struct tamd *tamd) {
    const struct settings *settings = tamd->state.site->settings;
    struct settings_limits limits = settings->limits;
    size_t listeners = tamd->activation.count + settings->listen_count + settings->admin_count;
    struct rlimit files;
    if (listeners == 0 || getrlimit(RLIMIT_NOFILE, &files) != 0) {
        return limits;
    }
    size_t each = (files.rlim_cur > FILES_KEPT ? files.rlim_cur - FILES_KEPT : 0) / listeners;
    size_t places = each > CLIENTS_RESERVED + CONNECTIONS_MIN ? each - CLIENTS_RESERVED : CONNECTIONS_MIN;
    if (places < limits.connections) {
        log_line(TAM_LOG_WARNING, "the limit of open files is %llu: each address has %zu connections instead of %u",
                 (unsigned long long)files.rlim_cur, places, limits.connections);
        limits.connections = (unsigned)places;
    }
    return limits;
}

static bool serve(struct tamd *tamd, enum listener listener, int socket, const struct settings_listen *settings) {
    struct server *server = NULL;
    warn_of_network(listener, socket, settings);
    if (tamd->server_count < COUNT(tamd->servers)) {
        server = server_start(&tamd->state, listener, socket, settings, &tamd->limits);
    }
    if (server == NULL) {
        return false;
    }
    tamd->servers[tamd->server_count++] = server;
    return true;
}

static bool serve_all(struct tamd *tamd, enum listener listener, const struct settings_listen *listens, size_t count) {
    bool good = true;
    struct buf why;
    buf_init(&why, WHY_MAX);
    for (size_t i = 0; i < count && good; i++) {
        int socket = listen_open(listens[i].address, &why);
        good = socket >= 0 && serve(tamd, listener, socket, &listens[i]);
    }
    if (why.len > 0) {
        log_line(TAM_LOG_ERROR, "%.*s", STR_PRINT(buf_str(&why)));
    }
    buf_free(&why);
    return good;
}

static bool serve_passed(struct tamd *tamd) {
    const struct activation *activation = &tamd->activation;
    for (size_t i = 0; i < activation->count; i++) {
        if (!serve(tamd, activation->admin[i] ? LISTENER_ADMIN : LISTENER_MAIN, activation->fds[i], NULL)) {
            return false;
        }
    }
    return true;
}

static bool open_sockets(struct tamd *tamd) {
    const struct settings *settings = tamd->state.site->settings;
    bool main = false;
    tamd->limits = limits_fit(tamd);
    if (!serve_passed(tamd) || !serve_all(tamd, LISTENER_MAIN, settings->listens, settings->listen_count) ||
        !serve_all(tamd, LISTENER_ADMIN, settings->admins, settings->admin_count)) {
        return false;
    }
    for (size_t i = 0; i < tamd->server_count; i++) {
        main = main || tamd->servers[i]->listener == LISTENER_MAIN;
    }
    if (!main) {
        log_line(TAM_LOG_ERROR, "there is nothing to listen at: no statement listen, and no socket was passed");
    }
    return main;
}

/* For a caller that waits until tamd is ready: "ready main=127.0.0.1:8080 admin=unix:/run/tam/admin.sock". */
static void say_ready(const struct tamd *tamd) {
    struct buf line;
    buf_init(&line, WHY_MAX);
    buf_add_text(&line, "ready");
    for (size_t i = 0; i < tamd->server_count; i++) {
        buf_add_text(&line, tamd->servers[i]->listener == LISTENER_MAIN ? " main=" : " admin=");
        listen_show(tamd->servers[i]->socket, &line);
    }
    printf("%.*s\n", STR_PRINT(buf_str(&line)));
    fflush(stdout);
    buf_free(&line);
    activation_notify("READY=1\nSTATUS=serving");
}

/* ---- The end ---- */

static void wait_for_none(atomic_uint *requests, int64_t nanoseconds) {
    int64_t deadline = clock_monotonic() + nanoseconds;
    while (atomic_load(requests) > 0 && clock_monotonic() < deadline) {
        (void)poll(NULL, 0, 10);
    }
}

/* What has begun gets its answer, what is parked too long gets 503, what does not end is cut off. Until then whoever
 * comes is served as before, so that probes see at /readyz that it ends; but nobody waits for those. */
static void stop(struct tamd *tamd) {
    struct state *state = &tamd->state;
    unsigned seconds = state->site != NULL ? state->site->settings->limits.stop_timeout : 0;
    activation_notify("STOPPING=1\nSTATUS=stopping");
    log_line(TAM_LOG_INFO, "stopping");
    atomic_store(&state->stopping, true);
    wait_for_none(&state->awaited, seconds * CLOCK_SECOND);
    if (state->acceptor != NULL) {
        acceptor_stop(state->acceptor);
    }
    park_release(state->park);
    wait_for_none(&state->active, CLOCK_SECOND);
    for (size_t i = 0; i < tamd->server_count; i++) {
        server_stop(tamd->servers[i]);
    }
    acceptor_free(state->acceptor);
}

/* ---- Its life ---- */

/* Before there is another thread, so that every thread has them blocked. */
static bool signals_take(struct tamd *tamd) {
    static const int numbers[] = { SIGTERM, SIGINT, SIGHUP };
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < COUNT(numbers); i++) {
        sigaddset(&set, numbers[i]);
    }
    (void)signal(SIGPIPE, SIG_IGN); /* NOLINT(bugprone-signal-handler,cert-msc54-cpp): none is installed */
    if (pthread_sigmask(SIG_BLOCK, &set, NULL) != 0) {
        return false;
    }
    tamd->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return tamd->signals >= 0;
}

/* Tokens and secrets are in this process's memory: it leaves no core, and no debugger of the same user looks in. */
static void process_harden(void) {
    struct rlimit files, none = { 0, 0 };
    (void)setrlimit(RLIMIT_CORE, &none);
    (void)prctl(PR_SET_DUMPABLE, 0);
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &files);
    }
}

static void run(struct tamd *tamd) {
    struct pollfd watched[] = { { .fd = tamd->signals, .events = POLLIN },
                                { .fd = tamd->state.released, .events = POLLIN } };
    for (bool stopping = false; !stopping;) {
        struct signalfd_siginfo info;
        (void)poll(watched, 2, -1);
        state_sweep(&tamd->state);
        if (read(tamd->signals, &info, sizeof info) != (ssize_t)sizeof info) {
            continue;
        }
        if (info.ssi_signo == SIGHUP) {
            reload(tamd);
        } else {
            stopping = true;
        }
    }
}

static int daemon_run(struct tamd *tamd) {
    struct buf why;
    int status = EXIT_FAULT;
    buf_init(&why, WHY_MAX);
    bool good = signals_take(tamd) && state_open(&tamd->state, &why);
    if (why.len > 0) {
        log_line(TAM_LOG_ERROR, "%.*s", STR_PRINT(buf_str(&why)));
    }
    buf_free(&why);
    if (!good) {
        return EXIT_FAULT;
    }
    if (site_load(tamd) && open_sockets(tamd) && log_open() &&
        acceptor_start(tamd->servers, tamd->server_count, &tamd->state.acceptor)) {
        say_ready(tamd);
        run(tamd);
        status = EXIT_GOOD;
    }
    stop(tamd);
    state_close(&tamd->state);
    close(tamd->signals);
    log_close();
    return status;
}

int main(int argc, char **argv) {
    static struct tamd tamd;
    int status = EXIT_FAULT;
    descriptors_fill();
    if (!options_read(argc, argv, &tamd.options, &status)) {
        return status;
    }
    tamd.setup = (struct tam_setup){ .size = sizeof tamd.setup,
                                     .flags = tamd.options.any_owner ? (uint32_t)TAM_SETUP_ANY_OWNER : 0,
                                     .plugin_dir = tamd.options.plugin_dir,
                                     .log = log_library };
    process_harden();
    activation_read(&tamd.activation); /* changes the environment: before there are threads that read it */
    if (tamd.options.explain != NULL) {
        status = explain(&tamd);
    } else {
        status = tamd.options.check ? check(&tamd) : daemon_run(&tamd);
    }
    options_free(&tamd.options);
    return status;
}
