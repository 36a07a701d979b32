/* SPDX-License-Identifier: MIT
 *
 * Issuers with `{tenantid}` where a tenant's id belongs, as Microsoft's key sets and discovery documents write them.
 */
#ifndef TAM_AZURE_TEMPLATE_H
#define TAM_AZURE_TEMPLATE_H

#include <src/base/mem.h>
#include <stdbool.h>
#include <tam/types.h>

#define TEMPLATE_TENANT "{tenantid}" /* in any case */

/* Is text, byte for byte, the template with that tenant in every place? An empty template is no text's. */
bool template_is(struct tam_str template, struct tam_str tenant, struct tam_str text);

/* Are two templates the same text once that tenant is in every place of both? */
bool template_same(struct tam_str template, struct tam_str other, struct tam_str tenant);

/* The tenant that makes the template into text: a GUID in lower case, a view of text. Empty: there is none. */
struct tam_str template_tenant(struct tam_str template, struct tam_str text);

/* The template with that tenant in every place; with none, as it is. False: no memory. */
bool template_fill(struct tam_str template, struct tam_str tenant, const struct pool *pool, struct tam_str *ret_text);

#endif
