/* SPDX-License-Identifier: MIT
 *
 * When to fetch again.
 */
#include <config.h>

#include <plugins/jose/schedule.h>
#include <src/base/clock.h>

#include <sys/random.h>

#define BACKOFF_MAX 60 /* seconds */
#define PERMILLE    1000

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
    int64_t seconds = failures > 6 ? BACKOFF_MAX : INT64_C(1) << (failures > 0 ? failures - 1 : 0);
    seconds = seconds > BACKOFF_MAX ? BACKOFF_MAX : seconds;
    return seconds * (CLOCK_SECOND / PERMILLE) * (PERMILLE - random_below(PERMILLE / 4));
}

/* Spreads load; nothing secret hangs on it, so a generator that fails costs only the spread. */
uint32_t random_below(uint32_t below) {
    uint32_t number = 0;
    if (getrandom(&number, sizeof number, GRND_NONBLOCK) != (ssize_t)sizeof number) {
        return below / 2;
    }
    return number % below;
}
