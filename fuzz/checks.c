/* SPDX-License-Identifier: MIT
 *
 * Fuzz target: the checks of the azure and jwt plugins, through libtam as a host uses it. Input `a` or `j` and a
 * payload: the target signs the payload with a key of the azure or jwt verifier (with a header and a line feed before
 * the payload: also that header). Any other input is an Authorization value. Properties: the verdict is never error,
 * and an explanation has the same verdict.
 */
#include <config.h>

#include <fuzz/fuzz.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <src/base/base64.h>
#include <src/base/buf.h>
#include <src/base/mem.h>
#include <src/base/str.h>
#include <stdio.h>
#include <stdlib.h>
#include <tam/tam.h>
#include <unistd.h>

#define TENANT "aaaabbbb-0000-cccc-1111-dddd2222eeee"
#define CLIENT "00001111-aaaa-2222-bbbb-3333cccc4444"
#define SECRET "nCTqW9Zs1kXyR4uV8bLw2eHgJ6mPaD3fT7xKcY5q"
#define ENTRA                                                                                                          \
    "\"aud\":\"" CLIENT "\",\"exp\":4102444800,\"iss\":\"https://login.microsoftonline.com/" TENANT                    \
    "/v2.0\",\"tid\":\"" TENANT "\",\"ver\":\"2.0\",\"sub\":\"s\""
#define ISSUER "\"iss\":\"https://id.example\",\"aud\":[\"api\"],\"exp\":4102444800"

const char *const fuzz_seeds[] = {
    "a{" ENTRA
    ",\"oid\":\"33334444-dddd-5555-eeee-6666ffff7777\",\"scp\":\"read\",\"acrs\":[\"c1\"],\"xms_cc\":[\"CP1\"]"
    ",\"cnf\":null}",
    "a{" ENTRA
    ",\"idtyp\":\"app\",\"roles\":[\"Jobs.Run\",\"x\"],\"azp\":\"c\",\"azpacr\":\"2\",\"idp\":\"x\",\"acct\":0}",
    "j{" ISSUER
    ",\"sub\":\"a\",\"scope\":\"read write\",\"r\":{\"s\":[\"a\",\"b\"]},\"client_id\":\"c\",\"iat\":1,\"nbf\":1}",
    "j{" ISSUER
    ",\"sub\":\"\\u00e9\",\"scp\":[\"read\",\"b\"],\"r\":{\"s\":\"a b\"},\"azp\":\"c\",\"cnf\":{\"jkt\":\"x\"}}",
    "j{\"alg\":\"HS256\",\"typ\":\"at+jwt\",\"x\":[]}\n{" ISSUER ",\"sub\":\"a\",\"scope\":\"read\"}",
    "j{" ISSUER ",\"sub\":\"a\",\"scope\":\"read\",\"r\":[[{\"s\":[]}],{}],\"x\":[0,1,\"\"],\"azp\":\"a\\u0085\"}",
    "Bearer eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUifQ.AAAA",
    "bearer  " CLIENT,
    NULL,
};

static struct tam_service *azure, *jwt;
static EVP_PKEY *key;
static char directory[] = "/tmp/tam-fuzz-XXXXXX", keys_path[64], secret_path[64];

/* ---- Services and their keys ------------------------------------------------------------------------------------- */

static void file_write(const char *path, const char *text) {
    FILE *file = fopen(path, "w");
    require(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0);
}

static void keys_write(void) {
    BIGNUM *modulus = NULL;
    unsigned char bytes[256];
    char encoded[BASE64_ENCODED_MAX(sizeof bytes) + 1] = "", text[1024];
    key = EVP_RSA_gen(2048);
    require(key != NULL && EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &modulus) == 1);
    require(BN_bn2binpad(modulus, bytes, sizeof bytes) == (int)sizeof bytes);
    BN_free(modulus);
    (void)base64url_encode((struct tam_str){ (const char *)bytes, sizeof bytes }, encoded);
    (void)snprintf(text, sizeof text, "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"k\",\"e\":\"AQAB\",\"n\":\"%s\"}]}",
                   encoded);
    file_write(keys_path, text);
}

/* Discards log lines: almost every input is refused. */
static void no_log(void *ctx, uint32_t level, struct tam_str line) {
    (void)ctx;
    (void)level;
    (void)line;
}

static struct tam_service *service_open(const char *plugin, const char *options, const char *path) {
    struct tam_service *service = NULL;
    struct tam_faults *faults = NULL;
    const struct tam_setup setup = { .size = sizeof setup, .flags = TAM_SETUP_ANY_OWNER, .log = no_log };
    char text[2048];
    (void)snprintf(text, sizeof text,
                   "service cache_size=0 max_token_size=64K\nresource url=https://api.example/x\n" TAM_TOP_BUILDDIR
                   "/plugins/%s/.libs/tam_%s.so %s%s\n",
                   plugin, plugin, options, path);
    if (tam_service_open_string(text, &setup, &service, &faults) < 0) {
        (void)fprintf(stderr, "%s\n", tam_faults_text(faults, 0));
    }
    require(service != NULL);
    return service;
}

static void all_close(void) {
    tam_service_close(azure);
    tam_service_close(jwt);
    EVP_PKEY_free(key);
    (void)unlink(keys_path);
    (void)unlink(secret_path);
    (void)rmdir(directory);
}

static void all_open(void) {
    require(mkdtemp(directory) != NULL);
    (void)snprintf(keys_path, sizeof keys_path, "%s/keys.json", directory);
    (void)snprintf(secret_path, sizeof secret_path, "%s/secret", directory);
    keys_write();
    file_write(secret_path, SECRET);
    azure = service_open("azure",
                         "tenant_id=" TENANT " client_id=" CLIENT
                         " required_scopes=read required_roles=Jobs.Run required_acrs=c1 min_client_auth=1 jwks_file=",
                         keys_path);
    jwt = service_open("jwt",
                       "issuer=https://id.example audience=api algorithms=HS256 roles_claim=r.s required_scopes=read "
                       "secret_file=",
                       secret_path);
    (void)atexit(all_close);
}

/* ---- One input --------------------------------------------------------------------------------------------------- */

static void ask(struct tam_service *service, const struct tam_query *query) {
    struct tam_result *result = tam_verify(service, query), *explained = tam_explain(service, query);
    uint32_t verdict = tam_result_verdict(result);
    require(verdict == TAM_VERDICT_ACCEPT || verdict == TAM_VERDICT_REJECT);
    require(tam_result_verdict(explained) == verdict && tam_result_reason(explained) == tam_result_reason(result));
    require((verdict == TAM_VERDICT_ACCEPT) == (tam_result_subject(result).len > 0));
    require(verdict != TAM_VERDICT_ACCEPT || tam_result_claim(result, "aud").len > 0);
    require(verdict == TAM_VERDICT_ACCEPT || tam_result_detail(result).len > 0);
    tam_result_free(result);
    tam_result_free(explained);
}

static size_t rsa_sign(struct tam_str input, unsigned char *ret_bytes, size_t size) {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    require(context != NULL && EVP_DigestSignInit_ex(context, NULL, "SHA256", NULL, NULL, key, NULL) == 1);
    require(EVP_DigestSign(context, ret_bytes, &size, (const unsigned char *)input.ptr, input.len) == 1);
    EVP_MD_CTX_free(context);
    return size;
}

static size_t mac_sign(struct tam_str input, unsigned char *ret_bytes, size_t size) {
    size_t len = 0;
    require(EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, SECRET, sizeof SECRET - 1, (const unsigned char *)input.ptr,
                      input.len, ret_bytes, size, &len) != NULL);
    return len;
}

static void ask_signed(struct tam_str header, struct tam_str payload, bool rsa) {
    unsigned char signature[512];
    char *token = mem_alloc(BASE64_ENCODED_MAX(header.len) + BASE64_ENCODED_MAX(payload.len) +
                            BASE64_ENCODED_MAX(sizeof signature) + 8);
    require(token != NULL);
    size_t len = base64url_encode(header, token);
    token[len++] = '.';
    len += base64url_encode(payload, token + len);
    struct tam_str input = { token, len };
    size_t signature_len = (rsa ? rsa_sign : mac_sign)(input, signature, sizeof signature);
    token[len++] = '.';
    len += base64url_encode((struct tam_str){ (const char *)signature, signature_len }, token + len);
    ask(rsa ? azure : jwt, &(struct tam_query){ .size = sizeof(struct tam_query), .token = { token, len } });
    mem_free(token);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct tam_str input = { (const char *)data, size }, payload = str_from(input, 1);
    if (azure == NULL) {
        all_open();
    }
    if (size > 0 && (data[0] == 'a' || data[0] == 'j')) {
        bool rsa = data[0] == 'a';
        size_t line = str_find(payload, '\n');
        struct tam_str header = rsa ? STR("{\"alg\":\"RS256\",\"kid\":\"k\"}") : STR("{\"alg\":\"HS256\"}");
        if (line < payload.len) {
            header = (struct tam_str){ payload.ptr, line };
            payload = str_from(payload, line + 1);
        }
        ask_signed(header, payload, rsa);
        return 0;
    }
    const struct tam_query query = { .size = sizeof query, .authorization = input };
    ask(azure, &query);
    ask(jwt, &query);
    return 0;
}
