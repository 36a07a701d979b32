/* SPDX-License-Identifier: MIT
 *
 * Implements tam_plugin.describe: issuers, authorization server, scopes as clients request them.
 */
#ifndef TAM_AZURE_DESCRIPTION_H
#define TAM_AZURE_DESCRIPTION_H

#include <plugins/azure/settings.h>

/* As tam_plugin.describe. keyset NULL: the verifier was made with TAM_INIT_CHECK. */
int description_write(const struct azure_settings *settings, struct keyset *keyset,
                      const struct tam_description_request *request, struct tam_description *ret_description);

#endif
