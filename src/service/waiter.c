/* SPDX-License-Identifier: MIT
 *
 * An eventfd for each waiter. It keeps a wake until tam_waiter_clear() takes it, so none is lost between an answer
 * `again` and poll().
 */
#include <config.h>

#include <src/service/waiter.h>

#include <errno.h>
#include <src/base/mem.h>
#include <src/base/thread.h>
#include <src/service/service.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct tam_waiter {
    struct tam_service *service;
    struct tam_waiter *next;
    int fd;
};

void waiters_init(struct waiters *waiters) {
    pthread_mutex_init(&waiters->lock, NULL);
    waiters->first = NULL;
}

void waiters_free(struct waiters *waiters) {
    pthread_mutex_destroy(&waiters->lock);
}

void waiters_wake(struct waiters *waiters) {
    THREAD_CANCEL_LATER;
    struct tam_waiter *waiter;

    pthread_mutex_lock(&waiters->lock);
    for (waiter = waiters->first; waiter != NULL; waiter = waiter->next) {
        (void)!eventfd_write(waiter->fd, 1); /* fails only where it is full, and so readable */
    }
    pthread_mutex_unlock(&waiters->lock);
}

size_t waiters_count(struct waiters *waiters) {
    const struct tam_waiter *waiter;
    size_t count = 0;
    pthread_mutex_lock(&waiters->lock);
    for (waiter = waiters->first; waiter != NULL; waiter = waiter->next) {
        count++;
    }
    pthread_mutex_unlock(&waiters->lock);
    return count;
}

TAM_API int tam_waiter_open(struct tam_service *service, struct tam_waiter **ret_waiter) {
    THREAD_CANCEL_LATER;
    struct tam_waiter *waiter;

    if (service == NULL || ret_waiter == NULL || service_is_foreign(service)) {
        errno = EINVAL;
        return -1;
    }
    waiter = mem_alloc(sizeof *waiter);
    if (waiter == NULL) {
        errno = ENOMEM;
        return -1;
    }
    waiter->service = service;
    waiter->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (waiter->fd < 0) {
        mem_free(waiter); /* keeps errno */
        return -1;
    }
    pthread_mutex_lock(&service->waiters.lock);
    waiter->next = service->waiters.first;
    service->waiters.first = waiter;
    pthread_mutex_unlock(&service->waiters.lock);
    *ret_waiter = waiter;
    return 0;
}

TAM_API int tam_waiter_fd(const struct tam_waiter *waiter) {
    return waiter != NULL ? waiter->fd : -1;
}

/* After fork() the descriptor's counter is still shared: a child that cleared it would take the parent's wake. */
TAM_API void tam_waiter_clear(struct tam_waiter *waiter) {
    eventfd_t count;
    if (waiter != NULL && !service_is_foreign(waiter->service)) {
        (void)!eventfd_read(waiter->fd, &count); /* fails only where there was no wake */
    }
}

static void waiter_unlink(struct waiters *waiters, const struct tam_waiter *waiter) {
    struct tam_waiter **at = &waiters->first;
    pthread_mutex_lock(&waiters->lock);
    while (*at != NULL && *at != waiter) {
        at = &(*at)->next;
    }
    if (*at != NULL) {
        *at = waiter->next;
    }
    pthread_mutex_unlock(&waiters->lock);
}

TAM_API void tam_waiter_close(struct tam_waiter *waiter) {
    THREAD_CANCEL_LATER;
    if (waiter == NULL) {
        return;
    }
    if (!service_is_foreign(waiter->service)) { /* another thread may have held the lock at fork() */
        waiter_unlink(&waiter->service->waiters, waiter);
    }
    close(waiter->fd);
    mem_free(waiter);
}
