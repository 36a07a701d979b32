/* SPDX-License-Identifier: MIT
 *
 * The statement `resource`: what the host says of itself to clients (RFC 9728).
 */
#ifndef TAM_RESOURCE_H
#define TAM_RESOURCE_H

#include <src/conf/option.h>
#include <src/service/config.h>

extern const struct option_table resource_table;

/* False when a fault of level error was reported. */
bool resource_read(const struct statement *statement, const struct option_means *means,
                   struct configuration_resource *ret_resource);

#endif
