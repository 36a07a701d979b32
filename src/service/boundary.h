/* SPDX-License-Identifier: MIT
 *
 * The one door for what comes out of a plugin: what passes may be put into a header, a log line or a JSON document by
 * any host. What does not pass makes the verdict an error; nothing is repaired.
 */
#ifndef TAM_SANITISE_H
#define TAM_SANITISE_H

#include <src/service/answer.h>
#include <src/service/generation.h>

/* Turns what a plugin's verify answered into an answer; views stay where they are. A plugin that broke a rule gets
 * TAM_VERDICT_ERROR with a sentence that names the rule; from a detail with the token in it only that is kept back.
 * The one verdict that does not reach a host, NOT_MINE, passes. */
void boundary_verdict(uint32_t returned, const struct tam_verdict *verdict, const struct tam_request *request,
                      const struct verifier *verifier, struct answer *ret_answer);

/* NULL: every member is fit to be shown; else the name of the first that is not. */
const char *boundary_description(const struct tam_description *description);

#endif
