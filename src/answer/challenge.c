/* SPDX-License-Identifier: MIT
 *
 * Clients search this header with plain patterns, so its order is fixed: `Bearer` first, then error, what belongs to
 * it, scope, resource_metadata, and the description last, for a word in it must not be taken for a parameter.
 */
#include <config.h>

#include <src/answer/challenge.h>

#include <src/base/base64.h>
#include <src/base/str.h>
#include <src/service/description.h>
#include <src/answer/metadata.h>
#include <src/service/reasons.h>

/* One auth-param is name, value in pieces, and end. Values are printable ASCII; `"` and `\` are escaped (RFC 9110
 * §5.6.4), other bytes become `?`. */
static void parameter_begin(struct buf *buf, const char *name) {
    buf_add(buf, buf->len == strlen("Bearer") ? STR(" ") : STR(", "));
    buf_add_text(buf, name);
    buf_add(buf, STR("=\""));
}

static void parameter_value(struct buf *buf, struct tam_str value) {
    while (value.len > 0) {
        size_t plain = str_plain_length(value);
        buf_add(buf, (struct tam_str){ value.ptr, plain });
        value = str_from(value, plain);
        if (value.len == 0) {
            break;
        }
        if (value.ptr[0] == '"' || value.ptr[0] == '\\') {
            buf_add_byte(buf, '\\');
        }
        buf_add_byte(buf, value.ptr[0] >= 0x20 && value.ptr[0] < 0x7f ? value.ptr[0] : '?');
        value = str_from(value, 1);
    }
}

static void parameter_end(struct buf *buf) {
    buf_add_byte(buf, '"');
}

static void parameter(struct buf *buf, const char *name, struct tam_str value) {
    parameter_begin(buf, name);
    parameter_value(buf, value);
    parameter_end(buf);
}

static void claims_parameter(struct buf *buf, struct tam_str claims, const struct pool *pool) {
    char *encoded = pool_alloc(pool, BASE64_ENCODED_MAX(claims.len) + 1);
    if (encoded != NULL) {
        parameter(buf, "claims", (struct tam_str){ encoded, base64_encode(claims, encoded) });
    }
}

/* The scopes that were missing, or all, together with the operation's. Most questions name no operation, and nothing
 * is merged. */
static struct tam_list scopes_merge(const struct answer *answer, const struct description *description,
                                    const struct pool *pool) {
    struct tam_list scopes = answer->needed_scopes.count > 0 ? answer->needed_scopes : set_list(&description->scopes);
    struct set merged;
    if (description->operation.count == 0) {
        return scopes;
    }
    set_init(&merged, pool);
    set_add_list(&merged, scopes);
    set_add_list(&merged, set_list(&description->operation));
    return set_list(&merged);
}

/* All that a client must ask for at once: a token that has only what was missing would fail at the next check. */
static void scope_parameter(struct buf *buf, const struct answer *answer, const struct description *description,
                            const struct pool *pool) {
    struct tam_list scopes = scopes_merge(answer, description, pool);
    size_t i;
    if (scopes.count == 0) {
        return;
    }
    parameter_begin(buf, "scope");
    for (i = 0; i < scopes.count && !buf->failed; i++) {
        if (i > 0) {
            buf_add_byte(buf, ' ');
        }
        parameter_value(buf, scopes.items[i]);
    }
    parameter_end(buf);
}

static void resource_parameter(struct buf *buf, const struct configuration *configuration) {
    char first[CHALLENGE_USUAL];
    struct buf url;
    buf_init_first(&url, first, sizeof first, CHALLENGE_MAX);
    if (metadata_url(configuration, &url)) {
        parameter(buf, "resource_metadata", buf_str(&url));
    }
    buf->failed = buf->failed || url.failed;
    buf->starved = buf->starved || url.starved;
    buf_free(&url);
}

/* If the token failed at or after the signature stage, it belongs to this verifier, and the client will get a new one
 * from the same authorization server: only this verifier's scopes are named. Otherwise the client may use any server,
 * and the scopes of all are named. */
static const struct verifier *only_of(const struct verifier *verifier, const struct reason *reason) {
    return reason->stage >= STAGE_SIGNED ? verifier : NULL;
}

/* How much of it is said. */
enum extent { EXTENT_ALL, EXTENT_NO_SCOPES, EXTENT_ERROR, EXTENT_COUNT };

static void challenge_try(struct buf *buf, const struct generation *generation, const struct answer *answer,
                          const struct description *description, const struct pool *pool, enum extent extent) {
    const struct reason *reason = reason_find(answer->reason);
    buf_clear(buf);
    buf_add_text(buf, "Bearer");
    if (reason->error != NULL) {
        parameter(buf, "error", str_of(reason->error));
    }
    if (answer->reason == TAM_REASON_INSUFFICIENT_CLAIMS) {
        claims_parameter(buf, answer->needed_claims, pool);
        if (description->authorization_uri.len > 0 && extent != EXTENT_ERROR) {
            parameter(buf, "authorization_uri", description->authorization_uri);
        }
    }
    if (answer->reason != TAM_REASON_INVALID_REQUEST && extent == EXTENT_ALL) {
        scope_parameter(buf, answer, description, pool);
    }
    if (extent != EXTENT_ERROR) {
        resource_parameter(buf, generation->configuration);
    }
    if (reason->description != NULL) {
        parameter(buf, "error_description", str_of(reason->description));
    }
    /* RFC 6750 §3 wants a parameter at least, and clients ignore a bare scheme. */
    if (buf->len == strlen("Bearer")) {
        parameter(buf, "realm", generation->configuration->name);
    }
}

/* What is too long for a header is left out whole, for half a list of scopes would mislead: where to read about the
 * resource stays, and names them. */
bool challenge_write(struct buf *buf, const struct generation *generation, const struct verifier *verifier,
                     const struct answer *answer, struct tam_list operation, struct arena *arena) {
    const struct reason *reason = reason_find(answer->reason);
    struct pool pool = arena_pool(arena);
    struct description description;
    unsigned extent;
    description_merge(generation, only_of(verifier, reason), operation, arena, &pool, &description);
    for (extent = EXTENT_ALL; extent < EXTENT_COUNT; extent++) {
        challenge_try(buf, generation, answer, &description, &pool, extent);
        if (!buf->failed || buf->starved || arena->failed) {
            break;
        }
    }
    return !buf->failed && !arena->failed;
}
