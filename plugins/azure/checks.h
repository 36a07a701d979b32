/* SPDX-License-Identifier: MIT
 *
 * The checks of one Entra access token. Each returns whether the caller goes on with the next check. azure.c calls them
 * in the order in which reasons win.
 */
#ifndef TAM_AZURE_CHECKS_H
#define TAM_AZURE_CHECKS_H

#include <plugins/azure/settings.h>
#include <plugins/jose/jws/signed_token.h>
#include <src/base/attr.h>

/* Rows of azure_claims: the claims that the plugin reads. */
enum azure_claim {
    CLAIM_ISS,
    CLAIM_VER,
    CLAIM_TID,
    CLAIM_AUD,
    CLAIM_EXP,
    CLAIM_NBF,
    CLAIM_IAT,
    CLAIM_SUB,
    CLAIM_OID,
    CLAIM_AZP,
    CLAIM_APPID,
    CLAIM_AZPACR,
    CLAIM_APPIDACR,
    CLAIM_IDTYP,
    CLAIM_SCP,
    CLAIM_ROLES,
    CLAIM_IDP,
    CLAIM_ACCT,
    CLAIM_TFP,
    CLAIM_ACR,
    CLAIM_GROUPS,
    CLAIM_CLAIM_NAMES,
    CLAIM_ACRS,
    CLAIM_XMS_CC,
    CLAIM_XMS_MIRID,
    CLAIM_CNF,
    AZURE_CLAIM_COUNT
};
extern const struct claim_row azure_claims[AZURE_CLAIM_COUNT];

/* The verification of one token. */
struct azure_question {
    struct judge judge;
    struct signed_token token;
    const struct azure_settings *settings;
    struct keys *known;    /* TENANCY_FOUND: the keys before the token's key was looked up, or NULL */
    struct tam_str tenant; /* of the issuer, once check_issuer() passed; empty: not known */
    unsigned version;      /* index into authority.templates, by the form of the issuer: 0 is version 1.0, 1 is 2.0 */
    bool issuer_told;      /* check_issuer() knew the tenant, and has judged the issuer */
    bool app_only;
    struct tam_list scopes, roles;
};

/* The text of a claim, empty when absent; and the claim as written, for a detail. */
static inline struct tam_str azure_text(const struct azure_question *question, enum azure_claim claim) {
    return claim_text(question->token.claims[claim]);
}
static inline struct tam_str azure_raw(const struct azure_question *question, enum azure_claim claim) {
    return claim_raw(question->token.claims[claim]);
}

/* Before the signature: checks that can only reject. */
bool check_issuer(struct azure_question *question);
bool check_expiry(struct azure_question *question);
bool check_kid(struct azure_question *question);
/* After the signature. */
bool check_issuer_found(struct azure_question *question); /* check_issuer(), if that did not know the tenant yet */
bool check_key_issuer(struct azure_question *question);
bool check_policy(struct azure_question *question);
bool check_policy_there(struct azure_question *question); /* called by check_missing() */
bool check_typ(struct azure_question *question);
bool check_kind(struct azure_question *question); /* fills app_only, scopes, roles */
bool check_beginning(struct azure_question *question);
bool check_tenant(struct azure_question *question);
bool check_audience(struct azure_question *question);
bool check_client(struct azure_question *question);
bool check_missing(struct azure_question *question);
bool check_grants(struct azure_question *question);
bool check_groups(struct azure_question *question);
bool check_contexts(struct azure_question *question);
bool check_principal(struct azure_question *question); /* fills the verdict */

/* Recognises common mistakes: adds to the detail of a rejected token the first hint that fits, one sentence that says
 * what to change in the client or in the portal. */
COLD void hint_add(struct azure_question *question);

#endif
