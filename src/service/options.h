/* SPDX-License-Identifier: MIT
 *
 * The statement `service`: limits, and which scope includes which.
 */
#ifndef TAM_LIMITS_H
#define TAM_LIMITS_H

#include <src/conf/option.h>
#include <src/service/config.h>

extern const struct option_table limits_table;

/* False when a fault was reported. A statement without options gives the defaults. */
bool limits_read(const struct statement *statement, const struct option_means *means,
                 struct configuration_limits *ret_limits);

#endif
