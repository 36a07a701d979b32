/* SPDX-License-Identifier: MIT
 *
 * What the constructor of tam_trap.so does, asked by the environment: nothing, unless one of these is set.
 */
#ifndef TAM_TESTS_PLUGINS_TRAP_H
#define TAM_TESTS_PLUGINS_TRAP_H

#define TRAP_EXITS  "TAM_TEST_TRAP_EXITS" /* ends the process with TRAP_STATUS */
#define TRAP_WAITS  "TAM_TEST_TRAP_WAITS" /* writes a byte, and waits for one */
#define TRAP_STATUS 66

enum { TRAP_ENTERED = 100, TRAP_LEAVES = 101 }; /* descriptors */

#endif
