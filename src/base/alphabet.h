/* SPDX-License-Identifier: MIT
 *
 * Which bytes a text may have that reaches a header, a log line or another program: what plugins give is held to these,
 * so that plugins may ask the same before they give it.
 */
#ifndef TAM_BASE_ALPHABET_H
#define TAM_BASE_ALPHABET_H

#include <stdbool.h>
#include <tam/types.h>

bool text_is_scope(struct tam_str text); /* RFC 6749 §3.3: 1*NQCHAR */
bool text_is_clean(struct tam_str text); /* UTF-8 without control characters (C0, DEL, C1) */

#endif
