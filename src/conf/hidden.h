/* SPDX-License-Identifier: MIT
 *
 * Values that came from the environment, and what a fault shows in their place: ${NAME}. A variable that is written
 * into the wrong option may hold a secret.
 */
#ifndef TAM_HIDDEN_H
#define TAM_HIDDEN_H

#include <src/base/buf.h>

/* Shorter values are no secrets, and would be found in the middle of our own words. */
#define HIDDEN_MIN 6

struct hidden; /* a list; NULL is the empty one */

/* Adds a value, and each entry of it where it is a list. False when memory ran out. */
bool hidden_add(struct hidden **list, const char *name, struct tam_str value);
void hidden_free(struct hidden *list); /* wipes */

/* The text, with ${NAME} wherever a value stands, or its beginning where the text was cut short. */
void hidden_replace(const struct hidden *list, struct tam_str text, struct buf *ret_text);

#endif
