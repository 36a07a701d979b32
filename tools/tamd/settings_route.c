/* SPDX-License-Identifier: MIT
 *
 * Reads the statements that say which service judges which request, and what else it demands there.
 */
#include <config.h>

#include <src/base/quote.h>
#include <src/base/str.h>
#include <src/text.h>
#include <tools/tamd/settings_internal.h>
#include <tools/tamd/target.h>

#define NEEDED_MAX 256 /* entries that tam_query takes */

/* ---- What both share ---- */

/* A target of the configuration must be written as requests are compared with it. */
static bool read_target(struct settings_run *run, int row, struct tam_str text, struct tam_str found, bool good) {
    if (good && str_equal(text, found))
        return true;
    settings_fault(run, row, "%.*s is not in the spelling that requests are compared with", STR_PRINT(text));
    return false;
}

bool settings_host(struct settings_run *run, int row, struct tam_str *ret_host) {
    struct tam_str text = run->values[row].text, host = STR_NONE;
    char out[TARGET_MAX];
    const char *fault = NULL;
    if (text.len == 0)
        return true;
    bool good = target_host(text, out, &host, &fault);
    if (!read_target(run, row, text, host, good))
        return false;
    *ret_host = text;
    return true;
}

bool settings_path(struct settings_run *run, int row, struct tam_str *ret_path) {
    struct tam_str text = run->values[row].text, path = STR_NONE;
    char out[TARGET_MAX];
    const char *fault = NULL;
    if (text.len == 0)
        return true;
    bool good = target_path(text, out, &path, &fault);
    struct tam_str trimmed = { text.ptr, text.len - (str_ends(text, STR("/")) ? 1 : 0) };
    if (!read_target(run, row, trimmed, path, good))
        return false;
    *ret_path = trimmed;
    return true;
}

/* ---- service ---- */

enum { SERVICE_NAME, SERVICE_FILE, SERVICE_HOST, SERVICE_PATH, SERVICE_COUNT };

static const struct tam_option service_rows[SERVICE_COUNT] = {
    { "name", TAM_OPT_STRING, TAM_OPT_REQUIRED, 1, 128, NULL, NULL, "of the service, and of its file" },
    { "file", TAM_OPT_FILE, 0, 1, 4096, NULL, NULL, "its service file, where that has another name or place" },
    { "host", TAM_OPT_STRING, 0, 1, 255, NULL, NULL, "it judges requests for this host only" },
    { "path", TAM_OPT_STRING, 0, 1, 1024, NULL, NULL, "it judges requests at and below this path only" },
};

/* As the name of a service file: it stands in paths and metrics too. */
static bool is_name(struct tam_str name) {
    for (size_t i = 0; i < name.len; i++) {
        char byte = name.ptr[i];
        bool plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9');
        if (!plain && byte != '_' && byte != '-' && (byte != '.' || i == 0))
            return false;
    }
    return name.len > 0;
}

static void read_service(struct settings_run *run) {
    struct settings *settings = run->settings;
    struct settings_service service = { .name = run->values[SERVICE_NAME].text,
                                        .file = run->values[SERVICE_FILE].text };
    if (!is_name(service.name))
        settings_fault(run, SERVICE_NAME, "name must be of A-Z, a-z, 0-9, '_', '.' and '-', and not begin with a dot");
    (void)settings_host(run, SERVICE_HOST, &service.host);
    (void)settings_path(run, SERVICE_PATH, &service.path);
    settings->services[settings->service_count++] = service;
}

const struct settings_statement settings_service_statement = { { "service", service_rows, SERVICE_COUNT },
                                                               false,
                                                               read_service };

/* ---- route ---- */

enum {
    ROUTE_SERVICE,
    ROUTE_HOST,
    ROUTE_PATH,
    ROUTE_METHOD,
    ROUTE_HEADER,
    ROUTE_SCOPES,
    ROUTE_ROLES,
    ROUTE_ACCESS,
    ROUTE_COUNT
};

static const char *const accesses[] = { "token", "open", "refuse", NULL }; /* enum settings_access */

static const struct tam_option route_rows[ROUTE_COUNT] = {
    { "service", TAM_OPT_STRING, 0, 1, 128, NULL, NULL, "requests of this service only" },
    { "host", TAM_OPT_STRING, 0, 1, 255, NULL, NULL, "requests for this host only" },
    { "path", TAM_OPT_STRING, 0, 1, 1024, NULL, NULL, "requests at and below this path only; a segment * is any" },
    { "method", TAM_OPT_STRING | TAM_OPT_LIST, 0, 1, 32, NULL, NULL, "requests with one of these methods only" },
    { "header", TAM_OPT_STRING | TAM_OPT_LIST, 0, 3, 1024, NULL, NULL,
      "NAME:PATTERN,...: requests with these headers only; * is any text" },
    { "scopes", TAM_OPT_STRING | TAM_OPT_LIST, 0, 1, 512, NULL, NULL, "that the token must carry, all of them" },
    { "roles", TAM_OPT_STRING | TAM_OPT_LIST, 0, 1, 512, NULL, NULL, "of which an application's token must carry one" },
    { "access", TAM_OPT_ENUM, 0, 0, 0, "token", accesses, "a good token, anybody, or nobody" },
};

static bool read_condition(struct tam_str text, const struct pool *pool, struct settings_condition *ret_condition) {
    size_t colon = str_find(text, ':');
    struct tam_str name = { text.ptr, colon }, pattern = str_from(text, colon + 1);
    if (!settings_is_token(name) || pattern.len == 0 || str_equal_nocase(name, STR("Authorization")))
        return false;
    ret_condition->pattern = pattern;
    return pool_copy(pool, name, &ret_condition->name);
}

static void read_conditions(struct settings_run *run, struct settings_route *route) {
    struct tam_list list = run->values[ROUTE_HEADER].list;
    struct settings_condition *conditions = pool_array(run->means.pool, list.count, sizeof *conditions);
    for (size_t i = 0; i < list.count; i++)
        if (conditions == NULL || !read_condition(list.items[i], run->means.pool, &conditions[i]))
            settings_fault(run, ROUTE_HEADER, "header must be NAME:PATTERN, such as Mcp-Name:delete_*");
    route->conditions = conditions;
    route->condition_count = list.count;
}

static void check_route(struct settings_run *run, const struct settings_route *route) {
    if (route->scopes.count > NEEDED_MAX || route->roles.count > NEEDED_MAX)
        settings_fault(run, ROUTE_SCOPES, "scopes and roles have at most %d entries each", NEEDED_MAX);
    for (size_t i = 0; i < route->methods.count; i++)
        if (!settings_is_token(route->methods.items[i]))
            settings_fault(run, ROUTE_METHOD, "method must be methods, such as GET,POST");
    for (size_t i = 0; i < route->scopes.count; i++)
        if (!text_is_scope(route->scopes.items[i]))
            settings_fault(run, ROUTE_SCOPES, "scopes has an entry with a byte that RFC 6749 section 3.3 forbids");
    if (route->access != ACCESS_TOKEN && route->scopes.count + route->roles.count > 0)
        settings_fault(run, ROUTE_ACCESS, "access=%s asks for no token, so it goes with no scopes and roles",
                       accesses[route->access]);
}

static void read_route(struct settings_run *run) {
    struct settings *settings = run->settings;
    struct settings_route route = { .service = run->values[ROUTE_SERVICE].text,
                                    .methods = run->values[ROUTE_METHOD].list,
                                    .scopes = run->values[ROUTE_SCOPES].list,
                                    .roles = run->values[ROUTE_ROLES].list,
                                    .access = (enum settings_access)run->values[ROUTE_ACCESS].number };
    (void)settings_host(run, ROUTE_HOST, &route.host);
    (void)settings_path(run, ROUTE_PATH, &route.path);
    read_conditions(run, &route);
    check_route(run, &route);
    settings->routes[settings->route_count++] = route;
}

const struct settings_statement settings_route_statement = { { "route", route_rows, ROUTE_COUNT }, false, read_route };
