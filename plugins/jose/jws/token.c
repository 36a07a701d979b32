/* SPDX-License-Identifier: MIT
 *
 * Splits and decodes a compact JWS. The reader checks shape and sizes before it decodes anything, so hostile input
 * costs no more than good input, and refuses every header member that changes what the signature covers.
 */
#include <config.h>

#include <plugins/jose/jws/token.h>
#include <src/base/array.h>
#include <src/base/base64.h>
#include <src/base/str.h>

struct segments {
    struct tam_str header, payload, signature;
};

/* RFC 7515 §7.1: BASE64URL(header) "." BASE64URL(payload) "." BASE64URL(signature). Stops after the fourth dot: a token
 * of dots alone must not cost a scan of its whole length for each. */
static const char *segments_cut(struct tam_str compact, struct segments *ret_segments) {
    struct tam_str rest = compact, parts[5];
    size_t dots = 0;
    while (dots < 4) {
        size_t dot = str_find(rest, '.');
        if (dot == rest.len) {
            break;
        }
        parts[dots++] = (struct tam_str){ rest.ptr, dot };
        rest = str_from(rest, dot + 1);
    }
    parts[dots] = rest;
    if (dots == 4 && str_find(rest, '.') == rest.len) {
        return "an encrypted token (JWE, RFC 7516) is not spoken here";
    }
    if (dots != 2) {
        return "not three parts separated by two dots (JWS, RFC 7515 section 7.1)";
    }
    *ret_segments = (struct segments){ parts[0], parts[1], parts[2] };
    return NULL;
}

static const char *segments_check(const struct segments *segments, bool empty_payload) {
    if (segments->header.len == 0) {
        return "the header is empty";
    }
    if (segments->header.len > BASE64_ENCODED_MAX(TOKEN_MAX_HEADER)) {
        return "the header is too long";
    }
    if (segments->payload.len == 0 && !empty_payload) {
        return "the payload is empty";
    }
    /* RFC 7518 §3.6: the shape of an unsecured JWS */
    if (segments->signature.len == 0) {
        return "the signature is empty";
    }
    return NULL;
}

/* False: not base64url, or no memory. */
static bool segment_decode(struct tam_str segment, const struct pool *pool, struct tam_str *ret_bytes) {
    unsigned char *bytes = pool_alloc(pool, BASE64_DECODED_MAX(segment.len));
    size_t len = 0;
    if (bytes == NULL || !base64url_decode(segment, bytes, &len)) {
        return false;
    }
    *ret_bytes = (struct tam_str){ (const char *)bytes, len };
    return true;
}

/*
 * The header members that the reader uses, and those that make it refuse the token. `jwk`, `jku`, `x5u` and `x5c` are
 * in neither set: the reader ignores keys and addresses that a token carries.
 */
enum header_member { HEADER_ALG, HEADER_KID, HEADER_TYP, HEADER_REFUSED };

static const struct header_row {
    struct tam_str name;
    enum header_member member;
    const char *fault; /* why the token is refused: the value is not a string; HEADER_REFUSED: the member is present */
} header_rows[] = {
    { STR_INIT("alg"), HEADER_ALG, "the header's alg is not a string" },
    { STR_INIT("kid"), HEADER_KID, "the header's kid is not a string" },
    { STR_INIT("typ"), HEADER_TYP, "the header's typ is not a string" },
    /* RFC 7515 §4.1.11: no extension is understood, so every critical one is refused */
    { STR_INIT("crit"), HEADER_REFUSED, "the header has crit (RFC 7515 section 4.1.11)" },
    /* RFC 7797 §3: b64 changes the signing input */
    { STR_INIT("b64"), HEADER_REFUSED, "the header has b64 (RFC 7797)" },
    { STR_INIT("zip"), HEADER_REFUSED, "the header has zip (RFC 7516 section 4.1.3)" },
    { STR_INIT("enc"), HEADER_REFUSED, "the header has enc (RFC 7516 section 4.1.2)" },
};

static const struct header_row *header_row_find(struct tam_str name) {
    /* Every name of interest has three or four bytes. */
    if (name.len < 3 || name.len > 4) {
        return NULL;
    }
    for (size_t i = 0; i < COUNT(header_rows); i++) {
        if (str_equal(header_rows[i].name, name)) {
            return &header_rows[i];
        }
    }
    return NULL;
}

static const char *header_take(const struct header_row *row, const struct json_item *value, struct token *token) {
    if (row->member == HEADER_REFUSED || !json_item_is(value, JSON_TYPE_STRING)) {
        return row->fault;
    }
    switch (row->member) {
    case HEADER_ALG:
        token->alg = value->text;
        break;
    case HEADER_KID:
        if (value->text.len > KEY_MAX_KID) {
            return "the header's kid is too long";
        }
        token->kid = value->text;
        token->has_kid = true;
        break;
    case HEADER_TYP:
        token->typ = value->text;
        break;
    case HEADER_REFUSED:
        break;
    }
    return NULL;
}

static const char *header_read(struct tam_str text, const struct pool *pool, struct token *token) {
    const char *fault = NULL;
    struct json_item member;
    struct json_walk walk;
    enum json_type type;
    bool has_alg = false;
    if (!json_walk_begin(&walk, text, pool, &type)) {
        return "the header is not strict JSON";
    }
    if (type != JSON_TYPE_OBJECT) {
        return "the header is not a JSON object";
    }
    while (json_walk_next(&walk, &member)) {
        const struct header_row *row = fault == NULL ? header_row_find(member.name) : NULL;
        if (row == NULL) {
            continue;
        }
        fault = header_take(row, &member, token);
        has_alg = has_alg || row->member == HEADER_ALG;
    }
    if (walk.fault != NULL) {
        return "the header is not strict JSON";
    }
    if (fault != NULL) {
        return fault;
    }
    if (!has_alg) {
        return "the header has no alg";
    }
    token->header = text;
    token->algorithm = algorithm_find(token->alg);
    return NULL;
}

static const char *read_segments(const struct segments *segments, const struct pool *pool, struct token *token) {
    struct tam_str header;
    if (!segment_decode(segments->header, pool, &header)) {
        return "the header is not canonical base64url";
    }
    if (header.len > TOKEN_MAX_HEADER) {
        return "the header is too long";
    }
    if (!segment_decode(segments->payload, pool, &token->payload)) {
        return "the payload is not canonical base64url";
    }
    if (!segment_decode(segments->signature, pool, &token->signature)) {
        return "the signature is not canonical base64url";
    }
    return header_read(header, pool, token);
}

static uint32_t read_compact(struct tam_str compact, const struct pool *pool, bool empty_payload,
                             struct token *ret_token, struct tam_str *ret_detail) {
    struct token token = { .has_kid = false };
    struct segments segments;

    const char *fault = segments_cut(compact, &segments);
    if (fault == NULL) {
        fault = segments_check(&segments, empty_payload);
    }
    if (fault == NULL) {
        fault = read_segments(&segments, pool, &token);
    }
    if (fault != NULL) {
        *ret_detail = str_of(fault);
        return TAM_REASON_MALFORMED;
    }
    token.signing_input = (struct tam_str){ compact.ptr, segments.header.len + 1 + segments.payload.len };
    *ret_token = token;
    return TAM_REASON_NONE;
}

uint32_t token_read(struct tam_str compact, const struct pool *pool, struct token *ret_token,
                    struct tam_str *ret_detail) {
    return read_compact(compact, pool, false, ret_token, ret_detail);
}

uint32_t token_read_jws(struct tam_str compact, const struct pool *pool, struct token *ret_token,
                        struct tam_str *ret_detail) {
    return read_compact(compact, pool, true, ret_token, ret_detail);
}
