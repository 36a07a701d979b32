/* SPDX-License-Identifier: MIT
 *
 * Checks that a ca_file has certificates in PEM. Names and validity are checked by TLS.
 */
#ifndef TAM_COMMON_CA_FILE_H
#define TAM_COMMON_CA_FILE_H

#include <src/base/buf.h>
#include <stdbool.h>

/* False, with one sentence in why: with this file every fetch would fail. */
bool ca_file_check(struct tam_str content, struct buf *why);

#endif
