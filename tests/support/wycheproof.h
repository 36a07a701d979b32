/* SPDX-License-Identifier: MIT
 *
 * Reads files in the form of Project Wycheproof's and holds our verdicts against theirs. What is no algorithm of JOSE,
 * and keys too weak for any token, it passes over and says so.
 */
#ifndef TAM_TESTS_WYCHEPROOF_H
#define TAM_TESTS_WYCHEPROOF_H

#include <jansson.h>

struct wycheproof_tally {
    const char *file; /* exceptions go by this name */
    unsigned good, bad, excepted, wrong;
    unsigned other; /* in groups that are no algorithm of JOSE, or whose key is too weak */
};

/* Judges every case of a file's content and counts. Each wrong one is printed. */
void wycheproof_judge(struct wycheproof_tally *tally, const json_t *content);

#endif
