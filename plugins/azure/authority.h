/* SPDX-License-Identifier: MIT
 *
 * Whose tokens are accepted: the cloud, the tenant or tenants, and the issuers that follow from them.
 */
#ifndef TAM_AZURE_AUTHORITY_H
#define TAM_AZURE_AUTHORITY_H

#include <plugins/azure/cloud.h>
#include <plugins/jose/keyset/keyset.h>

enum authority_flavor { FLAVOR_AAD, FLAVOR_B2C, FLAVOR_CIAM }; /* the option's choices */

/* How the tenant of a token is known. */
enum authority_tenancy {
    TENANCY_ONE,   /* it is configured by its id */
    TENANCY_FOUND, /* it is configured by a name, and the discovery document's issuer has its id */
    TENANCY_MANY   /* each token's issuer says it */
};

/* Immutable once read. Templates have {tenantid} unless the tenant is configured by its id. */
struct authority {
    enum authority_flavor flavor;
    enum authority_tenancy tenancy;
    const struct cloud *cloud;       /* NULL with b2c and ciam */
    struct tam_str host;             /* of the authority, in lower case */
    struct tam_str tenant;           /* as configured, a GUID in lower case; consumers: the personal accounts' tenant */
    struct tam_str tenant_path;      /* what stands for it in URLs: an alias keeps its name */
    struct tam_str policy;           /* b2c */
    struct tam_str templates[2];     /* of version 1.0 and 2.0 issuers (b2c: the second); empty: not accepted */
    struct tam_str key_template;     /* aad: the form of version 2.0, of a key's issuer and a domain's document */
    struct tam_str sts_template;     /* aad: the form of version 1.0, accepted or not, of a member's idp */
    struct tam_list issuers;         /* issuer=: these instead of the templates */
    struct tam_list allowed_tenants; /* with TENANCY_MANY; empty: all that the alias stands for */
    bool multi;                      /* more than one organisation: tid is mandatory */
    bool open;                       /* anybody's tenant: an application ID URI says nothing */
    bool no_personal;                /* organizations */
};

extern const struct tam_str authority_personal; /* the tenant of all personal Microsoft accounts */

struct reading;

/* Reads the options about it into settings->authority, and where its keys are into settings->keyset. */
void authority_read(struct reading *reading);

/* [keyset_accept; ctx is the authority] Does this discovery document belong to it? */
bool authority_accept(void *ctx, const struct discovery *document, struct buf *ret_why);

/* The tenant, as far as it is known from the options and a discovery document's issuer (empty: none yet). Else empty. */
struct tam_str authority_tenant(const struct authority *authority, struct tam_str found_issuer);

#endif
