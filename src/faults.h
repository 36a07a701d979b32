/* SPDX-License-Identifier: MIT
 *
 * The faults of a configuration, collected: all at once, each with its place. The public readers are in tam/tam.h.
 */
#ifndef TAM_FAULTS_H
#define TAM_FAULTS_H

#include <stdbool.h>
#include <tam/tam.h>

/* Never NULL: where memory ran out, one that has that fault and takes no other. */
struct tam_faults *faults_new(void);
/* Adds one; file NULL or "" and line 0: of no place. level TAM_LOG_ERROR or TAM_LOG_WARNING. */
void faults_add(struct tam_faults *faults, uint32_t level, const char *file, unsigned line, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
bool faults_any_error(const struct tam_faults *faults); /* also when one could not be kept for want of memory */

#endif
