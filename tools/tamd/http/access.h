/* SPDX-License-Identifier: MIT
 *
 * The access log: one line for each request that was judged, without tokens.
 */
#ifndef TAM_TAMD_ACCESS_H
#define TAM_TAMD_ACCESS_H

#include <tools/tamd/http/request.h>

/* What a line says beside what the request itself knows. */
struct access {
    const char *service;             /* NULL: none judged */
    const struct tam_result *result; /* NULL: none */
    unsigned status;
    const char *refused; /* why tamd itself said no; NULL: it did not */
};

void access_log(const struct request *request, const struct access *access);

#endif
