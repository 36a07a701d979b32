/* SPDX-License-Identifier: MIT
 *
 * Splitting an absolute URL (RFC 3986 §3) into its parts. It refuses what two readers could read differently: user
 * info, a fragment, blanks, control and non-ASCII bytes, `"` and `\`, an empty host, a port out of range, a bad %
 * escape.
 */
#ifndef TAM_BASE_URL_H
#define TAM_BASE_URL_H

#include <stdbool.h>
#include <tam/types.h>

struct url {
    struct tam_str scheme; /* as written */
    struct tam_str host;   /* as written; an IPv6 address in its brackets */
    struct tam_str port;   /* digits; empty: none written */
    struct tam_str path;   /* from its first slash; may be empty */
    struct tam_str query;  /* without the question mark */
    struct tam_str origin; /* scheme://host[:port] */
};

/* Views point into text. On failure false, and *ret_fault (may be NULL) says why: static text. */
bool url_split(struct tam_str text, struct url *ret_url, const char **ret_fault);
bool url_is_https(const struct url *url);
/* localhost, 127.0.0.0/8 or [::1], by its spelling. */
bool url_is_loopback(const struct url *url);

#endif
