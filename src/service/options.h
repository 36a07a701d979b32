/* SPDX-License-Identifier: MIT
 *
 * The statement `service`: what the service's questions may cost, and which scope includes which.
 */
#ifndef TAM_SERVICE_OPTIONS_H
#define TAM_SERVICE_OPTIONS_H

#include <src/conf/table.h>

extern const struct table_kind service_statement; /* its target is a struct configuration_run */

#endif
