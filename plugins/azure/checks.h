/* SPDX-License-Identifier: MIT
 *
 * The checks of one Entra access token, each a function: true means go on. azure.c calls them in the order in which
 * reasons win.
 */
#ifndef TAM_AZURE_CHECKS_H
#define TAM_AZURE_CHECKS_H

#include <plugins/azure/settings.h>
#include <plugins/jose/signed_token.h>

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
    AZURE_CLAIM_COUNT
};
extern const struct claim_row azure_claims[AZURE_CLAIM_COUNT];

/* One token on its way. */
struct azure_question {
    struct judge judge;
    struct signed_token token;
    const struct azure_settings *settings;
    bool app_only;
    struct tam_list scopes, roles;
};

/* Before the signature: only what rejects. */
bool check_issuer(struct azure_question *question);
bool check_expiry(struct azure_question *question);
bool check_kid(struct azure_question *question);
/* After it. */
bool check_key_issuer(struct azure_question *question);
bool check_typ(struct azure_question *question);
bool check_kind(struct azure_question *question); /* fills app_only, scopes, roles */
bool check_beginning(struct azure_question *question);
bool check_tenant(struct azure_question *question);
bool check_audience(struct azure_question *question);
bool check_client(struct azure_question *question);
bool check_missing(struct azure_question *question);
bool check_grants(struct azure_question *question);
/* Of an accepted token. */
bool check_principal(struct azure_question *question);

#endif
