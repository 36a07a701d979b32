/* SPDX-License-Identifier: MIT
 *
 * Minted tokens: the bytes on the wire are the bytes that were asked for, and OpenSSL and libjwt verify the signature,
 * each by its own code. What is minted as an attack is the attack it says it is.
 */
#include <config.h>

#include <check.h>
#include <jansson.h>
#include <jwt.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <src/base/array.h>
#include <src/base/base64.h>
#include <src/base/clock.h>
#include <src/base/mem.h>
#include <src/base/str.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <tests/support/directory.h>
#include <tests/support/suite.h>
#include <tools/issuer/certificate.h>
#include <tools/issuer/files.h>
#include <tools/issuer/mint.h>
#include <tools/issuer/signing.h>
#include <unistd.h>

#define TEXT_MAX ((size_t)1 << 20)

static char *dir;
static struct issuer_keys *keys;

static const char *const algs[] = { "RS256", "ES256", "ES384", "ES512", "EdDSA", "Ed448" };

static void setup(void) {
    struct buf why;
    buf_init(&why, 1024);
    dir = directory_make();
    struct issuer_keys_options options = { .algs = algs, .alg_count = COUNT(algs) };
    keys = issuer_keys_open(dir, &options, &why);
    ck_assert_msg(keys != NULL, "%.*s", STR_PRINT(buf_str(&why)));
    buf_free(&why);
}

static void teardown(void) {
    issuer_keys_close(keys);
    directory_remove(dir);
    mem_free(dir);
}

/* ---- reading a token, on purpose with none of the code under test ------------------------------------------------ */

struct parts {
    struct buf text;                      /* the whole token */
    struct tam_str input;                 /* what the signature is over */
    struct buf header, claims, signature; /* decoded */
};

static void segment_decode(struct tam_str segment, struct buf *ret_bytes) {
    unsigned char *bytes = mem_alloc(BASE64_DECODED_MAX(segment.len));
    size_t len = 0;
    ck_assert_msg(base64url_decode(segment, bytes, &len), "not base64url: %.*s", STR_PRINT(segment));
    buf_add(ret_bytes, (struct tam_str){ (const char *)bytes, len });
    mem_free(bytes);
}

static void parts_init(struct parts *parts) {
    struct buf *all[] = { &parts->text, &parts->header, &parts->claims, &parts->signature };
    for (size_t i = 0; i < 4; i++) {
        buf_init(all[i], TEXT_MAX);
    }
}

static void parts_free(struct parts *parts) {
    struct buf *all[] = { &parts->text, &parts->header, &parts->claims, &parts->signature };
    for (size_t i = 0; i < 4; i++) {
        buf_free(all[i]);
    }
}

static void parts_split(struct parts *parts) {
    struct tam_str text = buf_str(&parts->text);
    size_t first = str_find(text, '.');
    size_t second = first + 1 + str_find(str_from(text, first + 1), '.');
    ck_assert_uint_lt(second, text.len);
    parts->input = (struct tam_str){ text.ptr, second };
    segment_decode((struct tam_str){ text.ptr, first }, &parts->header);
    segment_decode((struct tam_str){ text.ptr + first + 1, second - first - 1 }, &parts->claims);
    segment_decode(str_from(text, second + 1), &parts->signature);
}

static enum mint_signer mint(const struct mint_request *request, struct parts *ret_parts) {
    struct buf why;
    enum mint_signer signer = 0;
    buf_init(&why, 1024);
    parts_init(ret_parts);
    bool good = mint_token(keys, request, &ret_parts->text, &signer, &why);
    ck_assert_msg(good, "%.*s", STR_PRINT(buf_str(&why)));
    buf_free(&why);
    parts_split(ret_parts);
    ck_assert_msg(ERR_peek_error() == 0, "minting leaves an error in OpenSSL's queue");
    return signer;
}

/* ---- verifying --------------------------------------------------------------------------------------------------- */

/* r and s side by side to DER; NULL for an odd length. */
static unsigned char *ecdsa_to_der(struct tam_str flat, int *ret_len) {
    ECDSA_SIG *pair = ECDSA_SIG_new();
    int half = (int)flat.len / 2;
    const unsigned char *bytes = (const unsigned char *)flat.ptr;
    ECDSA_SIG_set0(pair, BN_bin2bn(bytes, half, NULL), BN_bin2bn(bytes + half, half, NULL));
    unsigned char *der = NULL;
    *ret_len = i2d_ECDSA_SIG(pair, &der);
    ECDSA_SIG_free(pair);
    return der;
}

static bool verified(EVP_PKEY *key, const char *digest, bool pss, struct tam_str input, struct tam_str signature) {
    EVP_PKEY_CTX *key_ctx = NULL;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    ck_assert_int_eq(EVP_DigestVerifyInit_ex(ctx, &key_ctx, digest, NULL, NULL, key, NULL), 1);
    if (pss) {
        ck_assert_int_eq(EVP_PKEY_CTX_set_rsa_padding(key_ctx, RSA_PKCS1_PSS_PADDING), 1);
        ck_assert_int_eq(EVP_PKEY_CTX_set_rsa_pss_saltlen(key_ctx, RSA_PSS_SALTLEN_DIGEST), 1);
    }
    unsigned char *der = NULL;
    int len = (int)signature.len;
    if (EVP_PKEY_is_a(key, "EC")) {
        der = ecdsa_to_der(signature, &len);
    }
    const unsigned char *bytes = der != NULL ? der : (const unsigned char *)signature.ptr;
    bool good = EVP_DigestVerify(ctx, bytes, (size_t)len, (const unsigned char *)input.ptr, input.len) == 1;
    OPENSSL_free(der);
    EVP_MD_CTX_free(ctx);
    ERR_clear_error();
    return good;
}

static const struct issuer_key *key_of_alg(const char *alg) {
    for (size_t i = 0; i < keys->count; i++) {
        if (strcmp(keys->items[i].alg, alg) == 0) {
            return &keys->items[i];
        }
    }
    ck_abort_msg("no key for %s", alg);
    return NULL;
}

static bool libjwt_verifies(struct buf *token, struct tam_str key, jwt_alg_t alg) {
    jwt_t *jwt = NULL;
    ck_assert_ptr_nonnull(token->ptr);
    int result = jwt_decode(&jwt, token->ptr, (const unsigned char *)key.ptr, (int)key.len);
    bool good = result == 0 && jwt_get_alg(jwt) == alg;
    jwt_free(jwt);
    ERR_clear_error();
    return good;
}

static void public_pem(const struct issuer_key *key, struct buf *ret_pem) {
    struct buf why;
    buf_init(&why, 1024);
    ck_assert(certificate_add_public_pem(key->pkey, ret_pem, &why));
    buf_free(&why);
}

/* ---- bytes ------------------------------------------------------------------------------------------------------- */

#define PLAIN "{\"alg\":\"RS256\",\"typ\":\"JWT\"}"

static const struct {
    const char *header, *claims;
    enum mint_signer signer;
    const char *reason;
} shapes[] = {
    { PLAIN, "{\"aud\":\"a\",\"sub\":\"s\"}", MINT_LIBJWT, "the control: plain, and in libjwt's order" },
    { "{\"alg\":\"RS256\",\"kid\":\"k\",\"typ\":\"JWT\"}", "{\"n\":1,\"o\":{\"p\":[1,2]}}", MINT_LIBJWT, "nested" },
    { "{\"typ\":\"JWT\",\"alg\":\"RS256\"}", "{\"aud\":\"a\"}", MINT_OPENSSL, "header in another order" },
    { PLAIN, "{\"sub\":\"s\",\"aud\":\"a\"}", MINT_OPENSSL, "claims in another order" },
    { PLAIN, "{ \"aud\": \"a\" }\n", MINT_OPENSSL, "blanks" },
    { "{\"alg\":\"RS256\"}", "{\"aud\":\"a\"}", MINT_OPENSSL, "no typ: libjwt would add it" },
    { "{\"alg\":\"RS256\",\"typ\":\"at+jwt\"}", "{\"aud\":\"a\"}", MINT_OPENSSL, "another typ: libjwt overwrites it" },
    { "{\"alg\":\"RS256\",\"kid\":\"a\",\"kid\":\"b\",\"typ\":\"JWT\"}", "{}", MINT_OPENSSL,
      "duplicate in the header" },
    { PLAIN, "{\"aud\":\"a\",\"aud\":\"b\"}", MINT_OPENSSL, "duplicate in the claims" },
    { "{\"alg\":\"RS256\",\"b64\":false,\"crit\":[\"b64\"]}", "{\"aud\":\"a\"}", MINT_OPENSSL, "crit" },
    { PLAIN, "{\"exp\":Infinity}", MINT_OPENSSL, "no JSON" },
    { PLAIN, "{\"exp\":1e300}", MINT_OPENSSL, "a number that libjwt writes differently" },
    { PLAIN, "{\"a\":\"\\u00e9\"}", MINT_OPENSSL, "an escape that libjwt would undo" },
    { PLAIN, "{\"a\":\"\xff\"}", MINT_OPENSSL, "invalid UTF-8" },
    { PLAIN, "[]", MINT_OPENSSL, "an array" },
    { PLAIN, "x", MINT_OPENSSL, "one letter" },
    { "nothing like a header", "{}", MINT_OPENSSL, "a header that is no JSON" },
};

START_TEST(mint_writes_header_and_claims_byte_for_byte) {
    struct parts parts;
    struct tam_str header = str_of(shapes[_i].header), claims = str_of(shapes[_i].claims);
    struct mint_request request = { .header = header, .claims = claims };
    enum mint_signer signer = mint(&request, &parts);
    ck_assert_msg(str_equal(buf_str(&parts.header), header), "%s", shapes[_i].reason);
    ck_assert_msg(str_equal(buf_str(&parts.claims), claims), "%s", shapes[_i].reason);
    ck_assert_msg(signer == shapes[_i].signer, "%s: signed by the other one", shapes[_i].reason);
    ck_assert_msg(verified(issuer_keys_current(keys)->pkey, "SHA256", false, parts.input, buf_str(&parts.signature)),
                  "%s", shapes[_i].reason);
    parts_free(&parts);
}
END_TEST

START_TEST(mint_writes_bytes_that_no_text_can_hold) {
    static const char header[] = "{\"alg\":\"RS256\",\"typ\":\"JWT\"}", claims[] = "{\"sub\":\"a\0b\"}";
    struct parts parts;
    struct mint_request request = { .header = { header, sizeof header - 1 }, .claims = { claims, sizeof claims - 1 } };
    ck_assert_int_eq(mint(&request, &parts), MINT_OPENSSL);
    ck_assert(str_equal(buf_str(&parts.claims), request.claims));
    parts_free(&parts);
}
END_TEST

START_TEST(mint_writes_more_than_a_verifier_reads) {
    struct buf claims;
    buf_init(&claims, TEXT_MAX);
    buf_add_text(&claims, "{\"aud\":\"");
    for (int i = 0; i < 100000; i++) {
        buf_add_byte(&claims, 'a');
    }
    buf_add_text(&claims, "\"}");
    struct parts parts;
    struct mint_request request = { .header = STR(PLAIN), .claims = buf_str(&claims) };
    ck_assert_int_eq(mint(&request, &parts), MINT_OPENSSL);
    ck_assert(str_equal(buf_str(&parts.claims), request.claims));
    parts_free(&parts);
    buf_free(&claims);
}
END_TEST

START_TEST(mint_by_default_writes_an_entra_token_with_libjwt) {
    struct parts parts;
    ck_assert_int_eq(mint(&(struct mint_request){ .kid = NULL }, &parts), MINT_LIBJWT);
    json_t *header = json_loadb(parts.header.ptr, parts.header.len, JSON_REJECT_DUPLICATES, NULL);
    json_t *claims = json_loadb(parts.claims.ptr, parts.claims.len, JSON_REJECT_DUPLICATES, NULL);
    ck_assert_str_eq(json_string_value(json_object_get(header, "kid")), issuer_keys_current(keys)->kid);
    ck_assert_str_eq(json_string_value(json_object_get(header, "typ")), "JWT");
    ck_assert_str_eq(json_string_value(json_object_get(claims, "iss")),
                     "https://login.microsoftonline.com/aaaabbbb-0000-cccc-1111-dddd2222eeee/v2.0");
    json_int_t exp = json_integer_value(json_object_get(claims, "exp"));
    ck_assert_int_eq(exp - json_integer_value(json_object_get(claims, "iat")), 3600);
    ck_assert_int_ge(exp, clock_now() + 3500);
    json_decref(claims);
    json_decref(header);
    parts_free(&parts);
}
END_TEST

/* ---- algorithms -------------------------------------------------------------------------------------------------- */

static const struct {
    const char *alg, *key, *digest;
    bool pss;
    int jwt_alg; /* libjwt's judgement as well; -1: it does not know the algorithm */
    size_t len;  /* of the signature */
} algorithms[] = {
    { "RS256", "RS256", "SHA256", false, JWT_ALG_RS256, 256 },
    { "RS384", "RS256", "SHA384", false, JWT_ALG_RS384, 256 },
    { "RS512", "RS256", "SHA512", false, JWT_ALG_RS512, 256 },
    { "PS256", "RS256", "SHA256", true, -1, 256 },
    { "PS384", "RS256", "SHA384", true, -1, 256 },
    { "PS512", "RS256", "SHA512", true, -1, 256 },
    { "ES256", "ES256", "SHA256", false, JWT_ALG_ES256, 64 },
    { "ES384", "ES384", "SHA384", false, JWT_ALG_ES384, 96 },
    { "ES512", "ES512", "SHA512", false, JWT_ALG_ES512, 132 },
    { "EdDSA", "EdDSA", NULL, false, -1, 64 },
    { "EdDSA", "Ed448", NULL, false, -1, 114 },
};

START_TEST(mint_signs_with_each_algorithm) {
    const struct issuer_key *key = key_of_alg(algorithms[_i].key);
    struct mint_request request = { .kid = key->kid, .alg = algorithms[_i].alg };
    struct parts parts;
    enum mint_signer signer = mint(&request, &parts);
    ck_assert_int_eq(signer, algorithms[_i].jwt_alg >= 0 ? MINT_LIBJWT : MINT_OPENSSL);
    ck_assert_uint_eq(parts.signature.len, algorithms[_i].len);
    struct tam_str signature = buf_str(&parts.signature);
    ck_assert(verified(key->pkey, algorithms[_i].digest, algorithms[_i].pss, parts.input, signature));
    parts.signature.ptr[parts.signature.len / 2] ^= 1;
    ck_assert(!verified(key->pkey, algorithms[_i].digest, algorithms[_i].pss, parts.input, signature));
    if (algorithms[_i].jwt_alg >= 0) {
        struct buf pem;
        buf_init(&pem, TEXT_MAX);
        public_pem(key, &pem);
        ck_assert(libjwt_verifies(&parts.text, buf_str(&pem), (jwt_alg_t)algorithms[_i].jwt_alg));
        buf_free(&pem);
    }
    parts_free(&parts);
}
END_TEST

/* Without libjwt's order of members OpenSSL signs; libjwt must be able to read that too. */
START_TEST(mint_with_openssl_is_verified_by_libjwt) {
    static const struct {
        const char *alg;
        jwt_alg_t jwt_alg;
    } rows[] = { { "RS256", JWT_ALG_RS256 }, { "ES256", JWT_ALG_ES256 }, { "ES512", JWT_ALG_ES512 } };
    const struct issuer_key *key = key_of_alg(rows[_i].alg);
    struct buf header, pem;
    buf_init(&header, 1024);
    buf_init(&pem, TEXT_MAX);
    buf_format(&header, "{\"typ\":\"JWT\", \"alg\":\"%s\"}", rows[_i].alg);
    struct mint_request request = { .kid = key->kid, .header = buf_str(&header), .claims = STR("{\"sub\":\"s\"}") };
    struct parts parts;
    ck_assert_int_eq(mint(&request, &parts), MINT_OPENSSL);
    public_pem(key, &pem);
    ck_assert(libjwt_verifies(&parts.text, buf_str(&pem), rows[_i].jwt_alg));
    parts_free(&parts);
    buf_free(&pem);
    buf_free(&header);
}
END_TEST

START_TEST(mint_signs_with_a_secret) {
    static const struct {
        const char *alg;
        jwt_alg_t jwt_alg;
        size_t len;
    } rows[] = { { "HS256", JWT_ALG_HS256, 32 }, { "HS384", JWT_ALG_HS384, 48 }, { "HS512", JWT_ALG_HS512, 64 } };
    struct parts parts;
    struct mint_request request = { .alg = rows[_i].alg, .secret = STR("a secret"), .has_secret = true };
    ck_assert_int_eq(mint(&request, &parts), MINT_LIBJWT);
    ck_assert_uint_eq(parts.signature.len, rows[_i].len);
    ck_assert(libjwt_verifies(&parts.text, STR("a secret"), rows[_i].jwt_alg));
    ck_assert(!libjwt_verifies(&parts.text, STR("another"), rows[_i].jwt_alg));
    parts_free(&parts);
}
END_TEST

/* ---- attacks ----------------------------------------------------------------------------------------------------- */

START_TEST(mint_confuses_a_verifier_that_takes_the_public_key_for_a_secret) {
    struct buf pem;
    buf_init(&pem, TEXT_MAX);
    public_pem(issuer_keys_current(keys), &pem);
    struct parts parts;
    struct mint_request request = { .alg = "HS256", .secret = buf_str(&pem), .has_secret = true };
    mint(&request, &parts);
    ck_assert_msg(libjwt_verifies(&parts.text, buf_str(&pem), JWT_ALG_HS256),
                  "libjwt 1.10 falls for it, or it is none");
    parts_free(&parts);
    buf_free(&pem);
}
END_TEST

START_TEST(mint_of_alg_none_has_an_empty_signature) {
    static const char *const headers[] = { NULL, "{\"alg\":\"none\",\"kid\":\"k\"}" };
    struct parts parts;
    struct mint_request request = { .alg = headers[_i] == NULL ? "none" : NULL, .header = str_of(headers[_i]) };
    mint(&request, &parts);
    ck_assert_uint_eq(parts.signature.len, 0);
    ck_assert_int_eq(parts.text.ptr[parts.text.len - 1], '.');
    ck_assert_ptr_nonnull(memmem(parts.header.ptr, parts.header.len, "\"alg\":\"none\"", 12));
    parts_free(&parts);
}
END_TEST

START_TEST(mint_signs_with_a_key_that_nobody_publishes) {
    struct buf why;
    buf_init(&why, 1024);
    EVP_PKEY *foreign = signing_key_make(signing_algorithm_find(STR("RS256")), 0, &why);
    struct parts parts;
    mint(&(struct mint_request){ .key = foreign }, &parts);
    struct tam_str signature = buf_str(&parts.signature);
    ck_assert(verified(foreign, "SHA256", false, parts.input, signature));
    ck_assert(!verified(issuer_keys_current(keys)->pkey, "SHA256", false, parts.input, signature));
    parts_free(&parts);
    EVP_PKEY_free(foreign);
    buf_free(&why);
}
END_TEST

START_TEST(mint_for_graph_signs_over_the_hash_of_the_nonce) {
    struct parts parts;
    struct mint_request request = { .header = STR("{\"alg\":\"RS256\",\"nonce\":\"AQABAAAA\"}"), .hash_nonce = true };
    mint(&request, &parts);
    EVP_PKEY *key = issuer_keys_current(keys)->pkey;
    ck_assert(str_equal(buf_str(&parts.header), request.header));
    ck_assert(!verified(key, "SHA256", false, parts.input, buf_str(&parts.signature)));
    /* printf AQABAAAA | openssl sha256 -binary | basenc --base64url, without padding */
    static const char hashed[] = "{\"alg\":\"RS256\",\"nonce\":\"Cuw4Wq8HnRigKog--GyrdmpauWG-Yi3RoL5xHuR_zIY\"}";
    struct buf input;
    buf_init(&input, TEXT_MAX);
    char text[BASE64_ENCODED_MAX(sizeof hashed)];
    buf_add(&input, (struct tam_str){ text, base64url_encode((struct tam_str){ hashed, sizeof hashed - 1 }, text) });
    buf_add(&input, str_from(parts.input, str_find(parts.input, '.')));
    ck_assert(verified(key, "SHA256", false, buf_str(&input), buf_str(&parts.signature)));
    buf_free(&input);
    parts_free(&parts);
}
END_TEST

START_TEST(mint_takes_the_key_that_the_header_names) {
    const struct issuer_key *key = key_of_alg("ES256");
    struct buf header;
    buf_init(&header, 1024);
    buf_format(&header, "{\"kid\":\"%s\"}", key->kid);
    struct parts parts;
    mint(&(struct mint_request){ .header = buf_str(&header) }, &parts);
    ck_assert(verified(key->pkey, "SHA256", false, parts.input, buf_str(&parts.signature)));
    parts_free(&parts);
    /* and the current one where there is none of that name */
    mint(&(struct mint_request){ .header = STR("{\"kid\":\"of nobody\"}") }, &parts);
    ck_assert(verified(issuer_keys_current(keys)->pkey, "SHA256", false, parts.input, buf_str(&parts.signature)));
    parts_free(&parts);
    buf_free(&header);
}
END_TEST

static const struct {
    struct mint_request request;
    const char *why;
} refused[] = {
    { { .kid = "nobody" }, "there is no key nobody" },
    { { .alg = "RS257" }, "no algorithm RS257" },
    { { .alg = "rs256" }, "no algorithm rs256" },
    { { .alg = "" }, "no algorithm" },
    { { .alg = "HS256" }, "HS256 needs a secret" },
    { { .alg = "ES256" }, "ES256 cannot be signed with a key of this type" },
    { { .alg = "EdDSA" }, "EdDSA cannot be signed with a key of this type" },
    { { .hash_nonce = true }, "no nonce" },
};

START_TEST(mint_says_what_it_cannot_do) {
    struct buf token, why;
    buf_init(&token, TEXT_MAX);
    buf_init(&why, 1024);
    ck_assert(!mint_token(keys, &refused[_i].request, &token, NULL, &why));
    ck_assert_uint_eq(token.len, 0);
    ck_assert_msg(why.len > 0 && strstr(why.ptr, refused[_i].why) != NULL, "'%.*s' instead of '%s'",
                  STR_PRINT(buf_str(&why)), refused[_i].why);
    buf_free(&why);
    buf_free(&token);
}
END_TEST

/* ---- the command ------------------------------------------------------------------------------------------------- */

#define ARGUMENTS_MAX 8

/* Runs it with standard output (or error) caught in a file without a name. */
static int command_run(const char *const *arguments, int stream, struct buf *ret_text) {
    char *argv[ARGUMENTS_MAX + 4] = { mem_text(STR("mint")), mem_text(STR("--dir")), mem_text(str_of(dir)) };
    int argc = 3;
    for (size_t i = 0; i < ARGUMENTS_MAX && arguments[i] != NULL; i++) {
        argv[argc++] = mem_text(str_of(arguments[i]));
    }
    fflush(stdout);
    int file = memfd_create("caught", MFD_CLOEXEC), before = dup(stream);
    dup2(file, stream);
    int status = mint_main(argc, argv);
    fflush(stdout);
    dup2(before, stream);
    char text[8192];
    ssize_t len = pread(file, text, sizeof text, 0);
    buf_add(ret_text, (struct tam_str){ text, len > 0 ? (size_t)len : 0 });
    close(file);
    close(before);
    for (int i = 0; i < argc; i++) {
        mem_free(argv[i]);
    }
    return status;
}

static const struct {
    const char *arguments[ARGUMENTS_MAX];
    const char *header, *claims; /* what must be in them */
} printed[] = {
    { { NULL }, "{\"alg\":\"RS256\",\"kid\":", "\"ver\":\"2.0\"" },
    { { "--header", "{ }", "--claims", "{\"a\" :1}" }, "{ }", "{\"a\" :1}" },
    { { "--alg", "PS256" }, "\"alg\":\"PS256\"", "\"azp\":" },
    { { "--alg=none" }, "\"alg\":\"none\"", "" },
    { { "--tenant", "T", "--audience", "A" }, "", "\"iss\":\"https://login.microsoftonline.com/T/v2.0\"" },
    { { "--v1", "--tenant", "T" }, "", "\"iss\":\"https://sts.windows.net/T/\"" },
    { { "--v1", "--authority", "login.partner.microsoftonline.cn", "--tenant", "T" },
      "",
      "https://sts.chinacloudapi.cn/T/" },
    { { "--authority", "127.0.0.1:8443", "--tenant", "T" }, "", "\"iss\":\"https://127.0.0.1:8443/T/v2.0\"" },
    { { "--app", "--role", "A.Read B.Read" }, "", "\"roles\":[\"A.Read\",\"B.Read\"]" },
    { { "--app" }, "", "\"idtyp\":\"app\"" },
    { { "--scope", "read write" }, "", "\"scp\":\"read write\"" },
    { { "--issued-at", "1000", "--lifetime", "-10" }, "", "\"exp\":990,\"iat\":1000" },
    { { "--audience", "quote\"d" }, "", "\"aud\":\"quote\\\"d\"" },
};

START_TEST(tam_mint_prints_one_token) {
    struct parts parts;
    parts_init(&parts);
    ck_assert_int_eq(command_run(printed[_i].arguments, STDOUT_FILENO, &parts.text), 0);
    ck_assert_uint_gt(parts.text.len, 0);
    ck_assert_int_eq(parts.text.ptr[--parts.text.len], '\n');
    parts.text.ptr[parts.text.len] = '\0';
    parts_split(&parts);
    ck_assert_msg(strstr(parts.header.ptr, printed[_i].header) != NULL, "%s", parts.header.ptr);
    ck_assert_msg(strstr(parts.claims.ptr, printed[_i].claims) != NULL, "%s", parts.claims.ptr);
    parts_free(&parts);
}
END_TEST

static const struct {
    const char *arguments[ARGUMENTS_MAX];
    const char *why;
} faults[] = {
    { { "--nonsense" }, "--help" },
    { { "--kid" }, "--help" },
    { { "TOKEN" }, "unexpected argument 'TOKEN'" },
    { { "--kid", "nobody" }, "there is no key nobody" },
    { { "--alg", "nothing" }, "no algorithm nothing; there are RS256 " },
    { { "--claims", "{}", "--tenant", "T" }, "--claims are given" },
    { { "--claims", "@/nonexistent/file" }, "cannot open /nonexistent/file" },
    { { "--lifetime", "1h" }, "--lifetime: not a whole number" },
    { { "--lifetime", "" }, "--lifetime: not a whole number" },
    { { "--issued-at", "99999999999999999999" }, "--issued-at: not a whole number" },
    { { "--key", "/dev/null" }, "no private key in PEM" },
    { { "--key", "a", "--hmac-file", "b" }, "one of them signs" },
    { { "--alg", "HS256" }, "needs a secret" },
};

START_TEST(tam_mint_ends_with_3_and_says_why) {
    struct buf text;
    buf_init(&text, TEXT_MAX);
    ck_assert_int_eq(command_run(faults[_i].arguments, STDERR_FILENO, &text), 3);
    ck_assert_msg(text.len > 0 && strstr(text.ptr, faults[_i].why) != NULL, "'%.*s' instead of '%s'",
                  STR_PRINT(buf_str(&text)), faults[_i].why);
    buf_free(&text);
}
END_TEST

START_TEST(tam_mint_reads_claims_and_secret_from_files) {
    struct buf why;
    buf_init(&why, 1024);
    char *claims = issuer_path(dir, "claims"), *secret = issuer_path(dir, "secret");
    ck_assert(issuer_file_write(claims, STR("{\"a\":1}\n"), 0600, &why));
    ck_assert(issuer_file_write(secret, STR("s\n"), 0600, &why));
    struct buf at;
    buf_init(&at, 4096);
    buf_format(&at, "@%s", claims);
    const char *const arguments[ARGUMENTS_MAX] = { "--alg", "HS256", "--hmac-file", secret, "--claims", at.ptr };
    struct parts parts;
    parts_init(&parts);
    ck_assert_int_eq(command_run(arguments, STDOUT_FILENO, &parts.text), 0);
    parts.text.ptr[--parts.text.len] = '\0';
    parts_split(&parts);
    ck_assert(str_equal(buf_str(&parts.claims), STR("{\"a\":1}\n")));
    ck_assert(libjwt_verifies(&parts.text, STR("s\n"), JWT_ALG_HS256));
    parts_free(&parts);
    buf_free(&at);
    mem_free(claims);
    mem_free(secret);
    buf_free(&why);
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("mint");
    tcase_set_timeout(tcase, 60);
    tcase_add_unchecked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, mint_writes_header_and_claims_byte_for_byte, 0, COUNT(shapes));
    tcase_add_test(tcase, mint_writes_bytes_that_no_text_can_hold);
    tcase_add_test(tcase, mint_writes_more_than_a_verifier_reads);
    tcase_add_test(tcase, mint_by_default_writes_an_entra_token_with_libjwt);
    tcase_add_loop_test(tcase, mint_signs_with_each_algorithm, 0, COUNT(algorithms));
    tcase_add_loop_test(tcase, mint_with_openssl_is_verified_by_libjwt, 0, 3);
    tcase_add_loop_test(tcase, mint_signs_with_a_secret, 0, 3);
    tcase_add_test(tcase, mint_confuses_a_verifier_that_takes_the_public_key_for_a_secret);
    tcase_add_loop_test(tcase, mint_of_alg_none_has_an_empty_signature, 0, 2);
    tcase_add_test(tcase, mint_signs_with_a_key_that_nobody_publishes);
    tcase_add_test(tcase, mint_for_graph_signs_over_the_hash_of_the_nonce);
    tcase_add_test(tcase, mint_takes_the_key_that_the_header_names);
    tcase_add_loop_test(tcase, mint_says_what_it_cannot_do, 0, COUNT(refused));
    tcase_add_loop_test(tcase, tam_mint_prints_one_token, 0, COUNT(printed));
    tcase_add_loop_test(tcase, tam_mint_ends_with_3_and_says_why, 0, COUNT(faults));
    tcase_add_test(tcase, tam_mint_reads_claims_and_secret_from_files);
    return suite_run("mint", tcase);
}
