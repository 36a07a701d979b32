/* SPDX-License-Identifier: MIT
 *
 * Reads struct tam_query with suspicion.
 */
#include <config.h>

#include <src/verify/query.h>

#include <src/base/text.h>
#include <stdbool.h>

#define NEEDED_MAX 256 /* entries of tam_query.scopes and .roles, as tam.h says: each is looked for in a token's list */

/* A member that this libtam does not know must not be ignored silently: a younger host's are zero, or refused. */
static bool tail_is_zero(const struct tam_query *query) {
    const char *bytes = (const char *)query;
    for (size_t i = sizeof *query; i < query->size; i++) {
        if (bytes[i] != 0) {
            return false;
        }
    }
    return true;
}

static bool entries_are(struct tam_list list, bool (*allowed)(struct tam_str)) {
    if (list.count > 0 && list.items == NULL) {
        return false;
    }
    for (size_t i = 0; i < list.count; i++) {
        if (list.items[i].ptr == NULL || list.items[i].len == 0 || !allowed(list.items[i])) {
            return false;
        }
    }
    return true;
}

static bool is_view(struct tam_str text) {
    return text.len == 0 || text.ptr != NULL;
}

const char *query_fault(const struct tam_query *query) {
    if (query == NULL || query->size < sizeof *query) {
        return "tam_query.size is not set";
    }
    if (query->size > 65536 || !tail_is_zero(query)) {
        return "tam_query has members that this version of libtam does not know";
    }
    if ((query->flags & ~(uint32_t)TAM_NONBLOCK) != 0) {
        return "tam_query.flags has a flag that this version of libtam does not know";
    }
    if (!is_view(query->token) || !is_view(query->authorization)) {
        return "tam_query has a view without bytes";
    }
    if (query->timeout_ns < 0 || query->ticket > INT64_MAX) {
        return "tam_query has a timeout or a ticket out of range";
    }
    if (query->scopes.count > NEEDED_MAX || query->roles.count > NEEDED_MAX) {
        return "tam_query names more than 256 scopes or roles";
    }
    if (!entries_are(query->scopes, text_is_scope) || !entries_are(query->roles, text_is_clean)) {
        return "tam_query names a scope or role that no token can carry";
    }
    return NULL;
}
