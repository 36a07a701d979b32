/* SPDX-License-Identifier: MIT
 *
 * What all requests of the process share: the site in force, the park, and what is counted.
 */
#ifndef TAM_TAMD_STATE_H
#define TAM_TAMD_STATE_H

#include <src/base/limiter.h>
#include <pthread.h>
#include <tools/tamd/http/acceptor.h>
#include <tools/tamd/http/clients.h>
#include <tools/tamd/admin/log.h>
#include <tools/tamd/config/site.h>

#define STATE_STATUS_MAX 600

/* The sockets that are listened on. */
enum listener { LISTENER_MAIN, LISTENER_ADMIN, LISTENER_COUNT };

struct state {
    pthread_mutex_t lock; /* guards site, retired and every site's references */
    struct site *site;    /* in force */
    struct site *retired; /* replaced, and perhaps still used */
    struct park *park;
    int released;              /* eventfd: a retired site may be nobody's by now */
    atomic_bool stopping;      /* answers close their connections */
    atomic_uint active;        /* requests that have begun and are not over */
    atomic_uint awaited;       /* those of them that began before it was stopping */
    struct acceptor *acceptor; /* NULL: nothing is accepted yet */
    atomic_ullong answers[LISTENER_COUNT][STATE_STATUS_MAX];
    atomic_uint connections[LISTENER_COUNT]; /* open now */
    atomic_ullong lost[LISTENER_COUNT][LOSS_COUNT];
    struct limiter lost_complaints[LOSS_COUNT];
    atomic_ullong reloads[2]; /* failed, good */
    struct limiter complaint;
    int64_t started; /* Unix seconds */
};

/* False, and one sentence in why. The site is set later. */
bool state_open(struct state *state, struct buf *why);
void state_close(struct state *state); /* nobody uses it any more */

/* The site in force, until it is given back. [any thread] */
struct site *state_take(struct state *state);
void state_give(struct state *state, struct site *site);

/* Puts another one in force. [main thread] */
void state_replace(struct state *state, struct site *site);
/* Closes those that were replaced and that nobody uses any more. [main thread] */
void state_sweep(struct state *state);

#endif
