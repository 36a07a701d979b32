/* SPDX-License-Identifier: MIT
 *
 * The main() of every peer in C.
 */
#include <config.h>

#include <bench/peers/peer.h>

#include <src/base/mem.h>
#include <stdio.h>
#include <string.h>

const char *peer_next_token(struct peer_case *peer_case) {
    size_t i = peer_case->next;
    peer_case->next = i + 1 < peer_case->of->token_count ? i + 1 : 0;
    return peer_case->of->tokens[i];
}

static bool takes(const struct peer *peer, const char *alg) {
    char word[32];
    snprintf(word, sizeof word, " %s ", alg);
    return strstr(peer->algs, word) != NULL;
}

static bool thing_open(const struct peer *peer, struct peer_case *peer_case, struct measured *thing) {
    const struct bench_case *of = peer_case->of;
    *thing = (struct measured){ .of = of->name, .name = peer->name };
    if (!takes(peer, of->alg)) {
        return true;
    }
    peer_case->key = peer->read_key(of);
    thing->run = peer->run;
    thing->ctx = peer_case;
    if (peer_case->key == NULL) {
        fprintf(stderr, "%s: %s: its key cannot be read\n", peer->name, of->name);
    }
    return peer_case->key != NULL;
}

int peer_main(const struct peer *peer, int argc, char **argv) {
    int count = argc - 1, opened = 0, status = 3;
    struct bench_case *cases = bench_cases(count, argv + 1);
    struct peer_case *all = mem_array((size_t)count + 1, sizeof *all);
    struct measured *things = mem_array((size_t)count + 1, sizeof *things);
    for (bool good = cases != NULL && all != NULL && things != NULL; good && opened < count; opened += good) {
        all[opened].of = &cases[opened];
        good = thing_open(peer, &all[opened], &things[opened]);
    }
    if (opened == count && count > 0) {
        status = measure(things, (size_t)count);
    }
    for (int i = 0; i < opened; i++) {
        if (all[i].key != NULL) {
            peer->free_key(all[i].key);
        }
    }
    mem_free(things);
    mem_free(all);
    bench_cases_free(cases, count);
    return status;
}
