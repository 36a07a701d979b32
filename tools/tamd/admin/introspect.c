/* SPDX-License-Identifier: MIT
 *
 * Token introspection (RFC 7662) for hosts that live for one login, or that can ask over HTTP only. It names the
 * principal of a token, so it answers only clients that the mode of a unix socket lets in, or that send the secret.
 */
#include <config.h>

#include <src/base/base64.h>
#include <src/base/json.h>
#include <src/base/equal.h>
#include <src/base/mem.h>
#include <src/base/str.h>
#include <tools/tamd/http/access.h>
#include <tools/tamd/http/answer.h>
#include <tools/tamd/http/fields.h>
#include <tools/tamd/http/form.h>

#define BODY_MAX     ((size_t)1 << 20)
#define BASIC_MAX    ((size_t)4096)
#define FORM         "application/x-www-form-urlencoded"
#define AUTHENTICATE "Bearer realm=\"tamd introspection\", Basic realm=\"tamd introspection\""
#define RETRY_AFTER  1

/* ---- Authentication of the client ---- */

/* The time it takes tells the secret's length and nothing else. */
static bool secret_is(const char *secret, struct tam_str shown) {
    size_t len = strlen(secret);
    return shown.len == len && equal_bytes(shown.ptr, secret, len);
}

/* As it stands (RFC 7617), or as a form's value (RFC 6749 §2.3.1). Both are compared, whichever it is. */
static bool password_is(const char *secret, struct tam_str password) {
    struct buf decoded;
    buf_init(&decoded, BASIC_MAX);
    bool as_form = form_decode(password, &decoded);
    as_form = secret_is(secret, buf_str(&decoded)) && as_form;
    bool as_it_is = secret_is(secret, password);
    buf_free(&decoded);
    return as_form || as_it_is;
}

/* Any user, and the secret as password. */
static bool basic_is(const char *secret, struct tam_str encoded) {
    unsigned char decoded[BASE64_DECODED_MAX(BASIC_MAX)];
    size_t len = 0;
    if (encoded.len > BASIC_MAX || !base64_decode(encoded, decoded, &len)) {
        return false;
    }
    struct tam_str text = { (const char *)decoded, len };
    bool is = password_is(secret, str_from(text, str_find(text, ':') + 1));
    mem_wipe(decoded, sizeof decoded);
    return is;
}

static bool shows(const char *secret, struct tam_str shown) {
    struct tam_str scheme, rest = shown;
    if (!str_cut(&rest, ' ', &scheme)) {
        return false;
    }
    rest = fields_trim(rest); /* RFC 9110 §11.4: one blank or more */
    if (str_equal_nocase(scheme, STR("Bearer"))) {
        return secret_is(secret, rest);
    }
    return str_equal_nocase(scheme, STR("Basic")) && basic_is(secret, rest);
}

/* The secret may be renewed at any time. */
static bool may_ask(const struct request *request) {
    struct server *server = request->server;
    size_t count = 0;
    struct tam_str shown = request_header(request, MHD_HTTP_HEADER_AUTHORIZATION, &count);
    pthread_mutex_lock(&server->lock);
    bool may = server->secret != NULL ? count == 1 && shows(server->secret, shown) : server->local;
    pthread_mutex_unlock(&server->lock);
    return may;
}

static enum MHD_Result answer_who_are_you(struct request *request) {
    struct answer answer;
    if (request->server->secret == NULL) {
        return answer_text(request, MHD_HTTP_FORBIDDEN,
                           "introspection over TCP needs secret_file in the statement admin\n");
    }
    answer_begin(&answer, MHD_HTTP_UNAUTHORIZED, NULL, STR_NONE);
    answer_header(&answer, MHD_HTTP_HEADER_WWW_AUTHENTICATE, STR(AUTHENTICATE));
    return answer_send(&answer, request);
}

/* ---- What is answered ---- */

static void member(struct buf *body, const char *name, struct tam_str text) {
    if (text.len == 0) {
        return;
    }
    buf_format(body, ",\"%s\":", name);
    json_quote(body, text);
}

/* As the token has it, if it has it. */
static void claim(struct buf *body, const struct tam_result *result, const char *name) {
    struct tam_str raw = tam_result_claim(result, name);
    if (raw.len == 0) {
        return;
    }
    buf_format(body, ",\"%s\":", name);
    buf_add(body, raw);
}

static void scopes_member(struct buf *body, struct tam_list scopes) {
    struct buf text;
    buf_init(&text, BODY_MAX);
    for (size_t i = 0; i < scopes.count; i++) {
        buf_add_text(&text, i > 0 ? " " : "");
        buf_add(&text, scopes.items[i]);
    }
    member(body, "scope", buf_str(&text));
    body->failed = body->failed || text.failed;
    buf_free(&text);
}

static void roles_member(struct buf *body, struct tam_list roles) {
    buf_add_text(body, ",\"roles\":[");
    for (size_t i = 0; i < roles.count; i++) {
        buf_add_text(body, i > 0 ? "," : "");
        json_quote(body, roles.items[i]);
    }
    buf_add_byte(body, ']');
}

/* RFC 7662 §2.2; `sub` is libtam's subject, whatever claim that comes from. */
static void active_write(struct buf *body, const struct tam_result *result) {
    buf_add_text(body, "{\"active\":true,\"token_type\":\"Bearer\"");
    member(body, "sub", tam_result_subject(result));
    member(body, "iss", tam_result_issuer(result));
    member(body, "client_id", tam_result_client_id(result));
    scopes_member(body, tam_result_scopes(result));
    if (tam_result_expires_at(result) != 0) {
        buf_format(body, ",\"exp\":%lld", (long long)tam_result_expires_at(result));
    }
    claim(body, result, "aud");
    claim(body, result, "iat");
    claim(body, result, "nbf");
    claim(body, result, "jti");
    member(body, "tid", tam_result_tenant(result));
    member(body, "kind", str_of(tam_kind_name(tam_result_kind(result))));
    if (tam_result_roles(result).count > 0) {
        roles_member(body, tam_result_roles(result));
    }
    buf_add_text(body, "}\n");
}

static enum MHD_Result answer_unknown(struct request *request, const struct tam_result *result, unsigned status) {
    struct answer answer;
    uint32_t retry_after = tam_result_retry_after(result);
    answer_begin(&answer, status, NULL, STR_NONE);
    if (status == MHD_HTTP_SERVICE_UNAVAILABLE) {
        answer_number(&answer, MHD_HTTP_HEADER_RETRY_AFTER, retry_after > 0 ? retry_after : RETRY_AFTER);
    }
    return answer_send(&answer, request);
}

/* RFC 7662 §2.2: a token that is not good is no error; that it cannot be told is one. */
static enum MHD_Result answer_result(struct request *request, const struct served *served,
                                     const struct tam_result *result) {
    uint32_t verdict = result != NULL ? tam_result_verdict(result) : TAM_VERDICT_UNAVAILABLE;
    bool told = verdict == TAM_VERDICT_ACCEPT || verdict == TAM_VERDICT_REJECT;
    unsigned status = told                                 ? MHD_HTTP_OK
                      : verdict == TAM_VERDICT_UNAVAILABLE ? MHD_HTTP_SERVICE_UNAVAILABLE
                                                           : MHD_HTTP_INTERNAL_SERVER_ERROR;
    struct buf body;
    access_log(request, &(struct access){ .service = served->name, .result = result, .status = status });
    if (!told) {
        return answer_unknown(request, result, status);
    }
    buf_init(&body, BODY_MAX);
    if (verdict == TAM_VERDICT_ACCEPT) {
        active_write(&body, result);
    } else {
        buf_add_text(&body, "{\"active\":false}\n");
    }
    return answer_buf(request, "application/json", &body);
}

/* ---- What is asked ---- */

/* /introspect/NAME, or /introspect where there is one service. */
static struct served *find_service(const struct request *request) {
    const struct site *site = request->site;
    struct tam_str name = str_from(request->below, 1);
    if (name.len == 0) {
        return site->settings->service_count == 1 ? site->served[0] : NULL;
    }
    for (size_t i = 0; i < site->settings->service_count; i++) {
        if (str_equal(str_of(site->served[i]->name), name)) {
            return site->served[i];
        }
    }
    return NULL;
}

static bool is_form(const struct request *request) {
    size_t count = 0;
    struct tam_str type = request_header(request, MHD_HTTP_HEADER_CONTENT_TYPE, &count);
    type.len = str_find(type, ';');
    return count == 1 && str_equal_nocase(fields_trim(type), STR(FORM));
}

/* What is no b64token is malformed, as any token of other bytes. */
static enum MHD_Result ask(struct request *request, struct served *served, struct tam_str token) {
    struct tam_query query = { .size = sizeof query, .token = token };
    struct tam_result *result = NULL;
    if (!request_ask(request, served, &query, &result)) {
        return MHD_YES; /* parked */
    }
    enum MHD_Result answered = answer_result(request, served, result);
    tam_result_free(result);
    return answered;
}

enum MHD_Result introspect_answer(struct request *request) {
    struct served *served = find_service(request);
    struct buf token;
    if (!may_ask(request)) {
        return answer_who_are_you(request);
    }
    if (served == NULL) {
        return answer_text(request, MHD_HTTP_NOT_FOUND, "no such service; ask at /introspect/NAME\n");
    }
    if (!is_form(request)) {
        return answer_text(request, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE, "the body must be " FORM "\n");
    }
    if (request->body.failed && (request->whole || !request->framing.chunked)) {
        return answer_text(request, MHD_HTTP_CONTENT_TOO_LARGE, "the body is longer than body_size\n");
    }
    if (!request->whole) {
        return MHD_YES;
    }
    buf_init(&token, BODY_MAX);
    enum MHD_Result answered = form_value(buf_str(&request->body), STR("token"), &token) && token.len > 0
                                   ? ask(request, served, buf_str(&token))
                                   : answer_text(request, MHD_HTTP_BAD_REQUEST, "expected one parameter token\n");
    buf_free(&token);
    return answered;
}
