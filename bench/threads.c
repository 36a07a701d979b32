/* SPDX-License-Identifier: MIT
 *
 * threads BUILD-DIR CASE-DIR: measures the contention of two threads of one service. A line on standard input requests
 * a round, as in bench/measure.h, but of wall time; a figure is wall time per verification of all lanes together.
 *
 *     one        one thread
 *     shared     two threads, one service: the measurement
 *     private    two threads, a service each: the control
 *     processes  two processes, a service each: the limit of the machine
 *
 * each uncached and cached, over one hot token and over all tokens of the case.
 */
#include <config.h>

#include <bench/host.h>
#include <bench/measure.h>

#include <pthread.h>
#include <signal.h>
#include <src/base/array.h>
#include <src/base/clock.h>
#include <src/base/mem.h>
#include <src/base/str.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define LANES 2
#define ROUND INT64_C(50000000) /* nanoseconds */
#define BATCH 16

static const struct work {
    const char *name;
    const char *plugin_line;
    bool many;
} works[] = {
    { "threads-uncached", "service cache_size=0", false },
    { "threads-uncached-many", "service cache_size=0", true },
    { "threads-cached", "service cache_size=64M cache_ttl=3600s", false },
    { "threads-cached-many", "service cache_size=64M cache_ttl=3600s", true },
};
#define WORKS COUNT(works)

/* The services and tokens of one thread or process. */
struct lane {
    struct tam_service *services[WORKS];
    struct tam_str *tokens;
    size_t count, next;
};

/* One round. The main thread writes `work` before the barrier `begin`, the runners read it after. */
struct race {
    pthread_barrier_t begin, end;
    size_t work; /* index into works; WORKS: the runner must end */
    double rates[LANES];
    bool failed[LANES];
};

struct runner {
    struct race *race;
    struct tam_service *service;
    struct lane *lane;
    int number;
};

static bool lane_ask(struct lane *lane, struct tam_service *service, bool many) {
    lane->next = lane->next + 1 < lane->count ? lane->next + 1 : 0;
    return host_ask(service, lane->tokens[many ? lane->next : 0], TAM_VERDICT_ACCEPT);
}

/* One lane of a race, from its begin to its end. */
static void run_lane(const struct runner *runner) {
    struct race *race = runner->race;
    int64_t begin = clock_monotonic(), now = begin, count = 0;
    bool good = true;
    while (now - begin < ROUND && good) {
        for (int i = 0; i < BATCH && good; i++) {
            good = lane_ask(runner->lane, runner->service, works[race->work].many);
        }
        count += BATCH;
        now = clock_monotonic();
    }
    race->rates[runner->number] = (double)count / (double)(now - begin);
    race->failed[runner->number] = !good;
}

static void *run_thread(void *ctx) {
    const struct runner *runner = ctx;
    pthread_barrier_wait(&runner->race->begin);
    run_lane(runner);
    return NULL;
}

/* ---- Lanes ------------------------------------------------------------------------------------------------------- */

static bool lane_open(struct lane *lane, const char *build, char *dir, int number) {
    size_t count = 0;
    char **lines = bench_lines(dir, "tokens", &count);
    lane->tokens = mem_array(count, sizeof *lane->tokens);
    if (lines == NULL || lane->tokens == NULL) {
        return false;
    }
    lane->count = count;
    lane->next = count / LANES * (size_t)number; /* the lanes use different tokens at a time */
    for (size_t i = 0; i < count; i++) {
        lane->tokens[i] = str_of(lines[i]);
    }
    for (size_t w = 0; w < WORKS; w++) {
        bool same = w > 0 && works[w].many;
        lane->services[w] = same ? lane->services[w - 1] : host_open(build, dir, "azure", works[w].plugin_line);
        for (size_t i = 0; same && i < count; i++) {
            if (!lane_ask(lane, lane->services[w], true)) {
                return false;
            }
        }
    }
    mem_free(lines); /* their texts live on in the tokens */
    return lane->services[0] != NULL && lane->services[2] != NULL;
}

static void lane_close(struct lane *lane) {
    for (size_t w = 0; w < WORKS; w += 2) {
        tam_service_close(lane->services[w]);
    }
    if (lane->tokens != NULL) {
        mem_free((void *)(uintptr_t)lane->tokens[0].ptr); /* where the file's text begins */
        mem_free(lane->tokens);
    }
}

/* A child process opens its own services: libtam refuses those of the parent after fork(). */
static void run_process(struct race *race, const char *build, char *dir, int number) {
    struct lane lane = { 0 };
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* or it would wait at the barrier after the parent's death */
    bool good = lane_open(&lane, build, dir, number);
    for (;;) {
        pthread_barrier_wait(&race->begin);
        if (race->work == WORKS) {
            break;
        }
        race->failed[number] = !good;
        if (good) {
            run_lane(&(struct runner){ race, lane.services[race->work], &lane, number });
        }
        pthread_barrier_wait(&race->end);
    }
    lane_close(&lane);
    _exit(good ? EXIT_SUCCESS : EXIT_FAILURE);
}

/* ---- Races ------------------------------------------------------------------------------------------------------- */

static bool print_race(const struct race *race, const char *name, int lanes) {
    double rate = 0;
    for (int i = 0; i < lanes; i++) {
        if (race->failed[i]) {
            fprintf(stderr, "%s %s: it failed\n", works[race->work].name, name);
            return false;
        }
        rate += race->rates[i];
    }
    printf("%s %s %.1f\n", works[race->work].name, name, 1 / rate);
    return true;
}

/* Threads of this process; each with the service of its own lane, or all with the first one's. */
static bool race_threads(struct race *race, struct lane *lanes, const char *name, int count, bool shared) {
    pthread_t threads[LANES];
    struct runner runners[LANES];
    pthread_barrier_init(&race->begin, NULL, (unsigned)count);
    for (int i = 0; i < count; i++) {
        runners[i] = (struct runner){ race, lanes[shared ? 0 : i].services[race->work], &lanes[i], i };
        if (pthread_create(&threads[i], NULL, run_thread, &runners[i]) != 0) {
            return false;
        }
    }
    for (int i = 0; i < count; i++) {
        pthread_join(threads[i], NULL);
    }
    pthread_barrier_destroy(&race->begin);
    return print_race(race, name, count);
}

static bool race_processes(struct race *race, size_t work) {
    race->work = work;
    pthread_barrier_wait(&race->begin);
    pthread_barrier_wait(&race->end);
    return print_race(race, "processes", LANES);
}

static bool run_round(struct race *inside, struct race *outside, struct lane *lanes) {
    for (size_t w = 0; w < WORKS; w++) {
        inside->work = w;
        if (!race_threads(inside, lanes, "one", 1, true) || !race_threads(inside, lanes, "shared", LANES, true) ||
            !race_threads(inside, lanes, "private", LANES, false) || !race_processes(outside, w)) {
            return false;
        }
    }
    puts(".");
    return true;
}

/* A round of processes. The race lies in shared memory, and this process waits at the barriers too. */
static struct race *race_open(const char *build, char *dir, pid_t *ret_pids) {
    pthread_barrierattr_t shared;
    struct race *race = mmap(NULL, sizeof *race, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (race == MAP_FAILED) {
        return NULL;
    }
    pthread_barrierattr_init(&shared);
    pthread_barrierattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
    pthread_barrier_init(&race->begin, &shared, LANES + 1);
    pthread_barrier_init(&race->end, &shared, LANES + 1);
    pthread_barrierattr_destroy(&shared);
    for (int i = 0; i < LANES; i++) {
        ret_pids[i] = fork();
        if (ret_pids[i] == 0) {
            run_process(race, build, dir, i);
        }
    }
    return race;
}

static void race_close(struct race *race, const pid_t *pids) {
    race->work = WORKS;
    pthread_barrier_wait(&race->begin);
    for (int i = 0; i < LANES; i++) {
        waitpid(pids[i], NULL, 0);
    }
    munmap(race, sizeof *race);
}

int main(int argc, char **argv) {
    static struct lane lanes[LANES];
    static struct race inside;
    char line[64];
    pid_t pids[LANES];
    struct race *outside = argc == 3 ? race_open(argv[1], argv[2], pids) : NULL;
    if (outside == NULL) {
        fputs("usage: threads BUILD-DIR CASE-DIR\n", stderr);
        return 3;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    bool good = true;
    for (int i = 0; i < LANES; i++) {
        good = lane_open(&lanes[i], argv[1], argv[2], i) && good;
    }
    while (good && fgets(line, sizeof line, stdin) != NULL) {
        good = run_round(&inside, outside, lanes);
    }
    for (int i = 0; i < LANES; i++) {
        lane_close(&lanes[i]);
    }
    race_close(outside, pids);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
