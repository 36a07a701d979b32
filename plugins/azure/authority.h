/* SPDX-License-Identifier: MIT
 *
 * Whose tokens are accepted: the cloud, the tenant or tenants, and the issuers that follow from them.
 */
#ifndef TAM_AZURE_AUTHORITY_H
#define TAM_AZURE_AUTHORITY_H

#include <plugins/azure/cloud.h>
#include <plugins/jose/keyset/keyset.h>

enum authority_flavor { FLAVOR_AAD, FLAVOR_B2C, FLAVOR_CIAM }; /* the option's choices */

/* How the verifier knows the tenant of a token. */
enum authority_tenancy {
    TENANCY_ONE,   /* the options have the tenant's id */
    TENANCY_FOUND, /* the options have a name of the tenant; the issuer of the discovery document has the id */
    TENANCY_MANY   /* the issuer of each token has the id */
};

/* Immutable once read. Templates have {tenantid} unless the tenant is configured by its id. */
struct authority {
    enum authority_flavor flavor;
    enum authority_tenancy tenancy;
    const struct cloud *cloud;       /* NULL with b2c and ciam */
    struct tam_str host;             /* of the authority, in lower case */
    struct tam_str tenant;           /* as configured, a GUID in lower case; consumers: the personal accounts' tenant */
    struct tam_str tenant_path;      /* the segment of URLs for the tenant: the id, the name, or the alias */
    struct tam_str policy;           /* b2c */
    struct tam_str templates[2];     /* accepted iss of version 1.0 and 2.0 (b2c: the second); empty: not accepted */
    struct tam_str key_template;     /* aad: version 2.0 form, for the issuer of a key or of a domain's document */
    struct tam_str sts_template;     /* aad: version 1.0 form, accepted or not, for the idp claim of a member */
    struct tam_list issuers;         /* issuer=: accepted instead of the templates */
    struct tam_list allowed_tenants; /* with TENANCY_MANY; empty: every tenant of the alias */
    bool multi;                      /* more than one organisation: tid is required */
    bool open;                       /* every tenant is accepted, so a URI in aud does not identify this API */
    bool no_personal;                /* tenant_id=organizations: personal accounts are refused */
};

extern const struct tam_str authority_personal; /* the tenant of all personal Microsoft accounts */

struct reading;

/* Reads the options of the authority into settings->authority, and those of its keys into settings->keyset. */
void authority_read(struct reading *reading);

/* [keyset_accept; ctx is the authority] Whether this discovery document belongs to the authority. */
bool authority_accept(void *ctx, const struct discovery *document, struct buf *ret_why);

/* The tenant's id, from the options, or with TENANCY_FOUND from the issuer of the discovery document (empty: no
 * document yet). Empty: not known. */
struct tam_str authority_tenant(const struct authority *authority, struct tam_str found_issuer);

#endif
