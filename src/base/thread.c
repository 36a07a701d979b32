/* SPDX-License-Identifier: MIT
 *
 * Threads are numbered in the order in which they come.
 */
#include <config.h>

#include <src/base/thread.h>

#include <stdatomic.h>

unsigned thread_number(void) {
    static atomic_uint dealt;
    static _Thread_local unsigned mine; /* plus one; 0: none yet */
    if (mine == 0) {
        mine = 1 + atomic_fetch_add_explicit(&dealt, 1, memory_order_relaxed);
    }
    return mine - 1;
}
