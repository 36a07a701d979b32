/* SPDX-License-Identifier: MIT
 *
 * Calls describe and status, and checks what comes out.
 */
#include <config.h>

#include <src/description.h>

#include <src/base/json.h>
#include <src/base/str.h>
#include <src/document.h>
#include <src/log.h>
#include <src/sanitise.h>

static void *request_alloc(void *ctx, size_t size) {
    return arena_alloc(ctx, size);
}

static struct tam_description_request request_of(struct arena *arena) {
    return (struct tam_description_request){ .size = sizeof(struct tam_description_request),
                                             .ctx = arena,
                                             .alloc = request_alloc };
}

bool description_ask(const struct verifier *verifier, struct arena *arena, struct tam_description *ret_description) {
    const struct tam_description_request request = request_of(arena);
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

bool description_status(const struct verifier *verifier, struct arena *arena, struct tam_str *ret_json) {
    const struct tam_description_request request = request_of(arena);
    struct tam_verifier_status status = { .size = sizeof status };
    struct pool pool = arena_pool(arena);
    const char *fault;

    if (verifier->plugin->table.status == NULL ||
        verifier->plugin->table.status(verifier->self, &request, &status) == 0 ||
        !json_is(json_read(status.json, &pool, &fault), JSON_TYPE_OBJECT))
        return false;
    *ret_json = status.json;
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

/* RFC 8707 §2: clients of MCP name the resource when they ask for a token, and Entra wants it to be the one that the scopes
 * belong to, byte for byte (AADSTS9010010). The prefix is that and a slash. */
void description_advise(const struct generation *generation, struct tam_faults *faults) {
    const struct configuration_resource *resource = &generation->configuration->resource;
    struct description description;
    struct arena arena;
    struct pool pool;

    if (!resource->given || resource->authorization_servers_given)
        return;
    arena_init(&arena, NULL, 0, DOCUMENT_MAX);
    pool = arena_pool(&arena);
    description_merge(generation, &arena, &pool, &description);
    struct tam_str prefix = description.scope_prefix;
    prefix.len -= str_ends(prefix, STR("/"));
    if (prefix.len > 0 && !str_equal(prefix, resource->url))
        faults_add(
            faults, TAM_LOG_WARNING, NULL, 0,
            "resource url is %.*s, but the scopes that clients request belong to %.*s: Entra refuses clients that "
            "name the resource (AADSTS9010010); make the url an application ID URI of the API, and identifier_uri",
            STR_PRINT(resource->url), STR_PRINT(prefix));
    arena_free(&arena);
}
