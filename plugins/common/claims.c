/* SPDX-License-Identifier: MIT
 *
 * Finds known claims and checks their types. A payload that two readers could read differently is refused: a claim of
 * another type, or one that is there twice in different case.
 */
#include <config.h>

#include <plugins/common/claims.h>
#include <src/base/array.h>
#include <src/base/buf.h>
#include <src/base/attr.h>
#include <src/base/str.h>

#define DETAIL_LIMIT  512
#define MEMBERS_USUAL 32

/* ---- Looking up -------------------------------------------------------------------------------------------------- */

/* Length, first and last letter distinguish most registered claims. Bit 0x20 makes letters lower case; for other bytes
 * it only moves the hash. */
static unsigned name_hash(struct tam_str name) {
    if (name.len == 0) {
        return 0;
    }
    unsigned first = (unsigned char)name.ptr[0] | 0x20u, last = (unsigned char)name.ptr[name.len - 1] | 0x20u;
    return (first * 5 + last * 3 + (unsigned)name.len * 7) % CLAIM_BUCKETS;
}

bool claim_table_init(struct claim_table *table, const struct claim_row *rows, size_t count) {
    *table = (struct claim_table){ .rows = rows, .count = count };
    if (count > CLAIM_ROWS_MAX) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        unsigned bucket = name_hash(rows[i].name);
        table->next[i + 1] = table->first[bucket];
        table->first[bucket] = (unsigned char)(i + 1);
    }
    return true;
}

/* The number of the row that has this name when case is ignored; *ret_exact: also with case. 0: none. */
static size_t row_find(const struct claim_table *table, struct tam_str name, bool *ret_exact) {
    size_t at = table->first[name_hash(name)];
    for (; at != 0; at = table->next[at]) {
        *ret_exact = str_equal(table->rows[at - 1].name, name);
        if (*ret_exact || str_equal_nocase(table->rows[at - 1].name, name)) {
            break;
        }
    }
    return at;
}

/* ---- Types ------------------------------------------------------------------------------------------------------- */

static bool type_fits(const struct json_item *value, uint32_t types) {
    static const uint32_t type_bits[] = {
        [JSON_TYPE_STRING] = CLAIM_STRING, [JSON_TYPE_NUMBER] = CLAIM_INTEGER, [JSON_TYPE_ARRAY] = CLAIM_STRINGS,
        [JSON_TYPE_BOOL] = CLAIM_BOOL,     [JSON_TYPE_OBJECT] = CLAIM_OBJECT,  [JSON_TYPE_NULL] = 0,
    };
    int64_t number;

    if ((types & CLAIM_ANY) != 0) {
        return true;
    }
    return (types & type_bits[value->type]) != 0 &&
           (value->type != JSON_TYPE_NUMBER || json_item_integer(value, &number)) &&
           (value->type != JSON_TYPE_ARRAY || value->strings);
}

static const struct {
    uint32_t type;
    const char *words;
} type_words[] = {
    { CLAIM_STRING, "a string" },
    { CLAIM_INTEGER, "a whole number from 0 to 2^53" },
    { CLAIM_STRINGS, "an array of strings" },
    { CLAIM_BOOL, "true or false" },
    { CLAIM_OBJECT, "an object" },
};

/* "aud is not a string or an array of strings" */
static COLD bool refuse_type(const struct claim_row *row, const struct pool *pool, struct tam_str *ret_detail) {
    const char *joint = " is not ";
    struct buf text;
    buf_init(&text, DETAIL_LIMIT);
    buf_add(&text, row->name);
    for (size_t i = 0; i < COUNT(type_words); i++) {
        if ((row->types & type_words[i].type) == 0) {
            continue;
        }
        buf_add_text(&text, joint);
        buf_add_text(&text, type_words[i].words);
        joint = " or ";
    }
    if (!pool_copy(pool, buf_str(&text), ret_detail)) {
        *ret_detail = STR("a claim has another JSON type than it may have");
    }
    buf_free(&text);
    return false;
}

static COLD bool refuse_case(const struct claim_row *row, const struct pool *pool, struct tam_str *ret_detail) {
    struct buf text;
    buf_init(&text, DETAIL_LIMIT);
    buf_add(&text, row->name);
    buf_add_text(&text, " is there twice, in different case");
    if (!pool_copy(pool, buf_str(&text), ret_detail)) {
        *ret_detail = STR("a claim is there twice, in different case");
    }
    buf_free(&text);
    return false;
}

/* ---- Finding ----------------------------------------------------------------------------------------------------- */

/* The state of one walk over a payload. `item` is the slot of the next item to read; if that is a claim of the table,
 * the slot is kept and the walk goes on with the following one. */
struct finding {
    const struct claim_table *table;
    const struct pool *pool;
    const struct json_item **values;
    struct json_item *item;
    struct tam_str *detail;
    bool seen[CLAIM_ROWS_MAX];
};

/* Takes the item if it is a claim of the table. False: refused, and finding->detail has the cause. */
static bool claim_take(struct finding *finding) {
    const struct json_item *item = finding->item;
    bool exact;
    size_t at = row_find(finding->table, item->name, &exact);
    if (at == 0) {
        return true;
    }
    const struct claim_row *row = &finding->table->rows[at - 1];
    if (finding->seen[at - 1]) {
        return refuse_case(row, finding->pool, finding->detail);
    }
    finding->seen[at - 1] = true;
    if (!exact || item->type == JSON_TYPE_NULL) {
        return true;
    }
    if (!type_fits(item, row->types)) {
        return refuse_type(row, finding->pool, finding->detail);
    }
    finding->values[at - 1] = finding->item++;
    return true;
}

static bool member_keep(struct claim_members *members, const struct json_item *item, const struct pool *pool) {
    if (members->count == members->room) {
        size_t room = members->room > 0 ? members->room * 2 : MEMBERS_USUAL;
        struct claim_member *items = pool_array(pool, room, sizeof *items);
        if (items == NULL) {
            return false;
        }
        if (members->count > 0) {
            memcpy(items, members->items, members->count * sizeof *items);
        }
        members->items = items;
        members->room = room;
    }
    members->items[members->count++] = (struct claim_member){ item->name, item->raw };
    return true;
}

static enum claims_found find(struct finding *finding, struct json_walk *walk, struct claim_members *members) {
    bool good = true;
    /* After a refused claim the walk still reads to the end: invalid JSON takes precedence. */
    while (json_walk_next(walk, finding->item)) {
        if (members != NULL && !member_keep(members, finding->item, finding->pool)) {
            walk->fault = json_no_memory;
            break;
        }
        good = good && claim_take(finding);
    }
    if (walk->fault != NULL) {
        *finding->detail = str_of(walk->fault);
        return CLAIMS_UNREAD;
    }
    return good ? CLAIMS_GOOD : CLAIMS_REFUSED;
}

enum claims_found claims_find(struct tam_str payload, const struct claim_table *table,
                              const struct json_item **ret_values, struct claim_members *ret_members,
                              const struct pool *pool, struct tam_str *ret_detail) {
    struct finding finding = { .table = table, .pool = pool, .values = ret_values, .detail = ret_detail };
    enum json_type type;
    struct json_walk walk;
    for (size_t i = 0; i < table->count; i++) {
        ret_values[i] = NULL;
    }
    if (ret_members != NULL) {
        *ret_members = (struct claim_members){ .count = 0 };
    }
    if (!json_walk_begin(&walk, payload, pool, &type)) {
        *ret_detail = str_of(walk.fault);
        return CLAIMS_UNREAD;
    }
    if (type != JSON_TYPE_OBJECT) {
        *ret_detail = STR("the payload is not a JSON object");
        return CLAIMS_UNREAD;
    }
    finding.item = pool_array(pool, table->count + 1, sizeof *finding.item);
    if (finding.item == NULL) {
        *ret_detail = str_of(json_no_memory);
        return CLAIMS_UNREAD;
    }
    return find(&finding, &walk, ret_members);
}

struct tam_str claim_raw(const struct json_item *value) {
    if (value == NULL) {
        return STR_NONE;
    }
    return json_item_is(value, JSON_TYPE_STRING) ? value->text : value->raw;
}

/* ---- Lists ------------------------------------------------------------------------------------------------------- */

bool claim_words(struct tam_str text, const struct pool *pool, struct tam_list *ret_words) {
    size_t count = 0;
    struct tam_str *words = pool_array(pool, text.len / 2 + 1, sizeof *words); /* "a b c" has the most */
    if (words == NULL) {
        return false;
    }
    while (text.len > 0) {
        size_t len = 0;
        while (len < text.len && text.ptr[len] != ' ') {
            len++;
        }
        words[count] = (struct tam_str){ text.ptr, len };
        count += len > 0;
        len += len < text.len;
        text = (struct tam_str){ text.ptr + len, text.len - len };
    }
    *ret_words = (struct tam_list){ count > 0 ? words : NULL, count };
    return true;
}

HOT bool claim_list(const struct json_item *value, const struct pool *pool, struct tam_list *ret_list) {
    *ret_list = (struct tam_list){ NULL, 0 };
    if (json_item_is(value, JSON_TYPE_STRING)) {
        *ret_list = (struct tam_list){ &value->text, 1 };
        return true;
    }
    if (value == NULL || !value->strings || value->count == 0) {
        return true;
    }
    struct tam_str *items = pool_array(pool, value->count, sizeof *items);
    if (items == NULL) {
        return false;
    }
    struct json_item item;
    struct json_walk walk;
    size_t count = 0;
    json_walk_again(&walk, value->raw, pool);
    while (count < value->count && json_walk_next(&walk, &item)) {
        items[count++] = item.text;
    }
    if (count < value->count) { /* no memory to decode an escape */
        return false;
    }
    *ret_list = (struct tam_list){ items, count };
    return true;
}

/* ---- Time -------------------------------------------------------------------------------------------------------- */

static int64_t sum(int64_t a, int64_t b) {
    int64_t result;
    if (__builtin_add_overflow(a, b, &result)) {
        return b > 0 ? INT64_MAX : INT64_MIN;
    }
    return result;
}

bool time_is_past(int64_t exp, int64_t now, int64_t skew) {
    return now >= sum(exp, skew);
}

bool time_is_ahead(int64_t when, int64_t now, int64_t skew) {
    return sum(now, skew) < when;
}
