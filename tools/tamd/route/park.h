/* SPDX-License-Identifier: MIT
 *
 * Where requests wait whose verdict needs the network. One thread watches the services' waiters and lets them go on;
 * none of the threads that serve ever waits.
 */
#ifndef TAM_TAMD_PARK_H
#define TAM_TAMD_PARK_H

#include <microhttpd.h>
#include <src/base/buf.h>
#include <tools/tamd/config/served.h>

struct park;

/* A request in it. */
struct parked {
    struct served *served;
    struct MHD_Connection *connection;
    int64_t deadline; /* CLOCK_MONOTONIC, nanoseconds: then it goes on, whatever happened */
    struct parked *next, *previous;
};

/* NULL, and one sentence in why. */
struct park *park_open(struct buf *why);
/* Nothing is parked any more. NULL is fine. */
void park_close(struct park *park);

/* From now on, and no longer, its wakes count. [main thread] */
bool park_watch(struct park *park, struct served *served);
void park_forget(struct park *park, struct served *served);

/*
 * Suspends the connection until the service wakes or the deadline comes; then its handler is called again. `wakes`:
 * served->wakes before the question was asked. False, and nothing happened, when it woke since or nothing is parked any
 * more: ask again. [inside the connection's handler]
 */
bool park_add(struct park *park, struct parked *parked, unsigned wakes);

/* Everything goes on now, and nothing is parked again. */
void park_release(struct park *park);
bool park_is_released(struct park *park);
size_t park_count(struct park *park);

#endif
