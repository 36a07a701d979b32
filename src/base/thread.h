/* SPDX-License-Identifier: MIT
 *
 * Numbers for threads, so that each can write where no other does.
 */
#ifndef TAM_BASE_THREAD_H
#define TAM_BASE_THREAD_H

/* The calling thread's: dealt when it first asks, from 0 on, and its own for as long as it lives. Each shared object deals its
 * own. */
unsigned thread_number(void);

#endif
