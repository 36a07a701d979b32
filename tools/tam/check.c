/* SPDX-License-Identifier: MIT
 *
 * tam check: every fault of a configuration at once; with --fetch also whether its keys can be had, and if not, why.
 */
#include <config.h>

#include <tools/tam/command.h>

#include <jansson.h>
#include <src/base/array.h>
#include <src/base/mem.h>
#include <src/base/str.h>

static void print_verifier(json_t *verifier) {
    const char *uri = json_string_value(json_object_get(verifier, "jwks_uri"));
    printf("%s: keys fetched%s%s\n", json_string_value(json_object_get(verifier, "name")),
           uri != NULL && uri[0] != '\0' ? " from " : "", uri != NULL ? uri : "");
}

/* Of each verifier that a document of libtam names. Frees the document. */
static void print_verifiers(struct tam_document *document, void (*print)(json_t *verifier)) {
    struct tam_str text = tam_document_text(document);
    json_t *json = json_loadb(text.len > 0 ? text.ptr : "", text.len, 0, NULL), *verifier;
    size_t i;
    json_array_foreach(json_object_get(json, "verifiers"), i, verifier) {
        print(verifier);
    }
    json_decref(json);
    tam_document_free(document);
}

/* How a key set is doing, a line for each group of its counters (tam_status). */
static const struct {
    const char *label;
    struct {
        const char *member, *words;
    } counts[4];
} keyset_lines[] = {
    { "keys", { { "keys", "usable" } } },
    { "age", { { "age", "s" }, { "next_refresh", "s to the next refresh" }, { "expires_in", "s to their end" } } },
    { "fetches",
      { { "fetches", "begun" },
        { "not_modified", "not modified" },
        { "failures", "failed" },
        { "failures_in_row", "of them in a row" } } },
    { "forced", { { "forced", "by a token" }, { "suppressed", "suppressed by the cooldown" } } },
};

/* Fixed keys have no life to tell of: such lines are left out. */
static void print_counts(size_t row, const json_t *keyset) {
    if (json_object_get(keyset, keyset_lines[row].counts[0].member) == NULL) {
        return;
    }
    printf("  %s:", keyset_lines[row].label);
    for (size_t i = 0; i < 4 && keyset_lines[row].counts[i].member != NULL; i++) {
        json_int_t count = json_integer_value(json_object_get(keyset, keyset_lines[row].counts[i].member));
        printf("%s %lld %s", i == 0 ? "" : ",", (long long)count, keyset_lines[row].counts[i].words);
    }
    puts("");
}

static void print_keyset(json_t *verifier) {
    const json_t *keyset = json_object_get(json_object_get(verifier, "status"), "keyset");
    const char *error = json_string_value(json_object_get(keyset, "last_error"));
    json_t *skipped;
    size_t i;
    if (keyset == NULL) {
        return;
    }
    printf("%s:\n", json_string_value(json_object_get(verifier, "name")));
    for (size_t row = 0; row < COUNT(keyset_lines); row++) {
        print_counts(row, keyset);
    }
    json_array_foreach(json_object_get(keyset, "skipped"), i, skipped) {
        printf("  skipped: %s\n", json_string_value(skipped));
    }
    if (error != NULL && *error != '\0') {
        printf("  last error: %s\n", error);
    }
}

/* The warnings were printed already, so the log is only shown on demand. NULL: *ret_faults says why. */
static struct tam_service *fetch(const struct command_options *options, struct tam_faults **ret_faults) {
    struct tam_setup setup = command_setup(options);
    struct tam_service *service = NULL;
    setup.flags |= (uint32_t)TAM_SETUP_FETCH;
    return command_try_open(options, &setup, &service, ret_faults) < 0 ? NULL : service;
}

static const char *name_of(const struct command_options *options) {
    return options->service != NULL ? options->service : "<string>";
}

/* ---- For people ---- */

static int check_text(const struct command_options *options) {
    struct tam_faults *faults = NULL;
    if (command_check_only(options, &faults) < 0) {
        return command_fail(faults);
    }
    command_print_faults(faults);
    printf("%s: the configuration is good\n", name_of(options));
    fflush(stdout);
    if (!options->fetch) {
        return COMMAND_ACCEPT;
    }
    struct tam_service *service = fetch(options, &faults);
    if (service == NULL) {
        (void)command_fail(faults);
        return COMMAND_UNAVAILABLE;
    }
    print_verifiers(tam_describe(service), print_verifier);
    if (options->verbose) {
        print_verifiers(tam_status(service), print_keyset);
    }
    tam_service_close(service);
    return COMMAND_ACCEPT;
}

/* ---- For programs ---- */

/* Frees them. */
static void add_faults(json_t *array, struct tam_faults *faults) {
    for (size_t i = 0; i < tam_faults_count(faults); i++) {
        bool warning = tam_faults_level(faults, i) == TAM_LOG_WARNING;
        json_array_append_new(array, json_pack("{s:s, s:s?, s:i, s:s}", "level", warning ? "warning" : "error", "file",
                                               tam_faults_file(faults, i), "line", (int)tam_faults_line(faults, i),
                                               "text", tam_faults_text(faults, i)));
    }
    tam_faults_free(faults);
}

/* The verifiers of tam_status(). Null where nothing was fetched. */
static json_t *fetched_verifiers(struct tam_service *service) {
    struct tam_document *document = service != NULL ? tam_status(service) : NULL;
    struct tam_str text = tam_document_text(document);
    json_t *status = json_loadb(text.len > 0 ? text.ptr : "", text.len, 0, NULL);
    json_t *verifiers = json_incref(json_object_get(status, "verifiers"));
    json_decref(status);
    tam_document_free(document);
    return verifiers != NULL ? verifiers : json_null();
}

static int print_json(const struct command_options *options, bool good, json_t *faults, struct tam_service *service) {
    json_t *object = json_pack("{s:s, s:b, s:o, s:o}", "service", name_of(options), "good", good, "faults", faults,
                               "verifiers", fetched_verifiers(service));
    char *text = json_dumps(object, JSON_COMPACT | JSON_ENSURE_ASCII);
    if (text != NULL) {
        puts(text);
    }
    json_decref(object);
    bool printed = text != NULL;
    mem_free(text);
    return printed ? COMMAND_ACCEPT : command_fail(NULL);
}

static int check_json(const struct command_options *options) {
    struct tam_faults *faults = NULL;
    struct tam_service *service = NULL;
    json_t *array = json_array();
    bool good = command_check_only(options, &faults) == 0, fetches = good && options->fetch;
    int status = good ? COMMAND_ACCEPT : COMMAND_ERROR;
    add_faults(array, faults);
    if (fetches) {
        faults = NULL;
        service = fetch(options, &faults);
        status = service != NULL ? COMMAND_ACCEPT : COMMAND_UNAVAILABLE;
        add_faults(array, service != NULL ? NULL : faults);
    }
    int printed = print_json(options, status == COMMAND_ACCEPT, array, service);
    tam_service_close(service);
    return printed != COMMAND_ACCEPT ? printed : status;
}

int command_check(const struct command_options *options) {
    return options->json ? check_json(options) : check_text(options);
}
