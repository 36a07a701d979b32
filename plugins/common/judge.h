/* SPDX-License-Identifier: MIT
 *
 * One judgement in the making: the first failure is the verdict, and when somebody asked for an explanation every check
 * becomes a row. A verifier's way through a token is a list of calls of these, in the order in which reasons win.
 */
#ifndef TAM_JOSE_JUDGE_H
#define TAM_JOSE_JUDGE_H

#include <src/base/attr.h>
#include <src/base/mem.h>
#include <stdbool.h>
#include <tam/plugin.h>

struct judge {
    const struct tam_request *request;
    struct tam_verdict *verdict; /* reason and detail are written by the first failure */
    struct pool pool;            /* the request's memory; it notices where there is none */
    bool failed;
    bool starved; /* memory ran out: what was judged since means nothing */
};

/* The judge stays where it is from then on, for its pool leads to it. */
void judge_init(struct judge *judge, const struct tam_request *request, struct tam_verdict *ret_verdict);

/*
 * One check. passed: a row when explaining. Not passed: also, if it is the first failure, the verdict's reason and its
 * detail "NAME: expected EXPECTED, found FOUND" (found through quote_found; a detail of your own with judge_fail). Returns
 * whether to go on with the next check: passed, or explaining.
 */
static inline bool judge_check(struct judge *judge, const char *name, bool passed, uint32_t reason,
                               struct tam_str expected, struct tam_str found);
/* The same for a failure, with the sentence for the administrator written by the caller (fit to be shown). */
COLD bool judge_fail(struct judge *judge, const char *name, uint32_t reason, struct tam_str expected,
                     struct tam_str found, struct tam_str detail);
/* The entries of a list with blanks between them, as expected or found of a check that passed or not. Empty where nobody
 * reads it, so that a good token costs nothing: it passed, and nobody asked for an explanation. */
static inline struct tam_str judge_list(const struct judge *judge, bool passed, struct tam_list list);
/* A row for a check that an earlier failure made meaningless. */
COLD void judge_skip(struct judge *judge, const char *name);
/* reject when something failed, else accept. */
uint32_t judge_verdict(const struct judge *judge);
/* What the plugin answers in the end: that verdict, or error where memory ran out, whatever was found without it. */
uint32_t judge_answer(struct judge *judge, uint32_t verdict);

/* [for judge_check() and judge_list() alone] */
COLD bool judge_row(struct judge *judge, const char *name, bool passed, uint32_t reason, struct tam_str expected,
                    struct tam_str found);

COLD struct tam_str judge_words(const struct judge *judge, struct tam_list list);

/* Thirty of these pass for each token, and nobody asks what they saw. */
static inline bool judge_check(struct judge *judge, const char *name, bool passed, uint32_t reason,
                               struct tam_str expected, struct tam_str found) {
    return (passed && judge->request->check == NULL) || judge_row(judge, name, passed, reason, expected, found);
}

static inline struct tam_str judge_list(const struct judge *judge, bool passed, struct tam_list list) {
    return passed && judge->request->check == NULL ? (struct tam_str){ NULL, 0 } : judge_words(judge, list);
}

#endif
