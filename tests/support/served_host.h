/* SPDX-License-Identifier: MIT
 *
 * A service over the jwt plugin whose keys a scripted server serves, and questions to it in one line.
 */
#ifndef TAM_TESTS_SERVED_HOST_H
#define TAM_TESTS_SERVED_HOST_H

#include <tests/support/plugin_host.h>
#include <tests/support/scripted_server.h>

#define SERVED_ISSUER "https://id.example"
#define SERVED_KEYS   SERVED_ISSUER "/keys"
#define SERVED_JWT    "jwt issuer=" SERVED_ISSUER " audience=api "

/* Opens SERVED_JWT with these options and those that lead to the server. */
void served_host_open(struct plugin_host *host, const struct scripted_server *server, const char *options);

/* A good token that names that kid and was signed by a key of jose_support.h; mem_free() it. */
char *served_token(const char *key, const char *kid, const char *sub);
const char *served_ask_token(const struct plugin_host *host, const char *token);
/* Asks with a good token that names that kid and was signed by a key of jose_support.h; a sub of its own keeps it out
 * of the verdict cache. "accept", the reason of a reject, or another verdict's name. */
const char *served_ask(const struct plugin_host *host, const char *key, const char *kid, const char *sub);
/* The same without waiting: what that starts goes on while the caller does something else. */
const char *served_ask_nonblock(const struct plugin_host *host, const char *key, const char *kid, const char *sub);

/* Fails the test, with the whole log, unless there is a line "keys: WHERE: WORDS…". */
void served_expect_log(struct plugin_host *host, const char *where, const char *words);

#endif
