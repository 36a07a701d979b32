/* SPDX-License-Identifier: MIT
 *
 * One service as tamd serves it: libtam's object, its waiter, and what is counted of it. It outlives reloads that keep
 * it.
 */
#ifndef TAM_TAMD_SERVED_H
#define TAM_TAMD_SERVED_H

#include <tam/tam.h>
#include <tools/tamd/http/histogram.h>
#include <tools/tamd/config/settings.h>

struct served {
    char *name, *file; /* file NULL: that name in the folder of service files */
    struct tam_service *service;
    struct tam_waiter *waiter;
    atomic_uint wakes; /* how often parked requests were let go on */
    struct histogram durations;
    unsigned sites; /* how many name it; for the main thread alone */
    uint64_t id;    /* for the park alone, as is `next` */
    struct served *next;
};

/* NULL: the faults were logged. */
struct served *served_open(const struct settings_service *settings, const struct tam_setup *setup);
void served_close(struct served *served);

bool served_is(const struct served *served, const struct settings_service *settings);
/* Checks its file as it is now, and starts nothing. */
int served_check(const struct settings_service *settings, const struct tam_setup *setup,
                 struct tam_faults **ret_faults);

#endif
