/* SPDX-License-Identifier: MIT
 *
 * How long questions took, counted in buckets as Prometheus wants them.
 */
#ifndef TAM_TAMD_HISTOGRAM_H
#define TAM_TAMD_HISTOGRAM_H

#include <src/base/buf.h>
#include <stdatomic.h>

#define HISTOGRAM_BOUNDS 13

struct histogram {
    atomic_ullong counts[HISTOGRAM_BOUNDS + 1]; /* the last: above every bound */
    atomic_ullong sum;                          /* nanoseconds */
};

void histogram_add(struct histogram *histogram, int64_t nanoseconds); /* [any thread] */
/* The lines NAME_bucket, NAME_sum and NAME_count; labels: `service="x"`, without braces. */
void histogram_write(const struct histogram *histogram, const char *name, struct tam_str labels, struct buf *buf);

#endif
