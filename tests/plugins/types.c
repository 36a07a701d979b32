/* SPDX-License-Identifier: MIT
 *
 * A plugin with an option of every type, for tests of what libtam makes of them.
 */
#include <tam/plugin.h>
#include <tests/plugins/types.h>

static const char *const colours[] = { "red", "green", "blue", NULL };

static const struct tam_option options[] = {
    { "text", TAM_OPT_STRING, 0, 0, 0, NULL, NULL, "any" },
    { "short_text", TAM_OPT_STRING, 0, 2, 4, NULL, NULL, "bounded" },
    { "number", TAM_OPT_INT, 0, -5, 100, "7", NULL, "bounded" },
    { "any_number", TAM_OPT_INT, 0, 0, 0, NULL, NULL, "any" },
    { "wait", TAM_OPT_DURATION, 0, 1, 86400, "2m", NULL, "bounded" },
    { "any_wait", TAM_OPT_DURATION, 0, 0, 0, NULL, NULL, "any" },
    { "room", TAM_OPT_SIZE, 0, 0, INT64_C(1) << 30, "16K", NULL, "bounded" },
    { "any_room", TAM_OPT_SIZE, 0, 0, 0, NULL, NULL, "any" },
    { "flag", TAM_OPT_BOOL, 0, 0, 0, "no", NULL, "yes or no" },
    { "url", TAM_OPT_URL, 0, 0, 0, NULL, NULL, "any" },
    { "guid", TAM_OPT_GUID, 0, 0, 0, NULL, NULL, "any" },
    { "colour", TAM_OPT_ENUM, 0, 0, 0, "green", colours, "one of three" },
    { "file", TAM_OPT_FILE, 0, 0, 0, NULL, NULL, "any" },
    { "secret", TAM_OPT_SECRET, 0, 4, 32, NULL, NULL, "bounded" },
    { "texts", TAM_OPT_STRING | TAM_OPT_LIST, 0, 1, 8, "a,b", NULL, "bounded" },
    { "numbers", TAM_OPT_INT | TAM_OPT_LIST, 0, 0, 0, NULL, NULL, "any" },
    { "urls", TAM_OPT_URL | TAM_OPT_LIST, 0, 0, 0, NULL, NULL, "any" },
    { "guids", TAM_OPT_GUID | TAM_OPT_LIST, 0, 0, 0, NULL, NULL, "any" },
    { "colours", TAM_OPT_ENUM | TAM_OPT_LIST, 0, 0, 0, NULL, colours, "of three" },
    { "needed", TAM_OPT_STRING, TAM_OPT_REQUIRED, 0, 0, NULL, NULL, "must be there" },
};

static int types_init(const struct tam_config *config, const struct tam_host *host, uint32_t flags, void **ret_self) {
    (void)config;
    (void)host;
    (void)flags;
    (void)ret_self;
    return 1;
}

static uint32_t types_verify(void *self, const struct tam_request *request, struct tam_verdict *ret_verdict) {
    (void)self;
    (void)request;
    (void)ret_verdict;
    return TAM_VERDICT_NOT_MINE;
}

static int types_describe(void *self, const struct tam_description_request *request,
                          struct tam_description *ret_description) {
    (void)self;
    (void)request;
    (void)ret_description;
    return 0;
}

static void types_destroy(void *self) {
    (void)self;
}

const struct tam_plugin tam_plugin_v1 = {
    TAM_PLUGIN_HEAD(options), .name = "types",    .version = "1.0",       .summary = "an option of every type",
    .options = options,       .init = types_init, .verify = types_verify, .describe = types_describe,
    .destroy = types_destroy,
};
