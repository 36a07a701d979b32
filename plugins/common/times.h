/* SPDX-License-Identifier: MIT
 *
 * The times of a token (RFC 7519 §4.1.4 to 4.1.6), judged alike by every token plugin.
 */
#ifndef TAM_JOSE_TIMES_H
#define TAM_JOSE_TIMES_H

#include <plugins/common/claims.h>
#include <plugins/common/judge.h>

struct times {
    const struct json_item *exp, *nbf, *iat; /* NULL: absent */
    int64_t skew;                            /* seconds that clocks may be apart */
    int64_t longest;                         /* seconds from iat to exp; 0: no limit */
};

/* What may be told before the signature: expired. An absent exp passes here. */
bool times_check_end(struct judge *judge, const struct times *times);
/* not_yet_valid: nbf or iat ahead, or nbf at or behind exp. */
bool times_check_beginning(struct judge *judge, const struct times *times);
/* missing_claim: exp, and iat where there is a longest lifetime. */
bool times_check_there(struct judge *judge, const struct times *times);

#endif
