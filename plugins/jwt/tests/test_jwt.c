/* SPDX-License-Identifier: MIT
 *
 * The jwt plugin, over a real tam-issuer: what its options let in, and why it refuses. The first row is the control
 * that all others differ from.
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

#define ISSUER  "https://id.example"
#define LINE    "jwt authority=" ISSUER " audience=api,https://api.example "
#define TIMES   "\"iat\":\"@-10\",\"nbf\":\"@-10\",\"exp\":\"@+600\""
#define BASE    "\"iss\":\"" ISSUER "\",\"aud\":\"api\",\"sub\":\"alice\""
#define C(rest) "{" BASE "," TIMES rest "}"
#define GOOD    C("")

static const struct row {
    const char *options;
    const char *alg, *kid; /* of the header; kid also says which key signs */
    const char *typ;       /* NULL: absent */
    const char *claims;
    uint32_t reason;
} rows[] = {
    { "", "RS256", "RS256", "JWT", GOOD, TAM_REASON_NONE },

    /* ---- algorithms: the verifier's list and the key's, never the token's word */
    { "", "PS256", "PS256", "JWT", GOOD, TAM_REASON_NONE },
    { "", "ES256", "ES256", "JWT", GOOD, TAM_REASON_NONE },
    { "", "EdDSA", "Ed25519", "JWT", GOOD, TAM_REASON_NONE },
    { "", "ES384", "ES384", "JWT", GOOD, TAM_REASON_UNSUPPORTED_ALGORITHM },
    { "algorithms=ES384,ES512", "ES384", "ES384", "JWT", GOOD, TAM_REASON_NONE },
    { "algorithms=ES384,ES512", "ES512", "ES512", "JWT", GOOD, TAM_REASON_NONE },
    { "algorithms=ES384", "RS256", "RS256", "JWT", GOOD, TAM_REASON_UNSUPPORTED_ALGORITHM },
    { "", "HS256", "RS256", "JWT", GOOD, TAM_REASON_UNSUPPORTED_ALGORITHM },
    { "", "PS256", "RS256", "JWT", GOOD, TAM_REASON_UNKNOWN_KEY }, /* the key's own alg */
    { "", "RS256", "stranger", "JWT", GOOD, TAM_REASON_UNKNOWN_KEY },

    /* ---- issuer and audience */
    { "", "RS256", "RS256", "JWT", "{\"iss\":\"" ISSUER "/\",\"aud\":\"api\",\"sub\":\"alice\"," TIMES "}",
      TAM_REASON_WRONG_ISSUER },
    { "", "RS256", "RS256", "JWT", "{\"aud\":\"api\",\"sub\":\"alice\"," TIMES "}", TAM_REASON_WRONG_ISSUER },
    { "issuer=" ISSUER ",https://other.example", "RS256", "RS256", "JWT",
      "{\"iss\":\"https://other.example\",\"aud\":\"api\",\"sub\":\"alice\"," TIMES "}", TAM_REASON_NONE },
    { "", "RS256", "RS256", "JWT",
      "{\"iss\":\"" ISSUER "\",\"aud\":[\"x\",\"https://api.example\"],\"sub\":\"alice\"," TIMES "}", TAM_REASON_NONE },
    { "", "RS256", "RS256", "JWT", "{\"iss\":\"" ISSUER "\",\"aud\":[\"x\"],\"sub\":\"alice\"," TIMES "}",
      TAM_REASON_WRONG_AUDIENCE },
    { "", "RS256", "RS256", "JWT", "{\"iss\":\"" ISSUER "\",\"aud\":\"API\",\"sub\":\"alice\"," TIMES "}",
      TAM_REASON_WRONG_AUDIENCE },
    { "", "RS256", "RS256", "JWT",
      "{\"iss\":\"" ISSUER "\",\"aud\":\"https://api.example/\",\"sub\":\"alice\"," TIMES "}",
      TAM_REASON_WRONG_AUDIENCE },
    { "", "RS256", "RS256", "JWT", "{\"iss\":\"" ISSUER "\",\"sub\":\"alice\"," TIMES "}", TAM_REASON_WRONG_AUDIENCE },

    /* ---- times */
    { "", "RS256", "RS256", "JWT", "{" BASE "}", TAM_REASON_MISSING_CLAIM },
    { "", "RS256", "RS256", "JWT", "{" BASE ",\"exp\":\"@-61\"}", TAM_REASON_EXPIRED },
    { "", "RS256", "RS256", "JWT", "{" BASE ",\"exp\":\"@-30\"}", TAM_REASON_NONE },
    { "clock_skew=0", "RS256", "RS256", "JWT", "{" BASE ",\"exp\":\"@-30\"}", TAM_REASON_EXPIRED },
    { "", "RS256", "RS256", "JWT", "{" BASE ",\"exp\":\"@+600\",\"nbf\":\"@+120\"}", TAM_REASON_NOT_YET_VALID },
    { "", "RS256", "RS256", "JWT", "{" BASE ",\"exp\":\"@+600\",\"iat\":\"@+120\"}", TAM_REASON_NOT_YET_VALID },
    { "", "RS256", "RS256", "JWT", "{" BASE ",\"exp\":\"@+20\",\"nbf\":\"@+20\"}", TAM_REASON_NOT_YET_VALID },
    { "max_token_lifetime=1h", "RS256", "RS256", "JWT", "{" BASE ",\"iat\":\"@-10\",\"exp\":\"@+3590\"}",
      TAM_REASON_NONE },
    { "max_token_lifetime=1h", "RS256", "RS256", "JWT", "{" BASE ",\"iat\":\"@-10\",\"exp\":\"@+3591\"}",
      TAM_REASON_EXPIRED },
    { "max_token_lifetime=1h", "RS256", "RS256", "JWT", "{" BASE ",\"exp\":\"@+600\"}", TAM_REASON_MISSING_CLAIM },
    { "", "RS256", "RS256", "JWT", "{" BASE ",\"exp\":\"soon\"}", TAM_REASON_MALFORMED },

    /* ---- typ (RFC 9068 §4) */
    { "", "RS256", "RS256", NULL, GOOD, TAM_REASON_NONE },
    { "", "RS256", "RS256", "application/at+JWT", GOOD, TAM_REASON_NONE },
    { "", "RS256", "RS256", "dpop+jwt", GOOD, TAM_REASON_WRONG_TOKEN_TYPE },
    { "typ=at+jwt", "RS256", "RS256", "at+jwt", GOOD, TAM_REASON_NONE },
    { "typ=at+jwt", "RS256", "RS256", "JWT", GOOD, TAM_REASON_WRONG_TOKEN_TYPE },
    { "typ=at+jwt", "RS256", "RS256", NULL, GOOD, TAM_REASON_WRONG_TOKEN_TYPE },

    /* ---- bound to a key (RFC 7800); null is absent */
    { "", "RS256", "RS256", "JWT", C(",\"cnf\":{\"jkt\":\"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I\"}"),
      TAM_REASON_WRONG_BINDING },
    { "", "RS256", "RS256", "JWT", C(",\"cnf\":{\"x5t#S256\":\"x\"}"), TAM_REASON_WRONG_BINDING },
    { "", "RS256", "RS256", "JWT", C(",\"cnf\":[]"), TAM_REASON_WRONG_BINDING },
    { "", "RS256", "RS256", "JWT", C(",\"cn\\u0066\":0"), TAM_REASON_WRONG_BINDING },
    { "", "RS256", "RS256", "JWT", C(",\"cnf\":null"), TAM_REASON_NONE },
    { "required_scopes=read", "RS256", "RS256", "JWT", C(",\"cnf\":{}"), TAM_REASON_WRONG_BINDING },
    { "", "RS256", "RS256", "JWT", "{\"iss\":\"" ISSUER "\",\"aud\":\"x\",\"sub\":\"alice\",\"cnf\":{}," TIMES "}",
      TAM_REASON_WRONG_AUDIENCE },

    /* ---- what no header could carry is the token's fault, and no error of ours */
    { "", "RS256", "RS256", "JWT", C(",\"scope\":\"a\\tb\""), TAM_REASON_MALFORMED },
    { "", "RS256", "RS256", "JWT", C(",\"scope\":[\"a b\"]"), TAM_REASON_MALFORMED },
    { "", "RS256", "RS256", "JWT", C(",\"scope\":[\"\"]"), TAM_REASON_MALFORMED },
    { "roles_claim=r", "RS256", "RS256", "JWT", C(",\"r\":[\"a\",\"b\\n\"]"), TAM_REASON_MALFORMED },
    { "roles_claim=r", "RS256", "RS256", "JWT", C(",\"r\":[\"\"]"), TAM_REASON_MALFORMED },
    { "roles_claim=r", "RS256", "RS256", "JWT", C(",\"r\":[\"a b\",\"\u00e9\"]"), TAM_REASON_NONE },
    { "", "RS256", "RS256", "JWT", C(",\"client_id\":\"\\u001b[31m\""), TAM_REASON_MALFORMED },
    { "", "RS256", "RS256", "JWT", "{\"iss\":\"" ISSUER "\",\"aud\":\"api\",\"sub\":\"a\\u009b\"," TIMES "}",
      TAM_REASON_MALFORMED },

    /* ---- scopes, by name and shape */
    { "required_scopes=read,write", "RS256", "RS256", "JWT", C(",\"scope\":\"write read\""), TAM_REASON_NONE },
    { "required_scopes=read,write", "RS256", "RS256", "JWT", C(",\"scp\":[\"read\",\"write\"]"), TAM_REASON_NONE },
    { "required_scopes=read,write", "RS256", "RS256", "JWT", C(",\"scope\":\"read\""), TAM_REASON_INSUFFICIENT_SCOPE },
    { "required_scopes=read,write scope_match=any", "RS256", "RS256", "JWT", C(",\"scope\":\"read\""),
      TAM_REASON_NONE },
    { "required_scopes=read", "RS256", "RS256", "JWT", GOOD, TAM_REASON_INSUFFICIENT_SCOPE },
    { "required_scopes=read", "RS256", "RS256", "JWT", C(",\"scope\":\"Read reader\""), TAM_REASON_INSUFFICIENT_SCOPE },
    { "required_scopes=read scope_claim=realm.access.scopes", "RS256", "RS256", "JWT",
      C(",\"realm\":{\"access\":{\"scopes\":[\"read\"]}}"), TAM_REASON_NONE },
    { "required_scopes=read scope_claim=realm.access.scopes", "RS256", "RS256", "JWT", C(",\"scope\":\"read\""),
      TAM_REASON_INSUFFICIENT_SCOPE },

    { "required_scopes=read scope_claim=permissions", "RS256", "RS256", "JWT", C(",\"permissions\":[\"read\"]"),
      TAM_REASON_NONE },
    { "required_scopes=read", "RS256", "RS256", "JWT", C(",\"scope\":7"), TAM_REASON_MALFORMED },
    { "required_scopes=read", "RS256", "RS256", "JWT", C(",\"scope\":[\"read\",7]"), TAM_REASON_MALFORMED },
    { "required_scopes=read", "RS256", "RS256", "JWT", C(",\"scope\":{\"read\":true}"), TAM_REASON_MALFORMED },

    { "required_scopes=read", "RS256", "RS256", "JWT", C(",\"scope\":[\"write\",\"read\"]"), TAM_REASON_NONE },
    { "required_scopes=read", "RS256", "RS256", "JWT", C(",\"scp\":\"write read\""), TAM_REASON_NONE },
    { "required_scopes=read", "RS256", "RS256", "JWT", C(",\"scope\":\"read\",\"scp\":\"admin\""), TAM_REASON_NONE },
    { "required_scopes=admin scope_claim=scope", "RS256", "RS256", "JWT", C(",\"scope\":\"read\",\"scp\":\"admin\""),
      TAM_REASON_INSUFFICIENT_SCOPE },
    { "required_scopes=admin", "RS256", "RS256", "JWT", C(",\"scope\":\"read\",\"scp\":\"admin\""), TAM_REASON_NONE },

    /* ---- scopes at depth: a path, its shapes, and what only looks like it */
    { "required_scopes=read scope_claim=realm.access.scopes", "RS256", "RS256", "JWT",
      C(",\"realm\":{\"access\":{\"scopes\":\"write read\"}}"), TAM_REASON_NONE },
    { "required_scopes=read scope_claim=realm.access.scopes", "RS256", "RS256", "JWT",
      C(",\"realm\":{\"access\":{\"scopes\":[\"write\",\"read\"]}}"), TAM_REASON_NONE },
    { "required_scopes=read scope_claim=realm.access.scopes", "RS256", "RS256", "JWT",
      C(",\"realm\":{\"access\":{\"scopes\":\"write\"}}"), TAM_REASON_INSUFFICIENT_SCOPE },
    { "required_scopes=read scope_claim=realm.access.scopes", "RS256", "RS256", "JWT",
      C(",\"realm\":{\"access\":{\"scopes\":\"reader\"}}"), TAM_REASON_INSUFFICIENT_SCOPE },
    { "required_scopes=read scope_claim=realm.access.scopes", "RS256", "RS256", "JWT",
      C(",\"realm\":{\"access\":{\"scopes\":[\"reader\"]}}"), TAM_REASON_INSUFFICIENT_SCOPE },
    { "required_scopes=read scope_claim=realm.access.scopes", "RS256", "RS256", "JWT",
      C(",\"realm\":{\"access\":{\"scopes\":[\"write read\"]}}"), TAM_REASON_INSUFFICIENT_SCOPE },
    { "required_scopes=read scope_claim=realm.access.scopes", "RS256", "RS256", "JWT",
      C(",\"realm\":{\"access\":{\"scopes\":[]}}"), TAM_REASON_INSUFFICIENT_SCOPE },
    { "required_scopes=read scope_claim=realm.access.scopes", "RS256", "RS256", "JWT",
      C(",\"realm\":{\"access\":{\"scopes\":null}}"), TAM_REASON_INSUFFICIENT_SCOPE },
    { "required_scopes=read scope_claim=realm.access.scopes", "RS256", "RS256", "JWT",
      C(",\"realm\":{\"access\":{\"scopes\":7}}"), TAM_REASON_MALFORMED },
    { "required_scopes=read scope_claim=realm.access.scopes", "RS256", "RS256", "JWT",
      C(",\"realm\":{\"access\":{\"scopes\":[\"read\",null]}}"), TAM_REASON_MALFORMED },
    { "required_scopes=read scope_claim=realm.access.scopes", "RS256", "RS256", "JWT",
      C(",\"realm\":{\"access\":{\"scopes\":[[\"read\"]]}}"), TAM_REASON_MALFORMED },
    { "required_scopes=read scope_claim=realm.access.scopes", "RS256", "RS256", "JWT",
      C(",\"realm\":{\"access\":{\"scopes\":{\"read\":true}}}"), TAM_REASON_MALFORMED },
    { "required_scopes=read scope_claim=realm.access.scopes", "RS256", "RS256", "JWT",
      C(",\"realm\":{\"access\":\"read\"}"), TAM_REASON_INSUFFICIENT_SCOPE },
    { "required_scopes=read scope_claim=realm.access.scopes", "RS256", "RS256", "JWT",
      C(",\"realm\":{\"access\":[{\"scopes\":\"read\"}]}"), TAM_REASON_INSUFFICIENT_SCOPE },
    { "required_scopes=read scope_claim=realm.access.scopes", "RS256", "RS256", "JWT",
      C(",\"realm\":{\"scopes\":\"read\"}"), TAM_REASON_INSUFFICIENT_SCOPE },
    { "required_scopes=read scope_claim=realm.access.scopes", "RS256", "RS256", "JWT",
      C(",\"access\":{\"scopes\":\"read\"}"), TAM_REASON_INSUFFICIENT_SCOPE },
    { "required_scopes=read scope_claim=realm.access.scopes", "RS256", "RS256", "JWT", C(",\"realm\":null"),
      TAM_REASON_INSUFFICIENT_SCOPE },
    { "required_scopes=read scope_claim=realm.access.scopes", "RS256", "RS256", "JWT",
      C(",\"realm.access.scopes\":\"read\""), TAM_REASON_NONE },
    { "required_scopes=read scope_claim=realm.access.scopes", "RS256", "RS256", "JWT",
      C(",\"realm.access\":{\"scopes\":\"read\"}"), TAM_REASON_INSUFFICIENT_SCOPE },
    { "required_scopes=read scope_claim=realm.access.scopes", "RS256", "RS256", "JWT",
      C(",\"realm.access.scopes\":\"write\",\"realm\":{\"access\":{\"scopes\":\"read\"}}"),
      TAM_REASON_INSUFFICIENT_SCOPE },
    { "required_scopes=read scope_claim=https://ns.example/scope", "RS256", "RS256", "JWT",
      C(",\"https://ns.example/scope\":\"read\""), TAM_REASON_NONE },
    { "required_scopes=read scope_claim=https://ns.example/scope", "RS256", "RS256", "JWT",
      C(",\"https://ns\":{\"example/scope\":\"read\"}"), TAM_REASON_INSUFFICIENT_SCOPE },
    { "required_scopes=read,write scope_claim=realm.scopes,permissions", "RS256", "RS256", "JWT",
      C(",\"realm\":{\"scopes\":\"read\"},\"permissions\":[\"write\"]"), TAM_REASON_NONE },
    { "required_scopes=read,write scope_claim=realm.scopes,permissions", "RS256", "RS256", "JWT",
      C(",\"realm\":{\"scopes\":\"read\"}"), TAM_REASON_INSUFFICIENT_SCOPE },
    { "required_scopes=read,write scope_claim=realm.scopes,permissions", "RS256", "RS256", "JWT",
      C(",\"permissions\":[\"write\"]"), TAM_REASON_INSUFFICIENT_SCOPE },
    { "required_scopes=read,write scope_claim=realm.scopes,permissions", "RS256", "RS256", "JWT",
      C(",\"realm\":{\"scopes\":\"read\"},\"permissions\":{\"write\":true}"), TAM_REASON_MALFORMED },

    /* ---- claims */
    { "required_claims=realm.level:3", "RS256", "RS256", "JWT", C(",\"realm\":{\"level\":3}"), TAM_REASON_NONE },
    { "required_claims=realm.level:3", "RS256", "RS256", "JWT", C(",\"realm\":{\"level\":30}"),
      TAM_REASON_MISSING_CLAIM },
    { "required_claims=groups:admins", "RS256", "RS256", "JWT", C(",\"groups\":[\"users\",\"admins\"]"),
      TAM_REASON_NONE },
    { "required_claims=groups:admins", "RS256", "RS256", "JWT", C(",\"groups\":[\"administrators\"]"),
      TAM_REASON_MISSING_CLAIM },
    { "required_claims=tier:gold,email", "RS256", "RS256", "JWT", C(",\"tier\":\"gold\",\"email\":\"a@b\""),
      TAM_REASON_NONE },
    { "required_claims=tier:gold", "RS256", "RS256", "JWT", C(",\"tier\":\"golden\""), TAM_REASON_MISSING_CLAIM },
    { "required_claims=tier", "RS256", "RS256", "JWT", GOOD, TAM_REASON_MISSING_CLAIM },
    { "required_claims=tier", "RS256", "RS256", "JWT", C(",\"tier\":null"), TAM_REASON_MISSING_CLAIM },
    { "subject_claim=email", "RS256", "RS256", "JWT", C(",\"email\":\"a@b\""), TAM_REASON_NONE },
    { "subject_claim=email", "RS256", "RS256", "JWT", GOOD, TAM_REASON_MISSING_CLAIM },
    { "subject_claim=email", "RS256", "RS256", "JWT", C(",\"email\":\"\""), TAM_REASON_MISSING_CLAIM },
    { "subject_claim=email", "RS256", "RS256", "JWT", C(",\"email\":null"), TAM_REASON_MISSING_CLAIM },
    { "subject_claim=email", "RS256", "RS256", "JWT", C(",\"email\":7"), TAM_REASON_MALFORMED },
    { "subject_claim=email", "RS256", "RS256", "JWT", C(",\"email\":[\"a@b\"]"), TAM_REASON_MALFORMED },
    { "", "RS256", "RS256", "JWT", C(",\"sub\":\"eve\""), TAM_REASON_MALFORMED },
    /* ---- a claim and its value: as text, number or boolean, or one entry of an array */
    { "required_claims=realm.level:3", "RS256", "RS256", "JWT", C(",\"realm\":{\"level\":\"3\"}"), TAM_REASON_NONE },
    { "required_claims=realm.level:3", "RS256", "RS256", "JWT", C(",\"realm\":{\"level\":3.0}"),
      TAM_REASON_MISSING_CLAIM },
    { "required_claims=realm.level:3", "RS256", "RS256", "JWT", C(",\"realm\":{\"level\":-3}"),
      TAM_REASON_MISSING_CLAIM },
    { "required_claims=realm.level:3", "RS256", "RS256", "JWT", C(",\"realm\":{\"level\":true}"),
      TAM_REASON_MISSING_CLAIM },
    { "required_claims=realm.level:3", "RS256", "RS256", "JWT", C(",\"level\":3"), TAM_REASON_MISSING_CLAIM },
    { "required_claims=realm.level:3", "RS256", "RS256", "JWT", C(",\"realm\":3"), TAM_REASON_MISSING_CLAIM },
    { "required_claims=verified:true", "RS256", "RS256", "JWT", C(",\"verified\":true"), TAM_REASON_NONE },
    { "required_claims=verified:true", "RS256", "RS256", "JWT", C(",\"verified\":\"true\""), TAM_REASON_NONE },
    { "required_claims=verified:true", "RS256", "RS256", "JWT", C(",\"verified\":false"), TAM_REASON_MISSING_CLAIM },
    { "required_claims=verified:true", "RS256", "RS256", "JWT", C(",\"verified\":1"), TAM_REASON_MISSING_CLAIM },
    { "required_claims=verified", "RS256", "RS256", "JWT", C(",\"verified\":false"), TAM_REASON_NONE },
    { "required_claims=tier:gold", "RS256", "RS256", "JWT", C(",\"tier\":[\"silver\",\"gold\"]"), TAM_REASON_NONE },
    { "required_claims=tier:gold", "RS256", "RS256", "JWT", C(",\"tier\":\"Gold\""), TAM_REASON_MISSING_CLAIM },
    { "required_claims=tier:gold", "RS256", "RS256", "JWT", C(",\"tier\":\"gold \""), TAM_REASON_MISSING_CLAIM },
    { "required_claims=tier:gold", "RS256", "RS256", "JWT", C(",\"tier\":\"silver gold\""), TAM_REASON_MISSING_CLAIM },
    { "required_claims=tier:gold", "RS256", "RS256", "JWT", C(",\"tier\":[[\"gold\"]]"), TAM_REASON_MISSING_CLAIM },
    { "required_claims=tier:gold", "RS256", "RS256", "JWT", C(",\"tier\":{\"gold\":true}"), TAM_REASON_MISSING_CLAIM },
    { "required_claims=tier:gold", "RS256", "RS256", "JWT", C(",\"tier\":[]"), TAM_REASON_MISSING_CLAIM },
    { "required_claims=tier:gold", "RS256", "RS256", "JWT", C(",\"Tier\":\"gold\""), TAM_REASON_MISSING_CLAIM },
    { "required_claims=tier:gold,email", "RS256", "RS256", "JWT", C(",\"tier\":\"gold\""), TAM_REASON_MISSING_CLAIM },
    { "required_claims=tier:gold,email", "RS256", "RS256", "JWT", C(",\"email\":\"a@b\""), TAM_REASON_MISSING_CLAIM },
    { "required_claims=tier:a:b", "RS256", "RS256", "JWT", C(",\"tier\":\"a:b\""), TAM_REASON_NONE },
    { "required_claims=tier:a:b", "RS256", "RS256", "JWT", C(",\"tier\":\"a\""), TAM_REASON_MISSING_CLAIM },
    { "required_claims=https://ns.example/tier:gold", "RS256", "RS256", "JWT",
      C(",\"https://ns.example/tier\":\"gold\""), TAM_REASON_NONE },
    { "required_claims=https://ns.example/tier:80/a", "RS256", "RS256", "JWT",
      C(",\"https://ns.example/tier\":\"80/a\""), TAM_REASON_NONE },
    { "required_claims=https://ns.example:8443/tier:gold", "RS256", "RS256", "JWT",
      C(",\"https://ns.example:8443/tier\":\"gold\""), TAM_REASON_NONE },
    { "required_claims=https://ns.example:8443/tier:gold", "RS256", "RS256", "JWT",
      C(",\"https://ns.example:8443/tier\":\"silver\""), TAM_REASON_MISSING_CLAIM },
    { "required_claims=https://ns.example:8443/tier:gold", "RS256", "RS256", "JWT",
      C(",\"https://ns.example\":\"8443/tier:gold\""), TAM_REASON_MISSING_CLAIM },
    { "required_claims=https://ns.example:8443/tier", "RS256", "RS256", "JWT", C(",\"https://ns.example:8443/tier\":7"),
      TAM_REASON_NONE },
    { "required_claims=https://ns.example:8443/tier", "RS256", "RS256", "JWT",
      C(",\"https://ns.example\":\"8443/tier\""), TAM_REASON_MISSING_CLAIM },
    { "required_claims=https://ns.example:8443:gold", "RS256", "RS256", "JWT",
      C(",\"https://ns.example:8443\":\"gold\""), TAM_REASON_NONE },
    { "required_claims=https://[2001:db8::1]:8443/tier:gold", "RS256", "RS256", "JWT",
      C(",\"https://[2001:db8::1]:8443/tier\":\"gold\""), TAM_REASON_NONE },
    { "required_claims=https://[2001:db8::1]/tier:gold", "RS256", "RS256", "JWT",
      C(",\"https://[2001:db8::1]/tier\":\"gold\""), TAM_REASON_NONE },
    { "required_claims=https://ns.example:443", "RS256", "RS256", "JWT", C(",\"https://ns.example\":443"),
      TAM_REASON_NONE }, /* it says a value */
    { "required_claims=https://ns.example:https://other.example:8443/a", "RS256", "RS256", "JWT",
      C(",\"https://ns.example\":\"https://other.example:8443/a\""), TAM_REASON_NONE },
    { "required_claims=https://ns.example/tier:gold", "RS256", "RS256", "JWT",
      C(",\"https://ns.example/tier\":\"silver\""), TAM_REASON_MISSING_CLAIM },
    { "required_claims=https://ns.example/tier:gold", "RS256", "RS256", "JWT", C(",\"tier\":\"gold\""),
      TAM_REASON_MISSING_CLAIM },

    /* ---- roles and the client judge nothing, but must be what the option means */
    { "roles_claim=realm_access.roles", "RS256", "RS256", "JWT", C(",\"realm_access\":{\"roles\":[\"admin\"]}"),
      TAM_REASON_NONE },
    { "roles_claim=realm_access.roles", "RS256", "RS256", "JWT", C(""), TAM_REASON_NONE },
    { "roles_claim=realm_access.roles", "RS256", "RS256", "JWT", C(",\"realm_access\":{\"roles\":null}"),
      TAM_REASON_NONE },
    { "roles_claim=realm_access.roles", "RS256", "RS256", "JWT", C(",\"realm_access\":{\"roles\":7}"),
      TAM_REASON_MALFORMED },
    { "roles_claim=realm_access.roles", "RS256", "RS256", "JWT", C(",\"realm_access\":{\"roles\":true}"),
      TAM_REASON_MALFORMED },
    { "roles_claim=realm_access.roles", "RS256", "RS256", "JWT", C(",\"realm_access\":{\"roles\":[\"admin\",7]}"),
      TAM_REASON_MALFORMED },
    { "roles_claim=realm_access.roles", "RS256", "RS256", "JWT", C(",\"realm_access\":{\"roles\":{\"admin\":true}}"),
      TAM_REASON_MALFORMED },
    { "roles_claim=realm_access.roles", "RS256", "RS256", "JWT",
      C(",\"realm_access.roles\":7,\"realm_access\":{\"roles\":[\"admin\"]}"), TAM_REASON_MALFORMED },
    { "client_claim=cid", "RS256", "RS256", "JWT", C(",\"cid\":\"c1\""), TAM_REASON_NONE },
    { "client_claim=cid", "RS256", "RS256", "JWT", C(""), TAM_REASON_NONE },
    { "client_claim=cid", "RS256", "RS256", "JWT", C(",\"cid\":null"), TAM_REASON_NONE },
    { "client_claim=cid", "RS256", "RS256", "JWT", C(",\"client_id\":7"), TAM_REASON_NONE },
    { "client_claim=cid", "RS256", "RS256", "JWT", C(",\"cid\":7"), TAM_REASON_MALFORMED },
    { "client_claim=cid", "RS256", "RS256", "JWT", C(",\"cid\":[\"c1\"]"), TAM_REASON_MALFORMED },
    { "client_claim=cid,client_id", "RS256", "RS256", "JWT", C(",\"cid\":{\"id\":\"c1\"},\"client_id\":\"c1\""),
      TAM_REASON_MALFORMED },
    { "client_claim=app.id", "RS256", "RS256", "JWT", C(",\"app\":{\"id\":true}"), TAM_REASON_MALFORMED },
    { "", "RS256", "RS256", "JWT", C(",\"client_id\":7,\"azp\":\"c2\""), TAM_REASON_MALFORMED },
};

static struct issuer_process issuer;

static void add_token(const struct row *row, struct buf *ret_token) {
    struct buf header;
    buf_init(&header, 4096);
    buf_format(&header, "{\"alg\":\"%s\",\"kid\":\"%s\"", row->alg, row->kid);
    if (row->typ != NULL) {
        buf_format(&header, ",\"typ\":\"%s\"", row->typ);
    }
    buf_add_byte(&header, '}');
    const struct mint_request request = {
        .header = buf_str(&header),
        .claims = str_of(row->claims),
        .kid = row->kid,
        .secret = STR("a secret of thirty-two bytes or more"),
        .has_secret = strcmp(row->alg, "HS256") == 0,
    };
    issuer_process_mint_timed(&issuer, &request, ret_token);
    buf_free(&header);
}

static void open_host(struct plugin_host *host, const char *options) {
    struct buf text;
    buf_init(&text, 65536);
    buf_format(&text, LINE "%s ", options);
    issuer_process_add_options(&issuer, &text);
    plugin_host_open(host, "jwt", text.ptr);
    buf_free(&text);
}

START_TEST(jwt_lets_in_what_its_options_say_and_says_why_not) {
    const struct row *row = &rows[_i];
    struct plugin_host host;
    struct buf token;
    open_host(&host, row->options);
    buf_init(&token, 65536);
    add_token(row, &token);
    struct tam_result *result = plugin_host_ask(&host, buf_str(&token));
    ck_assert_msg(tam_result_reason(result) == row->reason, "%s %s %s: expected %s, found %s: %.*s", row->options,
                  row->alg, row->claims, tam_reason_name(row->reason), tam_reason_name(tam_result_reason(result)),
                  STR_PRINT(tam_result_detail(result)));
    ck_assert_uint_eq(tam_result_verdict(result),
                      row->reason == TAM_REASON_NONE ? TAM_VERDICT_ACCEPT : TAM_VERDICT_REJECT);
    tam_result_free(result);
    plugin_host_close(&host);
    buf_free(&token);
}
END_TEST

static bool is(struct tam_str found, const char *text) {
    return str_equal(found, str_of(text));
}

/* Whom an accepted token names. Lists are joined by blanks. */
static const struct {
    const char *options, *claims;
    const char *subject, *client, *scopes, *roles;
    uint32_t kind;
} principals[] = {
    { "", C(",\"scope\":\"read write\",\"client_id\":\"c1\",\"azp\":\"c2\",\"groups\":[\"a\",\"b\"]"), "alice", "c1",
      "read write", "", TAM_KIND_UNKNOWN },
    { "", C(",\"azp\":\"c2\""), "alice", "c2", "", "", TAM_KIND_UNKNOWN },
    { "", C(",\"client_id\":\"\",\"azp\":\"c2\""), "alice", "c2", "", "", TAM_KIND_UNKNOWN },
    { "", C(",\"client_id\":\"alice\""), "alice", "alice", "", "", TAM_KIND_APP },
    { "", C(",\"client_id\":\"Alice\""), "alice", "Alice", "", "", TAM_KIND_UNKNOWN },
    { "client_claim=cid", C(",\"cid\":\"c3\",\"client_id\":\"alice\",\"azp\":\"alice\""), "alice", "c3", "", "",
      TAM_KIND_UNKNOWN },
    { "client_claim=cid", C(",\"client_id\":\"alice\",\"azp\":\"alice\""), "alice", "", "", "", TAM_KIND_UNKNOWN },
    { "client_claim=cid", C(",\"cid\":\"alice\",\"client_id\":\"c1\""), "alice", "alice", "", "", TAM_KIND_APP },
    { "client_claim=azp,client_id", C(",\"client_id\":\"c1\",\"azp\":\"c2\""), "alice", "c2", "", "",
      TAM_KIND_UNKNOWN },
    { "client_claim=azp,client_id", C(",\"client_id\":\"c1\""), "alice", "c1", "", "", TAM_KIND_UNKNOWN },
    { "client_claim=app.id", C(",\"app\":{\"id\":\"c4\"}"), "alice", "c4", "", "", TAM_KIND_UNKNOWN },
    { "client_claim=app.id", C(",\"app\":\"c4\",\"id\":\"c4\""), "alice", "", "", "", TAM_KIND_UNKNOWN },
    { "client_claim=app.id", C(",\"app.id\":\"c5\",\"app\":{\"id\":\"c4\"}"), "alice", "c5", "", "", TAM_KIND_UNKNOWN },
    { "subject_claim=user.id", C(",\"user\":{\"id\":\"u1\"}"), "u1", "", "", "", TAM_KIND_UNKNOWN },
    { "subject_claim=user.id client_claim=cid", C(",\"user\":{\"id\":\"u1\"},\"cid\":\"alice\""), "u1", "alice", "", "",
      TAM_KIND_UNKNOWN },
    { "roles_claim=groups", C(",\"groups\":[\"a\",\"b\"]"), "alice", "", "", "a b", TAM_KIND_UNKNOWN },
    { "roles_claim=realm_access.roles", C(",\"realm_access\":{\"roles\":[\"admin\",\"user\"]}"), "alice", "", "",
      "admin user", TAM_KIND_UNKNOWN },
    { "roles_claim=realm_access.roles", C(",\"realm_access\":{\"roles\":\"admin user\"}"), "alice", "", "",
      "admin user", TAM_KIND_UNKNOWN },
    { "roles_claim=realm_access.roles", C(",\"realm_access\":{\"roles\":[]}"), "alice", "", "", "", TAM_KIND_UNKNOWN },
    { "roles_claim=realm_access.roles", C(",\"roles\":[\"admin\"],\"realm_access\":[\"roles\",\"admin\"]"), "alice", "",
      "", "", TAM_KIND_UNKNOWN },
    { "roles_claim=realm_access.roles", C(",\"realm_access.roles\":\"user\",\"realm_access\":{\"roles\":[\"admin\"]}"),
      "alice", "", "", "user", TAM_KIND_UNKNOWN },
    { "roles_claim=resource.api.roles",
      C(",\"resource\":{\"api\":{\"roles\":[\"r\"]},\"other\":{\"roles\":[\"admin\"]}}"), "alice", "", "", "r",
      TAM_KIND_UNKNOWN },
    { "roles_claim=https://ns.example/roles", C(",\"https://ns.example/roles\":[\"admin\"]"), "alice", "", "", "admin",
      TAM_KIND_UNKNOWN },
    { "scope_claim=realm.scopes,scp", C(",\"realm\":{\"scopes\":[\"a\",\"b\"]},\"scp\":\"b c\",\"scope\":\"admin\""),
      "alice", "", "a b c", "", TAM_KIND_UNKNOWN },
};

static void expect_list(const char *what, struct tam_list found, const char *expected) {
    struct buf joined;
    buf_init(&joined, 4096);
    for (size_t i = 0; i < found.count; i++) {
        buf_add_text(&joined, i > 0 ? " " : "");
        buf_add(&joined, found.items[i]);
    }
    ck_assert_msg(str_equal(buf_str(&joined), str_of(expected)), "%s: %.*s", what, STR_PRINT(buf_str(&joined)));
    buf_free(&joined);
}

START_TEST(jwt_names_the_principal) {
    struct plugin_host host;
    struct buf token;
    open_host(&host, principals[_i].options);
    buf_init(&token, 65536);
    add_token(&(struct row){ "", "RS256", "RS256", "JWT", principals[_i].claims, TAM_REASON_NONE }, &token);
    struct tam_result *result = plugin_host_ask(&host, buf_str(&token));
    ck_assert_uint_eq(tam_result_verdict(result), TAM_VERDICT_ACCEPT);
    ck_assert(is(tam_result_subject(result), principals[_i].subject));
    ck_assert(is(tam_result_issuer(result), ISSUER));
    ck_assert_msg(is(tam_result_client_id(result), principals[_i].client), "client: %.*s",
                  STR_PRINT(tam_result_client_id(result)));
    ck_assert_uint_eq(tam_result_kind(result), principals[_i].kind);
    expect_list("scopes", tam_result_scopes(result), principals[_i].scopes);
    expect_list("roles", tam_result_roles(result), principals[_i].roles);
    ck_assert(is(tam_result_claim(result, "aud"), "\"api\"")); /* every claim is there as well */
    tam_result_free(result);
    plugin_host_close(&host);
    buf_free(&token);
}
END_TEST

/* Configurations that could not work, or would be an open door. */
static const char *const refused[] = {
    "jwt authority=" ISSUER,                                                  /* no audience */
    "jwt audience=api jwks_uri=https://id.example/jwks",                      /* no issuer */
    "jwt audience=api issuer=" ISSUER,                                        /* no keys */
    "jwt audience=api authority=" ISSUER " jwks_uri=https://id.example/jwks", /* two sources of keys */
    "jwt audience=api authority=http://id.example",                           /* in the clear */
    "jwt audience=api authority=" ISSUER " algorithms=HS256",                 /* a public key as a secret */
    "jwt audience=api authority=" ISSUER " algorithms=none",                  /* no signature */
    "jwt audience=api issuer=" ISSUER " secret=short",                        /* fewer bytes than the hash has */
    "jwt audience=api issuer=" ISSUER
    " secret=0123456789abcdef0123456789abcdef algorithms=RS256", /* a secret as a public key */
    "jwt audience=api authority=" ISSUER " clock_skew=1h",
};

START_TEST(jwt_refuses_what_could_not_work) {
    struct tam_setup setup = { .size = sizeof setup,
                               .flags = TAM_SETUP_ANY_OWNER,
                               .plugin_dir = TAM_TOP_BUILDDIR "/plugins/jwt/.libs" };
    struct tam_faults *faults = NULL;
    ck_assert_msg(tam_service_check_string(refused[_i], &setup, &faults) < 0, "%s", refused[_i]);
    ck_assert_uint_eq(tam_faults_level(faults, 0), TAM_LOG_ERROR);
    tam_faults_free(faults);
    ck_assert_int_eq(tam_service_check_string(LINE, &setup, &faults), 0); /* the control */
    tam_faults_free(faults);
}
END_TEST

static void setup(void) {
    issuer_process_start(&issuer, &(struct issuer_process_options){
                                      .names = NULL, .fixture = TAM_TOP_SRCDIR "/tests/support/jwt_fixture.json" });
}

static void teardown(void) {
    issuer_process_stop(&issuer);
}

int main(void) {
    TCase *tests = tcase_create("jwt");
    tcase_set_timeout(tests, 60);
    tcase_add_unchecked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, jwt_lets_in_what_its_options_say_and_says_why_not, 0, COUNT(rows));
    tcase_add_loop_test(tests, jwt_names_the_principal, 0, COUNT(principals));
    tcase_add_loop_test(tests, jwt_refuses_what_could_not_work, 0, COUNT(refused));
    return suite_run("jwt", tests);
}
