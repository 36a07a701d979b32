/* SPDX-License-Identifier: MIT
 *
 * Bodies of application/x-www-form-urlencoded.
 */
#ifndef TAM_TAMD_FORM_H
#define TAM_TAMD_FORM_H

#include <src/base/buf.h>

/* Appends what a value stands for: %XX is a byte, + a blank. False: an escape is bad. */
bool form_decode(struct tam_str text, struct buf *out);
/* Appends the value of the parameter. False: it is not there, is there more than once (RFC 6749 §3.2), or an escape of
 * the body is bad. */
bool form_value(struct tam_str body, struct tam_str name, struct buf *ret_value);

#endif
