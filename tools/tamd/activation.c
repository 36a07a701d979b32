/* SPDX-License-Identifier: MIT
 *
 * The protocols of sd_listen_fds(3) and sd_notify(3).
 */
#include <config.h>

#include <tools/tamd/activation.h>

#include <fcntl.h>
#include <src/base/clock.h>
#include <src/base/str.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define FIRST_FD       3 /* SD_LISTEN_FDS_START */
#define NOTIFY_SECONDS 1 /* a service manager that does not read must not block tamd for longer */

/* The number in that variable; 0 where there is none. */
static int64_t number_of(const char *variable) {
    int64_t number = 0;
    return str_number(str_of(getenv(variable)), INT32_MAX, &number) ? number : 0;
}

static bool is_listening(int fd) {
    int listening = 0;
    socklen_t len = sizeof listening;
    return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) == 0 && listening != 0;
}

void activation_read(struct activation *ret_activation) {
    struct tam_str names = str_of(getenv("LISTEN_FDNAMES")), name;
    int64_t count = number_of("LISTEN_PID") == getpid() ? number_of("LISTEN_FDS") : 0;
    ret_activation->count = 0;
    for (int fd = FIRST_FD; fd < FIRST_FD + count && ret_activation->count < ACTIVATION_MAX; fd++) {
        if (!str_cut(&names, ':', &name)) {
            name = STR_NONE;
        }
        if (!is_listening(fd)) {
            continue;
        }
        (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
        (void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
        ret_activation->fds[ret_activation->count] = fd;
        ret_activation->admin[ret_activation->count++] = str_equal(name, STR("admin"));
    }
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
}

void activation_notify(const char *lines) {
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    const struct timeval limit = { .tv_sec = NOTIFY_SECONDS };
    struct tam_str path = str_of(getenv("NOTIFY_SOCKET"));
    if (path.len < 2 || path.len >= sizeof address.sun_path || (path.ptr[0] != '/' && path.ptr[0] != '@')) {
        return;
    }
    memcpy(address.sun_path, path.ptr, path.len);
    if (path.ptr[0] == '@') { /* a name that is in no file system */
        address.sun_path[0] = '\0';
    }
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return;
    }
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    (void)!sendto(fd, lines, strlen(lines), MSG_NOSIGNAL, (const struct sockaddr *)&address,
                  (socklen_t)(offsetof(struct sockaddr_un, sun_path) + path.len));
    close(fd);
}

void activation_notify_reloading(void) {
    char lines[64];
    (void)snprintf(lines, sizeof lines, "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)(clock_monotonic() / 1000));
    activation_notify(lines);
}
