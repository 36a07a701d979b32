/* SPDX-License-Identifier: MIT
 *
 * The table of Microsoft's clouds, by the host of the authority. A host that is not in the table is refused.
 */
#ifndef TAM_AZURE_CLOUD_H
#define TAM_AZURE_CLOUD_H

#include <stdbool.h>
#include <tam/types.h>

struct cloud {
    struct tam_str host;       /* the preferred host: of version 2.0 issuers and of key sets */
    struct tam_str sts_host;   /* of version 1.0 issuers */
    struct tam_str instance;   /* cloud_instance_name of its keys */
    struct tam_str aliases[4]; /* other hosts that may be configured; no issuer has them */
    bool personal;             /* personal Microsoft accounts belong to this cloud */
};

/* The host of an authority as configured: without https:// and a final slash. */
struct tam_str cloud_host(struct tam_str authority);

/* Finds the cloud of an authority as configured: a host in any case, with or without https:// and a final slash. NULL:
 * none. */
const struct cloud *cloud_find(struct tam_str authority);

#endif
