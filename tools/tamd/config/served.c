/* SPDX-License-Identifier: MIT
 *
 * Opens, checks and closes what is served, by name or by file.
 */
#include <config.h>

#include <tools/tamd/config/served.h>

#include <errno.h>
#include <src/base/mem.h>
#include <src/base/str.h>
#include <tools/tamd/admin/log.h>

static bool names_copy(struct served *served, const struct settings_service *settings) {
    served->name = mem_text(settings->name);
    served->file = settings->file.len > 0 ? mem_text(settings->file) : NULL;
    return served->name != NULL && (served->file != NULL || settings->file.len == 0);
}

static bool service_open(struct served *served, const struct tam_setup *setup) {
    struct tam_faults *faults = NULL;
    int status = served->file != NULL ? tam_service_open_file(served->file, setup, &served->service, &faults)
                                      : tam_service_open(served->name, setup, &served->service, &faults);
    if (status == 0) {
        return true;
    }
    log_faults(faults, false);
    log_line(TAM_LOG_ERROR, "service %s cannot be opened", served->name);
    return false;
}

struct served *served_open(const struct settings_service *settings, const struct tam_setup *setup) {
    struct served *served = mem_alloc(sizeof *served);
    if (served == NULL || !names_copy(served, settings)) {
        log_line(TAM_LOG_ERROR, "memory ran out");
    } else if (service_open(served, setup)) {
        if (tam_waiter_open(served->service, &served->waiter) == 0) {
            return served;
        }
        log_line(TAM_LOG_ERROR, "service %s has no waiter: %s", served->name, strerror(errno));
    }
    served_close(served);
    return NULL;
}

void served_close(struct served *served) {
    if (served == NULL) {
        return;
    }
    tam_waiter_close(served->waiter);
    tam_service_close(served->service);
    mem_free(served->name);
    mem_free(served->file);
    mem_free(served);
}

bool served_is(const struct served *served, const struct settings_service *settings) {
    return str_equal(str_of(served->name), settings->name) && str_equal(str_of(served->file), settings->file);
}

int served_check(const struct settings_service *settings, const struct tam_setup *setup,
                 struct tam_faults **ret_faults) {
    return settings->file.len > 0 ? tam_service_check_file(settings->file.ptr, setup, ret_faults)
                                  : tam_service_check(settings->name.ptr, setup, ret_faults);
}
