/* SPDX-License-Identifier: MIT
 *
 * The network loop of a plugin: one thread that owns libcurl's multi handle and runs the transfers of every client.
 * It is started by the first loop_open() and ended by the last loop_close(). A client embeds a `struct job` in a
 * struct of its own:
 *
 *     static void on_done(struct job *job, const struct fetch *fetch, enum fetch_outcome outcome, struct tam_str why);
 *     struct question { struct job job; ... };
 *
 *     loop_open()                                                  in the plugin's init
 *     struct fetch *fetch = fetch_new(&transport, &request, &why);
 *     question->job = (struct job){ .done = on_done };
 *     loop_send(&question->job, fetch);
 *     loop_add(&question->job);                                    the loop's thread calls on_done() once
 *     loop_remove(&question->job);                                 afterwards, or earlier to cancel
 *     loop_close()                                                 in the plugin's destroy
 *
 * A client that does something at certain times sets `look` as well. The loop knows nothing of what is fetched:
 * limits, timeouts and the address policy are those of fetch.h.
 */
#ifndef TAM_COMMON_LOOP_H
#define TAM_COMMON_LOOP_H

#include <plugins/common/fetch.h>

/* A client of the loop, with at most one transfer at a time. Zeroed but for its callbacks before loop_add(). */
struct job {
    /* Called in every round of the loop. Does what is due, and returns after how many milliseconds the loop has to
     * call it again at the latest. NULL: nothing depends on time. [the loop's thread] */
    int (*look)(struct job *job);
    /* The transfer ended. `why` is one sentence for FETCH_FAILED. The fetch is freed when the callback returns; the
     * callback may send the next one. [the loop's thread] */
    void (*done)(struct job *job, const struct fetch *fetch, enum fetch_outcome outcome, struct tam_str why);

    /* Only loop.c writes these. */
    struct fetch *fetch; /* the transfer that runs, or that starts in the next round; NULL: none */
    struct job *next;
    unsigned process; /* the loop's `process` when it was added */
    bool listed, removing, running;
};

/* False: out of memory, or no thread can be started. [serialised with loop_close(): inside init] */
bool loop_open(void);
/* Every job must have been removed. [inside destroy] */
void loop_close(void);

/* [any thread, while the loop is open] */
void loop_add(struct job *job);
/* Cancels the job's transfer. When it returns, no callback of the job runs or comes, and its memory may be freed.
 * Returns at once for a job that was never added, and in a forked child for a job of the parent. [any thread but the
 * loop's] */
void loop_remove(struct job *job);

/* Takes the fetch over and starts it. The job must have none. [the loop's thread, or before loop_add()] */
void loop_send(struct job *job, struct fetch *fetch);

/* Makes the loop call every `look` at once. [any thread, while the loop is open; locks of clients may be held] */
void loop_wake(void);

/* Whether the calling thread may use what only the job's callbacks use: it is the loop's thread, or the job is not
 * added. For TAM_ASSERT. */
bool loop_owns(const struct job *job);

#endif
