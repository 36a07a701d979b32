/* SPDX-License-Identifier: MIT
 *
 * Reads the head of a server's response line by line: how long the body is fresh, its ETag, and codings that are
 * refused before the body is read. The bytes are not trusted.
 */
#ifndef TAM_COMMON_RESPONSE_H
#define TAM_COMMON_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <tam/types.h>

#define RESPONSE_ETAG_MAX 256
#define RESPONSE_HEAD_MAX (64 * 1024) /* bytes of all heads of one transfer, informational responses included */

struct response {
    size_t head_len;
    struct tam_str refused;       /* a static sentence; empty: not refused */
    char etag[RESPONSE_ETAG_MAX]; /* empty: none, or too long */
    int64_t max_age, age;         /* seconds; -1: absent */
    int64_t expires, date;        /* Unix seconds; -1: absent */
    bool no_store;                /* no-store or no-cache */
};

void response_init(struct response *response);
/* Reads one line, with or without its line end. A status line resets all members but head_len, because headers of an
 * informational response do not apply to the final one. False: response->refused says why. */
bool response_read(struct response *response, struct tam_str line);

/* The freshness lifetime less the age, in seconds (RFC 9111 §4.2.1); -1: the server does not say. */
int64_t response_lifetime(const struct response *response);

#endif
