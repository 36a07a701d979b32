/* SPDX-License-Identifier: MIT
 *
 * The waiters of one service: one descriptor for each event loop, and one call that makes all of them readable. They
 * belong to the service and not to a generation, so a reload leaves them alone.
 */
#ifndef TAM_WAITER_H
#define TAM_WAITER_H

#include <pthread.h>
#include <tam/tam.h>

struct waiters {
    pthread_mutex_t lock; /* guards the list; no other lock is taken and no plugin or host called under it */
    struct tam_waiter *first;
};

void waiters_init(struct waiters *waiters);
void waiters_free(struct waiters *waiters);
void waiters_wake(struct waiters *waiters); /* [any thread, also inside verify] does not block */
size_t waiters_count(struct waiters *waiters);

#endif
