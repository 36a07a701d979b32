/* SPDX-License-Identifier: MIT
 *
 * Numbers for threads, so that each can write where no other does; and deferred cancellation, so that no thread ends in
 * the middle of a change.
 */
#ifndef TAM_BASE_THREAD_H
#define TAM_BASE_THREAD_H

#include <pthread.h>

/* The number of the calling thread, from 0 on: given when it first asks, and kept as long as it lives. Each shared
 * object numbers for itself. */
unsigned thread_number(void);

/* For tables in which each thread writes to a slot of its own. More threads than slots share, which costs time and
 * nothing else. */
#define THREAD_SLOTS 32
static inline unsigned thread_slot(void) {
    return thread_number() % THREAD_SLOTS;
}

/* pthread_cancel(3): a thread that ended inside would leave a lock held, a descriptor open, or a question counted in
 * for ever. So cancellation is deferred: it acts at the first cancellation point after thread_cancel_again(). The
 * two may be nested. */
static inline int thread_cancel_later(void) { /* returns the state for thread_cancel_again() */
    int state = PTHREAD_CANCEL_ENABLE;
    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    return state;
}
static inline void thread_cancel_again(int state) {
    (void)pthread_setcancelstate(state, NULL);
}

/* From here to the end of the block. */
#define THREAD_CANCEL_LATER                                                                                            \
    __attribute__((cleanup(thread_cancel_cleanup), unused)) int cancel_state = thread_cancel_later()
static inline void thread_cancel_cleanup(const int *state) {
    thread_cancel_again(*state);
}

#endif
