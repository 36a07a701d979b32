/* SPDX-License-Identifier: MIT
 *
 * A service's configuration: its text read, its plugins loaded, its options checked and made complete. No verifier is
 * made here, and nothing of the network is touched.
 */
#ifndef TAM_CONFIGURATION_H
#define TAM_CONFIGURATION_H

#include <src/base/arena.h>
#include <src/conf/option.h>
#include <src/conf/source.h>
#include <src/plugin/loader.h>
#include <tam/tam.h>

enum configuration_control { CONTROL_REQUIRED = 1, CONTROL_SUFFICIENT }; /* with PAM's meaning */
struct tam_str control_name(enum configuration_control control);         /* as it is written */

/* The statement `resource`; given false: it is not there. Views live as long as the configuration. */
struct configuration_resource {
    bool given;
    struct tam_str url, name, documentation, policy, terms;
    struct tam_list scopes, authorization_servers; /* override the descriptions */
    bool scopes_given, authorization_servers_given;
};

/* One `broad:narrow` of scope_implies. */
struct configuration_implication {
    struct tam_str broad, narrow;
};

/* The statement `service`, complete with defaults. */
struct service_options {
    int64_t timeout_ns;    /* timeout=5s */
    size_t cache_size;     /* cache_size=16M, bytes */
    int64_t cache_ttl;     /* cache_ttl=300s, seconds */
    size_t max_token_size; /* max_token_size=16K, 1K..64K */
    const struct configuration_implication *implications;
    size_t implication_count;
};

/* One verifier line. */
struct configuration_verifier {
    enum configuration_control control;
    bool control_given; /* written, not what a single verifier means without */
    const struct plugin *plugin;
    struct tam_config config; /* complete, typed values */
    const char *file;         /* "<string>" */
    unsigned line;
    const unsigned *option_lines; /* option_count entries: where each option is written; 0: defaulted */
};

struct configuration {
    struct arena memory;
    struct configuration_resource resource;
    struct service_options options;
    struct configuration_verifier *verifiers; /* in order */
    size_t verifier_count;
    struct tam_str name; /* of the service, for log lines */
};

/* What of the setup it needs. */
struct configuration_setup {
    const char *plugin_dir; /* resolved, never NULL */
    bool any_owner;
    bool host_clock; /* becomes TAM_CONFIG_HOST_CLOCK */
    bool fetch;      /* becomes TAM_CONFIG_FETCH */
};

/* One reading: the target of the statements' tables. */
struct configuration_run {
    struct configuration *configuration;
    const struct configuration_setup *setup;
    struct pool pool;
    struct option_means means;
};

/* Reads, loads and checks everything, and reports every fault it can find, not only the first. Returns NULL when
 * there is one of level error. Secrets in it are wiped by configuration_free(). */
struct configuration *configuration_read(const struct configuration_source *source,
                                         const struct configuration_setup *setup, struct faults *faults);
void configuration_free(struct configuration *configuration);

#endif
