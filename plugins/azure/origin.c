/* SPDX-License-Identifier: MIT
 *
 * The checks of a token's origin: issuer, issuer of the key, B2C policy, tenant. Issuers are compared whole, never by
 * prefix or host, and claims that say the same thing must agree.
 */
#include <config.h>

#include <plugins/azure/checks.h>
#include <plugins/azure/template.h>
#include <src/base/attr.h>
#include <src/base/str.h>

/* ---- The issuer -------------------------------------------------------------------------------------------------- */

/* The discovery document of the keys: of the set with the token's key once that was found, else of the set known
 * before. */
static const struct discovery *origin_of(const struct azure_question *question) {
    const struct keys *keys = question->token.keys != NULL ? question->token.keys : question->known;
    return keys != NULL ? keys_origin(keys) : NULL;
}

/* The tenant that the issuer must name; with TENANCY_MANY the tenant that the issuer names. */
static struct tam_str issuer_tenant(const struct azure_question *question, struct tam_str iss) {
    const struct authority *authority = &question->settings->authority;
    const struct discovery *origin = origin_of(question);
    if (authority->tenancy != TENANCY_MANY) {
        return authority_tenant(authority, origin != NULL ? origin->issuer : STR_NONE);
    }
    if (authority->issuers.count == 0) {
        return template_tenant(authority->templates[question->version], iss);
    }
    return template_tenant(STR(TEMPLATE_TENANT), azure_text(question, CLAIM_TID));
}

static bool issuer_good(const struct azure_question *question, struct tam_str iss) {
    const struct authority *authority = &question->settings->authority;
    if (iss.len == 0 || question->tenant.len == 0) {
        return false;
    }
    return authority->issuers.count > 0 ? list_has(authority->issuers, iss)
                                        : template_is(authority->templates[question->version], question->tenant, iss);
}

/* `ver` must agree with the form of `iss`, except with B2C, where `ver` is always 1.0. */
static bool check_version(struct azure_question *question) {
    struct tam_str ver = azure_text(question, CLAIM_VER), expected = question->version == 0 ? STR("1.0") : STR("2.0");
    if (question->settings->authority.flavor == FLAVOR_B2C) {
        return true;
    }
    return judge_check(&question->judge, "ver", ver.len == 0 || str_equal(ver, expected), TAM_REASON_WRONG_ISSUER,
                       expected, ver);
}

HOT bool check_issuer(struct azure_question *question) {
    const struct authority *authority = &question->settings->authority;
    struct tam_str iss = azure_text(question, CLAIM_ISS);
    bool b2c = authority->flavor == FLAVOR_B2C;
    question->version = b2c || str_ends(iss, STR("/v2.0"));
    question->tenant = issuer_tenant(question, iss);
    if (authority->tenancy == TENANCY_FOUND && question->tenant.len == 0) {
        return true;
    }
    if (authority->tenancy == TENANCY_FOUND && !pool_copy(&question->judge.pool, question->tenant, &question->tenant)) {
        question->tenant =
            STR_NONE; /* no memory; not kept as a view, because the keys may be freed before libtam reads it */
    }
    question->issuer_told = true;
    bool good = issuer_good(question, iss);
    struct tam_list accepted =
        authority->issuers.count > 0 ? authority->issuers : (struct tam_list){ authority->templates, 2 };
    return judge_check(&question->judge, "iss", good, TAM_REASON_WRONG_ISSUER,
                       judge_list(&question->judge, good, accepted), iss) &&
           check_version(question);
}

/* After the key was found, so that the discovery document is there. */
bool check_issuer_found(struct azure_question *question) {
    if (question->issuer_told) {
        return true;
    }
    bool on = check_issuer(question);
    if (!question->issuer_told) {
        judge_skip(&question->judge, "iss"); /* an explanation while there are no keys */
    }
    return on;
}

/* ---- The issuer of the key --------------------------------------------------------------------------------------- */

/* The key's issuer must be the token's, or the version 2.0 form of it: Entra names that form for keys of version 1.0
 * tokens too. */
static bool key_issuer_good(const struct azure_question *question, struct tam_str key_issuer) {
    const struct azure_settings *settings = question->settings;
    if (settings->key_issuer == KEY_ISSUER_OFF) {
        return true;
    }
    if (key_issuer.len == 0) {
        return settings->key_issuer == KEY_ISSUER_IF_PRESENT;
    }
    return template_is(key_issuer, question->tenant, azure_text(question, CLAIM_ISS)) ||
           template_same(settings->authority.key_template, key_issuer, question->tenant);
}

/* The cloud that a key must name if it names one: of the configured authority, else of the discovery document; empty:
 * unknown. */
static struct tam_str cloud_instance(const struct azure_question *question) {
    const struct discovery *origin = origin_of(question);
    if (question->settings->authority.cloud != NULL) {
        return question->settings->authority.cloud->instance;
    }
    return origin != NULL ? origin->cloud_instance_name : STR_NONE;
}

/* Compares the issuer and cloud that the key names with the token's. Checked after the signature, as every policy. The
 * cloud is compared even with key_issuer=off, because two clouds have the same version 1.0 issuers. */
bool check_key_issuer(struct azure_question *question) {
    const struct key *key = question->token.key;
    if (key == NULL) {
        judge_skip(&question->judge, "key issuer");
        return true;
    }
    struct tam_str issuer = key_issuer(key), cloud = key_cloud_instance_name(key), expected = cloud_instance(question);
    bool cloud_good = cloud.len == 0 || expected.len == 0 || str_equal(cloud, expected);
    return judge_check(&question->judge, "key issuer", key_issuer_good(question, issuer), TAM_REASON_WRONG_ISSUER,
                       azure_text(question, CLAIM_ISS), issuer) &&
           judge_check(&question->judge, "key cloud", cloud_good, TAM_REASON_WRONG_ISSUER, expected, cloud);
}

/* The user flow that issued a B2C token: `tfp`, or `acr` for old user flows. */
static struct tam_str policy_of(const struct azure_question *question) {
    struct tam_str tfp = azure_text(question, CLAIM_TFP);
    return tfp.len > 0 ? tfp : azure_text(question, CLAIM_ACR);
}

/* Compares the policy if the token has one; check_policy_there() requires one. */
bool check_policy(struct azure_question *question) {
    struct tam_str policy = question->settings->authority.policy, found = policy_of(question);
    if (policy.len == 0 || found.len == 0) {
        return true;
    }
    return judge_check(&question->judge, "policy", str_equal_nocase(found, policy), TAM_REASON_WRONG_ISSUER, policy,
                       found);
}

bool check_policy_there(struct azure_question *question) {
    struct tam_str policy = question->settings->authority.policy;
    if (policy.len == 0 || policy_of(question).len > 0) {
        return true;
    }
    return judge_check(&question->judge, "policy", false, TAM_REASON_MISSING_CLAIM, policy, STR_NONE);
}

/* ---- The tenant -------------------------------------------------------------------------------------------------- */

static bool tenant_allowed(const struct authority *authority, struct tam_str tenant) {
    if (authority->allowed_tenants.count > 0 && !list_has_nocase(authority->allowed_tenants, tenant)) {
        return false;
    }
    return !authority->no_personal || !str_equal(tenant, authority_personal);
}

static struct tam_str tenants_expected(const struct authority *authority) {
    if (authority->allowed_tenants.count > 0) {
        return STR("one of allowed_tenants");
    }
    return authority->no_personal ? STR("a tenant of an organisation") : STR("any");
}

/* tid must be the tenant of the issuer, byte for byte: Entra writes lower case. Without tid check_missing() decides. */
bool check_tenant(struct azure_question *question) {
    const struct authority *authority = &question->settings->authority;
    struct tam_str tid = azure_text(question, CLAIM_TID), tenant = question->tenant;
    bool absent = question->token.claims[CLAIM_TID] == NULL;
    return judge_check(&question->judge, "tid", tenant.len > 0 && (absent || str_equal(tid, tenant)),
                       TAM_REASON_WRONG_TENANT, tenant, tid) &&
           judge_check(&question->judge, "tenant allowed", tenant_allowed(authority, tenant), TAM_REASON_WRONG_TENANT,
                       tenants_expected(authority), tenant);
}
