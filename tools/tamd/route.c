/* SPDX-License-Identifier: MIT
 *
 * Finds services and routes. What cannot be told for certain is a fault, never a default: a request that fits no rule because
 * it was misread would be a request that no rule stops.
 */
#include <config.h>

#include <tools/tamd/route.h>

#include <src/base/str.h>

/* ---- The original request ---- */

/* A header that must be there once; what a proxy sets, it sets instead of the client's. */
static bool read_header(const struct request *request, const char *name, struct tam_str *ret_value) {
    size_t count = 0;
    *ret_value = request_header(request, name, &count);
    return count == 1 && ret_value->len > 0;
}

static bool read_path(const struct request *request, struct target *target, const char **ret_fault) {
    const struct settings *settings = request->site->settings;
    struct tam_str uri = request->below;
    if (!settings->from_path && !read_header(request, settings->uri_header, &uri)) {
        *ret_fault = "the proxy names no original URI, or two";
        return false;
    }
    return target_path(settings->from_path && uri.len == 0 ? STR("/") : uri, target->path_text, &target->path,
                       ret_fault);
}

static bool read_host(const struct request *request, struct target *target, const char **ret_fault) {
    const struct settings *settings = request->site->settings;
    struct tam_str authority;
    if (!read_header(request, settings->from_path ? "Host" : settings->host_header, &authority)) {
        *ret_fault = "the proxy names no original host, or two";
        return false;
    }
    return target_host(authority, target->host_text, &target->host, ret_fault);
}

static bool read_method(const struct request *request, struct target *target, const char **ret_fault) {
    const struct settings *settings = request->site->settings;
    target->method = str_of(request->method);
    if (settings->from_path || read_header(request, settings->method_header, &target->method))
        return true;
    *ret_fault = "the proxy names no original method, or two";
    return false;
}

bool route_target(const struct request *request, struct target *ret_target, const char **ret_fault) {
    const struct settings *settings = request->site->settings;
    ret_target->method = ret_target->host = ret_target->path = STR_NONE;
    return (!settings->needs_path || read_path(request, ret_target, ret_fault)) &&
           (!settings->needs_host || read_host(request, ret_target, ret_fault)) &&
           (!settings->needs_method || read_method(request, ret_target, ret_fault));
}

/* ---- Headers that look like others ---- */

struct lookalike {
    const struct settings *settings;
    bool found;
};

/* The same but for at least one underscore in place of a hyphen. */
static bool looks_like(struct tam_str name, struct tam_str ours) {
    bool underscore = false;
    if (name.len != ours.len)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        bool stands_in = name.ptr[i] == '_' && ours.ptr[i] == '-';
        underscore = underscore || stands_in;
        if (!stands_in && !str_equal_nocase((struct tam_str){ name.ptr + i, 1 }, (struct tam_str){ ours.ptr + i, 1 }))
            return false;
    }
    return underscore;
}

static bool looks_like_any(const struct settings *settings, struct tam_str name) {
    for (size_t i = 0; i < HEADER_COUNT; i++)
        if (looks_like(name, str_of(settings->headers[i])))
            return true;
    for (size_t i = 0; i < settings->route_count; i++)
        for (size_t j = 0; j < settings->routes[i].condition_count; j++)
            if (looks_like(name, settings->routes[i].conditions[j].name))
                return true;
    return false;
}

static enum MHD_Result lookalike_one(void *ctx, enum MHD_ValueKind kind, const char *name, const char *value) {
    struct lookalike *lookalike = ctx;
    (void)kind, (void)value;
    if (strchr(name, '_') != NULL && looks_like_any(lookalike->settings, str_of(name)))
        lookalike->found = true;
    return lookalike->found ? MHD_NO : MHD_YES;
}

bool route_has_lookalike(const struct request *request) {
    struct lookalike lookalike = { request->site->settings, false };
    MHD_get_connection_values(request->connection, MHD_HEADER_KIND, lookalike_one, &lookalike);
    return lookalike.found;
}

/* ---- The service ---- */

static bool service_fits(const struct settings_service *service, const struct target *target) {
    return (service->host.len == 0 || str_equal(service->host, target->host)) &&
           target_path_fits(service->path, target->path);
}

/* A host is worth more than any path, so that one host's services are told apart by themselves. */
static size_t weight(const struct settings_service *service) {
    return service->path.len + 1 + (service->host.len > 0 ? TARGET_MAX : 0);
}

struct served *route_service(const struct site *site, const struct target *target) {
    size_t best = 0;
    struct served *found = NULL;
    for (size_t i = 0; i < site->settings->service_count; i++) {
        const struct settings_service *service = &site->settings->services[i];
        if (weight(service) > best && service_fits(service, target)) {
            best = weight(service);
            found = site->served[i];
        }
    }
    return found;
}

/* ---- The route ---- */

static bool route_fits(const struct settings_route *route, const struct served *served, const struct target *target) {
    return (route->service.len == 0 || str_equal(route->service, str_of(served->name))) &&
           (route->host.len == 0 || str_equal(route->host, target->host)) &&
           (route->methods.count == 0 || list_has(route->methods, target->method)) &&
           target_path_fits(route->path, target->path);
}

/* *ret_fits: the header is there and like the pattern. */
static bool condition_check(const struct request *request, const struct settings_condition *condition, bool *ret_fits,
                            const char **ret_fault) {
    char text[TARGET_MAX];
    size_t count = 0;
    struct tam_str value = request_header(request, condition->name.ptr, &count);
    if (count > 1) {
        *ret_fault = "a header that routes look at is there twice";
        return false;
    }
    if (!target_header(value, text, &value, ret_fault))
        return false;
    *ret_fits = count == 1 && target_text_fits(condition->pattern, value);
    return true;
}

/* Every header is looked at, also behind one that does not fit: an ambiguous one is a fault wherever it stands. */
static bool conditions_check(const struct request *request, const struct settings_route *route, bool *ret_fits,
                             const char **ret_fault) {
    bool all = true, one = false;
    for (size_t i = 0; i < route->condition_count; i++) {
        if (!condition_check(request, &route->conditions[i], &one, ret_fault))
            return false;
        all = all && one;
    }
    *ret_fits = all;
    return true;
}

bool route_find(const struct request *request, const struct served *served, const struct target *target,
                const struct settings_route **ret_route, const char **ret_fault) {
    const struct settings *settings = request->site->settings;
    for (size_t i = 0; i < settings->route_count; i++) {
        const struct settings_route *route = &settings->routes[i];
        bool fits = false;
        if (!route_fits(route, served, target))
            continue;
        if (!conditions_check(request, route, &fits, ret_fault))
            return false;
        if (fits) {
            *ret_route = route;
            return true;
        }
    }
    *ret_route = NULL;
    return true;
}
