/* SPDX-License-Identifier: MIT
 *
 * Checks tamd's statements against each other: two services for one request, and rules that never come to be asked.
 * Such a rule is an error, never a warning: its author believes that something is guarded which is not.
 */
#include <config.h>

#include <src/base/str.h>
#include <tools/tamd/config/settings_internal.h>
#include <tools/tamd/route/target.h>

/* A fault in the line of that statement. */
#define check_fault(means, where, ...)                                                                                 \
    faults_add((means)->faults, TAM_LOG_ERROR, (where)->place.file, (where)->place.line, __VA_ARGS__)

/* ---- Services ---- */

/* Where one of them does not tell upper case from lower case, the other is never found. */
static bool same_path(const struct settings_service *first, const struct settings_service *second) {
    bool exact = first->letters == CASE_EXACT && second->letters == CASE_EXACT;
    return exact ? str_equal(first->path, second->path) : str_equal_nocase(first->path, second->path);
}

static void check_pair(const struct settings_service *first, const struct settings_service *second,
                       const struct option_means *means) {
    if (str_equal(first->name, second->name)) {
        check_fault(means, second, "there are two services %s", first->name.ptr);
    } else if (str_equal(first->host, second->host) && same_path(first, second)) {
        check_fault(means, second, "services %s and %s have the same host and path; which one judges?", first->name.ptr,
                    second->name.ptr);
    }
}

static void check_services(const struct settings *settings, const struct option_means *means, const char *file) {
    if (settings->service_count == 0 && !faults_any_error(means->faults)) {
        faults_add(means->faults, TAM_LOG_ERROR, file, 0, "there is no service: expected a line service name=NAME");
    }
    for (size_t i = 0; i < settings->service_count; i++) {
        for (size_t j = 0; j < i; j++) {
            check_pair(&settings->services[j], &settings->services[i], means);
        }
    }
}

/* ---- Which service a route concerns ---- */

/* One path may be at or below the other: a `*` of either is any segment. */
static bool paths_meet(struct tam_str a, struct tam_str b) {
    struct tam_str one, other;
    while (str_cut(&a, '/', &one) && str_cut(&b, '/', &other)) {
        if (!str_equal_nocase(one, other) && !str_equal(one, STR("*")) && !str_equal(other, STR("*"))) {
            return false;
        }
    }
    return true;
}

static bool concerns(const struct settings_route *route, const struct settings_service *service) {
    return (route->service.len == 0 || str_equal(route->service, service->name)) &&
           (route->host.len == 0 || service->host.len == 0 || str_equal(route->host, service->host)) &&
           paths_meet(route->path, service->path);
}

static bool is_concerned(const struct settings *settings, const struct settings_service *service) {
    for (size_t i = 0; i < settings->route_count; i++) {
        if (concerns(&settings->routes[i], service)) {
            return true;
        }
    }
    return false;
}

/* What a service leaves to the statement `tamd`. Without routes there is only one thing that can be meant. */
static void complete_service(const struct settings *settings, struct settings_service *service,
                             const struct option_means *means) {
    if (service->letters == CASE_UNSET) {
        service->letters = settings->letters != CASE_UNSET ? settings->letters : CASE_REFUSE;
    }
    if (service->access_given) {
        return;
    }
    service->access = settings->access;
    if (!settings->access_given && is_concerned(settings, service)) {
        check_fault(
            means, service,
            "service %s has routes, so it needs default=refuse, verify or open, here or in a line tamd: what of a "
            "request that no route fits? With verify a token that the service accepts is enough",
            service->name.ptr);
    }
}

static bool is_ascii(struct tam_str text) {
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.ptr[i] >= 0x80) {
            return false;
        }
    }
    return true;
}

static bool route_is_ascii(const struct settings_route *route) {
    bool all = is_ascii(route->path);
    for (size_t i = 0; i < route->condition_count; i++) {
        all = all && is_ascii(route->conditions[i].pattern);
    }
    return all;
}

/* Which letters beyond ASCII are the same to a server, and in how many spellings, only the server knows. */
static void check_letters(const struct settings *settings, const struct option_means *means) {
    static const char fault[] = "letters beyond ASCII are compared byte by byte, so this line needs case=exact";
    for (size_t i = 0; i < settings->service_count; i++) {
        const struct settings_service *service = &settings->services[i];
        if (!is_ascii(service->path) && service->letters != CASE_EXACT) {
            check_fault(means, service, "%s", fault);
        }
    }
    for (size_t i = 0; i < settings->route_count; i++) {
        const struct settings_route *route = &settings->routes[i];
        if (!route_is_ascii(route) && route->letters != CASE_EXACT) {
            check_fault(means, route, "%s", fault);
        }
    }
}

/* ---- Headers that are not the request's own ---- */

/* They are the proxy's, or spelled in more ways than patterns tell apart; NULL: it is another header. */
static const char *header_fault(const struct settings *settings, struct tam_str name) {
    static const char *const framing[] = { "Connection", "Content-Length", "Transfer-Encoding",
                                           "TE",         "Trailer",        "Upgrade" };
    if (str_equal_nocase(name, STR("Host")) || str_equal_nocase(name, str_of(settings->host_header))) {
        return "write host=";
    }
    if (str_equal_nocase(name, str_of(settings->uri_header))) {
        return "write path=";
    }
    if (str_equal_nocase(name, str_of(settings->method_header))) {
        return "write method=";
    }
    for (size_t i = 0; i < HEADER_COUNT; i++) {
        if (str_equal_nocase(name, str_of(settings->headers[i]))) {
            return "a client's own is taken away; write scopes= or roles=";
        }
    }
    for (size_t i = 0; i < sizeof framing / sizeof framing[0]; i++) {
        if (str_equal_nocase(name, str_of(framing[i]))) {
            return "it is the connection's to the proxy, and the server behind has another";
        }
    }
    return NULL;
}

static void check_headers(const struct settings *settings, const struct settings_route *route,
                          const struct option_means *means) {
    for (size_t i = 0; i < route->condition_count; i++) {
        const char *fault = header_fault(settings, route->conditions[i].name);
        if (fault != NULL) {
            check_fault(means, route, "a route cannot look at the header %s: %s", route->conditions[i].name.ptr, fault);
        }
    }
}

/* ---- Routes that are never asked ---- */

static enum settings_case letters_of(const struct settings_route *route, const struct settings_service *service) {
    return route->letters != CASE_UNSET ? route->letters : service->letters;
}

/* How the first rule's pattern fits the second's: has the first decided all that the second is asked about, be it by
 * refusing what differs in case? */
static bool fit_covers(enum target_fit fit, enum settings_case first, enum settings_case second) {
    return (fit == TARGET_FITS && (first == second || second == CASE_EXACT)) ||
           (fit != TARGET_UNLIKE && first != CASE_EXACT);
}

/* Would that other service be found before this one for all that the route is about? See route.c. */
static bool is_found_before(const struct settings_service *other, const struct settings_service *service,
                            const struct settings_route *route) {
    struct tam_str host = route->host.len > 0 ? route->host : service->host;
    bool heavier =
        (other->host.len > 0) == (service->host.len > 0) ? other->path.len > service->path.len : other->host.len > 0;
    return heavier && (other->host.len == 0 || str_equal(other->host, host)) &&
           fit_covers(target_path_fits(other->path, route->path), other->letters, letters_of(route, service));
}

static bool is_judged_by(const struct settings *settings, const struct settings_route *route,
                         const struct settings_service *service) {
    for (size_t i = 0; i < settings->service_count; i++) {
        if (is_found_before(&settings->services[i], service, route)) {
            return false;
        }
    }
    return concerns(route, service);
}

static void check_concern(const struct settings *settings, const struct settings_route *route,
                          const struct option_means *means) {
    bool known = route->service.len == 0;
    for (size_t i = 0; i < settings->service_count; i++) {
        known = known || str_equal(settings->services[i].name, route->service);
        if (is_judged_by(settings, route, &settings->services[i])) {
            return;
        }
    }
    if (!known) {
        check_fault(means, route, "a route names service %s, which is not there", route->service.ptr);
    } else {
        check_fault(means, route, "this route never fits: no service%s judges requests for its host and path",
                    route->service.len > 0 ? " of that name" : "");
    }
}

static bool methods_cover(struct tam_list first, struct tam_list second) {
    for (size_t i = 0; i < second.count; i++) {
        if (first.count > 0 && !list_has(first, second.items[i])) {
            return false;
        }
    }
    return first.count == 0 || second.count > 0;
}

/* All values fit, and what becomes of a request without the header is decided here, too. */
static bool takes_all(const struct settings_condition *condition, const struct settings_route *route) {
    return condition->pattern.len == 1 && condition->pattern.ptr[0] == '*' && route->absent != ABSENT_SKIP;
}

/* A `*` of the second pattern is met by a `*` of the first alone, so whatever fits the second fits the first. */
static bool condition_covered(const struct settings_condition *condition, const struct settings_route *second,
                              enum settings_case first_letters, enum settings_case second_letters) {
    for (size_t i = 0; i < second->condition_count; i++) {
        const struct settings_condition *other = &second->conditions[i];
        if (str_equal_nocase(condition->name, other->name) &&
            fit_covers(target_text_fits(condition->pattern, other->pattern), first_letters, second_letters)) {
            return true;
        }
    }
    return false;
}

/* Of the requests that the service judges. */
static bool covers_in(const struct settings_service *service, const struct settings_route *first,
                      const struct settings_route *second) {
    enum settings_case letters = letters_of(first, service), others = letters_of(second, service);
    for (size_t i = 0; i < first->condition_count; i++) {
        if (!takes_all(&first->conditions[i], first) &&
            !condition_covered(&first->conditions[i], second, letters, others)) {
            return false;
        }
    }
    return (first->service.len == 0 || str_equal(first->service, service->name)) &&
           (first->host.len == 0 || str_equal(first->host, second->host) || str_equal(first->host, service->host)) &&
           (fit_covers(target_path_fits(first->path, second->path), letters, others) ||
            fit_covers(target_path_fits(first->path, service->path), letters, service->letters)) &&
           (first->condition_count == 0 || first->absent != ABSENT_SKIP || second->absent == ABSENT_SKIP) &&
           methods_cover(first->methods, second->methods);
}

/* Is there no request left that the second could be asked about? */
static bool covers(const struct settings *settings, const struct settings_route *first,
                   const struct settings_route *second) {
    bool some = false;
    for (size_t i = 0; i < settings->service_count; i++) {
        if (is_judged_by(settings, second, &settings->services[i])) {
            some = true;
            if (!covers_in(&settings->services[i], first, second)) {
                return false;
            }
        }
    }
    return some;
}

/* The route above that decides all of it; NULL: none does. */
static const struct settings_route *find_above(const struct settings *settings, size_t at,
                                               const struct settings_route *route) {
    for (size_t i = 0; i < at; i++) {
        if (covers(settings, &settings->routes[i], route)) {
            return &settings->routes[i];
        }
    }
    return NULL;
}

/* Each method for itself: several routes above may have taken them one by one. */
static void check_methods(const struct settings *settings, size_t at, const struct option_means *means) {
    const struct settings_route *route = &settings->routes[at];
    for (size_t i = 0; i < route->methods.count; i++) {
        struct settings_route one = *route;
        one.methods = (struct tam_list){ &route->methods.items[i], 1 };
        const struct settings_route *above = find_above(settings, at, &one);
        if (above != NULL) {
            check_fault(means, route,
                        "method=%.*s never fits here: the route in line %u of %s decides every request before it",
                        STR_PRINT(one.methods.items[0]), above->place.line, above->place.file);
        }
    }
}

static void check_shadow(const struct settings *settings, size_t at, const struct option_means *means) {
    const struct settings_route *route = &settings->routes[at];
    const struct settings_route *above = find_above(settings, at, route);
    if (above == NULL) {
        check_methods(settings, at, means);
    } else {
        check_fault(means, route, "this route never fits: the %s in line %u of %s decides every request before it",
                    covers(settings, route, above) ? "same one" : "wider one", above->place.line, above->place.file);
    }
}

/* ---- All of it ---- */

static void needs_find(struct settings *settings) {
    for (size_t i = 0; i < settings->service_count; i++) {
        settings->needs_host |= settings->services[i].host.len > 0;
        settings->needs_path |= settings->services[i].path.len > 0;
    }
    for (size_t i = 0; i < settings->route_count; i++) {
        settings->needs_host |= settings->routes[i].host.len > 0;
        settings->needs_path |= settings->routes[i].path.len > 0;
        settings->needs_method |= settings->routes[i].methods.count > 0;
    }
}

void settings_check(struct settings *settings, const struct option_means *means, const char *file) {
    for (size_t i = 0; i < settings->service_count; i++) {
        complete_service(settings, &settings->services[i], means);
    }
    check_services(settings, means, file);
    for (size_t i = 0; i < settings->route_count; i++) {
        check_headers(settings, &settings->routes[i], means);
        check_concern(settings, &settings->routes[i], means);
        check_shadow(settings, i, means);
    }
    check_letters(settings, means);
    needs_find(settings);
}
