/* SPDX-License-Identifier: MIT
 *
 * A directory for one test, and the files in it; both are gone after scratch_remove().
 */
#ifndef TAM_TESTS_SCRATCH_H
#define TAM_TESTS_SCRATCH_H

#include <stddef.h>

struct scratch {
    char path[512];
};

void scratch_make(struct scratch *scratch);
void scratch_remove(struct scratch *scratch); /* it, and what is in it */

/* "DIRECTORY/name", in one of a few static buffers. */
const char *scratch_path(const struct scratch *scratch, const char *name);
/* Mode 0600; returns its path as scratch_path() does. */
const char *scratch_write(const struct scratch *scratch, const char *name, const void *bytes, size_t len);
const char *scratch_text(const struct scratch *scratch, const char *name, const char *text);
const char *scratch_copy(const struct scratch *scratch, const char *name, const char *from);

#endif
