/* SPDX-License-Identifier: MIT
 *
 * floor CASE-DIR...: measures the lower bound of a verification: one public-key operation over the token's bytes,
 * without reading the token. The digest is fetched once; a context is prepared with the key and duplicated for each
 * signature. `fresh` is the same without preparation, as in most programs.
 */
#include <config.h>

#include <bench/measure.h>

#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <src/base/base64.h>
#include <src/base/mem.h>
#include <src/base/str.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct work {
    EVP_PKEY *key;
    EVP_MD_CTX *prepared, *used;
    bool pss;
    const char *digest; /* NULL: the algorithm has its own */
    struct tam_str input;
    unsigned char signature[1024];
    size_t signature_len;
};

static bool start(const struct work *work, EVP_MD_CTX *context) {
    EVP_PKEY_CTX *of_key = NULL;
    return EVP_DigestVerifyInit_ex(context, &of_key, work->digest, NULL, NULL, work->key, NULL) == 1 &&
           (!work->pss || (EVP_PKEY_CTX_set_rsa_padding(of_key, RSA_PKCS1_PSS_PADDING) == 1 &&
                           EVP_PKEY_CTX_set_rsa_pss_saltlen(of_key, RSA_PSS_SALTLEN_DIGEST) == 1));
}

static bool finish(const struct work *work, EVP_MD_CTX *context) {
    return EVP_DigestVerify(context, work->signature, work->signature_len, (const unsigned char *)work->input.ptr,
                            work->input.len) == 1;
}

static bool run_floor(void *ctx) {
    struct work *work = ctx;
    return EVP_MD_CTX_copy_ex(work->used, work->prepared) == 1 && finish(work, work->used);
}

static bool run_fresh(void *ctx) {
    struct work *work = ctx;
    EVP_MD_CTX *fresh = EVP_MD_CTX_new();
    bool good = fresh != NULL && start(work, fresh) && finish(work, fresh);
    EVP_MD_CTX_free(fresh);
    return good;
}

/* A signature of RFC 7518 §3.4 is r || s; OpenSSL expects DER. */
static bool wrap_ecdsa(struct work *work) {
    ECDSA_SIG *numbers = ECDSA_SIG_new();
    int half = (int)work->signature_len / 2;
    unsigned char *end = work->signature;
    BIGNUM *r = BN_bin2bn(work->signature, half, NULL), *s = BN_bin2bn(work->signature + half, half, NULL);
    if (numbers == NULL || ECDSA_SIG_set0(numbers, r, s) != 1) {
        return false;
    }
    work->signature_len = (size_t)i2d_ECDSA_SIG(numbers, &end);
    ECDSA_SIG_free(numbers);
    return work->signature_len > 0;
}

static bool prepare(struct work *work, const struct bench_case *of) {
    const char *token = of->tokens[0], *dot = strrchr(token, '.');
    BIO *pem = BIO_new_mem_buf(of->pem, -1);
    work->key = PEM_read_bio_PUBKEY(pem, NULL, NULL, NULL);
    BIO_free(pem);
    work->pss = strncmp(of->alg, "PS", 2) == 0;
    work->digest = strcmp(of->alg, "EdDSA") == 0 ? NULL : "SHA256";
    work->input = (struct tam_str){ token, (size_t)(dot - token) };
    work->prepared = EVP_MD_CTX_new();
    work->used = EVP_MD_CTX_new();
    return base64url_decode(str_of(dot + 1), work->signature, &work->signature_len) && work->key != NULL &&
           (strcmp(of->alg, "ES256") != 0 || wrap_ecdsa(work)) && work->prepared != NULL && work->used != NULL &&
           start(work, work->prepared);
}

int main(int argc, char **argv) {
    int count = argc - 1, status = 3;
    struct bench_case *cases = bench_cases(count, argv + 1);
    struct work *work = mem_array((size_t)count + 1, sizeof *work);
    struct measured *things = mem_array((size_t)count * 2 + 1, sizeof *things);
    bool good = cases != NULL && work != NULL && things != NULL;
    for (int i = 0; good && i < count; i++) {
        good = prepare(&work[i], &cases[i]);
        things[2 * i] = (struct measured){ cases[i].name, "floor", run_floor, &work[i] };
        things[2 * i + 1] = (struct measured){ cases[i].name, "fresh", run_fresh, &work[i] };
    }
    if (good) {
        status = measure(things, (size_t)count * 2);
    }
    for (int i = 0; work != NULL && i < count; i++) {
        EVP_MD_CTX_free(work[i].used);
        EVP_MD_CTX_free(work[i].prepared);
        EVP_PKEY_free(work[i].key);
    }
    mem_free(things);
    mem_free(work);
    bench_cases_free(cases, count);
    return status;
}
