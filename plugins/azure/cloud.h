/* SPDX-License-Identifier: MIT
 *
 * Microsoft's clouds: what an authority's host stands for. A host that is not in the table is no authority.
 */
#ifndef TAM_AZURE_CLOUD_H
#define TAM_AZURE_CLOUD_H

#include <stdbool.h>
#include <tam/types.h>

struct cloud {
    struct tam_str host;       /* the preferred one: of version 2.0 issuers, and where keys are */
    struct tam_str sts_host;   /* of version 1.0 issuers */
    struct tam_str instance;   /* cloud_instance_name of its keys */
    struct tam_str aliases[4]; /* other hosts that may be configured, never found in an issuer */
    bool personal;             /* has personal Microsoft accounts */
};

/* The host of an authority as configured: without https:// and a final slash. */
struct tam_str cloud_host(struct tam_str authority);

/* By an authority as configured: a host in any case, with or without https:// and a final slash. NULL: none of ours. */
const struct cloud *cloud_find(struct tam_str authority);

#endif
