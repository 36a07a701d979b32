/* SPDX-License-Identifier: MIT
 *
 * One counter that each child finds moved on by one. A process id would need a system call for every question, and may
 * come round again; a list of services would need a lock that another thread could hold at the moment of fork().
 */
#include <config.h>

#include <src/service/fork.h>

#include <pthread.h>
#include <stdatomic.h>

static atomic_uint forks;
static int handler_status;

static void child_begins(void) {
    atomic_fetch_add_explicit(&forks, 1, memory_order_relaxed);
}

static void handler_install(void) {
    handler_status = pthread_atfork(NULL, NULL, child_begins);
}

bool fork_count(unsigned *ret_count) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, handler_install);
    if (handler_status != 0) {
        return false;
    }
    *ret_count = atomic_load_explicit(&forks, memory_order_relaxed);
    return true;
}

bool fork_since(unsigned count) {
    return atomic_load_explicit(&forks, memory_order_relaxed) != count;
}
