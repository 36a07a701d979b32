/* SPDX-License-Identifier: MIT
 *
 * Reads the statements that say which service judges which request, and what else it demands there.
 */
#include <config.h>

#include <src/base/quote.h>
#include <src/base/str.h>
#include <src/base/text.h>
#include <tools/tamd/http/fields.h>
#include <tools/tamd/config/settings_internal.h>
#include <tools/tamd/route/target.h>

#define NEEDED_MAX 256 /* entries that tam_query takes */

/* ---- What both share ---- */

/* A target of the configuration must be written as requests are compared with it. fault: why it is none; NULL: it is
 * one. */
static bool read_target(struct table_run *run, int row, struct tam_str text, struct tam_str found, const char *fault) {
    if (fault == NULL && str_equal(text, found)) {
        return true;
    }
    if (fault != NULL) {
        table_fault(run, row, "%.*s is not in the spelling that requests are compared with: %s", STR_PRINT(text),
                    fault);
    } else {
        table_fault(run, row, "%.*s is not in the spelling that requests are compared with, which is %.*s",
                    STR_PRINT(text), STR_PRINT(found));
    }
    return false;
}

bool settings_host(struct table_run *run, int row, struct tam_str *ret_host) {
    struct tam_str text = run->values[row].text, host = STR_NONE;
    char out[TARGET_MAX];
    const char *fault = NULL;
    if (text.len == 0) {
        return true;
    }
    (void)target_host(text, out, &host, &fault);
    if (!read_target(run, row, text, host, fault)) {
        return false;
    }
    *ret_host = text;
    return true;
}

/* A `*` among other bytes would be compared as it is, which is never what the author means. */
static bool has_part_star(struct tam_str path) {
    struct tam_str segment;
    while (str_cut(&path, '/', &segment)) {
        if (segment.len > 1 && str_find(segment, '*') < segment.len) {
            return true;
        }
    }
    return false;
}

bool settings_path(struct table_run *run, int row, struct tam_str *ret_path) {
    struct tam_str text = run->values[row].text, path = STR_NONE;
    char out[TARGET_MAX];
    const char *fault = NULL;
    if (text.len == 0) {
        return true;
    }
    (void)target_path(text, out, &path, &fault);
    struct tam_str trimmed = { text.ptr, text.len - (str_ends(text, STR("/")) ? 1 : 0) };
    if (!read_target(run, row, trimmed, path, fault)) {
        return false;
    }
    if (has_part_star(trimmed)) {
        table_fault(run, row, "%.*s never fits: a * stands for a whole segment, and a path for all below it",
                    STR_PRINT(text));
        return false;
    }
    *ret_path = trimmed;
    return true;
}

/* The choice that is written, of an enum that has UNSET in front; 0: none is. */
static int choice_of(const struct table_run *run, int row) {
    return run->lines[row] != 0 ? (int)run->values[row].number + 1 : 0;
}

static const char *const cases[] = { "refuse", "ignore", "exact", NULL }; /* enum settings_case */
static const char *const defaults[] = { "refuse", "verify", "open", NULL };
static const enum settings_access default_accesses[] = { ACCESS_REFUSE, ACCESS_TOKEN, ACCESS_OPEN };

#define CASE_ROW                                                                                                       \
    { "case", TAM_OPT_ENUM, 0, 0, 0, NULL, cases, "what of a path or header that differs in the case of letters alone" }
#define DEFAULT_ROW                                                                                                    \
    { "default", TAM_OPT_ENUM, 0, 0, 0, NULL, defaults, "what of a request that no route fits" }

/* ---- tamd ---- */

enum { TAMD_DEFAULT, TAMD_CASE, TAMD_COUNT };

static const struct tam_option tamd_rows[TAMD_COUNT] = { DEFAULT_ROW, CASE_ROW };

static void read_tamd(struct table_run *run) {
    struct settings *settings = run->target;
    settings->access_given = run->lines[TAMD_DEFAULT] != 0;
    settings->access = settings->access_given ? default_accesses[run->values[TAMD_DEFAULT].number] : ACCESS_TOKEN;
    settings->letters = (enum settings_case)choice_of(run, TAMD_CASE);
}

const struct table_kind settings_tamd_statement = {
    .options = { "tamd", tamd_rows, TAMD_COUNT }, .once = true, .defaults = true, .read = read_tamd
};

/* ---- service ---- */

enum { SERVICE_NAME, SERVICE_FILE, SERVICE_HOST, SERVICE_PATH, SERVICE_DEFAULT, SERVICE_CASE, SERVICE_COUNT };

static const struct tam_option service_rows[SERVICE_COUNT] = {
    { "name", TAM_OPT_STRING, TAM_OPT_REQUIRED, 1, 128, NULL, NULL, "of the service, and of its file" },
    { "file", TAM_OPT_FILE, 0, 1, 4096, NULL, NULL, "its service file, where that has another name or place" },
    { "host", TAM_OPT_STRING, 0, 1, 255, NULL, NULL, "it judges requests for this host only" },
    { "path", TAM_OPT_STRING, 0, 1, 1024, NULL, NULL, "it judges requests at and below this path only" },
    DEFAULT_ROW,
    CASE_ROW,
};

/* As the name of a service file: it stands in paths and metrics too. */
static bool is_name(struct tam_str name) {
    for (size_t i = 0; i < name.len; i++) {
        char byte = name.ptr[i];
        bool plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9');
        if (!plain && byte != '_' && byte != '-' && (byte != '.' || i == 0)) {
            return false;
        }
    }
    return name.len > 0;
}

static void read_service(struct table_run *run) {
    struct settings *settings = run->target;
    struct settings_service service = { .place = settings_place_of(run),
                                        .name = run->values[SERVICE_NAME].text,
                                        .file = run->values[SERVICE_FILE].text,
                                        .access_given = run->lines[SERVICE_DEFAULT] != 0,
                                        .letters = (enum settings_case)choice_of(run, SERVICE_CASE) };
    if (service.access_given) {
        service.access = default_accesses[run->values[SERVICE_DEFAULT].number];
    }
    if (!is_name(service.name)) {
        table_fault(run, SERVICE_NAME, "name must be of A-Z, a-z, 0-9, '_', '.' and '-', and not begin with a dot");
    }
    (void)settings_host(run, SERVICE_HOST, &service.host);
    (void)settings_path(run, SERVICE_PATH, &service.path);
    settings->services[settings->service_count++] = service;
}

const struct table_kind settings_service_statement = { .options = { "service", service_rows, SERVICE_COUNT },
                                                       .read = read_service };

/* ---- route ---- */

enum {
    ROUTE_SERVICE,
    ROUTE_HOST,
    ROUTE_PATH,
    ROUTE_METHOD,
    ROUTE_HEADER,
    ROUTE_ABSENT,
    ROUTE_CASE,
    ROUTE_SCOPES,
    ROUTE_ROLES,
    ROUTE_ACCESS,
    ROUTE_COUNT
};

static const char *const accesses[] = { "token", "open", "refuse", NULL }; /* enum settings_access */

static const char *const absents[] = { "refuse", "match", "skip", NULL }; /* enum settings_absent */

static const struct tam_option route_rows[ROUTE_COUNT] = {
    { "service", TAM_OPT_STRING, 0, 1, 128, NULL, NULL, "requests of this service only" },
    { "host", TAM_OPT_STRING, 0, 1, 255, NULL, NULL, "requests for this host only" },
    { "path", TAM_OPT_STRING, 0, 1, 1024, NULL, NULL, "requests at and below this path only; a segment * is any" },
    { "method", TAM_OPT_STRING | TAM_OPT_LIST, 0, 1, 32, NULL, NULL, "requests with one of these methods only" },
    { "header", TAM_OPT_STRING | TAM_OPT_LIST, 0, 3, 1024, NULL, NULL,
      "NAME:PATTERN,...: requests with these headers only; * is any text" },
    { "absent", TAM_OPT_ENUM, 0, 0, 0, NULL, absents, "what of a request without such a header" },
    CASE_ROW,
    { "scopes", TAM_OPT_STRING | TAM_OPT_LIST, 0, 1, 512, NULL, NULL, "that the token must carry, all of them" },
    { "roles", TAM_OPT_STRING | TAM_OPT_LIST, 0, 1, 512, NULL, NULL, "of which an application's token must carry one" },
    { "access", TAM_OPT_ENUM, 0, 0, 0, "token", accesses, "a good token, anybody, or nobody" },
};

/* A pattern that no canonical value fits (see target_header()): what it would demand never comes. */
static bool is_possible(struct tam_str pattern) {
    return !str_starts(pattern, STR("=?")) && pattern.ptr[0] != ' ' && pattern.ptr[pattern.len - 1] != ' ';
}

static bool read_condition(struct tam_str text, const struct pool *pool, struct settings_condition *ret_condition) {
    size_t colon = str_find(text, ':');
    struct tam_str name = { text.ptr, colon }, pattern = str_from(text, colon + 1);
    if (!fields_is_token(name) || pattern.len == 0 || !is_possible(pattern) ||
        str_equal_nocase(name, STR("Authorization"))) {
        return false;
    }
    ret_condition->pattern = pattern;
    return pool_copy(pool, name, &ret_condition->name);
}

static void check_conditions(struct table_run *run, const struct settings_route *route) {
    for (size_t i = 0; i < route->condition_count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (str_equal_nocase(route->conditions[i].name, route->conditions[j].name)) {
                table_fault(run, ROUTE_HEADER,
                            "header names %s twice, and all of them would have to fit: write two routes",
                            route->conditions[i].name.ptr);
            }
        }
    }
    if (route->condition_count > 0 && route->absent == ABSENT_UNSET) {
        table_fault(run, ROUTE_HEADER,
                    "a route with header needs absent=refuse, match or skip: what of a request without the header?");
    }
    if (route->condition_count == 0 && route->absent != ABSENT_UNSET) {
        table_fault(run, ROUTE_ABSENT, "absent means nothing without header");
    }
}

static void read_conditions(struct table_run *run, struct settings_route *route) {
    struct tam_list list = run->values[ROUTE_HEADER].list;
    struct settings_condition *conditions = pool_array(run->means.pool, list.count, sizeof *conditions);
    for (size_t i = 0; i < list.count; i++) {
        if (conditions == NULL || !read_condition(list.items[i], run->means.pool, &conditions[i])) {
            table_fault(run, ROUTE_HEADER, "header must be NAME:PATTERN, such as Mcp-Name:delete_*");
            return;
        }
    }
    route->conditions = conditions;
    route->condition_count = list.count;
    check_conditions(run, route);
}

static void check_method(struct table_run *run, struct tam_str method) {
    struct tam_str found = STR_NONE;
    const char *fault = NULL;
    if (!fields_is_token(method)) {
        table_fault(run, ROUTE_METHOD, "method must be methods, such as GET,POST");
    } else if (!target_method(method, &found, &fault)) {
        table_fault(run, ROUTE_METHOD, "method=%.*s never fits: requests have methods of upper-case letters alone",
                    STR_PRINT(method));
    } else if (!str_equal(method, found)) {
        table_fault(run, ROUTE_METHOD, "method=%.*s never fits: HEAD is judged as GET is, so write GET",
                    STR_PRINT(method));
    }
}

/* Is there anything that tells its requests from others? */
static bool is_bare(const struct table_run *run) {
    for (int row = ROUTE_SERVICE; row <= ROUTE_HEADER; row++) {
        if (run->lines[row] != 0) {
            return false;
        }
    }
    return true;
}

static void check_route(struct table_run *run, const struct settings_route *route) {
    if (is_bare(run)) {
        table_fault(run, ROUTE_SERVICE, "a route must say which requests it is for; path=/ is for all of them");
    }
    if (route->scopes.count > NEEDED_MAX || route->roles.count > NEEDED_MAX) {
        table_fault(run, ROUTE_SCOPES, "scopes and roles have at most %d entries each", NEEDED_MAX);
    }
    for (size_t i = 0; i < route->methods.count; i++) {
        check_method(run, route->methods.items[i]);
    }
    for (size_t i = 0; i < route->scopes.count; i++) {
        if (!text_is_scope(route->scopes.items[i])) {
            table_fault(run, ROUTE_SCOPES, "scopes has an entry with a byte that RFC 6749 section 3.3 forbids");
        } else if (str_starts(route->scopes.items[i], STR("api://"))) {
            table_add(
                run, TAM_LOG_WARNING, ROUTE_SCOPES,
                "scopes has an entry as clients request it; Entra's tokens carry what stands behind its last slash");
        }
    }
    if (route->access != ACCESS_TOKEN && route->scopes.count + route->roles.count > 0) {
        table_fault(run, ROUTE_ACCESS, "access=%s asks for no token, so it goes with no scopes and roles",
                    accesses[route->access]);
    }
}

static void read_route(struct table_run *run) {
    struct settings *settings = run->target;
    struct settings_route route = { .place = settings_place_of(run),
                                    .service = run->values[ROUTE_SERVICE].text,
                                    .methods = run->values[ROUTE_METHOD].list,
                                    .scopes = run->values[ROUTE_SCOPES].list,
                                    .roles = run->values[ROUTE_ROLES].list,
                                    .absent = (enum settings_absent)choice_of(run, ROUTE_ABSENT),
                                    .letters = (enum settings_case)choice_of(run, ROUTE_CASE),
                                    .access = (enum settings_access)run->values[ROUTE_ACCESS].number };
    (void)settings_host(run, ROUTE_HOST, &route.host);
    (void)settings_path(run, ROUTE_PATH, &route.path);
    read_conditions(run, &route);
    check_route(run, &route);
    if (run->good) { /* else it would be compared with others by what is missing in it */
        settings->routes[settings->route_count++] = route;
    }
}

const struct table_kind settings_route_statement = { .options = { "route", route_rows, ROUTE_COUNT },
                                                     .read = read_route };
