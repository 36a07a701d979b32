/* SPDX-License-Identifier: MIT
 *
 * What lies on a good token's way, and what lies off it. A verification runs through more code than the processor keeps at hand,
 * so what every token comes through is laid out side by side, and where a call of the others leads is laid out apart.
 */
#ifndef TAM_BASE_COLD_H
#define TAM_BASE_COLD_H

#define HOT  __attribute__((hot))
#define COLD __attribute__((cold))

#endif
