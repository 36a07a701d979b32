/* SPDX-License-Identifier: MIT
 *
 * One thread of the rotation drill: mints fresh tokens, good and bad, asks for them, and judges the verdicts. It knows
 * what the issuer has promised, and nothing of the verifier's inside.
 */
#include <config.h>

#include <tests/support/drill.h>

#include <inttypes.h>
#include <poll.h>
#include <src/base/clock.h>
#include <src/base/mem.h>
#include <src/base/str.h>
#include <stdio.h>
#include <string.h>

#include <check.h>

#define TOKEN_MAX     65536
#define AGAIN_PER_NEW 8 /* how many questions for tokens seen before go with a fresh one */

#define ISSUER "https://login.microsoftonline.com/" AZURE_TENANT "/v2.0"

/* Which key signs. */
enum signer { SIGNER_SIGNING, SIGNER_WITHDRAWN, SIGNER_AHEAD };

static const struct kind {
    enum signer signer;
    bool is_kid_unknown, is_forged, is_cached;
    int lifetime;
    const char *audience;
    uint32_t reason; /* once the key is at hand */
} kinds[DRILL_KINDS] = {
    [DRILL_GOOD] = { SIGNER_SIGNING, false, false, false, 3600, AZURE_CLIENT, TAM_REASON_NONE },
    [DRILL_AGAIN] = { SIGNER_SIGNING, false, false, true, 3600, AZURE_CLIENT, TAM_REASON_NONE },
    [DRILL_BAD_SIGNATURE] = { SIGNER_SIGNING, false, true, false, 3600, AZURE_CLIENT, TAM_REASON_BAD_SIGNATURE },
    [DRILL_UNKNOWN_KID] = { SIGNER_SIGNING, true, false, false, 3600, AZURE_CLIENT, TAM_REASON_UNKNOWN_KEY },
    [DRILL_EXPIRED] = { SIGNER_SIGNING, false, false, false, -3600, AZURE_CLIENT, TAM_REASON_EXPIRED },
    [DRILL_WRONG_AUDIENCE] = { SIGNER_SIGNING, false, false, false, 3600, AZURE_TENANT, TAM_REASON_WRONG_AUDIENCE },
    [DRILL_WITHDRAWN] = { SIGNER_WITHDRAWN, false, false, false, 3600, AZURE_CLIENT, TAM_REASON_UNKNOWN_KEY },
    [DRILL_WITHDRAWN_AGAIN] = { SIGNER_WITHDRAWN, false, false, true, 3600, AZURE_CLIENT, TAM_REASON_UNKNOWN_KEY },
    /* Whoever reads the key set knows the next kid before any good token has it, and can ask for it. */
    [DRILL_FORGED_AHEAD] = { SIGNER_AHEAD, false, true, false, 3600, AZURE_CLIENT, TAM_REASON_BAD_SIGNATURE },
};

const char *const drill_kind_names[DRILL_KINDS] = {
    [DRILL_GOOD] = "good",
    [DRILL_AGAIN] = "good, asked before",
    [DRILL_BAD_SIGNATURE] = "bad signature",
    [DRILL_UNKNOWN_KID] = "random kid",
    [DRILL_EXPIRED] = "expired",
    [DRILL_WRONG_AUDIENCE] = "wrong audience",
    [DRILL_WITHDRAWN] = "withdrawn key",
    [DRILL_WITHDRAWN_AGAIN] = "withdrawn key, asked before",
    [DRILL_FORGED_AHEAD] = "forged, next key's kid",
};

/* One question, and what is known before it is asked. */
struct question {
    enum drill_kind kind;
    struct drill_key *key;
    int state_before;
    bool known_before;
    int64_t asked_at;
    struct buf token;
};

/* ---- tokens ----------------------------------------------------------------------------------------------------- */

/* The nth newest key in one of two states; NULL: there are not so many. */
static struct drill_key *key_in(struct drill *drill, int state, int other, size_t nth) {
    for (size_t i = drill->published; i-- > 0;) {
        int found = drill->key[i].state;
        if ((found == state || found == other) && nth-- == 0) {
            return &drill->key[i];
        }
    }
    return NULL;
}

static struct drill_key *key_choose(struct drill *drill, enum signer signer, uint64_t turn) {
    static const size_t preference[] = { 0, 0, 1, 0, 1, 2 }; /* the current key, the previous, an older one */
    struct drill_key *key = NULL;
    switch (signer) {
    case SIGNER_SIGNING:
        key = key_in(drill, DRILL_SIGNING, DRILL_SIGNING, preference[turn / 2 % 6]);
        return key != NULL ? key : &drill->key[drill->current];
    case SIGNER_WITHDRAWN:
        return key_in(drill, DRILL_LEAVING, DRILL_GONE, turn / 2 % 2);
    case SIGNER_AHEAD:
        return key_in(drill, DRILL_AHEAD, DRILL_AHEAD, 0);
    }
    return NULL;
}

static void mint(struct drill *drill, const struct question *question, uint64_t turn, struct buf *ret_token) {
    const struct kind *kind = &kinds[question->kind];
    int64_t now = clock_now();
    struct buf header, claims, why;
    buf_init(&header, 1024);
    buf_init(&claims, 4096);
    buf_init(&why, 1024);
    buf_format(&header, "{\"typ\":\"JWT\",\"alg\":\"RS256\",\"kid\":\"%s", question->key->kid);
    if (kind->is_kid_unknown) {
        buf_format(&header, "-%" PRIx64, turn * UINT64_C(0x9e3779b97f4a7c15));
    }
    buf_add_text(&header, "\"}");
    buf_format(&claims,
               "{\"aud\":\"%s\",\"iss\":\"" ISSUER "\",\"iat\":%" PRId64 ",\"nbf\":%" PRId64 ",\"exp\":%" PRId64
               ",\"oid\":\"33334444-dddd-5555-eeee-6666ffff7777\",\"sub\":\"s\",\"tid\":\"" AZURE_TENANT
               "\",\"scp\":\"read\",\"ver\":\"2.0\",\"uti\":\"%" PRIx64 "\"}",
               kind->audience, now - 7200, now - 7200, now + kind->lifetime, turn);
    const struct mint_request request = { .header = buf_str(&header),
                                          .claims = buf_str(&claims),
                                          .key = question->key->pkey };
    ck_assert_msg(mint_token(drill->keys, &request, ret_token, NULL, &why), "%.*s", STR_PRINT(buf_str(&why)));
    buf_free(&why);
    buf_free(&claims);
    buf_free(&header);
}

/* The first digit of the signature: the last one has bits that must be zero. */
static void forge(struct buf *token) {
    char *digit = (char *)memrchr(token->ptr, '.', token->len) + 1;
    *digit = *digit == 'A' ? 'B' : 'A';
}

/* False: there is no such token now. */
static bool token_make(struct drill_asker *asker, struct question *question, uint64_t turn) {
    const struct kind *kind = &kinds[question->kind];
    question->key = key_choose(asker->drill, kind->signer, turn);
    if (question->key == NULL) {
        return false;
    }
    const char *kept = asker->again[question->key - asker->drill->key];
    if (kind->is_cached && kept == NULL) {
        return false;
    }
    if (kind->is_cached) {
        buf_add_text(&question->token, kept);
    } else {
        mint(asker->drill, question, turn, &question->token);
    }
    if (kind->is_forged) {
        forge(&question->token);
    }
    return true;
}

/* ---- asking ----------------------------------------------------------------------------------------------------- */

static struct tam_result *call(struct drill_asker *asker, const struct tam_query *query) {
    int64_t before = clock_monotonic();
    struct tam_result *result = tam_verify(asker->drill->host.service, query);
    int64_t took = clock_monotonic() - before;
    asker->longest_call = took > asker->longest_call ? took : asker->longest_call;
    return result;
}

/* As an event loop does: until the waiter is readable or the time is over, clear it, ask again with the ticket. */
static struct tam_result *call_parked(struct drill_asker *asker, struct tam_query *query) {
    struct tam_result *result = call(asker, query);
    while (tam_result_verdict(result) == TAM_VERDICT_AGAIN) {
        struct pollfd watched = { .fd = tam_waiter_fd(asker->waiter), .events = POLLIN };
        asker->parked++;
        query->ticket = tam_result_ticket(result);
        if (poll(&watched, 1, tam_result_wait_ms(result)) > 0) {
            tam_waiter_clear(asker->waiter);
        }
        tam_result_free(result);
        result = call(asker, query);
    }
    return result;
}

static struct tam_result *ask(struct drill_asker *asker, struct question *question) {
    struct tam_query query = { .size = sizeof query,
                               .flags = asker->nonblock ? TAM_NONBLOCK : 0,
                               .token = buf_str(&question->token) };
    question->state_before = question->key->state;
    question->known_before = question->key->known;
    question->asked_at = clock_monotonic();
    struct tam_result *result = asker->nonblock ? call_parked(asker, &query) : call(asker, &query);
    int64_t took = clock_monotonic() - question->asked_at;
    asker->longest_wait = took > asker->longest_wait ? took : asker->longest_wait;
    return result;
}

/* ---- judging ---------------------------------------------------------------------------------------------------- */

static void fault(struct drill *drill, const struct question *question, const struct tam_result *result,
                  const char *what) {
    pthread_mutex_lock(&drill->lock);
    if (drill->faults++ == 0) {
        snprintf(drill->fault, sizeof drill->fault, "%s: %s of %s: %s %s: %.*s", what, drill_kind_names[question->kind],
                 question->key->kid, tam_verdict_name(tam_result_verdict(result)),
                 tam_reason_name(tam_result_reason(result)), STR_PRINT(tam_result_detail(result)));
    }
    pthread_mutex_unlock(&drill->lock);
}

/* A key that the verifier has never seen may be out of reach while, and just after, the issuer is. */
static bool may_be_unavailable(const struct drill *drill, const struct question *question) {
    long long over = drill->outage_over;
    bool at_hand = question->known_before && kinds[question->kind].signer == SIGNER_SIGNING &&
                   !kinds[question->kind].is_kid_unknown;
    bool outage = over == INT64_MAX || question->asked_at < over + DRILL_AFTERMATH * DRILL_SECOND;
    return outage && !at_hand && kinds[question->kind].reason != TAM_REASON_EXPIRED;
}

static bool may_be_accepted(const struct question *question) {
    return kinds[question->kind].reason == TAM_REASON_NONE ||
           (kinds[question->kind].signer == SIGNER_WITHDRAWN && question->state_before != DRILL_GONE);
}

/* Beside the reason of its kind: a key that nobody signs with yet may be unknown yet, one that leaves may be gone
 * already. */
static bool may_be_rejected(const struct question *question, uint32_t reason) {
    bool settled = kinds[question->kind].signer != SIGNER_AHEAD && question->key->state == DRILL_SIGNING;
    return reason == kinds[question->kind].reason || (reason == TAM_REASON_UNKNOWN_KEY && !settled);
}

static enum drill_outcome judge(struct drill *drill, const struct question *question, const struct tam_result *result) {
    uint32_t verdict = tam_result_verdict(result);
    if (verdict == TAM_VERDICT_ACCEPT) {
        if (!may_be_accepted(question)) {
            fault(drill, question, result, "a bad token was accepted");
        }
        return DRILL_ACCEPT;
    }
    if (verdict == TAM_VERDICT_REJECT) {
        if (!may_be_rejected(question, tam_result_reason(result))) {
            fault(drill, question, result, "a token was refused for a reason that it has not");
        }
        return DRILL_REJECT;
    }
    if (verdict != TAM_VERDICT_UNAVAILABLE || !may_be_unavailable(drill, question)) {
        fault(drill, question, result, "no verdict, though the key is at hand or the issuer is up");
    }
    return DRILL_UNAVAILABLE;
}

static void keep(struct drill_asker *asker, const struct question *question) {
    char **kept = &asker->again[question->key - asker->drill->key];
    if (question->kind == DRILL_GOOD) {
        mem_free(*kept);
        *kept = mem_text(buf_str(&question->token));
        question->key->known = true;
    }
}

static void question_ask(struct drill_asker *asker, enum drill_kind kind, uint64_t turn) {
    struct question question = { .kind = kind };
    buf_init(&question.token, TOKEN_MAX);
    if (token_make(asker, &question, turn)) {
        struct tam_result *result = ask(asker, &question);
        enum drill_outcome outcome = judge(asker->drill, &question, result);
        asker->count[kind][outcome]++;
        asker->gone += kinds[kind].signer == SIGNER_WITHDRAWN && question.state_before == DRILL_GONE;
        if (outcome == DRILL_ACCEPT) {
            keep(asker, &question);
        }
        tam_result_free(result);
    }
    buf_free(&question.token);
}

/* Good ones between any two bad ones. Even turns and odd ones, so that no two tokens are the same. */
static void *asker_main(void *ctx) {
    struct drill_asker *asker = ctx;
    for (uint64_t turn = asker->nonblock; !asker->drill->stop; turn += 2) {
        question_ask(asker, DRILL_GOOD, turn);
        question_ask(asker, (enum drill_kind)(turn / 2 % DRILL_KINDS), turn);
        for (uint64_t i = 0; i < AGAIN_PER_NEW; i++) {
            question_ask(asker, DRILL_AGAIN, turn + 2 * i);
        }
        question_ask(asker, DRILL_WITHDRAWN_AGAIN, turn);
    }
    return NULL;
}

void drill_asker_start(struct drill_asker *asker) {
    if (asker->nonblock) {
        ck_assert_int_eq(tam_waiter_open(asker->drill->host.service, &asker->waiter), 0);
    }
    ck_assert_int_eq(pthread_create(&asker->thread, NULL, asker_main, asker), 0);
}

void drill_asker_join(struct drill_asker *asker) {
    ck_assert_int_eq(pthread_join(asker->thread, NULL), 0);
    tam_waiter_close(asker->waiter);
    for (size_t i = 0; i < DRILL_KEYS_MAX; i++) {
        mem_free(asker->again[i]);
    }
}
