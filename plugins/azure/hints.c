/* SPDX-License-Identifier: MIT
 *
 * Hints for administrators. They change the detail of a rejection, and no verdict.
 */
#include <config.h>

#include <plugins/azure/checks.h>
#include <src/base/array.h>
#include <src/base/str.h>

/* The number of dots, at most 5: all that an unreadable token tells of its format. */
static unsigned dots(struct tam_str token) {
    unsigned count = 0;
    for (const char *at = memchr(token.ptr, '.', token.len); at != NULL && count < 5; count++) {
        size_t rest = token.len - (size_t)(at + 1 - token.ptr);
        at = memchr(at + 1, '.', rest);
    }
    return count;
}

static bool is_unread(const struct azure_question *question, unsigned count) {
    return !question->token.read && dots(question->judge.request->token) == count;
}

static bool is_encrypted(const struct azure_question *question) {
    return is_unread(question, 4);
}

/* The tickets of personal accounts for Microsoft's own services are no JWTs; they begin with "Ew". */
static bool is_ticket(const struct azure_question *question) {
    return str_starts(question->judge.request->token, STR("Ew")) && is_unread(question, 0);
}

/* What a program prints that has no token, or the name of one. */
static bool is_word(const struct azure_question *question) {
    static const struct tam_str words[] = { STR_INIT("null"),       STR_INIT("undefined"), STR_INIT("none"),
                                            STR_INIT("nil"),        STR_INIT("false"),     STR_INIT("true"),
                                            STR_INIT("bearer"),     STR_INIT("token"),     STR_INIT("access_token"),
                                            STR_INIT("your_token"), STR_INIT("-") };
    return list_has_nocase((struct tam_list){ words, COUNT(words) }, question->judge.request->token);
}

static bool is_file(const struct azure_question *question) {
    struct tam_str token = question->judge.request->token;
    return !question->token.read &&
           (str_starts(token, STR("/")) || str_starts(token, STR("./")) || str_ends(token, STR(".txt")) ||
            str_ends(token, STR(".jwt")) || str_ends(token, STR(".json")));
}

static bool is_guid(const struct azure_question *question) {
    return str_is_guid(question->judge.request->token);
}

/* Entra's client secrets have a tilde, which no JWT has. */
static bool is_secret(const struct azure_question *question) {
    struct tam_str token = question->judge.request->token;
    return !question->token.read && str_find(token, '~') < token.len;
}

/* Entra's refresh tokens and authorization codes begin with a version and a dot, and are for the token endpoint alone.
 */
static bool is_refresh_token(const struct azure_question *question) {
    struct tam_str token = question->judge.request->token;
    return !question->token.read &&
           (str_starts(token, STR("0.A")) || str_starts(token, STR("1.A")) || str_starts(token, STR("M.C")));
}

/* Of a JWT's three parts not all. */
static bool is_piece(const struct azure_question *question) {
    return str_starts(question->judge.request->token, STR("eyJ")) && (is_unread(question, 0) || is_unread(question, 1));
}

static bool is_opaque(const struct azure_question *question) {
    return is_unread(question, 0);
}

/* A token for Microsoft Graph has a nonce in its header that is hashed before signing, so only Graph can verify it. */
static bool is_graph(const struct azure_question *question) {
    static const struct tam_str names[] = { STR_INIT("00000003-0000-0000-c000-000000000000"),
                                            STR_INIT("https://graph.microsoft.com"),
                                            STR_INIT("https://graph.microsoft.com/") };
    struct tam_str nonce;
    if (!question->token.read) {
        return false;
    }
    return json_find(question->token.token.header, STR("nonce"), &nonce) ||
           list_has((struct tam_list){ names, COUNT(names) }, azure_text(question, CLAIM_AUD));
}

static bool is_reason(const struct azure_question *question, uint32_t reason) {
    return question->judge.verdict->reason == reason;
}

static bool is_version_1(const struct azure_question *question) {
    return is_reason(question, TAM_REASON_WRONG_ISSUER) && question->settings->authority.cloud != NULL &&
           question->settings->authority.templates[0].len == 0 &&
           str_starts(azure_text(question, CLAIM_ISS), STR("https://sts."));
}

static bool is_version_2(const struct azure_question *question) {
    const struct authority *authority = &question->settings->authority;
    return is_reason(question, TAM_REASON_WRONG_ISSUER) && authority->cloud != NULL &&
           authority->templates[1].len == 0 && question->version == 1;
}

static struct tam_str tenant_of(const struct azure_question *question) {
    return is_reason(question, TAM_REASON_WRONG_ISSUER) ? azure_text(question, CLAIM_TID) : STR_NONE;
}

static bool is_swapped(const struct azure_question *question) {
    struct tam_str tid = tenant_of(question);
    return tid.len > 0 && str_equal_nocase(tid, question->settings->client_id);
}

static bool is_personal_elsewhere(const struct azure_question *question) {
    return str_equal(tenant_of(question), authority_personal);
}

static bool is_other_tenant(const struct azure_question *question) {
    struct tam_str tid = tenant_of(question);
    return tid.len > 0 && question->settings->authority.tenancy == TENANCY_ONE &&
           !str_equal_nocase(tid, question->settings->authority.tenant);
}

static bool is_issuer_of(const struct azure_question *question, struct tam_str part) {
    struct tam_str iss = azure_text(question, CLAIM_ISS);
    return is_reason(question, TAM_REASON_WRONG_ISSUER) && iss.len > 0 &&
           memmem(iss.ptr, iss.len, part.ptr, part.len) != NULL;
}

static bool is_b2c(const struct azure_question *question) {
    return question->settings->authority.flavor == FLAVOR_AAD &&
           (is_issuer_of(question, STR(".b2clogin.com/")) || is_issuer_of(question, STR(".ciamlogin.com/")));
}

static bool is_other_cloud(const struct azure_question *question) {
    struct tam_str iss = str_from(azure_text(question, CLAIM_ISS), sizeof "https://" - 1);
    const struct cloud *cloud = cloud_find((struct tam_str){ iss.ptr, str_find(iss, '/') });
    return is_reason(question, TAM_REASON_WRONG_ISSUER) && cloud != NULL &&
           question->settings->authority.cloud != NULL && cloud != question->settings->authority.cloud &&
           is_issuer_of(question, cloud->host);
}

static bool is_other_provider(const struct azure_question *question) {
    return question->settings->authority.flavor == FLAVOR_AAD && is_issuer_of(question, STR("https://")) &&
           !is_issuer_of(question, STR("https://login.")) && !is_issuer_of(question, STR("https://sts."));
}

static bool is_reason_of_kind(const struct azure_question *question) {
    return is_reason(question, TAM_REASON_INSUFFICIENT_SCOPE) &&
           str_starts(question->judge.verdict->detail, STR("token_type:"));
}

/* With token_type=auto, the kind that nothing was required of. */
static bool is_unasked_application(const struct azure_question *question) {
    return is_reason_of_kind(question) && question->app_only && question->settings->token_type == TOKEN_TYPE_AUTO;
}

static bool is_unasked_user(const struct azure_question *question) {
    return is_reason_of_kind(question) && !question->app_only && question->settings->token_type == TOKEN_TYPE_AUTO;
}

static bool is_personal(const struct azure_question *question) {
    return question->settings->authority.no_personal && is_reason(question, TAM_REASON_WRONG_TENANT) &&
           str_equal(question->tenant, authority_personal);
}

static bool is_uri_of_many(const struct azure_question *question) {
    return question->settings->authority.open && is_reason(question, TAM_REASON_WRONG_AUDIENCE) &&
           str_find(azure_text(question, CLAIM_AUD), ':') < azure_text(question, CLAIM_AUD).len;
}

/* Probably an ID token: a user's token without scopes, with a typ. */
static bool is_id_token(const struct azure_question *question) {
    return is_reason(question, TAM_REASON_WRONG_TOKEN_TYPE) && !question->app_only && question->scopes.count == 0 &&
           question->token.token.typ.len > 0;
}

/* Whether aud is one of Microsoft's own APIs, whose URIs no other application can have. */
static bool is_of_microsoft(struct tam_str aud) {
    static const struct tam_str uris[] = {
        STR_INIT("https://management.azure.com"), STR_INIT("https://management.core.windows.net"),
        STR_INIT("https://graph.windows.net"),    STR_INIT("https://vault.azure.net"),
        STR_INIT("https://storage.azure.com"),    STR_INIT("https://database.windows.net"),
        STR_INIT("https://outlook.office.com"),   STR_INIT("https://outlook.office365.com"),
        STR_INIT("https://servicebus.azure.net"), STR_INIT("https://analysis.windows.net/powerbi/api"),
        STR_INIT("https://api.loganalytics.io"),  STR_INIT("https://cognitiveservices.azure.com"),
    };
    struct tam_str name = { aud.ptr, aud.len - str_ends(aud, STR("/")) };
    return list_has((struct tam_list){ uris, COUNT(uris) }, name) || str_ends(name, STR(".sharepoint.com"));
}

/* Whether aud is a URI that an administrator chose, so that it may be this API's own. api://GUID is not: Entra assigns
 * that URI to the application with that id, and this application's own was compared before. */
static bool is_named_uri(const struct azure_question *question) {
    struct tam_str aud = azure_text(question, CLAIM_AUD);
    bool by_default = str_starts(aud, STR("api://")) && str_is_guid(str_from(aud, sizeof "api://" - 1));
    return is_reason(question, TAM_REASON_WRONG_AUDIENCE) && str_find(aud, ':') < aud.len && !by_default &&
           !is_of_microsoft(aud);
}

static bool is_other_api(const struct azure_question *question) {
    return is_reason(question, TAM_REASON_WRONG_AUDIENCE);
}

static bool is_role_less(const struct azure_question *question) {
    return is_reason(question, TAM_REASON_WRONG_TOKEN_TYPE) && question->app_only && question->roles.count == 0;
}

/* The first row that fits counts. `scope`: the text is followed by a scope as clients request it. */
static const struct {
    bool (*fits)(const struct azure_question *question);
    struct tam_str text;
    bool scope;
} hints[] = {
    { is_encrypted,
      STR_INIT(
          "in the portal, take the token encryption certificate off the API's app registration: access tokens must "
          "be signed, not encrypted"),
      false },
    { is_ticket,
      STR_INIT(
          "this looks like a personal account's ticket for Microsoft's own services, not like a JWT: the client must "
          "request a scope of this API, such as "),
      true },
    { is_word, STR_INIT("this is a word in place of the token, which was not to be had"), false },
    { is_file, STR_INIT("this is the name of a file, and not what stands in it"), false },
    { is_guid, STR_INIT("this is a GUID, the id of something: the client must request a token for "), true },
    { is_secret,
      STR_INIT(
          "this looks like a client secret, which is for the token endpoint alone: send the access token that it gives "
          "for "),
      true },
    { is_refresh_token,
      STR_INIT(
          "this looks like a refresh token or an authorization code, which is for the token endpoint alone: send the "
          "access token that it gives for "),
      true },
    { is_piece, STR_INIT("this is a piece of a JWT: it was cut off, or not all of it was copied"), false },
    { is_opaque, STR_INIT("this is no JWT: the client must request a scope of this API, such as "), true },
    { is_graph,
      STR_INIT("this token is for Microsoft Graph; an unqualified scope means Graph too: the client must request "),
      true },
    { is_version_1,
      STR_INIT(
          "this is a version 1.0 token: in the app manifest of the API set requestedAccessTokenVersion to 2, or let "
          "token_versions have 1"),
      false },
    { is_version_2,
      STR_INIT(
          "this is a version 2.0 token: in the app manifest of the API set requestedAccessTokenVersion to 1, or let "
          "token_versions have 2"),
      false },
    { is_b2c, STR_INIT("this token is of Azure AD B2C or External ID, which need flavor=b2c or flavor=ciam"), false },
    { is_other_cloud,
      STR_INIT("this token is of another cloud of Microsoft's: its host, as iss names it, goes into base_authority="),
      false },
    { is_other_provider, STR_INIT("this token is of another provider than Entra: the plugin jwt verifies such"),
      false },
    { is_swapped, STR_INIT("the token's tenant is this client_id: client_id and tenant_id have changed places"),
      false },
    { is_personal_elsewhere,
      STR_INIT("this is a personal account's: clients must sign in at the tenant and not at common or consumers, or "
               "tenant_id=common lets those in too"),
      false },
    { is_other_tenant,
      STR_INIT("the token is of another tenant: clients must sign in at this one and not at common or another, or "
               "tenant_id=organizations with allowed_tenants= lets several in"),
      false },
    { is_unasked_application,
      STR_INIT("required_scopes alone asks for users: required_roles= says what applications need"), false },
    { is_unasked_user,
      STR_INIT(
          "required_roles alone asks for applications: required_scopes= says what users need, and with token_type=any "
          "roles are asked of users too"),
      false },
    { is_personal, STR_INIT("this is a personal account: tenant_id=common lets those in too"), false },
    { is_uri_of_many,
      STR_INIT(
          "application ID URIs are unique within one tenant only: set requestedAccessTokenVersion to 2, so that aud is "
          "the client id, or pin the tenants with allowed_tenants"),
      false },
    { is_id_token, STR_INIT("an ID token is for the client, not for an API: send the access token, requested with "),
      true },
    { is_role_less,
      STR_INIT("in the portal, assign an app role of this API to the calling application, and grant admin consent"),
      false },
    { is_named_uri,
      STR_INIT("if that is the application ID URI of this API, write it into identifier_uri= (or, beside it, into "
               "audiences=); if it is another API's, the client must request "),
      true },
    { is_other_api, STR_INIT("the token is for another API: the client must request "), true },
};

static void add(struct azure_question *question, struct tam_str hint, struct tam_str scope, struct tam_str rest) {
    struct tam_verdict *verdict = question->judge.verdict;
    (void)POOL_JOIN(&question->judge.pool, &verdict->detail, verdict->detail, STR("; "), hint, scope, rest);
}

/* Adds the hint with a scope of this API as clients request it; every API has the scope .default. */
static void add_scope(struct azure_question *question, struct tam_str hint) {
    struct tam_list scopes = question->settings->advertised_scopes;
    if (scopes.count > 0) {
        add(question, hint, scopes.items[0], STR_NONE);
    } else {
        add(question, hint, question->settings->scope_prefix, STR(".default"));
    }
}

void hint_add(struct azure_question *question) {
    for (size_t i = 0; i < COUNT(hints); i++) {
        if (!hints[i].fits(question)) {
            continue;
        }
        if (hints[i].scope) {
            add_scope(question, hints[i].text);
        } else {
            add(question, hints[i].text, STR_NONE, STR_NONE);
        }
        return;
    }
}
