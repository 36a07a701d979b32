/* SPDX-License-Identifier: MIT
 *
 * Counts durations. The bounds reach from a verdict out of the cache to a question that waited for the network.
 */
#include <config.h>

#include <tools/tamd/http/histogram.h>

#include <inttypes.h>
#include <src/base/str.h>

static const struct {
    int64_t nanoseconds;
    const char *shown; /* in seconds */
} bounds[HISTOGRAM_BOUNDS] = {
    { 1000, "0.000001" }, { 2500, "0.0000025" }, { 5000, "0.000005" }, { 10000, "0.00001" },  { 25000, "0.000025" },
    { 50000, "0.00005" }, { 100000, "0.0001" },  { 500000, "0.0005" }, { 2500000, "0.0025" }, { 10000000, "0.01" },
    { 100000000, "0.1" }, { 1000000000, "1" },   { 5000000000, "5" },
};

void histogram_add(struct histogram *histogram, int64_t nanoseconds) {
    size_t i = 0;
    while (i < HISTOGRAM_BOUNDS && nanoseconds > bounds[i].nanoseconds) {
        i++;
    }
    atomic_fetch_add_explicit(&histogram->counts[i], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&histogram->sum, (unsigned long long)nanoseconds, memory_order_relaxed);
}

void histogram_write(const struct histogram *histogram, const char *name, struct tam_str labels, struct buf *buf) {
    unsigned long long total = 0;
    unsigned long long sum = atomic_load_explicit(&histogram->sum, memory_order_relaxed);
    for (size_t i = 0; i <= HISTOGRAM_BOUNDS; i++) {
        total += atomic_load_explicit(&histogram->counts[i], memory_order_relaxed);
        buf_format(buf, "%s_bucket{%.*s,le=\"%s\"} %llu\n", name, STR_PRINT(labels),
                   i < HISTOGRAM_BOUNDS ? bounds[i].shown : "+Inf", total);
    }
    buf_format(buf, "%s_sum{%.*s} %llu.%09llu\n", name, STR_PRINT(labels), sum / 1000000000, sum % 1000000000);
    buf_format(buf, "%s_count{%.*s} %llu\n", name, STR_PRINT(labels), total);
}
