/* SPDX-License-Identifier: MIT
 *
 * A service: what stays the same while its configuration is read again.
 */
#ifndef TAM_SERVICE_H
#define TAM_SERVICE_H

#include <src/base/limiter.h>
#include <src/service/fork.h>
#include <src/service/counters.h>
#include <src/service/epoch.h>
#include <src/service/generation.h>
#include <src/service/log.h>
#include <src/service/setup.h>
#include <src/service/waiter.h>

struct tam_service {
    struct setup setup;
    struct configuration_source source;
    unsigned forks; /* fork_count() of the process that opened it */
    struct epoch epoch;
    struct counters counters;
    struct waiters waiters;
    pthread_mutex_t reload_lock; /* one reload at a time; guards epoch_turn() and serial. Questions do not take it */
    uint64_t serial;             /* of the generation in force */
    struct limiter verdict_lines[VERDICT_COUNT];
    struct limiter reason_lines[REASON_COUNT];
};

/* Is this a child of the process that opened it? Then nothing of it may be used. */
static inline bool service_is_foreign(const struct tam_service *service) {
    return fork_since(service->forks);
}

#endif
