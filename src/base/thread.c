/* SPDX-License-Identifier: MIT
 *
 * Threads are numbered in the order in which they first ask.
 */
#include <config.h>

#include <src/base/thread.h>

#include <stdatomic.h>

/* The variable lies in the static TLS block, so that a read is one load and no call of __tls_get_addr(). A plugin
 * may use it although it is opened later: glibc reserves surplus static TLS, and four bytes are needed.
 * LeakSanitizer crashes with dynamic TLS in an object from dlopen(); this avoids that too. */
#define TLS_INITIAL_EXEC __attribute__((tls_model("initial-exec")))

unsigned thread_number(void) {
    static atomic_uint dealt;
    static _Thread_local unsigned mine TLS_INITIAL_EXEC; /* plus one; 0: none yet */
    if (mine == 0) {
        mine = 1 + atomic_fetch_add_explicit(&dealt, 1, memory_order_relaxed);
    }
    return mine - 1;
}
