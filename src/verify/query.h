/* SPDX-License-Identifier: MIT
 *
 * Is a question well put? What is found here is a fault of the host, which no client can cause.
 */
#ifndef TAM_QUERY_H
#define TAM_QUERY_H

#include <tam/tam.h>

/* NULL: it may be judged; else one sentence, static. */
const char *query_fault(const struct tam_query *query);

#endif
