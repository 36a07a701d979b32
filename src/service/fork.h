/* SPDX-License-Identifier: MIT
 *
 * Services do not cross fork(): their verifiers' threads stay in the parent. Whoever holds a service in a child learns
 * it here, without a lock and without a system call.
 */
#ifndef TAM_FORK_H
#define TAM_FORK_H

#include <stdbool.h>

#define FORK_SENTENCE "the service was opened before fork(); open it in the child instead"

/* How many forks lie between the first process that asked and this one; installs the handler at its first call. False:
 * no memory for the handler. */
bool fork_count(unsigned *ret_count);

/* Was a fork between that count and now? */
bool fork_since(unsigned count);

#endif
