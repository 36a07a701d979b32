/* SPDX-License-Identifier: MIT
 *
 * The checks of where a token comes from: issuer, the key's own words, B2C policy, tenant. Nothing is believed by a prefix or
 * a host, and what two witnesses say must agree.
 */
#include <config.h>

#include <plugins/azure/checks.h>
#include <plugins/azure/template.h>
#include <src/base/attr.h>
#include <src/base/str.h>

/* ---- The issuer ---------------------------------------------------------------------------------------------------------- */

/* What the discovery document said, of the keys at hand: the token's own once they are known. */
static const struct discovery *origin_of(const struct azure_question *question) {
    const struct keys *keys = question->token.keys != NULL ? question->token.keys : question->known;
    return keys != NULL ? keys_origin(keys) : NULL;
}

/* The tenant that the issuer must be of, or is of where it may be of many. */
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

/* `ver` must say what the form of `iss` says. B2C's is always 1.0. */
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
        question->tenant = STR_NONE; /* the keys that it is a view of may be gone before the verdict is read */
    }
    question->issuer_told = true;
    bool good = issuer_good(question, iss);
    struct tam_list accepted =
        authority->issuers.count > 0 ? authority->issuers : (struct tam_list){ authority->templates, 2 };
    return judge_check(&question->judge, "iss", good, TAM_REASON_WRONG_ISSUER,
                       judge_list(&question->judge, good, accepted), iss) &&
           check_version(question);
}

/* The keys are there, and with them the document. */
bool check_issuer_found(struct azure_question *question) {
    if (question->issuer_told) {
        return true;
    }
    bool on = check_issuer(question);
    if (!question->issuer_told) {
        judge_skip(&question->judge, "iss"); /* an explanation without keys */
    }
    return on;
}

/* ---- The key's own words ------------------------------------------------------------------------------------------------ */

/* It is the token's issuer, or Entra's version 2.0 form of it: keys of version 1.0 tokens say that too. */
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

/* The cloud that a key may name: ours, or what the discovery document says; empty: nobody says. */
static struct tam_str cloud_instance(const struct azure_question *question) {
    const struct discovery *origin = origin_of(question);
    if (question->settings->authority.cloud != NULL) {
        return question->settings->authority.cloud->instance;
    }
    return origin != NULL ? origin->cloud_instance_name : STR_NONE;
}

/* A key says for whom it signs. After the signature, though the keys are public: the reason is then of a signed token.
 * The cloud stands whatever key_issuer says: version 1.0 issuers are the same in two clouds. */
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

/* A B2C token names the user flow that made it, in `acr` where an old flow has no `tfp`. */
static struct tam_str policy_of(const struct azure_question *question) {
    struct tam_str tfp = azure_text(question, CLAIM_TFP);
    return tfp.len > 0 ? tfp : azure_text(question, CLAIM_ACR);
}

/* That there is one at all is asked with the other claims that must be there. */
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

/* ---- The tenant ------------------------------------------------------------------------------------------------------------ */

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

/* Not folded: a tenant in upper case is not what Entra writes. Where tid is absent and has to be there, check_missing() says
 * so. */
bool check_tenant(struct azure_question *question) {
    const struct authority *authority = &question->settings->authority;
    struct tam_str tid = azure_text(question, CLAIM_TID), tenant = question->tenant;
    bool absent = question->token.claims[CLAIM_TID] == NULL;
    return judge_check(&question->judge, "tid", tenant.len > 0 && (absent || str_equal(tid, tenant)),
                       TAM_REASON_WRONG_TENANT, tenant, tid) &&
           judge_check(&question->judge, "tenant allowed", tenant_allowed(authority, tenant), TAM_REASON_WRONG_TENANT,
                       tenants_expected(authority), tenant);
}
