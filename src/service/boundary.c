/* SPDX-License-Identifier: MIT
 *
 * One row for each string of the ABI: where it is, and which alphabet it must keep to.
 */
#include <config.h>

#include <src/service/boundary.h>

#include <src/base/array.h>
#include <src/base/attr.h>
#include <src/base/json.h>
#include <src/base/str.h>
#include <src/service/reasons.h>
#include <src/base/text.h>

/* Claims for a challenge go into a header, base64-encoded; more than this no HTTP server would carry. */
#define NEEDED_CLAIMS_MAX 4096
/* Of a detail: a sentence. What is longer is cut rather than refused, for a client may have made it long. */
#define DETAIL_MAX 4096
/* A shorter token could stand in a sentence by chance. */
#define TOKEN_SHOWN_MIN 16

struct row {
    size_t offset;
    bool list;
    bool (*allowed)(struct tam_str);
    const char *fault;
};

#define TEXT(type, member, allowed, what)                                                                              \
    { offsetof(struct type, member), false, allowed, what }
#define LIST(type, member, allowed, what)                                                                              \
    { offsetof(struct type, member), true, allowed, what }

static const struct row accept_rows[] = {
    TEXT(tam_verdict, subject, text_is_clean, "the verifier gave a subject that is not clean UTF-8"),
    TEXT(tam_verdict, issuer, text_is_clean, "the verifier gave an issuer that is not clean UTF-8"),
    TEXT(tam_verdict, tenant, text_is_clean, "the verifier gave a tenant that is not clean UTF-8"),
    TEXT(tam_verdict, client_id, text_is_clean, "the verifier gave a client_id that is not clean UTF-8"),
    LIST(tam_verdict, scopes, text_is_scope, "the verifier gave a scope outside RFC 6749's characters"),
    LIST(tam_verdict, roles, text_is_clean, "the verifier gave a role that is empty or not clean UTF-8"),
};
static const struct row refusal_rows[] = {
    TEXT(tam_verdict, needed_claims, text_is_claims, "the verifier gave needed claims that are not one JSON object"),
    LIST(tam_verdict, needed_scopes, text_is_scope, "the verifier gave a needed scope outside RFC 6749's characters"),
};
static const struct row description_rows[] = {
    LIST(tam_description, issuers, text_is_clean, "issuers"),
    LIST(tam_description, authorization_servers, text_is_url, "authorization_servers"),
    LIST(tam_description, scopes, text_is_scope, "scopes"),
    LIST(tam_description, algorithms, text_is_scope, "algorithms"),
    TEXT(tam_description, jwks_uri, text_is_url, "jwks_uri"),
    TEXT(tam_description, scope_prefix, text_is_scope, "scope_prefix"),
    TEXT(tam_description, authorization_uri, text_is_url, "authorization_uri"),
};

#define ROWS(table) table, COUNT(table)

/* An empty text says nothing and passes; an entry of a list may not be empty. */
static bool list_is_allowed(struct tam_list list, bool (*allowed)(struct tam_str)) {
    if (list.count > 0 && list.items == NULL) {
        return false;
    }
    for (size_t i = 0; i < list.count; i++) {
        if (list.items[i].len == 0 || list.items[i].ptr == NULL || !allowed(list.items[i])) {
            return false;
        }
    }
    return true;
}

static bool text_is_allowed(struct tam_str text, bool (*allowed)(struct tam_str)) {
    return text.len == 0 || (text.ptr != NULL && allowed(text));
}

static HOT const char *rows_fault(const void *object, const struct row *rows, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const void *member = (const char *)object + rows[i].offset;
        bool good = rows[i].list ? list_is_allowed(*(const struct tam_list *)member, rows[i].allowed)
                                 : text_is_allowed(*(const struct tam_str *)member, rows[i].allowed);
        if (!good) {
            return rows[i].fault;
        }
    }
    return NULL;
}

/* Reads the claims once, for all that is asked of them. */
static HOT const char *claims_fault(struct tam_str claims, bool *ret_bound) {
    static const struct tam_str names[] = { STR_INIT("cnf") };
    struct json_scan found;
    *ret_bound = false;
    if (claims.len == 0) {
        return NULL;
    }
    if (claims.ptr == NULL || json_scan(claims, (struct tam_list){ names, 1 }, &found) != NULL ||
        found.type != JSON_TYPE_OBJECT) {
        return "the verifier gave claims that are not one JSON object";
    }
    *ret_bound = found.found != 0;
    return NULL;
}

static void take_accept(const struct tam_verdict *verdict, struct answer *ret_answer) {
    const char *fault = rows_fault(verdict, ROWS(accept_rows));
    bool bound = false;
    if (fault == NULL) {
        fault = claims_fault(verdict->claims, &bound);
    }
    if (fault == NULL && verdict->subject.len == 0) {
        fault = "the verifier accepted without a subject";
    }
    if (fault == NULL && verdict->kind > TAM_KIND_APP) {
        fault = "the verifier gave a kind outside the list";
    }
    if (fault != NULL) {
        answer_error(ret_answer, fault);
        return;
    }
    /* RFC 7800 §3.1: a bearer of a bound token may have stolen it; the binding is there to prevent that. */
    if (bound) {
        answer_reject(ret_answer, TAM_REASON_WRONG_BINDING,
                      STR("cnf: the token is bound to a key (RFC 7800), and nobody proved to have that key"));
        return;
    }
    *ret_answer = (struct answer){
        .verdict = TAM_VERDICT_ACCEPT,
        .kind = verdict->kind,
        .not_after = verdict->not_after,
        .expires_at = verdict->expires_at,
        .subject = verdict->subject,
        .issuer = verdict->issuer,
        .tenant = verdict->tenant,
        .client_id = verdict->client_id,
        .claims = verdict->claims,
        .scopes = verdict->scopes,
        .roles = verdict->roles,
    };
}

/* At the end of a character: RFC 3629 §3. */
static struct tam_str detail_cut(struct tam_str detail) {
    if (detail.len <= DETAIL_MAX || detail.ptr == NULL) {
        return detail;
    }
    detail.len = DETAIL_MAX;
    while (detail.len > 0 && ((unsigned char)detail.ptr[detail.len] & 0xc0) == 0x80) {
        detail.len--;
    }
    return detail;
}

static bool has(struct tam_str text, struct tam_str part) {
    return text.len >= part.len && memmem(text.ptr, text.len, part.ptr, part.len) != NULL;
}

/* A word of the service file is no secret because somebody sends it as a token; but a secret is. */
static bool is_configured(const struct verifier *verifier, struct tam_str text) {
    const struct tam_plugin *table = &verifier->plugin->table;
    for (uint32_t i = 0; i < table->option_count; i++) {
        if (table->options[i].type != TAM_OPT_SECRET && has(tam_config_value(&verifier->line->config, i)->text, text)) {
            return true;
        }
    }
    return false;
}

/* The detail is for a log, and a token in a log is a token lost. That is no reason to answer anything else: whoever
 * sends the words of a sentence as a token must not cause an error. */
static bool shows_token(const struct tam_verdict *verdict, const struct verifier *verifier, struct tam_str token) {
    return token.len >= TOKEN_SHOWN_MIN && has(verdict->detail, token) && !is_configured(verifier, token);
}

static const char *reject_fault(const struct tam_verdict *verdict) {
    const struct reason *reason = reason_find(verdict->reason);
    if (reason == NULL || !reason->from_plugin) {
        return "the verifier rejected with a reason that is not a plugin's to give";
    }
    if (verdict->reason != TAM_REASON_INSUFFICIENT_CLAIMS) {
        return NULL;
    }
    if (verdict->needed_claims.len == 0 || verdict->needed_claims.len > NEEDED_CLAIMS_MAX) {
        return "the verifier demanded claims without naming them, or too many";
    }
    return NULL;
}

static COLD void take_refusal(uint32_t returned, const struct tam_verdict *verdict, const struct tam_request *request,
                              const struct verifier *verifier, struct answer *ret_answer) {
    const char *fault = rows_fault(verdict, ROWS(refusal_rows));
    struct tam_str detail = detail_cut(verdict->detail);
    if (fault == NULL && !text_is_allowed(detail, text_is_clean)) {
        fault = "the verifier gave a detail that is not clean UTF-8";
    }
    if (fault == NULL && returned == TAM_VERDICT_REJECT) {
        fault = reject_fault(verdict);
    }
    if (fault == NULL && returned == TAM_VERDICT_AGAIN && (request->flags & TAM_NONBLOCK) == 0) {
        fault = "the verifier answered again to a question that may wait";
    }
    if (fault != NULL) {
        answer_error(ret_answer, fault);
        return;
    }
    if (shows_token(verdict, verifier, request->token)) {
        detail = STR("(the verifier's sentence is left out: the token stands in it)");
    }
    *ret_answer = (struct answer){ .verdict = returned, .detail = detail };
    if (returned == TAM_VERDICT_UNAVAILABLE) {
        ret_answer->retry_after = verdict->retry_after;
    }
    if (returned != TAM_VERDICT_REJECT) {
        return;
    }
    ret_answer->reason = verdict->reason;
    if (verdict->reason == TAM_REASON_INSUFFICIENT_SCOPE) {
        ret_answer->needed_scopes = verdict->needed_scopes;
    }
    if (verdict->reason == TAM_REASON_INSUFFICIENT_CLAIMS) {
        ret_answer->needed_claims = verdict->needed_claims;
    }
}

HOT void boundary_verdict(uint32_t returned, const struct tam_verdict *verdict, const struct tam_request *request,
                          const struct verifier *verifier, struct answer *ret_answer) {
    if (returned >= VERDICT_COUNT) {
        answer_error(ret_answer, "the verifier answered with a verdict outside the list");
    } else if (returned == TAM_VERDICT_ACCEPT) {
        take_accept(verdict, ret_answer);
    } else {
        take_refusal(returned, verdict, request, verifier, ret_answer);
    }
}

const char *boundary_description(const struct tam_description *description) {
    return rows_fault(description, ROWS(description_rows));
}
