/* SPDX-License-Identifier: MIT
 *
 * Edit distance: how many bytes were left out, put in, changed, or changed places with their neighbour.
 */
#include <config.h>

#include <src/conf/nearest.h>

#include <src/base/str.h>

#define WORD_MAX 64 /* a longer word is no typing mistake */

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

/* Optimal string alignment, with the last three rows of the table. Both are at most WORD_MAX long. */
static size_t distance(struct tam_str a, struct tam_str b) {
    size_t rows[3][WORD_MAX + 1];
    size_t *before = rows[0], *above = rows[1], *row = rows[2];
    memset(rows, 0, sizeof rows);
    for (size_t j = 0; j <= b.len; j++) {
        above[j] = j;
    }
    for (size_t i = 1; i <= a.len; i++) {
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            size_t changed = above[j - 1] + (a.ptr[i - 1] != b.ptr[j - 1]);
            row[j] = least(changed, least(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a.ptr[i - 1] == b.ptr[j - 2] && a.ptr[i - 2] == b.ptr[j - 1]) {
                row[j] = least(row[j], before[j - 2] + 1);
            }
        }
        size_t *oldest = before;
        before = above;
        above = row;
        row = oldest;
    }
    return above[b.len];
}

void nearest_init(struct nearest *nearest, struct tam_str text) {
    *nearest = (struct nearest){ .text = text, .distance = text.len / 3 + 2 };
}

void nearest_try(struct nearest *nearest, const char *word) {
    struct tam_str candidate = str_of(word);
    if (nearest->text.len > WORD_MAX || candidate.len > WORD_MAX) {
        return;
    }
    size_t longer =
        nearest->text.len > candidate.len ? nearest->text.len - candidate.len : candidate.len - nearest->text.len;
    if (longer >= nearest->distance) {
        return; /* so many letters are missing at least */
    }
    size_t found = distance(nearest->text, candidate);
    /* A word of which nothing is left is not near, however short. */
    if (found < nearest->distance && found < candidate.len) {
        nearest->distance = found;
        nearest->word = word;
    }
}
