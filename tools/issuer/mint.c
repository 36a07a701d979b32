/* SPDX-License-Identifier: MIT
 *
 * Minting: signed tokens with any header and any claims, byte for byte as they were given.
 */
#include <config.h>

#include <tools/issuer/mint.h>

#include <jansson.h>
#include <src/base/base64.h>
#include <src/base/mem.h>
#include <src/base/str.h>
#include <tools/issuer/libjwt.h>
#include <tools/issuer/signing.h>

#define TOKEN_MAX     ((size_t)4 << 20)
#define SIGNATURE_MAX 4096

/* What was decided before anything is written. */
struct minting {
    const struct signing_algorithm *algorithm;
    const char *kid; /* of the key; for the default header */
    EVP_PKEY *key;
    struct tam_str secret;
};

/* The last one of several, and nothing of a header that is no JSON: a guess for comfort, not a reading. */
static json_t *header_parse(struct tam_str header) {
    json_error_t ignored;
    return header.len > 0 ? json_loadb(header.ptr, header.len, 0, &ignored) : NULL;
}

static const struct issuer_key *key_choose(const struct issuer_keys *keys, const struct mint_request *request,
                                           const json_t *header, struct buf *why) {
    if (request->kid != NULL) {
        const struct issuer_key *key = issuer_keys_find(keys, str_of(request->kid));
        if (key == NULL) {
            buf_format(why, "there is no key %s", request->kid);
        }
        return key;
    }
    const char *named = json_string_value(json_object_get(header, "kid"));
    const struct issuer_key *key = named != NULL ? issuer_keys_find(keys, str_of(named)) : NULL;
    return key != NULL ? key : issuer_keys_current(keys);
}

static const struct signing_algorithm *algorithm_choose(const struct mint_request *request, const json_t *header,
                                                        const struct issuer_key *key, struct buf *why) {
    const char *named = json_string_value(json_object_get(header, "alg"));
    const struct signing_algorithm *algorithm = NULL;
    if (request->alg != NULL) {
        algorithm = signing_algorithm_find(str_of(request->alg));
        if (algorithm == NULL) {
            buf_format(why, "no algorithm %s; there are ", request->alg);
            signing_algorithm_list(why);
        }
        return algorithm;
    }
    if (named != NULL) {
        algorithm = signing_algorithm_find(str_of(named));
    }
    return algorithm != NULL ? algorithm : signing_algorithm_find(str_of(key->alg));
}

static bool minting_decide(const struct issuer_keys *keys, const struct mint_request *request,
                           struct minting *ret_minting, struct buf *why) {
    json_t *header = header_parse(request->header);
    const struct issuer_key *key = key_choose(keys, request, header, why);
    const struct signing_algorithm *algorithm = key != NULL ? algorithm_choose(request, header, key, why) : NULL;
    json_decref(header);
    if (algorithm == NULL) {
        return false;
    }
    if (algorithm->family == SIGNING_HMAC && !request->has_secret) {
        buf_format(why, "%s needs a secret", algorithm->name);
        return false;
    }
    *ret_minting = (struct minting){ .algorithm = algorithm,
                                     .kid = key->kid,
                                     .key = request->key != NULL ? request->key : key->pkey,
                                     .secret = request->secret };
    return true;
}

/* In alphabetical order, for then libjwt writes the same bytes. */
static void header_add_default(const struct minting *minting, struct buf *ret_header) {
    buf_format(ret_header, "{\"alg\":\"%s\",\"kid\":\"%s\",\"typ\":\"JWT\"}", minting->algorithm->name, minting->kid);
}

static bool segment_add(struct buf *token, struct tam_str bytes) {
    char *text = mem_alloc(BASE64_ENCODED_MAX(bytes.len) + 1);
    if (text == NULL) {
        return false;
    }
    buf_add(token, (struct tam_str){ text, base64url_encode(bytes, text) });
    mem_free(text);
    return !token->failed;
}

/* BASE64URL(header) "." BASE64URL(claims): RFC 7515 §5.1. */
static bool input_add(struct buf *token, struct tam_str header, struct tam_str claims) {
    if (!segment_add(token, header)) {
        return false;
    }
    buf_add_byte(token, '.');
    return segment_add(token, claims);
}

/*
 * The header that a Graph token's signature is over: its nonce replaced by the nonce's SHA-256. Microsoft does not
 * document it; what matters is that a signature over the header that was sent does not verify.
 */
static bool header_hash_nonce(struct tam_str header, struct buf *ret_header, struct buf *why) {
    json_t *parsed = header_parse(header);
    const char *nonce = json_string_value(json_object_get(parsed, "nonce"));
    const char *at = nonce != NULL ? memmem(header.ptr, header.len, nonce, strlen(nonce)) : NULL;
    unsigned char digest[EVP_MAX_MD_SIZE];
    size_t len = 0;
    bool good = at != NULL && EVP_Q_digest(NULL, "SHA256", NULL, nonce, strlen(nonce), digest, &len) == 1;
    if (good) {
        char text[BASE64_ENCODED_MAX(EVP_MAX_MD_SIZE)];
        size_t before = (size_t)(at - header.ptr);
        buf_add(ret_header, (struct tam_str){ header.ptr, before });
        buf_add(ret_header, (struct tam_str){ text, base64url_encode((struct tam_str){ (char *)digest, len }, text) });
        buf_add(ret_header, str_from(header, before + strlen(nonce)));
    } else {
        buf_add_text(why, "the header has no nonce");
    }
    json_decref(parsed);
    return good;
}

static bool sign_with_openssl(const struct minting *minting, struct tam_str signed_header, struct tam_str header,
                              struct tam_str claims, struct buf *ret_token, struct buf *why) {
    struct buf input, signature;
    buf_init(&input, TOKEN_MAX);
    buf_init(&signature, SIGNATURE_MAX);
    bool good = input_add(&input, signed_header, claims) &&
                signing_sign(minting->algorithm, minting->key, minting->secret, buf_str(&input), &signature, why) &&
                input_add(ret_token, header, claims);
    if (good) {
        buf_add_byte(ret_token, '.');
        good = segment_add(ret_token, buf_str(&signature));
    }
    if (!good && why->len == 0) {
        buf_add_text(why, "the token is too long");
    }
    buf_free(&signature);
    buf_free(&input);
    return good;
}

static bool sign_over_hash(const struct minting *minting, struct tam_str header, struct tam_str claims,
                           struct buf *ret_token, struct buf *why) {
    struct buf hashed;
    buf_init(&hashed, TOKEN_MAX);
    bool good = header_hash_nonce(header, &hashed, why) &&
                sign_with_openssl(minting, buf_str(&hashed), header, claims, ret_token, why);
    buf_free(&hashed);
    return good;
}

static bool sign(const struct minting *minting, const struct mint_request *request, struct tam_str header,
                 struct tam_str claims, struct buf *ret_token, enum mint_signer *ret_signer, struct buf *why) {
    enum mint_signer signer = MINT_OPENSSL;
    bool good = false;
    if (request->hash_nonce) {
        good = sign_over_hash(minting, header, claims, ret_token, why);
    } else if (libjwt_sign(minting->algorithm, minting->key, minting->secret, header, claims, ret_token)) {
        signer = MINT_LIBJWT;
        good = true;
    } else {
        good = sign_with_openssl(minting, header, header, claims, ret_token, why);
    }
    if (good && ret_signer != NULL) {
        *ret_signer = signer;
    }
    return good;
}

bool mint_token(const struct issuer_keys *keys, const struct mint_request *request, struct buf *ret_token,
                enum mint_signer *ret_signer, struct buf *why) {
    struct minting minting;
    if (!minting_decide(keys, request, &minting, why)) {
        return false;
    }
    struct buf header, claims;
    buf_init(&header, TOKEN_MAX);
    buf_init(&claims, TOKEN_MAX);
    if (request->header.len == 0) {
        header_add_default(&minting, &header);
    }
    if (request->claims.len == 0) {
        mint_claims_add(&mint_claims_default, &claims);
    }
    bool good = sign(&minting, request, request->header.len > 0 ? request->header : buf_str(&header),
                     request->claims.len > 0 ? request->claims : buf_str(&claims), ret_token, ret_signer, why);
    buf_free(&claims);
    buf_free(&header);
    return good;
}
