/* SPDX-License-Identifier: MIT
 *
 * What an operation needs (tam_query.scopes and .roles) against what the principal carries. No part of a plugin's
 * verdict, so it is judged after every accept, kept or fresh.
 */
#ifndef TAM_PERMISSION_H
#define TAM_PERMISSION_H

#include <src/service/answer.h>
#include <src/service/config.h>
#include <src/answer/explanation.h>

/* Does the query name anything? */
bool permission_is_asked(const struct tam_query *query);

/* May this principal do what the query names? Memory, for long lists, comes from the pool; without it they take longer.
 */
bool permission_check(const struct service_options *options, const struct tam_query *query,
                      const struct answer *principal, const struct pool *pool);

/* What was needed and what is there: for the log, from the pool (empty where memory ran out), and as a row. */
struct tam_str permission_detail(const struct tam_query *query, const struct answer *principal,
                                 const struct pool *pool);
void permission_explain(const struct tam_query *query, const struct answer *principal, bool passed,
                        struct explanation *explanation);

#endif
