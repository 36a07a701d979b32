/* SPDX-License-Identifier: MIT
 *
 * A configuration in force: the settings and the services they name. Immutable; a reload makes a new one and swaps it
 * whole.
 */
#ifndef TAM_TAMD_SITE_H
#define TAM_TAMD_SITE_H

#include <tools/tamd/route/park.h>
#include <tools/tamd/config/served.h>
#include <tools/tamd/config/settings.h>

struct site {
    struct settings *settings;
    struct served **served; /* one for each of settings->services, in the same order */
    size_t references;      /* guarded by the lock of the owner */
    struct site *next;      /* among those that are no longer in force */
};

/*
 * Opens every service, or takes over from `old` (NULL: there is none) those that it has already, which are read again.
 * The settings are the site's from now on. NULL when a service's file is not good: everything was logged, and the old
 * services are as they were. [main thread]
 */
struct site *site_open(struct settings *settings, const struct tam_setup *setup, const struct site *old,
                       struct park *park);
/* Nobody uses it any more. Closes the services that no other site has. [main thread] */
void site_close(struct site *site, struct park *park);

/* Every service's file, and with it every fault. plain: as in log_faults(). */
bool site_check(const struct settings *settings, const struct tam_setup *setup, bool plain);

#endif
