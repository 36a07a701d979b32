/* SPDX-License-Identifier: MIT
 *
 * Judging a token's times by the request's clock.
 */
#include <config.h>

#include <plugins/jose/times.h>
#include <src/base/str.h>

bool times_check_end(struct judge *judge, const struct times *times) {
    bool past = times->exp != NULL && time_is_past(claim_integer(times->exp), judge->request->now, times->skew);
    bool on = judge_check(judge, "exp", !past, TAM_REASON_EXPIRED, STR("a time ahead"), claim_raw(times->exp));
    if (!on || times->longest == 0 || times->exp == NULL || times->iat == NULL) {
        return on;
    }
    bool good = claim_integer(times->exp) - claim_integer(times->iat) <= times->longest;
    return judge_check(judge, "max_token_lifetime", good, TAM_REASON_EXPIRED, STR("no longer than the option says"),
                       claim_raw(times->exp));
}

/* A token that begins when it has ended is no token of an honest issuer, whatever the skew lets pass. */
bool times_check_beginning(struct judge *judge, const struct times *times) {
    const struct json_item *exp = times->exp, *nbf = times->nbf, *iat = times->iat;
    int64_t now = judge->request->now;
    bool nbf_good = nbf == NULL || (!time_is_ahead(claim_integer(nbf), now, times->skew) &&
                                    (exp == NULL || claim_integer(nbf) < claim_integer(exp)));
    bool iat_good = iat == NULL || !time_is_ahead(claim_integer(iat), now, times->skew);
    return judge_check(judge, "nbf", nbf_good, TAM_REASON_NOT_YET_VALID, STR("a time past, before exp"),
                       claim_raw(nbf)) &&
           judge_check(judge, "iat", iat_good, TAM_REASON_NOT_YET_VALID, STR("a time past"), claim_raw(iat));
}

bool times_check_there(struct judge *judge, const struct times *times) {
    bool on = times->exp != NULL ? judge_check(judge, "exp present", true, TAM_REASON_NONE, STR("exp"), STR_NONE)
                                 : judge_fail(judge, "exp present", TAM_REASON_MISSING_CLAIM, STR("exp"), STR_NONE,
                                              STR("exp: the token never expires, and such a one is not accepted"));
    if (!on || times->longest == 0) {
        return on;
    }
    return times->iat != NULL || judge_fail(judge, "iat present", TAM_REASON_MISSING_CLAIM, STR("iat"), STR_NONE,
                                            STR("iat: absent, and max_token_lifetime needs it"));
}
