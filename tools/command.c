/* SPDX-License-Identifier: MIT
 *
 * What the commands of tam share.
 */
#include <config.h>

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tools/command.h>

enum {
    OPTION_SERVICE = 1,
    OPTION_CONFIG,
    OPTION_PLUGIN_DIR,
    OPTION_AT,
    OPTION_JSON,
    OPTION_VERBOSE,
    OPTION_FETCH,
    OPTION_ANY_OWNER,
    OPTION_HELP
};

static const struct option options[] = {
    { "service", required_argument, NULL, OPTION_SERVICE },
    { "config", required_argument, NULL, OPTION_CONFIG },
    { "plugin-dir", required_argument, NULL, OPTION_PLUGIN_DIR },
    { "at", required_argument, NULL, OPTION_AT },
    { "json", no_argument, NULL, OPTION_JSON },
    { "verbose", no_argument, NULL, OPTION_VERBOSE },
    { "fetch", no_argument, NULL, OPTION_FETCH },
    { "any-owner", no_argument, NULL, OPTION_ANY_OWNER },
    { "help", no_argument, NULL, OPTION_HELP },
    { NULL, 0, NULL, 0 },
};

static const char help[] = "  --service=FILE|NAME  the service file, or a name in the directory of services\n"
                           "  --config=TEXT        the configuration itself: 'azure client_id=... tenant_id=...'\n"
                           "  --plugin-dir=DIR     where plugins lie\n"
                           "  --at=UNIXTIME        judge as of that time (verify, explain)\n"
                           "  --json               one JSON object a line (verify)\n"
                           "  --fetch              really fetch the keys (check)\n"
                           "  --verbose            libtam's log on standard error\n"
                           "  --any-owner          do not check who owns files: for development\n"
                           "  --help               print this\n";

static bool read_time(const char *text, int64_t *ret_time) {
    int64_t time = 0;
    for (const char *at = text; *at != '\0'; at++) {
        if (*at < '0' || *at > '9' || time > INT64_MAX / 10 - 10) {
            return false;
        }
        time = time * 10 + (*at - '0');
    }
    *ret_time = time;
    return time > 0;
}

static bool read_option(int found, struct command_options *read) {
    switch (found) {
    case OPTION_SERVICE:
        read->service = optarg;
        return true;
    case OPTION_CONFIG:
        read->config = optarg;
        return true;
    case OPTION_PLUGIN_DIR:
        read->plugin_dir = optarg;
        return true;
    case OPTION_AT:
        return read_time(optarg, &read->at);
    case OPTION_JSON:
        read->json = true;
        return true;
    case OPTION_VERBOSE:
        read->verbose = true;
        return true;
    case OPTION_FETCH:
        read->fetch = true;
        return true;
    case OPTION_ANY_OWNER:
        read->any_owner = true;
        return true;
    default:
        return false;
    }
}

bool command_options(int argc, char **argv, const char *arguments, struct command_options *ret_options,
                     int *ret_status) {
    struct command_options read = { 0 };
    optind = 1;
    for (int found = getopt_long(argc, argv, "", options, NULL); found != -1;
         found = getopt_long(argc, argv, "", options, NULL)) {
        if (found == OPTION_HELP) {
            printf("usage: tam %s [OPTION]... %s\n\n%s", argv[0], arguments, help);
            *ret_status = 0;
            return false;
        }
        if (!read_option(found, &read)) {
            fprintf(stderr, "tam %s: try 'tam %s --help'\n", argv[0], argv[0]);
            *ret_status = COMMAND_ERROR;
            return false;
        }
    }
    read.arguments = argv + optind;
    *ret_options = read;
    return true;
}

static void to_stderr(void *ctx, uint32_t level, struct tam_str line) {
    (void)ctx;
    (void)level;
    fprintf(stderr, "%.*s\n", (int)line.len, line.ptr);
}

static void to_nowhere(void *ctx, uint32_t level, struct tam_str line) {
    (void)ctx;
    (void)level;
    (void)line;
}

struct tam_setup command_setup(const struct command_options *read) {
    return (struct tam_setup){
        .size = sizeof(struct tam_setup),
        .flags = read->any_owner ? (uint32_t)TAM_SETUP_ANY_OWNER : 0,
        .plugin_dir = read->plugin_dir,
        .log = read->verbose ? to_stderr : to_nowhere,
    };
}

void command_print_faults(struct tam_faults *faults) {
    for (size_t i = 0; i < tam_faults_count(faults); i++) {
        fprintf(stderr, "%s%s\n", tam_faults_level(faults, i) == TAM_LOG_WARNING ? "warning: " : "",
                tam_faults_text(faults, i));
    }
    tam_faults_free(faults);
}

struct tam_service *command_open(const struct command_options *read) {
    struct tam_setup setup = command_setup(read);
    struct tam_service *service = NULL;
    struct tam_faults *faults = NULL;
    int status = -1;
    if ((read->service == NULL) == (read->config == NULL)) {
        fputs("tam: exactly one of --service and --config is needed\n", stderr);
        return NULL;
    }
    if (read->config != NULL) {
        status = tam_service_open_string(read->config, &setup, &service, &faults);
    } else if (strchr(read->service, '/') != NULL) {
        status = tam_service_open_file(read->service, &setup, &service, &faults);
    } else {
        status = tam_service_open(read->service, &setup, &service, &faults);
    }
    if (status < 0) {
        command_print_faults(faults);
        return NULL;
    }
    return service;
}
