/* SPDX-License-Identifier: MIT
 *
 * Opening files that may be trusted.
 */
#include <config.h>

#include <src/base/mem.h>
#include <src/base/owner.h>
#include <src/base/str.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void say(struct buf *why, const char *path, const char *what) {
    buf_add_text(why, path);
    buf_add_text(why, what);
}

static bool owned_by_us(const struct stat *status) {
    return status->st_uid == 0 || status->st_uid == geteuid();
}

/* A sticky directory lets nobody replace what others own in it. */
static bool is_safe(const struct stat *status) {
    bool open_to_others = (status->st_mode & (S_IWGRP | S_IWOTH)) != 0;
    bool sticky = S_ISDIR(status->st_mode) && (status->st_mode & S_ISVTX) != 0;
    return owned_by_us(status) && (!open_to_others || sticky);
}

static bool check_one(const char *path, const struct stat *status, struct buf *why) {
    if (!owned_by_us(status)) {
        say(why, path, " is owned by neither root nor the user of this process");
        return false;
    }
    if (!is_safe(status)) {
        say(why, path, " can be written by its group or by everybody");
        return false;
    }
    return true;
}

/* Every directory above a resolved path, the root last. Shortens the path as it goes. */
static bool check_directories(char *path, struct buf *why) {
    struct stat status;
    for (char *slash = strrchr(path, '/'); slash != NULL; slash = strrchr(path, '/')) {
        slash[slash == path ? 1 : 0] = '\0';
        if (stat(path, &status) != 0) {
            say(why, path, " cannot be looked at");
            return false;
        }
        if (!check_one(path, &status, why)) {
            return false;
        }
        if (slash == path) {
            return true;
        }
    }
    return true;
}

static bool check_private(const char *path, const struct stat *status, struct buf *why) {
    if (status->st_uid != geteuid() || (status->st_mode & 077) != 0) {
        say(why, path, " must be owned by the user of this process and have mode 0600");
        return false;
    }
    return true;
}

static bool check_open(int descriptor, const char *path, unsigned flags, struct buf *why) {
    struct stat status;
    if (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
        say(why, path, " is not a regular file");
        return false;
    }
    if ((flags & OWNER_PRIVATE) != 0 && !check_private(path, &status, why)) {
        return false;
    }
    if ((flags & OWNER_ANY) != 0) {
        return true;
    }
    char *resolved = realpath(path, NULL);
    struct stat again;
    bool good = resolved != NULL && stat(resolved, &again) == 0 && again.st_dev == status.st_dev &&
                again.st_ino == status.st_ino;
    if (!good) {
        say(why, path, " changed while it was opened");
    }
    good = good && check_one(resolved, &status, why) && check_directories(resolved, why);
    mem_free(resolved);
    return good;
}

int owner_open(const char *path, unsigned flags, struct buf *why) {
    int no_link = (flags & OWNER_NO_LINK) != 0 ? O_NOFOLLOW : 0;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | no_link);
    if (descriptor < 0) {
        int error = errno;
        buf_format(why, "%s cannot be opened: %s", path, strerrordesc_np(error));
        return -1;
    }
    if (!check_open(descriptor, path, flags, why)) {
        close(descriptor);
        return -1;
    }
    return descriptor;
}

/* To the end, or to one byte past the limit. */
static bool read_all(int descriptor, size_t limit, struct buf *ret_content) {
    char part[4096];
    size_t total = 0;
    for (;;) {
        ssize_t n = read(descriptor, part, sizeof part);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            mem_wipe(part, sizeof part);
            return n == 0;
        }
        total += (size_t)n;
        if (total > limit) {
            mem_wipe(part, sizeof part);
            return false;
        }
        buf_add(ret_content, (struct tam_str){ part, (size_t)n });
    }
}

bool owner_read(const char *path, unsigned flags, size_t limit, struct buf *ret_content, struct buf *why) {
    int descriptor = owner_open(path, flags, why);
    if (descriptor < 0) {
        return false;
    }
    bool good = read_all(descriptor, limit, ret_content) && !ret_content->failed;
    close(descriptor);
    if (!good) {
        buf_format(why, "%s cannot be read, or is larger than %zu bytes", path, limit);
    }
    return good;
}
