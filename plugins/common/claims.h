/* SPDX-License-Identifier: MIT
 *
 * Finds the claims of a payload by a table of the claims that a verifier knows, and checks their JSON types.
 */
#ifndef TAM_COMMON_CLAIMS_H
#define TAM_COMMON_CLAIMS_H

#include <src/base/json.h>

/* The JSON types that a known claim may have; any other type is malformed. null counts as absent. */
enum {
    CLAIM_STRING = 1,
    CLAIM_INTEGER = 2, /* 0..2^53, written as a whole number */
    CLAIM_STRINGS = 4, /* an array of strings */
    CLAIM_BOOL = 8,
    CLAIM_OBJECT = 16,
    CLAIM_ANY = 32
};

struct claim_row {
    struct tam_str name;
    uint32_t types; /* CLAIM_… or'ed */
};

#define CLAIM_BUCKETS  64
#define CLAIM_ROWS_MAX 128

/* A hash table over the rows, with a hash that ignores case. first and next hold row numbers from 1; 0 ends a chain. */
struct claim_table {
    const struct claim_row *rows; /* must outlive the table */
    size_t count;
    unsigned char first[CLAIM_BUCKETS];
    unsigned char next[CLAIM_ROWS_MAX + 1];
};

/* False: more rows than CLAIM_ROWS_MAX. */
bool claim_table_init(struct claim_table *table, const struct claim_row *rows, size_t count);

/* All members of a payload, for a plugin that looks up names from options. */
struct claim_member {
    struct tam_str name, raw;
};
struct claim_members {
    struct claim_member *items;
    size_t count, room;
};

/*
 * Reads the whole payload strictly, and finds the claims of the table: ret_values[i] is the value of rows[i], NULL if
 * absent or null. Refuses a known claim of another type, and two members that match the same row when case is ignored,
 * because two readers could choose differently. A single member that differs from a row in case is ignored. *ret_detail
 * is static or from the pool and has no value of the token. ret_members may be NULL.
 */
enum claims_found {
    CLAIMS_UNREAD = 0, /* not strict JSON, or not an object; or no memory, then *ret_detail is json_no_memory */
    CLAIMS_REFUSED,
    CLAIMS_GOOD
};
enum claims_found claims_find(struct tam_str payload, const struct claim_table *table,
                              const struct json_item **ret_values, struct claim_members *ret_members,
                              const struct pool *pool, struct tam_str *ret_detail);

/* The value of a found claim: empty view or 0 when NULL. */
static inline struct tam_str claim_text(const struct json_item *value) {
    return value != NULL && value->type == JSON_TYPE_STRING ? value->text : (struct tam_str){ NULL, 0 };
}
static inline int64_t claim_integer(const struct json_item *value) {
    int64_t number = 0;
    return json_item_integer(value, &number) ? number : 0;
}
/* A claim for a detail: a string without its quotes, any other value as written; empty when NULL. */
struct tam_str claim_raw(const struct json_item *value);

/* Splits a space-separated string (RFC 6749 §3.3) into its words, in order, without empty ones. False: no memory. */
bool claim_words(struct tam_str text, const struct pool *pool, struct tam_list *ret_words);
/* The strings of an array, or the one string, as a list, which lives no longer than the value. False: no memory. */
bool claim_list(const struct json_item *value, const struct pool *pool, struct tam_list *ret_list);

/* ---- Time (RFC 7519 §4.1.4 to 4.1.6): seconds, skew >= 0, sums saturate ------------------------------------------ */
bool time_is_past(int64_t exp, int64_t now, int64_t skew);   /* now >= exp + skew */
bool time_is_ahead(int64_t when, int64_t now, int64_t skew); /* now + skew < when */

#endif
