/* SPDX-License-Identifier: MIT
 *
 * tam BUILD-DIR CASE-DIR...: verifies the tokens through libtam and a plugin, with every check, as a host does.
 *
 *     azure, jwt                that plugin, without the cache (`service cache_size=0`): a token never seen before
 *     azure-many                the same over all tokens of the case
 *     azure-cached, jwt-cached  one hot token
 *     azure-cached-many         all tokens of the case, with cache_size=64M
 *     azure-garbage, -expired, -foreign   refused before a signature is computed
 */
#include <config.h>

#include <bench/host.h>
#include <bench/measure.h>

#include <src/base/array.h>
#include <src/base/mem.h>
#include <src/base/str.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char uncached[] = "service cache_size=0", cached[] = "service cache_size=64M cache_ttl=3600s";

struct work {
    struct tam_service *service;
    struct tam_str *tokens;
    size_t count, next;
    uint32_t verdict; /* the expected one */
};

static bool run(void *ctx) {
    struct work *work = ctx;
    size_t i = work->next;
    work->next = i + 1 < work->count ? i + 1 : 0;
    return host_ask(work->service, work->tokens[i], work->verdict);
}

/* Fills the cache before the first round. */
static bool fill(struct work *work) {
    for (size_t i = 0; i < work->count; i++) {
        if (!run(work)) {
            return false;
        }
    }
    return true;
}

/* The measurements of each case; all rows of one plugin and cache share a service. */
static const struct row {
    const char *name, *plugin, *cache;
    const char *tokens; /* a file of the case; "": the first half of a good one */
    bool many;          /* all tokens of the file, if there are more than two */
} rows[] = {
    { "azure", "azure", uncached, "tokens", false },          { "azure-many", "azure", uncached, "tokens", true },
    { "azure-garbage", "azure", uncached, "", false },        { "azure-expired", "azure", uncached, "expired", false },
    { "azure-foreign", "azure", uncached, "foreign", false }, { "azure-cached", "azure", cached, "tokens", false },
    { "azure-cached-many", "azure", cached, "tokens", true }, { "jwt", "jwt", uncached, "tokens", false },
    { "jwt-cached", "jwt", cached, "tokens", false },
};
#define ROWS COUNT(rows)

struct opened {
    struct work work[ROWS];
    char **lines[ROWS];
};

static struct tam_service *service_of(struct opened *opened, size_t i, const char *build, const char *dir) {
    const struct row *row = &rows[i], *before = i > 0 ? row - 1 : NULL;
    if (before != NULL && strcmp(row->plugin, before->plugin) == 0 && row->cache == before->cache) {
        return opened->work[i - 1].service;
    }
    return host_open(build, dir, row->plugin, row->cache);
}

static bool work_open(struct opened *opened, size_t i, const char *build, const char *dir) {
    struct work *work = &opened->work[i];
    size_t count = 0;
    work->service = service_of(opened, i, build, dir);
    opened->lines[i] = bench_lines(dir, rows[i].tokens[0] != '\0' ? rows[i].tokens : "tokens", &count);
    work->count = rows[i].many ? count : 1;
    work->tokens = mem_array(work->count, sizeof *work->tokens);
    work->verdict = strcmp(rows[i].tokens, "tokens") == 0 ? TAM_VERDICT_ACCEPT : TAM_VERDICT_REJECT;
    if (opened->lines[i] == NULL || work->tokens == NULL) {
        return false;
    }
    for (size_t k = 0; k < work->count; k++) {
        work->tokens[k] = str_of(opened->lines[i][k]);
    }
    if (rows[i].tokens[0] == '\0') {
        work->tokens[0].len /= 2;
    }
    return rows[i].cache != cached || work->service == NULL || fill(work);
}

static void opened_close(struct opened *opened) {
    for (size_t i = 0; i < ROWS; i++) {
        if (i + 1 == ROWS || opened->work[i].service != opened->work[i + 1].service) {
            tam_service_close(opened->work[i].service);
        }
        mem_free(opened->work[i].tokens);
        bench_lines_free(opened->lines[i]);
    }
}

/* Skips the rows of a plugin for which the case has no service file, and rows of many tokens if there are only two. */
static size_t add_things(struct opened *opened, const char *build, char *dir, struct measured *things) {
    const char *slash = strrchr(dir, '/'), *of = slash != NULL ? slash + 1 : dir;
    size_t count = 0;
    for (size_t i = 0; i < ROWS; i++) {
        struct work *work = &opened->work[i];
        if (!work_open(opened, i, build, dir)) {
            return 0;
        }
        if (work->service != NULL && (!rows[i].many || work->count > 2)) {
            things[count++] = (struct measured){ of, rows[i].name, run, work };
        }
    }
    return count;
}

int main(int argc, char **argv) {
    size_t cases = argc > 2 ? (size_t)argc - 2 : 0, count = 0;
    struct opened *opened = mem_array(cases + 1, sizeof *opened);
    struct measured *things = mem_array(cases * ROWS + 1, sizeof *things);
    for (size_t i = 0; opened != NULL && things != NULL && i < cases; i++) {
        count += add_things(&opened[i], argv[1], argv[i + 2], things + count);
    }
    if (count == 0) {
        fputs("usage: tam BUILD-DIR CASE-DIR...\n", stderr);
        return 3;
    }
    int status = measure(things, count);
    for (size_t i = 0; i < cases; i++) {
        opened_close(&opened[i]);
    }
    mem_free(things);
    mem_free(opened);
    return status;
}
