/* SPDX-License-Identifier: MIT
 *
 * Records the checks of one token: rows of an explanation, and the first failure as the verdict. Without a failed check
 * the verdict is accept.
 */
#include <config.h>

#include <plugins/common/judge.h>
#include <src/base/assert.h>
#include <src/base/display.h>
#include <src/base/quote.h>
#include <src/base/str.h>

#define EXPECTED_MAX 3072 /* bytes; a longer one is cut, as libtam cuts a detail of more than 4,096 */

static void *judge_alloc(void *ctx, size_t size) {
    struct judge *judge = ctx;
    void *memory = judge->request->alloc(judge->request->ctx, size);
    judge->starved = judge->starved || memory == NULL;
    return memory;
}

void judge_init(struct judge *judge, const struct tam_request *request, struct tam_verdict *ret_verdict) {
    *judge = (struct judge){
        .request = request,
        .verdict = ret_verdict,
        .pool = { judge_alloc, judge },
    };
}

static void row_add(const struct judge *judge, const char *name, uint32_t outcome, struct tam_str expected,
                    struct tam_str found) {
    const struct tam_check row = { sizeof row, outcome, name, expected, found };
    if (judge->request->check != NULL) {
        judge->request->check(judge->request->ctx, &row);
    }
}

/* "aud: expected X, found Y". Allocates only from the request, because every refusal pays for it. `expected` is escaped
 * too: texts of the configuration may have any bytes. */
static struct tam_str sentence(const struct judge *judge, const char *name, struct tam_str expected,
                               struct tam_str found) {
    char wanted_text[EXPECTED_MAX], found_text[QUOTE_MAX];
    struct tam_str wanted = { wanted_text, display_write(expected, DISPLAY_VALUE, wanted_text, sizeof wanted_text) };
    struct tam_str what = { found_text, quote_write(found, found_text) }, text = STR_NONE;
    bool expects = expected.len > 0;
    (void)POOL_JOIN(&judge->pool, &text, str_of(name), STR(": "), expects ? STR("expected ") : STR_NONE, wanted,
                    expects ? STR(", ") : STR_NONE, STR("found "), what.len > 0 ? what : STR("nothing"));
    return text;
}

static bool goes_on(const struct judge *judge) {
    return judge->request->check != NULL;
}

/* The first failure is the verdict; later ones are rows alone. */
static void fail(struct judge *judge, uint32_t reason, struct tam_str detail) {
    judge->failed = true;
    judge->verdict->reason = reason;
    judge->verdict->detail = detail;
}

bool judge_row(struct judge *judge, const char *name, bool passed, uint32_t reason, struct tam_str expected,
               struct tam_str found) {
    TAM_ASSERT(judge->pool.ctx == judge && (passed || reason != TAM_REASON_NONE));
    row_add(judge, name, passed ? TAM_CHECK_PASSED : TAM_CHECK_FAILED, expected, found);
    if (passed) {
        return true;
    }
    if (!judge->failed) {
        fail(judge, reason, sentence(judge, name, expected, found));
    }
    return goes_on(judge);
}

bool judge_fail(struct judge *judge, const char *name, uint32_t reason, struct tam_str expected, struct tam_str found,
                struct tam_str detail) {
    TAM_ASSERT(judge->pool.ctx == judge && reason != TAM_REASON_NONE);
    row_add(judge, name, TAM_CHECK_FAILED, expected, found);
    if (!judge->failed) {
        fail(judge, reason, detail);
    }
    return goes_on(judge);
}

struct tam_str judge_words(const struct judge *judge, struct tam_list list) {
    size_t len = 0;
    for (size_t i = 0; i < list.count; i++) {
        len += list.items[i].len > 0 ? list.items[i].len + 1 : 0;
    }
    char *text = len > 0 ? pool_alloc(&judge->pool, len) : NULL, *at = text;
    for (size_t i = 0; text != NULL && i < list.count; i++) {
        if (list.items[i].len > 0) {
            memcpy(at, list.items[i].ptr, list.items[i].len);
            at += list.items[i].len;
            *at++ = ' ';
        }
    }
    return text != NULL ? (struct tam_str){ text, len - 1 } : STR_NONE;
}

void judge_skip(struct judge *judge, const char *name) {
    row_add(judge, name, TAM_CHECK_NOT_REACHED, STR_NONE, STR_NONE);
}

uint32_t judge_verdict(const struct judge *judge) {
    return judge->failed ? TAM_VERDICT_REJECT : TAM_VERDICT_ACCEPT;
}

uint32_t judge_answer(struct judge *judge, uint32_t verdict) {
    if (!judge->starved) {
        return verdict;
    }
    judge->verdict->detail = STR("memory ran out while the token was judged");
    return TAM_VERDICT_ERROR;
}
