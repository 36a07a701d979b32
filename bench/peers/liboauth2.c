/* SPDX-License-Identifier: MIT
 *
 * liboauth2 [cached] CASE-DIR...: as mod_oauth2 uses it: `OAuth2TokenVerify jwk …`, with the key read once from the
 * configuration. It checks the signature and exp; of iss and aud it knows nothing with this kind of key. Its cache cannot be
 * switched off, so it gets a cache of one entry and its tokens in turns; with `cached` the cache as it is by default, and one
 * token.
 */
#include <config.h>

#include <bench/peers/peer.h>

#include <oauth2/mem.h>
#include <oauth2/oauth2.h>
#include <stdio.h>
#include <string.h>

static oauth2_log_t *log_of_all;
static bool use_cache;

static void free_key(void *key) {
    oauth2_cfg_token_verify_free(log_of_all, key);
}

static void *read_key(const struct bench_case *of) {
    oauth2_cfg_token_verify_t *verify = NULL;
    char *fault = oauth2_cfg_token_verify_add_options(log_of_all, &verify, "jwk", of->jwk,
                                                      "verify.exp=required&verify.cache=tokens");
    if (fault != NULL) {
        fprintf(stderr, "liboauth2: %s\n", fault);
        oauth2_mem_free(fault);
        oauth2_cfg_token_verify_free(log_of_all, verify);
        return NULL;
    }
    return verify;
}

static bool run(void *ctx) {
    struct peer_case *with = ctx;
    json_t *payload = NULL;
    const char *token = use_cache ? with->of->tokens[0] : peer_next_token(with);
    bool good = oauth2_token_verify(log_of_all, NULL, with->key, token, &payload);
    json_decref(payload);
    return good;
}

int main(int argc, char **argv) {
    use_cache = argc > 1 && strcmp(argv[1], "cached") == 0;
    log_of_all = oauth2_init(OAUTH2_LOG_ERROR, NULL);
    char *fault =
        oauth2_cfg_set_cache(log_of_all, NULL, "shm", use_cache ? "name=tokens" : "name=tokens&max_entries=1");
    if (fault != NULL) {
        fprintf(stderr, "liboauth2: %s\n", fault);
        return 3;
    }
    const struct peer peer = { use_cache ? "liboauth2-cached" : "liboauth2", " RS256 PS256 ES256 ", read_key, run,
                               free_key };
    int status = peer_main(&peer, argc - use_cache, argv + use_cache);
    oauth2_shutdown(log_of_all);
    return status;
}
