/* SPDX-License-Identifier: MIT
 *
 * The table of reasons and the table of verdicts. Numbers outside them are called "unknown" and treated as an error.
 */
#include <config.h>

#include <src/base/array.h>
#include <src/service/reasons.h>

#define INVALID_TOKEN 401, "invalid_token"

/* No description may hold `scope=`, `error=` or `resource_metadata=`: clients look for those with a plain search. */
static const char not_valid[] = "The access token is not valid here";
static const char expired[] = "The access token has expired";
static const char too_little[] = "The access token does not permit this request";
static const char step_up[] = "The user must authenticate again as the claims parameter says";
static const char bad_request[] = "Send exactly one bearer token in the Authorization header";

static const struct reason reasons[REASON_COUNT] = {
    [TAM_REASON_NONE] = { "none", 401, NULL, NULL, false, 0 },
    [TAM_REASON_MALFORMED] = { "malformed", INVALID_TOKEN, not_valid, true, 1 },
    [TAM_REASON_UNSUPPORTED_ALGORITHM] = { "unsupported_algorithm", INVALID_TOKEN, not_valid, true, 2 },
    [TAM_REASON_WRONG_ISSUER] = { "wrong_issuer", INVALID_TOKEN, not_valid, true, 3 },
    [TAM_REASON_UNKNOWN_KEY] = { "unknown_key", INVALID_TOKEN, not_valid, true, 5 },
    [TAM_REASON_BAD_SIGNATURE] = { "bad_signature", INVALID_TOKEN, not_valid, true, 6 },
    [TAM_REASON_WRONG_TOKEN_TYPE] = { "wrong_token_type", INVALID_TOKEN, not_valid, true, STAGE_SIGNED },
    [TAM_REASON_EXPIRED] = { "expired", INVALID_TOKEN, expired, true, 4 },
    [TAM_REASON_NOT_YET_VALID] = { "not_yet_valid", INVALID_TOKEN, not_valid, true, STAGE_SIGNED },
    [TAM_REASON_WRONG_TENANT] = { "wrong_tenant", INVALID_TOKEN, not_valid, true, STAGE_SIGNED },
    [TAM_REASON_WRONG_AUDIENCE] = { "wrong_audience", INVALID_TOKEN, not_valid, true, STAGE_SIGNED },
    [TAM_REASON_CLIENT_NOT_ALLOWED] = { "client_not_allowed", INVALID_TOKEN, not_valid, true, STAGE_SIGNED },
    [TAM_REASON_MISSING_CLAIM] = { "missing_claim", INVALID_TOKEN, not_valid, true, STAGE_SIGNED },
    [TAM_REASON_INACTIVE] = { "inactive", INVALID_TOKEN, not_valid, true, STAGE_SIGNED },
    [TAM_REASON_INSUFFICIENT_SCOPE] = { "insufficient_scope", 403, "insufficient_scope", too_little, true,
                                        STAGE_KNOWN },
    [TAM_REASON_INSUFFICIENT_CLAIMS] = { "insufficient_claims", 401, "insufficient_claims", step_up, true,
                                         STAGE_KNOWN },
    [TAM_REASON_NOT_RECOGNISED] = { "not_recognised", INVALID_TOKEN, not_valid, false, 0 },
    /* RFC 6750 §3.1: without credentials the challenge SHOULD NOT carry an error. */
    [TAM_REASON_NO_CREDENTIALS] = { "no_credentials", 401, NULL, NULL, false, 0 },
    [TAM_REASON_WRONG_BINDING] = { "wrong_binding", INVALID_TOKEN, not_valid, true, STAGE_BOUND },
    [TAM_REASON_INVALID_REQUEST] = { "invalid_request", 400, "invalid_request", bad_request, false, 0 },
};

static const struct {
    const char *name;
    int status; /* 0: the reason tells */
} verdicts[VERDICT_COUNT] = {
    [TAM_VERDICT_ERROR] = { "error", 500 }, [TAM_VERDICT_ACCEPT] = { "accept", 200 },
    [TAM_VERDICT_REJECT] = { "reject", 0 }, [TAM_VERDICT_NOT_MINE] = { "not_mine", 500 },
    [TAM_VERDICT_AGAIN] = { "again", 503 }, [TAM_VERDICT_UNAVAILABLE] = { "unavailable", 503 },
};

static const char *const kinds[] = {
    [TAM_KIND_UNKNOWN] = "unknown",
    [TAM_KIND_USER] = "user",
    [TAM_KIND_APP] = "app",
};

const struct reason *reason_find(uint32_t reason) {
    return reason < REASON_COUNT ? &reasons[reason] : NULL;
}

int verdict_status(uint32_t verdict, uint32_t reason) {
    if (verdict >= VERDICT_COUNT) {
        return verdicts[TAM_VERDICT_ERROR].status;
    }
    if (verdict != TAM_VERDICT_REJECT) {
        return verdicts[verdict].status;
    }
    return reason < REASON_COUNT ? reasons[reason].status : reasons[TAM_REASON_NONE].status;
}

TAM_API const char *tam_reason_name(uint32_t reason) {
    return reason < REASON_COUNT ? reasons[reason].name : "unknown";
}

TAM_API const char *tam_verdict_name(uint32_t verdict) {
    return verdict < VERDICT_COUNT ? verdicts[verdict].name : "unknown";
}

TAM_API const char *tam_kind_name(uint32_t kind) {
    return kind < COUNT(kinds) ? kinds[kind] : "unknown";
}
