/* SPDX-License-Identifier: MIT
 *
 * The faults of a configuration, collected: all at once, each with its place. What a host sees as struct tam_faults is
 * this object of libtam (src/service/faults.c).
 */
#ifndef TAM_CONF_FAULTS_H
#define TAM_CONF_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <tam/types.h>

struct faults;

#define FAULTS_TOO_LARGE "the configuration is too large, or memory ran out"

/* Never NULL: where memory ran out, one that has that fault and takes no other. */
struct faults *faults_new(void);
void faults_free(struct faults *faults); /* NULL is fine; all texts die with it */

/* Adds one; file NULL or "" and line 0: of no place. level TAM_LOG_ERROR or TAM_LOG_WARNING. */
void faults_add(struct faults *faults, uint32_t level, const char *file, unsigned line, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* From now on no fault shows this value of the environment variable. False when memory ran out: it must not be used
 * then. */
bool faults_hide(struct faults *faults, const char *name, struct tam_str value);
bool faults_full(const struct faults *faults);      /* no more are kept: not worth finding words for */
bool faults_any_error(const struct faults *faults); /* also when one could not be kept for want of memory */

/* The readers; what they promise stands with those of <tam/tam.h>. */
size_t faults_count(const struct faults *faults);
const char *faults_text(const struct faults *faults, size_t i);
const char *faults_file(const struct faults *faults, size_t i);
unsigned faults_line(const struct faults *faults, size_t i);
uint32_t faults_level(const struct faults *faults, size_t i);

#endif
