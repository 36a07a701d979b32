/* SPDX-License-Identifier: MIT
 *
 * One generation of a service: the live verifiers made from one reading of its configuration. Immutable once it is
 * made; the epoch says when the last question has left it.
 */
#ifndef TAM_GENERATION_H
#define TAM_GENERATION_H

#include <src/base/limiter.h>
#include <src/service/cache.h>
#include <src/service/config.h>
#include <src/service/services.h>
#include <src/service/log.h>

struct verifier {
    const struct configuration_verifier *line; /* of the generation's configuration */
    const struct plugin *plugin;
    void *self;
    bool live;   /* init made it, so destroy is owed */
    uint64_t id; /* unique in the process: the cache knows it by this */
    struct services services;
    struct limiter description_lines; /* about descriptions that break a rule */
    atomic_ullong bad_descriptions;
};

struct generation {
    uint64_t serial; /* from 1; another one after each reload */
    struct configuration *configuration;
    struct verifier *verifiers; /* in order */
    size_t verifier_count;
    struct cache *cache; /* of accepted tokens; NULL: none are kept */
};

/* Calls every verifier's init, and reports every fault. On success the generation owns the configuration; on failure
 * NULL, nothing is left alive and the configuration is still the caller's. */
struct generation *generation_new(struct configuration *configuration, const struct setup *setup,
                                  struct waiters *waiters, uint64_t serial, struct faults *faults);

/* The same question with TAM_INIT_CHECK: nothing is left. What opening would warn of is among the faults. */
bool generation_check(struct configuration *configuration, const struct setup *setup, struct faults *faults);

/* Destroys the verifiers and frees all. In a forked child `destroy` is false: their threads are not there. */
void generation_free(struct generation *generation, bool destroy);

#endif
