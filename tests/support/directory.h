/* SPDX-License-Identifier: MIT
 *
 * A directory for one test. Whatever goes wrong fails the test.
 */
#ifndef TAM_TESTS_SUPPORT_DIRECTORY_H
#define TAM_TESTS_SUPPORT_DIRECTORY_H

/* A new and empty one, under $TMPDIR or /tmp; absolute, without links. mem_free() the path. */
char *directory_make(void);
/* With all that is in it. */
void directory_remove(const char *path);

#endif
