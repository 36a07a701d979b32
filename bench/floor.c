/* SPDX-License-Identifier: MIT
 *
 * floor TOKEN-FILE PEM-FILE: what nobody can be faster than. One RSA public operation over the token's bytes: SHA-256 fetched
 * beforehand, a context prepared with the key and duplicated for each signature. `fresh` is the same without preparation.
 */
#include <config.h>

#include <bench/measure.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <src/base/base64.h>
#include <src/base/mem.h>
#include <src/base/str.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct work {
    EVP_PKEY *key;
    EVP_MD *digest;
    EVP_MD_CTX *prepared, *used;
    struct tam_str input;
    unsigned char signature[1024];
    size_t signature_len;
};

static bool run_floor(void *ctx) {
    struct work *work = ctx;
    return EVP_MD_CTX_copy_ex(work->used, work->prepared) == 1 &&
           EVP_DigestVerify(work->used, work->signature, work->signature_len, (const unsigned char *)work->input.ptr,
                            work->input.len) == 1;
}

static bool run_fresh(void *ctx) {
    struct work *work = ctx;
    EVP_MD_CTX *fresh = EVP_MD_CTX_new();
    bool good = fresh != NULL && EVP_DigestVerifyInit(fresh, NULL, EVP_sha256(), NULL, work->key) == 1 &&
                EVP_DigestVerify(fresh, work->signature, work->signature_len, (const unsigned char *)work->input.ptr,
                                 work->input.len) == 1;
    EVP_MD_CTX_free(fresh);
    return good;
}

static bool prepare(struct work *work, const char *token, const char *pem) {
    FILE *file = fopen(pem, "r");
    const char *dot = strrchr(token, '.');
    if (file == NULL || dot == NULL) {
        return false;
    }
    work->key = PEM_read_PUBKEY(file, NULL, NULL, NULL);
    fclose(file);
    work->input = (struct tam_str){ token, (size_t)(dot - token) };
    work->digest = EVP_MD_fetch(NULL, "SHA256", NULL);
    work->prepared = EVP_MD_CTX_new();
    work->used = EVP_MD_CTX_new();
    return base64url_decode(str_of(dot + 1), work->signature, &work->signature_len) && work->key != NULL &&
           work->prepared != NULL && work->used != NULL &&
           EVP_DigestVerifyInit_ex(work->prepared, NULL, "SHA256", NULL, NULL, work->key, NULL) == 1;
}

int main(int argc, char **argv) {
    static struct work work;
    char *token = argc == 3 ? bench_file(argv[1]) : NULL;
    if (token == NULL || !prepare(&work, token, argv[2])) {
        fputs("usage: floor TOKEN-FILE PEM-FILE\n", stderr);
        return 3;
    }
    const struct measured things[] = { { "floor", run_floor, &work }, { "fresh", run_fresh, &work } };
    int status = measure(things, sizeof things / sizeof things[0]);
    EVP_MD_CTX_free(work.used);
    EVP_MD_CTX_free(work.prepared);
    EVP_MD_free(work.digest);
    EVP_PKEY_free(work.key);
    mem_free(token);
    return status;
}
