/* SPDX-License-Identifier: MIT
 *
 * May this file be trusted? It names code or keys, so nobody but root and the user may be able to change it, or what it
 * is reached through. What was judged is what the caller gets: a descriptor, and never a path to be opened once more.
 */
#ifndef TAM_BASE_OWNER_H
#define TAM_BASE_OWNER_H

#include <src/base/buf.h>

enum {
    FILE_ANY = 1,     /* judge nothing (TAM_SETUP_ANY_OWNER, TAM_CONFIG_ANY_OWNER) */
    FILE_NO_LINK = 2, /* refuse a symbolic link as last component (O_NOFOLLOW) */
    FILE_PRIVATE = 4, /* own uid and not readable by others (0600): what a program wrote for itself */
    FILE_SECRET = 16, /* not readable by everybody, unless FILE_ANY: what it holds is a secret */
    FILE_OPTIONAL = 8 /* a file that does not exist is no fault: -1 or false, and why stays empty */
};

/*
 * Opens a regular file for reading (O_CLOEXEC, O_NOCTTY, O_NONBLOCK), walking its path from the root one component at a
 * time. Every directory and every symbolic link on the way, and the file, must be owned by root or the user; a
 * directory and the file must be neither group- nor world-writable, where a sticky directory counts as safe for what
 * has one name only. Each is judged by the descriptor that the next step starts from, so a component that is exchanged
 * meanwhile is judged or was never met. ret_path, unless NULL: the path without links, "." and "..". Returns the
 * descriptor, or -1 with one sentence in why.
 */
int file_open(const char *path, unsigned flags, struct buf *ret_path, struct buf *why);

/* The directory of that path, judged in the same way, for openat() and the like (O_PATH). *ret_name: the last
 * component, in path. -1 with one sentence in why. */
int file_open_folder(const char *path, unsigned flags, const char **ret_name, struct buf *why);

/* The content of an open file whole, at most `limit` bytes. path is for the sentence in why alone. */
bool file_read_open(int descriptor, const char *path, size_t limit, struct buf *ret_content, struct buf *why);
/* Opened as file_open() does, and read. False with one sentence in why. */
bool file_read(const char *path, unsigned flags, size_t limit, struct buf *ret_content, struct buf *why);

#endif
