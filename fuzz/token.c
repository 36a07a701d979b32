/* SPDX-License-Identifier: MIT
 *
 * Fuzz target: the token reader, and the reader of the payload's claims. Properties: the parts of the token are those
 * of the input, and a malformed token has a detail. Input with a newline is a header and a payload that the target
 * encodes, because mutated base64url is seldom valid.
 */
#include <config.h>

#include <fuzz/fuzz.h>
#include <plugins/common/claims.h>
#include <plugins/jose/jws/token.h>
#include <src/base/arena.h>
#include <src/base/array.h>
#include <src/base/base64.h>
#include <src/base/str.h>

const char *const fuzz_seeds[] = {
    ("eyJhbGciOiJSUzI1NiIsImtpZCI6ImsiLCJ0eXAiOiJhdCtqd3QifQ.eyJzdWIiOiJhIiwiZXhwIjoxLCJhdWQiOlsiYSIsImIiXX0.c2"
     "lnbmF0dXJl"),
    "eyJhbGciOiJIUzI1NiIsImNyaXQiOlsiYiJdfQ.e30.c2ln",
    "eyJhbGciOiJub25lIn0.eyJhdWQiOiJhIiwiQVVEIjoiYiJ9.AA",
    "a.b.c.d.e",
    ("{\"alg\":\"RS256\",\"kid\":\"k\\u00e9\",\"typ\":\"JWT\"}\n{\"sub\":\"a b  c\",\"exp\":1700000000,\"aud\":"
     "[\"x\",\"y\"]}"),
    "{\"alg\":\"ES256\",\"jwk\":{\"kty\":\"EC\"}}\n{\"Sub\":null,\"exp\":1,\"aud\":\"x\",\"n\":[[{\"a\":-1.5e3}]]}",
    NULL,
};

static const struct claim_row rows[] = {
    { STR_INIT("sub"), CLAIM_STRING },
    { STR_INIT("exp"), CLAIM_INTEGER },
    { STR_INIT("aud"), CLAIM_STRING | CLAIM_STRINGS },
};

static void read_claims(struct tam_str payload, const struct pool *pool) {
    const struct json_item *values[COUNT(rows)];
    const char *fault = NULL;
    struct tam_str detail = STR_NONE;
    struct claim_members members;
    struct claim_table table;
    struct tam_list list;
    const struct json *json = json_read(payload, pool, &fault);

    require(json != NULL || fault != NULL);
    require(claim_table_init(&table, rows, COUNT(rows)));
    enum claims_found found = claims_find(payload, &table, values, &members, pool, &detail);
    require((found == CLAIMS_UNREAD) == !json_is(json, JSON_TYPE_OBJECT));
    require(found == CLAIMS_GOOD || detail.len > 0);
    require(found == CLAIMS_UNREAD || members.count == json->count);
    if (found != CLAIMS_GOOD) {
        return;
    }
    require(claim_integer(values[1]) >= 0);
    require(claim_list(values[2], pool, &list) && (list.count > 0 || values[2] == NULL || values[2]->count == 0));
    require(claim_words(claim_text(values[0]), pool, &list));
}

static void read_token(struct tam_str compact, const struct pool *pool) {
    struct tam_str detail = STR_NONE;
    struct token token;

    uint32_t reason = token_read(compact, pool, &token, &detail);
    require(reason == TAM_REASON_NONE || (reason == TAM_REASON_MALFORMED && detail.len > 0));
    if (reason != TAM_REASON_NONE) {
        return;
    }
    require(token.signature.len > 0 && token.payload.len > 0);
    require(token.signing_input.ptr == compact.ptr && token.signing_input.len < compact.len);
    require(token.header.len > 0 && token.kid.len <= KEY_MAX_KID);
    require(token.algorithm == NULL || str_equal(token.algorithm->name, token.alg));
    read_claims(token.payload, pool);
}

static struct tam_str wrap(struct tam_str header, struct tam_str payload, char *out) {
    size_t len = base64url_encode(header, out);
    out[len++] = '.';
    len += base64url_encode(payload, out + len);
    memcpy(out + len, ".AAAA", 5);
    return (struct tam_str){ out, len + 5 };
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const struct tam_str input = { (const char *)data, size };
    size_t newline = str_find(input, '\n');
    struct arena arena;
    arena_init(&arena, NULL, 0, 8 * size + 1024 * 1024);
    const struct pool pool = arena_pool(&arena);
    if (newline < size) {
        char *compact = pool_alloc(&pool, 2 * size + 16);
        require(compact != NULL);
        read_token(wrap((struct tam_str){ input.ptr, newline }, str_from(input, newline + 1), compact), &pool);
    } else {
        read_token(input, &pool);
    }
    arena_free(&arena);
    return 0;
}
