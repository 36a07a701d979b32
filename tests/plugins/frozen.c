/* SPDX-License-Identifier: MIT
 *
 * A plugin of version 1.0 of the ABI, compiled with the headers as they were then. It must load and work for ever.
 */
#include <tests/abi/plugin_1_0.h>

enum { OPT_SUBJECT, OPT_SCOPES };

static const struct tam_option options[] = {
    { "subject", TAM_OPT_STRING, TAM_OPT_REQUIRED, 1, 64, NULL, NULL, "who bears every token" },
    { "scopes", TAM_OPT_STRING | TAM_OPT_LIST, 0, 1, 64, "read,write", NULL, "that every token carries" },
};

static int frozen_init(const struct tam_config *config, const struct tam_host *host, uint32_t flags, void **ret_self) {
    if (!TAM_HAS(config, name) || !TAM_HAS(host, revoke) || config->value_count != 2) {
        return 0;
    }
    if ((flags & TAM_INIT_CHECK) == 0) {
        *ret_self = (void *)(uintptr_t)config;
    }
    return 1;
}

static uint32_t frozen_verify(void *self, const struct tam_request *request, struct tam_verdict *ret_verdict) {
    const struct tam_config *config = (const struct tam_config *)self;
    struct tam_str *copy = (struct tam_str *)request->alloc(request->ctx, sizeof *copy);
    if (copy == NULL || !TAM_HAS(request, check) || !TAM_HAS(ret_verdict, detail)) {
        return TAM_VERDICT_ERROR;
    }
    *copy = tam_config_value(config, OPT_SUBJECT)->text;
    ret_verdict->kind = TAM_KIND_USER;
    ret_verdict->subject = *copy;
    ret_verdict->scopes = tam_config_value(config, OPT_SCOPES)->list;
    ret_verdict->expires_at = request->now + 60;
    return TAM_VERDICT_ACCEPT;
}

static int frozen_describe(void *self, const struct tam_description_request *request,
                           struct tam_description *ret_description) {
    (void)request;
    ret_description->complete = 1;
    ret_description->scopes = tam_config_value((const struct tam_config *)self, OPT_SCOPES)->list;
    return 1;
}

static void frozen_destroy(void *self) {
    (void)self;
}

const struct tam_plugin tam_plugin_v1 = {
    TAM_PLUGIN_HEAD(options), "frozen",      "1.0", "of version 1.0", options, frozen_init, frozen_verify,
    frozen_describe,          frozen_destroy
};
