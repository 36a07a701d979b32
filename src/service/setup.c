/* SPDX-License-Identifier: MIT
 *
 * Reads struct tam_setup. The environment names the plugin directory only where the process is not set-uid, and must
 * not hold what the libraries of a plugin would take from it all the same.
 */
#include <config.h>

#include <src/service/setup.h>

#include <src/base/array.h>
#include <src/base/clock.h>
#include <src/base/str.h>
#include <src/service/stderr_log.h>
#include <stdlib.h>
#include <sys/auxv.h>

static int64_t system_now(void *ctx) {
    (void)ctx;
    return clock_now();
}

static int64_t system_monotonic(void *ctx) {
    (void)ctx;
    return clock_monotonic();
}

/* A member that this libtam does not know must not be ignored silently: a younger host's are zero, or refused. */
static bool tail_is_zero(const struct tam_setup *given) {
    const char *bytes = (const char *)given;
    for (size_t i = sizeof *given; i < given->size; i++) {
        if (bytes[i] != 0) {
            return false;
        }
    }
    return true;
}

static const char *setup_fault(const struct tam_setup *given) {
    if (given->size < sizeof *given) {
        return "tam_setup.size is not set";
    }
    if (given->size > 65536 || !tail_is_zero(given)) {
        return "tam_setup has members that this version of libtam does not know";
    }
    if ((given->flags & ~(uint32_t)(TAM_SETUP_ANY_OWNER | TAM_SETUP_FETCH)) != 0) {
        return "tam_setup.flags has a flag that this version of libtam does not know";
    }
    return NULL;
}

/* Whoever starts a set-uid program writes its environment. libc, libcurl and OpenSSL ignore most of it there; this
 * is what they read nevertheless, in any plugin that links them. libtam(3) has the whole list. */
static const struct {
    const char *name, *reader;
} refused[] = {
    { "SSLKEYLOGFILE", "libcurl would write the secrets of its connections into that file" },
    { "CURL_SSL_BACKEND", "libcurl would choose its TLS library by it" },
    { "OPENSSL_ia32cap", "OpenSSL would choose by it how it computes" },
};

static bool environment_check(struct faults *faults) {
    bool good = true;
    for (size_t i = 0; getauxval(AT_SECURE) != 0 && i < COUNT(refused); i++) {
        if (getenv(refused[i].name) != NULL) {
            faults_add(faults, TAM_LOG_ERROR, NULL, 0, "%s must not be set in a set-uid process: %s", refused[i].name,
                       refused[i].reader);
            good = false;
        }
    }
    return good;
}

/* The host's word, the environment's, the installation's. On failure NULL, and the fault is added. */
static char *plugin_dir_find(const struct tam_setup *given, struct faults *faults) {
    const char *dir = given->plugin_dir;
    if (dir == NULL && getenv("TAM_PLUGIN_DIR") != NULL) {
        if (getauxval(AT_SECURE) != 0) {
            faults_add(faults, TAM_LOG_ERROR, NULL, 0, "TAM_PLUGIN_DIR must not be set in a set-uid process");
            return NULL;
        }
        dir = getenv("TAM_PLUGIN_DIR");
    }
    char *copy = mem_text(str_of(dir != NULL ? dir : TAM_PLUGIN_DIR));
    if (copy == NULL) {
        faults_add(faults, TAM_LOG_ERROR, NULL, 0, "out of memory");
    }
    return copy;
}

bool setup_read(const struct tam_setup *given, struct setup *ret_setup, struct faults *faults) {
    static const struct tam_setup none = { .size = sizeof none };
    if (given == NULL) {
        given = &none;
    }
    const char *fault = setup_fault(given);
    if (fault != NULL) {
        faults_add(faults, TAM_LOG_ERROR, NULL, 0, "%s", fault);
        return false;
    }
    if (!environment_check(faults)) {
        return false;
    }
    char *plugin_dir = plugin_dir_find(given, faults);
    if (plugin_dir == NULL) {
        return false;
    }
    *ret_setup = (struct setup){
        .any_owner = (given->flags & TAM_SETUP_ANY_OWNER) != 0,
        .host_clock = given->monotonic != NULL,
        .fetch = (given->flags & TAM_SETUP_FETCH) != 0,
        .debug = secure_getenv("TAM_DEBUG") != NULL,
        .mute = !stderr_log_is_there(),
        .plugin_dir = plugin_dir,
        .ctx = given->ctx,
        .log = given->log,
        .now = given->now != NULL ? given->now : system_now,
        .monotonic = given->monotonic != NULL ? given->monotonic : system_monotonic,
    };
    return true;
}

void setup_free(struct setup *setup) {
    mem_free(setup->plugin_dir);
    setup->plugin_dir = NULL;
}

struct configuration_setup setup_configuration(const struct setup *setup) {
    return (struct configuration_setup){
        .plugin_dir = setup->plugin_dir,
        .any_owner = setup->any_owner,
        .host_clock = setup->host_clock,
        .fetch = setup->fetch,
    };
}
