/* SPDX-License-Identifier: MIT
 *
 * Opening, checking, reloading and closing a service. It never replaces a configuration that works by one that does
 * not.
 */
#include <config.h>

#include <src/service/service.h>

#include <limits.h>
#include <src/base/str.h>
#include <src/base/thread.h>
#include <src/service/description.h>
#include <src/service/faults.h>
#include <stdio.h>
#include <unistd.h>

TAM_API const char *tam_version(void) {
    return PACKAGE_VERSION;
}

/* ---- Where a configuration comes from ---- */

static bool is_name_byte(char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
           byte == '_' || byte == '.' || byte == '-';
}

/* [A-Za-z0-9_.-]+ without a leading dot: a name cannot lead out of the directory. */
static bool is_service_name(const char *name) {
    size_t i;
    if (name[0] == '\0' || name[0] == '.') {
        return false;
    }
    for (i = 0; name[i] != '\0'; i++) {
        if (!is_name_byte(name[i])) {
            return false;
        }
    }
    return i <= NAME_MAX;
}

static bool out_of_memory(struct faults *faults) {
    faults_add(faults, TAM_LOG_ERROR, NULL, 0, "out of memory");
    return false;
}

static bool source_of_text(const char *text, struct configuration_source *ret_source, struct faults *faults) {
    if (text == NULL) {
        faults_add(faults, TAM_LOG_ERROR, NULL, 0, "no configuration was given");
        return false;
    }
    ret_source->text = mem_text(str_of(text));
    return ret_source->text != NULL || out_of_memory(faults);
}

/* Made absolute, so that a reload finds the same file after chdir(). Links stay: an administrator may turn one over. */
static bool source_of_path(const char *path, struct configuration_source *ret_source, struct faults *faults) {
    struct buf absolute;
    char here[PATH_MAX];
    if (path == NULL || path[0] == '\0') {
        faults_add(faults, TAM_LOG_ERROR, NULL, 0, "no service file was named");
        return false;
    }
    buf_init(&absolute, (size_t)2 * PATH_MAX);
    if (path[0] != '/') {
        if (getcwd(here, sizeof here) == NULL) {
            faults_add(faults, TAM_LOG_ERROR, path, 0, "the working directory cannot be found");
            return false;
        }
        buf_add_text(&absolute, here);
        buf_add_byte(&absolute, '/');
    }
    buf_add_text(&absolute, path);
    ret_source->path = absolute.failed ? NULL : mem_text(buf_str(&absolute));
    buf_free(&absolute);
    return ret_source->path != NULL || out_of_memory(faults);
}

static bool source_of_name(const char *name, struct configuration_source *ret_source, struct faults *faults) {
    char path[sizeof TAM_CONFIG_DIR + 1 + NAME_MAX + 1];
    if (name == NULL || !is_service_name(name)) {
        faults_add(faults, TAM_LOG_ERROR, NULL, 0,
                   "a service's name is made of letters, digits, '_', '.' and '-', and begins with no dot");
        return false;
    }
    (void)snprintf(path, sizeof path, "%s/%s", TAM_CONFIG_DIR, name);
    return source_of_path(path, ret_source, faults);
}

static void source_free(struct configuration_source *source) {
    mem_free(source->path);
    if (source->text != NULL) {
        mem_free_wiped(source->text, strlen(source->text));
    }
}

typedef bool source_reader(const char *, struct configuration_source *, struct faults *);

/* ---- Opening and closing ---- */

static struct configuration *service_read(const struct tam_service *service, struct faults *faults) {
    const struct configuration_setup options = setup_configuration(&service->setup);
    return configuration_read(&service->source, &options, faults);
}

/* Everything but the verifiers. On failure what was made is in *service all the same: free it with service_free(). */
static bool service_prepare(struct tam_service *service, source_reader *read, const char *what,
                            const struct tam_setup *setup, struct faults *faults) {
    waiters_init(&service->waiters);
    pthread_mutex_init(&service->reload_lock, NULL);
    if (!fork_count(&service->forks)) {
        return out_of_memory(faults);
    }
    return setup_read(setup, &service->setup, faults) && read(what, &service->source, faults);
}

static void service_free(struct tam_service *service, bool destroy) {
    if (service == NULL) {
        return;
    }
    generation_free(epoch_current(&service->epoch), destroy);
    if (destroy) { /* in a child, another thread of the parent may have held them at fork() */
        waiters_free(&service->waiters);
        pthread_mutex_destroy(&service->reload_lock);
    }
    source_free(&service->source);
    setup_free(&service->setup);
    mem_free(service);
}

/* The next generation; on failure NULL, and the faults say why. */
static struct generation *service_generation(struct tam_service *service, struct faults *faults) {
    struct configuration *configuration = service_read(service, faults);
    if (configuration == NULL) {
        return NULL;
    }
    struct generation *generation =
        generation_new(configuration, &service->setup, &service->waiters, service->serial + 1, faults);
    if (generation == NULL) {
        configuration_free(configuration);
        return NULL;
    }
    service->serial++;
    description_advise(generation, faults);
    return generation;
}

/* Warnings of a configuration that works go to the log, because the caller that opens it gets no faults. */
static void warnings_log(const struct tam_service *service, const struct faults *faults) {
    for (size_t i = 0; i < faults_count(faults); i++) {
        log_write(&service->setup, faults_level(faults, i), STR_NONE, str_of(faults_text(faults, i)));
    }
}

static int service_open(source_reader *read, const char *what, const struct tam_setup *setup,
                        struct tam_service **ret_service, struct tam_faults **ret_faults) {
    THREAD_CANCEL_LATER;
    struct tam_service *service = mem_alloc(sizeof *service);
    struct faults *faults = faults_new();
    struct generation *generation = NULL;

    if (service == NULL) {
        out_of_memory(faults);
    } else if (service_prepare(service, read, what, setup, faults)) {
        generation = service_generation(service, faults);
    }
    if (generation == NULL) {
        service_free(service, true);
        faults_give(faults, ret_faults);
        return -1;
    }
    epoch_init(&service->epoch, generation);
    warnings_log(service, faults);
    faults_free(faults);
    *ret_service = service;
    return 0;
}

TAM_API int tam_service_open(const char *name, const struct tam_setup *setup, struct tam_service **ret_service,
                             struct tam_faults **ret_faults) {
    return service_open(source_of_name, name, setup, ret_service, ret_faults);
}

TAM_API int tam_service_open_file(const char *path, const struct tam_setup *setup, struct tam_service **ret_service,
                                  struct tam_faults **ret_faults) {
    return service_open(source_of_path, path, setup, ret_service, ret_faults);
}

TAM_API int tam_service_open_string(const char *text, const struct tam_setup *setup, struct tam_service **ret_service,
                                    struct tam_faults **ret_faults) {
    return service_open(source_of_text, text, setup, ret_service, ret_faults);
}

TAM_API void tam_service_close(struct tam_service *service) {
    THREAD_CANCEL_LATER;
    if (service != NULL) {
        service_free(service, !service_is_foreign(service));
    }
}

/* ---- Checking ---- */

/* As opening, but on a service that nobody gets. */
static bool service_check_with(source_reader *read, const char *what, const struct tam_setup *setup,
                               struct faults *faults) {
    struct tam_service *service = mem_alloc(sizeof *service);
    struct configuration *configuration = NULL;
    bool good = false;
    if (service == NULL) {
        return out_of_memory(faults);
    }
    if (service_prepare(service, read, what, setup, faults)) {
        configuration = service_read(service, faults);
    }
    if (configuration != NULL) {
        good = generation_check(configuration, &service->setup, faults);
        configuration_free(configuration);
    }
    service_free(service, true);
    return good;
}

static int service_check(source_reader *read, const char *what, const struct tam_setup *setup,
                         struct tam_faults **ret_faults) {
    THREAD_CANCEL_LATER;
    struct faults *faults = faults_new();
    bool good = service_check_with(read, what, setup, faults) && !faults_any_error(faults);

    if (good && faults_count(faults) == 0) {
        faults_free(faults);
        faults = NULL;
    }
    faults_give(faults, ret_faults);
    return good ? 0 : -1;
}

TAM_API int tam_service_check(const char *name, const struct tam_setup *setup, struct tam_faults **ret_faults) {
    return service_check(source_of_name, name, setup, ret_faults);
}

TAM_API int tam_service_check_file(const char *path, const struct tam_setup *setup, struct tam_faults **ret_faults) {
    return service_check(source_of_path, path, setup, ret_faults);
}

TAM_API int tam_service_check_string(const char *text, const struct tam_setup *setup, struct tam_faults **ret_faults) {
    return service_check(source_of_text, text, setup, ret_faults);
}

/* ---- Reloading ---- */

/* The new verifiers are made before the old ones are told to go; a parked question is asked again, of the new ones. */
static bool service_renew(struct tam_service *service, struct faults *faults) {
    struct generation *next = service_generation(service, faults);
    if (next == NULL) {
        return false;
    }
    generation_free(epoch_turn(&service->epoch, next), true);
    waiters_wake(&service->waiters);
    warnings_log(service, faults);
    return true;
}

TAM_API int tam_service_reload(struct tam_service *service, struct tam_faults **ret_faults) {
    THREAD_CANCEL_LATER;
    struct faults *faults = faults_new();
    bool good = false;

    if (service == NULL) {
        faults_add(faults, TAM_LOG_ERROR, NULL, 0, "there is no service to reload");
    } else if (service_is_foreign(service)) {
        faults_add(faults, TAM_LOG_ERROR, NULL, 0, "%s", FORK_SENTENCE);
    } else {
        pthread_mutex_lock(&service->reload_lock);
        good = service_renew(service, faults);
        pthread_mutex_unlock(&service->reload_lock);
    }
    if (good) {
        faults_free(faults);
    } else {
        faults_give(faults, ret_faults);
    }
    return good ? 0 : -1;
}
