/* SPDX-License-Identifier: MIT
 *
 * A service over a plugin of this project, the log that it writes, and what the tests of the azure plugin share: one
 * tenant, one application, a good token.
 */
#ifndef TAM_TESTS_PLUGIN_HOST_H
#define TAM_TESTS_PLUGIN_HOST_H

#include <pthread.h>
#include <stdbool.h>
#include <tam/tam.h>
#include <tests/support/issuer_process.h>

#define AZURE_TENANT "aaaabbbb-0000-cccc-1111-dddd2222eeee"
#define AZURE_CLIENT "00001111-aaaa-2222-bbbb-3333cccc4444"
#define AZURE_LINE   "azure tenant_id=" AZURE_TENANT " client_id=" AZURE_CLIENT " required_scopes=read "
/* A good v2.0 token of a user. */
#define AZURE_CLAIMS                                                                                                   \
    "{\"aud\":\"" AZURE_CLIENT "\",\"exp\":\"@+3600\",\"iat\":\"@-10\","                                               \
    "\"iss\":\"https://login.microsoftonline.com/" AZURE_TENANT "/v2.0\",\"nbf\":\"@-10\","                            \
    "\"oid\":\"33334444-dddd-5555-eeee-6666ffff7777\",\"scp\":\"read\",\"sub\":\"s\",\"tid\":\"" AZURE_TENANT "\","    \
    "\"ver\":\"2.0\"}"

struct plugin_host {
    struct tam_service *service;
    pthread_mutex_t lock; /* guards log */
    struct buf log;       /* lines */
};

/* Opens this configuration over that plugin; fails the test where it cannot. */
void plugin_host_open(struct plugin_host *host, const char *plugin, const char *text);
/* The same with these flags; that one's are TAM_SETUP_ANY_OWNER. */
void plugin_host_open_as(struct plugin_host *host, uint32_t flags, const char *plugin, const char *text);
/* AZURE_LINE with these options, after `before` (other statements, each with its newline, or ""). */
void plugin_host_open_azure(struct plugin_host *host, const char *before, struct tam_str options);
void plugin_host_close(struct plugin_host *host);
struct tam_result *plugin_host_ask(const struct plugin_host *host, struct tam_str token);
/* A number of its verifier's key set, as tam_status() has it; the test fails where there is none of that name. */
int64_t plugin_host_keyset(const struct plugin_host *host, const char *name);
bool plugin_host_logged(struct plugin_host *host, const char *part);
/* Waits until that is in the log, for keys are used before the lines about them are written; fails the test, with the
 * whole log, when it is not there after 10 s. */
void plugin_host_expect_log(struct plugin_host *host, const char *part);

#endif
