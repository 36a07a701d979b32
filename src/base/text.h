/* SPDX-License-Identifier: MIT
 *
 * Which bytes may stand where: the alphabets of RFC 6750, RFC 6749 and of what may reach a header or a log line.
 */
#ifndef TAM_TEXT_H
#define TAM_TEXT_H

#include <src/base/alphabet.h>

bool text_is_b64token(struct tam_str text); /* RFC 6750 §2.1: 1*( ALPHA / DIGIT / -._~+/ ) *"=" */
bool text_is_url(struct tam_str text);      /* visible ASCII without `"` and `\`, not empty */
bool text_is_claims(struct tam_str text);   /* one JSON object, read as strictly as a token is (json.h) */

#endif
