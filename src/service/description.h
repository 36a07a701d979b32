/* SPDX-License-Identifier: MIT
 *
 * What the verifiers say of themselves: asked each time it is needed, which is never on the way of an accepted token,
 * so it is never out of date.
 */
#ifndef TAM_DESCRIPTION_H
#define TAM_DESCRIPTION_H

#include <src/base/arena.h>
#include <src/service/generation.h>
#include <src/base/set.h>

/* One verifier's. Views live until the arena is freed. False: it has nothing to say, broke a rule (which is logged
 * once a second), or (arena->failed) had no memory; a call has what plugin.h promises, whatever the arena gave
 * before. */
bool description_ask(struct verifier *verifier, struct arena *arena, struct tam_description *ret_description);

/* What one verifier says of how it is doing: one JSON object. Otherwise the same; false also for a plugin of version
 * 1.0. */
bool description_status(const struct verifier *verifier, struct arena *arena, struct tam_str *ret_json);

/* What verifiers say, merged without repetitions. */
struct description {
    struct set authorization_servers;
    struct set scopes;
    struct set operation; /* the scopes of the operation as clients request them: in the form of each verifier */
    struct tam_str authorization_uri; /* the first one's */
};
/* Of all verifiers of the generation, or of one. It is not whole where arena->failed. */
void description_merge(const struct generation *generation, const struct verifier *only, struct tam_list operation,
                       struct arena *arena, const struct pool *pool, struct description *ret_description);

/* Adds a warning where clients will be refused for what the service and its verifiers say together, or are asked for
 * what is none of a resource's business. */
void description_advise(const struct generation *generation, struct faults *faults);

#endif
