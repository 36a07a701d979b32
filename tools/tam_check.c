/* SPDX-License-Identifier: MIT
 *
 * tam check: every fault of a configuration at once; with --fetch also whether its keys can be had, and if not, why.
 */
#include <config.h>

#include <tools/command.h>

#include <jansson.h>
#include <src/base/str.h>

static void print_verifier(json_t *verifier) {
    const char *uri = json_string_value(json_object_get(verifier, "jwks_uri"));
    printf("%s: keys fetched%s%s\n", json_string_value(json_object_get(verifier, "name")),
           uri != NULL && uri[0] != '\0' ? " from " : "", uri != NULL ? uri : "");
}

static void print_fetched(struct tam_service *service) {
    struct tam_document *document = tam_describe(service);
    struct tam_str text = tam_document_text(document);
    json_t *json = json_loadb(text.len > 0 ? text.ptr : "", text.len, 0, NULL), *verifier;
    size_t i;
    json_array_foreach(json_object_get(json, "verifiers"), i, verifier) {
        print_verifier(verifier);
    }
    json_decref(json);
    tam_document_free(document);
}

/* The warnings were printed already, so the log is only shown on demand. */
static int fetch(const struct command_options *options) {
    struct tam_setup setup = command_setup(options);
    setup.flags |= (uint32_t)TAM_SETUP_FETCH;
    struct tam_service *service = command_open(options, &setup);
    if (service == NULL) {
        return COMMAND_UNAVAILABLE;
    }
    print_fetched(service);
    if (options->verbose) {
        command_print_document(options, tam_status(service));
    }
    tam_service_close(service);
    return COMMAND_ACCEPT;
}

int command_check(const struct command_options *options) {
    struct tam_faults *faults = NULL;
    if (command_check_only(options, &faults) < 0) {
        return command_fail(faults);
    }
    command_print_faults(faults);
    printf("%s: the configuration is good\n", options->service != NULL ? options->service : "<string>");
    fflush(stdout);
    return options->fetch ? fetch(options) : COMMAND_ACCEPT;
}
