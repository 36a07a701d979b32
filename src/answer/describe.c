/* SPDX-License-Identifier: MIT
 *
 * What a service says of itself in JSON: tam_describe() for what it accepts, tam_status() for how it has been doing.
 */
#include <config.h>

#include <src/base/arena.h>
#include <src/base/str.h>
#include <src/service/description.h>
#include <src/answer/document.h>
#include <src/service/service.h>
#include <src/service/stderr_log.h>

/* `"name":…,"plugin":…,"version":…`: how both documents begin the object of a verifier. */
static void verifier_head(const struct verifier *verifier, struct buf *buf) {
    document_comma(buf);
    buf_add_byte(buf, '{');
    document_text(buf, "name", verifier->line->config.name);
    document_text(buf, "plugin", str_of(verifier->plugin->table.name));
    document_text(buf, "version", str_of(verifier->plugin->table.version));
}

static void verifier_describe(struct verifier *verifier, struct buf *buf) {
    struct tam_description description = { .size = sizeof description };
    struct arena arena;
    arena_init(&arena, NULL, 0, DOCUMENT_MAX);
    if (!description_ask(verifier, &arena, &description)) {
        description = (struct tam_description){ .size = sizeof description };
    }
    buf->failed = buf->failed || arena.failed;
    verifier_head(verifier, buf);
    document_text(buf, "control", control_name(verifier->line->control));
    document_list(buf, "issuers", description.issuers);
    document_list(buf, "authorization_servers", description.authorization_servers);
    document_list(buf, "scopes", description.scopes);
    document_list(buf, "algorithms", description.algorithms);
    document_text(buf, "jwks_uri", description.jwks_uri);
    document_name(buf, "complete");
    buf_add_text(buf, description.complete != 0 ? "true" : "false");
    buf_add_byte(buf, '}');
    arena_free(&arena);
}

TAM_API struct tam_document *tam_describe(struct tam_service *service) {
    struct buf buf;
    if (service == NULL || service_is_foreign(service)) {
        return NULL;
    }
    buf_init(&buf, DOCUMENT_MAX);
    struct epoch_reader reader = epoch_enter(&service->epoch);
    buf_add_byte(&buf, '{');
    document_text(&buf, "name", reader.generation->configuration->name);
    document_name(&buf, "verifiers");
    buf_add_byte(&buf, '[');
    for (size_t i = 0; i < reader.generation->verifier_count; i++) {
        verifier_describe(&reader.generation->verifiers[i], &buf);
    }
    buf_add_byte(&buf, ']');
    document_text(&buf, "resource", reader.generation->configuration->resource.url);
    buf_add_byte(&buf, '}');
    epoch_leave(&service->epoch, &reader);
    return document_of(&buf);
}

/* ---- Status ---- */

static void verdicts_write(const struct counters *counters, struct buf *buf) {
    document_name(buf, "verdicts");
    buf_add_byte(buf, '{');
    for (uint32_t i = 0; i < VERDICT_COUNT; i++) {
        if (i != TAM_VERDICT_NOT_MINE) { /* no host ever sees one */
            document_number(buf, tam_verdict_name(i), counters_verdicts(counters, i));
        }
    }
    buf_add_byte(buf, '}');
}

static void reasons_write(const struct counters *counters, struct buf *buf) {
    document_name(buf, "reasons");
    buf_add_byte(buf, '{');
    for (uint32_t i = TAM_REASON_NONE + 1; i < REASON_COUNT; i++) {
        document_number(buf, tam_reason_name(i), counters_reasons(counters, i));
    }
    buf_add_byte(buf, '}');
}

/* Lookups since the service was opened; the rest since the last reload, which begins with an empty cache. */
static void cache_status(const struct counters *counters, const struct generation *generation, struct buf *buf) {
    struct cache_counts counts = { 0 };
    if (generation->cache != NULL) {
        cache_count(generation->cache, &counts);
    }
    document_name(buf, "cache");
    buf_add_byte(buf, '{');
    document_number(buf, "hits", counters_lookups(counters, true));
    document_number(buf, "misses", counters_lookups(counters, false));
    document_number(buf, "insertions", counts.insertions);
    document_number(buf, "evictions", counts.evictions);
    document_number(buf, "entries", counts.entries);
    document_number(buf, "bytes", counts.bytes);
    document_number(buf, "size", generation->cache != NULL ? generation->configuration->options.cache_size : 0);
    buf_add_byte(buf, '}');
}

static void verifier_status(const struct verifier *verifier, struct buf *buf) {
    struct tam_str json;
    struct arena arena;
    verifier_head(verifier, buf);
    document_number(buf, "wakes", atomic_load_explicit(&verifier->services.wakes, memory_order_relaxed));
    document_number(buf, "revocations", services_revocations(&verifier->services));
    arena_init(&arena, NULL, 0, DOCUMENT_MAX);
    if (description_status(verifier, &arena, &json)) {
        document_name(buf, "status");
        buf_add(buf, json);
    }
    buf->failed = buf->failed || arena.failed;
    arena_free(&arena);
    buf_add_byte(buf, '}');
}

TAM_API struct tam_document *tam_status(struct tam_service *service) {
    struct buf buf;
    if (service == NULL || service_is_foreign(service)) {
        return NULL;
    }
    buf_init(&buf, DOCUMENT_MAX);
    struct epoch_reader reader = epoch_enter(&service->epoch);
    buf_add_byte(&buf, '{');
    document_text(&buf, "name", reader.generation->configuration->name);
    document_number(&buf, "generation", reader.generation->serial);
    document_number(&buf, "waiters", waiters_count(&service->waiters));
    document_number(&buf, "log_dropped", stderr_log_dropped());
    verdicts_write(&service->counters, &buf);
    reasons_write(&service->counters, &buf);
    cache_status(&service->counters, reader.generation, &buf);
    document_name(&buf, "verifiers");
    buf_add_byte(&buf, '[');
    for (size_t i = 0; i < reader.generation->verifier_count; i++) {
        verifier_status(&reader.generation->verifiers[i], &buf);
    }
    buf_add_text(&buf, "]}");
    epoch_leave(&service->epoch, &reader);
    return document_of(&buf);
}
