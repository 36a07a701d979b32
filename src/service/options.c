/* SPDX-License-Identifier: MIT
 *
 * Reads the statement `service`.
 */
#include <config.h>

#include <src/service/options.h>

#include <src/base/clock.h>
#include <src/base/quote.h>
#include <src/base/str.h>
#include <src/base/text.h>
#include <src/service/cache.h>
#include <src/service/config.h>

enum { TIMEOUT, CACHE_SIZE, CACHE_TTL, MAX_TOKEN_SIZE, SCOPE_IMPLIES, OPTION_COUNT };

#define GIB ((int64_t)1 << 30)

static const struct tam_option rows[OPTION_COUNT] = {
    { "timeout", TAM_OPT_DURATION, 0, 1, 300, "5s", NULL, "how long a question may wait for the network" },
    { "cache_size", TAM_OPT_SIZE, 0, 0, 4 * GIB, "16M", NULL, "memory for verdicts; 0: none are kept" },
    { "cache_ttl", TAM_OPT_DURATION, 0, 0, 86400, "300s", NULL, "how long a verdict is kept at most; 0: none is" },
    { "max_token_size", TAM_OPT_SIZE, 0, 1024, 65536, "16K", NULL, "longer tokens are malformed" },
    { "scope_implies", TAM_OPT_STRING | TAM_OPT_LIST, 0, 3, 1024, NULL, NULL,
      "broad:narrow,...: who has the broad scope has the narrow one too" },
};

/* At the last colon. The broad scope may be a URI; any other colon before it could be meant as the one that divides. */
static bool implication_split(struct tam_str text, struct configuration_implication *ret_implication) {
    size_t colon = text.len, others = 0;
    for (size_t i = 0; i < text.len; i++) {
        bool divides = text.ptr[i] == ':' && !str_starts(str_from(text, i), STR("://"));
        others += divides && colon < text.len;
        colon = divides ? i : colon;
    }
    struct tam_str broad = { text.ptr, colon }, narrow = str_from(text, colon + 1);
    *ret_implication = (struct configuration_implication){ broad, narrow };
    return others == 0 && text_is_scope(broad) && text_is_scope(narrow) && !str_equal(broad, narrow);
}

static void fault_implication(struct table_run *run, struct tam_str text) {
    struct buf shown;
    buf_init(&shown, 4 * (size_t)QUOTE_MAX);
    quote_add(&shown, text);
    table_fault(run, SCOPE_IMPLIES,
                "each entry of scope_implies must be two scopes with one colon between them; found '%.*s'",
                STR_PRINT(buf_str(&shown)));
    buf_free(&shown);
}

static void implications_read(struct table_run *run, struct service_options *options) {
    struct tam_list list = run->values[SCOPE_IMPLIES].list;
    struct configuration_implication *items = pool_array(run->means.pool, list.count, sizeof *items);
    if (items == NULL) {
        table_fault(run, SCOPE_IMPLIES, "memory ran out");
        return;
    }
    for (size_t i = 0; i < list.count; i++) {
        if (!implication_split(list.items[i], &items[i])) {
            fault_implication(run, list.items[i]);
        }
    }
    options->implications = items;
    options->implication_count = list.count;
}

static void service_options_read(struct table_run *run) {
    const struct configuration_run *reading = run->target;
    struct service_options options = {
        .timeout_ns = run->values[TIMEOUT].number * CLOCK_SECOND,
        .cache_size = (size_t)run->values[CACHE_SIZE].number,
        .cache_ttl = run->values[CACHE_TTL].number,
        .max_token_size = (size_t)run->values[MAX_TOKEN_SIZE].number,
    };
    if (options.cache_size > 0 && options.cache_size < CACHE_MIN) {
        table_fault(run, CACHE_SIZE, "cache_size must be 0 or at least %dK", CACHE_MIN / 1024);
    }
    implications_read(run, &options);
    if (run->good) {
        reading->configuration->options = options;
    }
}

const struct table_kind service_statement = {
    .options = { "service", rows, OPTION_COUNT },
    .once = true,
    .defaults = true,
    .checks_all = true,
    .read = service_options_read,
};
