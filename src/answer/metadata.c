/* SPDX-License-Identifier: MIT
 *
 * Writes the protected resource metadata from the statement `resource` and from what the verifiers say of themselves.
 */
#include <config.h>

#include <src/answer/metadata.h>

#include <src/base/arena.h>
#include <src/base/str.h>
#include <src/base/url.h>
#include <src/service/description.h>
#include <src/answer/document.h>
#include <src/service/service.h>

#define WELL_KNOWN "/.well-known/oauth-protected-resource"

/* RFC 9728 §3.1: inserted between host and path; a slash that is the whole path goes. */
static bool resource_split(const struct configuration *configuration, struct url *ret_url) {
    if (!configuration->resource.given || !url_split(configuration->resource.url, ret_url, NULL)) {
        return false;
    }
    if (str_equal(ret_url->path, STR("/"))) {
        ret_url->path = STR_NONE;
    }
    return true;
}

bool metadata_url(const struct configuration *configuration, struct buf *buf) {
    struct url url;
    if (!resource_split(configuration, &url)) {
        return false;
    }
    buf_add(buf, url.origin);
    buf_add_text(buf, WELL_KNOWN);
    buf_add(buf, url.path);
    if (url.query.len > 0) {
        buf_add_byte(buf, '?');
        buf_add(buf, url.query);
    }
    return true;
}

/* RFC 9728 §3.2: members without elements are left out. */
static void list_write(struct buf *buf, const char *name, struct tam_list list) {
    if (list.count > 0) {
        document_list(buf, name, list);
    }
}

static void metadata_write(const struct generation *generation, struct buf *buf) {
    static const struct tam_str header = STR_INIT("header");
    const struct configuration_resource *resource = &generation->configuration->resource;
    struct description description;
    struct arena arena;
    arena_init(&arena, NULL, 0, DOCUMENT_MAX);
    struct pool pool = arena_pool(&arena);
    description_merge(generation, NULL, (struct tam_list){ NULL, 0 }, &arena, &pool, &description);
    buf_add_byte(buf, '{');
    document_text(buf, "resource", resource->url);
    list_write(buf, "authorization_servers",
               resource->authorization_servers_given ? resource->authorization_servers
                                                     : set_list(&description.authorization_servers));
    list_write(buf, "scopes_supported", resource->scopes_given ? resource->scopes : set_list(&description.scopes));
    document_list(buf, "bearer_methods_supported", (struct tam_list){ &header, 1 });
    document_text(buf, "resource_name", resource->name);
    document_text(buf, "resource_documentation", resource->documentation);
    document_text(buf, "resource_policy_uri", resource->policy);
    document_text(buf, "resource_tos_uri", resource->terms);
    buf_add_byte(buf, '}');
    buf->failed = buf->failed || arena.failed;
    arena_free(&arena);
}

static void metadata_path_write(const struct generation *generation, struct buf *buf) {
    struct url url;
    if (resource_split(generation->configuration, &url)) {
        buf_add_text(buf, WELL_KNOWN);
        buf_add(buf, url.path);
    }
}

/* NULL without the statement `resource`, and in a child of the process that opened the service. */
static struct tam_document *document_make(struct tam_service *service,
                                          void (*write)(const struct generation *, struct buf *)) {
    struct epoch_reader reader;
    struct buf buf;
    if (service == NULL || service_is_foreign(service)) {
        return NULL;
    }
    buf_init(&buf, DOCUMENT_MAX);
    reader = epoch_enter(&service->epoch);
    if (reader.generation->configuration->resource.given) {
        write(reader.generation, &buf);
    }
    epoch_leave(&service->epoch, &reader);
    if (buf.len == 0) {
        buf.failed = true;
    }
    return document_of(&buf);
}

TAM_API struct tam_document *tam_metadata(struct tam_service *service) {
    return document_make(service, metadata_write);
}

TAM_API struct tam_document *tam_metadata_path(struct tam_service *service) {
    return document_make(service, metadata_path_write);
}
