/* SPDX-License-Identifier: MIT
 *
 * What json.c leaves to json_text.c. Nobody else includes this.
 */
#ifndef TAM_BASE_JSON_TEXT_H
#define TAM_BASE_JSON_TEXT_H

#include <src/base/cold.h>
#include <src/base/mem.h>

/* Undoes the escapes of what stood between two quotes; no backslash is its last byte. False: *ret_fault says why, static. */
COLD bool json_unescape(struct tam_str *text, const struct pool *pool, const char **ret_fault);

#endif
