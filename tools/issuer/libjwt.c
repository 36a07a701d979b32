/* SPDX-License-Identifier: MIT
 *
 * Signing with libjwt 1.10, where it writes exactly the bytes that were asked for.
 *
 * libjwt serialises by itself: members sorted, no blanks, `typ` and `alg` added. It is therefore asked first what it
 * would write, and used only where that is what was given. Long input stays away from it: it copies segments to the
 * stack.
 */
#include <config.h>

#include <tools/issuer/libjwt.h>

#include <jwt.h>
#include <openssl/err.h>
#include <src/base/mem.h>
#include <src/base/str.h>
#include <stdio.h>
#include <tools/issuer/certificate.h>

#define INPUT_MAX  4096
#define OUTPUT_MAX 16384

/* Both are JSON objects for libjwt, which reads them as C strings. */
static bool object_fill(jwt_t *jwt, struct tam_str header, struct tam_str claims) {
    char *header_text = mem_text(header);
    char *claims_text = mem_text(claims);
    bool good = header_text != NULL && claims_text != NULL && strlen(header_text) == header.len &&
                strlen(claims_text) == claims.len && jwt_add_headers_json(jwt, header_text) == 0 &&
                jwt_add_grants_json(jwt, claims_text) == 0;
    mem_free(claims_text);
    mem_free(header_text);
    return good;
}

/* libjwt gives strings from the C library, which nothing of ours may give back; so it writes to a stream over our own
 * memory. */
static bool write_text(jwt_t *jwt, int (*write)(jwt_t *jwt, FILE *stream), char *out, size_t size, size_t *ret_len) {
    FILE *stream = fmemopen(out, size, "w");
    if (stream == NULL) {
        return false;
    }
    bool good = write(jwt, stream) == 0 && fflush(stream) == 0;
    long len = ftell(stream);
    if (fclose(stream) != 0 || !good || len <= 0 || (size_t)len >= size) {
        return false;
    }
    *ret_len = (size_t)len;
    return true;
}

static int dump_compact(jwt_t *jwt, FILE *stream) {
    return jwt_dump_fp(jwt, stream, 0);
}

/* jwt_dump_fp() writes the two objects with a dot between. */
static bool writes_the_same(jwt_t *jwt, struct tam_str header, struct tam_str claims) {
    char text[OUTPUT_MAX];
    size_t len = 0;
    if (!write_text(jwt, dump_compact, text, sizeof text, &len)) {
        return false;
    }
    while (len > 0 && text[len - 1] == '\n') {
        len--;
    }
    struct tam_str dump = { text, len };
    return len == header.len + 1 + claims.len && str_starts(dump, header) && text[header.len] == '.' &&
           str_ends(dump, claims);
}

static bool algorithm_set(jwt_t *jwt, const struct signing_algorithm *algorithm, EVP_PKEY *key, struct tam_str secret) {
    if (algorithm->family == SIGNING_HMAC) {
        return jwt_set_alg(jwt, (jwt_alg_t)algorithm->jwt_alg, (const unsigned char *)secret.ptr, (int)secret.len) == 0;
    }
    struct buf pem, ignored;
    buf_init(&pem, OUTPUT_MAX);
    buf_init(&ignored, 1024);
    bool good = certificate_add_private_pem(key, &pem, &ignored) &&
                jwt_set_alg(jwt, (jwt_alg_t)algorithm->jwt_alg, (const unsigned char *)pem.ptr, (int)pem.len) == 0;
    buf_free(&ignored);
    buf_free(&pem);
    return good;
}

static bool token_add(jwt_t *jwt, struct buf *ret_token) {
    char text[OUTPUT_MAX];
    size_t len = 0;
    if (!write_text(jwt, jwt_encode_fp, text, sizeof text, &len)) {
        return false;
    }
    buf_add(ret_token, (struct tam_str){ text, len });
    return !ret_token->failed;
}

bool libjwt_sign(const struct signing_algorithm *algorithm, EVP_PKEY *key, struct tam_str secret, struct tam_str header,
                 struct tam_str claims, struct buf *ret_token) {
    bool hmac = algorithm->family == SIGNING_HMAC;
    if (algorithm->jwt_alg < 0 || header.len > INPUT_MAX || claims.len > INPUT_MAX) {
        return false;
    }
    if (hmac && (secret.len == 0 || secret.len > INPUT_MAX)) {
        return false;
    }
    jwt_t *jwt = NULL;
    if (jwt_new(&jwt) != 0) {
        return false;
    }
    bool good = object_fill(jwt, header, claims) && algorithm_set(jwt, algorithm, key, secret) &&
                writes_the_same(jwt, header, claims) && token_add(jwt, ret_token);
    jwt_free(jwt);
    ERR_clear_error(); /* libjwt leaves it dirty */
    return good;
}
