/* SPDX-License-Identifier: MIT
 *
 * Services over the plugins of this project whose keys lie in a file, and tokens that those keys signed: no network, no
 * clock.
 */
#ifndef TAM_TESTS_SIGNED_HOST_H
#define TAM_TESTS_SIGNED_HOST_H

#include <tests/support/plugin_host.h>

#define SIGNED_JWT_CLAIMS "\"iss\":\"https://id.example\",\"aud\":\"api\",\"exp\":4102444800"
#define SIGNED_AZURE_CLAIMS                                                                                            \
    "\"aud\":\"" AZURE_CLIENT "\",\"exp\":4102444800,\"iss\":\"https://login.microsoftonline.com/" AZURE_TENANT        \
    "/v2.0\",\"tid\":\"" AZURE_TENANT "\",\"ver\":\"2.0\",\"oid\":\"33334444-dddd-5555-eeee-6666ffff7777\""

/* Makes the keys and their file, once for the process that runs the tests; and removes them. */
void signed_host_setup(void);
void signed_host_teardown(void);

/* "jwt issuer=… audience=api algorithms=… jwks_file=… " and the same of azure, with the plugins' absolute paths, so
 * that both may stand in one service; in one of a few static buffers. */
const char *signed_host_jwt(const char *options);
const char *signed_host_azure(const char *options);
void signed_host_open(struct plugin_host *host, const char *text);

/* RS256, PS256, ES256 or EdDSA; mem_free() it. */
char *signed_host_token(const char *alg, const char *payload);

#endif
