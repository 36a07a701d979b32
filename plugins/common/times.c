/* SPDX-License-Identifier: MIT
 *
 * Checks a token's times by the request's clock. Details and rows show both as dates, because most failures are clocks
 * that differ.
 */
#include <config.h>

#include <plugins/common/times.h>
#include <src/base/buf.h>
#include <src/base/str.h>

#define TEXT_SIZE 256
#define DATE_LAST INT64_C(253402300799) /* 9999-12-31T23:59:59Z */
#define DAY       INT64_C(86400)

/* ---- Times as text ---- */

static void put(char *digits, size_t count, int64_t number) {
    for (; count > 0; number /= 10) {
        digits[--count] = (char)('0' + number % 10);
    }
}

/* RFC 3339, in UTC. The years of this computation begin on March 1, so that a leap day is the last day of a year; an
 * era of 400 years has 146,097 days. Outside of four-digit years the number itself. */
static void add_date(struct buf *text, int64_t when) {
    if (when < 0 || when > DATE_LAST) {
        buf_add_number(text, when);
        return;
    }
    int64_t days = when / DAY + 719468, era = days / 146097, day = days % 146097;
    int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    int64_t of_year = day - (365 * year + year / 4 - year / 100), shifted = (5 * of_year + 2) / 153;
    int64_t month = shifted < 10 ? shifted + 3 : shifted - 9, second = when % DAY;
    char date[] = "0000-00-00T00:00:00Z";
    put(date, 4, year + era * 400 + (month <= 2));
    put(date + 5, 2, month);
    put(date + 8, 2, of_year - (153 * shifted + 2) / 5 + 1);
    put(date + 11, 2, second / 3600);
    put(date + 14, 2, second / 60 % 60);
    put(date + 17, 2, second % 60);
    buf_add(text, STR(date));
}

/* The two largest units: "3 h 12 min". */
static void add_distance(struct buf *text, int64_t from, int64_t to) {
    static const struct {
        uint64_t seconds;
        const char *name;
    } units[] = { { 86400, " d" }, { 3600, " h" }, { 60, " min" }, { 1, " s" } };
    uint64_t left = to > from ? (uint64_t)to - (uint64_t)from : (uint64_t)from - (uint64_t)to;
    size_t first = 0;
    while (first < 3 && left < units[first].seconds) {
        first++;
    }
    buf_add_number(text, (int64_t)(left / units[first].seconds));
    buf_add_text(text, units[first].name);
    left %= units[first].seconds;
    if (first < 3 && left >= units[first + 1].seconds) {
        buf_add_byte(text, ' ');
        buf_add_number(text, (int64_t)(left / units[first + 1].seconds));
        buf_add_text(text, units[first + 1].name);
    }
}

static struct tam_str kept(const struct judge *judge, const struct buf *text) {
    struct tam_str copy = STR_NONE;
    return pool_copy(&judge->pool, buf_str(text), &copy) ? copy : STR_NONE;
}

/* "2026-11-27T10:00:00Z, 3 h 12 min ago"; empty for an absent claim. */
static struct tam_str found_text(const struct judge *judge, const struct json_item *claim) {
    char first[TEXT_SIZE];
    struct buf text;
    if (claim == NULL) {
        return STR_NONE;
    }
    int64_t when = claim_integer(claim), now = judge->request->now;
    buf_init_first(&text, first, sizeof first, TEXT_SIZE);
    add_date(&text, when);
    buf_add_text(&text, when > now ? ", in " : ", ");
    add_distance(&text, now, when);
    buf_add_text(&text, when > now ? "" : " ago");
    struct tam_str copy = kept(judge, &text);
    buf_free(&text);
    return copy;
}

static struct tam_str expected_text(const struct judge *judge, const char *words) {
    char first[TEXT_SIZE];
    struct buf text;
    buf_init_first(&text, first, sizeof first, TEXT_SIZE);
    buf_add_text(&text, words);
    add_date(&text, judge->request->now);
    struct tam_str copy = kept(judge, &text);
    buf_free(&text);
    return copy;
}

/* One check of a time: the claim, the parts of the sentence around the time difference, and the reason. */
struct time_check {
    const char *name, *before, *behind;
    uint32_t reason;
    const char *expected; /* in an explanation, before the date of the request's clock */
};

static const struct time_check expired = { "exp", ": expired ", " ago: ", TAM_REASON_EXPIRED, "after now, " };
static const struct time_check begins = { "nbf", ": valid only in ", ": ", TAM_REASON_NOT_YET_VALID,
                                          "not after now, " };
static const struct time_check issued = { "iat", ": issued ", " after now: ", TAM_REASON_NOT_YET_VALID,
                                          "not after now, " };

/* "exp: expired 3 h 12 min ago: exp 2026-11-27T10:00:00Z, now 2026-11-27T13:12:00Z" */
static struct tam_str sentence(const struct judge *judge, const struct time_check *row, int64_t when) {
    char first[TEXT_SIZE];
    struct buf text;
    buf_init_first(&text, first, sizeof first, TEXT_SIZE);
    buf_add_text(&text, row->name);
    buf_add_text(&text, row->before);
    add_distance(&text, when, judge->request->now);
    buf_add_text(&text, row->behind);
    buf_add_text(&text, row->name);
    buf_add_byte(&text, ' ');
    add_date(&text, when);
    buf_add_text(&text, ", now ");
    add_date(&text, judge->request->now);
    struct tam_str copy = kept(judge, &text);
    buf_free(&text);
    return copy;
}

/* Adds the row of an explanation, and writes the detail of a failure. */
static COLD bool show(struct judge *judge, const struct time_check *row, bool good, const struct json_item *claim) {
    bool explains = judge->request->check != NULL; /* else these texts are not used */
    struct tam_str expected = explains ? expected_text(judge, row->expected) : STR_NONE;
    struct tam_str found = explains ? found_text(judge, claim) : STR_NONE;
    if (good) {
        return judge_row(judge, row->name, true, row->reason, expected, found);
    }
    return judge_fail(judge, row->name, row->reason, expected, found, sentence(judge, row, claim_integer(claim)));
}

static bool check(struct judge *judge, const struct time_check *row, bool good, const struct json_item *claim) {
    return (good && judge->request->check == NULL) || show(judge, row, good, claim);
}

/* ---- Checks of two claims against each other ---- */

/* "nbf: begins 5 s after it ends: nbf 2026-11-27T10:00:05Z, exp 2026-11-27T10:00:00Z" */
static COLD bool refuse_order(struct judge *judge, int64_t nbf, int64_t exp) {
    char first[TEXT_SIZE];
    struct buf text;
    buf_init_first(&text, first, sizeof first, TEXT_SIZE);
    buf_add_text(&text, "nbf: begins ");
    add_distance(&text, exp, nbf);
    buf_add_text(&text, " after it ends: nbf ");
    add_date(&text, nbf);
    buf_add_text(&text, ", exp ");
    add_date(&text, exp);
    struct tam_str detail = kept(judge, &text);
    buf_clear(&text);
    add_date(&text, nbf);
    struct tam_str found = kept(judge, &text);
    buf_free(&text);
    return judge_fail(judge, "nbf", TAM_REASON_NOT_YET_VALID, STR("before exp"), found, detail);
}

static COLD bool show_lifetime(struct judge *judge, const struct times *times, bool good) {
    char first[TEXT_SIZE];
    struct buf text;
    buf_init_first(&text, first, sizeof first, TEXT_SIZE);
    buf_add_text(&text, "at most ");
    add_distance(&text, 0, times->longest);
    struct tam_str expected = kept(judge, &text);
    buf_clear(&text);
    add_distance(&text, claim_integer(times->iat), claim_integer(times->exp));
    buf_add_text(&text, " from iat to exp");
    struct tam_str found = kept(judge, &text);
    buf_free(&text);
    return judge_row(judge, "max_token_lifetime", good, TAM_REASON_EXPIRED, expected, found);
}

/* ---- The checks ---- */

bool times_check_end(struct judge *judge, const struct times *times) {
    bool past = times->exp != NULL && time_is_past(claim_integer(times->exp), judge->request->now, times->skew);
    bool on = check(judge, &expired, !past, times->exp);
    if (!on || times->longest == 0 || times->exp == NULL || times->iat == NULL) {
        return on;
    }
    bool good = claim_integer(times->exp) - claim_integer(times->iat) <= times->longest;
    return (good && judge->request->check == NULL) || show_lifetime(judge, times, good);
}

/* With nbf not before exp the token is never valid, so it is refused even if the skew would accept both times. */
bool times_check_beginning(struct judge *judge, const struct times *times) {
    const struct json_item *exp = times->exp, *nbf = times->nbf, *iat = times->iat;
    int64_t now = judge->request->now;
    bool nbf_good = nbf == NULL || !time_is_ahead(claim_integer(nbf), now, times->skew);
    bool order_good = nbf == NULL || exp == NULL || claim_integer(nbf) < claim_integer(exp);
    bool iat_good = iat == NULL || !time_is_ahead(claim_integer(iat), now, times->skew);
    bool on = nbf_good && !order_good ? refuse_order(judge, claim_integer(nbf), claim_integer(exp))
                                      : check(judge, &begins, nbf_good, nbf);
    return on && check(judge, &issued, iat_good, iat);
}

bool times_check_there(struct judge *judge, const struct times *times) {
    bool on = times->exp != NULL ? judge_check(judge, "exp present", true, TAM_REASON_NONE, STR("exp"), STR_NONE)
                                 : judge_fail(judge, "exp present", TAM_REASON_MISSING_CLAIM, STR("exp"), STR_NONE,
                                              STR("exp: the token never expires, and such a one is not accepted"));
    if (!on || times->longest == 0) {
        return on;
    }
    return times->iat != NULL || judge_fail(judge, "iat present", TAM_REASON_MISSING_CLAIM, STR("iat"), STR_NONE,
                                            STR("iat: absent, and max_token_lifetime needs it"));
}
