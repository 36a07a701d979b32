/* SPDX-License-Identifier: MIT
 *
 * Whether a ca_file holds what it should: certificates in PEM. Whom they certify, and for how long, is for TLS to say.
 */
#ifndef TAM_JOSE_CA_FILE_H
#define TAM_JOSE_CA_FILE_H

#include <src/base/buf.h>
#include <stdbool.h>

/* False, with one sentence in why, where no fetch could ever trust anything by it. */
bool ca_file_check(struct tam_str content, struct buf *why);

#endif
