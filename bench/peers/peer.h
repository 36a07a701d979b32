/* SPDX-License-Identifier: MIT
 *
 * What the peers in C have in common: one thing is measured of each case.
 */
#ifndef TAM_BENCH_PEERS_PEER_H
#define TAM_BENCH_PEERS_PEER_H

#include <bench/measure.h>

struct peer {
    const char *name;
    const char *algs;                           /* that it takes, each between blanks: " RS256 ES256 " */
    void *(*open)(const struct bench_case *of); /* what its manual does once: reading the key; NULL: it failed */
    bool (*run)(void *opened);                  /* what it does for each token */
    void (*close)(void *opened);
};

/* main() of a program with that peer. */
int peer_main(const struct peer *peer, int argc, char **argv);

/* The tokens of a case in turns. */
const char *peer_next_token(const struct bench_case *of, size_t *next);

#endif
