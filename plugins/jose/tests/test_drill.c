/* SPDX-License-Identifier: MIT
 *
 * The rotation drill: two threads verify without a pause while the issuer turns its keys, withdraws old ones, fails,
 * ends and hangs. No good token may be refused because of the moment at which it came, no bad one let in, and no more
 * fetched than the cooldown allows. `make drill` runs the long form, which scripts/drill sets up; `make check` the
 * short one.
 */
#include <config.h>

#include <tests/support/drill.h>

#include <inttypes.h>
#include <src/base/array.h>
#include <src/base/clock.h>
#include <src/base/str.h>
#include <stdio.h>
#include <string.h>
#include <tests/support/suite.h>
#include <time.h>

#include <check.h>

#define MILLISECOND    INT64_C(1000000)
#define LIMIT          (20 * DRILL_SECOND) /* for whatever must happen; it does within a second or two */
#define BACKOFF_MIN    (750 * MILLISECOND) /* schedule.c: one second, less a quarter */
#define OUTAGE         (1200 * MILLISECOND)
#define KEPT_REPLACED  3 /* tam-issuer(1): so many replaced keys stay published */
#define ROTATIONS_LONG 20

/* ---- outages ---------------------------------------------------------------------------------------------------- */

static void storm_begin(struct issuer_process *issuer) {
    issuer_process_fail(issuer);
}

static void storm_end(struct issuer_process *issuer) {
    issuer_process_recover(issuer);
}

static void hold_begin(struct issuer_process *issuer) {
    issuer_process_hold(issuer);
}

static void hold_end(struct issuer_process *issuer) {
    issuer_process_release(issuer);
}

enum outage_kind { OUTAGE_NONE, OUTAGE_STORM, OUTAGE_ENDED, OUTAGE_HELD };
static const struct {
    void (*begin)(struct issuer_process *issuer), (*end)(struct issuer_process *issuer);
} outages[] = {
    [OUTAGE_STORM] = { storm_begin, storm_end },                   /* 503 to all */
    [OUTAGE_ENDED] = { issuer_process_end, issuer_process_again }, /* the process is gone */
    [OUTAGE_HELD] = { hold_begin, hold_end },                      /* connections are accepted and not answered */
};

/* Which one comes with a rotation: it begins when the new key is published, and lasts until after the key signs. */
static const enum outage_kind plan_long[ROTATIONS_LONG] = {
    [1] = OUTAGE_STORM,  [4] = OUTAGE_ENDED,  [7] = OUTAGE_HELD,
    [10] = OUTAGE_STORM, [13] = OUTAGE_ENDED, [16] = OUTAGE_STORM,
};
static const enum outage_kind plan_short[] = { OUTAGE_NONE, OUTAGE_STORM, OUTAGE_NONE };

struct script {
    struct drill drill;
    struct drill_asker askers[DRILL_ASKERS];
    const enum outage_kind *plan;
    size_t rotations, outage_count;
    int64_t began, outage_began;
    int64_t retries_max;             /* how many fetches failures may have caused */
    int64_t gone_at[DRILL_KEYS_MAX]; /* of a LEAVING key: what `fetches - failures` must reach until it is GONE */
};

static void outage_begin(struct script *script, enum outage_kind kind) {
    script->drill.outage_over = INT64_MAX;
    script->outage_began = clock_monotonic();
    script->outage_count++;
    outages[kind].begin(&script->drill.issuer);
}

static void outage_end(struct script *script, enum outage_kind kind) {
    outages[kind].end(&script->drill.issuer);
    int64_t now = clock_monotonic();
    script->drill.outage_over = now;
    /* Each failure is followed by one retry, after the back-off at least; one may run when it begins, one comes after
     * it. */
    script->retries_max += (now - script->outage_began) / BACKOFF_MIN + 2;
}

/* ---- keys ------------------------------------------------------------------------------------------------------- */

static int64_t number(const struct script *script, const char *name) {
    return plugin_host_keyset(&script->drill.host, name);
}

/*
 * fetches counts beginnings, failures ends, so the difference is the good ones and the one that may run. When it has
 * grown by two, one that began after the withdrawal was published, and the verdicts on it are revoked: the next one
 * began.
 */
static void leaving_settle(struct script *script) {
    struct drill *drill = &script->drill;
    int64_t good = number(script, "fetches") - number(script, "failures");
    for (size_t i = 0; i < drill->published; i++) {
        if (drill->key[i].state == DRILL_LEAVING && good >= script->gone_at[i]) {
            drill->key[i].state = DRILL_GONE;
        }
    }
}

static bool none_is_leaving(const struct script *script) {
    for (size_t i = 0; i < script->drill.published; i++) {
        if (script->drill.key[i].state == DRILL_LEAVING) {
            return false;
        }
    }
    return true;
}

static void pause_for(struct script *script, int64_t time) {
    const struct timespec moment = { .tv_nsec = 10 * MILLISECOND };
    for (int64_t until = clock_monotonic() + time; clock_monotonic() < until;) {
        nanosleep(&moment, NULL);
        leaving_settle(script);
    }
}

static void key_take(struct drill *drill, enum drill_state state) {
    const struct issuer_key *current = issuer_keys_current(drill->issuer.keys);
    ck_assert_uint_lt(drill->published, DRILL_KEYS_MAX);
    struct drill_key *key = &drill->key[drill->published];
    snprintf(key->kid, sizeof key->kid, "%s", current->kid);
    ck_assert_int_eq(EVP_PKEY_up_ref(current->pkey), 1);
    key->pkey = current->pkey;
    key->state = (int)state;
    drill->published++;
}

/* The issuer announces the removal of a key before it removes it, so that no new token has its kid. */
static void key_publish(struct script *script) {
    struct drill *drill = &script->drill;
    size_t leaving = drill->published - KEPT_REPLACED - 1;
    script->gone_at[leaving] = INT64_MAX;
    drill->key[leaving].state = DRILL_LEAVING;
    issuer_process_rotate(&drill->issuer);
    ck_assert_ptr_null(issuer_keys_find(drill->issuer.keys, str_of(drill->key[leaving].kid)));
    script->gone_at[leaving] = number(script, "fetches") - number(script, "failures") + 2;
    key_take(drill, DRILL_AHEAD);
}

static void condition_await(struct script *script, bool (*condition)(const struct script *script), const char *what) {
    for (int64_t until = clock_monotonic() + LIMIT; !condition(script);) {
        ck_assert_msg(clock_monotonic() < until, "%s: not within 20 s; %s", what, script->drill.fault);
        pause_for(script, 10 * MILLISECOND);
    }
}

static bool current_is_known(const struct script *script) {
    return script->drill.key[script->drill.current].known;
}

/* Published a cooldown before it signs: what an issuer owes to its verifiers. */
static void rotate(struct script *script, enum outage_kind outage) {
    struct drill *drill = &script->drill;
    key_publish(script);
    size_t next = drill->published - 1;
    if (outage != OUTAGE_NONE) {
        outage_begin(script, outage);
    }
    pause_for(script, DRILL_COOLDOWN * DRILL_SECOND);
    drill->key[next].state = DRILL_SIGNING;
    drill->current = next;
    if (outage != OUTAGE_NONE) {
        pause_for(script, OUTAGE - DRILL_COOLDOWN * DRILL_SECOND);
        outage_end(script, outage);
    }
    condition_await(script, current_is_known, "a token of the new key is accepted");
}

/* ---- the whole -------------------------------------------------------------------------------------------------- */

static void script_open(struct script *script) {
    struct drill *drill = &script->drill;
    struct buf options, why;
    issuer_process_start(&drill->issuer, &(struct issuer_process_options){ .names = NULL });
    buf_init(&options, 65536);
    buf_init(&why, 1024);
    drill->keys = issuer_keys_open(drill->issuer.dir, NULL, &why);
    ck_assert_ptr_nonnull(drill->keys);
    ck_assert_int_eq(pthread_mutex_init(&drill->lock, NULL), 0);
    key_take(drill, DRILL_SIGNING);
    for (size_t i = 0; i < KEPT_REPLACED; i++) {
        issuer_process_rotate(&drill->issuer);
        key_take(drill, DRILL_SIGNING);
    }
    drill->current = drill->published - 1;
    buf_format(&options, "jwks_cooldown=%ds ", DRILL_COOLDOWN);
    issuer_process_add_options(&drill->issuer, &options);
    outage_begin(script, OUTAGE_STORM); /* a cold start without an issuer */
    script->began = clock_monotonic();
    plugin_host_open_azure(&drill->host, "", buf_str(&options));
    buf_free(&why);
    buf_free(&options);
}

static void script_close(struct script *script) {
    struct drill *drill = &script->drill;
    plugin_host_close(&drill->host);
    for (size_t i = 0; i < drill->published; i++) {
        EVP_PKEY_free(drill->key[i].pkey);
    }
    issuer_keys_close(drill->keys);
    pthread_mutex_destroy(&drill->lock);
    issuer_process_stop(&drill->issuer);
}

static void script_play(struct script *script) {
    for (size_t i = 0; i < DRILL_ASKERS; i++) {
        script->askers[i] = (struct drill_asker){ .drill = &script->drill, .nonblock = i > 0 };
        drill_asker_start(&script->askers[i]);
    }
    pause_for(script, 300 * MILLISECOND);
    outage_end(script, OUTAGE_STORM);
    condition_await(script, current_is_known, "the first token is accepted");
    for (size_t i = 0; i < script->rotations; i++) {
        rotate(script, script->plan[i]);
    }
    condition_await(script, none_is_leaving, "the withdrawn keys are gone");
    pause_for(script, 200 * MILLISECOND);
    script->drill.stop = true;
    for (size_t i = 0; i < DRILL_ASKERS; i++) {
        drill_asker_join(&script->askers[i]);
    }
}

static uint64_t count_of(const struct script *script, enum drill_kind kind, enum drill_outcome outcome) {
    uint64_t sum = 0;
    for (size_t i = 0; i < DRILL_ASKERS; i++) {
        sum += script->askers[i].count[kind][outcome];
    }
    return sum;
}

static void verdicts_print(const struct script *script) {
    printf("%-28s %10s %10s %12s\n", "", "accept", "reject", "unavailable");
    for (enum drill_kind kind = 0; kind < DRILL_KINDS; kind++) {
        printf("%-28s %10" PRIu64 " %10" PRIu64 " %12" PRIu64 "\n", drill_kind_names[kind],
               count_of(script, kind, DRILL_ACCEPT), count_of(script, kind, DRILL_REJECT),
               count_of(script, kind, DRILL_UNAVAILABLE));
    }
}

static void waits_print(const struct script *script) {
    const struct drill_asker *waiting = &script->askers[0], *parked = &script->askers[1];
    printf("longest verify: waiting %" PRId64 " ms; TAM_NONBLOCK %" PRId64 " ms in a call, %" PRId64
           " ms parked (%" PRIu64 " times)\n",
           waiting->longest_call / MILLISECOND, parked->longest_call / MILLISECOND, parked->longest_wait / MILLISECOND,
           parked->parked);
}

/* What the cooldown allows, and what the back-off adds for failures. Until the first minute is over no set is old. */
static void fetches_judge(const struct script *script, int64_t took) {
    int64_t forced_max = took / (DRILL_COOLDOWN * DRILL_SECOND) + 1, fetches_max = 1 + forced_max + script->retries_max;
    int64_t fetches = number(script, "fetches"), forced = number(script, "forced");
    int64_t asked = (int64_t)issuer_process_requests(&script->drill.issuer, "/keys ");
    printf("fetches %" PRId64 ", at most 1 + %" PRId64 " forced + %" PRId64 " retries = %" PRId64 "; forced %" PRId64
           ", failed %" PRId64 ", suppressed %" PRId64 "; the issuer saw %" PRId64 "\n",
           fetches, forced_max, script->retries_max, fetches_max, forced, number(script, "failures"),
           number(script, "suppressed"), asked);
    fflush(stdout);
    ck_assert_int_le(forced, forced_max);
    ck_assert_int_le(fetches, fetches_max);
    ck_assert_int_le(asked, fetches);
}

/* A drill in which something never happened has shown nothing of it. */
static void coverage_judge(const struct script *script) {
    for (enum drill_kind kind = 0; kind < DRILL_KINDS; kind++) {
        ck_assert_msg(count_of(script, kind, DRILL_ACCEPT) + count_of(script, kind, DRILL_REJECT) > 0, "no token: %s",
                      drill_kind_names[kind]);
    }
    ck_assert_uint_gt(count_of(script, DRILL_GOOD, DRILL_UNAVAILABLE), 0); /* the cold start */
    ck_assert_uint_gt(script->askers[0].gone, 0);
    ck_assert_uint_gt(script->askers[1].parked, 0);
    /* Never waits: a forced refresh is waited for two seconds. */
    ck_assert_int_lt(script->askers[1].longest_call, 2 * DRILL_SECOND);
}

static void drill_run(const enum outage_kind *plan, size_t rotations) {
    static struct script script;
    script = (struct script){ .plan = plan, .rotations = rotations };
    script_open(&script);
    script_play(&script);
    int64_t took = clock_monotonic() - script.began;
    printf("rotation drill: %zu rotations, %zu outages, 2 threads (one with TAM_NONBLOCK), %" PRId64 ".%" PRId64 " s\n",
           rotations, script.outage_count, took / DRILL_SECOND, took % DRILL_SECOND / (100 * MILLISECOND));
    verdicts_print(&script);
    waits_print(&script);
    fetches_judge(&script, took);
    ck_assert_msg(script.drill.faults == 0, "%u wrong verdicts; the first: %s", script.drill.faults,
                  script.drill.fault);
    coverage_judge(&script);
    script_close(&script);
}

START_TEST(the_short_drill_has_no_wrong_verdict) {
    drill_run(plan_short, COUNT(plan_short));
}
END_TEST

START_TEST(the_long_drill_has_no_wrong_verdict) {
    drill_run(plan_long, ROTATIONS_LONG);
}
END_TEST

int main(int argc, char **argv) {
    TCase *tests = tcase_create("drill");
    bool is_long = argc > 1 && strcmp(argv[1], "--long") == 0;
    tcase_set_timeout(tests, 300);
    tcase_add_test(tests, is_long ? the_long_drill_has_no_wrong_verdict : the_short_drill_has_no_wrong_verdict);
    return suite_run("drill", tests);
}
