/* SPDX-License-Identifier: MIT
 *
 * The canonical request, made once, and what its sender needs: which service judges, and what the operation needs
 * beside a good token. Nothing here knows of HTTP's library, so that a request can be explained that was never sent.
 */
#ifndef TAM_TAMD_ROUTE_H
#define TAM_TAMD_ROUTE_H

#include <tools/tamd/http/fields.h>
#include <tools/tamd/config/settings.h>
#include <tools/tamd/route/target.h>

/* A request as the proxy tells it. An empty view: it tells none, or two. */
struct original {
    struct tam_str method, uri, host;
    bool query_names_method; /* see target_query_names_method() */
    const struct fields *fields;
};

/* The canonical request. Views point into the buffers, or where the original's do. */
struct target {
    struct tam_str method, host, path; /* read only where the settings look at it */
    const struct fields *fields;
    char host_text[TARGET_MAX], path_text[TARGET_MAX];
};

enum route_fit { ROUTE_UNLIKE, ROUTE_REFUSES, ROUTE_FITS }; /* of several parts the first of these counts */

/* What is asked of the bearer. */
struct route_verdict {
    enum settings_access access;
    const char *refused;                    /* ACCESS_REFUSE: why, static text */
    const struct settings_service *service; /* NULL: there is none, or it was refused before */
    const struct settings_route *route;     /* NULL: none fits */
};

/* False, and *ret_fault says what is missing or ambiguous: static text. */
bool route_target(const struct settings *settings, const struct original *original, struct target *ret_target,
                  const char **ret_fault);

/* Does that route fit? *ret_why: what is unlike, or why the request is refused there; static text. */
enum route_fit route_try(const struct settings_route *route, const struct settings_service *service,
                         const struct target *target, const char **ret_why);

/* The service with the host, and then the longest path, that fits; the first route that fits. */
void route_judge(const struct settings *settings, const struct original *original, struct target *target,
                 struct route_verdict *ret_verdict);

#endif
