/* SPDX-License-Identifier: MIT
 *
 * Reads the command line. --service and --listen are written down as the configuration file that they stand for.
 */
#include <config.h>

#include <tools/tamd/options.h>

#include <getopt.h>
#include <limits.h>
#include <src/base/array.h>
#include <src/base/buf.h>
#include <src/base/mem.h>
#include <src/base/str.h>
#include <stdio.h>
#include <sys/stat.h>
#include <tools/common/terminal.h>
#include <unistd.h>

#define TEXT_MAX ((size_t)64 << 10)

enum kind {
    KIND_CONFIG = 1,
    KIND_SERVICE,
    KIND_LISTEN,
    KIND_ADMIN,
    KIND_PLUGIN_DIR,
    KIND_CHECK,
    KIND_EXPLAIN,
    KIND_ANY_OWNER,
    KIND_HELP,
    KIND_VERSION
};

static const struct {
    const char *name, *argument, *help;
    enum kind kind;
} rows[] = {
    { "config", "FILE", "the configuration, " TAMD_CONFIG_FILE " unless said", KIND_CONFIG },
    { "service", "SERVICE", "instead of a file: one service, a name in " TAM_CONFIG_DIR " or a path", KIND_SERVICE },
    { "listen", "ADDRESS", "with --service: ADDRESS:PORT or unix:/PATH; may be repeated", KIND_LISTEN },
    { "admin", "ADDRESS", "with --service: for metrics, status and introspection", KIND_ADMIN },
    { "check", NULL, "say what is wrong with the configuration and its services, and exit", KIND_CHECK },
    { "explain", "REQUEST", "say how 'METHOD PATH NAME=VALUE...' would be judged, and exit", KIND_EXPLAIN },
    { "plugin-dir", "DIR", "where plugins lie", KIND_PLUGIN_DIR },
    { "any-owner", NULL, "do not check who may write files; for development", KIND_ANY_OWNER },
    { "help", NULL, "print this and exit; -h too", KIND_HELP },
    { "version", NULL, "print the version and exit", KIND_VERSION },
};

enum { ROW_COUNT = COUNT(rows) };

/* What has been seen so far. */
struct run {
    struct options *options;
    struct buf text; /* of the configuration that --service and its companions stand for */
    const char *config;
    bool service, companion; /* --service was given; --listen or --admin was */
};

static void print_help(void) {
    terminal_wrap(stdout, STR("usage: tamd [--config=FILE] [--check | --explain='METHOD PATH NAME=VALUE...']"), 0, 12);
    terminal_wrap(stdout, STR("       tamd --service=SERVICE --listen=ADDRESS [--admin=ADDRESS]"), 0, 12);
    terminal_paragraph(stdout, "Answers over HTTP whether the bearer of a token may come in, and as whom.");
    puts("");
    for (size_t i = 0; i < ROW_COUNT; i++) {
        terminal_option(stdout, rows[i].name, rows[i].argument, rows[i].help);
    }
    puts("");
    terminal_paragraph(stdout, "Exit status: 0 when it was told to stop, or the configuration is good; 3 for a fault.");
}

/* KEY='value', as the reader of statements undoes it. */
static void add_option(struct buf *text, const char *key, const char *value) {
    buf_format(text, " %s='", key);
    for (; *value != '\0'; value++) {
        if (strchr("'\"\\$#", *value) != NULL) {
            buf_add_byte(text, '\\');
        }
        buf_add_byte(text, *value);
    }
    buf_add_byte(text, '\'');
}

/* As tam(1) has it: a file that is there is a file; without a slash, everything else is a name. */
static bool is_file(const char *service) {
    struct stat found;
    return strchr(service, '/') != NULL || (stat(service, &found) == 0 && !S_ISDIR(found.st_mode));
}

/* A file names the service after the last part of its path. */
static void add_service(struct buf *text, const char *service) {
    const char *slash = strrchr(service, '/');
    buf_add_text(text, "service");
    add_option(text, "name", slash != NULL ? slash + 1 : service);
    if (is_file(service)) {
        add_option(text, "file", service);
    }
    buf_add_byte(text, '\n');
}

static void add_address(struct run *run, const char *statement, const char *address) {
    run->companion = true;
    buf_add_text(&run->text, statement);
    add_option(&run->text, "address", address);
    buf_add_byte(&run->text, '\n');
}

/* False: it is over, with this status. */
static bool take(struct run *run, enum kind kind, const char *value, int *ret_status) {
    switch (kind) {
    case KIND_CONFIG:
        run->config = value;
        break;
    case KIND_SERVICE:
        run->service = true;
        add_service(&run->text, value);
        break;
    case KIND_LISTEN:
        add_address(run, "listen", value);
        break;
    case KIND_ADMIN:
        add_address(run, "admin", value);
        break;
    case KIND_PLUGIN_DIR:
        run->options->plugin_dir = value;
        break;
    case KIND_CHECK:
        run->options->check = true;
        break;
    case KIND_EXPLAIN:
        run->options->explain = value;
        break;
    case KIND_ANY_OWNER:
        run->options->any_owner = true;
        break;
    case KIND_HELP:
        print_help();
        *ret_status = EXIT_GOOD;
        return false;
    case KIND_VERSION:
        puts("tamd " PACKAGE_VERSION);
        *ret_status = EXIT_GOOD;
        return false;
    }
    return true;
}

static bool read_each(struct run *run, int argc, char **argv, int *ret_status) {
    struct option longs[ROW_COUNT + 1];
    for (int i = 0; i < ROW_COUNT; i++) {
        longs[i] = (struct option){ rows[i].name, rows[i].argument != NULL ? required_argument : no_argument, NULL,
                                    (int)rows[i].kind };
    }
    longs[ROW_COUNT] = (struct option){ NULL, 0, NULL, 0 };
    opterr = 0;
    for (int found = getopt_long(argc, argv, "h", longs, NULL); found != -1;
         found = getopt_long(argc, argv, "h", longs, NULL)) {
        if (found == '?') {
            const char letter[] = { '-', (char)optopt, '\0' };
            fprintf(stderr, "tamd: '%s' is no option of it, or lacks its value: try 'tamd --help'\n",
                    optopt > KIND_VERSION ? letter : argv[optind - 1]);
            return false;
        }
        if (!take(run, found == 'h' ? KIND_HELP : (enum kind)found, optarg, ret_status)) {
            return false;
        }
    }
    if (argc == 2 && optind == 1 && strcmp(argv[1], "help") == 0) {
        return take(run, KIND_HELP, NULL, ret_status);
    }
    if (optind < argc) {
        fprintf(stderr, "tamd: '%s' is more than it takes\n", argv[optind]);
    }
    return optind == argc;
}

/* Absolute, links left as they are: a reload follows them again. */
static char *path_copy(const char *file) {
    char here[PATH_MAX];
    struct buf path;
    buf_init(&path, TEXT_MAX);
    if (file[0] != '/' && getcwd(here, sizeof here) != NULL) {
        buf_format(&path, "%s/", here);
    }
    buf_add_text(&path, file);
    char *copy = path.failed ? NULL : mem_text(buf_str(&path));
    buf_free(&path);
    return copy;
}

static bool source_set(struct run *run) {
    struct configuration_source *source = &run->options->source;
    if (run->service && run->config != NULL) {
        fputs("tamd: --config and --service exclude each other\n", stderr);
        return false;
    }
    if (run->companion && !run->service) {
        fputs("tamd: --listen and --admin go with --service; else the configuration says it\n", stderr);
        return false;
    }
    if (run->service) {
        source->text = run->text.failed ? NULL : mem_text(buf_str(&run->text));
        return source->text != NULL;
    }
    source->path = path_copy(run->config != NULL ? run->config : TAMD_CONFIG_FILE);
    return source->path != NULL;
}

bool options_read(int argc, char **argv, struct options *ret_options, int *ret_status) {
    struct run run = { .options = ret_options };
    *ret_options = (struct options){ .check = false };
    *ret_status = EXIT_FAULT;
    buf_init(&run.text, TEXT_MAX);
    bool good = read_each(&run, argc, argv, ret_status) && source_set(&run);
    buf_free(&run.text);
    if (!good) {
        options_free(ret_options);
    }
    return good;
}

void options_free(struct options *options) {
    mem_free(options->source.path);
    mem_free(options->source.text);
}
