/* SPDX-License-Identifier: MIT
 *
 * The checks of a token's times (RFC 7519 §4.1.4 to 4.1.6), shared by all token plugins.
 */
#ifndef TAM_COMMON_TIMES_H
#define TAM_COMMON_TIMES_H

#include <plugins/common/claims.h>
#include <plugins/common/judge.h>

struct times {
    const struct json_item *exp, *nbf, *iat; /* NULL: absent */
    int64_t skew;                            /* tolerated difference of clocks, seconds */
    int64_t longest;                         /* the longest time from iat to exp, seconds; 0: no limit */
};

/* Before the signature. Reason: expired, also for a lifetime over `longest`. An absent exp passes. */
bool times_check_end(struct judge *judge, const struct times *times);
/* After the signature. Reason: not_yet_valid, for nbf or iat in the future, and for nbf not before exp. */
bool times_check_beginning(struct judge *judge, const struct times *times);
/* After the signature. Reason: missing_claim, for exp, and for iat if `longest` is set. */
bool times_check_there(struct judge *judge, const struct times *times);

#endif
