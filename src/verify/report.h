/* SPDX-License-Identifier: MIT
 *
 * What the administrator learns of a question: a counter, and a log line where it was not an accept.
 */
#ifndef TAM_REPORT_H
#define TAM_REPORT_H

#include <src/service/answer.h>
#include <src/service/service.h>

/* verifier: the one that gave the answer; NULL: libtam itself. */
void report_answer(struct tam_service *service, const struct epoch_reader *reader, const struct verifier *verifier,
                   const struct answer *answer);

#endif
