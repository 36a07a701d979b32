/* SPDX-License-Identifier: MIT
 *
 * Numbers for threads, so that each can write where no other does; and threads that are cancelled, which must not be in the
 * middle of anything.
 */
#ifndef TAM_BASE_THREAD_H
#define TAM_BASE_THREAD_H

#include <pthread.h>

/* The calling thread's: dealt when it first asks, from 0 on, and its own for as long as it lives. Each shared object deals its
 * own. */
unsigned thread_number(void);

/* pthread_cancel(3): a thread that ended inside would leave a lock held, a descriptor open, or a question counted in for ever. So
 * whoever cancels it is obeyed later, at the first cancellation point behind thread_cancel_again(). The two may be nested. */
static inline int thread_cancel_later(void) { /* what the other one wants to know */
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
