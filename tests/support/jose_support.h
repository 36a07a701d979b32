/* SPDX-License-Identifier: MIT
 *
 * What the tests of plugins/jose share: keys made on the spot, their JWKs, and tokens signed by OpenSSL in any shape,
 * right and wrong. Every failure in here ends the test.
 */
#ifndef TAM_TESTS_JOSE_SUPPORT_H
#define TAM_TESTS_JOSE_SUPPORT_H

#include <jansson.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <plugins/jose/key/keys.h>
#include <src/base/arena.h>
#include <src/base/buf.h>
#include <src/base/str.h>

/* Memory for one test case. */
struct test_memory {
    struct arena arena;
    struct pool pool;
};
void test_memory_open(struct test_memory *memory);
void test_memory_close(struct test_memory *memory);

/* A private key, made at the first call and the same from then on: "RSA-" or "PSS-" (a key for RSASSA-PSS alone) and a
 * number of bits, "P-256", "P-384", "P-521", "secp256k1", "Ed25519" or "Ed448", with an optional "/2" behind for
 * another one. */
EVP_PKEY *test_key(const char *name);
/* Frees them all. */
void test_keys_free(void);

/* Its public JWK, with kid unless that is NULL. The caller's reference. */
json_t *test_jwk(EVP_PKEY *pkey, const char *kid);
json_t *test_jwk_secret(struct tam_str secret, const char *kid);
/* A certificate of that key, which it signs itself; the caller's. */
X509 *test_certificate(EVP_PKEY *pkey);
/* One element of an `x5c`: plain base64 of it, and of `more` zero bytes behind it. The caller's reference. */
json_t *test_x5c_element(EVP_PKEY *pkey, int more);
/* As text; takes the reference. mem_free() it. */
char *test_text(json_t *json);
/* Wraps JWKs (takes their references, ends with NULL) into the text of a set. */
char *test_set(json_t *first, ...);

/* Reads a set, or a single JWK text; NULL with why. */
struct keys *test_keys(const char *set, enum key_source source, struct buf *ret_why);
struct key *test_key_read(const char *jwk, enum key_source source, struct buf *ret_why);
/* Takes the reference of a JWK. The test fails unless it is refused in these words, or taken where they are NULL. */
void test_key_expect(json_t *jwk, enum key_source source, const char *words);
/* A set of this one key; takes the reference. The test fails where it is refused. */
struct keys *test_keys_of(json_t *jwk, enum key_source source);
/* What token_read() says of a token. */
uint32_t test_token_read(const char *token);
/* What a token is against a fixed set of keys: TAM_REASON_NONE, or malformed, unsupported_algorithm, unknown_key,
 * bad_signature. */
uint32_t test_jws_verify(const char *token, const struct keys *keys, uint32_t algorithms);

/* Is the signature good? */
static inline bool test_key_verify(const struct key *key, const struct algorithm *algorithm, struct tam_str input,
                                   struct tam_str signature) {
    return key_judge(key, algorithm, input, signature) == KEY_GOOD;
}

/* How to sign, in OpenSSL's words. digest NULL: as Ed25519 and Ed448 do it. mask NULL: PKCS #1 v1.5, else PSS with that
 * digest in MGF1 and a salt of that many bytes, or RSA_PSS_SALTLEN_DIGEST. */
struct test_scheme {
    const char *digest, *mask;
    int salt_len;
};
#define TEST_SIGNATURE_MAX 4096
/* The signature of these bytes; for a curve r || s. */
size_t test_signature(const struct test_scheme *scheme, EVP_PKEY *pkey, struct tam_str input, unsigned char *ret_bytes);

/* base64url of bytes. mem_free() it. */
char *test_base64url(struct tam_str bytes);
/* A compact JWS over these very bytes of header and payload. The algorithm is given apart, so that a header may lie. */
char *test_sign(const char *alg, EVP_PKEY *pkey, const char *header, const char *payload);
/* The same for PS256, with a salt of that many bytes. */
char *test_sign_salted(EVP_PKEY *pkey, int salt_len, const char *header, const char *payload);
char *test_mac(const char *alg, struct tam_str secret, const char *header, const char *payload);
/* The three segments joined. */
char *test_compact(const char *header, const char *payload, struct tam_str signature);

/* The content of a file; the test fails if it cannot be read. mem_free() it. */
char *test_file(const char *path, size_t *ret_len);
/* The path of a file of the project, below tests/. */
char *test_project_path(const char *name);

#endif
