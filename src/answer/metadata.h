/* SPDX-License-Identifier: MIT
 *
 * Protected resource metadata (RFC 9728): the document, and where clients look for it.
 */
#ifndef TAM_METADATA_H
#define TAM_METADATA_H

#include <src/base/buf.h>
#include <src/service/config.h>

/* Adds the URL of the document (§3.1). False, and nothing added, where the service has no `resource`. */
bool metadata_url(const struct configuration *configuration, struct buf *buf);

#endif
