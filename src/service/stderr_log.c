/* SPDX-License-Identifier: MIT
 *
 * Writing to a descriptor without waiting, while others hold it too: O_NONBLOCK belongs to the open file description,
 * so setting it would change what every other process of a pipeline or a terminal sees. A line is at most PIPE_BUF
 * bytes, so that a pipe takes it whole or not at all.
 */
#include <config.h>

#include <src/service/stderr_log.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <src/base/str.h>
#include <src/base/thread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <unistd.h>

#define DROPPED_MAX 160 /* the sentence about what was dropped */

_Static_assert(STDERR_LINE_MAX + DROPPED_MAX + 16 <= PIPE_BUF, "a pipe would take half a line");

/* sd-daemon(3): err, warning, info, debug. */
static const char *const prefixes[] = {
    [TAM_LOG_ERROR] = "<3>",
    [TAM_LOG_WARNING] = "<4>",
    [TAM_LOG_INFO] = "<6>",
    [TAM_LOG_DEBUG] = "<7>",
};

static atomic_ullong dropped_ever;
static atomic_ullong untold; /* of these: dropped since a line told of them */
static atomic_bool cut;      /* the last line lacks its end: a terminal or a stream took a part */

/* ---- Without waiting ---- */

/* Has somebody stopped to read, or gone? */
static bool has_room(void) {
    struct pollfd watched = { .fd = STDERR_FILENO, .events = POLLOUT };
    return poll(&watched, 1, 0) == 1 && watched.revents == POLLOUT;
}

/* Another description of the same pipe or terminal, which may be O_NONBLOCK. -1: there is none, for want of /proc or
 * of the right to open it. A pseudo-terminal's master would become another terminal. */
static int description_of_our_own(const struct stat *status) {
    bool terminal = S_ISCHR(status->st_mode) && isatty(STDERR_FILENO) == 1 && status->st_rdev != makedev(5, 2);
    if (!S_ISFIFO(status->st_mode) && !terminal) {
        return -1;
    }
    return open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

/* Would a pipe take many lines yet? Where nothing keeps a write from waiting, other writers must not fill it between
 * the look and the write. */
static bool has_reserve(const struct stat *status) {
    int queued = 0, size = fcntl(STDERR_FILENO, F_GETPIPE_SZ);
    return !S_ISFIFO(status->st_mode) || (ioctl(STDERR_FILENO, FIONREAD, &queued) == 0 && queued <= size / 4);
}

/* From the surest to the last resort, where neither the kernel (before 6.5) nor /proc helps. */
static ssize_t pipe_write(const struct stat *status, const char *text, size_t len) {
#ifdef HAVE_PWRITEV2
    const struct iovec piece = { (void *)(uintptr_t)text, len };
    ssize_t at_once = pwritev2(STDERR_FILENO, &piece, 1, -1, RWF_NOWAIT);
    if (at_once >= 0 || errno == EAGAIN) {
        return at_once;
    }
#endif
    int fd = description_of_our_own(status);
    if (fd < 0) {
        return has_reserve(status) ? write(STDERR_FILENO, text, len) : -1;
    }
    ssize_t written = write(fd, text, len);
    close(fd);
    return written;
}

/* How much was written; -1: nothing. A file waits for no reader; what is no file at all (an eventfd, say) is no log. */
static ssize_t write_now(const char *text, size_t len) {
    struct stat status;
    if (fstat(STDERR_FILENO, &status) != 0) {
        return -1;
    }
    if (S_ISREG(status.st_mode)) {
        return write(STDERR_FILENO, text, len);
    }
    if (S_ISSOCK(status.st_mode)) {
        return send(STDERR_FILENO, text, len, MSG_DONTWAIT | MSG_NOSIGNAL);
    }
    if ((S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode)) && has_room()) {
        return pipe_write(&status, text, len);
    }
    return -1;
}

/* ---- Lines ---- */

bool stderr_log_is_there(void) {
    return fcntl(STDERR_FILENO, F_GETFD) >= 0;
}

void stderr_log_write(uint32_t level, struct tam_str line) {
    THREAD_CANCEL_LATER;
    char text[PIPE_BUF + 1], told[DROPPED_MAX] = "";
    unsigned long long lines = atomic_exchange_explicit(&untold, 0, memory_order_relaxed);

    if (lines > 0) {
        (void)snprintf(told, sizeof told,
                       "%slibtam: %llu log lines were dropped: standard error is not read fast enough\n",
                       prefixes[TAM_LOG_WARNING], lines);
    }
    int len = snprintf(text, sizeof text, "%s%s%s%.*s\n", atomic_load_explicit(&cut, memory_order_relaxed) ? "\n" : "",
                       told, prefixes[level], STR_PRINT(line));
    ssize_t written = write_now(text, (size_t)len);
    if (written > 0) {
        atomic_store_explicit(&cut, written < len, memory_order_relaxed);
    }
    if (written == len) {
        return;
    }
    atomic_fetch_add_explicit(&untold, lines + 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&dropped_ever, 1, memory_order_relaxed);
}

uint64_t stderr_log_dropped(void) {
    return atomic_load_explicit(&dropped_ever, memory_order_relaxed);
}
