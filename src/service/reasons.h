/* SPDX-License-Identifier: MIT
 *
 * Verdicts and reasons as numbers, names, HTTP statuses and RFC 6750 errors: one row for each, and everything that
 * shows one to somebody reads it from here.
 */
#ifndef TAM_NAMES_H
#define TAM_NAMES_H

#include <stdbool.h>
#include <tam/tam.h>

#define REASON_COUNT  (TAM_REASON_WRONG_BINDING + 1)
#define VERDICT_COUNT (TAM_VERDICT_UNAVAILABLE + 1)

/* Stages of what is said of a token only after its signature was found good: at last of one that is good but for its
 * binding, and of one that only lacks something. */
#define STAGE_SIGNED 7
#define STAGE_BOUND  8
#define STAGE_KNOWN  9

struct reason {
    const char *name;
    int status;              /* HTTP */
    const char *error;       /* RFC 6750 §3.1, and Entra's insufficient_claims; NULL: the client is told none */
    const char *description; /* what the client is told: short, fixed, and nothing of our policy; NULL: nothing */
    bool from_plugin;        /* may a plugin give it? The others are libtam's own */
    unsigned stage; /* how far a token came that is refused so: reasons of plugins in the order in which they win */
};

/* The row of that number; NULL for a number outside the list. */
const struct reason *reason_find(uint32_t reason);

/* The HTTP status of a verdict; the reason counts for a reject alone. */
int verdict_status(uint32_t verdict, uint32_t reason);

#endif
