/* SPDX-License-Identifier: MIT
 *
 * The network loop.
 *
 * No lock of a client is taken here, and loop.lock is never held while a callback runs. So a client may call
 * loop_add() and loop_wake() under its own locks.
 */
#include <config.h>

#include <plugins/common/loop.h>
#include <src/base/assert.h>
#include <src/base/buf.h>
#include <src/base/str.h>

#include <pthread.h>
#include <signal.h>

#define ROUND_MAX    1000 /* ms: the longest time between two rounds */
#define SENTENCE_MAX 1024

/* The only mutable global state of this file. */
static struct {
    pthread_mutex_t lock;   /* guards the jobs' list and flags, `runner` and `stopping` */
    pthread_cond_t removed; /* a job that was `removing` is off the list */
    struct job *jobs;
    CURLM *multi; /* NULL: no thread runs. Written only while no other thread can call the loop */
    pthread_t thread;
    pthread_t runner; /* `thread`, set by that thread itself */
    bool runner_known;
    bool stopping;
    unsigned users;   /* loop_open() without its loop_close() */
    unsigned process; /* how many forks lie between this process and the one that loaded the plugin */
} loop = { .lock = PTHREAD_MUTEX_INITIALIZER, .removed = PTHREAD_COND_INITIALIZER };

/* ---- One round [the loop's thread] ------------------------------------------------------------------------------- */

static void job_end(struct job *job, enum fetch_outcome outcome, struct tam_str why) {
    struct fetch *fetch = job->fetch;
    if (job->running) {
        curl_multi_remove_handle(loop.multi, fetch->easy);
    }
    job->running = false;
    job->fetch = NULL;
    job->done(job, fetch, outcome, why);
    fetch_free(fetch);
}

/* False: libcurl did not take the transfer, and the job was told. */
static bool job_start(struct job *job) {
    if (job->fetch == NULL || job->running) {
        return true;
    }
    job->running = curl_easy_setopt(job->fetch->easy, CURLOPT_PRIVATE, job) == CURLE_OK &&
                   curl_multi_add_handle(loop.multi, job->fetch->easy) == CURLM_OK;
    if (!job->running) {
        job_end(job, FETCH_FAILED, STR("libcurl refused a transfer"));
        return false;
    }
    return true;
}

/* [loop.lock] */
static void remove_jobs(void) {
    struct job **at = &loop.jobs;
    while (*at != NULL) {
        struct job *job = *at;
        if (!job->removing) {
            at = &job->next;
            continue;
        }
        *at = job->next;
        if (job->running) {
            curl_multi_remove_handle(loop.multi, job->fetch->easy);
        }
        fetch_free(job->fetch);
        job->fetch = NULL;
        job->listed = job->removing = job->running = false;
        pthread_cond_broadcast(&loop.removed);
    }
}

/* The list as this thread may walk it without the lock: only this thread takes jobs off, and loop_add() puts them in
 * front. */
static struct job *first_job(bool *ret_stopping) {
    pthread_mutex_lock(&loop.lock);
    remove_jobs();
    struct job *first = loop.jobs;
    *ret_stopping = loop.stopping;
    pthread_mutex_unlock(&loop.lock);
    return first;
}

static void finish(CURL *easy, CURLcode code) {
    void *job_of_easy = NULL;
    struct buf why;
    buf_init(&why, SENTENCE_MAX);
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&job_of_easy);
    struct job *job = job_of_easy;
    enum fetch_outcome outcome = fetch_outcome(job->fetch, code, &why);
    job_end(job, outcome, buf_str(&why));
    buf_free(&why);
}

static void run_transfers(void) {
    int running = 0, left = 0;
    curl_multi_perform(loop.multi, &running);
    for (CURLMsg *message = curl_multi_info_read(loop.multi, &left); message != NULL;
         message = curl_multi_info_read(loop.multi, &left)) {
        if (message->msg == CURLMSG_DONE) {
            finish(message->easy_handle, message->data.result);
        }
    }
}

/* Transfers first: what `done` changed may be due at once. A transfer that is started here makes curl_multi_poll()
 * return at once. */
static int run_round(struct job *first) {
    int timeout = ROUND_MAX;
    run_transfers();
    for (struct job *job = first; job != NULL; job = job->next) {
        int ms = job->look != NULL ? job->look(job) : ROUND_MAX;
        ms = job_start(job) ? ms : 0;
        timeout = ms < timeout ? ms : timeout;
    }
    return timeout;
}

static void *loop_main(void *unused) {
    (void)unused;
    bool stopping = false;
    pthread_mutex_lock(&loop.lock);
    loop.runner = pthread_self();
    loop.runner_known = true;
    pthread_mutex_unlock(&loop.lock);
    for (struct job *first = first_job(&stopping); !stopping; first = first_job(&stopping)) {
        int timeout = run_round(first);
        curl_multi_poll(loop.multi, NULL, 0, timeout, NULL);
    }
    return NULL;
}

/* ---- Starting and ending ----------------------------------------------------------------------------------------- */

/* A forked child has neither the thread nor its jobs, and libtam destroys no verifier of the parent there. The
 * handles are not freed: the parent uses their connections, and closing them here would end its TLS sessions. */
static void forked(void) {
    pthread_mutex_init(&loop.lock, NULL);
    pthread_cond_init(&loop.removed, NULL);
    loop.jobs = NULL;
    loop.multi = NULL;
    loop.runner_known = loop.stopping = false;
    loop.users = 0;
    loop.process++;
}

static int fork_status = -1;

static void watch_forks(void) {
    fork_status = pthread_atfork(NULL, NULL, forked);
}

static bool forks_watched(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, watch_forks);
    return fork_status == 0;
}

/* Signals are the host's: the thread blocks all of them. */
static bool start_thread(void) {
    sigset_t all, old;
    CURLM *multi = forks_watched() && fetch_global_init() ? curl_multi_init() : NULL;
    if (multi == NULL) {
        return false;
    }
    loop.multi = multi;
    loop.stopping = false;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    bool good = pthread_create(&loop.thread, NULL, loop_main, NULL) == 0;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (!good) {
        curl_multi_cleanup(multi);
        loop.multi = NULL;
    }
    return good;
}

static void stop_thread(void) {
    pthread_mutex_lock(&loop.lock);
    TAM_ASSERT(loop.jobs == NULL);
    loop.stopping = true;
    pthread_mutex_unlock(&loop.lock);
    loop_wake();
    pthread_join(loop.thread, NULL);
    curl_multi_cleanup(loop.multi);
    loop.multi = NULL;
    loop.runner_known = false;
}

bool loop_open(void) {
    if (loop.users == 0 && !start_thread()) {
        return false;
    }
    loop.users++;
    return true;
}

void loop_close(void) {
    TAM_ASSERT(loop.users > 0);
    loop.users--;
    if (loop.users == 0) {
        stop_thread();
    }
}

void loop_wake(void) {
    CURLM *multi = loop.multi;
    if (multi != NULL) {
        curl_multi_wakeup(multi);
    }
}

/* ---- Jobs -------------------------------------------------------------------------------------------------------- */

/* [loop.lock, or the loop's thread] */
static bool is_runner(void) {
    return loop.runner_known && pthread_equal(loop.runner, pthread_self());
}

bool loop_owns(const struct job *job) {
    return !job->listed || is_runner();
}

void loop_send(struct job *job, struct fetch *fetch) {
    TAM_ASSERT(fetch != NULL && job->fetch == NULL && job->done != NULL && loop_owns(job));
    job->fetch = fetch;
}

void loop_add(struct job *job) {
    TAM_ASSERT(loop.multi != NULL && !job->listed);
    pthread_mutex_lock(&loop.lock);
    job->listed = true;
    job->process = loop.process;
    job->next = loop.jobs;
    loop.jobs = job;
    pthread_mutex_unlock(&loop.lock);
    loop_wake();
}

void loop_remove(struct job *job) {
    pthread_mutex_lock(&loop.lock);
    TAM_ASSERT(!is_runner()); /* it would wait for itself */
    if (job->listed && job->process == loop.process) {
        job->removing = true;
        loop_wake();
        while (job->removing) {
            pthread_cond_wait(&loop.removed, &loop.lock);
        }
    } else if (!job->listed) { /* a fetch that was sent and never started */
        fetch_free(job->fetch);
        job->fetch = NULL;
    }
    pthread_mutex_unlock(&loop.lock);
}
