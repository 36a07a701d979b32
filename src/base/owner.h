/* SPDX-License-Identifier: MIT
 *
 * May this file be trusted? It names code or keys, so nobody but root and the user may be able to change it, or what it
 * is reached through.
 */
#ifndef TAM_BASE_OWNER_H
#define TAM_BASE_OWNER_H

#include <src/base/buf.h>

enum {
    OWNER_ANY = 1,     /* check nothing of the owners (TAM_SETUP_ANY_OWNER, TAM_CONFIG_ANY_OWNER) */
    OWNER_NO_LINK = 2, /* refuse a symbolic link as last component (O_NOFOLLOW) */
    OWNER_PRIVATE = 4  /* own uid and not readable by others (0600): what a program wrote for itself */
};

/*
 * Opens a regular file for reading (O_CLOEXEC, O_NOCTTY, O_NONBLOCK until it is known to be regular) and checks it and every directory up to the
 * root: owned by root or the user, neither group- nor world-writable, where a sticky directory counts as safe; links are
 * resolved first and what they lead to is checked. Returns the descriptor, or -1 with one sentence in why.
 */
int owner_open(const char *path, unsigned flags, struct buf *why);

/* The same, and its content whole, at most `limit` bytes. False with one sentence in why. */
bool owner_read(const char *path, unsigned flags, size_t limit, struct buf *ret_content, struct buf *why);

#endif
