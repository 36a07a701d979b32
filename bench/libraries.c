/* SPDX-License-Identifier: MIT
 *
 * libraries: prints as `libraries-kib` the part of the memory of bench/memory's host that is not tam's: the anonymous
 * memory of a process that initialised OpenSSL and libcurl as a plugin must, and verified one signature.
 */
#include <config.h>

#include <bench/measure.h>

#include <curl/curl.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BYTES 256 /* of an RSA key's modulus */

/* The modulus is any odd number: no signature needs to verify. */
static EVP_PKEY *make_key(void) {
    unsigned char bytes[BYTES];
    memset(bytes, 0xa5, sizeof bytes);
    BIGNUM *modulus = BN_bin2bn(bytes, sizeof bytes, NULL), *exponent = BN_new();
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    OSSL_PARAM *params = NULL;
    EVP_PKEY *key = NULL;
    if (BN_set_word(exponent, 65537) == 1 && OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, modulus) == 1 &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, exponent) == 1) {
        params = OSSL_PARAM_BLD_to_param(build);
    }
    if (params != NULL && EVP_PKEY_fromdata_init(context) == 1) {
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params);
    }
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    EVP_PKEY_CTX_free(context);
    BN_free(exponent);
    BN_free(modulus);
    return key;
}

int main(void) {
    static const unsigned char input[1000], signature[BYTES];
    EVP_PKEY *key = make_key();
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool asked = key != NULL && context != NULL && curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK &&
                 EVP_DigestVerifyInit_ex(context, NULL, "SHA256", NULL, NULL, key, NULL) == 1 &&
                 EVP_DigestVerify(context, signature, sizeof signature, input, sizeof input) != 1;
    CURLM *transfers = curl_multi_init(); /* a plugin that fetches has one */
    if (asked) {
        printf("libraries-kib %ld\n", bench_memory());
    }
    curl_multi_cleanup(transfers);
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    return asked ? EXIT_SUCCESS : EXIT_FAILURE;
}
