/* SPDX-License-Identifier: MIT
 *
 * Fills the standard descriptors; open(2) gives the lowest number that is free.
 */
#include <config.h>

#include <tools/common/descriptors.h>

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

void descriptors_fill(void) {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        int other_way = fd == STDIN_FILENO ? O_WRONLY : O_RDONLY; /* so that using it still fails, and is told */
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", other_way | O_NOCTTY) != fd) {
            abort();
        }
    }
}
