/* SPDX-License-Identifier: MIT
 *
 * Calls describe and checks what comes out.
 */
#include <config.h>

#include <src/description.h>

#include <src/base/str.h>
#include <src/log.h>
#include <src/sanitise.h>

static void *describe_alloc(void *ctx, size_t size) {
    return arena_alloc(ctx, size);
}

bool description_ask(const struct verifier *verifier, struct arena *arena, struct tam_description *ret_description) {
    const struct tam_description_request request = { .size = sizeof request, .ctx = arena, .alloc = describe_alloc };
    struct tam_description description = { .size = sizeof description };
    const char *fault;

    if (verifier->plugin->table.describe(verifier->self, &request, &description) == 0)
        return false;
    fault = sanitise_description(&description);
    if (fault != NULL) {
        log_format(verifier->host.setup, TAM_LOG_DEBUG, verifier->line->config.name,
                   "its description is left out: %s holds what it must not", fault);
        return false;
    }
    *ret_description = description;
    return true;
}

static struct tam_str first_of(struct tam_str a, struct tam_str b) {
    return a.len > 0 ? a : b;
}

void description_merge(const struct generation *generation, struct arena *arena, const struct pool *pool,
                       struct description *ret_description) {
    struct tam_description one;
    size_t i;

    *ret_description = (struct description){ .scope_prefix = STR_NONE };
    set_init(&ret_description->authorization_servers, pool);
    set_init(&ret_description->scopes, pool);
    for (i = 0; i < generation->verifier_count; i++) {
        if (!description_ask(&generation->verifiers[i], arena, &one))
            continue;
        set_add_list(&ret_description->authorization_servers, one.authorization_servers);
        set_add_list(&ret_description->scopes, one.scopes);
        ret_description->scope_prefix = first_of(ret_description->scope_prefix, one.scope_prefix);
        ret_description->authorization_uri = first_of(ret_description->authorization_uri, one.authorization_uri);
    }
}
