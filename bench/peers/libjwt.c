/* SPDX-License-Identifier: MIT
 *
 * libjwt CASE-DIR...: as the manual of libjwt 1.10 says: jwt_decode() takes the key's PEM each time, and there is no other
 * way. It checks the signature and no claim.
 */
#include <config.h>

#include <bench/peers/peer.h>

#include <jwt.h>
#include <src/base/mem.h>
#include <string.h>

struct opened {
    const char *token;
    const unsigned char *pem;
    int pem_len;
};

static void *open_case(const struct bench_case *of) {
    struct opened *opened = mem_alloc(sizeof *opened);
    if (opened != NULL) {
        *opened = (struct opened){ of->tokens[0], (const unsigned char *)of->pem, (int)strlen(of->pem) };
    }
    return opened;
}

static bool run(void *ctx) {
    const struct opened *opened = ctx;
    jwt_t *jwt = NULL;
    bool good = jwt_decode(&jwt, opened->token, opened->pem, opened->pem_len) == 0;
    jwt_free(jwt);
    return good;
}

int main(int argc, char **argv) {
    return peer_main(&(struct peer){ "libjwt", " RS256 ES256 ", open_case, run, mem_free }, argc, argv);
}
