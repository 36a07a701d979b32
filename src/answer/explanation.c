/* SPDX-License-Identifier: MIT
 *
 * Takes the rows of an explanation from a plugin, in its order.
 */
#include <config.h>

#include <src/answer/explanation.h>

#include <src/base/display.h>
#include <src/base/quote.h>
#include <src/base/str.h>

#define EXPECTED_MAX 512
#define NAME_LEN_MAX 64

struct explanation_row {
    struct explanation_row *next;
    struct tam_check check;
};

void explanation_init(struct explanation *explanation, struct pool pool) {
    *explanation = (struct explanation){ .pool = pool };
}

static bool escaped_copy(const struct pool *pool, struct tam_str text, size_t max, struct tam_str *ret_copy) {
    char shown[EXPECTED_MAX];
    size_t len = display_write(str_given(text), DISPLAY_VALUE, shown, max);
    return pool_copy(pool, (struct tam_str){ shown, len }, ret_copy);
}

/* The name is a constant of the plugin, but nobody forces it to be. */
static bool check_copy(const struct pool *pool, const struct tam_check *check, struct tam_check *ret_check) {
    struct tam_str name = STR_NONE;
    struct tam_str expected = STR_NONE, found = str_given(check->found);
    if (!escaped_copy(pool, str_of(check->name), NAME_LEN_MAX, &name) ||
        !escaped_copy(pool, check->expected, EXPECTED_MAX, &expected)) {
        return false;
    }
    *ret_check = (struct tam_check){
        .size = sizeof *ret_check,
        .outcome = check->outcome <= TAM_CHECK_FAILED ? check->outcome : TAM_CHECK_FAILED,
        .name = name.ptr,
        .expected = expected,
        .found = found.len > 0 ? quote_found(pool, found) : STR_NONE,
    };
    return true;
}

void explanation_add(struct explanation *explanation, const struct tam_check *check) {
    struct explanation_row *row;
    if (check == NULL || check->size < sizeof *check || explanation->count >= EXPLANATION_MAX) {
        return;
    }
    row = pool_alloc(&explanation->pool, sizeof *row);
    if (row == NULL || !check_copy(&explanation->pool, check, &row->check)) {
        return;
    }
    row->next = NULL;
    if (explanation->last != NULL) {
        explanation->last->next = row;
    } else {
        explanation->first = row;
    }
    explanation->last = row;
    explanation->count++;
}

const struct explanation_row *explanation_next(const struct explanation *explanation,
                                               const struct explanation_row *row) {
    return row != NULL ? row->next : explanation->first;
}

const struct tam_check *explanation_check(const struct explanation_row *row) {
    return &row->check;
}
