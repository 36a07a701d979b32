/* SPDX-License-Identifier: MIT
 *
 * What json.c leaves to json_text.c and json_names.c. Nobody else includes this.
 */
#ifndef TAM_BASE_JSON_TEXT_H
#define TAM_BASE_JSON_TEXT_H

#include <src/base/cold.h>
#include <src/base/json.h>

/* Tells a fault, and returns NULL. */
COLD const char *json_fail(struct json_walk *walk, const char *fault);

/* One escape, behind its backslash: where it stops, and what it stands for; NULL: *ret_fault says why, static. */
const char *json_read_escape(const char *at, const char *end, uint32_t *ret_code, const char **ret_fault);
/* Undoes the escapes of what stood between two quotes and was read once. False: no memory. */
COLD bool json_unescape(struct tam_str *text, const struct pool *pool);

/* Whether the names from that one on differ from each other; false: the fault is told. Takes as long as they are many, whatever
 * they are. */
COLD bool json_names_differ(struct json_walk *walk, uint32_t first);

#endif
