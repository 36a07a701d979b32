/* SPDX-License-Identifier: MIT
 *
 * tam-issuer, a development identity provider: it serves discovery documents and key sets over HTTPS, and signs nothing
 * by itself (`tam mint` does). Not for production: a user who can read its directory can sign for any subject.
 */
#include <config.h>

#include <fcntl.h>
#include <getopt.h>
#include <jansson.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <src/base/array.h>
#include <src/base/mem.h>
#include <src/base/str.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <tools/common/descriptors.h>
#include <tools/issuer/authority.h>
#include <tools/issuer/certificate.h>
#include <tools/issuer/files.h>
#include <tools/issuer/http.h>
#include <tools/common/listen.h>
#include <tools/issuer/signing.h>
#include <tools/common/terminal.h>
#include <unistd.h>

enum { EXIT_GOOD = 0, EXIT_FAULT = 3 };

#define NAMES_MAX 64
#define ALGS_MAX  16
#define PEM_MAX   ((size_t)64 << 10)
#define WHY_MAX   4096
#define DAYS_MAX  INT64_C(36500)

struct arguments {
    const char *listen, *dir, *fixture, *cache_control, *log, *days;
    const char *names[NAMES_MAX];
    size_t name_count;
    const char *algs[ALGS_MAX];
    size_t alg_count;
    bool help, version;
};

/* ---- options ---------------------------------------------------------------------------------------------------- */

enum kind { KIND_TEXT = 1, KIND_FLAG, KIND_NAME, KIND_ALG };

#define ROW(name, argument, kind, member, help)                                                                        \
    { name, argument, help, kind, offsetof(struct arguments, member) }

static const struct option_row {
    const char *name, *argument, *help;
    enum kind kind;
    size_t offset;
} rows[] = {
    ROW("listen", "ADDRESS:PORT", KIND_TEXT, listen, "where to listen; port 0 takes a free one [127.0.0.1:0]"),
    ROW("dir", "DIR", KIND_TEXT, dir, "keys, ca.pem and port [$XDG_STATE_HOME or ~/.local/state, /tam-issuer]"),
    ROW("name", "HOST", KIND_NAME, names, "a name to serve, beside loopback's; may be repeated"),
    ROW("alg", "ALG", KIND_ALG, algs, "of a new directory's keys, the first signs; may be repeated [RS256]"),
    ROW("fixture", "FILE", KIND_TEXT, fixture, "make a new directory from this description"),
    ROW("cache-control", "TEXT", KIND_TEXT, cache_control, "this header; empty: none [max-age=86400, private]"),
    ROW("certificate-days", "N", KIND_TEXT, days, "validity of the TLS certificate; negative: expired [365]"),
    ROW("log", "FILE", KIND_TEXT, log, "append a line for each request"),
    ROW("help", NULL, KIND_FLAG, help, "print this and exit; -h too"),
    ROW("version", NULL, KIND_FLAG, version, "print the version and exit"),
};

enum { ROW_COUNT = COUNT(rows) };

static void print_help(void) {
    puts("usage: tam-issuer [OPTION]...");
    terminal_paragraph(stdout, "A development identity provider: serves OpenID Connect discovery and key sets in "
                               "Microsoft Entra ID's shape, over HTTPS with a certificate that it makes itself. "
                               "NOT FOR PRODUCTION.");
    puts("");
    for (size_t i = 0; i < ROW_COUNT; i++) {
        terminal_option(stdout, rows[i].name, rows[i].argument, rows[i].help);
    }
    puts("");
    signing_algorithms_print(stdout);
    terminal_paragraph(stdout,
                       "Prints \"ready port=N ca=PATH\" when it can be asked. SIGUSR1 rotates the signing key, "
                       "SIGTERM ends it. `tam mint --dir DIR` signs with its keys. Exit status: 0, or 3 with the "
                       "fault on standard error.");
}

static bool text_append(const char **texts, size_t *count, size_t max, const char *text, struct buf *why) {
    if (*count == max) {
        buf_format(why, "more than %zu of one option", max);
        return false;
    }
    texts[(*count)++] = text;
    return true;
}

static bool row_apply(const struct option_row *row, const char *value, struct arguments *arguments, struct buf *why) {
    void *member = (char *)arguments + row->offset;
    switch (row->kind) {
    case KIND_TEXT:
        *(const char **)member = value;
        return true;
    case KIND_FLAG:
        *(bool *)member = true;
        return true;
    case KIND_NAME:
        return text_append(arguments->names, &arguments->name_count, NAMES_MAX, value, why);
    case KIND_ALG:
        return text_append(arguments->algs, &arguments->alg_count, ALGS_MAX, value, why);
    }
    return false;
}

static bool arguments_read(int argc, char **argv, struct arguments *ret_arguments, struct buf *why) {
    struct option options[ROW_COUNT + 1];
    for (size_t i = 0; i < ROW_COUNT; i++) {
        options[i] =
            (struct option){ rows[i].name, rows[i].argument != NULL ? required_argument : no_argument, NULL, 0 };
    }
    options[ROW_COUNT] = (struct option){ NULL, 0, NULL, 0 };
    for (;;) {
        int index = 0;
        int found = getopt_long(argc, argv, "h", options, &index);
        if (found == -1) {
            break;
        }
        if (found == 'h') {
            ret_arguments->help = true;
            continue;
        }
        if (found != 0) {
            buf_add_text(why, "try 'tam-issuer --help'");
            return false;
        }
        if (!row_apply(&rows[index], optarg, ret_arguments, why)) {
            return false;
        }
    }
    if (optind == argc - 1 && optind == 1 && strcmp(argv[optind], "help") == 0) {
        ret_arguments->help = true;
        return true;
    }
    if (optind < argc) {
        buf_format(why, "unexpected argument '%s'", argv[optind]);
    }
    return optind == argc;
}

/* ---- what is served --------------------------------------------------------------------------------------------- */

struct issuer {
    char *dir, *outage;
    struct issuer_keys *keys;
    json_t *fixture_names;            /* held, for a rotation replaces the keys and their settings */
    const char *names[2 * NAMES_MAX]; /* some of them live in it */
    size_t name_count;
    struct buf certificate, key;
    struct issuer_server *server;
    int running; /* the lock that one process holds for a directory */
    int log;
    int signals;
    unsigned port;
};

static bool name_add(struct issuer *issuer, const char *name, struct buf *why) {
    if (!certificate_name_good(name)) {
        buf_format(why, "'%s' is no host name", name);
        return false;
    }
    return text_append(issuer->names, &issuer->name_count, COUNT(issuer->names), name, why);
}

static bool names_collect(struct issuer *issuer, const struct arguments *arguments, struct buf *why) {
    static const char *const loopback[] = { "localhost", "127.0.0.1", "::1" };
    size_t index;
    json_t *name;
    for (size_t i = 0; i < arguments->name_count; i++) {
        if (!name_add(issuer, arguments->names[i], why)) {
            return false;
        }
    }
    issuer->fixture_names = json_incref(json_object_get(issuer->keys->settings, "names"));
    json_array_foreach(issuer->fixture_names, index, name) {
        if (!name_add(issuer, json_is_string(name) ? json_string_value(name) : "", why)) {
            return false;
        }
    }
    for (size_t i = 0; i < COUNT(loopback); i++) {
        if (!name_add(issuer, loopback[i], why)) {
            return false;
        }
    }
    return true;
}

static bool certify(struct issuer *issuer, const char *days_text, struct buf *why) {
    int64_t days = 365;
    bool negative = days_text != NULL && days_text[0] == '-';
    if (days_text != NULL && !str_number(str_of(days_text + (negative ? 1 : 0)), DAYS_MAX, &days)) {
        buf_add_text(why, "--certificate-days: not a whole number of days");
        return false;
    }
    int valid_to = (int)(negative ? -days : days);
    struct issuer_authority authority = { NULL, NULL };
    bool good = issuer_authority_open(issuer->dir, &authority, why) &&
                issuer_authority_certify(&authority, issuer->names, issuer->name_count, negative ? valid_to - 1 : -1,
                                         valid_to, &issuer->certificate, &issuer->key, why);
    issuer_authority_free(&authority);
    return good;
}

static bool directory_claim(struct issuer *issuer, struct buf *why) {
    char *path = issuer_path(issuer->dir, "running");
    struct buf ignored;
    buf_init(&ignored, WHY_MAX);
    issuer->running = path != NULL ? issuer_file_lock(path, LOCK_EX | LOCK_NB, &ignored) : -1;
    if (issuer->running < 0) {
        buf_format(why, "another tam-issuer runs in %s", issuer->dir);
    }
    buf_free(&ignored);
    mem_free(path);
    return issuer->running >= 0;
}

static bool keys_open(struct issuer *issuer, const struct arguments *arguments, struct buf *why) {
    issuer->dir = arguments->dir != NULL ? mem_text(str_of(arguments->dir)) : issuer_keys_default_dir();
    if (issuer->dir == NULL) {
        buf_add_text(why, "no --dir, and neither XDG_STATE_HOME nor HOME is set");
        return false;
    }
    struct issuer_keys_options options = { .fixture = arguments->fixture,
                                           .algs = arguments->algs,
                                           .alg_count = arguments->alg_count };
    issuer->keys = issuer_keys_open(issuer->dir, &options, why);
    return issuer->keys != NULL;
}

static bool server_start(struct issuer *issuer, const struct arguments *arguments, struct buf *why) {
    issuer->outage = issuer_path(issuer->dir, "outage");
    int socket = issuer->outage != NULL ? listen_open(str_of(arguments->listen), why) : -1;
    if (socket < 0) {
        return false;
    }
    if (!listen_is_local(socket)) {
        fprintf(stderr, "tam-issuer: WARNING: %s is not a loopback address; whoever reaches it may trust these keys\n",
                arguments->listen);
    }
    issuer->port = listen_port(socket);
    struct issuer_server_options options = { .socket = socket,
                                             .certificate = issuer->certificate.ptr,
                                             .key = issuer->key.ptr,
                                             .keys = issuer->keys,
                                             .names = issuer->names,
                                             .name_count = issuer->name_count,
                                             .cache_control =
                                                 arguments->cache_control[0] != '\0' ? arguments->cache_control : NULL,
                                             .outage = issuer->outage,
                                             .log = issuer->log };
    issuer->server = issuer_server_start(&options, why);
    if (issuer->server == NULL) {
        close(socket);
    }
    return issuer->server != NULL;
}

static bool log_open(struct issuer *issuer, const char *path, struct buf *why) {
    if (path == NULL) {
        return true;
    }
    issuer->log = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    if (issuer->log < 0) {
        buf_format(why, "cannot open %s", path);
    }
    return issuer->log >= 0;
}

/* Signals come through a descriptor, so nothing is ever interrupted by them. */
static bool signals_open(struct issuer *issuer, struct buf *why) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    signal(SIGPIPE, SIG_IGN);
    bool blocked = sigprocmask(SIG_BLOCK, &set, NULL) == 0;
    issuer->signals = blocked ? signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK) : -1;
    if (issuer->signals < 0) {
        buf_add_text(why, "no descriptor for signals");
    }
    return issuer->signals >= 0;
}

static bool port_write(const struct issuer *issuer, struct buf *why) {
    char text[16];
    int len = snprintf(text, sizeof text, "%u\n", issuer->port);
    char *path = issuer_path(issuer->dir, "port");
    bool good = path != NULL && issuer_file_write(path, (struct tam_str){ text, (size_t)len }, 0644, why);
    mem_free(path);
    return good;
}

static bool announce(const struct issuer *issuer, const struct arguments *arguments, struct buf *why) {
    char ca[PATH_MAX];
    char *path = issuer_path(issuer->dir, "ca.pem");
    bool good = path != NULL && realpath(path, ca) != NULL;
    mem_free(path);
    fprintf(stderr, "tam-issuer: a development identity provider, NOT FOR PRODUCTION, on %s\n", arguments->listen);
    good = good && printf("ready port=%u ca=%s\n", issuer->port, ca) > 0 && fflush(stdout) == 0;
    if (!good) {
        buf_add_text(why, "cannot say that it is ready");
    }
    return good;
}

static bool issuer_open(struct issuer *issuer, const struct arguments *arguments, struct buf *why) {
    return signals_open(issuer, why) && keys_open(issuer, arguments, why) && directory_claim(issuer, why) &&
           names_collect(issuer, arguments, why) && certify(issuer, arguments->days, why) &&
           log_open(issuer, arguments->log, why) && server_start(issuer, arguments, why) && port_write(issuer, why) &&
           announce(issuer, arguments, why);
}

static void issuer_close(struct issuer *issuer) {
    char *path = issuer->running >= 0 ? issuer_path(issuer->dir, "port") : NULL;
    if (path != NULL) {
        unlink(path);
    }
    mem_free(path);
    issuer_server_stop(issuer->server);
    issuer_keys_close(issuer->keys);
    json_decref(issuer->fixture_names);
    buf_free(&issuer->certificate);
    buf_free(&issuer->key);
    mem_free(issuer->outage);
    mem_free(issuer->dir);
    int descriptors[] = { issuer->running, issuer->log, issuer->signals };
    for (size_t i = 0; i < COUNT(descriptors); i++) {
        if (descriptors[i] >= 0) {
            close(descriptors[i]);
        }
    }
}

/* ---- the loop --------------------------------------------------------------------------------------------------- */

/* A client that reads keys.json after this and then asks for the key set is answered after it too: the new key is
 * there. */
static void rotate(struct issuer *issuer) {
    struct buf why;
    buf_init(&why, WHY_MAX);
    if (issuer_keys_rotate(issuer->keys, &why)) {
        fprintf(stderr, "tam-issuer: rotated, kid=%s\n", issuer_keys_current(issuer->keys)->kid);
    } else {
        fprintf(stderr, "tam-issuer: not rotated: %.*s\n", STR_PRINT(buf_str(&why)));
    }
    buf_free(&why);
}

/* False: it is time to end. */
static bool signals_handle(struct issuer *issuer) {
    struct signalfd_siginfo info;
    while (read(issuer->signals, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo != SIGUSR1) {
            return false;
        }
        rotate(issuer);
    }
    return true;
}

static void issuer_serve(struct issuer *issuer) {
    struct pollfd watched[] = { { .fd = issuer->signals, .events = POLLIN },
                                { .fd = issuer_server_descriptor(issuer->server), .events = POLLIN } };
    for (;;) {
        poll(watched, 2, issuer_server_timeout(issuer->server));
        if (!signals_handle(issuer) || !issuer_server_run(issuer->server)) {
            return;
        }
    }
}

static bool issuer_main(const struct arguments *arguments, struct buf *why) {
    struct issuer issuer = { .running = -1, .log = -1, .signals = -1 };
    buf_init(&issuer.certificate, PEM_MAX);
    buf_init(&issuer.key, PEM_MAX);
    bool good = issuer_open(&issuer, arguments, why);
    if (good) {
        issuer_serve(&issuer);
    }
    issuer_close(&issuer);
    return good;
}

int main(int argc, char **argv) {
    struct arguments arguments = { .listen = "127.0.0.1:0", .cache_control = "max-age=86400, private" };
    struct buf why;
    descriptors_fill();
    buf_init(&why, WHY_MAX);
    bool good = arguments_read(argc, argv, &arguments, &why);
    if (good && arguments.help) {
        print_help();
    } else if (good && arguments.version) {
        puts("tam-issuer " PACKAGE_VERSION " (not for production)");
    } else if (good) {
        good = issuer_main(&arguments, &why);
    }
    if (!good) {
        fprintf(stderr, "tam-issuer: %.*s\n", STR_PRINT(buf_str(&why)));
    }
    buf_free(&why);
    return good ? EXIT_GOOD : EXIT_FAULT;
}
