/* SPDX-License-Identifier: MIT
 *
 * Threads are numbered in the order in which they come.
 */
#include <config.h>

#include <src/base/thread.h>

#include <stdatomic.h>

/* Its four bytes lie in what the loader lays out for each thread beforehand; glibc keeps room there for what is opened later. So
 * they are read without a call, and LeakSanitizer, which crashes over the other kind in a plugin, goes through. */
#define LAID_OUT __attribute__((tls_model("initial-exec")))

unsigned thread_number(void) {
    static atomic_uint dealt;
    static _Thread_local unsigned mine LAID_OUT; /* plus one; 0: none yet */
    if (mine == 0) {
        mine = 1 + atomic_fetch_add_explicit(&dealt, 1, memory_order_relaxed);
    }
    return mine - 1;
}
