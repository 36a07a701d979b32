/* SPDX-License-Identifier: MIT
 *
 * Recognises common mistakes in a rejected token, and says in one sentence what to change in the client or in the
 * portal.
 */
#ifndef TAM_AZURE_HINTS_H
#define TAM_AZURE_HINTS_H

#include <plugins/azure/checks.h>

/* Adds the first hint that fits the rejected token to the verdict's detail. */
COLD void hint_add(struct azure_question *question);

#endif
