/* SPDX-License-Identifier: MIT
 *
 * What the subcommands of tam share: the table of options, opening a service, printing faults and documents.
 */
#include <config.h>

#include <tools/tam/command.h>

#include <getopt.h>
#include <jansson.h>
#include <src/base/array.h>
#include <src/base/mem.h>
#include <src/base/str.h>
#include <sys/stat.h>
#include <tools/common/terminal.h>

/* ---- Options ----------------------------------------------------------------------------------------------------- */

#define TIME_MAX 253402300799 /* the end of the year 9999; now in milliseconds is behind it */

enum kind { KIND_TEXT = 1, KIND_FLAG, KIND_TIME, KIND_NAME };

#define ROW(name, argument, kind, takes, member, help)                                                                 \
    { name, argument, help, kind, takes, offsetof(struct command_options, member) }

static const struct option_row {
    const char *name, *argument, *help;
    enum kind kind;
    unsigned takes;
    size_t offset;
} rows[] = {
    ROW("service", "FILE|NAME", KIND_TEXT, TAKES_SERVICE, service, "the service file, or its name in " TAM_CONFIG_DIR),
    ROW("config", "TEXT", KIND_TEXT, TAKES_SERVICE, config, "the configuration itself, as a service file has it"),
    ROW("at", "UNIXTIME", KIND_TIME, TAKES_QUERY, at, "judge as of that time"),
    ROW("scope", "NAME", KIND_NAME, TAKES_QUERY, scopes, "a scope that the operation needs; may be repeated"),
    ROW("role", "NAME", KIND_NAME, TAKES_QUERY, roles, "a role that the operation needs; may be repeated"),
    ROW("fetch", NULL, KIND_FLAG, TAKES_FETCH, fetch, "also fetch the keys, and say what is in the way"),
    ROW("path", NULL, KIND_FLAG, TAKES_PATH, path, "print instead the path at which it is served"),
    ROW("json", NULL, KIND_FLAG, TAKES_JSON, json, "JSON, one line for each answer; tam(1) has its members"),
    ROW("plugin-dir", "DIR", KIND_TEXT, TAKES_SETUP, plugin_dir, "where plugins lie"),
    ROW("any-owner", NULL, KIND_FLAG, TAKES_SETUP, any_owner, "do not check who may write files; for development"),
    ROW("verbose", NULL, KIND_FLAG, TAKES_SETUP, verbose, "libtam's log on standard error"),
    ROW("help", NULL, KIND_FLAG, TAKES_HELP, help, "print this and exit; -h too"),
};

enum { ROW_COUNT = COUNT(rows), ROW_HELP = ROW_COUNT - 1 };

static bool takes(const struct command *command, const struct option_row *row) {
    return ((command->takes | TAKES_HELP) & row->takes) != 0;
}

/* Fills options for getopt_long; each gives the index of its row. */
static void long_options(const struct command *command, struct option *ret_options) {
    size_t count = 0;
    for (int i = 0; i < ROW_COUNT; i++) {
        if (takes(command, &rows[i])) {
            ret_options[count++] =
                (struct option){ rows[i].name, rows[i].argument != NULL ? required_argument : no_argument, NULL,
                                 i + 1 };
        }
    }
    ret_options[count] = (struct option){ NULL, 0, NULL, 0 };
}

static bool names_add(struct command_names *names, const char *text) {
    if (names->count == COMMAND_NAMES_MAX || text[0] == '\0') {
        return false;
    }
    names->items[names->count++] = str_of(text);
    return true;
}

static bool row_apply(const struct option_row *row, const char *value, struct command_options *options) {
    void *member = (char *)options + row->offset;
    switch (row->kind) {
    case KIND_TEXT:
        *(const char **)member = value;
        return true;
    case KIND_FLAG:
        *(bool *)member = true;
        return true;
    case KIND_TIME:
        return str_number(str_of(value), TIME_MAX, member) && *(int64_t *)member > 0;
    case KIND_NAME:
        return names_add(member, value);
    }
    return false;
}

static const char *const wanted[] = {
    [KIND_TIME] = "must be a time in whole seconds, not milliseconds, since 1970",
    [KIND_NAME] = "must not be empty, nor given more than 64 times",
};

/* A verifier without options may be the path of its plugin. */
static bool is_path_alone(struct tam_str text) {
    return (str_starts(text, STR("/")) || str_starts(text, STR("./"))) && str_find(text, ' ') == text.len &&
           str_find(text, '\n') == text.len && !str_ends(text, STR(".so"));
}

static bool arguments_fit(const struct command *command, const struct command_options *options) {
    size_t count = 0;
    while (options->arguments[count] != NULL) {
        count++;
    }
    if (count > command->argument_max) {
        fprintf(stderr, "tam %s: too many arguments%s\n", command->name,
                (command->takes & TAKES_SERVICE) != 0 ? "; the service's file or name stands in --service=" : "");
        return false;
    }
    if ((command->takes & TAKES_SERVICE) != 0 && (options->service == NULL) == (options->config == NULL)) {
        fprintf(stderr, "tam %s: exactly one of --service and --config is needed\n", command->name);
        return false;
    }
    if (options->config != NULL && is_path_alone(str_of(options->config))) {
        fprintf(stderr, "tam %s: --config is the configuration itself; its file stands in --service=\n", command->name);
        return false;
    }
    return true;
}

/* getopt_long() moves on behind a long option at once, behind a short one when its argument is read to the end. */
static void print_bad_option(const struct command *command, char **argv) {
    const char letter[] = { '-', (char)optopt, '\0' };
    fprintf(stderr, "tam %s: '%s' is no option of it, or lacks its value\n", command->name,
            optopt > ROW_COUNT ? letter : argv[optind - 1]);
}

bool command_options_read(const struct command *command, int argc, char **argv, struct command_options *ret_options) {
    struct command_options options = { 0 };
    struct option longs[ROW_COUNT + 1];
    long_options(command, longs);
    optind = 0; /* GNU: begin anew */
    opterr = 0;
    for (int found = getopt_long(argc, argv, "h", longs, NULL); found != -1;
         found = getopt_long(argc, argv, "h", longs, NULL)) {
        if (found == '?') {
            print_bad_option(command, argv);
            return false;
        }
        const struct option_row *row = &rows[found == 'h' ? ROW_HELP : found - 1];
        if (!row_apply(row, optarg, &options)) {
            fprintf(stderr, "tam %s: --%s %s\n", command->name, row->name, wanted[row->kind]);
            return false;
        }
    }
    options.arguments = argv + optind;
    if (!options.help && !arguments_fit(command, &options)) {
        return false;
    }
    *ret_options = options;
    return true;
}

void command_options_print(const struct command *command, FILE *stream) {
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (takes(command, &rows[i])) {
            terminal_option(stream, rows[i].name, rows[i].argument, rows[i].help);
        }
    }
}

/* ---- The service ------------------------------------------------------------------------------------------------- */

static const char *const level_words[] = {
    [TAM_LOG_ERROR] = "error",
    [TAM_LOG_WARNING] = "warning",
    [TAM_LOG_INFO] = "info",
    [TAM_LOG_DEBUG] = "debug",
};

static void log_show(void *ctx, uint32_t level, struct tam_str line) {
    (void)ctx;
    fprintf(stderr, "%s: %.*s\n", level <= TAM_LOG_DEBUG ? level_words[level] : "error", STR_PRINT(line));
}

void command_log_warnings(void *ctx, uint32_t level, struct tam_str line) {
    if (level <= TAM_LOG_WARNING) {
        log_show(ctx, level, line);
    }
}

static void log_drop(void *ctx, uint32_t level, struct tam_str line) {
    (void)ctx;
    (void)level;
    (void)line;
}

struct tam_setup command_setup(const struct command_options *options) {
    return (struct tam_setup){
        .size = sizeof(struct tam_setup),
        .flags = options->any_owner ? (uint32_t)TAM_SETUP_ANY_OWNER : 0,
        .plugin_dir = options->plugin_dir,
        .log = options->verbose ? log_show : log_drop,
    };
}

enum source { SOURCE_STRING = 1, SOURCE_FILE, SOURCE_NAME };

/* A file that is there is a file; without a slash, everything else is a name. */
static enum source source_of(const struct command_options *options) {
    struct stat found;
    if (options->config != NULL) {
        return SOURCE_STRING;
    }
    struct tam_str service = str_of(options->service);
    bool file =
        str_find(service, '/') < service.len || (stat(options->service, &found) == 0 && !S_ISDIR(found.st_mode));
    return file ? SOURCE_FILE : SOURCE_NAME;
}

int command_try_open(const struct command_options *options, const struct tam_setup *setup,
                     struct tam_service **ret_service, struct tam_faults **ret_faults) {
    switch (source_of(options)) {
    case SOURCE_STRING:
        return tam_service_open_string(options->config, setup, ret_service, ret_faults);
    case SOURCE_FILE:
        return tam_service_open_file(options->service, setup, ret_service, ret_faults);
    case SOURCE_NAME:
        return tam_service_open(options->service, setup, ret_service, ret_faults);
    }
    return -1;
}

struct tam_service *command_open(const struct command_options *options, const struct tam_setup *setup) {
    struct tam_service *service = NULL;
    struct tam_faults *faults = NULL;
    if (command_try_open(options, setup, &service, &faults) < 0) {
        command_fail(faults);
        return NULL;
    }
    return service;
}

int command_check_only(const struct command_options *options, struct tam_faults **ret_faults) {
    struct tam_setup setup = command_setup(options);
    switch (source_of(options)) {
    case SOURCE_STRING:
        return tam_service_check_string(options->config, &setup, ret_faults);
    case SOURCE_FILE:
        return tam_service_check_file(options->service, &setup, ret_faults);
    case SOURCE_NAME:
        return tam_service_check(options->service, &setup, ret_faults);
    }
    return -1;
}

/* ---- Printing ---------------------------------------------------------------------------------------------------- */

void command_print_faults(struct tam_faults *faults) {
    for (size_t i = 0; i < tam_faults_count(faults); i++) {
        fprintf(stderr, "%s%s\n", tam_faults_level(faults, i) == TAM_LOG_WARNING ? "warning: " : "",
                tam_faults_text(faults, i));
    }
    tam_faults_free(faults);
}

int command_fail(struct tam_faults *faults) {
    if (faults == NULL) {
        fputs("tam: out of memory\n", stderr);
    }
    command_print_faults(faults);
    return COMMAND_ERROR;
}

bool command_print_document(const struct command_options *options, struct tam_document *document) {
    struct tam_str text = tam_document_text(document);
    json_t *json = options->json || text.len == 0 ? NULL : json_loadb(text.ptr, text.len, 0, NULL);
    char *indented = json != NULL ? json_dumps(json, JSON_INDENT(2)) : NULL;
    if (indented != NULL) {
        puts(indented);
    } else if (text.len > 0) {
        printf("%.*s\n", STR_PRINT(text));
    }
    mem_free(indented);
    json_decref(json);
    tam_document_free(document);
    return text.len > 0;
}
