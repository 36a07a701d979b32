/* SPDX-License-Identifier: MIT
 *
 * Plugins that must not be loaded, one for each BROKEN_…, and with none of them the control. Each is wrong in one way.
 */
#include <tam/plugin.h>

#ifdef BROKEN_TRAP
#include <stdlib.h>
#include <tests/plugins/trap.h>
#include <unistd.h>

/* Shows that it was loaded, before anybody could look at what it exports. */
__attribute__((constructor)) static void spring(void) {
    char byte = 0;
    if (getenv(TRAP_EXITS) != NULL) {
        _exit(TRAP_STATUS);
    }
    if (getenv(TRAP_WAITS) != NULL && write(TRAP_ENTERED, &byte, 1) == 1) {
        (void)!read(TRAP_LEAVES, &byte, 1);
    }
}
#endif

#ifndef BROKEN_NAME
#define BROKEN_NAME "control"
#endif

static const struct tam_option options[] = {
    { "text", TAM_OPT_STRING, 0, 0, 0, NULL, NULL, "any" },
#ifdef BROKEN_DUPLICATE
    { "text", TAM_OPT_INT, 0, 0, 0, NULL, NULL, "the same key" },
#endif
};

static int broken_init(const struct tam_config *config, const struct tam_host *host, uint32_t flags, void **ret_self) {
    (void)config;
    (void)host;
    (void)flags;
    (void)ret_self;
    return 1;
}

#ifndef BROKEN_NO_VERIFY
static uint32_t broken_verify(void *self, const struct tam_request *request, struct tam_verdict *ret_verdict) {
    (void)self;
    (void)request;
    (void)ret_verdict;
    return TAM_VERDICT_NOT_MINE;
}
#endif

static int broken_describe(void *self, const struct tam_description_request *request,
                           struct tam_description *ret_description) {
    (void)self;
    (void)request;
    (void)ret_description;
    return 0;
}

static void broken_destroy(void *self) {
    (void)self;
}

#ifdef BROKEN_NO_VERIFY
#define VERIFY NULL
#else
#define VERIFY broken_verify
#endif
#ifdef BROKEN_MAGIC
#define MAGIC 0x4d415431u /* in the other order of bytes */
#else
#define MAGIC TAM_MAGIC
#endif
#ifdef BROKEN_MAJOR
#define MAJOR 2
#else
#define MAJOR TAM_ABI_MAJOR
#endif
#if defined BROKEN_SMALL
#define SIZE offsetof(struct tam_plugin, destroy) /* less than version 1.0 */
#elif defined BROKEN_LYING
#define SIZE (sizeof(struct tam_plugin) + 4096)
#else
#define SIZE sizeof(struct tam_plugin)
#endif

/* Under another name in C, so that what stands behind the exported one may have another shape. */
#define EXPORTED __asm__("tam_plugin_v1") __attribute__((visibility("default")))

struct younger {
    struct tam_plugin plugin;
    void *member; /* as a version 1.9 might have */
};

struct younger_option {
    struct tam_option option;
    uint64_t member;
};

extern const struct tam_plugin broken_plugin EXPORTED;
extern const uint32_t broken_word EXPORTED;
extern const struct younger broken_younger EXPORTED;
extern int broken_function(void) EXPORTED;

#define TABLE(minor, size, stride, rows, count)                                                                        \
    MAGIC, (uint32_t)(size), MAJOR, minor, (uint32_t)(stride), (uint32_t)(count), 0, TAM_UNDERSTANDS, BROKEN_NAME,     \
        "1.0", "must not be loaded", rows, broken_init, VERIFY, broken_describe, broken_destroy, NULL
#define PLAIN_TABLE TABLE(TAM_ABI_MINOR, SIZE, sizeof options[0], options, sizeof options / sizeof options[0])

#if defined BROKEN_SHORT
const uint32_t broken_word = TAM_MAGIC;
#elif defined BROKEN_FUNCTION
int broken_function(void) {
    return 0;
}
#elif defined BROKEN_YOUNGER
static const struct younger_option younger_options[] = {
    { { "text", TAM_OPT_STRING, 0, 0, 0, NULL, NULL, "any" }, 1 },
    { { "number", TAM_OPT_INT, 0, 0, 0, "7", NULL, "any" }, 2 },
};
const struct younger broken_younger = {
    { TABLE(9, sizeof(struct younger), sizeof younger_options[0], &younger_options[0].option, 2) }, NULL
};
#elif !defined BROKEN_NO_SYMBOL
const struct tam_plugin broken_plugin = { PLAIN_TABLE };
#endif

#if defined BROKEN_SHORT || defined BROKEN_FUNCTION || defined BROKEN_YOUNGER || defined BROKEN_NO_SYMBOL
/* What the one table would have used. */
__attribute__((used)) static const struct tam_plugin unused_table = { PLAIN_TABLE };
#endif

#ifdef BROKEN_NO_SYMBOL
#ifdef BROKEN_BORROWED
extern const int borrowed_anchor;
__attribute__((used)) static const int *const anchor = &borrowed_anchor;
#endif
#endif
