/* SPDX-License-Identifier: MIT
 *
 * The answers that are not an accept, written whole.
 */
#include <config.h>

#include <src/service/answer.h>

#include <src/base/str.h>

void answer_error(struct answer *answer, const char *detail) {
    *answer = (struct answer){ .verdict = TAM_VERDICT_ERROR, .detail = str_of(detail) };
}

void answer_reject(struct answer *answer, uint32_t reason, struct tam_str detail) {
    *answer = (struct answer){ .verdict = TAM_VERDICT_REJECT, .reason = reason, .detail = detail };
}

void answer_unavailable(struct answer *answer, uint32_t retry_after, struct tam_str detail) {
    *answer = (struct answer){ .verdict = TAM_VERDICT_UNAVAILABLE, .retry_after = retry_after, .detail = detail };
}
