/* SPDX-License-Identifier: MIT
 *
 * Opening files that may be trusted. The kernel resolves one component at a time here: a path that it resolves as a
 * whole leads through links and directories that nobody looked at.
 */
#include <config.h>

#include <src/base/compat.h>
#include <src/base/display.h>
#include <src/base/mem.h>
#include <src/base/file.h>
#include <src/base/str.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#define TOO_LONG  "its path is too long"
#define LINKS_MAX 40 /* as many as the kernel follows, path_resolution(7) */

/* One way down from the root. */
struct walk {
    const char *path; /* as it was asked for */
    unsigned flags;
    unsigned links;   /* followed so far */
    int at;           /* the directory that was reached, O_PATH */
    bool shared;      /* others may make entries in it */
    struct buf here;  /* its path, without links; empty: the root */
    struct buf rest;  /* what is still to be walked */
    size_t rest_from; /* of that, what is walked already */
    struct buf *why;
};

/* ---- Judging ---- */

static bool open_to_others(const struct stat *status) {
    return (status->st_mode & (S_IWGRP | S_IWOTH)) != 0;
}

/* A sticky directory lets nobody replace what others own in it; but everybody may give a second name to a file of
 * root's there, a symbolic link too, where fs.protected_hardlinks is off. */
static const char *fault_of(const struct stat *status, bool shared) {
    bool sticky = S_ISDIR(status->st_mode) && (status->st_mode & S_ISVTX) != 0;
    if (status->st_uid != 0 && status->st_uid != geteuid()) {
        return " is owned by neither root nor the user of this process; 'chown root' mends it";
    }
    if (open_to_others(status) && !sticky && !S_ISLNK(status->st_mode)) {
        return " can be written by its group or by everybody; 'chmod go-w' mends it";
    }
    if (shared && !S_ISDIR(status->st_mode) && status->st_nlink > 1) {
        return " has more than one name (hard links), in a directory where everybody may make one";
    }
    return NULL;
}

static bool refuse(const struct walk *walk, const char *name, const char *fault) {
    display_add(walk->why, buf_str(&walk->here), DISPLAY_VALUE);
    buf_add_text(walk->why, name[0] == '/' ? "" : "/");
    display_add(walk->why, str_of(name), DISPLAY_VALUE);
    buf_add_text(walk->why, fault);
    return false;
}

static bool refuse_path(const struct walk *walk, const char *what) {
    display_add(walk->why, str_of(walk->path), DISPLAY_VALUE);
    buf_format(walk->why, " cannot be opened: %s", what);
    return false;
}

static bool refuse_errno(const struct walk *walk) {
    int error = errno;
    bool absent = error == ENOENT && (walk->flags & FILE_OPTIONAL) != 0;
    return absent ? false : refuse_path(walk, error_text(error));
}

/* What was opened just now; on failure it is closed. */
static bool look(const struct walk *walk, int descriptor, struct stat *ret_status) {
    if (descriptor >= 0 && fstat(descriptor, ret_status) == 0) {
        return true;
    }
    (void)refuse_errno(walk);
    if (descriptor >= 0) {
        close(descriptor);
    }
    return false;
}

/* name: in the directory that was reached. */
static bool judge(const struct walk *walk, const char *name, const struct stat *status) {
    const char *fault = (walk->flags & FILE_ANY) == 0 ? fault_of(status, walk->shared) : NULL;
    return fault == NULL || refuse(walk, name, fault);
}

static bool judge_private(const struct walk *walk, const char *name, const struct stat *status) {
    return (walk->flags & FILE_PRIVATE) == 0 || (status->st_uid == geteuid() && (status->st_mode & 077) == 0) ||
           refuse(walk, name, " must be owned by the user of this process and have mode 0600");
}

static bool judge_secret(const struct walk *walk, const char *name, const struct stat *status) {
    return (walk->flags & (FILE_SECRET | FILE_ANY)) != FILE_SECRET || (status->st_mode & S_IROTH) == 0 ||
           refuse(walk, name, " holds a secret and can be read by everybody; 'chmod o-r' mends it");
}

/* ---- Walking ---- */

static void walk_end(struct walk *walk) {
    if (walk->at >= 0) {
        close(walk->at);
    }
    buf_free(&walk->here);
    buf_free(&walk->rest);
}

/* The path of what the name leads to. */
static void path_move(struct buf *here, const char *name) {
    if (strcmp(name, "..") != 0) {
        buf_add_byte(here, '/');
        buf_add_text(here, name);
        return;
    }
    while (here->len > 0 && here->ptr[--here->len] != '/') {
    }
    if (here->ptr != NULL) {
        here->ptr[here->len] = '\0';
    }
}

/* Steps into a directory that is open, and takes the descriptor over. */
static bool walk_enter(struct walk *walk, int directory, const char *name, const struct stat *status) {
    if (!judge(walk, name, status)) {
        close(directory);
        return false;
    }
    if (walk->at >= 0) {
        close(walk->at);
    }
    walk->at = directory;
    walk->shared = open_to_others(status);
    if (name[0] != '/') {
        path_move(&walk->here, name);
    }
    return !walk->here.failed || refuse_path(walk, TOO_LONG);
}

static bool walk_to_root(struct walk *walk) {
    struct stat status;
    int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    buf_clear(&walk->here);
    if (!look(walk, root, &status)) {
        return false;
    }
    return walk_enter(walk, root, "/", &status);
}

/* What is to be walked: this, and then what the rest was. */
static bool walk_prepend(struct walk *walk, const char *path) {
    struct buf rest;
    buf_init(&rest, PATH_MAX);
    buf_add_text(&rest, path);
    buf_add(&rest, str_from(buf_str(&walk->rest), walk->rest_from));
    buf_free(&walk->rest);
    walk->rest = rest;
    walk->rest_from = 0;
    return !rest.failed || refuse_path(walk, TOO_LONG);
}

static bool walk_follow(struct walk *walk, int link, const char *name, const struct stat *status) {
    char target[PATH_MAX];
    if (!judge(walk, name, status)) {
        return false;
    }
    ssize_t len = readlinkat(link, "", target, sizeof target - 1);
    if (len <= 0 || ++walk->links > LINKS_MAX) {
        return refuse_path(walk, "its links lead nowhere, or in a circle");
    }
    target[len] = '\0';
    return walk_prepend(walk, target) && (target[0] != '/' || walk_to_root(walk));
}

/* The next component that leads anywhere, "" at the end. False where it is too long for a name. */
static bool walk_next(struct walk *walk, char name[NAME_MAX + 1]) {
    struct tam_str rest = str_from(buf_str(&walk->rest), walk->rest_from), part = STR_NONE;
    while (str_cut(&rest, '/', &part) && (part.len == 0 || str_equal(part, STR(".")))) {
        part = STR_NONE;
    }
    if (part.len > NAME_MAX) {
        return refuse_path(walk, error_text(ENAMETOOLONG));
    }
    walk->rest_from = part.len > 0 ? (size_t)(part.ptr - walk->rest.ptr) + part.len : walk->rest.len;
    memcpy(name, part.len > 0 ? part.ptr : "", part.len);
    name[part.len] = '\0';
    return true;
}

/* A directory, or whatever else has that name, links not followed. O_DIRECTORY also mounts what autofs mounts on
 * demand. */
static int open_component(int directory, const char *name) {
    int flags = O_PATH | O_NOFOLLOW | O_CLOEXEC;
    int descriptor = openat(directory, name, flags | O_DIRECTORY);
    bool other = descriptor < 0 && (errno == ENOTDIR || errno == ELOOP);
    return other ? openat(directory, name, flags) : descriptor;
}

/* Into the directory of that name, or to where the link of that name leads. */
static bool walk_step(struct walk *walk, const char *name) {
    struct stat status;
    int descriptor = open_component(walk->at, name);
    if (!look(walk, descriptor, &status)) {
        return false;
    }
    if (S_ISDIR(status.st_mode)) {
        return walk_enter(walk, descriptor, name, &status);
    }
    bool good =
        S_ISLNK(status.st_mode) ? walk_follow(walk, descriptor, name, &status) : refuse_path(walk, error_text(ENOTDIR));
    close(descriptor);
    return good;
}

/* A relative path begins in the working directory. */
static bool walk_begin(struct walk *walk) {
    char folder[PATH_MAX] = "";
    walk->at = -1;
    buf_init(&walk->here, PATH_MAX);
    buf_init(&walk->rest, PATH_MAX);
    if (walk->path[0] != '/' && getcwd(folder, sizeof folder) == NULL) {
        return refuse_errno(walk);
    }
    buf_add_text(&walk->rest, folder);
    buf_add_byte(&walk->rest, '/');
    buf_add_text(&walk->rest, walk->path);
    return (!walk->rest.failed || refuse_path(walk, TOO_LONG)) && walk_to_root(walk);
}

/* ---- Ends ---- */

/* What is read is what is judged: not what had that name before it was opened. */
static int open_judged(const struct walk *walk, const char *name) {
    struct stat status;
    int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW;
    int descriptor = openat(walk->at, name, flags);
    if (!look(walk, descriptor, &status)) {
        return -1;
    }
    bool good = S_ISREG(status.st_mode) || refuse(walk, name, " is not a regular file");
    if (good && judge_private(walk, name, &status) && judge(walk, name, &status) && judge_secret(walk, name, &status)) {
        return descriptor;
    }
    close(descriptor);
    return -1;
}

/* Through all directories; name: what is left. */
static bool walk_to_last(struct walk *walk, char name[NAME_MAX + 1]) {
    while (walk_next(walk, name)) {
        if (name[0] == '\0') {
            return refuse_path(walk, "it is a directory");
        }
        if (walk->rest_from == walk->rest.len) {
            return true;
        }
        if (!walk_step(walk, name)) {
            return false;
        }
    }
    return false;
}

/* A device or a FIFO is not opened at all: that alone may do something. */
static bool look_at_last(const struct walk *walk, const char *name, bool *ret_link) {
    struct stat status;
    if (fstatat(walk->at, name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
        return refuse_errno(walk);
    }
    *ret_link = S_ISLNK(status.st_mode);
    if (*ret_link && (walk->flags & FILE_NO_LINK) != 0) {
        return refuse_path(walk, "it is a symbolic link");
    }
    return *ret_link || S_ISREG(status.st_mode) || refuse(walk, name, " is not a regular file");
}

static int walk_to_file(struct walk *walk, struct buf *ret_path) {
    char name[NAME_MAX + 1];
    bool link = true;
    while (link) {
        bool good = walk_to_last(walk, name) && look_at_last(walk, name, &link) && (!link || walk_step(walk, name));
        if (!good) {
            return -1;
        }
    }
    int descriptor = open_judged(walk, name);
    if (descriptor >= 0 && ret_path != NULL) {
        path_move(&walk->here, name);
        buf_add(ret_path, buf_str(&walk->here));
    }
    return descriptor;
}

int file_open(const char *path, unsigned flags, struct buf *ret_path, struct buf *why) {
    struct walk walk = { .path = path, .flags = flags, .why = why };
    int descriptor = walk_begin(&walk) ? walk_to_file(&walk, ret_path) : -1;
    walk_end(&walk);
    return descriptor;
}

int file_open_folder(const char *path, unsigned flags, const char **ret_name, struct buf *why) {
    struct walk walk = { .path = path, .flags = flags, .why = why };
    const char *slash = strrchr(path, '/');
    char name[NAME_MAX + 1];
    int folder = -1;
    if (walk_begin(&walk) && walk_to_last(&walk, name)) {
        *ret_name = slash != NULL ? slash + 1 : path;
        folder = walk.at;
        walk.at = -1;
    }
    walk_end(&walk);
    return folder;
}

/* ---- Reading ---- */

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

bool file_read_open(int descriptor, const char *path, size_t limit, struct buf *ret_content, struct buf *why) {
    bool good = read_all(descriptor, limit, ret_content) && !ret_content->failed;
    if (!good) {
        display_add(why, str_of(path), DISPLAY_VALUE);
        buf_format(why, " cannot be read, or is larger than %zu bytes", limit);
    }
    return good;
}

bool file_read(const char *path, unsigned flags, size_t limit, struct buf *ret_content, struct buf *why) {
    int descriptor = file_open(path, flags, NULL, why);
    if (descriptor < 0) {
        return false;
    }
    bool good = file_read_open(descriptor, path, limit, ret_content, why);
    close(descriptor);
    return good;
}
