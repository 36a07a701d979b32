/* SPDX-License-Identifier: MIT
 *
 * The value of WWW-Authenticate: RFC 6750 §3, RFC 9728 §5.1, and Entra's claims challenge. It never says why a token is
 * bad beyond the class that RFC 6750 names.
 */
#ifndef TAM_CHALLENGE_H
#define TAM_CHALLENGE_H

#include <src/service/answer.h>
#include <src/base/arena.h>
#include <src/base/buf.h>
#include <src/service/generation.h>

#define CHALLENGE_MAX   8192 /* bytes of the value; HTTP servers carry no longer header */
#define CHALLENGE_USUAL 512  /* most are shorter */

/* Writes the challenge of a rejection. `verifier` gave it, or NULL: libtam; `operation` are tam_query.scopes, in the
 * short form. False: memory ran out. */
bool challenge_write(struct buf *buf, const struct generation *generation, const struct verifier *verifier,
                     const struct answer *answer, struct tam_list operation, struct arena *arena);

#endif
