/* SPDX-License-Identifier: MIT
 *
 * A client causes no error, whatever it sends: the words of the configuration and of our own sentences, any bytes, any
 * length, claims of any type and shape, signed or not. And whoever asks for an explanation gets the same verdict.
 */
#include <config.h>

#include <src/base/array.h>
#include <src/base/buf.h>
#include <src/base/mem.h>
#include <src/base/str.h>
#include <stdio.h>
#include <string.h>
#include <tests/support/jose_support.h>
#include <tests/support/signed_host.h>
#include <tests/support/suite.h>

#include <check.h>

#define BEFORE                                                                                                           \
    "service max_token_size=64K cache_size=0\nresource url=https://api.example.com/mcp name='Example API' scopes=api://" \
    "x/read\n"

static struct plugin_host host;
static char configuration[16384];

static void open_azure(void) {
    (void)snprintf(configuration, sizeof configuration, BEFORE "%s\n",
                   signed_host_azure("required_scopes=read,files.read.all required_acrs=c1 "
                                     "identifier_uri=https://api.example.com/application-identifier "
                                     "allowed_clients=22223333-cccc-4444-dddd-5555eeee6666 key_issuer=off"));
    signed_host_open(&host, configuration);
}

static void open_jwt(void) {
    (void)snprintf(configuration, sizeof configuration, BEFORE "%s\n",
                   signed_host_jwt("required_scopes=documents.read.everything,write "
                                   "required_claims=tenancy.organisation:a-long-name-of-an-organisation "
                                   "roles_claim=realm_access.roles subject_claim=preferred.username"));
    signed_host_open(&host, configuration);
}

/* ---- Asking ---- */

/* What the last one said. */
static char detail[8192];
static size_t detail_len;

static void expect_answer(const struct tam_query *query) {
    struct tam_result *result = tam_verify(host.service, query), *explained = tam_explain(host.service, query);
    struct tam_str sent = query->token.len > 0 ? query->token : query->authorization, said = tam_result_detail(result);
    uint32_t verdict = tam_result_verdict(result);
    ck_assert_msg(verdict == TAM_VERDICT_ACCEPT || verdict == TAM_VERDICT_REJECT, "%s: %.*s (%zu bytes: %.*s)",
                  tam_verdict_name(verdict), STR_PRINT(said), sent.len, (int)(sent.len < 200 ? sent.len : 200),
                  sent.ptr);
    ck_assert_msg(tam_result_verdict(explained) == verdict && tam_result_reason(explained) == tam_result_reason(result),
                  "%s, explained %s: %.*s", tam_reason_name(tam_result_reason(result)),
                  tam_reason_name(tam_result_reason(explained)), (int)(sent.len < 200 ? sent.len : 200), sent.ptr);
    detail_len = said.len < sizeof detail ? said.len : sizeof detail;
    memcpy(detail, said.len > 0 ? said.ptr : "", detail_len);
    tam_result_free(result);
    tam_result_free(explained);
}

/* As the token, as the token of a header, and as the header. */
static void send(struct tam_str text) {
    static char header[80000] = "Bearer ";
    memcpy(header + 7, text.ptr, text.len);
    expect_answer(&(struct tam_query){ .size = sizeof(struct tam_query), .token = text });
    expect_answer(&(struct tam_query){ .size = sizeof(struct tam_query), .authorization = { header, text.len + 7 } });
    expect_answer(&(struct tam_query){ .size = sizeof(struct tam_query), .authorization = text });
}

/* Every piece of it, of any length that a word or two have. */
static void send_pieces(struct tam_str text) {
    for (size_t at = 0; at < text.len; at++) {
        for (size_t len = 1; len <= 80 && at + len <= text.len; len++) {
            send((struct tam_str){ text.ptr + at, len });
        }
    }
}

/* ---- Not signed ---- */

static void send_words(void) {
    static char said[16][8192];
    static const char *const tokens[] = {
        "", "a", "a.b", "a.b.c.d.e", "Ew", "e30.e30.AA", "eyJhbGciOiJub25lIn0.e30.AA"
    };
    size_t lens[16];
    send_pieces(str_of(configuration));
    for (size_t i = 0; i < COUNT(tokens); i++) {
        expect_answer(&(struct tam_query){ .size = sizeof(struct tam_query), .token = str_of(tokens[i]) });
        memcpy(said[i], detail, detail_len);
        lens[i] = detail_len;
    }
    for (size_t i = 0; i < COUNT(tokens); i++) {
        send_pieces((struct tam_str){ said[i], lens[i] });
    }
}

static void send_bytes(void) {
    static const char bytes[] = "a=.~-/ \"\\{\n\0\xff\x80";
    static char text[70000];
    for (size_t i = 0; i < sizeof bytes; i++) {
        memset(text, bytes[i], sizeof text);
        for (size_t len = 0; len < sizeof text; len = len < 130 ? len + 1 : len * 2 + (i % 3)) {
            send((struct tam_str){ text, len });
        }
    }
    uint32_t state = 1;
    for (size_t round = 0; round < 3000; round++) {
        for (size_t at = 0; at < 300; at++) {
            state = state * 1664525 + 1013904223;
            text[at] = (char)(state >> 24);
        }
        send((struct tam_str){ text, round / 10 });
    }
}

START_TEST(a_client_causes_no_error_without_a_signature) {
    (_i == 0 ? open_azure : open_jwt)();
    send_words();
    send_bytes();
    plugin_host_close(&host);
}
END_TEST

/* ---- Signed ---- */

/* A good token of each, claim by claim. */
struct claim {
    const char *name, *value;
};
static const struct claim azure_claims[] = {
    { "aud", "\"" AZURE_CLIENT "\"" },
    { "exp", "4102444800" },
    { "iss", "\"https://login.microsoftonline.com/" AZURE_TENANT "/v2.0\"" },
    { "tid", "\"" AZURE_TENANT "\"" },
    { "ver", "\"2.0\"" },
    { "oid", "\"33334444-dddd-5555-eeee-6666ffff7777\"" },
    { "sub", "\"s\"" },
    { "azp", "\"22223333-cccc-4444-dddd-5555eeee6666\"" },
    { "scp", "\"read files.read.all\"" },
    { "acrs", "[\"c1\"]" },
    { "nbf", "1" },
    { "iat", "1" },
    { "roles", "[\"a\"]" },
    { "groups", "[\"a\"]" },
    { "idtyp", "\"user\"" },
    { "idp", "\"\"" },
    { "acct", "0" },
    { "xms_cc", "[\"cp1\"]" },
    { "xms_mirid", "\"m\"" },
    { "_claim_names", "{}" },
    { "cnf", "null" },
    { "other", "1" },
    { NULL, NULL },
};
static const struct claim jwt_claims[] = {
    { "iss", "\"https://id.example\"" },
    { "aud", "\"api\"" },
    { "exp", "4102444800" },
    { "nbf", "1" },
    { "iat", "1" },
    { "sub", "\"s\"" },
    { "scope", "\"documents.read.everything write\"" },
    { "scp", "null" },
    { "client_id", "\"c\"" },
    { "azp", "\"c\"" },
    { "tenancy", "{\"organisation\":\"a-long-name-of-an-organisation\"}" },
    { "realm_access", "{\"roles\":[\"a\"]}" },
    { "preferred", "{\"username\":\"alice\"}" },
    { "cnf", "null" },
    { NULL, NULL },
};

static void claims_write(struct buf *buf, const struct claim *claims, const char *name, struct tam_str value) {
    buf_clear(buf);
    buf_add_byte(buf, '{');
    for (size_t i = 0; claims[i].name != NULL; i++) {
        bool own = name != NULL && strcmp(claims[i].name, name) == 0;
        buf_format(buf, "%s\"%s\":", i > 0 ? "," : "", claims[i].name);
        buf_add(buf, own ? value : str_of(claims[i].value));
    }
    buf_add_byte(buf, '}');
}

static void send_signed(const struct buf *payload) {
    static const struct tam_str wanted = STR_INIT("delete");
    char *token = signed_host_token("RS256", payload->ptr);
    struct tam_query query = { .size = sizeof query, .token = str_of(token) };
    expect_answer(&query);
    query.scopes = (struct tam_list){ &wanted, 1 };
    expect_answer(&query);
    mem_free(token);
}

static const char *const values[] = {
    "null",
    "true",
    "0",
    "-1",
    "1.5",
    "1e400",
    "9007199254740993",
    "\"\"",
    "\" \"",
    "\"a b\"",
    "\"a\\tb\"",
    "\"a\\nb\"",
    "\"\\u0001\"",
    "\"\\u007f\"",
    "\"\\u0085\"",
    "\"\\u202e\"",
    "\"\\ud83d\\ude00\"",
    "\"\\\"\"",
    "\"\\\\\"",
    "\"\xc3\xa9\"",
    "[]",
    "[\"\"]",
    "[\"a b\"]",
    "[\"a\\n\"]",
    "[\"\\u009b\"]",
    "[\"a\\\"b\"]",
    "[1]",
    "[null]",
    "[[]]",
    "{}",
    "{\"a\":1}",
    "{\"roles\":[\"\"]}",
    "{\"roles\":[\"a\\r\\n\"]}",
    "{\"roles\":\"\\u0000\"}",
    "{\"username\":\"a\\u0007\"}",
    "{\"username\":\"\"}",
    "{\"username\":[\"a\"]}",
    "{\"organisation\":{}}",
    "{\"jkt\":\"x\"}",
};

/* So much of a token as is left for one claim. */
#define LONG 44000

/* `begin`, the piece again and again, `end`. */
static const struct shape {
    const char *begin, *piece, *end;
} shapes[] = {
    { "\"", "a", "\"" },
    { "\"", "a ", "\"" },
    { "\"", "\\n", "\"" },
    { "\"", "\\u00e9", "\"" },
    { "\"", "\xc3\xa9", "\"" },
    { "[\"a\"", ",\"a\"", "]" },
    { "[\"a\"", ",\"\\n\"", "]" },
    { "[\"\"", ",\"\"", "]" },
    { "[0", ",0", "]" },
    { "[[]", ",[]", "]" },
    { "[{}", ",{\"\":0}", "]" },
    { "[", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "" },
    { "[[]", ",[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]", "]" },
    { "{\"roles\":[\"a\"", ",\"a\"", "]}" },
    { "{\"username\":\"", "a", "\"}" },
    { "{\"roles\":\"", "a ", "\"}" },
};

static void shape_write(struct buf *value, const struct shape *shape) {
    buf_clear(value);
    buf_add_text(value, shape->begin);
    while (value->len < LONG) {
        buf_add_text(value, shape->piece);
    }
    buf_add_text(value, shape->end);
}

/* No two alike. */
static void members_write(struct buf *value) {
    buf_clear(value);
    buf_add_text(value, "{\"\":0");
    for (unsigned i = 0; value->len < LONG; i++) {
        buf_format(value, ",\"%x\":0", i);
    }
    buf_add_byte(value, '}');
}

static void send_shapes(const struct claim *claims, const char *name) {
    struct buf payload, value;
    buf_init(&payload, 1 << 20);
    buf_init(&value, 1 << 20);
    for (size_t i = 0; i < COUNT(values); i++) {
        claims_write(&payload, claims, name, str_of(values[i]));
        send_signed(&payload);
    }
    for (size_t i = 0; i < COUNT(shapes); i++) {
        shape_write(&value, &shapes[i]);
        claims_write(&payload, claims, name, buf_str(&value));
        send_signed(&payload);
    }
    members_write(&value);
    claims_write(&payload, claims, name, buf_str(&value));
    send_signed(&payload);
    buf_free(&value);
    buf_free(&payload);
}

/* The control: nothing changed, and it comes in. */
static void expect_accept(const struct claim *claims) {
    struct buf payload;
    buf_init(&payload, 65536);
    claims_write(&payload, claims, NULL, STR_NONE);
    char *token = signed_host_token("RS256", payload.ptr);
    struct tam_result *result = plugin_host_ask(&host, str_of(token));
    ck_assert_msg(tam_result_verdict(result) == TAM_VERDICT_ACCEPT, "%.*s", STR_PRINT(tam_result_detail(result)));
    tam_result_free(result);
    mem_free(token);
    buf_free(&payload);
}

/* The words of the configuration stand in details. A line with control characters is refused, but a tab is none to it,
 * and the environment may hold anything. */
START_TEST(a_client_causes_no_error_whatever_the_configuration_says) {
    static const char *const options[] = { "required_scopes=read", "subject_claim='a\tb'",
                                           "subject_claim=${TAM_TEST_ODD}", "required_claims=a:${TAM_TEST_ODD}",
                                           "required_claims=${TAM_TEST_ODD}:b" };
    static const char *const payloads[] = {
        "{" SIGNED_JWT_CLAIMS ",\"sub\":\"s\",\"a\":\"c\"}",
        "{\"iss\":\"https://id.example\",\"aud\":\"other\",\"exp\":4102444800}",
        "{\"iss\":\"x\"}",
    };
    struct buf payload;
    ck_assert_int_eq(setenv("TAM_TEST_ODD", "a\x01\xc2\x85\xe2\x80\xae", 1), 0);
    buf_init(&payload, 4096);
    (void)snprintf(configuration, sizeof configuration, "%s\n", signed_host_jwt(options[_i]));
    signed_host_open(&host, configuration);
    for (size_t i = 0; i < COUNT(payloads); i++) {
        buf_clear(&payload);
        buf_add_text(&payload, payloads[i]);
        send_signed(&payload);
    }
    buf_free(&payload);
    plugin_host_close(&host);
}
END_TEST

/* Else each client without it would get an error, for no challenge can name it. */
START_TEST(a_scope_that_no_challenge_can_name_is_a_fault) {
    static const struct {
        bool azure;
        const char *options, *fault; /* NULL: the control */
    } rows[] = {
        { false, "required_scopes=read,write", NULL },
        { false, "required_scopes='read,a\"b'", "required_scopes has a character that no scope may have" },
        { false, "required_scopes=caf\u00e9", "required_scopes has a character that no scope may have" },
        { true, "required_scopes=read", NULL },
        { true, "required_scopes='a\\\\b'", "required_scopes has a character that no scope may have" },
        { true, "advertise_scopes='a\"b'", "advertise_scopes has a character that no scope may have" },
        { true, "required_scopes=read identifier_uri=api://caf\u00e9", "identifier_uri has a character that no scope" },
    };
    const struct tam_setup setup = { .size = sizeof setup, .flags = TAM_SETUP_ANY_OWNER };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *text = rows[i].azure ? signed_host_azure(rows[i].options) : signed_host_jwt(rows[i].options);
        struct tam_faults *faults = NULL;
        int status = tam_service_check_string(text, &setup, &faults);
        const char *said = status < 0 ? tam_faults_text(faults, 0) : "none";
        ck_assert_msg((status == 0) == (rows[i].fault == NULL), "%s: %s", rows[i].options, said);
        ck_assert_msg(status == 0 || strstr(said, rows[i].fault) != NULL, "%s: %s", rows[i].options, said);
        tam_faults_free(faults);
    }
}
END_TEST

START_TEST(a_client_causes_no_error_with_a_signature) {
    const struct claim *claims = _i == 0 ? azure_claims : jwt_claims;
    (_i == 0 ? open_azure : open_jwt)();
    expect_accept(claims);
    for (size_t i = 0; claims[i].name != NULL; i++) {
        send_shapes(claims, claims[i].name);
    }
    plugin_host_close(&host);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("no error");
    tcase_set_timeout(tests, 300);
    tcase_add_unchecked_fixture(tests, signed_host_setup, signed_host_teardown);
    tcase_add_loop_test(tests, a_client_causes_no_error_without_a_signature, 0, 2);
    tcase_add_loop_test(tests, a_client_causes_no_error_whatever_the_configuration_says, 0, 5);
    tcase_add_test(tests, a_scope_that_no_challenge_can_name_is_a_fault);
    tcase_add_loop_test(tests, a_client_causes_no_error_with_a_signature, 0, 2);
    return suite_run("no error", tests);
}
