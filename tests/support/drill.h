/* SPDX-License-Identifier: MIT
 *
 * The rotation drill: what its two halves share. test_drill.c turns the issuer's keys and plays its outages;
 * drill_asker.c verifies meanwhile, and judges every verdict by what the issuer had promised at that moment.
 */
#ifndef TAM_TESTS_DRILL_H
#define TAM_TESTS_DRILL_H

#include <stdatomic.h>
#include <tests/support/plugin_host.h>

#define DRILL_KEYS_MAX 40
#define DRILL_COOLDOWN 1 /* seconds: jwks_cooldown, and how long a key is published before it signs */
#define DRILL_AFTERMATH                                                                                                \
    3 /* seconds: so long after an outage a new key may still be out of reach (back-off, cooldown) */
#define DRILL_SECOND INT64_C(1000000000)
#define DRILL_ASKERS 2

/* A key is AHEAD from its publication on, SIGNING until just before it is withdrawn, LEAVING until the verifier has
 * certainly fetched a set without it, and then GONE. */
enum drill_state { DRILL_NONE, DRILL_AHEAD, DRILL_SIGNING, DRILL_LEAVING, DRILL_GONE };

struct drill_key {
    char kid[ISSUER_KID_MAX + 1];
    EVP_PKEY *pkey;
    atomic_int state;
    atomic_bool known; /* a token of it was accepted: the verifier has it */
};

enum drill_kind {
    DRILL_GOOD,
    DRILL_AGAIN,
    DRILL_BAD_SIGNATURE,
    DRILL_UNKNOWN_KID,
    DRILL_EXPIRED,
    DRILL_WRONG_AUDIENCE,
    DRILL_WITHDRAWN,
    DRILL_WITHDRAWN_AGAIN,
    DRILL_FORGED_AHEAD,
    DRILL_KINDS
};
enum drill_outcome { DRILL_ACCEPT, DRILL_REJECT, DRILL_UNAVAILABLE, DRILL_OUTCOMES };

struct drill {
    struct issuer_process issuer;
    struct issuer_keys *keys; /* as of the start, for minting: nobody changes it */
    struct plugin_host host;
    struct drill_key key[DRILL_KEYS_MAX];
    atomic_size_t published, current; /* how many keys there were; which one signs */
    atomic_llong outage_over;         /* monotonic ns; INT64_MAX while one lasts */
    atomic_bool stop;

    pthread_mutex_t lock; /* guards fault */
    char fault[1024];     /* the first one */
    atomic_uint faults;
};

struct drill_asker {
    struct drill *drill;
    bool nonblock; /* asks with TAM_NONBLOCK, and waits as an event loop does */
    pthread_t thread;
    struct tam_waiter *waiter;
    uint64_t count[DRILL_KINDS][DRILL_OUTCOMES];
    uint64_t gone;                      /* tokens of keys that were GONE, all refused */
    uint64_t parked;                    /* AGAIN */
    int64_t longest_call, longest_wait; /* ns; the second from the first call to the verdict */
    char *again[DRILL_KEYS_MAX];        /* one accepted token of each key, to be asked again */
};

extern const char *const drill_kind_names[DRILL_KINDS];

void drill_asker_start(struct drill_asker *asker);
void drill_asker_join(struct drill_asker *asker);

#endif
