/* SPDX-License-Identifier: MIT
 *
 * An answer in the making: plain values and views, on the stack of the question. result.h makes the copy that a host
 * gets.
 */
#ifndef TAM_ANSWER_H
#define TAM_ANSWER_H

#include <src/base/attr.h>
#include <tam/tam.h>

struct answer {
    uint32_t verdict, reason, kind, retry_after;
    int64_t not_after;  /* accept: may be kept until then; 0: not */
    int64_t expires_at; /* accept */
    uint64_t ticket;    /* again */
    int wait_ms;        /* again */
    /* Views into the question's arena, the token, a verifier or static memory. */
    struct tam_str subject, issuer, tenant, client_id, claims; /* accept */
    struct tam_list scopes, roles;                             /* accept */
    struct tam_str detail;                                     /* all but accept */
    struct tam_str challenge;                                  /* statuses 400, 401, 403 */
    struct tam_list needed_scopes;                             /* insufficient_scope; ends up in the challenge */
    struct tam_str needed_claims;                              /* insufficient_claims; likewise */
    uint64_t revocations;                                      /* of the verifier, from before it was asked */
    struct tam_result *block; /* of the cache: a result that says all this, and that the views point into; else NULL */
};

/* Everything else becomes empty, so that nothing of an accepted token is left behind. The detail is one sentence. */
COLD void answer_error(struct answer *answer, const char *detail);
COLD void answer_reject(struct answer *answer, uint32_t reason, struct tam_str detail);
COLD void answer_unavailable(struct answer *answer, uint32_t retry_after, struct tam_str detail);

#endif
