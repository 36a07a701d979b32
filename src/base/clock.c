/* SPDX-License-Identifier: MIT
 *
 * The system's clocks.
 */
#include <config.h>

#include <src/base/clock.h>

#include <time.h>

/* The tick's time, some milliseconds old at most: whole seconds are all that is asked for, at a quarter of the cost. */
int64_t clock_now(void) {
    struct timespec time;
    clock_gettime(CLOCK_REALTIME_COARSE, &time);
    return time.tv_sec;
}

int64_t clock_monotonic(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * CLOCK_SECOND + time.tv_nsec;
}
