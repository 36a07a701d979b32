/* SPDX-License-Identifier: MIT
 *
 * The usual mistakes, recognised: what to change in the client or in the portal, in one sentence.
 */
#ifndef TAM_AZURE_HINTS_H
#define TAM_AZURE_HINTS_H

#include <plugins/azure/checks.h>

/* Of a rejected token: adds the first hint that fits to the verdict's detail. */
COLD void hint_add(struct azure_question *question);

#endif
