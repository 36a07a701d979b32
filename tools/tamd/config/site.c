/* SPDX-License-Identifier: MIT
 *
 * Makes sites out of settings. Nothing is taken over before everything is known to be good.
 */
#include <config.h>

#include <tools/tamd/config/site.h>

#include <src/base/mem.h>
#include <src/base/str.h>
#include <tools/tamd/admin/log.h>

bool site_check(const struct settings *settings, const struct tam_setup *setup, bool plain) {
    bool good = true;
    for (size_t i = 0; i < settings->service_count; i++) {
        struct tam_faults *faults = NULL;
        bool opens = served_check(&settings->services[i], setup, &faults) == 0;
        if (opens && !plain) {
            tam_faults_free(faults); /* warnings: opening it logs them */
        } else {
            log_faults(faults, plain);
        }
        good = good && opens;
    }
    return good;
}

static struct served *find_old(const struct site *old, const struct settings_service *wanted) {
    for (size_t i = 0; old != NULL && i < old->settings->service_count; i++) {
        if (served_is(old->served[i], wanted)) {
            return old->served[i];
        }
    }
    return NULL;
}

static struct served *open_new(const struct settings_service *wanted, const struct tam_setup *setup,
                               struct park *park) {
    struct served *served = served_open(wanted, setup);
    if (served == NULL || park_watch(park, served)) {
        return served;
    }
    log_line(TAM_LOG_ERROR, "service %s cannot be watched", served->name);
    served_close(served);
    return NULL;
}

static bool open_all(struct site *site, const struct tam_setup *setup, const struct site *old, struct park *park) {
    for (size_t i = 0; i < site->settings->service_count; i++) {
        const struct settings_service *wanted = &site->settings->services[i];
        struct served *served = find_old(old, wanted);
        if (served == NULL) {
            served = open_new(wanted, setup, park);
        }
        if (served == NULL) {
            return false;
        }
        served->sites++;
        site->served[i] = served;
    }
    return true;
}

/* It was checked a moment ago, so this fails only where somebody writes files meanwhile; then the old configuration of
 * that one service stays in force, which is said. */
static void reload_kept(const struct site *site) {
    for (size_t i = 0; i < site->settings->service_count; i++) {
        struct tam_faults *faults = NULL;
        if (site->served[i]->sites < 2) {
            continue;
        }
        if (tam_service_reload(site->served[i]->service, &faults) < 0) {
            log_line(TAM_LOG_ERROR, "service %s keeps its old configuration", site->served[i]->name);
        }
        log_faults(faults, false);
    }
}

struct site *site_open(struct settings *settings, const struct tam_setup *setup, const struct site *old,
                       struct park *park) {
    struct site *site = mem_alloc(sizeof *site);
    struct served **served = mem_array(settings->service_count, sizeof(struct served *));
    if (site == NULL || served == NULL) {
        log_line(TAM_LOG_ERROR, "memory ran out");
        mem_free(site);
        mem_free(served);
        settings_free(settings);
        return NULL;
    }
    *site = (struct site){ .settings = settings, .served = served };
    if (!site_check(settings, setup, false) || !open_all(site, setup, old, park)) {
        site_close(site, park);
        return NULL;
    }
    reload_kept(site);
    return site;
}

void site_close(struct site *site, struct park *park) {
    if (site == NULL) {
        return;
    }
    for (size_t i = 0; i < site->settings->service_count; i++) {
        struct served *served = site->served[i];
        if (served == NULL || --served->sites > 0) {
            continue;
        }
        park_forget(park, served);
        served_close(served);
    }
    mem_free(site->served);
    settings_free(site->settings);
    mem_free(site);
}
