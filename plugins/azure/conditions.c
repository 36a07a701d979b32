/* SPDX-License-Identifier: MIT
 *
 * The requirements beside scopes and roles: groups, and authentication contexts.
 */
#include <config.h>

#include <plugins/azure/checks.h>
#include <src/base/index.h>
#include <src/base/str.h>

/* The first entry of needed that has lacks, or STR_NONE. */
static struct tam_str first_missing(const struct azure_question *question, struct tam_list needed, struct tam_list has,
                                    bool nocase) {
    size_t first = list_first_missing(needed, has, nocase, &question->judge.pool);
    return first < needed.count ? needed.items[first] : STR_NONE;
}

/* Whether Entra replaced the groups by a link, as it does for more than 200. The link leads to Microsoft Graph, for
 * which this token is not valid, so the groups stay unknown and the token is refused. */
static bool groups_overflow(const struct azure_question *question) {
    const struct json_item *names = question->token.claims[CLAIM_CLAIM_NAMES];
    struct tam_str link;
    return names != NULL && json_find(names->raw, STR("groups"), &link);
}

static bool groups_fail(struct azure_question *question, struct tam_str missing) {
    question->judge.verdict->needed_scopes = question->settings->needed_scopes;
    if (!groups_overflow(question)) {
        return judge_check(&question->judge, "groups", false, TAM_REASON_INSUFFICIENT_SCOPE, missing,
                           azure_raw(question, CLAIM_GROUPS));
    }
    return judge_fail(&question->judge, "groups", TAM_REASON_INSUFFICIENT_SCOPE, missing, STR_NONE,
                      STR("groups: too many to be in the token; in the portal, let the groups claim hold only those "
                          "assigned to the application"));
}

bool check_groups(struct azure_question *question) {
    struct tam_list needed = question->settings->required_groups, groups = { NULL, 0 };
    if (needed.count == 0) {
        return true;
    }
    bool known =
        !groups_overflow(question) && claim_list(question->token.claims[CLAIM_GROUPS], &question->judge.pool, &groups);
    struct tam_str missing = known ? first_missing(question, needed, groups, true) : needed.items[0];
    return missing.len == 0
               ? judge_check(&question->judge, "groups", true, TAM_REASON_INSUFFICIENT_SCOPE, STR_NONE, STR_NONE)
               : groups_fail(question, missing);
}

/* Whether the client declared that it understands a claims challenge. */
static bool client_declares_cp1(const struct azure_question *question) {
    struct tam_list capabilities = { NULL, 0 };
    return claim_list(question->token.claims[CLAIM_XMS_CC], &question->judge.pool, &capabilities) &&
           list_has_nocase(capabilities, STR("cp1"));
}

/* The claims challenge in Microsoft's form, for one context. No escaping: check_contexts() of settings.c refuses
 * contexts with characters that JSON would escape. */
static struct tam_str claims_for(const struct azure_question *question, struct tam_str context) {
    struct tam_str text;
    bool good = POOL_JOIN(&question->judge.pool, &text,
                          STR("{\"access_token\":{\"acrs\":{\"essential\":true,\"value\":\""), context, STR("\"}}}"));
    return good ? text : STR_NONE;
}

static bool contexts_fail(struct azure_question *question, struct tam_str missing) {
    const struct azure_settings *settings = question->settings;
    struct tam_verdict *verdict = question->judge.verdict;
    bool challenge = settings->challenge_claims && client_declares_cp1(question);
    if (!question->judge.failed) {
        verdict->needed_claims = challenge ? claims_for(question, missing) : STR_NONE;
        verdict->needed_scopes = settings->needed_scopes;
    }
    return judge_check(&question->judge, "acrs", false,
                       challenge ? TAM_REASON_INSUFFICIENT_CLAIMS : TAM_REASON_INSUFFICIENT_SCOPE, missing,
                       azure_raw(question, CLAIM_ACRS));
}

bool check_contexts(struct azure_question *question) {
    struct tam_list needed = question->settings->required_acrs, met = { NULL, 0 };
    if (needed.count == 0) {
        return true;
    }
    bool known = claim_list(question->token.claims[CLAIM_ACRS], &question->judge.pool, &met);
    struct tam_str missing = known ? first_missing(question, needed, met, false) : needed.items[0];
    return missing.len == 0
               ? judge_check(&question->judge, "acrs", true, TAM_REASON_INSUFFICIENT_CLAIMS, STR_NONE, STR_NONE)
               : contexts_fail(question, missing);
}
