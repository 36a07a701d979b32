/* SPDX-License-Identifier: MIT
 *
 * libjwt CASE-DIR...: as the manual of libjwt 1.10 says: jwt_decode() takes the key's PEM each time, and there is no other
 * way. It checks the signature and no claim.
 */
#include <config.h>

#include <bench/peers/peer.h>

#include <jwt.h>
#include <string.h>

static void *read_key(const struct bench_case *of) {
    return of->pem;
}

static void free_key(void *key) {
    (void)key; /* the case's */
}

static bool run(void *ctx) {
    const struct peer_case *with = ctx;
    jwt_t *jwt = NULL;
    bool good = jwt_decode(&jwt, with->of->tokens[0], with->key, (int)strlen(with->of->pem)) == 0;
    jwt_free(jwt);
    return good;
}

int main(int argc, char **argv) {
    return peer_main(&(struct peer){ "libjwt", " RS256 ES256 ", read_key, run, free_key }, argc, argv);
}
