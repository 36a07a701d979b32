/* SPDX-License-Identifier: MIT
 *
 * What the tests of the azure plugin in a host share: one tenant, one application, a service over a real tam-issuer, and a
 * log that can be read.
 */
#ifndef TAM_TESTS_AZURE_HOST_H
#define TAM_TESTS_AZURE_HOST_H

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

struct azure_host {
    struct tam_service *service;
    pthread_mutex_t lock; /* guards log */
    struct buf log;       /* lines */
};

/* Opens AZURE_LINE with these options, after `before` (other statements, each with its newline, or ""). */
void azure_host_open(struct azure_host *host, const char *before, struct tam_str options);
/* The same with any plugin of this project and a whole configuration. */
void azure_host_open_plugin(struct azure_host *host, const char *plugin, const char *text);
void azure_host_close(struct azure_host *host);
bool azure_host_logged(struct azure_host *host, const char *part);

#endif
