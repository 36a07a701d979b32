/* SPDX-License-Identifier: MIT
 *
 * The token reader: every way in which bytes are not a compact JWS, each beside tokens that are.
 */
#include <config.h>

#include <check.h>
#include <plugins/jose/jws/token.h>
#include <stdio.h>
#include <stdlib.h>
#include <src/base/array.h>
#include <tests/support/jose_support.h>
#include <tests/support/suite.h>

static struct test_memory memory;

static void setup(void) {
    test_memory_open(&memory);
}

static void teardown(void) {
    test_memory_close(&memory);
}

/* {"alg":"RS256"} and {} */
#define HEADER  "eyJhbGciOiJSUzI1NiJ9"
#define PAYLOAD "e30"

/* ---- Shape ------------------------------------------------------------------------------------------------------- */

static const struct {
    const char *token, *why;
} bad_shapes[] = {
    { "", "not three parts" },
    { ".", "not three parts" },
    { "abc", "not three parts" },
    { HEADER, "not three parts" },
    { HEADER ".", "not three parts" },
    { HEADER "." PAYLOAD, "not three parts" },
    { HEADER "." PAYLOAD ".c2ln.c2ln", "not three parts" },
    { "...", "not three parts" },
    { "....", "JWE" },
    { HEADER ".e30.e30.e30.e30", "JWE" },
    { ".....", "not three parts" },
    { HEADER ".e30.e30.e30.e30.e30", "not three parts" },
    { "..", "header is empty" },
    { "." PAYLOAD ".c2ln", "header is empty" },
    { HEADER "..c2ln", "payload is empty" },
    { HEADER "..", "payload is empty" },
    { HEADER "." PAYLOAD ".", "signature is empty" },
    /* RFC 7515 §2: no padding, no white space, no other alphabet, no length of 4n+1, no bit too many */
    { HEADER "=." PAYLOAD ".c2ln", "header is not canonical" },
    { " " HEADER "." PAYLOAD ".c2ln", "header is not canonical" },
    { "eyJhbGciOiJSUzI1NiJ9A." PAYLOAD ".c2ln", "header is not canonical" },
    { HEADER ".e30=.c2ln", "payload is not canonical" },
    { HEADER ".e31.c2ln", "payload is not canonical" },
    { HEADER ".e.c2ln", "payload is not canonical" },
    { HEADER ".e+0.c2ln", "payload is not canonical" },
    { HEADER ".e/0.c2ln", "payload is not canonical" },
    { HEADER ".e\n30.c2ln", "payload is not canonical" },
    { HEADER "." PAYLOAD ".c2ln=", "signature is not canonical" },
    { HEADER "." PAYLOAD ".c2l", "signature is not canonical" },
    { HEADER "." PAYLOAD ".c2lnX", "signature is not canonical" },
    { HEADER "." PAYLOAD ".c2ln ", "signature is not canonical" },
    { HEADER "." PAYLOAD ".c2ln\n", "signature is not canonical" },
    { HEADER "." PAYLOAD ".c2ln==", "signature is not canonical" },
    { HEADER "." PAYLOAD ".\xff\xff\xff\xff", "signature is not canonical" },
};

static void assert_malformed(struct tam_str compact, const char *why) {
    struct token token;
    struct tam_str detail = STR_NONE;
    ck_assert_uint_eq(token_read(compact, &memory.pool, &token, &detail), TAM_REASON_MALFORMED);
    ck_assert_msg(memmem(detail.ptr, detail.len, why, strlen(why)) != NULL, "\"%.*s\" does not say \"%s\" of \"%.*s\"",
                  STR_PRINT(detail), why, STR_PRINT(compact));
}

START_TEST(token_refuses_a_bad_shape) {
    assert_malformed(str_of(bad_shapes[_i].token), bad_shapes[_i].why);
}
END_TEST

START_TEST(token_refuses_a_nul_byte) {
    const char compact[] = HEADER "." PAYLOAD ".c2ln\0";
    assert_malformed((struct tam_str){ compact, sizeof compact - 1 }, "signature is not canonical");
}
END_TEST

START_TEST(token_is_read) {
    struct token token;
    struct tam_str detail = STR_NONE, compact = STR(HEADER "." PAYLOAD ".c2ln");
    ck_assert_uint_eq(token_read(compact, &memory.pool, &token, &detail), TAM_REASON_NONE);
    ck_assert(str_equal(token.signing_input, STR(HEADER "." PAYLOAD)));
    ck_assert_ptr_eq(token.signing_input.ptr, compact.ptr);
    ck_assert(str_equal(token.payload, STR("{}")));
    ck_assert(str_equal(token.signature, STR("sig")));
    ck_assert(str_equal(token.alg, STR("RS256")));
    ck_assert_ptr_eq(token.algorithm, algorithm_at(ALGORITHM_RS256));
    ck_assert(!token.has_kid);
    ck_assert_uint_eq(token.kid.len, 0);
    ck_assert_uint_eq(token.typ.len, 0);
    ck_assert(str_equal(token.header, STR("{\"alg\":\"RS256\"}")));
}
END_TEST

START_TEST(token_may_have_an_empty_payload_as_a_jws) {
    struct token token;
    struct tam_str detail = STR_NONE;
    ck_assert_uint_eq(token_read_jws(STR(HEADER "..c2ln"), &memory.pool, &token, &detail), TAM_REASON_NONE);
    ck_assert_uint_eq(token.payload.len, 0);
    ck_assert(str_equal(token.signing_input, STR(HEADER ".")));
}
END_TEST

START_TEST(token_cut_at_any_byte_is_malformed_or_loses_signature) {
    const struct tam_str whole = STR(HEADER ".eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJlIG9mIHNvbWUgbGVuZ3Ro");
    const size_t signed_len = sizeof(HEADER ".eyJzdWIiOiJhbGljZSJ9.") - 1;
    for (size_t len = 0; len < whole.len; len++) {
        struct token token;
        struct tam_str detail = STR_NONE;
        uint32_t reason = token_read((struct tam_str){ whole.ptr, len }, &memory.pool, &token, &detail);
        if (len <= signed_len) {
            ck_assert_uint_eq(reason, TAM_REASON_MALFORMED);
        } else if (reason == TAM_REASON_NONE) {
            ck_assert_uint_lt(token.signature.len, 24);
        } else {
            ck_assert_uint_eq(reason, TAM_REASON_MALFORMED);
        }
    }
}
END_TEST

/* ---- Header ------------------------------------------------------------------------------------------------------ */

static const struct {
    const char *header, *why;
} bad_headers[] = {
    { "", "header is empty" },
    { " ", "strict JSON" },
    { "{", "strict JSON" },
    { "{\"alg\":\"RS256\"}x", "strict JSON" },
    { "{\"alg\":\"RS256\"}{}", "strict JSON" },
    { "{\"alg\":\"RS256\",}", "strict JSON" },
    { "{'alg':'RS256'}", "strict JSON" },
    { "\xef\xbb\xbf{\"alg\":\"RS256\"}", "strict JSON" },
    { "{\"alg\":\"RS256\",\"kid\":\"\xc0\xaf\"}", "strict JSON" },
    { "{\"alg\":\"RS256\",\"kid\":\"\\ud800\"}", "strict JSON" },
    { "{\"alg\":\"RS256\",\"kid\":\"\\u0000\"}", "strict JSON" },
    /* two readers would read two things */
    { "{\"alg\":\"RS256\",\"alg\":\"none\"}", "strict JSON" },
    { "{\"alg\":\"RS256\",\"a\\u006cg\":\"HS256\"}", "strict JSON" },
    { "{\"alg\":\"RS256\",\"x\":{\"a\":1,\"a\":2}}", "strict JSON" },
    { "[]", "not a JSON object" },
    { "\"RS256\"", "not a JSON object" },
    { "null", "not a JSON object" },
    { "{}", "no alg" },
    { "{\"ALG\":\"RS256\"}", "no alg" },
    { "{\"alg\":null}", "alg is not a string" },
    { "{\"alg\":256}", "alg is not a string" },
    { "{\"alg\":[\"RS256\"]}", "alg is not a string" },
    { "{\"alg\":\"RS256\",\"kid\":null}", "kid is not a string" },
    { "{\"alg\":\"RS256\",\"kid\":1}", "kid is not a string" },
    { "{\"alg\":\"RS256\",\"typ\":null}", "typ is not a string" },
    { "{\"alg\":\"RS256\",\"typ\":[]}", "typ is not a string" },
    { "{\"alg\":\"RS256\",\"crit\":[\"exp\"],\"exp\":1}", "crit" },
    { "{\"alg\":\"RS256\",\"crit\":[]}", "crit" },
    { "{\"alg\":\"RS256\",\"crit\":null}", "crit" },
    { "{\"alg\":\"RS256\",\"b64\":false}", "b64" },
    { "{\"alg\":\"RS256\",\"b64\":true}", "b64" },
    { "{\"alg\":\"RS256\",\"zip\":\"DEF\"}", "zip" },
    { "{\"alg\":\"RSA-OAEP\",\"enc\":\"A128GCM\"}", "enc" },
};

START_TEST(token_refuses_a_bad_header) {
    char *compact = test_compact(bad_headers[_i].header, "{}", STR("sig"));
    assert_malformed(str_of(compact), bad_headers[_i].why);
    mem_free(compact);
}
END_TEST

static const struct {
    const char *header;
    bool known, has_kid;
    const char *kid, *typ;
} good_headers[] = {
    { "{\"alg\":\"RS256\"}", true, false, "", "" },
    { " {\n \"alg\" : \"RS256\" }\n", true, false, "", "" },
    { "{\"alg\":\"RS256\",\"kid\":\"\"}", true, true, "", "" },
    { "{\"alg\":\"RS256\",\"kid\":\"a\\u0062c\"}", true, true, "abc", "" },
    { "{\"typ\":\"at+jwt\",\"alg\":\"ES256\",\"kid\":\"k\"}", true, true, "k", "at+jwt" },
    /* unknown names are not malformed: the caller answers unsupported_algorithm */
    { "{\"alg\":\"none\"}", false, false, "", "" },
    { "{\"alg\":\"None\"}", false, false, "", "" },
    { "{\"alg\":\"nOnE\"}", false, false, "", "" },
    { "{\"alg\":\"\"}", false, false, "", "" },
    { "{\"alg\":\"rs256\"}", false, false, "", "" },
    { "{\"alg\":\"RS256 \"}", false, false, "", "" },
    { "{\"alg\":\"RS2567\"}", false, false, "", "" },
    /* never trusted, never fetched, never a reason */
    { "{\"alg\":\"RS256\",\"jwk\":{\"kty\":\"oct\",\"k\":\"AA\"},\"jku\":\"https://evil.example/\",\"x5u\":1,\"x5c\":[]}",
      true, false, "", "" },
};

START_TEST(token_header_is_read) {
    struct token token;
    struct tam_str detail = STR_NONE;
    char *compact = test_compact(good_headers[_i].header, "{}", STR("sig"));
    ck_assert_uint_eq(token_read(str_of(compact), &memory.pool, &token, &detail), TAM_REASON_NONE);
    ck_assert_int_eq(token.algorithm != NULL, good_headers[_i].known);
    ck_assert_int_eq(token.has_kid, good_headers[_i].has_kid);
    ck_assert(str_equal(token.kid, str_of(good_headers[_i].kid)));
    ck_assert(str_equal(token.typ, str_of(good_headers[_i].typ)));
    mem_free(compact);
}
END_TEST

/* A header of that many bytes. */
static char *header_of(size_t len) {
    static const char begin[] = "{\"alg\":\"RS256\",\"x\":\"", end[] = "\"}";
    char *header = mem_alloc(len + 1);
    memset(header, 'a', len);
    memcpy(header, begin, sizeof begin - 1);
    memcpy(header + len - (sizeof end - 1), end, sizeof end - 1);
    return header;
}

START_TEST(token_header_has_a_limit) {
    static const size_t lengths[] = { TOKEN_MAX_HEADER, TOKEN_MAX_HEADER + 1, TOKEN_MAX_HEADER + 2,
                                      2 * TOKEN_MAX_HEADER, 1000000 };

    for (size_t i = 0; i < COUNT(lengths); i++) {
        struct token token;
        struct tam_str detail = STR_NONE;
        char *header = header_of(lengths[i]);
        char *compact = test_compact(header, "{}", STR("sig"));
        if (lengths[i] <= TOKEN_MAX_HEADER) {
            ck_assert_uint_eq(token_read(str_of(compact), &memory.pool, &token, &detail), TAM_REASON_NONE);
        } else {
            assert_malformed(str_of(compact), "header is too long");
        }
        mem_free(compact);
        mem_free(header);
    }
}
END_TEST

START_TEST(token_kid_has_a_limit) {
    for (int len = KEY_MAX_KID; len <= KEY_MAX_KID + 1; len++) {
        struct token token;
        struct tam_str detail = STR_NONE;
        char header[KEY_MAX_KID + 64];
        snprintf(header, sizeof header, "{\"alg\":\"RS256\",\"kid\":\"%0*d\"}", len, 0);
        char *compact = test_compact(header, "{}", STR("sig"));
        if (len == KEY_MAX_KID) {
            ck_assert_uint_eq(token_read(str_of(compact), &memory.pool, &token, &detail), TAM_REASON_NONE);
        } else {
            assert_malformed(str_of(compact), "kid is too long");
        }
        mem_free(compact);
    }
}
END_TEST

static void *alloc_nothing(void *ctx, size_t size) {
    (void)ctx;
    (void)size;
    return NULL;
}

START_TEST(token_without_memory_is_not_read) {
    const struct pool none = { alloc_nothing, NULL };
    struct token token;
    struct tam_str detail = STR_NONE;
    ck_assert_uint_ne(token_read(STR(HEADER "." PAYLOAD ".c2ln"), &none, &token, &detail), TAM_REASON_NONE);
    ck_assert_uint_gt(detail.len, 0);
}
END_TEST

/* ---- Algorithms -------------------------------------------------------------------------------------------------- */

START_TEST(algorithm_table_is_consistent) {
    struct tam_str names[ALGORITHM_COUNT];
    for (enum algorithm_index i = 0; i < ALGORITHM_COUNT; i++) {
        const struct algorithm *row = algorithm_at(i);
        ck_assert_uint_eq(row->bit, ALGORITHM_BIT(i));
        ck_assert_int_eq(algorithm_index(row), i);
        ck_assert_ptr_eq(algorithm_find(row->name), row);
        ck_assert_int_eq(row->digest == NULL, row->digest_len == 0);
        ck_assert_int_eq(row->coordinate_len != 0, row->type == KEY_EC);
        ck_assert_int_eq(row->pss != 0, row->name.ptr[0] == 'P');
        ck_assert_int_eq((row->bit & ALGORITHMS_HS) != 0, row->type == KEY_OCT);
    }
    ck_assert_uint_eq(algorithm_names(UINT32_MAX, names), ALGORITHM_COUNT);
    ck_assert_uint_eq(algorithm_names(0, names), 0);
    ck_assert_uint_eq(algorithm_names(ALGORITHM_BIT(ALGORITHM_PS384), names), 1);
    ck_assert(str_equal(names[0], STR("PS384")));
    ck_assert_ptr_null(algorithm_find(STR_NONE));
    ck_assert_ptr_null(algorithm_find(STR("none")));
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("token");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, token_refuses_a_bad_shape, 0, COUNT(bad_shapes));
    tcase_add_test(tests, token_refuses_a_nul_byte);
    tcase_add_test(tests, token_is_read);
    tcase_add_test(tests, token_may_have_an_empty_payload_as_a_jws);
    tcase_add_test(tests, token_cut_at_any_byte_is_malformed_or_loses_signature);
    tcase_add_loop_test(tests, token_refuses_a_bad_header, 0, COUNT(bad_headers));
    tcase_add_loop_test(tests, token_header_is_read, 0, COUNT(good_headers));
    tcase_add_test(tests, token_header_has_a_limit);
    tcase_add_test(tests, token_kid_has_a_limit);
    tcase_add_test(tests, token_without_memory_is_not_read);
    tcase_add_test(tests, algorithm_table_is_consistent);
    return suite_run("token", tests);
}
