/* SPDX-License-Identifier: MIT
 *
 * Reads the statement `service`.
 */
#include <config.h>

#include <src/service/options.h>

#include <src/base/clock.h>
#include <src/base/quote.h>
#include <src/base/str.h>
#include <src/service/cache.h>
#include <src/base/text.h>

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

const struct option_table limits_table = { "service", rows, OPTION_COUNT };

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

static void fault_implication(const struct statement *statement, const struct option_means *means, unsigned line,
                              struct tam_str text) {
    struct buf shown;
    buf_init(&shown, 4 * (size_t)QUOTE_MAX);
    quote_add(&shown, text);
    faults_add(means->faults, TAM_LOG_ERROR, statement->file, line,
               "each entry of scope_implies must be two scopes with one colon between them; found '%.*s'",
               STR_PRINT(buf_str(&shown)));
    buf_free(&shown);
}

static bool implications_read(const struct statement *statement, const struct option_means *means, unsigned line,
                              struct tam_list list, struct configuration_limits *limits) {
    struct configuration_implication *items = pool_array(means->pool, list.count, sizeof *items);
    bool good = true;
    if (items == NULL) {
        faults_add(means->faults, TAM_LOG_ERROR, statement->file, line, "memory ran out");
        return false;
    }
    for (size_t i = 0; i < list.count; i++) {
        if (!implication_split(list.items[i], &items[i])) {
            fault_implication(statement, means, line, list.items[i]);
            good = false;
        }
    }
    limits->implications = items;
    limits->implication_count = list.count;
    return good;
}

bool limits_read(const struct statement *statement, const struct option_means *means,
                 struct configuration_limits *ret_limits) {
    struct tam_value values[OPTION_COUNT];
    unsigned lines[OPTION_COUNT];
    bool good = option_read(&limits_table, statement, means, values, lines);
    struct configuration_limits limits = {
        .timeout_ns = values[TIMEOUT].number * CLOCK_SECOND,
        .cache_size = (size_t)values[CACHE_SIZE].number,
        .cache_ttl = values[CACHE_TTL].number,
        .max_token_size = (size_t)values[MAX_TOKEN_SIZE].number,
    };
    if (limits.cache_size > 0 && limits.cache_size < CACHE_MIN) {
        faults_add(means->faults, TAM_LOG_ERROR, statement->file, lines[CACHE_SIZE],
                   "cache_size must be 0 or at least %dK", CACHE_MIN / 1024);
        good = false;
    }
    good = implications_read(statement, means, lines[SCOPE_IMPLIES], values[SCOPE_IMPLIES].list, &limits) && good;
    if (good) {
        *ret_limits = limits;
    }
    return good;
}
