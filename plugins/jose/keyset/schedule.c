/* SPDX-License-Identifier: MIT
 *
 * When to fetch again.
 */
#include <config.h>

#include <plugins/jose/keyset/schedule.h>
#include <src/base/clock.h>

#include <sys/random.h>

#define BACKOFF_MAX       60 /* seconds */
#define BACKOFF_LONG      45 /* the least of them after many failures */
#define BACKOFF_DOUBLINGS 6  /* 1 s to 32 s */
#define PERMILLE          1000

int64_t schedule_age(int64_t lifetime, int64_t refresh) {
    if (lifetime < 0 || lifetime > refresh) {
        return refresh;
    }
    return lifetime < AGE_MIN ? AGE_MIN : lifetime;
}

int64_t schedule_refresh(int64_t fetched, int64_t age) {
    int64_t permille = 720 + random_below(161); /* 0.8 * (0.9 .. 1.1) */
    return fetched + age * (CLOCK_SECOND / PERMILLE) * permille;
}

int64_t schedule_backoff(unsigned failures) {
    int64_t low = failures > BACKOFF_DOUBLINGS ? BACKOFF_LONG : INT64_C(1) << (failures > 0 ? failures - 1 : 0);
    int64_t high = 2 * low < BACKOFF_MAX ? 2 * low : BACKOFF_MAX;
    return (low * PERMILLE + (high - low) * random_below(PERMILLE + 1)) * (CLOCK_SECOND / PERMILLE);
}

/* Spreads load and protects no secret, so if the generator fails only the spread is lost. */
uint32_t random_below(uint32_t below) {
    uint32_t number = 0;
    if (getrandom(&number, sizeof number, GRND_NONBLOCK) != (ssize_t)sizeof number) {
        return below / 2;
    }
    return number % below;
}
