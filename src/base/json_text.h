/* SPDX-License-Identifier: MIT
 *
 * What json.c leaves to json_text.c. Nobody else includes this.
 */
#ifndef TAM_BASE_JSON_TEXT_H
#define TAM_BASE_JSON_TEXT_H

#include <src/base/attr.h>
#include <src/base/json.h>

/* One escape, behind its backslash: where it stops, and what it stands for; NULL: *ret_fault says why, static. */
const char *json_read_escape(const char *at, const char *end, uint32_t *ret_code, const char **ret_fault);
/* Undoes the escapes of what stood between two quotes and was read once. False: no memory. */
COLD bool json_unescape(struct tam_str *text, const struct pool *pool);

/* Whether what stood between two quotes stands for that text. */
COLD bool json_escaped_is(struct tam_str escaped, struct tam_str text);

#endif
