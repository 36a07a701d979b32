/* SPDX-License-Identifier: MIT
 *
 * tam_jwt.so: verifies access tokens of any issuer with a key set (RFC 7519, RFC 9068, RFC 8725). The plugin accepts
 * only claims that a key of the issuer signed for this audience; no option relaxes that.
 */
#include <config.h>

#include <plugins/jose/jws/signed_token.h>
#include <plugins/common/times.h>
#include <plugins/jwt/settings.h>
#include <src/base/index.h>
#include <src/base/str.h>

/* The claims that the plugin always reads; options name further ones by their paths. */
enum jwt_claim { CLAIM_ISS, CLAIM_AUD, CLAIM_EXP, CLAIM_NBF, CLAIM_IAT, CLAIM_SUB, CLAIM_CNF, CLAIM_COUNT };

static const struct claim_row claim_rows[CLAIM_COUNT] = {
    [CLAIM_ISS] = { STR_INIT("iss"), CLAIM_STRING },  [CLAIM_AUD] = { STR_INIT("aud"), CLAIM_STRING | CLAIM_STRINGS },
    [CLAIM_EXP] = { STR_INIT("exp"), CLAIM_INTEGER }, [CLAIM_NBF] = { STR_INIT("nbf"), CLAIM_INTEGER },
    [CLAIM_IAT] = { STR_INIT("iat"), CLAIM_INTEGER }, [CLAIM_SUB] = { STR_INIT("sub"), CLAIM_STRING },
    [CLAIM_CNF] = { STR_INIT("cnf"), CLAIM_ANY },
};

struct jwt_verifier {
    struct jwt_settings settings;
    struct claim_table claims;
    struct keyset *keyset;
};

/* The verification of one token. */
struct jwt_question {
    struct judge judge;
    struct signed_token token;
    struct claim_members members; /* of the payload */
    struct index granted;         /* of verdict->scopes; open once there are scopes */
    const struct jwt_settings *settings;
};

/* The value at a path. False: absent or null, or no memory. */
static bool value_at(const struct jwt_question *question, const struct path *path, struct json_item *ret_value) {
    struct tam_str raw = path_find(path, &question->members);
    return raw.len > 0 && json_item_again(raw, &question->judge.pool, ret_value);
}

/* ---- Before the signature: checks that can only reject ----------------------------------------------------------- */

static bool check_issuer(struct jwt_question *question) {
    struct tam_str iss = claim_text(question->token.claims[CLAIM_ISS]);
    bool good = iss.len > 0 && list_has(question->settings->issuers, iss);
    return judge_check(&question->judge, "iss", good, TAM_REASON_WRONG_ISSUER,
                       judge_list(&question->judge, good, question->settings->issuers), iss);
}

static struct times times_of(const struct jwt_question *question) {
    return (struct times){
        .exp = question->token.claims[CLAIM_EXP],
        .nbf = question->token.claims[CLAIM_NBF],
        .iat = question->token.claims[CLAIM_IAT],
        .skew = question->settings->clock_skew,
        .longest = question->settings->max_token_lifetime,
    };
}

/* ---- After the signature ----------------------------------------------------------------------------------------- */

/* RFC 9068 §4. RFC 7515 §4.1.9: media types are compared without regard to case, and `application/` may be omitted. */
static bool check_typ(struct jwt_question *question) {
    struct tam_str typ = question->token.token.typ, name = typ;
    if (str_starts_nocase(name, STR("application/"))) {
        name = str_from(name, sizeof "application/" - 1);
    }
    bool at_jwt = str_equal_nocase(name, STR("at+jwt"));
    bool good = at_jwt || (!question->settings->typ_at_jwt && (typ.len == 0 || str_equal_nocase(name, STR("JWT"))));
    return judge_check(&question->judge, "typ", good, TAM_REASON_WRONG_TOKEN_TYPE,
                       question->settings->typ_at_jwt ? STR("at+jwt") : STR("JWT, at+jwt or none"), typ);
}

static bool check_audience(struct jwt_question *question) {
    const struct json_item *aud = question->token.claims[CLAIM_AUD];
    const struct pool *pool = &question->judge.pool;
    struct tam_list values = { NULL, 0 }, audiences = question->settings->audiences;
    bool good = claim_list(aud, pool, &values) && list_count_in(values, audiences, false, pool) > 0;
    return judge_check(&question->judge, "aud", good, TAM_REASON_WRONG_AUDIENCE,
                       judge_list(&question->judge, good, audiences), claim_raw(aud));
}

/* Whether the claim is that text, or an array with that text as an item. */
static bool has_value(const struct jwt_question *question, const struct json_item *claim, struct tam_str wanted) {
    struct json_walk walk;
    struct json_item item;
    if (claim->type != JSON_TYPE_ARRAY) {
        return str_equal(claim_raw(claim), wanted);
    }
    json_walk_again(&walk, claim->raw, &question->judge.pool);
    while (json_walk_next(&walk, &item)) {
        if (str_equal(claim_raw(&item), wanted)) {
            return true;
        }
    }
    return false;
}

static bool check_required(struct jwt_question *question) {
    const struct jwt_settings *settings = question->settings;
    bool on = true;
    for (size_t i = 0; on && i < settings->required_count; i++) {
        const struct jwt_required *required = &settings->required[i];
        struct json_item claim;
        bool found = value_at(question, &required->path, &claim);
        bool good = found && (required->any_value || has_value(question, &claim, required->value));
        on = judge_check(&question->judge, "required_claims", good, TAM_REASON_MISSING_CLAIM,
                         required->any_value ? required->path.text : required->value,
                         found ? claim_raw(&claim) : STR_NONE);
    }
    return on;
}

static bool check_subject(struct jwt_question *question) {
    struct json_item subject;
    bool found = value_at(question, &question->settings->subject_path, &subject);
    bool text = found && subject.type == JSON_TYPE_STRING, good = text && subject.text.len > 0;
    question->judge.verdict->subject = good ? subject.text : STR_NONE;
    return judge_check(&question->judge, "subject", good,
                       !found || text ? TAM_REASON_MISSING_CLAIM : TAM_REASON_MALFORMED,
                       question->settings->subject_path.text, found ? claim_raw(&subject) : STR_NONE);
}

/* ---- Scopes and roles -------------------------------------------------------------------------------------------- */

/* The scopes or roles at a path: a text is split at blanks (RFC 6749 §3.3), an array is taken as it is. False for any
 * other type, or no memory. */
static bool words_at(const struct jwt_question *question, const struct path *path, struct tam_list *ret_words) {
    const struct pool *pool = &question->judge.pool;
    struct json_item value;
    if (!value_at(question, path, &value)) {
        *ret_words = (struct tam_list){ NULL, 0 };
        return true;
    }
    if (value.type == JSON_TYPE_STRING) {
        return claim_words(value.text, pool, ret_words);
    }
    return value.strings && claim_list(&value, pool, ret_words);
}

/* Appends the words of `more` that the list does not have yet. False: no memory. */
static bool append(struct jwt_question *question, struct tam_list *list, struct tam_list more) {
    const struct pool *pool = &question->judge.pool;
    struct tam_str *items = pool_array(pool, list->count + more.count + 1, sizeof *items);
    struct index index;
    size_t count = 0;
    if (items == NULL || !index_open(&index, items, list->count + more.count, false, pool)) {
        return false; /* the scopes stay as they are, for an explanation goes on */
    }
    for (size_t i = 0; i < list->count + more.count; i++) {
        items[count] = i < list->count ? list->items[i] : more.items[i - list->count];
        count += index_add(&index, count);
    }
    question->granted = index;
    *list = (struct tam_list){ items, count };
    return true;
}

static bool read_grants(struct jwt_question *question) {
    const struct jwt_settings *settings = question->settings;
    struct tam_verdict *verdict = question->judge.verdict;
    struct tam_list words = { NULL, 0 };
    bool good = true;
    for (size_t i = 0; good && i < settings->scope_path_count; i++) {
        good = words_at(question, &settings->scope_paths[i], &words) && append(question, &verdict->scopes, words);
    }
    if (good && settings->roles_path.names.count > 0) {
        good = words_at(question, &settings->roles_path, &verdict->roles);
    }
    return good || judge_fail(&question->judge, "scope", TAM_REASON_MALFORMED, STR("text or an array of texts"),
                              STR_NONE, STR("scope or roles: neither text nor an array of texts"));
}

static bool check_scopes(struct jwt_question *question) {
    const struct jwt_settings *settings = question->settings;
    struct tam_list has = question->judge.verdict->scopes, needed = settings->required_scopes;
    size_t found = 0;
    for (size_t i = 0; has.count > 0 && i < needed.count; i++) {
        found += index_has(&question->granted, needed.items[i]);
    }
    bool good = needed.count == 0 || (settings->match_any ? found > 0 : found == needed.count);
    if (!good) {
        question->judge.verdict->needed_scopes = needed;
    }
    return judge_check(&question->judge, "scope", good, TAM_REASON_INSUFFICIENT_SCOPE,
                       judge_list(&question->judge, good, needed), judge_list(&question->judge, good, has));
}

/* ---- The principal ----------------------------------------------------------------------------------------------- */

/* The client is the first claim of the list that is present. If that claim is no text the token is malformed; the next
 * claim is not used instead. */
static bool read_client(struct jwt_question *question) {
    const struct jwt_settings *settings = question->settings;
    struct json_item value = { .type = JSON_TYPE_NULL };
    struct tam_str client = STR_NONE;
    for (size_t i = 0; i < settings->client_path_count && client.len == 0; i++) {
        client = value_at(question, &settings->client_paths[i], &value) ? claim_raw(&value) : STR_NONE;
    }
    bool good = client.len == 0 || value.type == JSON_TYPE_STRING;
    question->judge.verdict->client_id = good ? client : STR_NONE;
    return good || judge_check(&question->judge, "client", false, TAM_REASON_MALFORMED, STR("text"), client);
}

/* Fills the verdict. RFC 9068 §2.2: if no person is involved, `sub` is the client itself. */
static void name_principal(struct jwt_question *question) {
    struct tam_verdict *verdict = question->judge.verdict;
    verdict->issuer = claim_text(question->token.claims[CLAIM_ISS]);
    verdict->kind =
        verdict->client_id.len > 0 && str_equal(verdict->client_id, verdict->subject) ? TAM_KIND_APP : TAM_KIND_UNKNOWN;
    verdict->expires_at = claim_integer(question->token.claims[CLAIM_EXP]);
    verdict->not_after = verdict->expires_at + question->settings->clock_skew;
    verdict->claims = question->token.token.payload;
}

/* ---- The checks, in the order in which reasons win --------------------------------------------------------------- */

static uint32_t judge_token(struct jwt_question *question, const struct jwt_verifier *verifier) {
    struct judge *judge = &question->judge;
    if (!signed_token_read(judge, question->settings->algorithms, &verifier->claims, &question->token,
                           &question->members)) {
        return TAM_VERDICT_REJECT;
    }
    const struct times times = times_of(question);
    if (!check_issuer(question) || !times_check_end(judge, &times)) {
        return TAM_VERDICT_REJECT;
    }
    uint32_t signature = signed_token_verify(judge, verifier->keyset, &question->token);
    if (signature != TAM_VERDICT_ACCEPT) {
        return signature;
    }
    if (check_typ(question) && times_check_beginning(judge, &times) && check_audience(question) &&
        times_check_there(judge, &times) && check_required(question) && check_subject(question) &&
        read_grants(question) && read_client(question) &&
        signed_token_check_binding(judge, question->token.claims[CLAIM_CNF]) && check_scopes(question) &&
        signed_token_check_principal(judge)) {
        name_principal(question);
    }
    return judge_verdict(judge);
}

static uint32_t jwt_verify(void *self, const struct tam_request *request, struct tam_verdict *ret_verdict) {
    const struct jwt_verifier *verifier = self;
    struct jwt_question question = { .settings = &verifier->settings };
    judge_init(&question.judge, request, ret_verdict);
    uint32_t verdict = judge_token(&question, verifier);
    signed_token_done(&question.token);
    return judge_answer(&question.judge, verdict);
}

/* ---- Life -------------------------------------------------------------------------------------------------------- */

static void jwt_destroy(void *self) {
    struct jwt_verifier *verifier = self;
    keyset_close(verifier->keyset);
    jwt_settings_free(&verifier->settings);
    mem_free(verifier);
}

static int jwt_init(const struct tam_config *config, const struct tam_host *host, uint32_t flags, void **ret_self) {
    struct jwt_verifier *verifier = mem_alloc(sizeof *verifier);
    if (verifier == NULL) {
        host->fault(host->ctx, TAM_NO_ROW, STR("no memory"));
        return 0;
    }
    bool good = jwt_settings_read(&verifier->settings, config, host) &&
                claim_table_init(&verifier->claims, claim_rows, CLAIM_COUNT);
    if (good && (flags & TAM_INIT_CHECK) != 0) {
        good = keyset_check(&verifier->settings.keyset, host);
    } else if (good) {
        verifier->keyset = keyset_open(&verifier->settings.keyset, host);
        good = verifier->keyset != NULL;
    }
    if (good) { /* after TAM_INIT_CHECK too: then libtam only calls describe and destroy, and there is no key set */
        *ret_self = verifier;
        return 1;
    }
    jwt_destroy(verifier);
    return 0;
}

static int jwt_describe(void *self, const struct tam_description_request *request,
                        struct tam_description *ret_description) {
    const struct jwt_verifier *verifier = self;
    const struct jwt_settings *settings = &verifier->settings;
    struct pool pool = { request->alloc, request->ctx };
    struct tam_str names[ALGORITHM_COUNT];
    size_t count = algorithm_names(settings->algorithms, names);
    struct tam_str *copies = pool_array(&pool, count, sizeof *copies);
    if (copies == NULL) {
        return 0;
    }
    memcpy(copies, names, count * sizeof *copies);
    ret_description->issuers = settings->issuers;
    ret_description->authorization_servers = settings->issuers;
    ret_description->scopes = settings->required_scopes;
    ret_description->algorithms = (struct tam_list){ copies, count };
    ret_description->jwks_uri = settings->keyset.jwks_uri;
    ret_description->complete = 1;
    bool opened = verifier->keyset != NULL && settings->keyset.discovery_url.len > 0;
    struct keys *keys = opened ? keyset_keys(verifier->keyset) : NULL;
    if (settings->keyset.discovery_url.len > 0) {
        ret_description->complete =
            keys != NULL && pool_copy(&pool, keys_origin(keys)->jwks_uri, &ret_description->jwks_uri);
    }
    keys_unref(keys);
    return 1;
}

static int jwt_status(void *self, const struct tam_description_request *request,
                      struct tam_verifier_status *ret_status) {
    return keyset_status(((const struct jwt_verifier *)self)->keyset, request, ret_status);
}

const struct tam_plugin tam_plugin_v1 = {
    TAM_PLUGIN_HEAD(jwt_options), .name = "jwt",
    .version = PACKAGE_VERSION,   .summary = "JSON Web Tokens of any issuer with a key set",
    .options = jwt_options,       .init = jwt_init,
    .verify = jwt_verify,         .describe = jwt_describe,
    .destroy = jwt_destroy,       .status = jwt_status,
};
