/* SPDX-License-Identifier: MIT
 *
 * The head of a key server's response, read line by line: for how long the body is fresh, its ETag, and what is refused
 * before there is a body. Any bytes may come.
 */
#ifndef TAM_JOSE_RESPONSE_H
#define TAM_JOSE_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <tam/types.h>

#define RESPONSE_ETAG_MAX 256
#define RESPONSE_HEAD_MAX (64 * 1024) /* bytes, of all responses to one request */

struct response {
    size_t head_len;
    struct tam_str refused;       /* static sentence; empty: nothing is */
    char etag[RESPONSE_ETAG_MAX]; /* empty: none, or too long */
    int64_t max_age, age;         /* seconds; -1: not said */
    int64_t expires, date;        /* Unix seconds; -1: not said */
    bool no_store;                /* no-store or no-cache */
};

void response_init(struct response *response);
/* One line, with its end or without. A status line begins anew, for what an informational response said is over. False: it
 * is refused, and says why. */
bool response_read(struct response *response, struct tam_str line);

/* How long the body is fresh by what was read (RFC 9111 §4.2.1), seconds; -1: the server is silent. */
int64_t response_lifetime(const struct response *response);

#endif
