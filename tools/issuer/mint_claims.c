/* SPDX-License-Identifier: MIT
 *
 * The claims of an access token as Microsoft Entra ID writes them: the default of tam mint.
 */
#include <config.h>

#include <tools/issuer/mint.h>

#include <src/base/array.h>
#include <src/base/clock.h>
#include <src/base/json.h>
#include <src/base/str.h>

/* The identifiers are the samples of Microsoft's documentation; no tenant has them. */
const struct mint_claims mint_claims_default = {
    .authority = "login.microsoftonline.com",
    .tenant = "aaaabbbb-0000-cccc-1111-dddd2222eeee",
    .audience = "00001111-aaaa-2222-bbbb-3333cccc4444",
    .client = "22223333-cccc-4444-dddd-5555eeee6666",
    .subject = "33334444-dddd-5555-eeee-6666ffff7777",
    .scope = "access_as_user",
    .role = NULL,
    .version = 2,
    .issued_at = 0,
    .lifetime = 3600,
};

static void name_add(struct buf *json, const char *name) {
    buf_add_text(json, json->len > 1 ? "," : "");
    json_quote(json, str_of(name));
    buf_add_byte(json, ':');
}

static void text_claim_add(struct buf *json, const char *name, const char *text) {
    if (text == NULL) {
        return;
    }
    name_add(json, name);
    json_quote(json, str_of(text));
}

static void number_claim_add(struct buf *json, const char *name, int64_t number) {
    name_add(json, name);
    buf_add_number(json, number);
}

static void list_claim_add(struct buf *json, const char *name, const char *texts) {
    if (texts == NULL) {
        return;
    }
    name_add(json, name);
    struct tam_str rest = str_of(texts), piece;
    char before = '[';
    while (str_cut(&rest, ' ', &piece)) {
        buf_add_byte(json, before);
        json_quote(json, piece);
        before = ',';
    }
    buf_add_text(json, before == '[' ? "[]" : "]");
}

/* reference: a version 1 issuer is one host for the public cloud and the US Government's, and another for China. */
static void issuer_claim_add(struct buf *json, const struct mint_claims *claims) {
    static const char *const sts[][2] = {
        { "login.microsoftonline.com", "sts.windows.net" },
        { "login.microsoftonline.us", "sts.windows.net" },
        { "login.partner.microsoftonline.cn", "sts.chinacloudapi.cn" },
    };
    const char *host = claims->authority;
    for (size_t i = 0; claims->version == 1 && i < COUNT(sts); i++) {
        if (strcmp(claims->authority, sts[i][0]) == 0) {
            host = sts[i][1];
        }
    }
    struct buf issuer;
    buf_init(&issuer, 4096);
    buf_format(&issuer, "https://%s/%s/%s", host, claims->tenant, claims->version == 1 ? "" : "v2.0");
    text_claim_add(json, "iss", buf_str(&issuer).len > 0 ? issuer.ptr : "");
    buf_free(&issuer);
}

/* In alphabetical order, for then libjwt writes the same bytes. */
void mint_claims_add(const struct mint_claims *claims, struct buf *ret_json) {
    bool app = claims->scope == NULL, old = claims->version == 1;
    int64_t issued_at = claims->issued_at != 0 ? claims->issued_at : clock_now();
    struct buf json;
    buf_init(&json, ret_json->limit);
    buf_add_byte(&json, '{');
    text_claim_add(&json, "appid", old ? claims->client : NULL);
    text_claim_add(&json, "appidacr", !old ? NULL : app ? "1" : "0");
    text_claim_add(&json, "aud", claims->audience);
    text_claim_add(&json, "azp", old ? NULL : claims->client);
    text_claim_add(&json, "azpacr", old ? NULL : app ? "1" : "0");
    number_claim_add(&json, "exp", issued_at + claims->lifetime);
    number_claim_add(&json, "iat", issued_at);
    text_claim_add(&json, "idtyp", app ? "app" : NULL);
    issuer_claim_add(&json, claims);
    number_claim_add(&json, "nbf", issued_at);
    text_claim_add(&json, "oid", claims->subject);
    list_claim_add(&json, "roles", claims->role);
    text_claim_add(&json, "scp", claims->scope);
    text_claim_add(&json, "sub", app ? claims->subject : "pairwise-subject-of-tam-mint");
    text_claim_add(&json, "tid", claims->tenant);
    text_claim_add(&json, "uti", "not-for-production");
    text_claim_add(&json, "ver", old ? "1.0" : "2.0");
    buf_add_byte(&json, '}');
    buf_add(ret_json, buf_str(&json));
    buf_free(&json);
}
