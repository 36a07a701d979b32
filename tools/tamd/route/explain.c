/* SPDX-License-Identifier: MIT
 *
 * Explains a request with the very functions that judge one, so that it cannot say otherwise.
 */
#include <config.h>

#include <tools/tamd/route/explain.h>

#include <src/base/buf.h>
#include <src/base/quote.h>
#include <src/base/str.h>
#include <stdio.h>
#include <tools/tamd/route/route.h>

#define TEXT_MAX ((size_t)64 << 10)

/* ---- What is asked ---- */

/* The next word; a part of it may be in double quotes, which are left in it at its end alone. */
static bool word_cut(struct tam_str *rest, struct tam_str *ret_word) {
    bool quoted = false;
    size_t len = 0;
    while (rest->len > 0 && rest->ptr[0] == ' ') {
        *rest = str_from(*rest, 1);
    }
    for (; len < rest->len && (quoted || rest->ptr[len] != ' '); len++) {
        quoted = quoted != (rest->ptr[len] == '"');
    }
    *ret_word = (struct tam_str){ rest->ptr, len };
    *rest = str_from(*rest, len);
    return len > 0;
}

static struct tam_str unquote(struct tam_str value) {
    if (value.len >= 2 && value.ptr[0] == '"' && value.ptr[value.len - 1] == '"') {
        return (struct tam_str){ value.ptr + 1, value.len - 2 };
    }
    return value;
}

static bool header_read(struct tam_str word, struct fields *fields, struct tam_str *ret_host, const char **ret_fault) {
    size_t equals = str_find(word, '=');
    struct tam_str name = { word.ptr, equals };
    if (!fields_add(fields, name, unquote(str_from(word, equals + 1)), ret_fault)) {
        return false;
    }
    if (str_equal_nocase(name, STR("Host"))) {
        size_t count = 0;
        struct tam_str host = fields_find(fields, name, &count);
        *ret_host = count == 1 ? host : STR_NONE;
    }
    return true;
}

/* False: it is no such text; *ret_fault says what a header of it is wrong with, else NULL. */
static bool request_read(struct tam_str text, struct original *original, struct fields *fields,
                         const char **ret_fault) {
    struct tam_str word;
    fields->count = 0;
    *original = (struct original){ .fields = fields };
    if (!word_cut(&text, &original->method) || !word_cut(&text, &original->uri)) {
        return false;
    }
    original->query_names_method = target_query_names_method(str_from(original->uri, str_find(original->uri, '?') + 1));
    while (word_cut(&text, &word)) {
        if (str_find(word, '=') == word.len) {
            return false;
        }
        if (*ret_fault == NULL) {
            (void)header_read(word, fields, &original->host, ret_fault);
        }
    }
    return true;
}

/* ---- What is said ---- */

static void show(const char *name, struct tam_str value) {
    struct buf shown;
    buf_init(&shown, TEXT_MAX);
    quote_add(&shown, value);
    printf(" %s='%.*s'", name, STR_PRINT(buf_str(&shown)));
    buf_free(&shown);
}

/* Of the headers those that routes look at; an ambiguous one as it is. */
static void show_header(const struct settings *settings, const struct field *field) {
    char text[TARGET_MAX];
    struct tam_str value = field->value;
    const char *fault = NULL;
    for (size_t i = 0; i < settings->route_count; i++) {
        for (size_t j = 0; j < settings->routes[i].condition_count; j++) {
            const struct settings_condition *condition = &settings->routes[i].conditions[j];
            if (str_equal_nocase(field->name, condition->name)) {
                (void)target_header(field->value, text, &value, &fault);
                show(condition->name.ptr, value);
                return;
            }
        }
    }
}

static void show_canonical(const struct settings *settings, const struct target *target) {
    printf("canonical:");
    if (settings->needs_method) {
        show("method", target->method);
    }
    if (settings->needs_host) {
        show("host", target->host);
    }
    if (settings->needs_path) {
        show("path", target->path.len > 0 ? target->path : STR("/"));
    }
    for (size_t i = 0; i < target->fields->count; i++) {
        show_header(settings, &target->fields->items[i]);
    }
    puts("");
}

static void show_routes(const struct settings *settings, const struct target *target,
                        const struct route_verdict *verdict) {
    static const char *const fits[] = { "does not fit: ", "refuses: ", "fits" }; /* enum route_fit */
    for (size_t i = 0; i < settings->route_count; i++) {
        const struct settings_route *route = &settings->routes[i];
        const char *why = NULL;
        enum route_fit fit = route_try(route, verdict->service, target, &why);
        printf("route in line %u of %s: %s%s\n", route->place.line, route->place.file, fits[fit],
               fit != ROUTE_FITS ? why : "");
        if (fit != ROUTE_UNLIKE) {
            return;
        }
    }
    puts("no route fits: the default of the service counts");
}

static void show_list(const char *what, struct tam_list list) {
    for (size_t i = 0; i < list.count; i++) {
        printf("%s%.*s", i == 0 ? what : ",", STR_PRINT(list.items[i]));
    }
}

static void show_verdict(const struct route_verdict *verdict) {
    if (verdict->access == ACCESS_REFUSE) {
        printf("judged: nobody comes in (403): %s\n", verdict->refused);
    } else if (verdict->access == ACCESS_OPEN) {
        puts("judged: anybody comes in, without a token");
    } else {
        printf("judged: comes in with a token that %s accepts",
               verdict->service != NULL ? verdict->service->name.ptr : "");
        if (verdict->route != NULL) {
            show_list(", with the scopes ", verdict->route->scopes);
            show_list(verdict->route->scopes.count > 0 ? ", or as an application with one of the roles "
                                                       : ", with one of the roles ",
                      verdict->route->roles);
        }
        puts("");
    }
}

bool explain_request(const struct settings *settings, const char *text) {
    struct original original;
    struct route_verdict verdict;
    struct fields fields;
    struct target target;
    const char *fault = NULL;
    if (!request_read(str_of(text), &original, &fields, &fault)) {
        fputs("tamd: --explain takes 'METHOD PATH NAME=VALUE ...', such as 'POST /mcp Mcp-Name=delete_all'\n", stderr);
        return false;
    }
    if (fault != NULL || !route_target(settings, &original, &target, &fault)) {
        printf("judged: nobody comes in (403): it is ambiguous: %s\n", fault);
        return true;
    }
    show_canonical(settings, &target);
    route_judge(settings, &original, &target, &verdict);
    if (verdict.service != NULL) {
        printf("service %s in line %u of %s\n", verdict.service->name.ptr, verdict.service->place.line,
               verdict.service->place.file);
        show_routes(settings, &target, &verdict);
    }
    show_verdict(&verdict);
    return true;
}
