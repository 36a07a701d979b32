/* SPDX-License-Identifier: MIT
 *
 * Finds services and routes. What cannot be told for certain is a fault, never a default: a request that fits no rule
 * because it was misread would be a request that no rule stops.
 */
#include <config.h>

#include <tools/tamd/route/route.h>

#include <src/base/array.h>
#include <src/base/str.h>

/* ---- Headers that look like others ---- */

static bool is_alphanumeric(char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9');
}

/* The same but for other punctuation in at least one place: CGI makes `_` of all of it. */
static bool looks_like(struct tam_str name, struct tam_str ours) {
    bool other = false;
    if (name.len != ours.len) {
        return false;
    }
    for (size_t i = 0; i < name.len; i++) {
        struct tam_str a = { name.ptr + i, 1 }, b = { ours.ptr + i, 1 };
        bool stands_in = !is_alphanumeric(*a.ptr) && !is_alphanumeric(*b.ptr) && *a.ptr != *b.ptr;
        other = other || stands_in;
        if (!stands_in && !str_equal_nocase(a, b)) {
            return false;
        }
    }
    return other;
}

static bool looks_like_any(const struct settings *settings, struct tam_str name) {
    for (size_t i = 0; i < HEADER_COUNT; i++) {
        if (looks_like(name, str_of(settings->headers[i]))) {
            return true;
        }
    }
    for (size_t i = 0; i < settings->route_count; i++) {
        for (size_t j = 0; j < settings->routes[i].condition_count; j++) {
            if (looks_like(name, settings->routes[i].conditions[j].name)) {
                return true;
            }
        }
    }
    return false;
}

/* ---- Headers that servers obey instead of the request line ---- */

enum part { PART_METHOD, PART_PATH, PART_HOST };

static const struct override {
    struct tam_str name;
    enum part part;
} overrides[] = {
    { STR_INIT("X-HTTP-Method-Override"), PART_METHOD },
    { STR_INIT("X-HTTP-Method"), PART_METHOD },
    { STR_INIT("X-Method-Override"), PART_METHOD },
    { STR_INIT("X-Original-URL"), PART_PATH },
    { STR_INIT("X-Rewrite-URL"), PART_PATH },
    { STR_INIT("X-Override-URL"), PART_PATH },
    { STR_INIT("Script-Name"),
      PART_PATH }, /* gunicorn, and the next by a much copied lines for WSGI: cut off in front */
    { STR_INIT("X-Script-Name"), PART_PATH },
    { STR_INIT("Path-Info"), PART_PATH },
    { STR_INIT("Destination"), PART_PATH }, /* RFC 4918 §10.3: COPY and MOVE write there */
    { STR_INIT("X-Host"), PART_HOST },
    { STR_INIT("X-Original-Host"), PART_HOST },
    { STR_INIT("X-HTTP-Host-Override"), PART_HOST },
};

static bool is_looked_at(const struct settings *settings, enum part part) {
    switch (part) {
    case PART_METHOD:
        return settings->needs_method;
    case PART_PATH:
        return settings->needs_path;
    case PART_HOST:
        return settings->needs_host;
    }
    return true;
}

/* The proxy sets it, and not for the server behind: it is where the proxy tells of the request, or the settings say so.
 */
static bool is_proxys(const struct settings *settings, struct tam_str name) {
    return list_has_nocase(settings->allowed, name) ||
           (!settings->from_path && (str_equal_nocase(str_of(settings->uri_header), name) ||
                                     str_equal_nocase(str_of(settings->method_header), name) ||
                                     str_equal_nocase(str_of(settings->host_header), name)));
}

static bool is_override(const struct settings *settings, struct tam_str name) {
    for (size_t i = 0; i < COUNT(overrides); i++) {
        struct tam_str ours = overrides[i].name;
        if (is_looked_at(settings, overrides[i].part) && (str_equal_nocase(name, ours) || looks_like(name, ours))) {
            return !is_proxys(settings, name);
        }
    }
    return false;
}

/* ---- The canonical request ---- */

static bool headers_pass(const struct settings *settings, const struct fields *fields, const char **ret_fault) {
    for (size_t i = 0; i < fields->count; i++) {
        struct tam_str name = fields->items[i].name;
        if (looks_like_any(settings, name)) {
            *ret_fault = "a header is spelled like one of ours, with other punctuation";
            return false;
        }
        if (is_override(settings, name)) {
            *ret_fault = "a header that some servers obey instead of the request line";
            return false;
        }
    }
    return true;
}

static bool read_path(const struct settings *settings, struct tam_str uri, struct target *target,
                      const char **ret_fault) {
    if (!settings->needs_path) {
        return true;
    }
    if (str_find(uri, ' ') < uri.len || str_find(uri, '\t') < uri.len) {
        *ret_fault = "a blank in the URI, where some servers end it"; /* RFC 9112 §3 */
        return false;
    }
    *ret_fault = "the proxy names no original URI, or two";
    return uri.len > 0 && target_path(uri, target->path_text, &target->path, ret_fault);
}

static bool read_host(const struct settings *settings, struct tam_str authority, struct target *target,
                      const char **ret_fault) {
    *ret_fault = "the proxy names no original host, or two";
    return !settings->needs_host ||
           (authority.len > 0 && target_host(authority, target->host_text, &target->host, ret_fault));
}

static bool read_method(const struct settings *settings, const struct original *original, struct target *target,
                        const char **ret_fault) {
    if (!settings->needs_method) {
        return true;
    }
    if (original->query_names_method) {
        *ret_fault = "a query with a method that some servers obey instead of the request line";
        return false;
    }
    *ret_fault = "the proxy names no original method, or two";
    return original->method.len > 0 && target_method(original->method, &target->method, ret_fault);
}

bool route_target(const struct settings *settings, const struct original *original, struct target *ret_target,
                  const char **ret_fault) {
    ret_target->method = ret_target->host = ret_target->path = STR_NONE;
    ret_target->fields = original->fields;
    return headers_pass(settings, original->fields, ret_fault) &&
           read_path(settings, original->uri, ret_target, ret_fault) &&
           read_host(settings, original->host, ret_target, ret_fault) &&
           read_method(settings, original, ret_target, ret_fault);
}

/* ---- The service ---- */

/* What a path that differs in the case of letters alone is, is for the settings to say; and whether servers take
 * characters for others, but never which. */
static enum route_fit fit_of(enum target_fit fit, enum settings_case letters) {
    if (fit == TARGET_FITS || (fit == TARGET_CASE && letters == CASE_IGNORE)) {
        return ROUTE_FITS;
    }
    return fit == TARGET_UNLIKE || letters == CASE_EXACT ? ROUTE_UNLIKE : ROUTE_REFUSES;
}

static const char by_case[] =
    "a path or header that differs from a rule's in the case or the spelling of letters alone";

/* A host is worth more than any path, so that one host's services are told apart by themselves. */
static size_t weight(const struct settings_service *service) {
    return service->path.len + 1 + (service->host.len > 0 ? TARGET_MAX : 0);
}

/* False: it would be the service's but for the case of letters. */
static bool service_find(const struct settings *settings, const struct target *target,
                         const struct settings_service **ret_service) {
    enum route_fit best = ROUTE_UNLIKE;
    *ret_service = NULL;
    for (size_t i = 0; i < settings->service_count; i++) {
        const struct settings_service *service = &settings->services[i];
        if ((service->host.len > 0 && !str_equal(service->host, target->host)) ||
            (*ret_service != NULL && weight(service) <= weight(*ret_service))) {
            continue;
        }
        enum route_fit fit = fit_of(target_path_fits(service->path, target->path), service->letters);
        if (fit != ROUTE_UNLIKE) {
            *ret_service = service;
            best = fit;
        }
    }
    return best != ROUTE_REFUSES;
}

/* ---- The route ---- */

/* The canonical value of a header; *ret_there: false, and an empty view, where there is none, or nothing in it. */
static bool value_read(const struct target *target, struct tam_str name, char *out, struct tam_str *ret_value,
                       bool *ret_there, const char **ret_fault) {
    size_t count = 0;
    *ret_value = fields_find(target->fields, name, &count);
    if (count > 1) {
        *ret_fault = "a header that routes look at is there twice";
        return false;
    }
    *ret_there = ret_value->len > 0;
    return target_header(*ret_value, out, ret_value, ret_fault);
}

static enum route_fit worse(enum route_fit a, enum route_fit b) {
    return a < b ? a : b;
}

/* Every header is looked at, also behind one that does not fit: an ambiguous one is a fault wherever it stands. */
static enum route_fit conditions_try(const struct settings_route *route, enum settings_case letters,
                                     const struct target *target, const char **ret_why) {
    enum route_fit all = ROUTE_FITS;
    bool all_there = true;
    for (size_t i = 0; i < route->condition_count; i++) {
        const struct settings_condition *condition = &route->conditions[i];
        char text[TARGET_MAX];
        struct tam_str value;
        bool there = false;
        if (!value_read(target, condition->name, text, &value, &there, ret_why)) {
            return ROUTE_REFUSES;
        }
        all = there ? worse(all, fit_of(target_text_fits(condition->pattern, value), letters)) : all;
        all_there = all_there && there;
    }
    if (all == ROUTE_UNLIKE) {
        *ret_why = "a header is unlike its pattern";
    } else if (!all_there && route->absent != ABSENT_MATCH) {
        *ret_why = "a header of the route is absent";
        return route->absent == ABSENT_SKIP ? ROUTE_UNLIKE : ROUTE_REFUSES;
    } else if (all == ROUTE_REFUSES) {
        *ret_why = by_case;
    }
    return all;
}

enum route_fit route_try(const struct settings_route *route, const struct settings_service *service,
                         const struct target *target, const char **ret_why) {
    enum settings_case letters = route->letters != CASE_UNSET ? route->letters : service->letters;
    enum route_fit path = fit_of(target_path_fits(route->path, target->path), letters);
    *ret_why = NULL;
    if (route->service.len > 0 && !str_equal(route->service, service->name)) {
        *ret_why = "another service";
    } else if (route->host.len > 0 && !str_equal(route->host, target->host)) {
        *ret_why = "another host";
    } else if (route->methods.count > 0 && !list_has(route->methods, target->method)) {
        *ret_why = "another method";
    } else if (path == ROUTE_UNLIKE) {
        *ret_why = "another path";
    }
    if (*ret_why != NULL) {
        return ROUTE_UNLIKE;
    }
    enum route_fit headers = conditions_try(route, letters, target, ret_why);
    if (headers == ROUTE_FITS && path == ROUTE_REFUSES) {
        *ret_why = by_case;
    }
    return worse(headers, path);
}

/* ---- All of it ---- */

static void refuse(struct route_verdict *verdict, const char *why) {
    verdict->access = ACCESS_REFUSE;
    verdict->refused = why;
}

static void routes_judge(const struct settings *settings, const struct target *target, struct route_verdict *verdict) {
    for (size_t i = 0; i < settings->route_count; i++) {
        const struct settings_route *route = &settings->routes[i];
        const char *why = NULL;
        enum route_fit fit = route_try(route, verdict->service, target, &why);
        if (fit == ROUTE_UNLIKE) {
            continue;
        }
        verdict->route = route;
        verdict->access = route->access;
        verdict->refused = "the route lets nobody in";
        if (fit == ROUTE_REFUSES) {
            refuse(verdict, why);
        }
        return;
    }
    verdict->access = verdict->service->access;
    verdict->refused = "no route is for that request";
}

void route_judge(const struct settings *settings, const struct original *original, struct target *target,
                 struct route_verdict *ret_verdict) {
    const struct settings_service *service = NULL;
    const char *fault = NULL;
    *ret_verdict = (struct route_verdict){ .access = ACCESS_REFUSE };
    if (!route_target(settings, original, target, &fault)) {
        refuse(ret_verdict, fault);
    } else if (!service_find(settings, target, &service)) {
        refuse(ret_verdict, by_case);
    } else if (service == NULL) {
        refuse(ret_verdict, "no service for that host and path");
    } else {
        ret_verdict->service = service;
        routes_judge(settings, target, ret_verdict);
    }
}
