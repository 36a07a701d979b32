/* SPDX-License-Identifier: MIT
 *
 * tam_azure.so: verifies Microsoft Entra ID access tokens, versions 1.0 and 2.0, of one tenant or of many. The plugin
 * accepts only claims that a key of the token's tenant signed for this API; no option relaxes that.
 */
#include <config.h>

#include <plugins/azure/checks.h>
#include <plugins/azure/description.h>
#include <src/base/attr.h>
#include <src/base/str.h>

struct azure_verifier {
    struct azure_settings settings;
    struct claim_table claims;
    struct keyset *keyset;
};

/* ---- The checks, in the order in which reasons win --------------------------------------------------------------- */

static bool is_good(struct azure_question *question) {
    return check_issuer_found(question) && check_key_issuer(question) && check_policy(question) &&
           check_typ(question) && check_kind(question) && check_beginning(question) && check_tenant(question) &&
           check_audience(question) && check_client(question) && check_missing(question) && check_principal(question) &&
           signed_token_check_binding(&question->judge, question->token.claims[CLAIM_CNF]) && check_grants(question) &&
           check_groups(question) && check_contexts(question) && signed_token_check_principal(&question->judge);
}

static uint32_t judge_token(struct azure_question *question, const struct azure_verifier *verifier) {
    if (!signed_token_read(&question->judge, AZURE_ALGORITHMS, &verifier->claims, &question->token, NULL) ||
        !check_issuer(question) || !check_expiry(question) || !check_kid(question)) {
        return TAM_VERDICT_REJECT;
    }
    if (question->token.token.has_kid) { /* else check_kid() failed, and only an explanation goes on */
        uint32_t signature = signed_token_verify(&question->judge, verifier->keyset, &question->token);
        if (signature != TAM_VERDICT_ACCEPT) {
            return signature;
        }
    } else {
        judge_skip(&question->judge, "signature");
    }
    return is_good(question) ? judge_verdict(&question->judge) : TAM_VERDICT_REJECT;
}

/* A reference to the current keys, if the issuer check needs their discovery document; else NULL. */
static struct keys *keys_known(const struct azure_verifier *verifier) {
    return verifier->settings.authority.tenancy == TENANCY_FOUND ? keyset_keys(verifier->keyset) : NULL;
}

static HOT uint32_t azure_verify(void *self, const struct tam_request *request, struct tam_verdict *ret_verdict) {
    const struct azure_verifier *verifier = self;
    struct azure_question question = { .settings = &verifier->settings, .known = keys_known(verifier) };
    judge_init(&question.judge, request, ret_verdict);
    uint32_t verdict = judge_token(&question, verifier);
    if (verdict == TAM_VERDICT_REJECT) {
        hint_add(&question);
    }
    signed_token_done(&question.token);
    keys_unref(question.known);
    return judge_answer(&question.judge, verdict);
}

/* ---- Life -------------------------------------------------------------------------------------------------------- */

static void azure_destroy(void *self) {
    struct azure_verifier *verifier = self;
    keyset_close(verifier->keyset);
    azure_settings_free(&verifier->settings);
    mem_free(verifier);
}

static bool azure_open(struct azure_verifier *verifier, const struct tam_config *config, const struct tam_host *host,
                       uint32_t flags) {
    if (!azure_settings_read(&verifier->settings, config, host) ||
        !claim_table_init(&verifier->claims, azure_claims, AZURE_CLAIM_COUNT)) {
        return false;
    }
    if ((flags & TAM_INIT_CHECK) != 0) {
        return keyset_check(&verifier->settings.keyset, host);
    }
    verifier->keyset = keyset_open(&verifier->settings.keyset, host);
    return verifier->keyset != NULL;
}

static int azure_describe(void *self, const struct tam_description_request *request,
                          struct tam_description *ret_description) {
    const struct azure_verifier *verifier = self;
    return description_write(&verifier->settings, verifier->keyset, request, ret_description);
}

static int azure_init(const struct tam_config *config, const struct tam_host *host, uint32_t flags, void **ret_self) {
    struct azure_verifier *verifier = mem_alloc(sizeof *verifier);
    if (verifier == NULL) {
        host->fault(host->ctx, TAM_NO_ROW, STR("out of memory"));
        return 0;
    }
    bool good = azure_open(verifier, config, host, flags);
    if (good) { /* after TAM_INIT_CHECK too: then libtam only calls describe and destroy, and there is no key set */
        *ret_self = verifier;
        return 1;
    }
    azure_destroy(verifier);
    return 0;
}

static int azure_status(void *self, const struct tam_description_request *request,
                        struct tam_verifier_status *ret_status) {
    return keyset_status(((const struct azure_verifier *)self)->keyset, request, ret_status);
}

const struct tam_plugin tam_plugin_v1 = {
    TAM_PLUGIN_HEAD(azure_options), .name = "azure",
    .version = PACKAGE_VERSION,     .summary = "Microsoft Entra ID access tokens",
    .options = azure_options,       .init = azure_init,
    .verify = azure_verify,         .describe = azure_describe,
    .destroy = azure_destroy,       .status = azure_status,
};
