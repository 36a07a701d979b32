/* SPDX-License-Identifier: MIT
 *
 * cjose CASE-DIR...: the key is read once from its JWK. It is a library for JOSE: it checks the signature, and hands out the
 * payload's bytes.
 */
#include <config.h>

#include <bench/peers/peer.h>

#include <cjose/cjose.h>
#include <src/base/mem.h>
#include <string.h>

struct opened {
    const char *token;
    size_t token_len;
    cjose_jwk_t *key;
};

static void close_case(void *ctx) {
    struct opened *opened = ctx;
    cjose_jwk_release(opened->key);
    mem_free(opened);
}

static void *open_case(const struct bench_case *of) {
    struct opened *opened = mem_alloc(sizeof *opened);
    if (opened == NULL) {
        return NULL;
    }
    opened->token = of->tokens[0];
    opened->token_len = strlen(of->tokens[0]);
    opened->key = cjose_jwk_import(of->jwk, strlen(of->jwk), NULL);
    if (opened->key == NULL) {
        mem_free(opened);
        return NULL;
    }
    return opened;
}

static bool run(void *ctx) {
    const struct opened *opened = ctx;
    uint8_t *payload = NULL;
    size_t payload_len = 0;
    cjose_jws_t *jws = cjose_jws_import(opened->token, opened->token_len, NULL);
    bool good = jws != NULL && cjose_jws_verify(jws, opened->key, NULL) &&
                cjose_jws_get_plaintext(jws, &payload, &payload_len, NULL) && payload_len > 0;
    cjose_jws_release(jws);
    return good;
}

int main(int argc, char **argv) {
    return peer_main(&(struct peer){ "cjose", " RS256 PS256 ES256 ", open_case, run, close_case }, argc, argv);
}
