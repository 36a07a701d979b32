/* SPDX-License-Identifier: MIT
 *
 * Generations and their readers: a turn ends when the last reader of the old side has left, and neither earlier nor
 * because of one that came later. And counters, of which each thread writes its own.
 */
#include <config.h>

#include <src/base/array.h>
#include <src/service/counters.h>
#include <src/service/epoch.h>

#include <check.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/resource.h>
#include <tests/support/suite.h>
#include <time.h>

#define READERS_MAX (THREAD_SLOTS + 8) /* some share a slot */
#define COUNTS      1000
#define TURNS       20

struct generation {
    atomic_bool given_back;
};

static struct epoch epoch;
static struct generation first, second;

/* One that enters at once, and leaves when it is told. */
static struct staying {
    pthread_t thread;
    sem_t in, go, out;
    struct generation *generation;
} staying[READERS_MAX];

static struct waiting {
    size_t readers, polls;
    bool running; /* others enter and leave as they like */
    bool newcomer_stays;
    struct epoch_reader newcomer;
} waiting;

static void *stay(void *context) {
    struct staying *reader = context;
    struct epoch_reader entered = epoch_enter(&epoch);
    reader->generation = entered.generation;
    sem_post(&reader->in);
    sem_wait(&reader->go);
    epoch_leave(&epoch, &entered);
    sem_post(&reader->out);
    return NULL;
}

static void enter(struct staying *reader) {
    sem_init(&reader->in, 0, 0);
    sem_init(&reader->go, 0, 0);
    sem_init(&reader->out, 0, 0);
    ck_assert_int_eq(pthread_create(&reader->thread, NULL, stay, reader), 0);
    sem_wait(&reader->in);
    ck_assert_ptr_eq(reader->generation, &first);
}

/* Instead of the pause in epoch_turn(), so that nobody sleeps and what happens meanwhile is known: the first to have
 * entered leaves, and another comes. */
/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): the linker's --wrap names it */
int __wrap_clock_nanosleep(clockid_t clock, int flags, const struct timespec *pause, struct timespec *ret_left);
int __wrap_clock_nanosleep(clockid_t clock, int flags, const struct timespec *pause, struct timespec *ret_left) {
    (void)clock, (void)flags, (void)pause, (void)ret_left;
    if (waiting.running) {
        return sched_yield();
    }
    ck_assert_msg(waiting.polls < waiting.readers, "it waits for nobody");
    struct epoch_reader newcomer = epoch_enter(&epoch);
    ck_assert_ptr_eq(newcomer.generation, &second);
    if (waiting.newcomer_stays && waiting.polls == 0) {
        waiting.newcomer = newcomer;
    } else {
        epoch_leave(&epoch, &newcomer);
    }
    struct staying *leaving = &staying[waiting.polls++];
    sem_post(&leaving->go);
    sem_wait(&leaving->out);
    return 0;
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

/* Each number of readers, so that each slot holds the last of them once; with and without a newcomer that stays. */
START_TEST(a_turn_waits_for_the_readers_of_the_old_side_alone) {
    size_t readers = (size_t)_i / 2;
    waiting = (struct waiting){ .readers = readers, .newcomer_stays = readers > 0 && _i % 2 != 0 };
    epoch = (struct epoch){ 0 };
    epoch_init(&epoch, &first);
    for (size_t i = 0; i < readers; i++) {
        enter(&staying[i]);
    }
    ck_assert_ptr_eq(epoch_turn(&epoch, &second), &first);
    ck_assert_uint_eq(waiting.polls, waiting.readers);
    ck_assert_ptr_eq(epoch_current(&epoch), &second);
    if (waiting.newcomer_stays) {
        epoch_leave(&epoch, &waiting.newcomer);
    }
    waiting.readers = waiting.polls = 0;
    ck_assert_ptr_eq(epoch_turn(&epoch, &first), &second);
    ck_assert_ptr_eq(epoch_current(&epoch), &first);
    for (size_t i = 0; i < readers; i++) {
        ck_assert_int_eq(pthread_join(staying[i].thread, NULL), 0);
    }
}
END_TEST

static atomic_bool stopped;
static atomic_uint wrong;

static void *run(void *unused) {
    while (!atomic_load(&stopped)) {
        struct epoch_reader reader = epoch_enter(&epoch);
        sched_yield();
        atomic_fetch_add(&wrong, atomic_load(&reader.generation->given_back));
        epoch_leave(&epoch, &reader);
    }
    return unused;
}

START_TEST(nobody_is_in_a_generation_that_was_given_back) {
    pthread_t threads[READERS_MAX];
    struct generation *now = &first, *next = &second;
    waiting = (struct waiting){ .running = true };
    epoch = (struct epoch){ 0 };
    epoch_init(&epoch, now);
    for (size_t i = 0; i < READERS_MAX; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, run, NULL), 0);
    }
    for (size_t i = 0; i < TURNS; i++) {
        atomic_store(&next->given_back, false);
        ck_assert_ptr_eq(epoch_turn(&epoch, next), now);
        atomic_store(&now->given_back, true);
        struct generation *old = now;
        now = next;
        next = old;
    }
    atomic_store(&stopped, true);
    for (size_t i = 0; i < READERS_MAX; i++) {
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    }
    ck_assert_uint_eq(atomic_load(&wrong), 0);
}
END_TEST

/* ---- Counters ---------------------------------------------------------------------------------------------------- */

static struct counters counters;

static void *count(void *unused) {
    unsigned slot = thread_slot();
    for (int i = 0; i < COUNTS; i++) {
        counters_count(&counters, slot, TAM_VERDICT_ACCEPT, TAM_REASON_EXPIRED);
        counters_count(&counters, slot, TAM_VERDICT_REJECT, REASON_COUNT - 1);
        counters_count_lookup(&counters, slot, i % 4 == 0);
    }
    return unused;
}

START_TEST(what_each_thread_counted_is_added_up) {
    pthread_t threads[READERS_MAX];
    for (size_t i = 0; i < READERS_MAX; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, count, NULL), 0);
    }
    for (size_t i = 0; i < READERS_MAX; i++) {
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    }
    for (uint32_t verdict = 0; verdict < VERDICT_COUNT; verdict++) {
        bool counted = verdict == TAM_VERDICT_ACCEPT || verdict == TAM_VERDICT_REJECT;
        ck_assert_uint_eq(counters_verdicts(&counters, verdict), counted ? READERS_MAX * COUNTS : 0);
    }
    /* The reason of what is no reject is none. */
    for (uint32_t reason = 0; reason < REASON_COUNT; reason++) {
        ck_assert_uint_eq(counters_reasons(&counters, reason), reason == REASON_COUNT - 1 ? READERS_MAX * COUNTS : 0);
    }
    ck_assert_uint_eq(counters_lookups(&counters, true), READERS_MAX * COUNTS / 4);
    ck_assert_uint_eq(counters_lookups(&counters, false), READERS_MAX * COUNTS / 4 * 3);
}
END_TEST

/* ---- Contracts (src/base/assert.h) ------------------------------------------------------------------------------ */

#ifdef TAM_ASSERTIONS
static void init_without_generation(void) {
    epoch_init(&epoch, NULL);
}

static void turn_to_none(void) {
    (void)epoch_turn(&epoch, NULL);
}

static void turn_to_the_same(void) {
    (void)epoch_turn(&epoch, &first);
}

static void enter_before_init(void) {
    epoch.sides[0] = NULL;
    (void)epoch_enter(&epoch);
}

static void leave_no_slot(void) {
    epoch_leave(&epoch, &(struct epoch_reader){ .slot = THREAD_SLOTS });
}

static void leave_no_side(void) {
    epoch_leave(&epoch, &(struct epoch_reader){ .side = 2 });
}

static void count_in_no_slot(void) {
    counters_count(&counters, THREAD_SLOTS, TAM_VERDICT_ACCEPT, TAM_REASON_NONE);
}

static void count_no_verdict(void) {
    counters_count(&counters, 0, VERDICT_COUNT, TAM_REASON_NONE);
}

static void count_no_reason(void) {
    counters_count(&counters, 0, TAM_VERDICT_REJECT, REASON_COUNT);
}

static void look_up_in_no_slot(void) {
    counters_count_lookup(&counters, THREAD_SLOTS, true);
}

static void read_no_verdict(void) {
    (void)counters_verdicts(&counters, VERDICT_COUNT);
}

static void read_no_reason(void) {
    (void)counters_reasons(&counters, REASON_COUNT);
}

static void (*const broken[])(void) = {
    init_without_generation, turn_to_none,     turn_to_the_same, enter_before_init,  leave_no_slot,   leave_no_side,
    count_in_no_slot,        count_no_verdict, count_no_reason,  look_up_in_no_slot, read_no_verdict, read_no_reason,
};

START_TEST(a_broken_contract_aborts) {
    (void)setrlimit(RLIMIT_CORE, &(struct rlimit){ 0 });
    epoch_init(&epoch, &first);
    broken[_i]();
}
END_TEST
#endif

int main(void) {
    TCase *tests = tcase_create("epoch");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, a_turn_waits_for_the_readers_of_the_old_side_alone, 0, 2 * (READERS_MAX + 1));
    tcase_add_test(tests, nobody_is_in_a_generation_that_was_given_back);
    tcase_add_test(tests, what_each_thread_counted_is_added_up);
#ifdef TAM_ASSERTIONS
    tcase_add_loop_test_raise_signal(tests, a_broken_contract_aborts, SIGABRT, 0, COUNT(broken));
#endif
    return suite_run("epoch", tests);
}
