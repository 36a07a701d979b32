/* SPDX-License-Identifier: MIT
 *
 * Says how a request would be judged, without one.
 */
#ifndef TAM_TAMD_EXPLAIN_H
#define TAM_TAMD_EXPLAIN_H

#include <tools/tamd/config/settings.h>

/*
 * `METHOD PATH NAME=VALUE ...`, parted by blanks: the original request's method and URI, and headers; Host is its host.
 * A value with blanks stands in double quotes. Prints the canonical request, what each route says, and what is asked of
 * the bearer. False, and a sentence on standard error, where that is no such text.
 */
bool explain_request(const struct settings *settings, const char *text);

#endif
