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
#include <src/base/mem.h>
#include <stdio.h>
#include <string.h>

static oauth2_log_t *log_of_all;
static bool use_cache;

struct opened {
    oauth2_cfg_token_verify_t *verify;
    const struct bench_case *of;
    size_t next;
};

static void close_case(void *ctx) {
    struct opened *opened = ctx;
    oauth2_cfg_token_verify_free(log_of_all, opened->verify);
    mem_free(opened);
}

static void *open_case(const struct bench_case *of) {
    struct opened *opened = mem_alloc(sizeof *opened);
    if (opened == NULL) {
        return NULL;
    }
    opened->of = of;
    char *fault = oauth2_cfg_token_verify_add_options(log_of_all, &opened->verify, "jwk", of->jwk,
                                                      "verify.exp=required&verify.cache=tokens");
    if (fault != NULL) {
        fprintf(stderr, "liboauth2: %s\n", fault);
        oauth2_mem_free(fault);
        close_case(opened);
        return NULL;
    }
    return opened;
}

static bool run(void *ctx) {
    struct opened *opened = ctx;
    json_t *payload = NULL;
    const char *token = use_cache ? opened->of->tokens[0] : peer_next_token(opened->of, &opened->next);
    bool good = oauth2_token_verify(log_of_all, NULL, opened->verify, token, &payload);
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
    const struct peer peer = { use_cache ? "liboauth2-cached" : "liboauth2", " RS256 PS256 ES256 ", open_case, run,
                               close_case };
    int status = peer_main(&peer, argc - use_cache, argv + use_cache);
    oauth2_shutdown(log_of_all);
    return status;
}
