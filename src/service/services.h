/* SPDX-License-Identifier: MIT
 *
 * libtam's services to one verifier (struct tam_host of the plugin ABI): what they do, and for whom. They take no lock that is
 * held while a plugin is called.
 */
#ifndef TAM_HOST_H
#define TAM_HOST_H

#include <src/service/config.h>
#include <src/service/setup.h>
#include <src/service/waiter.h>
#include <stdatomic.h>

struct host {
    struct tam_host table;     /* what the plugin sees; its ctx is this struct */
    const struct setup *setup; /* borrowed, of the service */
    struct waiters *waiters;   /* borrowed, of the service; NULL: only checked, nobody waits */
    const struct configuration_verifier *line;
    struct faults *faults; /* while init runs, else NULL */
    unsigned fault_count;  /* of this init */
    bool checking;         /* TAM_INIT_CHECK: warnings are for whoever asked, and so become faults of that level */
    atomic_ullong epoch;   /* moves with each revoke: a verdict begun under another one may not be kept */
    atomic_ullong wakes;
};

/* The host must stay where it is: the plugin keeps its address. */
void host_init(struct host *host, const struct setup *setup, struct waiters *waiters,
               const struct configuration_verifier *line);

static inline uint64_t host_epoch(const struct host *host) {
    return atomic_load_explicit(&host->epoch, memory_order_acquire);
}

#endif
