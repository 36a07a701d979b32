/* SPDX-License-Identifier: MIT
 *
 * libjwt TOKEN-FILE PEM-FILE: a peer, as its manual says to use it. It checks the signature, and no claim.
 */
#include <config.h>

#include <bench/measure.h>

#include <jwt.h>
#include <src/base/mem.h>
#include <stdio.h>
#include <string.h>

struct work {
    const char *token;
    const unsigned char *pem;
    int pem_len;
};

static bool run(void *ctx) {
    struct work *work = ctx;
    jwt_t *jwt = NULL;
    bool good = jwt_decode(&jwt, work->token, work->pem, work->pem_len) == 0;
    jwt_free(jwt);
    return good;
}

int main(int argc, char **argv) {
    char *token = argc == 3 ? bench_file(argv[1]) : NULL, *pem = argc == 3 ? bench_file(argv[2]) : NULL;
    if (token == NULL || pem == NULL) {
        fputs("usage: libjwt TOKEN-FILE PEM-FILE\n", stderr);
        return 3;
    }
    struct work work = { token, (const unsigned char *)pem, (int)strlen(pem) };
    const struct measured thing = { "libjwt", run, &work };
    int status = measure(&thing, 1);
    mem_free(pem);
    mem_free(token);
    return status;
}
