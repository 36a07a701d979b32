/* SPDX-License-Identifier: MIT
 *
 * A user's token needs all scopes, an application's one of the roles, or all scopes where no role is named; no token
 * gets in by a list that it was not asked for. scope_implies says which broad scope stands for a narrow one, over any
 * number of steps.
 */
#include <config.h>

#include <src/verify/permission.h>

#include <src/base/buf.h>
#include <src/base/index.h>
#include <src/base/quote.h>
#include <src/base/str.h>

/* Scopes that stand for one wanted scope; a hierarchy with more of them is cut there, which only refuses. */
#define WIDER_MAX 64
#define SHOWN_MAX 4096 /* bytes of a detail: half for what is needed, half for what is there */
#define MORE_MAX  32   /* " and NUMBER more" */

static bool listed(const struct tam_str *items, size_t count, struct tam_str text) {
    return list_has((struct tam_list){ items, count }, text);
}

/* Walks from the wanted scope to the broader ones, each looked at once, so a circle ends. */
static bool scope_granted(const struct service_options *options, const struct lookup *carried, struct tam_str wanted) {
    struct tam_str wider[WIDER_MAX];
    size_t count = 1, at, i;
    wider[0] = wanted;
    for (at = 0; at < count; at++) {
        if (lookup_has(carried, wider[at])) {
            return true;
        }
        for (i = 0; i < options->implication_count && count < WIDER_MAX; i++) {
            const struct configuration_implication *row = &options->implications[i];
            if (str_equal(row->narrow, wider[at]) && !listed(wider, count, row->broad)) {
                wider[count++] = row->broad;
            }
        }
    }
    return false;
}

/* A token may carry thousands. */
static bool scopes_granted(const struct service_options *options, struct tam_list wanted, struct tam_list carried,
                           const struct pool *pool) {
    struct lookup lookup;
    lookup_open(&lookup, carried, wanted.count + options->implication_count, false, pool);
    for (size_t i = 0; i < wanted.count; i++) {
        if (!scope_granted(options, &lookup, wanted.items[i])) {
            return false;
        }
    }
    return wanted.count > 0;
}

bool permission_is_asked(const struct tam_query *query) {
    return query->scopes.count > 0 || query->roles.count > 0;
}

/* Entra's applications carry roles and never scopes; those of other issuers carry scopes (RFC 6749 §4.4, RFC 9068
 * §2.2.3), and are to have what the challenge tells them to ask for. */
static bool is_asked_for_roles(const struct tam_query *query, const struct answer *principal) {
    return principal->kind == TAM_KIND_APP && query->roles.count > 0;
}

bool permission_check(const struct service_options *options, const struct tam_query *query,
                      const struct answer *principal, const struct pool *pool) {
    if (!permission_is_asked(query)) {
        return true;
    }
    if (is_asked_for_roles(query, principal)) {
        return list_count_in(query->roles, principal->roles, false, pool) > 0;
    }
    return scopes_granted(options, query->scopes, principal->scopes, pool);
}

/* ---- For the administrator ---- */

/* As many as end before that length, and how many there are beside. */
static void list_show(struct buf *buf, struct tam_list list, size_t end) {
    for (size_t i = 0; i < list.count; i++) {
        if (buf->len + 1 + QUOTE_MAX + MORE_MAX > end) {
            buf_format(buf, " and %zu more", list.count - i);
            return;
        }
        if (i > 0) {
            buf_add_byte(buf, ' ');
        }
        quote_add(buf, list.items[i]);
    }
}

struct tam_str permission_detail(const struct tam_query *query, const struct answer *principal,
                                 const struct pool *pool) {
    bool roles = is_asked_for_roles(query, principal);
    struct tam_str detail = STR_NONE;
    char shown[SHOWN_MAX];
    struct buf buf;
    buf_init_first(&buf, shown, sizeof shown, sizeof shown - 1);
    buf_add_text(&buf, roles ? "the operation needs one of the roles: " : "the operation needs the scopes: ");
    list_show(&buf, roles ? query->roles : query->scopes, SHOWN_MAX / 2);
    buf_add_text(&buf, "; the token carries: ");
    list_show(&buf, roles ? principal->roles : principal->scopes, SHOWN_MAX);
    if (!pool_copy(pool, buf_str(&buf), &detail)) {
        detail = STR_NONE;
    }
    buf_free(&buf);
    return detail;
}

void permission_explain(const struct tam_query *query, const struct answer *principal, bool passed,
                        struct explanation *explanation) {
    bool roles = is_asked_for_roles(query, principal);
    struct tam_check check = { .size = sizeof check, .name = "operation" };
    char expected_first[SHOWN_MAX / 2], found_first[SHOWN_MAX / 2];
    struct buf expected, found;
    buf_init_first(&expected, expected_first, sizeof expected_first, sizeof expected_first - 1);
    buf_init_first(&found, found_first, sizeof found_first, sizeof found_first - 1);
    list_show(&expected, roles ? query->roles : query->scopes, sizeof expected_first);
    list_show(&found, roles ? principal->roles : principal->scopes, sizeof found_first);
    check.outcome = passed ? TAM_CHECK_PASSED : TAM_CHECK_FAILED;
    check.expected = buf_str(&expected);
    check.found = buf_str(&found);
    explanation_add(explanation, &check);
    buf_free(&expected);
    buf_free(&found);
}
