/* SPDX-License-Identifier: MIT
 *
 * When to fetch again: functions of ages and failures, and random_below(), the only source of randomness. Times are
 * nanoseconds of the monotonic clock, ages are seconds.
 */
#ifndef TAM_JOSE_SCHEDULE_H
#define TAM_JOSE_SCHEDULE_H

#include <stdint.h>

#define AGE_MIN 60 /* seconds: no server can make us fetch more often */

/* How old keys may become: what the server said (-1: nothing), between AGE_MIN and the option jwks_refresh. */
int64_t schedule_age(int64_t lifetime, int64_t refresh);
/* When to refresh keys of that age, fetched at `fetched`: at 80 % of it, give or take 10 %. */
int64_t schedule_refresh(int64_t fetched, int64_t age);
/* How long to wait after so many failures in a row, nanoseconds: somewhere from 1 s to 2 s after the first, both
 * doubled by each further one up to 60 s; after many from 45 s to 60 s. */
int64_t schedule_backoff(unsigned failures);
/* 0 to below - 1, nearly uniform, from the system's generator. */
uint32_t random_below(uint32_t below);

#endif
