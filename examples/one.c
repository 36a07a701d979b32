/* SPDX-License-Identifier: MIT
 *
 * The smallest useful plugin: accepts one configured token for one subject. For trying out a host: the token never
 * expires, and libtam caches no verdict.
 */
#include <tam/plugin.h>

enum { OPT_TOKEN, OPT_SUBJECT };

static const struct tam_option options[] = {
    { "token", TAM_OPT_SECRET, TAM_OPT_REQUIRED, 16, 4096, NULL, NULL, "the one token" },
    { "subject", TAM_OPT_STRING, 0, 1, 256, "developer", NULL, "who bears it" },
};

static int one_init(const struct tam_config *config, const struct tam_host *host, uint32_t flags, void **ret_self) {
    (void)host;
    if ((flags & TAM_INIT_CHECK) == 0) {
        *ret_self = (void *)(uintptr_t)config; /* lives until destroy returned, so it can be the verifier itself */
    }
    return 1;
}

/* Compares in constant time: the time must not tell how many bytes of a guess are right. */
static int same(struct tam_str a, struct tam_str b) {
    unsigned char difference = a.len != b.len;
    for (size_t i = 0; i < a.len && i < b.len; i++) {
        difference |= (unsigned char)(a.ptr[i] ^ b.ptr[i]);
    }
    return difference == 0;
}

static uint32_t one_verify(void *self, const struct tam_request *request, struct tam_verdict *ret_verdict) {
    const struct tam_config *config = self;
    if (!same(request->token, tam_config_value(config, OPT_TOKEN)->text)) {
        ret_verdict->reason = TAM_REASON_BAD_SIGNATURE;
        return TAM_VERDICT_REJECT;
    }
    ret_verdict->subject = tam_config_value(config, OPT_SUBJECT)->text;
    return TAM_VERDICT_ACCEPT;
}

static int one_describe(void *self, const struct tam_description_request *request,
                        struct tam_description *ret_description) {
    (void)self;
    (void)request;
    ret_description->complete = 1;
    return 1;
}

static void one_destroy(void *self) {
    (void)self;
}

const struct tam_plugin tam_plugin_v1 = {
    TAM_PLUGIN_HEAD(options), .name = "one",    .version = "1.0",     .summary = "one token, one subject",
    .options = options,       .init = one_init, .verify = one_verify, .describe = one_describe,
    .destroy = one_destroy,
};
