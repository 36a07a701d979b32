/* SPDX-License-Identifier: MIT
 *
 * Records the checks of one token: the first failure becomes the verdict, and in an explanation every check becomes a
 * row. A plugin calls one function for each check, in the order in which reasons win.
 */
#ifndef TAM_COMMON_JUDGE_H
#define TAM_COMMON_JUDGE_H

#include <src/base/attr.h>
#include <src/base/mem.h>
#include <stdbool.h>
#include <tam/plugin.h>

struct judge {
    const struct tam_request *request;
    struct tam_verdict *verdict; /* reason and detail are written by the first failure */
    struct pool pool;            /* the request's memory; sets `starved` on failure */
    bool failed;
    bool starved; /* memory ran out, so later results mean nothing */
};

/* The caller must not move the judge afterwards, because judge->pool.ctx points to it. */
void judge_init(struct judge *judge, const struct tam_request *request, struct tam_verdict *ret_verdict);

/*
 * Records one check. In an explanation adds a row. The first check that did not pass also sets the verdict's reason and
 * the detail "NAME: expected EXPECTED, found FOUND", with `found` shortened and escaped (quote.h). Returns whether the
 * caller goes on with the next check: this one passed, or the request wants an explanation.
 */
static inline bool judge_check(struct judge *judge, const char *name, bool passed, uint32_t reason,
                               struct tam_str expected, struct tam_str found);
/* The same for a check that did not pass, with a detail of the caller's, which must be clean UTF-8. */
COLD bool judge_fail(struct judge *judge, const char *name, uint32_t reason, struct tam_str expected,
                     struct tam_str found, struct tam_str detail);
/* The entries of a list, separated by blanks, as `expected` or `found` of a check. Empty if judge_check() would not use
 * the text (passed, and no explanation), so that a good token does not pay for it. */
static inline struct tam_str judge_list(const struct judge *judge, bool passed, struct tam_list list);
/* Adds a row for a check that was not made, because an earlier failure made it meaningless. */
COLD void judge_skip(struct judge *judge, const char *name);
/* REJECT if a check failed, else ACCEPT. */
uint32_t judge_verdict(const struct judge *judge);
/* The verdict that the plugin returns: the given one, or ERROR if memory ran out. */
uint32_t judge_answer(struct judge *judge, uint32_t verdict);

/* [called by the inline functions below, and by times.c] */
COLD bool judge_row(struct judge *judge, const char *name, bool passed, uint32_t reason, struct tam_str expected,
                    struct tam_str found);

COLD struct tam_str judge_words(const struct judge *judge, struct tam_list list);

/* Inline, because about thirty checks pass for each good token and need no row. */
static inline bool judge_check(struct judge *judge, const char *name, bool passed, uint32_t reason,
                               struct tam_str expected, struct tam_str found) {
    return (passed && judge->request->check == NULL) || judge_row(judge, name, passed, reason, expected, found);
}

static inline struct tam_str judge_list(const struct judge *judge, bool passed, struct tam_list list) {
    return passed && judge->request->check == NULL ? (struct tam_str){ NULL, 0 } : judge_words(judge, list);
}

#endif
