/* SPDX-License-Identifier: MIT
 *
 * Signing with libjwt 1.10, where it writes exactly the bytes that were asked for. It is given what the user of a tool
 * or a test wrote, never what came from a network.
 */
#ifndef TAM_TOOLS_LIBJWT_H
#define TAM_TOOLS_LIBJWT_H

#include <tools/issuer/signing.h>

/*
 * Appends the token; false, and nothing is appended, where libjwt does not know the algorithm, would write other bytes,
 * or fails.
 */
bool libjwt_sign(const struct signing_algorithm *algorithm, EVP_PKEY *key, struct tam_str secret, struct tam_str header,
                 struct tam_str claims, struct buf *ret_token);

#endif
