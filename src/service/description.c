/* SPDX-License-Identifier: MIT
 *
 * Calls describe and status, and checks what comes out.
 */
#include <config.h>

#include <src/service/description.h>

#include <src/base/array.h>
#include <src/base/json.h>
#include <src/base/limiter.h>
#include <src/base/str.h>
#include <src/service/log.h>
#include <src/service/boundary.h>

#define ADVICE_MEMORY ((size_t)1 << 20)

static void *request_alloc(void *ctx, size_t size) {
    return arena_alloc(ctx, size);
}

static struct tam_description_request request_of(struct arena *arena) {
    return (struct tam_description_request){ .size = sizeof(struct tam_description_request),
                                             .ctx = arena,
                                             .alloc = request_alloc };
}

/* False with *ret_fault NULL: it has nothing to say. */
static bool description_read(const struct verifier *verifier, struct arena *arena,
                             struct tam_description *ret_description, const char **ret_fault) {
    const struct tam_description_request request = request_of(arena);
    struct tam_description description = { .size = sizeof description };
    int filled;
    *ret_fault = NULL;
    arena_allow(arena, PLUGIN_MEMORY);
    filled = verifier->plugin->table.describe(verifier->self, &request, &description);
    arena_allow(arena, PLUGIN_MEMORY); /* for libtam's own work */
    if (filled == 0 || arena->failed) {
        return false;
    }
    *ret_fault = boundary_description(&description);
    if (*ret_fault != NULL) {
        return false;
    }
    *ret_description = description;
    return true;
}

#define LEFT_OUT "its description is left out: %s holds what it must not"

/* A client may ask for as many challenges as it likes, and a description that breaks a rule will break it again. */
static void fault_log(struct verifier *verifier, const char *fault) {
    const struct setup *setup = verifier->services.setup;
    uint64_t total = 1 + atomic_fetch_add_explicit(&verifier->bad_descriptions, 1, memory_order_relaxed);
    char held[LIMITER_TEXT_MAX];
    if (limiter_pass(&verifier->description_lines, setup_monotonic(setup))) {
        log_format(setup, TAM_LOG_WARNING, verifier->line->config.name, LEFT_OUT "%s", fault,
                   limiter_tell(&verifier->description_lines, total, held));
    }
}

bool description_ask(struct verifier *verifier, struct arena *arena, struct tam_description *ret_description) {
    const char *fault;
    bool good = description_read(verifier, arena, ret_description, &fault);
    if (fault != NULL) {
        fault_log(verifier, fault);
    }
    return good;
}

bool description_status(const struct verifier *verifier, struct arena *arena, struct tam_str *ret_json) {
    const struct tam_description_request request = request_of(arena);
    struct tam_verifier_status status = { .size = sizeof status };
    struct pool pool = arena_pool(arena);
    const char *fault;
    arena_allow(arena, PLUGIN_MEMORY);
    if (verifier->plugin->table.status == NULL ||
        verifier->plugin->table.status(verifier->self, &request, &status) == 0 ||
        !json_is(json_read(str_given(status.json), &pool, &fault), JSON_TYPE_OBJECT)) {
        return false;
    }
    *ret_json = status.json;
    return true;
}

/* These and absolute ones are known to every authorization server by the name that they have. */
static bool is_scope_of_its_own(struct tam_str scope) {
    static const struct tam_str names[] = {
        STR_INIT("openid"),
        STR_INIT("profile"),
        STR_INIT("email"),
        STR_INIT("offline_access"),
    };

    return list_has((struct tam_list){ names, COUNT(names) }, scope) || memmem(scope.ptr, scope.len, "://", 3) != NULL;
}

/* The form in which a client requests a scope that the token carries in the short one. */
static struct tam_str requested_form(struct tam_str prefix, struct tam_str scope, const struct pool *pool) {
    struct tam_str text;
    if (prefix.len == 0 || is_scope_of_its_own(scope)) {
        return scope;
    }
    return POOL_JOIN(pool, &text, prefix, scope) ? text : STR_NONE;
}

static void merge_one(struct verifier *verifier, struct tam_list operation, struct arena *arena,
                      struct description *description) {
    struct tam_description one;
    size_t i;
    if (!description_ask(verifier, arena, &one)) {
        one = (struct tam_description){ .size = sizeof one };
    }
    set_add_list(&description->authorization_servers, one.authorization_servers);
    set_add_list(&description->scopes, one.scopes);
    for (i = 0; i < operation.count; i++) {
        set_add(&description->operation,
                requested_form(one.scope_prefix, operation.items[i], description->operation.pool));
    }
    if (description->authorization_uri.len == 0) {
        description->authorization_uri = one.authorization_uri;
    }
}

void description_merge(const struct generation *generation, const struct verifier *only, struct tam_list operation,
                       struct arena *arena, const struct pool *pool, struct description *ret_description) {
    size_t i;
    *ret_description = (struct description){ .authorization_uri = STR_NONE };
    set_init(&ret_description->authorization_servers, pool);
    set_init(&ret_description->scopes, pool);
    set_init(&ret_description->operation, pool);
    for (i = 0; i < generation->verifier_count; i++) {
        if (only == NULL || only == &generation->verifiers[i]) {
            merge_one(&generation->verifiers[i], operation, arena, ret_description);
        }
    }
}

/* RFC 8707 §2: clients of MCP name the resource when they ask for a token, and Entra wants it to be the one that the
 * scopes belong to, byte for byte (AADSTS9010010). The prefix is that and a slash. */
static void advise_owner(const struct tam_description *one, const struct configuration_resource *resource,
                         struct faults *faults) {
    struct tam_str owner = one->scope_prefix;
    owner.len -= str_ends(owner, STR("/"));
    if (resource->authorization_servers_given || owner.len == 0 || str_equal(owner, resource->url)) {
        return;
    }
    faults_add(faults, TAM_LOG_WARNING, NULL, 0,
               "resource url is %.*s, but the scopes that clients request belong to %.*s: Entra refuses clients "
               "that name the resource (AADSTS9010010); make the url an application ID URI of the API, and "
               "identifier_uri",
               STR_PRINT(resource->url), STR_PRINT(owner));
}

/* MCP 2026-07-28: neither challenge nor metadata should name it. A list of the resource's own is looked at where it
 * is read. */
static void advise_offline_access(const struct tam_description *one, struct faults *faults) {
    if (list_has(one->scopes, STR("offline_access"))) {
        faults_add(
            faults, TAM_LOG_WARNING, NULL, 0,
            "a verifier asks clients for offline_access, which is between a client and its authorization server");
    }
}

/* What a verifier says before the network told it anything; in a check there may be none to ask. */
static void advise(const struct verifier *verifier, const struct configuration_resource *resource,
                   struct faults *faults) {
    const struct configuration_verifier *line = verifier->line;
    struct tam_description one;
    struct arena arena;
    const char *fault;
    arena_init(&arena, NULL, 0, ADVICE_MEMORY);
    if (description_read(verifier, &arena, &one, &fault)) {
        advise_owner(&one, resource, faults);
        advise_offline_access(&one, faults);
    } else if (fault != NULL) {
        faults_add(faults, TAM_LOG_WARNING, line->file, line->line, LEFT_OUT, fault);
    }
    arena_free(&arena);
}

void description_advise(const struct generation *generation, struct faults *faults) {
    const struct configuration_resource *resource = &generation->configuration->resource;
    for (size_t i = 0; resource->given && i < generation->verifier_count; i++) {
        if (generation->verifiers[i].live) {
            advise(&generation->verifiers[i], resource, faults);
        }
    }
}
