/* SPDX-License-Identifier: MIT
 *
 * The main() of every peer in C.
 */
#include <config.h>

#include <bench/peers/peer.h>

#include <src/base/mem.h>
#include <stdio.h>
#include <string.h>

const char *peer_next_token(const struct bench_case *of, size_t *next) {
    size_t i = *next;
    *next = i + 1 < of->token_count ? i + 1 : 0;
    return of->tokens[i];
}

static bool takes(const struct peer *peer, const char *alg) {
    char word[32];
    snprintf(word, sizeof word, " %s ", alg);
    return strstr(peer->algs, word) != NULL;
}

static bool thing_open(const struct peer *peer, struct bench_case *of, struct measured *thing) {
    *thing = (struct measured){ .of = of->name, .name = peer->name };
    if (!takes(peer, of->alg)) {
        return true;
    }
    thing->run = peer->run;
    thing->ctx = peer->open(of);
    if (thing->ctx == NULL) {
        fprintf(stderr, "%s: %s: it cannot be set up\n", peer->name, of->name);
    }
    return thing->ctx != NULL;
}

int peer_main(const struct peer *peer, int argc, char **argv) {
    int count = argc - 1, opened = 0, status = 3;
    struct bench_case *cases = bench_cases(count, argv + 1);
    struct measured *things = mem_array((size_t)count + 1, sizeof *things);
    while (cases != NULL && things != NULL && opened < count && thing_open(peer, &cases[opened], &things[opened])) {
        opened++;
    }
    if (opened == count && count > 0) {
        status = measure(things, (size_t)count);
    }
    for (int i = 0; i < opened; i++) {
        if (things[i].ctx != NULL) {
            peer->close(things[i].ctx);
        }
    }
    mem_free(things);
    bench_cases_free(cases, count);
    return status;
}
