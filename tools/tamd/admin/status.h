/* SPDX-License-Identifier: MIT
 *
 * tam_status() of a service, read.
 */
#ifndef TAM_TAMD_STATUS_H
#define TAM_TAMD_STATUS_H

#include <src/base/arena.h>
#include <src/base/json.h>
#include <tools/tamd/config/served.h>

struct status {
    struct arena arena;
    struct tam_document *document;
    const struct json *json; /* NULL: there is none */
};

void status_read(const struct served *served, struct status *ret_status);
void status_free(struct status *status);

/* The verifiers, one after another through ->next; and a verifier's key set, NULL where it has none. */
const struct json *status_verifiers(const struct status *status);
const struct json *status_keyset(const struct json *verifier);
/* A member that is a whole number; else `otherwise`. */
int64_t status_number(const struct json *object, const char *name, int64_t otherwise);

/* Has every verifier with a key set keys that are good now? */
bool status_has_keys(const struct status *status);

#endif
