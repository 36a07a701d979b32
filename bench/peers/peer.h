/* SPDX-License-Identifier: MIT
 *
 * What the peers in C have in common: one thing is measured of each case, with a key that was read once.
 */
#ifndef TAM_BENCH_PEERS_PEER_H
#define TAM_BENCH_PEERS_PEER_H

#include <bench/measure.h>

/* A case, as a peer sees it. */
struct peer_case {
    const struct bench_case *of;
    void *key;   /* whatever read_key() gave */
    size_t next; /* see peer_next_token() */
};

struct peer {
    const char *name;
    const char *algs;                               /* that it takes, each between blanks: " RS256 ES256 " */
    void *(*read_key)(const struct bench_case *of); /* what its manual does once; NULL: it failed */
    bool (*run)(void *peer_case);                   /* what it does for each token */
    void (*free_key)(void *key);
};

/* main() of a program with that peer. */
int peer_main(const struct peer *peer, int argc, char **argv);

/* The tokens of a case in turns. */
const char *peer_next_token(struct peer_case *peer_case);

#endif
