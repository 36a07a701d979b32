/* SPDX-License-Identifier: MIT
 *
 * What the development identity provider serves: discovery documents and key sets, in the shapes of Microsoft Entra ID,
 * Azure AD B2C, Entra External ID and of plain OpenID Connect.
 */
#ifndef TAM_TOOLS_ISSUER_DOCUMENTS_H
#define TAM_TOOLS_ISSUER_DOCUMENTS_H

#include <tools/issuer/keys.h>

/*
 * Appends the document that `authority` (a host, with its port unless it is 443) has at that path, and returns its HTTP
 * status: 200, that of a fixture's document, 400 for a tenant that does not exist, 404, or 500 when memory ran out. The
 * body is JSON whatever the status is.
 */
unsigned issuer_document(const struct issuer_keys *keys, struct tam_str authority, struct tam_str path,
                         struct buf *ret_body);

#endif
