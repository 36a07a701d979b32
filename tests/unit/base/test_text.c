/* SPDX-License-Identifier: MIT
 *
 * What reads many bytes at once, held against what reads one: every byte at every place of texts of every length up to
 * three blocks. And what is written into memory of the caller's.
 */
#include <config.h>

#include <src/base/arena.h>
#include <src/base/array.h>
#include <src/base/base64.h>
#include <src/base/buf.h>
#include <src/base/display.h>
#include <src/base/json.h>
#include <src/base/mem.h>
#include <src/base/quote.h>
#include <src/base/str.h>
#include <src/base/text.h>

#include <check.h>
#include <tests/support/suite.h>

#define LENGTHS 100 /* three blocks of 32 and some */
#define LIMIT   4096

/* Where a text that is one byte among x ends, as the byte says. */
typedef size_t reader(struct tam_str text);
typedef bool alphabet(int byte);

static bool is_letter_or_digit(int byte) {
    return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
}

static bool is_b64(int byte) {
    return is_letter_or_digit(byte) || (byte != 0 && strchr("-._~+/", byte) != NULL);
}

static bool is_nqchar(int byte) {
    return byte > 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
}

static bool is_plain(int byte) {
    return byte == ' ' || is_nqchar(byte);
}

static bool is_printable(int byte) {
    return byte >= 0x20 && byte < 0x7f;
}

/* Beyond ASCII is no character by itself. */
static bool is_json_plain(int byte) {
    return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

static size_t whole(struct tam_str text, bool good) {
    return good ? text.len : 0;
}

static size_t read_b64token(struct tam_str text) {
    return whole(text, text_is_b64token(text));
}

static size_t read_scope(struct tam_str text) {
    return whole(text, text_is_scope(text));
}

static size_t read_clean(struct tam_str text) {
    return whole(text, text_is_clean(text));
}

static size_t read_json(struct tam_str text) {
    char memory[LENGTHS + 3], pieces[2048];
    const char *fault = NULL;
    struct arena arena;
    memory[0] = '"';
    memcpy(memory + 1, text.ptr, text.len);
    memory[text.len + 1] = '"';
    arena_init(&arena, pieces, sizeof pieces, 0);
    const struct pool pool = arena_pool(&arena);
    const struct json *json = json_read((struct tam_str){ memory, text.len + 2 }, &pool, &fault);
    size_t len = whole(text, json != NULL && str_equal(json->text, text));
    arena_free(&arena);
    return len;
}

static const struct {
    const char *name;
    reader *read;
    alphabet *has;
    bool prefix; /* else the whole text or nothing */
    int but;     /* a byte that is good or bad by its place */
} rows[] = {
    { "b64token", read_b64token, is_b64, false, '=' }, { "scope", read_scope, is_nqchar, false, -1 },
    { "clean", read_clean, is_printable, false, -1 },  { "JSON string", read_json, is_json_plain, false, -1 },
    { "plain", str_plain_length, is_plain, true, -1 },
};

static size_t expected(size_t row, int byte, size_t place, size_t len) {
    if (rows[row].has(byte)) {
        return len;
    }
    return rows[row].prefix ? place : 0;
}

START_TEST(every_byte_is_seen_at_every_place) {
    char text[LENGTHS];
    for (size_t len = 1; len <= LENGTHS; len++) {
        for (size_t place = 0; place < len; place++) {
            memset(text, 'x', len);
            for (int byte = 0; byte < 256; byte++) {
                text[place] = (char)byte;
                const struct tam_str view = { text, len };
                size_t want = expected((size_t)_i, byte, place, len);
                /* ck_assert_msg() writes to a pipe each time that it is good. */
                if (byte != rows[_i].but && rows[_i].read(view) != want) {
                    ck_abort_msg("%s: byte %d at %zu of %zu", rows[_i].name, byte, place, len);
                }
            }
        }
    }
}
END_TEST

START_TEST(the_first_of_several_bytes_ends_a_plain_text) {
    char text[LENGTHS];
    memset(text, 'x', sizeof text);
    for (size_t first = 0; first < LENGTHS; first++) {
        memset(text + first, '"', sizeof text - first);
        ck_assert_uint_eq(str_plain_length((struct tam_str){ text, sizeof text }), first);
        memset(text + first, 'x', sizeof text - first);
    }
    ck_assert_uint_eq(str_plain_length(STR_NONE), 0);
}
END_TEST

/* ---- base64url (RFC 4648 §5) ---- */

static int value_of(int byte) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const char *at = byte != 0 ? strchr(letters, byte) : NULL;
    return at != NULL ? (int)(at - letters) : -1;
}

/* Letter by letter; false where one is none, or where there are bits too many. */
static bool decode_slowly(struct tam_str text, unsigned char *out, size_t *ret_len) {
    unsigned bits = 0, count = 0;
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        int value = value_of((unsigned char)text.ptr[i]);
        if (value < 0) {
            return false;
        }
        bits = (bits << 6 | (unsigned)value) & 0xffff;
        count += 6;
        if (count >= 8) {
            count -= 8;
            out[len++] = (unsigned char)(bits >> count);
        }
    }
    *ret_len = len;
    return count < 6 && (bits & ((1u << count) - 1)) == 0;
}

static void decodes_the_same(struct tam_str text) {
    unsigned char slowly[LENGTHS], quickly[BASE64_DECODED_MAX(LENGTHS) + 1];
    size_t slow_len = 0, len = 0, room = BASE64_DECODED_MAX(text.len);
    quickly[room] = 0xa5;
    bool good = decode_slowly(text, slowly, &slow_len);
    if (base64url_decode(text, quickly, &len) != good ||
        (good && (len != slow_len || memcmp(slowly, quickly, len) != 0))) {
        ck_abort_msg("%.*s", STR_PRINT(text));
    }
    if (quickly[room] != 0xa5) {
        ck_abort_msg("beyond its room: %.*s", STR_PRINT(text));
    }
}

/* The other letters differ, so that one out of its place is seen. */
START_TEST(base64url_is_read_letter_by_letter) {
    char text[LENGTHS];
    for (size_t len = 0; len <= LENGTHS; len++) {
        for (size_t place = 0; place < len; place++) {
            for (size_t i = 0; i < len; i++) {
                text[i] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[(i * 29 + len) % 64];
            }
            text[len - 1] = 'A';
            for (int byte = 0; byte < 256; byte++) {
                text[place] = (char)byte;
                decodes_the_same((struct tam_str){ text, len });
            }
        }
    }
}
END_TEST

/* One byte more each time, over the end of the caller's memory, and over the limit. */
START_TEST(a_buf_leaves_the_memory_of_its_caller_when_it_must) {
    char first[16] = "unused";
    struct buf buf;
    buf_init_first(&buf, first, sizeof first, LENGTHS);
    ck_assert_uint_eq(buf_str(&buf).len, 0);
    for (size_t len = 1; len <= LENGTHS; len++) {
        buf_add_byte(&buf, (char)('a' + len % 26));
        ck_assert_uint_eq(buf_str(&buf).len, len);
        ck_assert_int_eq(buf.ptr == first, len < sizeof first);
        ck_assert_int_eq(buf.ptr[len], '\0');
    }
    ck_assert_int_eq(buf.ptr[0], 'b');
    ck_assert_msg(first[0] == '\0', "what was left behind is still there");
    buf_add_byte(&buf, 'x');
    ck_assert(buf.failed);
    buf_free(&buf);
}
END_TEST

static const struct {
    const char *found, *shown;
} quotes[] = {
    { "", "" },
    { "read", "read" },
    { "a\"b\\c", "a\"b\\\\c" },
    { "a\\x0ab", "a\\\\x0ab" }, /* not what a line feed is shown as */
    { "a\nb\x7f\xc3\xa9", "a\\x0ab\\x7f\\xc3\\xa9" },
    { "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.AAAAAAAA", "(token of 45 bytes)" },
    /* Room is kept for one escape and the dots. */
    { "0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 "
      "0123456789 0123456789 0123456789 0",
      "0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 "
      "0123456789 0123456789 0123456789 0" },
    { "0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 "
      "0123456789 0123456789 0123456789 01",
      "0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 "
      "0123456789 0123456789 0123456789 0..." },
};

START_TEST(what_is_shown_is_the_same_through_every_door) {
    char written[QUOTE_MAX], memory[LIMIT];
    struct tam_str found = str_of(quotes[_i].found), shown = str_of(quotes[_i].shown);
    struct arena arena;
    struct buf buf;
    arena_init(&arena, memory, sizeof memory, 0);
    const struct pool pool = arena_pool(&arena);
    const struct tam_str text = { written, quote_write(found, written) };
    ck_assert_msg(str_equal(text, shown), "%.*s", STR_PRINT(text));
    ck_assert(str_equal(quote_found(&pool, found), text));
    buf_init(&buf, LIMIT);
    quote_add(&buf, found);
    ck_assert(str_equal(buf_str(&buf), text));
    buf_free(&buf);
    arena_free(&arena);
}
END_TEST

/* ---- What people see ---- */

static const struct {
    const char *text, *value, *line;
} escapes[] = {
    { "", "", "" },
    { "read", "read", "read" },
    { "caf\xc3\xa9 \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x94\x91 \xd7\xa9",
      "caf\xc3\xa9 \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x94\x91 \xd7\xa9",
      "caf\xc3\xa9 \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x94\x91 \xd7\xa9" }, /* the control: what is seen */
    { "a\\x0ab", "a\\\\x0ab", "a\\x0ab" },
    { "a\nb", "a\\x0ab", "a\\x0ab" },
    { "\x1b[31m\x7f", "\\x1b[31m\\x7f", "\\x1b[31m\\x7f" },
    { "\xc2\x9b"
      "31m",
      "\\xc2\\x9b31m", "\\xc2\\x9b31m" },                                   /* C1: CSI */
    { "\xc2\x85", "\\xc2\\x85", "\\xc2\\x85" },                             /* C1: NEL */
    { "\xe2\x80\xae", "\\xe2\\x80\\xae", "\\xe2\\x80\\xae" },               /* U+202E */
    { "\xe2\x81\xa6", "\\xe2\\x81\\xa6", "\\xe2\\x81\\xa6" },               /* U+2066 */
    { "\xe2\x80\x8f", "\\xe2\\x80\\x8f", "\\xe2\\x80\\x8f" },               /* U+200F */
    { "\xd8\x9c", "\\xd8\\x9c", "\\xd8\\x9c" },                             /* U+061C */
    { "\xe2\x80\xa8", "\\xe2\\x80\\xa8", "\\xe2\\x80\\xa8" },               /* U+2028 */
    { "\xe2\x80\xa9", "\\xe2\\x80\\xa9", "\\xe2\\x80\\xa9" },               /* U+2029 */
    { "\xe2\x80\x8b", "\\xe2\\x80\\x8b", "\\xe2\\x80\\x8b" },               /* U+200B */
    { "\xc2\xad", "\\xc2\\xad", "\\xc2\\xad" },                             /* U+00AD */
    { "\xef\xbb\xbf", "\\xef\\xbb\\xbf", "\\xef\\xbb\\xbf" },               /* U+FEFF */
    { "\xe3\x85\xa4", "\\xe3\\x85\\xa4", "\\xe3\\x85\\xa4" },               /* U+3164 */
    { "\xf3\xa0\x81\x81", "\\xf3\\xa0\\x81\\x81", "\\xf3\\xa0\\x81\\x81" }, /* U+E0041, a tag */
    { "\xff\xe2\x80", "\\xff\\xe2\\x80", "\\xff\\xe2\\x80" },               /* no UTF-8 */
    { "\xed\xa0\x80", "\\xed\\xa0\\x80", "\\xed\\xa0\\x80" },               /* a surrogate */
};

START_TEST(what_would_not_be_seen_is_escaped) {
    char out[LIMIT];
    struct buf buf;
    const char *const shown[] = { [DISPLAY_VALUE] = escapes[_i].value, [DISPLAY_LINE] = escapes[_i].line };
    for (enum display how = DISPLAY_VALUE; how <= DISPLAY_LINE; how++) {
        size_t len = display_write(str_of(escapes[_i].text), how, out, sizeof out);
        struct tam_str text = { out, len };
        ck_assert_msg(str_equal(text, str_of(shown[how])), "%.*s", STR_PRINT(text));
        buf_init(&buf, LIMIT);
        display_add(&buf, text, DISPLAY_LINE);
        ck_assert_msg(str_equal(buf_str(&buf), text), "a second time: %.*s", STR_PRINT(buf_str(&buf)));
        buf_free(&buf);
    }
}
END_TEST

START_TEST(what_does_not_fit_ends_with_dots) {
    char out[16] = { 0 };
    for (size_t size = 8; size <= sizeof out; size++) {
        size_t len = display_write(STR("abcd\\\n\xc3\xa9"
                                       "efghijklmnop"),
                                   DISPLAY_VALUE, out, size);
        ck_assert_uint_le(len, size);
        ck_assert_int_eq(memcmp(out + len - 3, "...", 3), 0);
    }
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("text");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, every_byte_is_seen_at_every_place, 0, COUNT(rows));
    tcase_add_test(tests, the_first_of_several_bytes_ends_a_plain_text);
    tcase_add_test(tests, base64url_is_read_letter_by_letter);
    tcase_add_test(tests, a_buf_leaves_the_memory_of_its_caller_when_it_must);
    tcase_add_loop_test(tests, what_is_shown_is_the_same_through_every_door, 0, COUNT(quotes));
    tcase_add_loop_test(tests, what_would_not_be_seen_is_escaped, 0, COUNT(escapes));
    tcase_add_test(tests, what_does_not_fit_ends_with_dots);
    return suite_run("text", tests);
}
