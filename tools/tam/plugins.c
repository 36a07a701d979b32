/* SPDX-License-Identifier: MIT
 *
 * tam plugins: what is installed, and what may be written behind the name of one, out of its own table.
 */
#include <config.h>

#include <tools/tam/command.h>

#include <jansson.h>
#include <src/base/str.h>

static const char *text_of(const json_t *object, const char *member) {
    const char *text = json_string_value(json_object_get(object, member));
    return text != NULL ? text : "";
}

/* False for one that cannot be loaded, with its fault printed. */
static bool print_line(const json_t *plugin) {
    const char *error = text_of(plugin, "error");
    if (error[0] != '\0') {
        fprintf(stderr, "%s: %s\n", text_of(plugin, "name"), error);
        return false;
    }
    printf("%-14s %-8s %s\n", text_of(plugin, "name"), text_of(plugin, "version"), text_of(plugin, "summary"));
    return true;
}

/* "duration of 60 to 86400". Bounds of text are lengths. */
static void print_type(const json_t *option) {
    const json_t *min = json_object_get(option, "min"), *max = json_object_get(option, "max");
    const char *type = text_of(option, "type");
    bool counts = str_equal(str_of(type), STR("integer")) || str_equal(str_of(type), STR("duration")) ||
                  str_equal(str_of(type), STR("size"));
    printf("      %s%s", json_is_true(json_object_get(option, "list")) ? "list of " : "", type);
    if (counts && json_is_integer(min) && json_is_integer(max)) {
        printf(" of %lld to %lld", (long long)json_integer_value(min), (long long)json_integer_value(max));
    }
}

static void print_choices(const json_t *choices) {
    const json_t *choice;
    size_t i;
    json_array_foreach(choices, i, choice) {
        printf("%s%s", i == 0 ? ": " : ", ", json_string_value(choice));
    }
}

static void print_option(const json_t *option) {
    const json_t *fallback = json_object_get(option, "default");
    printf("\n  %s%s\n", text_of(option, "key"),
           json_is_true(json_object_get(option, "required")) ? " (required)" : "");
    print_type(option);
    print_choices(json_object_get(option, "choices"));
    if (json_is_string(fallback)) {
        printf("; default %s", json_string_value(fallback)[0] != '\0' ? json_string_value(fallback) : "empty");
    }
    printf("\n      %s\n", text_of(option, "help"));
}

static bool print_options(const json_t *plugin) {
    const json_t *option, *path = json_object_get(plugin, "path");
    size_t i;
    if (!print_line(plugin)) {
        return false;
    }
    if (json_is_string(path)) {
        printf("%s, ABI %s\n", json_string_value(path), text_of(plugin, "abi"));
    }
    json_array_foreach(json_object_get(plugin, "options"), i, option) {
        print_option(option);
    }
    return true;
}

static int print(const struct tam_document *document, bool options) {
    struct tam_str text = tam_document_text(document);
    json_t *plugins = json_loadb(text.len > 0 ? text.ptr : "", text.len, 0, NULL), *plugin;
    bool good = plugins != NULL;
    size_t i;
    json_array_foreach(plugins, i, plugin) {
        good &= options ? print_options(plugin) : print_line(plugin);
    }
    json_decref(plugins);
    return good ? COMMAND_ACCEPT : COMMAND_ERROR;
}

int command_plugins(const struct command_options *options) {
    const char *name = options->arguments[0];
    struct tam_setup setup = command_setup(options);
    struct tam_faults *faults = NULL;
    struct tam_document *document = tam_plugins(name, &setup, &faults);
    if (document == NULL) {
        return command_fail(faults);
    }
    if (options->json) {
        return command_print_document(options, document) ? COMMAND_ACCEPT : COMMAND_ERROR;
    }
    int status = print(document, name != NULL);
    tam_document_free(document);
    return status;
}
