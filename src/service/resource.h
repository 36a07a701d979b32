/* SPDX-License-Identifier: MIT
 *
 * The statement `resource`: what the host says of itself to clients (RFC 9728).
 */
#ifndef TAM_SERVICE_RESOURCE_H
#define TAM_SERVICE_RESOURCE_H

#include <src/conf/table.h>

extern const struct table_kind resource_statement; /* its target is a struct configuration_run */

#endif
