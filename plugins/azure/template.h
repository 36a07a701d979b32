/* SPDX-License-Identifier: MIT
 *
 * Issuers with the placeholder `{tenantid}` for the tenant's id, as in Microsoft's key sets and discovery documents.
 */
#ifndef TAM_AZURE_TEMPLATE_H
#define TAM_AZURE_TEMPLATE_H

#include <src/base/mem.h>
#include <stdbool.h>
#include <tam/types.h>

#define TEMPLATE_TENANT "{tenantid}" /* in any case */

/* Whether text is, byte for byte, the template with that tenant for every placeholder. False for an empty template. */
bool template_is(struct tam_str template, struct tam_str tenant, struct tam_str text);

/* Whether both templates are the same text once filled with that tenant. */
bool template_same(struct tam_str template, struct tam_str other, struct tam_str tenant);

/* The tenant for which the filled template is text: a GUID in lower case, a view of text. Empty: none. */
struct tam_str template_tenant(struct tam_str template, struct tam_str text);

/* Fills the template with that tenant; with an empty tenant the template is unchanged. False: no memory. */
bool template_fill(struct tam_str template, struct tam_str tenant, const struct pool *pool, struct tam_str *ret_text);

#endif
