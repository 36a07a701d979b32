/* SPDX-License-Identifier: MIT
 *
 * What an administrator wrote where an id of Entra belongs. Nothing here accepts or refuses a token.
 */
#ifndef TAM_AZURE_IDENTIFIER_H
#define TAM_AZURE_IDENTIFIER_H

#include <plugins/azure/reading.h>

/*
 * client_id and tenant_id: a fault where the text cannot be an id (a secret, a URI, a GUID with a digit missing or in braces),
 * which never repeats the text, for it may be a secret; a warning where it is no GUID and may be one of a test all the same.
 * A tenant may also be a domain.
 */
void identifier_check(struct reading *reading, uint32_t row, bool may_be_domain);
/* A fault for each entry that looks like a client secret: the texts of these rows are shown to clients or logged. */
void identifier_check_public(struct reading *reading, uint32_t row, struct tam_list texts);

#endif
