/* SPDX-License-Identifier: MIT
 *
 * HOT and COLD: where the linker puts a function. Functions that run for every accepted token are HOT and lie next to
 * each other; paths of errors and explanations are COLD and lie in another section. One verification touches more code
 * than the first-level instruction cache holds, so this reduces the misses.
 */
#ifndef TAM_BASE_ATTR_H
#define TAM_BASE_ATTR_H

#define HOT  __attribute__((hot))
#define COLD __attribute__((cold))

#endif
