/* SPDX-License-Identifier: MIT
 *
 * The checks of one Entra access token: its kind, times, audience, client, scopes and roles, and its principal.
 */
#include <config.h>

#include <plugins/azure/checks.h>
#include <plugins/azure/template.h>
#include <plugins/common/times.h>
#include <src/base/attr.h>
#include <src/base/index.h>
#include <src/base/str.h>

const struct claim_row azure_claims[AZURE_CLAIM_COUNT] = {
    [CLAIM_ISS] = { STR_INIT("iss"), CLAIM_STRING },
    [CLAIM_VER] = { STR_INIT("ver"), CLAIM_STRING },
    [CLAIM_TID] = { STR_INIT("tid"), CLAIM_STRING },
    [CLAIM_AUD] = { STR_INIT("aud"), CLAIM_STRING | CLAIM_STRINGS },
    [CLAIM_EXP] = { STR_INIT("exp"), CLAIM_INTEGER },
    [CLAIM_NBF] = { STR_INIT("nbf"), CLAIM_INTEGER },
    [CLAIM_IAT] = { STR_INIT("iat"), CLAIM_INTEGER },
    [CLAIM_SUB] = { STR_INIT("sub"), CLAIM_STRING },
    [CLAIM_OID] = { STR_INIT("oid"), CLAIM_STRING },
    [CLAIM_AZP] = { STR_INIT("azp"), CLAIM_STRING },
    [CLAIM_APPID] = { STR_INIT("appid"), CLAIM_STRING },
    [CLAIM_AZPACR] = { STR_INIT("azpacr"), CLAIM_STRING },
    [CLAIM_APPIDACR] = { STR_INIT("appidacr"), CLAIM_STRING },
    [CLAIM_IDTYP] = { STR_INIT("idtyp"), CLAIM_STRING },
    [CLAIM_SCP] = { STR_INIT("scp"), CLAIM_STRING },
    [CLAIM_ROLES] = { STR_INIT("roles"), CLAIM_STRINGS },
    [CLAIM_IDP] = { STR_INIT("idp"), CLAIM_STRING },
    [CLAIM_ACCT] = { STR_INIT("acct"), CLAIM_STRING | CLAIM_INTEGER },
    [CLAIM_TFP] = { STR_INIT("tfp"), CLAIM_STRING },
    [CLAIM_ACR] = { STR_INIT("acr"), CLAIM_STRING },
    [CLAIM_GROUPS] = { STR_INIT("groups"), CLAIM_STRINGS },
    [CLAIM_CLAIM_NAMES] = { STR_INIT("_claim_names"), CLAIM_OBJECT },
    [CLAIM_ACRS] = { STR_INIT("acrs"), CLAIM_STRING | CLAIM_STRINGS },
    [CLAIM_XMS_CC] = { STR_INIT("xms_cc"), CLAIM_STRING | CLAIM_STRINGS },
    [CLAIM_XMS_MIRID] = { STR_INIT("xms_mirid"), CLAIM_STRING },
    [CLAIM_CNF] = { STR_INIT("cnf"), CLAIM_ANY },
};

/* ---- Before the signature ---------------------------------------------------------------------------------------- */

static struct times times_of(const struct azure_question *question) {
    return (struct times){
        .exp = question->token.claims[CLAIM_EXP],
        .nbf = question->token.claims[CLAIM_NBF],
        .iat = question->token.claims[CLAIM_IAT],
        .skew = question->settings->clock_skew,
        .longest = question->settings->max_token_lifetime,
    };
}

bool check_expiry(struct azure_question *question) {
    const struct times times = times_of(question);
    return times_check_end(&question->judge, &times);
}

/* Every Entra token has a kid; a token without one is refused and no key is tried. */
bool check_kid(struct azure_question *question) {
    return question->token.token.has_kid || judge_fail(&question->judge, "kid", TAM_REASON_UNKNOWN_KEY, STR("a kid"),
                                                       STR_NONE, STR("kid: the token names no key"));
}

/* ---- What kind of token it is ------------------------------------------------------------------------------------ */

bool check_typ(struct azure_question *question) {
    struct tam_str typ = question->token.token.typ, name = typ;
    if (str_starts_nocase(name, STR("application/")) && name.len > 12) {
        name = str_from(name, 12);
        if (!str_equal_nocase(name, STR("at+jwt"))) {
            name = typ;
        }
    }
    bool good = typ.len == 0 || str_equal_nocase(typ, STR("JWT")) || str_equal_nocase(name, STR("at+jwt"));
    return judge_check(&question->judge, "typ", good, TAM_REASON_WRONG_TOKEN_TYPE, STR("JWT, at+jwt or none"), typ);
}

/* By idtyp if present; else by Microsoft's rule: no scp, and the subject is the service principal itself. */
static bool is_app_only(const struct azure_question *question) {
    struct tam_str oid = azure_text(question, CLAIM_OID), idtyp = azure_text(question, CLAIM_IDTYP);
    if (idtyp.len > 0) {
        return str_equal(idtyp, STR("app"));
    }
    return question->scopes.count == 0 && oid.len > 0 && str_equal(oid, azure_text(question, CLAIM_SUB));
}

static COLD bool refuse_kind(struct azure_question *question, const char *name, struct tam_str detail) {
    return judge_fail(&question->judge, name, TAM_REASON_WRONG_TOKEN_TYPE, STR("an access token"), STR_NONE, detail);
}

/* Refuses ID tokens, which have no scp; and tokens of applications without roles, because Entra issues those to every
 * application of the tenant. */
bool check_kind(struct azure_question *question) {
    const struct pool *pool = &question->judge.pool;
    if (!claim_words(azure_text(question, CLAIM_SCP), pool, &question->scopes) ||
        !claim_list(question->token.claims[CLAIM_ROLES], pool, &question->roles)) {
        return refuse_kind(question, "scp", STR("scp, roles: too many"));
    }
    question->app_only = is_app_only(question);
    if (question->app_only && question->scopes.count > 0) {
        return refuse_kind(question, "idtyp", STR("idtyp: an application's token with scp contradicts itself"));
    }
    if (!question->app_only && question->scopes.count == 0) {
        return refuse_kind(question, "scp", STR("scp: absent, so this is no access token of a user"));
    }
    if (question->app_only && question->roles.count == 0 && !question->settings->allow_acl) {
        return refuse_kind(question, "roles",
                           STR("roles: absent, and an application's token without roles is anybody's"));
    }
    return judge_check(&question->judge, "token type", true, TAM_REASON_WRONG_TOKEN_TYPE, STR_NONE,
                       question->app_only ? STR("app") : STR("user"));
}

/* ---- Time, tenant, audience -------------------------------------------------------------------------------------- */

bool check_beginning(struct azure_question *question) {
    const struct times times = times_of(question);
    return times_check_beginning(&question->judge, &times);
}

static struct tam_str without_slash(struct tam_str text) {
    return (struct tam_str){ text.ptr, text.len - str_ends(text, STR("/")) };
}

/* The aud of a version 1.0 token is the URI as the client requested it, with or without one final slash. A second slash
 * makes another URI. */
static bool is_listed(struct tam_list audiences, struct tam_str aud) {
    for (size_t i = 0; i < audiences.count; i++) {
        if (str_equal(without_slash(audiences.items[i]), without_slash(aud))) {
            return true;
        }
    }
    return false;
}

static bool is_audience(const struct azure_settings *settings, struct tam_str aud) {
    bool own = settings->client_is_guid ? str_equal_nocase(aud, settings->client_id)
                                        : !settings->authority.multi && str_equal(aud, settings->client_id);
    return aud.len > 0 && (own || is_listed(settings->audiences, aud));
}

bool check_audience(struct azure_question *question) {
    const struct azure_settings *settings = question->settings;
    struct tam_list values = { NULL, 0 };
    bool good = claim_list(question->token.claims[CLAIM_AUD], &question->judge.pool, &values) && values.count == 1 &&
                is_audience(settings, values.items[0]);
    struct tam_str expected[] = { settings->client_id, settings->identifier_uri };
    size_t known = settings->authority.open ? 1 : 2;
    return judge_check(&question->judge, "aud", good, TAM_REASON_WRONG_AUDIENCE,
                       judge_list(&question->judge, good, (struct tam_list){ expected, known }),
                       azure_raw(question, CLAIM_AUD));
}

/* ---- Clients and guests ------------------------------------------------------------------------------------------ */

static struct tam_str client_of(const struct azure_question *question) {
    return azure_text(question, question->version == 1 ? CLAIM_AZP : CLAIM_APPID);
}

static bool client_auth_good(const struct azure_question *question, struct tam_str acr) {
    int64_t level = 0;
    return question->settings->min_client_auth == 0 ||
           (str_number(acr, 2, &level) && level >= question->settings->min_client_auth);
}

/* Whether idp is the issuer of the token's own tenant, in the form of either version. */
static bool is_own_provider(const struct azure_question *question, struct tam_str idp) {
    const struct authority *authority = &question->settings->authority;
    return str_equal(idp, azure_text(question, CLAIM_ISS)) ||
           template_is(authority->sts_template, question->tenant, idp) ||
           template_is(authority->key_template, question->tenant, idp);
}

/* A guest by acct, if present: any value but 0, a member; else if idp is another identity provider than the tenant. */
static bool is_guest(const struct azure_question *question) {
    struct tam_str idp = azure_text(question, CLAIM_IDP), acct = azure_raw(question, CLAIM_ACCT);
    if (acct.len > 0 && !str_equal(acct, STR("0"))) {
        return true;
    }
    return idp.len > 0 && !is_own_provider(question, idp);
}

/* The expected value in an explanation: "any" if the option requires nothing. */
static struct tam_str wanted(bool asked, struct tam_str what) {
    return asked ? what : STR("any");
}

HOT bool check_client(struct azure_question *question) {
    const struct azure_settings *settings = question->settings;
    struct tam_str client = client_of(question), oid = azure_text(question, CLAIM_OID);
    struct tam_str acr = azure_text(question, question->version == 1 ? CLAIM_AZPACR : CLAIM_APPIDACR);
    bool client_good = settings->allowed_clients.count == 0 || list_has_nocase(settings->allowed_clients, client);
    bool object_good = settings->allowed_objects.count == 0 || list_has_nocase(settings->allowed_objects, oid);
    bool guest_good = settings->allow_guests || question->app_only || !is_guest(question);
    uint32_t reason = TAM_REASON_CLIENT_NOT_ALLOWED;
    return judge_check(&question->judge, "allowed_clients", client_good, reason,
                       wanted(settings->allowed_clients.count > 0, STR("one of the list")), client) &&
           judge_check(&question->judge, "allowed_objects", object_good, reason,
                       wanted(settings->allowed_objects.count > 0, STR("one of the list")), oid) &&
           judge_check(&question->judge, "min_client_auth", client_auth_good(question, acr), reason,
                       wanted(settings->min_client_auth > 0, STR("a stronger client authentication")), acr) &&
           judge_check(&question->judge, "allow_guests", guest_good, reason,
                       wanted(!settings->allow_guests, STR("a member of the tenant")), azure_text(question, CLAIM_IDP));
}

bool check_missing(struct azure_question *question) {
    const struct times times = times_of(question);
    bool tid_good = !question->settings->authority.multi || question->token.claims[CLAIM_TID] != NULL;
    return times_check_there(&question->judge, &times) &&
           judge_check(&question->judge, "tid present", tid_good, TAM_REASON_MISSING_CLAIM, STR("tid"), STR_NONE) &&
           check_policy_there(question);
}

/* ---- Scopes and roles -------------------------------------------------------------------------------------------- */

static bool meets(const struct azure_question *question, struct tam_list needed, struct tam_list has, bool all) {
    size_t found = list_count_in(needed, has, false, &question->judge.pool);
    return needed.count == 0 || (all ? found == needed.count : found > 0);
}

static bool kind_demanded(const struct azure_question *question) {
    const struct azure_settings *settings = question->settings;
    bool scopes = settings->required_scopes.count > 0, roles = settings->required_roles.count > 0;
    switch (settings->token_type) {
    case TOKEN_TYPE_USER:
        return !question->app_only;
    case TOKEN_TYPE_APP:
        return question->app_only;
    case TOKEN_TYPE_AUTO:
        return scopes == roles || question->app_only == roles;
    default:
        return true;
    }
}

static bool grants_good(const struct azure_question *question) {
    const struct azure_settings *settings = question->settings;
    bool scopes = meets(question, settings->required_scopes, question->scopes, !settings->scopes_any);
    bool roles = meets(question, settings->required_roles, question->roles, settings->roles_all);
    bool both_asked = settings->required_scopes.count > 0 && settings->required_roles.count > 0;
    switch (settings->token_type) {
    case TOKEN_TYPE_USER:
        return scopes && roles;
    case TOKEN_TYPE_APP:
        return roles;
    case TOKEN_TYPE_AUTO:
        return question->app_only ? roles : scopes;
    default:
        return both_asked ? scopes || roles : scopes && roles;
    }
}

bool check_grants(struct azure_question *question) {
    const struct azure_settings *settings = question->settings;
    bool kind = kind_demanded(question), good = kind && grants_good(question);
    if (!good) {
        question->judge.verdict->needed_scopes = settings->needed_scopes;
    }
    struct tam_str other = question->app_only ? STR("a user's token") : STR("an application's token");
    if (!judge_check(&question->judge, "token_type", kind, TAM_REASON_INSUFFICIENT_SCOPE, wanted(!kind, other),
                     question->app_only ? STR("an application's") : STR("a user's"))) {
        return false;
    }
    struct tam_list needed = question->app_only ? settings->required_roles : settings->required_scopes;
    struct tam_list has = question->app_only ? question->roles : question->scopes;
    return judge_check(&question->judge, question->app_only ? "roles" : "scp", good, TAM_REASON_INSUFFICIENT_SCOPE,
                       judge_list(&question->judge, good, needed), judge_list(&question->judge, good, has));
}

/* ---- The principal ----------------------------------------------------------------------------------------------- */

/* {tid}.{oid}, else {tid}.{sub}: unique over all tenants, and valid as user name of a database and topic of MQTT. */
static struct tam_str pair(struct azure_question *question, struct tam_str object) {
    struct tam_str tenant = question->tenant, text;
    bool good = tenant.len > 0 && object.len > 0 && POOL_JOIN(&question->judge.pool, &text, tenant, STR("."), object);
    return good ? text : STR_NONE;
}

static struct tam_str lower_oid(struct azure_question *question, struct tam_str oid) {
    char *text = oid.len > 0 ? pool_alloc(&question->judge.pool, oid.len) : NULL;
    if (text == NULL) {
        return STR_NONE;
    }
    str_lower(oid, text);
    return (struct tam_str){ text, oid.len };
}

static struct tam_str subject_of(struct azure_question *question) {
    struct tam_str oid = azure_text(question, CLAIM_OID), sub = azure_text(question, CLAIM_SUB);
    switch (question->settings->subject) {
    case SUBJECT_OID:
        return oid;
    case SUBJECT_SUB:
        return sub;
    default:
        return oid.len > 0 ? pair(question, lower_oid(question, oid)) : pair(question, sub);
    }
}

bool check_principal(struct azure_question *question) {
    struct tam_verdict *verdict = question->judge.verdict;
    struct tam_str subject = subject_of(question);
    if (!judge_check(&question->judge, "subject", subject.len > 0, TAM_REASON_MISSING_CLAIM, STR("oid or sub"),
                     subject)) {
        return false;
    }
    if (question->token.claims[CLAIM_XMS_MIRID] != NULL) { /* only shown: the resource names in it may change */
        judge_check(&question->judge, "managed identity", true, TAM_REASON_NONE, STR("any"),
                    azure_text(question, CLAIM_XMS_MIRID));
    }
    verdict->subject = subject;
    verdict->issuer = azure_text(question, CLAIM_ISS);
    verdict->tenant = question->tenant;
    verdict->client_id = client_of(question);
    verdict->kind = question->app_only ? TAM_KIND_APP : TAM_KIND_USER;
    verdict->scopes = question->scopes;
    verdict->roles = question->roles;
    verdict->expires_at = claim_integer(question->token.claims[CLAIM_EXP]);
    verdict->not_after = verdict->expires_at + question->settings->clock_skew;
    verdict->claims = question->token.token.payload;
    return true;
}
