/* SPDX-License-Identifier: MIT
 *
 * Reads a signed token, and checks its signature with a key of a refreshed key set.
 */
#include <config.h>

#include <plugins/jose/jws/signed_token.h>
#include <src/base/alphabet.h>
#include <src/base/assert.h>
#include <src/base/attr.h>
#include <src/base/quote.h>
#include <src/base/str.h>

static COLD bool malformed(struct judge *judge, const char *name, struct tam_str detail) {
    judge_fail(judge, name, TAM_REASON_MALFORMED, STR_NONE, STR_NONE, detail);
    return false;
}

static bool algorithm_allowed(const struct signed_token *token, uint32_t algorithms) {
    return token->token.algorithm != NULL && (token->token.algorithm->bit & algorithms) != 0;
}

/* "RS256 or ES256", for the log line. */
static COLD struct tam_str algorithm_list(const struct judge *judge, uint32_t algorithms) {
    struct tam_str names[ALGORITHM_COUNT];
    size_t count = algorithm_names(algorithms, names);
    char *text = pool_alloc(&judge->pool, ALGORITHM_COUNT * 16);
    size_t len = 0;
    for (size_t i = 0; i < count && text != NULL; i++) {
        struct tam_str join = i == 0 ? STR("") : i + 1 < count ? STR(", ") : STR(" or ");
        memcpy(text + len, join.ptr, join.len);
        memcpy(text + len + join.len, names[i].ptr, names[i].len);
        len += join.len + names[i].len;
    }
    return text != NULL ? (struct tam_str){ text, len } : STR_NONE;
}

bool signed_token_read(struct judge *judge, uint32_t algorithms, const struct claim_table *claims,
                       struct signed_token *ret_token, struct claim_members *ret_members) {
    struct tam_str detail = STR_NONE;
    TAM_ASSERT(claims->count <= SIGNED_TOKEN_CLAIMS && ret_token->keys == NULL);
    if (token_read(judge->request->token, &judge->pool, &ret_token->token, &detail) != TAM_REASON_NONE) {
        return malformed(judge, "token", detail);
    }
    enum claims_found found =
        claims_find(ret_token->token.payload, claims, ret_token->claims, ret_members, &judge->pool, &detail);
    ret_token->read = found != CLAIMS_UNREAD;
    if (found != CLAIMS_GOOD) {
        return malformed(judge, found == CLAIMS_UNREAD ? "payload" : "claims", detail);
    }
    judge_check(judge, "token", true, TAM_REASON_MALFORMED, STR_NONE, STR_NONE);
    ret_token->algorithm_ok = algorithm_allowed(ret_token, algorithms);
    if (ret_token->algorithm_ok && judge->request->check == NULL) {
        return true;
    }
    return judge_check(judge, "alg", ret_token->algorithm_ok, TAM_REASON_UNSUPPORTED_ALGORITHM,
                       algorithm_list(judge, algorithms), ret_token->token.alg);
}

static void take(struct signed_token *token, const struct keyset_result *found) {
    keys_unref(token->keys);
    token->keys = found->keys;
    token->key = found->key;
}

/* The keys cannot be had now (AGAIN, UNAVAILABLE): a statement about the verifier and not about the token. In an
 * explanation with an earlier failure that failure stays the verdict. */
static COLD uint32_t undecided(struct judge *judge, enum keyset_answer answer, const struct keyset_result *found) {
    if (judge->failed) {
        judge_skip(judge, "kid");
        judge_skip(judge, "signature");
        return TAM_VERDICT_ACCEPT;
    }
    judge->verdict->retry_after = found->retry_after;
    judge->verdict->detail = found->detail;
    return answer == KEYSET_AGAIN ? TAM_VERDICT_AGAIN : TAM_VERDICT_UNAVAILABLE;
}

static uint32_t go_on(bool on) {
    return on ? TAM_VERDICT_ACCEPT : TAM_VERDICT_REJECT;
}

/* Checks the signature; after a bad one, asks whether the issuer replaced the key under the same kid, and tries again
 * with the new key. This is a loop because a fetch that was already running when the refresh was forced may publish a
 * set of its own first. The loop ends: keyset_retry() finds a key only in a set that was not tried. */
static uint32_t check_signature(struct judge *judge, struct keyset *keyset, struct signed_token *token) {
    const struct token *read = &token->token;
    struct keyset_result found = { 0 };
    enum keyset_answer answer = KEYSET_FOUND;
    enum key_outcome outcome = key_judge(token->key, read->algorithm, read->signing_input, read->signature);
    while (outcome == KEY_BAD && answer == KEYSET_FOUND) {
        answer = keyset_retry(keyset, judge->request, &judge->pool, read->has_kid, read->kid, read->algorithm,
                              token->keys, &found);
        if (answer == KEYSET_AGAIN || answer == KEYSET_UNAVAILABLE) {
            return undecided(judge, answer, &found);
        }
        if (answer == KEYSET_FOUND) {
            take(token, &found);
            outcome = key_judge(token->key, read->algorithm, read->signing_input, read->signature);
        }
    }
    if (outcome == KEY_UNDECIDED) {
        judge->starved = true;
        return TAM_VERDICT_ERROR;
    }
    bool good = outcome == KEY_GOOD;
    if (!good) {
        token->key = NULL;
    }
    return go_on(judge_check(judge, "signature", good, TAM_REASON_BAD_SIGNATURE,
                             STR("one that verifies with the key of its kid"),
                             good ? STR("that") : STR("one that does not")));
}

uint32_t signed_token_verify(struct judge *judge, struct keyset *keyset, struct signed_token *token) {
    struct keyset_result found = { 0 };
    TAM_ASSERT(token->read);
    if (!token->algorithm_ok) {
        judge_skip(judge, "kid");
        judge_skip(judge, "signature");
        return TAM_VERDICT_ACCEPT;
    }
    enum keyset_answer answer = keyset_find(keyset, judge->request, &judge->pool, token->token.has_kid,
                                            token->token.kid, token->token.algorithm, &found);
    if (answer == KEYSET_UNKNOWN) {
        bool on = judge_fail(judge, "kid", TAM_REASON_UNKNOWN_KEY, STR("a key of the issuer's key set"),
                             token->token.kid, found.detail);
        judge_skip(judge, "signature");
        return go_on(on);
    }
    if (answer != KEYSET_FOUND) {
        return undecided(judge, answer, &found);
    }
    take(token, &found);
    judge_check(judge, "kid", true, TAM_REASON_UNKNOWN_KEY, STR("a key of the issuer's key set"), token->token.kid);
    return check_signature(judge, keyset, token);
}

bool signed_token_check_binding(struct judge *judge, const struct json_item *cnf) {
    if (cnf == NULL) {
        return judge_check(judge, "cnf", true, TAM_REASON_WRONG_BINDING, STR("none"), STR_NONE);
    }
    return judge_fail(
        judge, "cnf", TAM_REASON_WRONG_BINDING, STR("none"), claim_raw(cnf),
        STR("cnf: the token is bound to a key (RFC 7800), and came as a bearer token, which anybody may "
            "have stolen: let clients request tokens for this API that are not bound (no DPoP, no mTLS)"));
}

static bool all_are(struct tam_list list, bool (*allowed)(struct tam_str)) {
    for (size_t i = 0; i < list.count; i++) {
        if (list.items[i].len == 0 || !allowed(list.items[i])) {
            return false;
        }
    }
    return true;
}

bool signed_token_check_principal(struct judge *judge) {
    const struct tam_verdict *verdict = judge->verdict;
    bool texts = text_is_clean(verdict->subject) && text_is_clean(verdict->tenant) && text_is_clean(verdict->client_id);
    bool lists = all_are(verdict->scopes, text_is_scope) && all_are(verdict->roles, text_is_clean);
    if (texts && lists) {
        return judge_check(judge, "principal", true, TAM_REASON_MALFORMED, STR_NONE, verdict->subject);
    }
    return judge_fail(judge, "principal", TAM_REASON_MALFORMED, STR("texts that a header can carry"), STR_NONE,
                      texts ? STR("a scope or role is empty, or has a character that none may have")
                            : STR("the subject, tenant or client has a control character"));
}

void signed_token_done(struct signed_token *token) {
    keys_unref(token->keys);
    token->keys = NULL;
    token->key = NULL;
}
