/* SPDX-License-Identifier: MIT
 *
 * The value of an Authorization header (RFC 6750 §2.1). It reads the Bearer scheme and nothing else.
 */
#ifndef TAM_AUTHORIZATION_H
#define TAM_AUTHORIZATION_H

#include <tam/types.h>

enum authorization {
    AUTHORIZATION_NONE,   /* empty, or another scheme: no credentials for us */
    AUTHORIZATION_BEARER, /* `Bearer` 1*SP and something: whether it is a b64token is for the caller to say */
    AUTHORIZATION_INVALID /* Bearer, but not so */
};

/* Writes *ret_token, a view into value, for AUTHORIZATION_BEARER alone. */
enum authorization authorization_read(struct tam_str value, struct tam_str *ret_token);

#endif
