/* SPDX-License-Identifier: MIT
 *
 * Callers append to one buffer while the thread writes the other; then the two change places. Memory is bounded by
 * both. What came from outside was escaped by the caller.
 */
#include <config.h>

#include <tools/tamd/admin/log.h>

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <src/base/clock.h>
#include <src/base/str.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX   ((size_t)8192)
#define QUEUE_SIZE ((size_t)256 << 10)

/* sd-daemon(3): the journal takes the priority off; people get a word. */
static const struct {
    const char *priority, *word;
} prefixes[] = {
    [TAM_LOG_ERROR] = { "<3>", "error: " },
    [TAM_LOG_WARNING] = { "<4>", "warning: " },
    [TAM_LOG_INFO] = { "<6>", "" },
    [TAM_LOG_DEBUG] = { "<7>", "" },
};

static bool is_read_by_people(void) {
    return isatty(STDERR_FILENO) == 1;
}

static const char *priority_of(uint32_t level) {
    return is_read_by_people() ? "" : prefixes[level].priority;
}

static const char *word_of(uint32_t level) {
    return is_read_by_people() ? prefixes[level].word : "";
}

static struct {
    pthread_mutex_t lock; /* guards what follows, but for the buffer that the thread is writing */
    pthread_cond_t more, done;
    pthread_t thread;
    bool open, closing, finished;
    char texts[2][QUEUE_SIZE];
    unsigned filling; /* which of them callers append to */
    size_t len;       /* of that one */
    unsigned long long dropped, told;
} queue = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* ---- The thread ---- */

/* A full disk, or a reader that is gone, is no reason to stop serving: what cannot be written is lost. */
static void write_all(const char *text, size_t len) {
    while (len > 0) {
        ssize_t written = write(STDERR_FILENO, text, len);
        if (written >= 0) {
            text += written;
            len -= (size_t)written;
        } else if (errno == EAGAIN) {
            (void)poll(&(struct pollfd){ .fd = STDERR_FILENO, .events = POLLOUT }, 1, -1);
        } else if (errno != EINTR) {
            return;
        }
    }
}

static void tell_dropped(unsigned long long count) {
    char line[128];
    int len =
        snprintf(line, sizeof line, "%stamd: %s%llu log %s dropped: standard error is not read fast enough\n",
                 priority_of(TAM_LOG_WARNING), word_of(TAM_LOG_WARNING), count, count == 1 ? "line was" : "lines were");
    write_all(line, (size_t)len);
}

/* Takes what callers wrote, and writes it without the lock. */
static void write_batch(void) {
    const char *text = queue.texts[queue.filling];
    size_t len = queue.len;
    unsigned long long dropped = queue.dropped - queue.told;
    queue.filling = 1 - queue.filling;
    queue.len = 0;
    queue.told = queue.dropped;
    pthread_mutex_unlock(&queue.lock);
    write_all(text, len);
    if (dropped > 0) {
        tell_dropped(dropped);
    }
    pthread_mutex_lock(&queue.lock);
}

static void *run(void *arg) {
    pthread_mutex_lock(&queue.lock);
    while (queue.len > 0 || !queue.closing) {
        if (queue.len > 0) {
            write_batch();
        } else {
            pthread_cond_wait(&queue.more, &queue.lock);
        }
    }
    queue.finished = true;
    pthread_cond_signal(&queue.done);
    pthread_mutex_unlock(&queue.lock);
    return arg;
}

/* ---- Its life ---- */

bool log_open(void) {
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&queue.more, NULL);
    pthread_cond_init(&queue.done, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (pthread_create(&queue.thread, NULL, run, NULL) == 0) {
        queue.open = true;
    } else {
        log_line(TAM_LOG_ERROR, "the thread that writes the log cannot be started");
    }
    return queue.open;
}

void log_close(void) {
    struct timespec until;
    int status = 0;
    if (!queue.open) {
        return;
    }
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec++;
    pthread_mutex_lock(&queue.lock);
    queue.closing = true;
    pthread_cond_signal(&queue.more);
    while (!queue.finished && status != ETIMEDOUT) {
        status = pthread_cond_timedwait(&queue.done, &queue.lock, &until);
    }
    bool finished = queue.finished;
    queue.open = !finished; /* a thread that is stuck in write(2) ends with the process; lines go on to the queue */
    pthread_mutex_unlock(&queue.lock);
    if (finished) {
        pthread_join(queue.thread, NULL);
    }
}

unsigned long long log_dropped(void) {
    pthread_mutex_lock(&queue.lock);
    unsigned long long dropped = queue.dropped;
    pthread_mutex_unlock(&queue.lock);
    return dropped;
}

/* ---- Lines ---- */

static void emit(const char *line, size_t len) {
    pthread_mutex_lock(&queue.lock);
    bool queued = queue.open;
    if (queued && len > QUEUE_SIZE - queue.len) {
        queue.dropped++;
    } else if (queued) {
        memcpy(queue.texts[queue.filling] + queue.len, line, len);
        if (queue.len == 0) {
            pthread_cond_signal(&queue.more);
        }
        queue.len += len;
    }
    pthread_mutex_unlock(&queue.lock);
    if (!queued) {
        write_all(line, len);
    }
}

static void write_line(uint32_t level, const char *name, struct tam_str text) {
    char line[LINE_MAX + 32];
    if (level == TAM_LOG_DEBUG && getenv("TAM_DEBUG") == NULL) {
        return;
    }
    if (text.len > LINE_MAX) {
        text.len = LINE_MAX;
    }
    int len = snprintf(line, sizeof line, "%s%s%s%.*s\n", priority_of(level), name, word_of(level), STR_PRINT(text));
    if (len > 0 && (size_t)len < sizeof line) {
        emit(line, (size_t)len);
    }
}

void log_text(uint32_t level, struct tam_str text) {
    write_line(level, "tamd: ", text);
}

void log_library(void *ctx, uint32_t level, struct tam_str line) {
    (void)ctx;
    write_line(level, "", line);
}

void log_line(uint32_t level, const char *format, ...) {
    char text[LINE_MAX];
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (len >= 0) {
        log_text(level, (struct tam_str){ text, (size_t)len < sizeof text ? (size_t)len : sizeof text - 1 });
    }
}

static void log_fault(uint32_t level, const char *text, bool plain) {
    const char *what = level == TAM_LOG_WARNING ? "warning: " : "";
    if (plain) {
        fprintf(stderr, "%s%s\n", what, text);
    } else {
        log_line(level, "%s%s", is_read_by_people() ? "" : what, text); /* the line already has a word for its level */
    }
}

void log_faults(struct tam_faults *faults, bool plain) {
    for (size_t i = 0; i < tam_faults_count(faults); i++) {
        log_fault(tam_faults_level(faults, i), tam_faults_text(faults, i), plain);
    }
    tam_faults_free(faults);
}

void log_own_faults(struct faults *faults, bool plain) {
    for (size_t i = 0; i < faults_count(faults); i++) {
        log_fault(faults_level(faults, i), faults_text(faults, i), plain);
    }
    faults_free(faults);
}
