/* SPDX-License-Identifier: MIT
 *
 * Files of the development identity provider: read whole, or replaced whole. It never follows a link in the place of
 * a file that it writes, and a private file is private from its first byte on.
 */
#include <config.h>

#include <tools/issuer/files.h>

#include <errno.h>
#include <fcntl.h>
#include <src/base/mem.h>
#include <src/base/str.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static bool failed(struct buf *why, const char *what, const char *path) {
    buf_format(why, "%s %s: %s", what, path, strerror(errno));
    return false;
}

char *issuer_path(const char *dir, const char *name) {
    struct buf path;
    buf_init(&path, 4096);
    buf_format(&path, "%s/%s", dir, name);
    char *copy = path.failed ? NULL : mem_text(buf_str(&path));
    buf_free(&path);
    return copy;
}

static bool descriptor_read(int fd, struct buf *ret_content) {
    char piece[4096];
    for (;;) {
        ssize_t got = read(fd, piece, sizeof piece);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            mem_wipe(piece, sizeof piece);
            return got == 0;
        }
        buf_add(ret_content, (struct tam_str){ piece, (size_t)got });
        if (ret_content->failed) {
            errno = EFBIG;
            return false;
        }
    }
}

bool issuer_file_read(const char *path, struct buf *ret_content, struct buf *why) {
    if (strcmp(path, "-") == 0) {
        return descriptor_read(STDIN_FILENO, ret_content) || failed(why, "cannot read", "standard input");
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        return failed(why, "cannot open", path);
    }
    bool good = descriptor_read(fd, ret_content);
    if (!good) {
        failed(why, "cannot read", path);
    }
    close(fd);
    return good;
}

static bool descriptor_write(int fd, struct tam_str content) {
    while (content.len > 0) {
        ssize_t done = write(fd, content.ptr, content.len);
        if (done < 0 && errno == EINTR) {
            continue;
        }
        if (done < 0) {
            return false;
        }
        content = str_from(content, (size_t)done);
    }
    return true;
}

/* Under a name of this process first: two writers never share a temporary file. */
static int temporary_open(const char *path, mode_t mode) {
    unlink(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode & 0600);
    if (fd >= 0 && fchmod(fd, mode) != 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

bool issuer_file_write(const char *path, struct tam_str content, mode_t mode, struct buf *why) {
    struct buf temporary;
    buf_init(&temporary, 4096);
    buf_format(&temporary, "%s.%ld", path, (long)getpid());
    int fd = temporary.failed ? -1 : temporary_open(temporary.ptr, mode);
    bool good = fd >= 0 && descriptor_write(fd, content);
    if (fd >= 0 && close(fd) != 0) {
        good = false;
    }
    if (good) {
        good = rename(temporary.ptr, path) == 0;
    }
    if (!good) {
        failed(why, "cannot write", path);
        if (fd >= 0) {
            unlink(temporary.ptr);
        }
    }
    buf_free(&temporary);
    return good;
}

bool issuer_directory_make(const char *path, mode_t mode, struct buf *why) {
    char *copy = mem_text(str_of(path));
    bool good = copy != NULL;
    for (char *slash = copy; good && slash != NULL;) {
        slash = strchr(slash + 1, '/');
        if (slash != NULL) {
            *slash = '\0';
        }
        good = mkdir(copy, mode) == 0 || errno == EEXIST;
        if (slash != NULL) {
            *slash = '/';
        }
    }
    mem_free(copy);
    return good || failed(why, "cannot make the directory", path);
}

int issuer_file_lock(const char *path, int operation, struct buf *why) {
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        failed(why, "cannot open", path);
        return -1;
    }
    while (flock(fd, operation) != 0) {
        if (errno == EINTR) {
            continue;
        }
        failed(why, "cannot lock", path);
        close(fd);
        return -1;
    }
    return fd;
}
