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
/* From now on no fault shows this value of the environment variable. False when memory ran out: it must not be used then. */
bool faults_hide(struct tam_faults *faults, const char *name, struct tam_str value);
bool faults_any_error(const struct tam_faults *faults); /* also when one could not be kept for want of memory */

#endif
