/* SPDX-License-Identifier: MIT
 *
 * Where a request ends, and for whom it is: what two programs could read in two ways is refused. libmicrohttpd
 * 0.9.75 takes the first of several values, and a bare line feed for the end of a line.
 */
#ifndef TAM_TAMD_FRAMING_H
#define TAM_TAMD_FRAMING_H

#include <stdbool.h>
#include <stdint.h>

struct request;

struct framing {
    bool has_body, chunked;
    int64_t length; /* of the body; chunked: 0 */
};

/* NULL, and *ret_framing; or one sentence of what is wrong, static text. In libmicrohttpd's handler, when the headers
 * are whole. */
const char *framing_read(const struct request *request, struct framing *ret_framing);

#endif
