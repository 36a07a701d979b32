/* SPDX-License-Identifier: MIT
 *
 * Checks the options that hold an id of Entra, when the configuration is read. No token is checked here.
 */
#ifndef TAM_AZURE_IDENTIFIER_H
#define TAM_AZURE_IDENTIFIER_H

#include <plugins/azure/settings.h>

/*
 * Checks client_id or tenant_id. A fault for a text that cannot be an id: a secret, a URI, a GUID with a missing digit
 * or in braces. The fault never repeats the text, because it may be a secret. A warning for any other text that is no
 * GUID, which a test environment may use. may_be_domain: tenant_id, which may also be a domain.
 */
void identifier_check(struct reading *reading, uint32_t row, bool may_be_domain);
/* A fault if a text looks like a client secret. For the options whose values are shown to clients or logged. */
void identifier_check_public(struct reading *reading, uint32_t row, struct tam_list texts);
/* A warning for each entry of that row that is written as a list is elsewhere, or as a pattern. */
void identifier_check_list(struct reading *reading, uint32_t row);

#endif
