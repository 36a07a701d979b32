/* SPDX-License-Identifier: MIT
 *
 * What was sent in a token's place, told by its looks: for the administrator's sentence, after it was refused. It
 * decides nothing.
 */
#ifndef TAM_PASTED_H
#define TAM_PASTED_H

#include <src/base/attr.h>
#include <tam/types.h>

/* One sentence about a token with bytes that RFC 6750 does not allow. Static, and never a part of it. */
COLD const char *pasted_token(struct tam_str token);
/* The same about the value of an Authorization header that is not `Bearer TOKEN`: `found` is the rest behind
 * `Bearer`, empty where there is none. */
COLD const char *pasted_credentials(struct tam_str found);
/* The same about such a value without the scheme Bearer. */
COLD const char *pasted_authorization(struct tam_str value);

#endif
