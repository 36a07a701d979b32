/* SPDX-License-Identifier: MIT
 *
 * The system's clocks: what a host gets that brings none of its own. Nobody else reads a clock.
 */
#ifndef TAM_BASE_CLOCK_H
#define TAM_BASE_CLOCK_H

#include <stdint.h>

#define CLOCK_SECOND INT64_C(1000000000) /* nanoseconds */

int64_t clock_now(void);       /* CLOCK_REALTIME_COARSE, Unix seconds */
int64_t clock_monotonic(void); /* CLOCK_MONOTONIC, nanoseconds */

#endif
