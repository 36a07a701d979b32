/* SPDX-License-Identifier: MIT
 *
 * The commands that ask a service about itself: describe, metadata, challenge, check, and plugins.
 */
#include <config.h>

#include <src/base/buf.h>
#include <src/base/str.h>
#include <stdio.h>
#include <string.h>
#include <tools/command.h>

#define TEXT_MAX 65536

static int print_document(struct tam_document *document, const char *otherwise) {
    struct tam_str text = tam_document_text(document);
    if (text.len > 0) {
        printf("%.*s\n", STR_PRINT(text));
    } else {
        fprintf(stderr, "tam: %s\n", otherwise);
    }
    tam_document_free(document);
    return text.len > 0 ? COMMAND_ACCEPT : COMMAND_ERROR;
}

static int run(int argc, char **argv, int (*show)(struct tam_service *)) {
    struct command_options options;
    int status = COMMAND_ERROR;
    if (!command_options(argc, argv, "", &options, &status)) {
        return status;
    }
    struct tam_service *service = command_open(&options);
    if (service == NULL) {
        return COMMAND_ERROR;
    }
    status = show(service);
    tam_service_close(service);
    return status;
}

static int show_description(struct tam_service *service) {
    return print_document(tam_describe(service), "nothing to describe");
}

static int show_metadata(struct tam_service *service) {
    return print_document(tam_metadata(service), "no metadata: the service has no `resource url=` statement");
}

static int show_challenge(struct tam_service *service) {
    struct tam_query query = { .size = sizeof query };
    struct tam_result *result = tam_verify(service, &query);
    printf("WWW-Authenticate: %.*s\n", STR_PRINT(tam_result_challenge(result)));
    tam_result_free(result);
    return COMMAND_ACCEPT;
}

int command_describe(int argc, char **argv) {
    return run(argc, argv, show_description);
}

int command_metadata(int argc, char **argv) {
    return run(argc, argv, show_metadata);
}

int command_challenge(int argc, char **argv) {
    return run(argc, argv, show_challenge);
}

/* ---- check ------------------------------------------------------------------------------------------------------------------ */

static int check_only(const struct command_options *options, struct tam_faults **ret_faults) {
    struct tam_setup setup = command_setup(options);
    if (options->config != NULL) {
        return tam_service_check_string(options->config, &setup, ret_faults);
    }
    return strchr(options->service, '/') != NULL ? tam_service_check_file(options->service, &setup, ret_faults)
                                                 : tam_service_check(options->service, &setup, ret_faults);
}

/* With keys: the same configuration, whose last option makes opening wait for them. */
static int check_fetch(const struct command_options *options) {
    struct command_options waiting = *options;
    struct buf text;
    int status = COMMAND_ERROR;
    if (options->config == NULL) {
        fputs("tam check: --fetch needs --config, or wait_for_keys=yes in the service file\n", stderr);
        return COMMAND_ERROR;
    }
    buf_init(&text, TEXT_MAX);
    buf_format(&text, "%s wait_for_keys=yes", options->config);
    waiting.config = text.ptr;
    struct tam_service *service = text.failed ? NULL : command_open(&waiting);
    if (service != NULL) {
        puts("the configuration is good, and its keys are there");
        status = COMMAND_ACCEPT;
    }
    tam_service_close(service);
    buf_free(&text);
    return status;
}

int command_check(int argc, char **argv) {
    struct command_options options;
    struct tam_faults *faults = NULL;
    int status = COMMAND_ERROR;
    if (!command_options(argc, argv, "", &options, &status)) {
        return status;
    }
    if ((options.service == NULL) == (options.config == NULL)) {
        fputs("tam check: exactly one of --service and --config is needed\n", stderr);
        return COMMAND_ERROR;
    }
    status = check_only(&options, &faults) == 0 ? COMMAND_ACCEPT : COMMAND_ERROR;
    command_print_faults(faults);
    if (status == COMMAND_ACCEPT && options.fetch) {
        return check_fetch(&options);
    }
    if (status == COMMAND_ACCEPT) {
        puts("the configuration is good");
    }
    return status;
}

int command_plugins(int argc, char **argv) {
    struct command_options options;
    struct tam_faults *faults = NULL;
    int status = COMMAND_ERROR;
    if (!command_options(argc, argv, "[NAME]", &options, &status)) {
        return status;
    }
    struct tam_setup setup = command_setup(&options);
    struct tam_document *document = tam_plugins(options.arguments[0], &setup, &faults);
    command_print_faults(faults);
    return document != NULL ? print_document(document, "no plugins") : COMMAND_ERROR;
}
