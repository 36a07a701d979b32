/* SPDX-License-Identifier: MIT
 *
 * rhonabwy CASE-DIR...: the key is read once from its JWK. It checks signature, exp, iss and aud. GnuTLS computes.
 */
#include <config.h>

#include <bench/peers/peer.h>

#include <rhonabwy.h>
#include <src/base/mem.h>

struct opened {
    const struct bench_case *of;
    jwk_t *key;
};

static void close_case(void *ctx) {
    struct opened *opened = ctx;
    r_jwk_free(opened->key);
    mem_free(opened);
}

static void *open_case(const struct bench_case *of) {
    struct opened *opened = mem_alloc(sizeof *opened);
    if (opened == NULL) {
        return NULL;
    }
    opened->of = of;
    if (r_jwk_init(&opened->key) != RHN_OK || r_jwk_import_from_json_str(opened->key, of->jwk) != RHN_OK) {
        close_case(opened);
        return NULL;
    }
    return opened;
}

static bool run(void *ctx) {
    const struct opened *opened = ctx;
    jwt_t *jwt = NULL;
    bool good = r_jwt_init(&jwt) == RHN_OK && r_jwt_parse(jwt, opened->of->tokens[0], 0) == RHN_OK &&
                r_jwt_verify_signature(jwt, opened->key, 0) == RHN_OK &&
                r_jwt_validate_claims(jwt, R_JWT_CLAIM_ISS, opened->of->issuer, R_JWT_CLAIM_AUD, opened->of->audience,
                                      R_JWT_CLAIM_EXP, R_JWT_CLAIM_NOW, R_JWT_CLAIM_NOP) == RHN_OK;
    r_jwt_free(jwt);
    return good;
}

int main(int argc, char **argv) {
    r_global_init();
    int status =
        peer_main(&(struct peer){ "rhonabwy", " RS256 PS256 ES256 EdDSA ", open_case, run, close_case }, argc, argv);
    r_global_close();
    return status;
}
