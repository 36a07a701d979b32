/* SPDX-License-Identifier: MIT
 *
 * Which service judges a request, and what the operation needs beside a good token.
 */
#ifndef TAM_TAMD_ROUTE_H
#define TAM_TAMD_ROUTE_H

#include <tools/tamd/request.h>
#include <tools/tamd/target.h>

/* The original request, as the proxy tells it. Views point into the buffers, or into libmicrohttpd's memory. */
struct target {
    struct tam_str method, host, path; /* read only where the settings look at it */
    char host_text[TARGET_MAX], path_text[TARGET_MAX];
};

/* False, and *ret_fault says what is missing or ambiguous: static text. */
bool route_target(const struct request *request, struct target *ret_target, const char **ret_fault);

/*
 * Does the client send a header like one that a backend takes from us, or that routes look at, but with an underscore for a
 * hyphen? CGI and what descends from it cannot tell the two apart, and would believe the client.
 */
bool route_has_lookalike(const struct request *request);

/* The service with the longest path that fits; among those one that names the host. NULL: none. */
struct served *route_service(const struct site *site, const struct target *target);

/* The first route that fits; *ret_route NULL: none does. False, and *ret_fault, where a header is ambiguous. */
bool route_find(const struct request *request, const struct served *served, const struct target *target,
                const struct settings_route **ret_route, const char **ret_fault);

#endif
