/* SPDX-License-Identifier: MIT
 *
 * The HTTPS side of the development identity provider. It has no thread: the owner waits for its descriptor and
 * runs it, so keys can change between two requests and never during one.
 */
#ifndef TAM_TOOLS_ISSUER_HTTP_H
#define TAM_TOOLS_ISSUER_HTTP_H

#include <tools/issuer/keys.h>

struct issuer_server;

/* Everything in it is borrowed until issuer_server_stop(), but for the socket, which then is closed. */
struct issuer_server_options {
    int socket;                     /* listening, not blocking */
    const char *certificate, *key;  /* PEM */
    const struct issuer_keys *keys; /* may change between two runs */
    const char *const *names;       /* hosts that may be asked for; `*.example` stands for one label */
    size_t name_count;
    const char *cache_control; /* NULL: no such header */
    const char *outage;        /* while there is a file of that name every answer is 503 */
    int log;                   /* a descriptor that gets a line a request; -1: none */
};

/* On failure NULL, and one sentence in why. */
struct issuer_server *issuer_server_start(const struct issuer_server_options *options, struct buf *why);
void issuer_server_stop(struct issuer_server *server); /* NULL is fine */

int issuer_server_descriptor(const struct issuer_server *server); /* readable: run it */
int issuer_server_timeout(const struct issuer_server *server);    /* for poll(2): milliseconds, or -1 */
bool issuer_server_run(struct issuer_server *server);             /* never blocks; false: it is broken */

#endif
