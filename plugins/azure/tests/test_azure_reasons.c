/* SPDX-License-Identifier: MIT
 *
 * Why the azure plugin refuses: each fault of a token beside the reason it must get, and the usual mistakes beside the
 * sentence that tells an administrator what to change. The first row is the control that all others differ from.
 */
#include <config.h>

#include <src/base/array.h>
#include <src/base/buf.h>
#include <src/base/str.h>
#include <stdlib.h>
#include <string.h>
#include <tests/support/plugin_host.h>
#include <tests/support/suite.h>

#include <check.h>

#define OTHER    "bbbbcccc-1111-dddd-2222-eeee3333ffff"
#define PERSONAL "9188040d-6c67-4c5b-b112-36a304b66dad"
#define PUBLIC   "https://login.microsoftonline.com/"

/* Claims: audience, issuer, tenant, and what follows. */
#define CLAIMS(aud, iss, tid, rest)                                                                                    \
    "{\"aud\":\"" aud "\",\"iat\":\"@-10\",\"nbf\":\"@-10\",\"oid\":\"33334444-dddd-5555-eeee-6666ffff7777\","         \
    "\"sub\":\"s\",\"iss\":\"" iss "\",\"tid\":\"" tid "\"," rest "}"
#define LATER             "\"exp\":\"@+3600\""
#define READ              "\"scp\":\"read\""
#define OWN(rest)         CLAIMS(AZURE_CLIENT, PUBLIC AZURE_TENANT "/v2.0", AZURE_TENANT, rest)
#define GOOD              OWN(LATER "," READ ",\"ver\":\"2.0\"")
#define B2C               "flavor=b2c base_authority=fabrikamb2c.b2clogin.com policy=b2c_1_susi"
#define B2C_OF(aud, rest) CLAIMS(aud, "https://fabrikamb2c.b2clogin.com/" AZURE_TENANT "/v2.0/", AZURE_TENANT, rest)
/* The same with times of its own. */
#define TIMED(times)                                                                                                   \
    "{\"aud\":\"" AZURE_CLIENT                                                                                         \
    "\",\"oid\":\"33334444-dddd-5555-eeee-6666ffff7777\",\"sub\":\"s\",\"iss\":\"" PUBLIC AZURE_TENANT                 \
    "/v2.0\",\"tid\":\"" AZURE_TENANT "\"," READ "," times "}"
#define HEAD(rest) "{\"alg\":\"RS256\",\"typ\":\"JWT\"" rest "}"

static const struct row {
    const char *options; /* of the line `azure tenant_id=… client_id=… required_scopes=read` */
    const char *header;  /* NULL: the usual one */
    const char *claims;  /* NULL: the header is the whole token */
    uint32_t reason;
    const char *detail; /* part of it */
} rows[] = {
    { "", NULL, GOOD, TAM_REASON_NONE, "" },

    /* ---- where it comes from, whose it is */
    { "", NULL,
      CLAIMS("99998888-7777-6666-5555-444433332222", PUBLIC AZURE_TENANT "/v2.0", AZURE_TENANT, LATER "," READ),
      TAM_REASON_WRONG_AUDIENCE, "the client must request api://" AZURE_CLIENT "/read" },
    { "", NULL, CLAIMS(AZURE_CLIENT, PUBLIC OTHER "/v2.0", OTHER, LATER "," READ), TAM_REASON_WRONG_ISSUER, OTHER },
    { "", NULL, CLAIMS(AZURE_CLIENT, PUBLIC AZURE_TENANT "/v2.0", OTHER, LATER "," READ), TAM_REASON_WRONG_TENANT,
      OTHER },
    { "", NULL,
      CLAIMS(AZURE_CLIENT, "https://login.microsoftonline.us/" AZURE_TENANT "/v2.0", AZURE_TENANT, LATER "," READ),
      TAM_REASON_WRONG_ISSUER, "login.microsoftonline.us" },
    { "", NULL, OWN(LATER "," READ ",\"ver\":\"1.0\""), TAM_REASON_WRONG_ISSUER, "ver: expected 2.0, found 1.0" },

    /* ---- key, algorithm, shape */
    { "", HEAD(",\"kid\":\"another\""), GOOD, TAM_REASON_UNKNOWN_KEY, "no such key" },
    { "", HEAD(""), GOOD, TAM_REASON_UNKNOWN_KEY, "names no key" },
    { "", "{\"alg\":\"none\",\"kid\":\"K1\"}", GOOD, TAM_REASON_MALFORMED, "the signature is empty" },
    { "", "{\"alg\":\"HS256\",\"kid\":\"K1\"}", GOOD, TAM_REASON_UNSUPPORTED_ALGORITHM, "HS256" },
    { "", "{\"alg\":\"ES256\",\"kid\":\"K8\"}", GOOD, TAM_REASON_UNSUPPORTED_ALGORITHM, "ES256" },
    { "", HEAD(",\"kid\":\"K1\",\"crit\":[\"b64\"],\"b64\":false"), GOOD, TAM_REASON_MALFORMED, "crit" },
    { "", HEAD(",\"kid\":\"K1\",\"alg\":\"RS256\""), GOOD, TAM_REASON_MALFORMED, "" },
    { "", NULL, OWN(LATER "," LATER "," READ), TAM_REASON_MALFORMED, "" },
    { "", NULL, OWN(LATER "," READ ",\"Tid\":\"" OTHER "\""), TAM_REASON_MALFORMED, "" },
    { "", NULL, OWN(LATER ",\"scp\":[\"read\"]"), TAM_REASON_MALFORMED, "scp" },

    /* ---- time */
    { "", NULL, OWN(READ), TAM_REASON_MISSING_CLAIM, "exp" },
    { "", NULL, OWN("\"exp\":\"@-3600\"," READ), TAM_REASON_EXPIRED, "exp: expired 1 h ago: exp 20" },
    { "", NULL, TIMED("\"exp\":\"@-30\",\"nbf\":\"@-5\",\"iat\":\"@-50\""), TAM_REASON_NOT_YET_VALID,
      "nbf: begins 25 s after it ends: nbf 20" },
    { "", NULL, TIMED("\"exp\":\"@+90000\",\"nbf\":\"@+7290\",\"iat\":\"@-10\""), TAM_REASON_NOT_YET_VALID,
      "nbf: valid only in 2 h 1 min: nbf 20" },
    { "", NULL, TIMED("\"exp\":\"@+90000\",\"iat\":\"@+7290\""), TAM_REASON_NOT_YET_VALID,
      "iat: issued 2 h 1 min after now: iat 20" },
    { "max_token_lifetime=1h", NULL, TIMED("\"exp\":\"@+90000\",\"iat\":\"@-30\""), TAM_REASON_EXPIRED,
      "max_token_lifetime: expected at most 1 h, found 1 d 1 h from iat to exp" },
    { "", NULL, CLAIMS(AZURE_CLIENT, PUBLIC AZURE_TENANT "/v2.0", AZURE_TENANT, "\"exp\":1.5e9," READ),
      TAM_REASON_MALFORMED, "exp" },

    /* ---- what it allows */
    { "", NULL, OWN(LATER ",\"scp\":\"write\""), TAM_REASON_INSUFFICIENT_SCOPE, "expected read, found write" },
    { "allowed_clients=" OTHER, NULL, OWN(LATER "," READ), TAM_REASON_CLIENT_NOT_ALLOWED, "allowed_clients" },

    /* ---- the policy of a B2C token: a wrong one is the issuer's, an absent one only a claim that is missing */
    { B2C, HEAD(",\"kid\":\"KB\""), B2C_OF(AZURE_CLIENT, LATER "," READ ",\"tfp\":\"b2c_1_susi\""), TAM_REASON_NONE,
      "" },
    { B2C, HEAD(",\"kid\":\"KB\""), B2C_OF(AZURE_CLIENT, LATER "," READ ",\"tfp\":\"b2c_1_other\""),
      TAM_REASON_WRONG_ISSUER, "policy: expected b2c_1_susi, found b2c_1_other" },
    { B2C, HEAD(",\"kid\":\"KB\""), B2C_OF(AZURE_CLIENT, LATER "," READ), TAM_REASON_MISSING_CLAIM,
      "policy: expected b2c_1_susi, found nothing" },
    { B2C, HEAD(",\"kid\":\"KB\""), B2C_OF(AZURE_CLIENT, LATER), TAM_REASON_WRONG_TOKEN_TYPE, "scp" },
    { B2C, HEAD(",\"kid\":\"KB\""), B2C_OF("api://other", LATER "," READ), TAM_REASON_WRONG_AUDIENCE, "aud" },
    { B2C " allowed_clients=" OTHER, HEAD(",\"kid\":\"KB\""), B2C_OF(AZURE_CLIENT, LATER "," READ),
      TAM_REASON_CLIENT_NOT_ALLOWED, "allowed_clients" },
    { B2C, HEAD(",\"kid\":\"KB\""), B2C_OF(AZURE_CLIENT, LATER ",\"scp\":\"write\""), TAM_REASON_MISSING_CLAIM,
      "policy" },

    /* ---- bound to a key: DPoP, mTLS, Microsoft's own; null is absent */
    { "", NULL, OWN(LATER "," READ ",\"cnf\":{\"jkt\":\"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I\"}"),
      TAM_REASON_WRONG_BINDING, "cnf: the token is bound to a key" },
    { "", NULL, OWN(LATER "," READ ",\"cnf\":{\"x5t#S256\":\"bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2\"}"),
      TAM_REASON_WRONG_BINDING, "cnf" },
    { "", NULL, OWN(LATER "," READ ",\"cnf\":{\"jwk\":{\"kty\":\"RSA\"}}"), TAM_REASON_WRONG_BINDING, "cnf" },
    { "", NULL, OWN(LATER "," READ ",\"cnf\":\"\""), TAM_REASON_WRONG_BINDING, "cnf" },
    { "", NULL, OWN(LATER "," READ ",\"\\u0063nf\":{}"), TAM_REASON_WRONG_BINDING, "cnf" },
    { "", NULL, OWN(LATER "," READ ",\"cnf\":null"), TAM_REASON_NONE, "" },
    { "", NULL, OWN(LATER "," READ ",\"cnf\":{},\"CNF\":null"), TAM_REASON_MALFORMED, "cnf" },
    { "", NULL, OWN(LATER ",\"scp\":\"write\",\"cnf\":{}"), TAM_REASON_WRONG_BINDING, "cnf" },
    { "", NULL, CLAIMS("api://other", PUBLIC AZURE_TENANT "/v2.0", AZURE_TENANT, LATER "," READ ",\"cnf\":{}"),
      TAM_REASON_WRONG_AUDIENCE, "aud" },

    /* ---- what no header could carry is the token's fault, and no error of ours */
    { "", NULL, OWN(LATER ",\"scp\":\"read a\\\"b\""), TAM_REASON_MALFORMED, "a scope or role" },
    { "", NULL, OWN(LATER ",\"scp\":\"read\\tb\""), TAM_REASON_INSUFFICIENT_SCOPE, "" },
    { "", NULL, OWN(LATER "," READ ",\"roles\":[\"a\",\"\"]"), TAM_REASON_MALFORMED, "a scope or role" },
    { "", NULL, OWN(LATER "," READ ",\"roles\":[\"a\\r\\nSet-Cookie: b=c\"]"), TAM_REASON_MALFORMED,
      "a scope or role" },
    { "", NULL, OWN(LATER "," READ ",\"azp\":\"a\\u0085\""), TAM_REASON_MALFORMED, "control character" },
    { "subject=sub", NULL,
      "{\"aud\":\"" AZURE_CLIENT "\",\"sub\":\"a\\nb\",\"iss\":\"" PUBLIC AZURE_TENANT "/v2.0\",\"tid\":\"" AZURE_TENANT
      "\"," LATER "," READ "}",
      TAM_REASON_MALFORMED, "control character" },
    { "", NULL, OWN(LATER "," READ ",\"roles\":[\"\u00e9 \u4e16\"]"), TAM_REASON_NONE, "" },

    /* ---- the usual mistakes */
    { "", "{\"alg\":\"RS256\",\"kid\":\"K1\",\"nonce\":\"n\"}",
      CLAIMS("00000003-0000-0000-c000-000000000000", "https://sts.windows.net/" AZURE_TENANT "/", AZURE_TENANT,
             LATER ",\"scp\":\"User.Read\""),
      TAM_REASON_BAD_SIGNATURE,
      "for Microsoft Graph; an unqualified scope means Graph too: the client must request api://" AZURE_CLIENT
      "/read" },
    { "", NULL,
      CLAIMS("https://graph.microsoft.com", PUBLIC AZURE_TENANT "/v2.0", AZURE_TENANT, LATER ",\"scp\":\"User.Read\""),
      TAM_REASON_WRONG_AUDIENCE, "for Microsoft Graph" },
    { "", NULL, CLAIMS("api://my-api", PUBLIC AZURE_TENANT "/v2.0", AZURE_TENANT, LATER "," READ),
      TAM_REASON_WRONG_AUDIENCE,
      "write it into identifier_uri= (or, beside it, into audiences=); if it is another API's, the client must request "
      "api://" AZURE_CLIENT "/read" },
    { "", NULL, CLAIMS("https://api.example.com/x", PUBLIC AZURE_TENANT "/v2.0", AZURE_TENANT, LATER "," READ),
      TAM_REASON_WRONG_AUDIENCE, "write it into identifier_uri=" },
    { "identifier_uri=api://my-api", NULL,
      CLAIMS("api://my-api", PUBLIC AZURE_TENANT "/v2.0", AZURE_TENANT, LATER "," READ), TAM_REASON_NONE, "" },
    { "", NULL, CLAIMS("api://" OTHER, PUBLIC AZURE_TENANT "/v2.0", AZURE_TENANT, LATER "," READ),
      TAM_REASON_WRONG_AUDIENCE, "is for another API: the client must request api://" },
    { "", NULL, CLAIMS(OTHER, PUBLIC AZURE_TENANT "/v2.0", AZURE_TENANT, LATER "," READ), TAM_REASON_WRONG_AUDIENCE,
      "is for another API: the client must request api://" },
    { "", NULL, CLAIMS("https://management.azure.com/", PUBLIC AZURE_TENANT "/v2.0", AZURE_TENANT, LATER "," READ),
      TAM_REASON_WRONG_AUDIENCE, "is for another API: the client must request api://" },
    { "token_versions=2", NULL,
      CLAIMS(AZURE_CLIENT, "https://sts.windows.net/" AZURE_TENANT "/", AZURE_TENANT, LATER "," READ),
      TAM_REASON_WRONG_ISSUER, "set requestedAccessTokenVersion to 2" },
    { "token_versions=1", NULL, OWN(LATER "," READ), TAM_REASON_WRONG_ISSUER, "set requestedAccessTokenVersion to 1" },
    { "", NULL, CLAIMS(AZURE_CLIENT, PUBLIC OTHER "/v2.0", OTHER, LATER "," READ), TAM_REASON_WRONG_ISSUER,
      "the token is of another tenant: clients must sign in at this one" },
    { "", NULL, CLAIMS(OTHER, PUBLIC AZURE_CLIENT "/v2.0", AZURE_CLIENT, LATER "," READ), TAM_REASON_WRONG_ISSUER,
      "client_id and tenant_id have changed places" },
    { "", NULL, CLAIMS(AZURE_CLIENT, PUBLIC PERSONAL "/v2.0", PERSONAL, LATER "," READ), TAM_REASON_WRONG_ISSUER,
      "this is a personal account's" },
    { "", NULL,
      CLAIMS(AZURE_CLIENT, "https://login.microsoftonline.us/" AZURE_TENANT "/v2.0", AZURE_TENANT, LATER "," READ),
      TAM_REASON_WRONG_ISSUER, "goes into base_authority=" },
    { "", NULL,
      CLAIMS(AZURE_CLIENT, "https://contoso.b2clogin.com/" AZURE_TENANT "/v2.0/", AZURE_TENANT, LATER "," READ),
      TAM_REASON_WRONG_ISSUER, "which need flavor=b2c or flavor=ciam" },
    { "", NULL, CLAIMS(AZURE_CLIENT, "https://accounts.google.com", AZURE_TENANT, LATER "," READ),
      TAM_REASON_WRONG_ISSUER, "of another provider than Entra" },
    { "", NULL, OWN(LATER ",\"idtyp\":\"app\",\"roles\":[\"a\"]"), TAM_REASON_INSUFFICIENT_SCOPE,
      "required_roles= says what applications need" },
    { "", NULL, OWN(LATER ",\"nonce\":\"n\""), TAM_REASON_WRONG_TOKEN_TYPE, "an ID token is for the client" },
    { "", NULL, OWN(LATER ",\"idtyp\":\"app\""), TAM_REASON_WRONG_TOKEN_TYPE, "assign an app role" },
    { "", "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.YQ.YQ.YQ.YQ", NULL, TAM_REASON_MALFORMED,
      "take the token encryption certificate off" },
    { "", "EwBwA8l6BAAUO9chh8cJscQLmU", NULL, TAM_REASON_MALFORMED, "a personal account's ticket" },
    { "", "0.AAAAopaque", NULL, TAM_REASON_MALFORMED, "" },
};

static struct issuer_process issuer;

static void add_token(const struct row *row, struct buf *token) {
    const char *header = row->header != NULL ? row->header : HEAD(",\"kid\":\"K1\"");
    const struct mint_request request = {
        .header = str_of(header),
        .claims = str_of(row->claims),
        .kid = strstr(header, "K8") != NULL ? "K8" : NULL,
        .hash_nonce = strstr(header, "nonce") != NULL, /* as Graph's are signed */
        .secret = STR("a secret of thirty-two bytes or more"),
        .has_secret = strstr(header, "HS256") != NULL,
    };
    if (row->claims == NULL) {
        buf_add_text(token, row->header);
    } else {
        issuer_process_mint_timed(&issuer, &request, token);
    }
}

START_TEST(azure_says_why) {
    const struct row *row = &rows[_i];
    struct plugin_host host;
    struct buf options, token;
    buf_init(&options, 65536);
    buf_init(&token, 65536);
    buf_format(&options, "%s ", row->options);
    issuer_process_add_options(&issuer, &options);
    plugin_host_open_azure(&host, "", buf_str(&options));
    add_token(row, &token);
    struct tam_result *result = plugin_host_ask(&host, buf_str(&token));
    struct tam_str detail = tam_result_detail(result);
    ck_assert_msg(tam_result_reason(result) == row->reason, "%s: %s: %.*s", row->claims,
                  tam_reason_name(tam_result_reason(result)), STR_PRINT(detail));
    ck_assert_msg(memmem(detail.ptr != NULL ? detail.ptr : "", detail.len, row->detail, strlen(row->detail)) != NULL,
                  "'%s' is not in '%.*s'", row->detail, STR_PRINT(detail));
    ck_assert_uint_eq(tam_result_verdict(result),
                      row->reason == TAM_REASON_NONE ? TAM_VERDICT_ACCEPT : TAM_VERDICT_REJECT);
    tam_result_free(result);
    plugin_host_close(&host);
    buf_free(&token);
    buf_free(&options);
}
END_TEST

static void setup(void) {
    issuer_process_start(&issuer, &(struct issuer_process_options){ .names = NULL, .fixture = "entra" });
}

static void teardown(void) {
    issuer_process_stop(&issuer);
}

int main(void) {
    TCase *tests = tcase_create("azure reasons");
    tcase_set_timeout(tests, 60);
    tcase_add_unchecked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, azure_says_why, 0, COUNT(rows));
    return suite_run("azure reasons", tests);
}
