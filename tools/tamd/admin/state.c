/* SPDX-License-Identifier: MIT
 *
 * Hands out the site in force. Sites are closed by the main thread alone: closing a service joins threads, and no
 * request waits for that.
 */
#include <config.h>

#include <tools/tamd/admin/state.h>

#include <errno.h>
#include <src/base/clock.h>
#include <src/base/str.h>
#include <sys/eventfd.h>
#include <unistd.h>

bool state_open(struct state *state, struct buf *why) {
    memset(state, 0, sizeof *state);
    state->started = clock_now();
    state->released = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (state->released < 0) {
        buf_format(why, "no eventfd: %s", strerror(errno));
        return false;
    }
    pthread_mutex_init(&state->lock, NULL);
    state->park = park_open(why);
    return state->park != NULL;
}

void state_close(struct state *state) {
    state_replace(state, NULL);
    state_sweep(state);
    park_close(state->park);
    pthread_mutex_destroy(&state->lock);
    close(state->released);
}

struct site *state_take(struct state *state) {
    pthread_mutex_lock(&state->lock);
    struct site *site = state->site;
    site->references++;
    pthread_mutex_unlock(&state->lock);
    return site;
}

void state_give(struct state *state, struct site *site) {
    pthread_mutex_lock(&state->lock);
    bool last = --site->references == 0 && site != state->site;
    pthread_mutex_unlock(&state->lock);
    if (last) {
        (void)!eventfd_write(state->released, 1);
    }
}

void state_replace(struct state *state, struct site *site) {
    pthread_mutex_lock(&state->lock);
    struct site *old = state->site;
    state->site = site;
    if (old != NULL) {
        old->next = state->retired;
        state->retired = old;
    }
    pthread_mutex_unlock(&state->lock);
}

/* One that is nobody's, taken off the list; NULL: there is none. */
static struct site *take_unused(struct state *state) {
    pthread_mutex_lock(&state->lock);
    struct site **at = &state->retired;
    while (*at != NULL && (*at)->references > 0) {
        at = &(*at)->next;
    }
    struct site *site = *at;
    if (site != NULL) {
        *at = site->next;
    }
    pthread_mutex_unlock(&state->lock);
    return site;
}

void state_sweep(struct state *state) {
    eventfd_t ignored;
    (void)!eventfd_read(state->released, &ignored);
    for (struct site *site = take_unused(state); site != NULL; site = take_unused(state)) {
        site_close(site, state->park);
    }
}
