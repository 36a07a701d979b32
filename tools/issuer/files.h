/* SPDX-License-Identifier: MIT
 *
 * Files of the development identity provider: read whole, or replaced whole, so that nobody ever reads a half.
 */
#ifndef TAM_TOOLS_ISSUER_FILES_H
#define TAM_TOOLS_ISSUER_FILES_H

#include <src/base/buf.h>
#include <sys/types.h>

#define ISSUER_FILE_MAX ((size_t)1 << 20)

/* All functions: on failure false (-1), and one sentence in why. */

/* Appends the file's content, at most `ret_content->limit` bytes; "-" is standard input. */
bool issuer_file_read(const char *path, struct buf *ret_content, struct buf *why);
/* Puts a new file in the place of the old one; it has exactly this mode, whatever the umask says. */
bool issuer_file_write(const char *path, struct tam_str content, mode_t mode, struct buf *why);
/* Makes a directory and those above it, where they are missing. */
bool issuer_directory_make(const char *path, mode_t mode, struct buf *why);
/*
 * Opens (and makes) a lock file and takes a flock(2) of that operation. Returns the descriptor; close(2) gives the lock
 * back.
 */
int issuer_file_lock(const char *path, int operation, struct buf *why);
/* "DIR/NAME"; NULL when memory ran out. Give it back with mem_free(). */
char *issuer_path(const char *dir, const char *name);

#endif
