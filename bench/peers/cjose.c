/* SPDX-License-Identifier: MIT
 *
 * cjose CASE-DIR...: the key is read once from its JWK. It is a library for JOSE: it checks the signature, and hands out the
 * payload's bytes.
 */
#include <config.h>

#include <bench/peers/peer.h>

#include <cjose/cjose.h>
#include <string.h>

static void *read_key(const struct bench_case *of) {
    return cjose_jwk_import(of->jwk, strlen(of->jwk), NULL);
}

static void free_key(void *key) {
    cjose_jwk_release(key);
}

static bool run(void *ctx) {
    const struct peer_case *with = ctx;
    const char *token = with->of->tokens[0];
    uint8_t *payload = NULL;
    size_t payload_len = 0;
    cjose_jws_t *jws = cjose_jws_import(token, strlen(token), NULL);
    bool good = jws != NULL && cjose_jws_verify(jws, with->key, NULL) &&
                cjose_jws_get_plaintext(jws, &payload, &payload_len, NULL) && payload_len > 0;
    cjose_jws_release(jws);
    return good;
}

int main(int argc, char **argv) {
    return peer_main(&(struct peer){ "cjose", " RS256 PS256 ES256 ", read_key, run, free_key }, argc, argv);
}
