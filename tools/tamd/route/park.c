/* SPDX-License-Identifier: MIT
 *
 * Suspends and resumes. A wake that comes between a question and its parking is not lost: the number of wakes is
 * compared under the lock that a wake takes.
 */
#include <config.h>

#include <tools/tamd/route/park.h>

#include <errno.h>
#include <pthread.h>
#include <src/base/clock.h>
#include <src/base/mem.h>
#include <src/base/str.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define EVENTS      16
#define NOBODY      0 /* the id of the park's own descriptor */
#define NEVER       INT64_MAX
#define MILLISECOND (CLOCK_SECOND / 1000)

struct park {
    int epoll, bell; /* the bell: look again */
    pthread_t thread;
    pthread_mutex_t lock;   /* guards what follows, and served->wakes against park_add() */
    struct parked *first;   /* all that wait */
    struct served *watched; /* all whose wakes count */
    uint64_t last_id;
    int64_t sleeps_until;
    bool released, closing;
};

/* ---- Going on; each under the lock ---- */

static void resume(struct park *park, struct parked *parked) {
    if (parked->previous != NULL) {
        parked->previous->next = parked->next;
    } else {
        park->first = parked->next;
    }
    if (parked->next != NULL) {
        parked->next->previous = parked->previous;
    }
    MHD_resume_connection(parked->connection); /* from here on it is its own thread's */
}

/* Those of one service; of any, whose time has come; or all. */
static void resume_due(struct park *park, const struct served *woken, int64_t now) {
    struct parked *next;
    for (struct parked *parked = park->first; parked != NULL; parked = next) {
        next = parked->next;
        if (park->released || parked->served == woken || parked->deadline <= now) {
            resume(park, parked);
        }
    }
}

static void wake(struct park *park, uint64_t id) {
    struct served *served = park->watched;
    eventfd_t ignored;
    if (id == NOBODY) {
        (void)!eventfd_read(park->bell, &ignored);
    }
    while (served != NULL && served->id != id) {
        served = served->next;
    }
    if (served == NULL) { /* forgotten a moment ago */
        return;
    }
    tam_waiter_clear(served->waiter);
    atomic_fetch_add_explicit(&served->wakes, 1, memory_order_release);
    resume_due(park, served, 0);
}

/* Until the next deadline; for epoll_wait(2), rounded up. */
static int milliseconds_left(struct park *park, int64_t now) {
    park->sleeps_until = NEVER;
    for (const struct parked *parked = park->first; parked != NULL; parked = parked->next) {
        if (parked->deadline < park->sleeps_until) {
            park->sleeps_until = parked->deadline;
        }
    }
    if (park->sleeps_until == NEVER) {
        return -1;
    }
    int64_t left = park->sleeps_until > now ? (park->sleeps_until - now) / MILLISECOND + 1 : 0;
    return left < INT32_MAX ? (int)left : INT32_MAX;
}

/* ---- The thread ---- */

static void *run(void *arg) {
    struct park *park = arg;
    struct epoll_event events[EVENTS];
    pthread_mutex_lock(&park->lock);
    while (!park->closing) {
        int timeout = milliseconds_left(park, clock_monotonic());
        pthread_mutex_unlock(&park->lock);
        int count = epoll_wait(park->epoll, events, EVENTS, timeout);
        pthread_mutex_lock(&park->lock);
        for (int i = 0; i < count; i++) {
            wake(park, events[i].data.u64);
        }
        resume_due(park, NULL, clock_monotonic());
    }
    pthread_mutex_unlock(&park->lock);
    return NULL;
}

static void ring(const struct park *park) {
    (void)!eventfd_write(park->bell, 1); /* fails only where it is full, and so readable */
}

static bool descriptor_watch(const struct park *park, int fd, uint64_t id) {
    struct epoll_event event = { .events = EPOLLIN, .data.u64 = id };
    return epoll_ctl(park->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

struct park *park_open(struct buf *why) {
    struct park *park = mem_alloc(sizeof *park);
    if (park == NULL) {
        buf_add_text(why, "memory ran out");
        return NULL;
    }
    pthread_mutex_init(&park->lock, NULL);
    park->epoll = epoll_create1(EPOLL_CLOEXEC);
    park->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (park->epoll >= 0 && park->bell >= 0 && descriptor_watch(park, park->bell, NOBODY) &&
        pthread_create(&park->thread, NULL, run, park) == 0) {
        return park;
    }
    buf_format(why, "the thread for parked requests cannot be started: %s", strerror(errno));
    close(park->epoll);
    close(park->bell);
    mem_free(park);
    return NULL;
}

void park_close(struct park *park) {
    if (park == NULL) {
        return;
    }
    pthread_mutex_lock(&park->lock);
    park->closing = true;
    pthread_mutex_unlock(&park->lock);
    ring(park);
    pthread_join(park->thread, NULL);
    close(park->epoll);
    close(park->bell);
    pthread_mutex_destroy(&park->lock);
    mem_free(park);
}

/* ---- What others do ---- */

bool park_watch(struct park *park, struct served *served) {
    pthread_mutex_lock(&park->lock);
    served->id = ++park->last_id;
    served->next = park->watched;
    park->watched = served;
    pthread_mutex_unlock(&park->lock);
    if (descriptor_watch(park, tam_waiter_fd(served->waiter), served->id)) {
        return true;
    }
    park_forget(park, served);
    return false;
}

void park_forget(struct park *park, struct served *served) {
    struct served **at = &park->watched;
    pthread_mutex_lock(&park->lock);
    while (*at != NULL && *at != served) {
        at = &(*at)->next;
    }
    if (*at != NULL) {
        *at = served->next;
    }
    pthread_mutex_unlock(&park->lock);
    (void)epoll_ctl(park->epoll, EPOLL_CTL_DEL, tam_waiter_fd(served->waiter), NULL);
}

bool park_add(struct park *park, struct parked *parked, unsigned wakes) {
    pthread_mutex_lock(&park->lock);
    bool late = park->released || atomic_load_explicit(&parked->served->wakes, memory_order_relaxed) != wakes;
    bool earlier = parked->deadline < park->sleeps_until;
    if (!late) {
        parked->previous = NULL;
        parked->next = park->first;
        if (park->first != NULL) {
            park->first->previous = parked;
        }
        park->first = parked;
        MHD_suspend_connection(parked->connection); /* inside the lock: before anybody can resume it */
    }
    pthread_mutex_unlock(&park->lock);
    if (!late && earlier) {
        ring(park);
    }
    return !late;
}

void park_release(struct park *park) {
    pthread_mutex_lock(&park->lock);
    park->released = true;
    resume_due(park, NULL, 0);
    pthread_mutex_unlock(&park->lock);
}

bool park_is_released(struct park *park) {
    pthread_mutex_lock(&park->lock);
    bool released = park->released;
    pthread_mutex_unlock(&park->lock);
    return released;
}

size_t park_count(struct park *park) {
    size_t count = 0;
    pthread_mutex_lock(&park->lock);
    for (const struct parked *parked = park->first; parked != NULL; parked = parked->next) {
        count++;
    }
    pthread_mutex_unlock(&park->lock);
    return count;
}
