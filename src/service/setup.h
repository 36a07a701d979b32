/* SPDX-License-Identifier: MIT
 *
 * What the host brought of its own, copied and made complete: clocks, logger, plugin directory. After setup_read() no
 * member is missing, so nobody tests for one.
 */
#ifndef TAM_SETUP_H
#define TAM_SETUP_H

#include <src/service/config.h>

struct setup {
    bool any_owner;
    bool host_clock;  /* monotonic is the host's */
    bool fetch;       /* opening waits for keys */
    bool debug;       /* without a host logger: debug lines too */
    bool mute;        /* without a host logger and without a standard error */
    char *plugin_dir; /* owned */
    void *ctx;
    void (*log)(void *ctx, uint32_t level, struct tam_str line); /* NULL: stderr */
    int64_t (*now)(void *ctx);
    int64_t (*monotonic)(void *ctx);
};

/* Checks and copies; NULL is the default setup. On failure false, with the fault added. */
bool setup_read(const struct tam_setup *given, struct setup *ret_setup, struct faults *faults);
void setup_free(struct setup *setup);

struct configuration_setup setup_configuration(const struct setup *setup);

static inline int64_t setup_now(const struct setup *setup) {
    return setup->now(setup->ctx);
}
static inline int64_t setup_monotonic(const struct setup *setup) {
    return setup->monotonic(setup->ctx);
}

#endif
