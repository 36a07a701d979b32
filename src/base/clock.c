/* SPDX-License-Identifier: MIT
 *
 * The system's clocks.
 */
#include <config.h>

#include <src/base/clock.h>

#include <time.h>

int64_t clock_now(void) {
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    return time.tv_sec;
}

int64_t clock_monotonic(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * CLOCK_SECOND + time.tv_nsec;
}
