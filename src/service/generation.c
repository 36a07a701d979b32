/* SPDX-License-Identifier: MIT
 *
 * init and destroy of the verifiers, serialised per plugin, and what init had to say put where the administrator looks.
 */
#include <config.h>

#include <src/service/generation.h>

#include <src/base/str.h>
#include <src/service/description.h>

/* Since 1.1 a check may leave a verifier that is only described; what an older plugin leaves is nothing that it
 * promised. */
static bool describes_unopened(const struct verifier *verifier) {
    return verifier->self != NULL && verifier->plugin->table.abi_minor >= 1;
}

/* An init that fails without a word would leave the administrator alone, and one that reports a fault has failed
 * whatever it returned. */
static bool verifier_init(struct verifier *verifier, uint32_t flags, struct faults *faults) {
    const struct plugin *plugin = verifier->plugin;
    const struct configuration_verifier *line = verifier->line;
    verifier->services.faults = faults;
    verifier->services.checking = (flags & TAM_INIT_CHECK) != 0;
    plugin_lock(plugin);
    int ready = plugin->table.init(&line->config, &verifier->services.table, flags, &verifier->self);
    plugin_unlock(plugin);
    verifier->services.faults = NULL;
    verifier->live = ready != 0 && (!verifier->services.checking || describes_unopened(verifier));
    if (ready == 0 && verifier->services.fault_count == 0) {
        faults_add(faults, TAM_LOG_ERROR, line->file, line->line, "%s: refused its options without saying why",
                   plugin->table.name);
    }
    return ready != 0 && verifier->services.fault_count == 0;
}

static void verifier_destroy(struct verifier *verifier) {
    if (!verifier->live) {
        return;
    }
    plugin_lock(verifier->plugin);
    verifier->plugin->table.destroy(verifier->self);
    plugin_unlock(verifier->plugin);
    verifier->live = false;
}

/* Without the configuration: that is the caller's until all went well. */
static void verifiers_free(struct generation *generation, bool destroy) {
    for (size_t i = 0; destroy && i < generation->verifier_count; i++) {
        verifier_destroy(&generation->verifiers[i]);
    }
    if (destroy) {
        cache_free(generation->cache);
    } else {
        cache_leave(generation->cache);
    }
    mem_free(generation->verifiers);
    mem_free(generation);
}

/* Only where verdicts are to be kept. False: no memory. */
static bool cache_make(struct generation *generation, struct faults *faults) {
    const struct service_options *options = &generation->configuration->options;
    if (options->cache_size == 0 || options->cache_ttl == 0) {
        return true;
    }
    generation->cache = cache_new(options->cache_size);
    if (generation->cache == NULL) {
        faults_add(faults, TAM_LOG_ERROR, NULL, 0, "no memory for the cache of verdicts");
    }
    return generation->cache != NULL;
}

/* Every verifier is asked, so that all faults come at once. On failure NULL. */
static struct generation *generation_make(struct configuration *configuration, const struct setup *setup,
                                          struct waiters *waiters, uint32_t flags, struct faults *faults) {
    static atomic_ullong ids;
    struct generation *generation = mem_alloc(sizeof *generation);
    bool good;
    size_t i;
    if (generation != NULL) {
        generation->verifiers = mem_array(configuration->verifier_count, sizeof *generation->verifiers);
    }
    if (generation == NULL || generation->verifiers == NULL) {
        mem_free(generation);
        faults_add(faults, TAM_LOG_ERROR, NULL, 0, "out of memory");
        return NULL;
    }
    generation->configuration = configuration;
    generation->verifier_count = configuration->verifier_count;
    good = (flags & TAM_INIT_CHECK) != 0 || cache_make(generation, faults);
    for (i = 0; i < generation->verifier_count; i++) {
        struct verifier *verifier = &generation->verifiers[i];
        verifier->line = &configuration->verifiers[i];
        verifier->plugin = verifier->line->plugin;
        verifier->id = 1 + atomic_fetch_add_explicit(&ids, 1, memory_order_relaxed);
        services_init(&verifier->services, setup, waiters, verifier->line);
        good = verifier_init(verifier, flags, faults) && good;
    }
    if (good) {
        return generation;
    }
    verifiers_free(generation, true);
    return NULL;
}

struct generation *generation_new(struct configuration *configuration, const struct setup *setup,
                                  struct waiters *waiters, uint64_t serial, struct faults *faults) {
    struct generation *generation = generation_make(configuration, setup, waiters, 0, faults);
    if (generation != NULL) {
        generation->serial = serial;
    }
    return generation;
}

bool generation_check(struct configuration *configuration, const struct setup *setup, struct faults *faults) {
    struct generation *generation = generation_make(configuration, setup, NULL, TAM_INIT_CHECK, faults);
    if (generation == NULL) {
        return false;
    }
    description_advise(generation, faults);
    verifiers_free(generation, true);
    return true;
}

void generation_free(struct generation *generation, bool destroy) {
    if (generation == NULL) {
        return;
    }
    struct configuration *configuration = generation->configuration;
    verifiers_free(generation, destroy);
    configuration_free(configuration);
}
