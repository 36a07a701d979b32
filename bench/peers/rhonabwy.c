/* SPDX-License-Identifier: MIT
 *
 * rhonabwy CASE-DIR...: the key is read once from its JWK. It checks signature, exp, iss and aud. GnuTLS computes.
 */
#include <config.h>

#include <bench/peers/peer.h>

#include <rhonabwy.h>

static void free_key(void *key) {
    r_jwk_free(key);
}

static void *read_key(const struct bench_case *of) {
    jwk_t *key = NULL;
    if (r_jwk_init(&key) == RHN_OK && r_jwk_import_from_json_str(key, of->jwk) != RHN_OK) {
        r_jwk_free(key);
        key = NULL;
    }
    return key;
}

static bool run(void *ctx) {
    const struct peer_case *with = ctx;
    jwt_t *jwt = NULL;
    bool good = r_jwt_init(&jwt) == RHN_OK && r_jwt_parse(jwt, with->of->tokens[0], 0) == RHN_OK &&
                r_jwt_verify_signature(jwt, with->key, 0) == RHN_OK &&
                r_jwt_validate_claims(jwt, R_JWT_CLAIM_ISS, with->of->issuer, R_JWT_CLAIM_AUD, with->of->audience,
                                      R_JWT_CLAIM_EXP, R_JWT_CLAIM_NOW, R_JWT_CLAIM_NOP) == RHN_OK;
    r_jwt_free(jwt);
    return good;
}

int main(int argc, char **argv) {
    r_global_init();
    int status =
        peer_main(&(struct peer){ "rhonabwy", " RS256 PS256 ES256 EdDSA ", read_key, run, free_key }, argc, argv);
    r_global_close();
    return status;
}
