/* SPDX-License-Identifier: MIT
 *
 * The checks of one Entra access token, each a function: true means go on. azure.c calls them in the order in which
 * reasons win.
 */
#ifndef TAM_AZURE_CHECKS_H
#define TAM_AZURE_CHECKS_H

#include <plugins/azure/settings.h>
#include <plugins/jose/jws/signed_token.h>

/* Rows of azure_claims: the claims that have a meaning here. */
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

/* One token on its way. */
struct azure_question {
    struct judge judge;
    struct signed_token token;
    const struct azure_settings *settings;
    struct keys *known;    /* with a tenant that discovery finds: the keys at hand before the token's own, or NULL */
    struct tam_str tenant; /* of the issuer, once check_issuer() passed; empty: it is not known */
    unsigned version;      /* 0: the issuer has the form of version 1.0; 1: that of 2.0 */
    bool issuer_told;      /* check_issuer() has had enough to judge by */
    bool app_only;
    struct tam_list scopes, roles;
};

/* The text of a claim, empty when absent; and as it is written, to be shown. */
static inline struct tam_str azure_text(const struct azure_question *question, enum azure_claim claim) {
    return claim_text(question->token.claims[claim]);
}
static inline struct tam_str azure_raw(const struct azure_question *question, enum azure_claim claim) {
    return claim_raw(question->token.claims[claim]);
}

/* Before the signature: only what rejects. */
bool check_issuer(struct azure_question *question);
bool check_expiry(struct azure_question *question);
bool check_kid(struct azure_question *question);
/* After it. */
bool check_issuer_found(struct azure_question *question); /* where check_issuer() came too early */
bool check_key_issuer(struct azure_question *question);
bool check_policy(struct azure_question *question);
bool check_policy_there(struct azure_question *question); /* with the other claims that are missing */
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
/* Of an accepted token. */
bool check_principal(struct azure_question *question);

#endif
