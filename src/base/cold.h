/* SPDX-License-Identifier: MIT
 *
 * What lies off a good token's way. A verification runs through more code than the processor keeps at hand, so where a call of
 * one of these leads is laid out apart from the way itself.
 */
#ifndef TAM_BASE_COLD_H
#define TAM_BASE_COLD_H

#define COLD __attribute__((cold))

#endif
