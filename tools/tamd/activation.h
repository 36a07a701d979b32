/* SPDX-License-Identifier: MIT
 *
 * What systemd and tamd tell each other: sockets that were opened for it, and how its life goes. Both protocols are a
 * few lines (sd_listen_fds(3), sd_notify(3)), so no library is linked.
 */
#ifndef TAM_TAMD_ACTIVATION_H
#define TAM_TAMD_ACTIVATION_H

#include <stdbool.h>
#include <stddef.h>

#define ACTIVATION_MAX 64

/* Sockets that were passed on, in order. */
struct activation {
    int fds[ACTIVATION_MAX];
    bool admin[ACTIVATION_MAX]; /* its FileDescriptorName is admin */
    size_t count;
};

/* Reads the environment, and takes it out of there. Descriptors become close-on-exec and non-blocking. */
void activation_read(struct activation *ret_activation);

/* Sends the lines to the service manager (sd_notify(3)), if there is one. */
void activation_notify(const char *lines);
/* RELOADING=1 with its time. */
void activation_notify_reloading(void);

#endif
