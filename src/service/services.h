/* SPDX-License-Identifier: MIT
 *
 * libtam's services to one verifier (struct tam_host of the plugin ABI): what they do, and for whom. They take no lock
 * that is held while a plugin is called.
 */
#ifndef TAM_SERVICE_SERVICES_H
#define TAM_SERVICE_SERVICES_H

#include <src/service/config.h>
#include <src/service/setup.h>
#include <src/service/waiter.h>
#include <stdatomic.h>

struct services {
    struct tam_host table;     /* what the plugin sees; its ctx is this struct */
    const struct setup *setup; /* borrowed, of the service */
    struct waiters *waiters;   /* borrowed, of the service; NULL: only checked, nobody waits */
    const struct configuration_verifier *line;
    struct faults *faults;     /* while init runs, else NULL */
    unsigned fault_count;      /* of this init */
    bool checking;             /* TAM_INIT_CHECK: warnings become faults of that level, for the caller */
    atomic_ullong revocations; /* moves with each revoke: a verdict begun under another one may not be kept */
    atomic_ullong wakes;
};

/* The host must stay where it is: the plugin keeps its address. */
void services_init(struct services *services, const struct setup *setup, struct waiters *waiters,
                   const struct configuration_verifier *line);

static inline uint64_t services_revocations(const struct services *services) {
    return atomic_load_explicit(&services->revocations, memory_order_acquire);
}

#endif
