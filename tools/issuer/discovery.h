/* SPDX-License-Identifier: MIT
 *
 * Discovery documents (OpenID Connect Discovery 1.0 §3), in Entra's shapes and the plain one.
 */
#ifndef TAM_TOOLS_ISSUER_DISCOVERY_H
#define TAM_TOOLS_ISSUER_DISCOVERY_H

#include <tools/issuer/keys.h>

#define DISCOVERY_SEGMENT_MAX 128

/* The tenant and the document that a request asks for; views into the request and into keys. */
struct discovery_request {
    struct tam_str authority; /* host, with its port unless it is 443 */
    struct tam_str tenant;    /* as in the path; empty: the path has none */
    struct tam_str policy;    /* B2C */
    struct tam_str tenant_id; /* what the issuer is built from; set by discovery_tenant_find() */
};

/* Sets tenant_id: an id is itself, a domain is what the fixture says, an alias its template. False: no such tenant. */
bool discovery_tenant_find(const struct issuer_keys *keys, struct discovery_request *request);
/* The host that Entra's issuers of this authority begin with. */
struct tam_str discovery_issuer_host(const struct discovery_request *request);
/* Does the key set of this request say whose keys they are? Entra's do; B2C's and plain ones do not. */
bool discovery_has_key_issuers(const struct discovery_request *request);

/* New references; NULL when memory ran out. */
struct json_t *discovery_plain(const struct issuer_keys *keys, const struct discovery_request *request);
struct json_t *discovery_entra_v1(const struct issuer_keys *keys, const struct discovery_request *request);
struct json_t *discovery_entra_v2(const struct issuer_keys *keys, const struct discovery_request *request);
struct json_t *discovery_b2c(const struct issuer_keys *keys, const struct discovery_request *request);

#endif
