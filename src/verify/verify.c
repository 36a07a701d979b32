/* SPDX-License-Identifier: MIT
 *
 * Judging a token, from top to bottom: read the query, ask the verifiers or the cache, compare what the operation
 * needs, make the result. Every unclear case ends as an error or a reject.
 * Longer than other files: the whole path of a good token is compiled together, and struct question stays in one file.
 */
#include <config.h>

#include <src/verify/authorization.h>
#include <src/base/attr.h>
#include <src/base/clock.h>
#include <src/base/str.h>
#include <src/answer/challenge.h>
#include <src/verify/pasted.h>
#include <src/verify/permission.h>
#include <src/verify/query.h>
#include <src/verify/report.h>
#include <src/answer/result.h>
#include <src/service/boundary.h>
#include <src/base/text.h>
#include <limits.h>

#define ARENA_FIRST     16384             /* on the stack: a token of usual size allocates nothing */
#define MEMORY_PER_BYTE 64                /* of the token: the values in one take half as much at most */
#define ROWS_MEMORY     ((size_t)1 << 20) /* more than EXPLANATION_MAX of the longest rows take */

#define NO_MEMORY "memory ran out while the token was judged"

struct question {
    struct tam_service *service;
    const struct epoch_reader *reader; /* and the generation of this question */
    struct tam_result *found;          /* what the cache had; ours until it is the answer */
    const struct tam_query *query;     /* the host's, checked */
    struct tam_request request;        /* one for all verifiers */
    const struct verifier *verifier;   /* that gave the answer; NULL: libtam */
    bool explain;
    struct explanation explanation;
    struct arena rows; /* of the explanation: they take nothing from the verifiers */
    struct arena arena;
    _Alignas(16) char first[ARENA_FIRST];
};

static HOT struct tam_result *judge(struct tam_service *service, const struct tam_query *query, bool explain);

TAM_API struct tam_result *tam_verify(struct tam_service *service, const struct tam_query *query) {
    return judge(service, query, false);
}

TAM_API struct tam_result *tam_explain(struct tam_service *service, const struct tam_query *query) {
    return judge(service, query, true);
}

static void question_begin(struct question *question, struct tam_service *service, const struct epoch_reader *reader,
                           bool explain);
static bool question_read(struct question *question, const struct tam_query *query, struct answer *ret_answer);
static bool question_recall(struct question *question);
static bool credentials_check(const struct question *question, struct answer *ret_answer);
static struct answer *stack_ask(struct question *question, struct answer answers[2]);
static void permission_judge(struct question *question, struct answer *answer);
static struct tam_result *question_end(struct question *question, struct answer *answer);

static struct tam_result *judge(struct tam_service *service, const struct tam_query *query, bool explain) {
    struct question question;
    struct answer answers[2], *answer = &answers[0];
    if (service == NULL) {
        return NULL; /* reads as an error */
    }
    if (service_is_foreign(service)) {
        answer_error(answer, FORK_SENTENCE);
        return result_new(answer, NULL);
    }
    struct epoch_reader reader = epoch_enter(&service->epoch);
    question_begin(&question, service, &reader, explain);
    if (question_read(&question, query, answer) &&
        (question_recall(&question) || credentials_check(&question, answer))) {
        answer = stack_ask(&question, answers);
        permission_judge(&question, answer);
    }
    struct tam_result *result = question_end(&question, answer);
    epoch_leave(&service->epoch, &reader);
    return result;
}

/* ---- The question ---- */

static void *question_alloc(void *ctx, size_t size) {
    struct question *question = ctx;
    return arena_alloc(&question->arena, size);
}

static void question_check(void *ctx, const struct tam_check *check) {
    struct question *question = ctx;
    explanation_add(&question->explanation, check);
}

static const struct tam_query nothing_asked = { .size = sizeof nothing_asked }; /* until the host's was checked */

/* `first` is left as it is: 16 KiB of zeroes would cost more than the rest of this file. */
static void question_begin(struct question *question, struct tam_service *service, const struct epoch_reader *reader,
                           bool explain) {
    question->service = service;
    question->reader = reader;
    question->found = NULL;
    question->verifier = NULL;
    question->explain = explain;
    arena_init(&question->arena, question->first, sizeof question->first, PLUGIN_MEMORY);
    question->rows.failed = false;
    if (explain) {
        arena_init(&question->rows, NULL, 0, ROWS_MEMORY);
        explanation_init(&question->explanation, arena_pool(&question->rows));
    }
    question->query = &nothing_asked;
}

/* The token, from whichever member the host filled. False: there is none to judge, and the answer says why. */
static bool credentials_read(const struct question *question, struct tam_str *ret_token, struct answer *ret_answer) {
    const struct tam_query *query = question->query;
    struct tam_str token = query->token;
    enum authorization found = token.len > 0 ? AUTHORIZATION_BEARER : AUTHORIZATION_NONE;
    if (token.len > 0 && query->authorization.len > 0) { /* RFC 6750 §2: one method a request */
        answer_reject(ret_answer, TAM_REASON_INVALID_REQUEST, STR("both a token and an Authorization value came"));
        return false;
    }
    if (token.len == 0) {
        found = authorization_read(query->authorization, &token);
    }
    if (found == AUTHORIZATION_NONE) {
        answer_reject(ret_answer, TAM_REASON_NO_CREDENTIALS, str_of(pasted_authorization(query->authorization)));
        return false;
    }
    if (found == AUTHORIZATION_INVALID) {
        answer_reject(ret_answer, TAM_REASON_INVALID_REQUEST, str_of(pasted_credentials(STR_NONE)));
        return false;
    }
    *ret_token = token;
    return true;
}

/* RFC 6750 §2.1. Skipped for a token in the cache, because it passed this check before it was stored: looking at
 * every byte would take as long as the rest of a hit. */
static bool credentials_check(const struct question *question, struct answer *ret_answer) {
    struct tam_str token = question->request.token;
    bool good = text_is_b64token(token);
    if (!good && question->query->authorization.len > 0) {
        answer_reject(ret_answer, TAM_REASON_INVALID_REQUEST, str_of(pasted_credentials(token)));
        return false;
    }
    if (token.len > question->reader->generation->configuration->options.max_token_size) {
        answer_reject(ret_answer, TAM_REASON_MALFORMED, STR("the token is longer than max_token_size"));
        return false;
    }
    if (!good) {
        answer_reject(ret_answer, TAM_REASON_MALFORMED, str_of(pasted_token(token)));
    }
    return good;
}

/* Absolute monotonic deadline. The caller gets it as the ticket; a repeated call with that ticket keeps the deadline
 * and does not start a new timeout. Never 0, because 0 means "no ticket". Not called for a cache hit, which saves a
 * clock read. */
static int64_t deadline_of(const struct question *question) {
    const struct tam_query *query = question->query;
    if (query->ticket != 0) {
        return (int64_t)query->ticket;
    }
    int64_t now = setup_monotonic(&question->service->setup);
    int64_t timeout =
        query->timeout_ns > 0 ? query->timeout_ns : question->reader->generation->configuration->options.timeout_ns;
    if (now > INT64_MAX - timeout) {
        return INT64_MAX;
    }
    return now + timeout > 0 ? now + timeout : 1;
}

static bool question_read(struct question *question, const struct tam_query *query, struct answer *ret_answer) {
    const char *fault = query_fault(query);
    struct tam_str token;
    if (fault != NULL) {
        answer_error(ret_answer, fault);
        return false;
    }
    question->query = query;
    if (!credentials_read(question, &token, ret_answer)) {
        return false;
    }
    question->request = (struct tam_request){
        .size = sizeof question->request,
        .flags = query->flags,
        .token = token,
        .now = query->at != 0 ? query->at : setup_now(&question->service->setup),
        .ctx = question,
        .alloc = question_alloc,
        .check = question->explain ? question_check : NULL,
    };
    return true;
}

/* ---- The cache ---- */

/* Not cached: tam_explain() and a call with a time of its own (query->at), because the result depends on more than
 * the token; and a call with critical query members, because only the plugin knows what they mean. */
static bool is_cached(const struct question *question) {
    return question->reader->generation->cache != NULL && !question->explain && question->query->at == 0 &&
           question->request.critical == 0;
}

static struct cache_key key_of(const struct question *question, const struct verifier *verifier, uint64_t revocations) {
    return (struct cache_key){ .token = question->request.token,
                               .verifier = verifier->id,
                               .revocations = revocations,
                               .now = question->request.now };
}

/* The stored accept of this verifier for this token, if it is still valid. The caller owns the copy. */
static struct tam_result *cache_look(const struct question *question, const struct verifier *verifier,
                                     uint64_t revocations) {
    struct cache_key key = key_of(question, verifier, revocations);
    size_t len;
    void *bytes = cache_get(question->reader->generation->cache, &key, &len);
    return bytes != NULL ? result_revive(bytes) : NULL;
}

/* The look-up for the first verifier comes before any other work on the token, because a hit needs nothing else. */
static bool question_recall(struct question *question) {
    const struct verifier *first = question->reader->generation->verifiers;
    if (is_cached(question)) {
        question->found = cache_look(question, first, services_revocations(&first->services));
    }
    return question->found != NULL;
}

/* The result (principal, claims) comes from the first verifier that accepts. If it is known already, a hit of a later
 * verifier only needs to say ACCEPT; its copy is freed. */
static bool cache_find(struct question *question, const struct verifier *verifier, uint64_t revocations,
                       struct answer *ret_answer) {
    bool first = verifier == question->reader->generation->verifiers;
    struct tam_result *known;
    if (!is_cached(question)) {
        return false;
    }
    known = first ? question->found : cache_look(question, verifier, revocations);
    counters_count_lookup(&question->service->counters, question->reader->slot, known != NULL);
    if (known == NULL) {
        return false;
    }
    if (!first && question->found != NULL) {
        *ret_answer = (struct answer){ .verdict = TAM_VERDICT_ACCEPT };
        tam_result_free(known);
        return true;
    }
    question->found = known;
    *ret_answer = *result_answer(known);
    ret_answer->block = known;
    return true;
}

static bool is_kept(const struct question *question, const struct answer *answer) {
    return answer->verdict == TAM_VERDICT_ACCEPT && answer->not_after != 0 && is_cached(question);
}

/* Does not store the verdict if the verifier revoked while it was being made: that revocation applies to this verdict
 * as well. */
static void cache_keep(const struct question *question, const struct verifier *verifier, const struct answer *answer,
                       const struct tam_result *result) {
    int64_t now = question->request.now, ttl = question->reader->generation->configuration->options.cache_ttl;
    int64_t until = now < INT64_MAX - ttl ? now + ttl : INT64_MAX;
    struct cache_key key;
    if (!is_kept(question, answer) || services_revocations(&verifier->services) != answer->revocations) {
        return;
    }
    key = key_of(question, verifier, answer->revocations);
    cache_put(question->reader->generation->cache, &key, answer->not_after < until ? answer->not_after : until,
              result_bytes(result));
}

/* ---- The verifiers ---- */

/* Each plugin call has a budget of its own, however much the verifiers before it took. */
static size_t memory_of_call(const struct question *question) {
    size_t of_token = question->request.token.len * MEMORY_PER_BYTE;
    return (of_token > PLUGIN_MEMORY ? of_token : PLUGIN_MEMORY) - ARENA_FIRST;
}

/* A plugin that was refused memory did not see all that it wanted to check, so its verdict means nothing: always an
 * error. */
static void plugin_ask(struct question *question, const struct verifier *verifier, struct answer *ret_answer) {
    struct tam_verdict verdict = { .size = sizeof verdict };
    if ((question->request.critical & ~verifier->plugin->table.understands) != 0) {
        answer_error(ret_answer, "the plugin is too old for this question");
        return;
    }
    if (question->request.deadline == 0) {
        question->request.deadline = deadline_of(question);
    }
    arena_allow(&question->arena, memory_of_call(question));
    uint32_t returned = verifier->plugin->table.verify(verifier->self, &question->request, &verdict);
    bool starved = question->arena.failed;
    question->arena.failed = false;
    arena_allow(&question->arena, PLUGIN_MEMORY); /* for libtam's own work */
    if (starved) {
        answer_error(ret_answer, NO_MEMORY);
    } else {
        boundary_verdict(returned, &verdict, &question->request, verifier, ret_answer);
    }
}

/* One verifier's answer, NOT_MINE included. */
static void verifier_ask(struct question *question, const struct verifier *verifier, struct answer *ret_answer) {
    uint64_t revocations = services_revocations(&verifier->services);
    if (cache_find(question, verifier, revocations, ret_answer)) {
        return;
    }
    plugin_ask(question, verifier, ret_answer);
    ret_answer->revocations = revocations;
}

/* Precedence when several verifiers answer: ACCEPT, then ERROR, AGAIN, UNAVAILABLE, then REJECT. A reject is final;
 * the three before it can still become an accept when the caller retries. Among rejects the one from the latest stage
 * wins: that verifier got furthest with the token, so the token is most probably meant for it. */
static unsigned weight_of(const struct answer *answer) {
    static const unsigned weights[VERDICT_COUNT] = {
        [TAM_VERDICT_UNAVAILABLE] = STAGE_KNOWN + 1,
        [TAM_VERDICT_AGAIN] = STAGE_KNOWN + 2,
        [TAM_VERDICT_ERROR] = STAGE_KNOWN + 3,
        [TAM_VERDICT_ACCEPT] = STAGE_KNOWN + 4,
    };

    if (answer->verdict == TAM_VERDICT_REJECT) {
        return reason_find(answer->reason)->stage;
    }
    return weights[answer->verdict];
}

/* Stores an accept that is not the final answer of the stack. */
static COLD void accept_keep(const struct question *question, const struct verifier *verifier,
                             const struct answer *accept) {
    struct tam_result *result;
    if (accept->block != NULL || !is_kept(question, accept)) {
        return;
    }
    result = result_new(accept, NULL);
    if (result != NULL) {
        cache_keep(question, verifier, accept, result);
    }
    tam_result_free(result);
}

/* Which verifier the rows before were of; one needs no name. */
static COLD void verifier_explain(struct question *question, const struct verifier *verifier,
                                  const struct answer *answer) {
    bool accepts = answer->verdict == TAM_VERDICT_ACCEPT, absent = answer->verdict == TAM_VERDICT_NOT_MINE;
    const struct tam_check check = {
        .size = sizeof check,
        .name = "verifier",
        .outcome = accepts  ? TAM_CHECK_PASSED
                   : absent ? TAM_CHECK_NOT_REACHED
                            : TAM_CHECK_FAILED,
        .expected = control_name(verifier->line->control),
        .found = verifier->line->config.name,
    };

    if (question->reader->generation->verifier_count > 1) {
        explanation_add(&question->explanation, &check);
    }
}

/* Controls with PAM's meaning: a required refusal is final, a sufficient accept ends the stack, a sufficient refusal
 * counts only if nobody accepts. NOT_MINE is as if the verifier were not there. The principal is the first accepting
 * one's. Of the two answers one is the best so far. */
static struct answer *stack_judge(struct question *question, struct answer answers[2]) {
    const struct generation *generation = question->reader->generation;
    struct answer *best = NULL, *one = &answers[0];
    unsigned weight = 0;
    for (size_t i = 0; i < generation->verifier_count; i++) {
        const struct verifier *verifier = &generation->verifiers[i];
        bool required = verifier->line->control == CONTROL_REQUIRED;
        verifier_ask(question, verifier, one);
        if (question->explain) {
            verifier_explain(question, verifier, one);
        }
        if (one->verdict == TAM_VERDICT_NOT_MINE) {
            continue;
        }
        bool accepts = one->verdict == TAM_VERDICT_ACCEPT;
        if (weight_of(one) > weight || (required && !accepts)) {
            if (best != NULL && best->verdict == TAM_VERDICT_ACCEPT) {
                accept_keep(question, question->verifier, best);
            }
            weight = weight_of(one);
            question->verifier = verifier;
            best = one;
            one = &answers[one == &answers[0]];
        } else if (accepts) {
            accept_keep(question, verifier, one);
        }
        if (accepts != required) {
            break;
        }
    }
    if (best != NULL) {
        return best;
    }
    answer_reject(one, TAM_REASON_NOT_RECOGNISED, STR("no verifier recognises the token"));
    return one;
}

/* A parked question gets its ticket; past the deadline it gets an end, whatever the plugin says. */
static struct answer *stack_ask(struct question *question, struct answer answers[2]) {
    struct answer *answer = stack_judge(question, answers);
    int64_t left;
    if (answer->verdict != TAM_VERDICT_AGAIN) {
        return answer;
    }
    /* A host's clock may begin far below 0. */
    if (__builtin_sub_overflow(question->request.deadline, setup_monotonic(&question->service->setup), &left)) {
        left = INT64_MAX;
    }
    if (left <= 0) {
        answer_unavailable(answer, 0, STR("the deadline passed before the verifier could decide"));
        return answer;
    }
    int64_t milliseconds =
        (left - 1) / (CLOCK_SECOND / 1000) + 1; /* rounded up: a timer that fires early would ask in vain */
    answer->ticket = (uint64_t)question->request.deadline;
    answer->wait_ms = milliseconds < INT_MAX ? (int)milliseconds : INT_MAX;
    return answer;
}

/* ---- The operation ---- */

/* What the operation needs is no part of a plugin's verdict, so it is asked after every accept. */
static void permission_judge(struct question *question, struct answer *answer) {
    struct pool pool = arena_pool(&question->arena);
    if (answer->verdict != TAM_VERDICT_ACCEPT || !permission_is_asked(question->query)) {
        return;
    }
    bool passed =
        permission_check(&question->reader->generation->configuration->options, question->query, answer, &pool);
    if (question->explain) {
        permission_explain(question->query, answer, passed, &question->explanation);
    }
    if (passed) {
        return;
    }
    accept_keep(question, question->verifier, answer); /* asking in vain again and again costs no signature each time */
    answer_reject(answer, TAM_REASON_INSUFFICIENT_SCOPE, permission_detail(question->query, answer, &pool));
}

/* ---- The answer ---- */

static void report(struct question *question, const struct answer *answer) {
    if (!question->explain) { /* tam_explain() is not a request of a client: neither counted nor logged */
        report_answer(question->service, question->reader, question->verifier, answer);
    }
}

/* A refusal has a challenge, which lives until the result is made. It, the detail and the rows of an explanation
 * took memory too. */
static struct tam_result *result_make(struct question *question, struct answer *answer) {
    char first[CHALLENGE_USUAL];
    struct buf challenge;
    bool good = true;
    buf_init_first(&challenge, first, sizeof first, CHALLENGE_MAX);
    if (answer->verdict == TAM_VERDICT_REJECT) {
        good = challenge_write(&challenge, question->reader->generation, question->verifier, answer,
                               question->query->scopes, &question->arena);
        answer->challenge = buf_str(&challenge);
    }
    if (!good || question->arena.failed || question->rows.failed) {
        answer_error(answer, NO_MEMORY);
    }
    report(question, answer);
    struct tam_result *result = result_new(answer, question->explain ? &question->explanation : NULL);
    buf_free(&challenge);
    if (result != NULL) {
        cache_keep(question, question->verifier, answer, result);
    }
    return result;
}

static struct tam_result *question_end(struct question *question, struct answer *answer) {
    struct tam_result *result = answer->block, *unused = question->found;
    if (result != NULL) {
        report(question, answer);
        unused = NULL;
    } else {
        result = result_make(question, answer);
    }
    tam_result_free(unused);
    if (question->explain) {
        arena_free(&question->rows);
    }
    if (arena_is_used(&question->arena)) { /* a hit of the cache takes nothing */
        arena_free(&question->arena);
    }
    return result;
}
