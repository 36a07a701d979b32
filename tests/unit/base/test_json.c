/* SPDX-License-Identifier: MIT
 *
 * The strict JSON reader: each bad text beside its fault, the same one whether it is scanned, walked or read into a
 * tree; and thousands of changed texts, held against jansson and against each other.
 */
#include <config.h>

#include <src/base/arena.h>
#include <src/base/array.h>
#include <src/base/buf.h>
#include <src/base/json.h>
#include <src/base/str.h>

#include <check.h>
#include <jansson.h>
#include <tests/support/suite.h>

#define MEMORY  ((size_t)8 << 20)
#define CHANGES 60000 /* texts that are changed and compared */
#define NOTHING ((struct tam_list){ NULL, 0 })

static struct arena arena;
static struct pool pool;

static void setup(void) {
    arena_init(&arena, NULL, 0, MEMORY);
    pool = arena_pool(&arena);
}

static void teardown(void) {
    arena_free(&arena);
}

/* ---- Three ways to the same fault ---- */

static const char *scan_fault(struct tam_str text) {
    struct json_scan found;
    return json_scan(text, NOTHING, &found);
}

static const char *read_fault(struct tam_str text) {
    const char *fault = NULL;
    return json_read(text, &pool, &fault) == NULL ? fault : NULL;
}

static const char *walk_fault(struct tam_str text) {
    struct json_walk walk;
    struct json_item item;
    enum json_type type;
    if (json_walk_begin(&walk, text, &pool, &type)) {
        while (json_walk_next(&walk, &item)) {
        }
    }
    return walk.fault;
}

static const struct {
    const char *text, *fault;
} bad[] = {
    { "", "a text that ends too early" },
    { " ", "a text that ends too early" },
    { "[", "a text that ends too early" },
    { "[1,", "a text that ends too early" },
    { "{\"a\":", "a text that ends too early" },
    { "{", "a member without a name" },
    { "{]}", "a member without a name" },
    { "{,}", "a member without a name" },
    { "{\"a\":1,}", "a member without a name" },
    { "{1:1}", "a member without a name" },
    { "{a:1}", "a member without a name" },
    { "{\"a\"}", "a member without a colon" },
    { "{\"a\" 1}", "a member without a colon" },
    { "{\"a\"", "a member without a colon" },
    { "{\"a\":1}{\"b\":2}", "something behind the value" },
    { "{} x", "something behind the value" },
    { "1 2", "something behind the value" },
    { "\"a\" \"b\"", "something behind the value" },
    { "\xef\xbb\xbf{}", "something that is no value" },
    { "[,1]", "something that is no value" },
    { "[1,]", "something that is no value" },
    { "[}", "something that is no value" },
    { "[-]", "something that is no value" },
    { "[+1]", "something that is no value" },
    { "[.5]", "something that is no value" },
    { "[nul]", "something that is no value" },
    { "[True]", "something that is no value" },
    { "[NaN]", "something that is no value" },
    { "['a']", "something that is no value" },
    { "]", "something that is no value" },
    { "[01]", "items that no comma separates" },
    { "[1 2]", "items that no comma separates" },
    { "[1", "items that no comma separates" },
    { "[1}", "items that no comma separates" },
    { "{\"a\":[}]", "something that is no value" },
    { "{\"a\":[1}]", "items that no comma separates" },
    { "{\"a\":1]", "items that no comma separates" },
    { "[1.]", "a number without digits behind its point" },
    { "[1.e1]", "a number without digits behind its point" },
    { "[1e]", "a number without digits in its exponent" },
    { "[1E+]", "a number without digits in its exponent" },
    { "[\"a", "a string that does not end" },
    { "[\"a\\", "a string that does not end" },
    { "[\"a\\\"", "a string that does not end" },
    { "[\"a\x01\"]", "a control character in a string" },
    { "[\"0123456789abcdef\n\"]", "a control character in a string" },
    { "[\"\xff\"]", "a string that is not UTF-8" },
    { "[\"\xc3\"]", "a string that is not UTF-8" },
    { "[\"\xc0\x80\"]", "a string that is not UTF-8" },
    { "[\"\xed\xa0\x80\"]", "a string that is not UTF-8" },
    { "[\"\xf4\x90\x80\x80\"]", "a string that is not UTF-8" },
    { "[\"\\x\"]", "an unknown escape in a string" },
    { "[\"\\'\"]", "an unknown escape in a string" },
    { "[\"\\\n\"]", "an unknown escape in a string" },
    { "[\"\\u12\"]", "a \\u that is not followed by four hexadecimal digits" },
    { "[\"\\u12g4\"]", "a \\u that is not followed by four hexadecimal digits" },
    { "[\"\\u0000\"]", "a NUL in a string" },
    { "[\"\\ud800\"]", "half of a surrogate pair" },
    { "[\"\\udc00\"]", "half of a surrogate pair" },
    { "[\"\\ud800\\u0041\"]", "half of a surrogate pair" },
    { "[\"\\ud800\\ud800\"]", "half of a surrogate pair" },
    { "{\"a\":1,\"a\":2}", "a duplicate member" },
    { "{\"a\":1,\"\\u0061\":2}", "a duplicate member" },
    { "{\"\":1,\"\":2}", "a duplicate member" },
    { "[[{\"a\":1,\"b\":{\"c\":1,\"c\":2}}]]", "a duplicate member" },
    { "{\"x\":{\"y\":1},\"z\":{\"y\":1},\"x\":1}", "a duplicate member" },
    { "{\"\\ud83d\\ude00\":1,\"\xf0\x9f\x98\x80\":2}", "a duplicate member" },
    { "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]", "objects or arrays nested too deep" },
};

START_TEST(a_bad_text_has_one_fault_however_it_is_read) {
    struct tam_str text = str_of(bad[_i].text);
    const char *scanned = scan_fault(text), *walked = walk_fault(text), *read = read_fault(text);
    ck_assert_msg(scanned != NULL && walked != NULL && read != NULL, "%s is taken", bad[_i].text);
    ck_assert_str_eq(scanned, bad[_i].fault);
    ck_assert_str_eq(walked, bad[_i].fault);
    ck_assert_str_eq(read, bad[_i].fault);
}
END_TEST

/* ---- Good texts ---- */

static const char *const good[] = {
    "{}",
    "[]",
    "0",
    "-0",
    " null ",
    "true",
    "\"\"",
    "\"a\\u00e9\\ud83d\\ude00\\n\\/\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"",
    "[0,-1,1.5,1e9,1E-9,12345678901234567890]",
    "{\"a\":1,\"A\":2,\"b\":{\"a\":1},\"c\":[{\"a\":1},{\"a\":1}]}",
    "{\r\n\t\"a\" : [ 1 , 2 ,3 ] , \"b\" :{ } , \"\":\"\\\"\" }\n",
    "{\"iss\":\"https://issuer.example.com/tenant/v2.0\",\"exp\":1767225600,\"roles\":[\"a\",\"b\\u0063\"],\"x\":[\"a\",1]}",
    "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]", /* 32 */
    "[\"0123456789abcdef0123456789abcdef\",\"0123456789abcde\xc3\xa9\",\"0123456789abcdef\\\\\"]",
    "[\"\\b\\f\\n\\r\\t\\\"\\\\\\/\",true,false,null,[],{},[{}],{\"a\":[]}]",
};
#define GOOD COUNT(good)

static bool same_view(struct tam_str a, struct tam_str b) {
    return a.ptr == b.ptr && a.len == b.len;
}

static void compare_items(struct tam_str raw, const struct json *tree);

static void compare_item(const struct json_item *item, const struct json *node) {
    int64_t number = 0, other = 0;
    if (node == NULL) {
        ck_abort_msg("the tree has fewer");
    }
    bool strings = node->type == JSON_TYPE_ARRAY;
    ck_assert_uint_eq(item->type, node->type);
    ck_assert(str_equal(item->name, node->name) && str_equal(item->text, node->text) &&
              same_view(item->raw, node->raw));
    ck_assert_uint_eq(item->count, node->count);
    ck_assert_int_eq(json_item_integer(item, &number), json_to_integer(node, &other));
    ck_assert_int_eq(number, other);
    bool nested = node->type == JSON_TYPE_ARRAY || node->type == JSON_TYPE_OBJECT;
    for (const struct json *one = nested ? node->first : NULL; one != NULL; one = one->next) {
        strings = strings && one->type == JSON_TYPE_STRING;
    }
    ck_assert_int_eq(item->strings, strings);
    if (nested) {
        compare_items(item->raw, node);
    }
}

/* What a walk over it finds is what the tree has, in order and in every depth. */
static void compare_items(struct tam_str raw, const struct json *tree) {
    struct json_walk walk;
    struct json_item item;
    enum json_type type;
    ck_assert(json_walk_begin(&walk, raw, &pool, &type));
    ck_assert_uint_eq(type, tree->type);
    const struct json *node = type >= JSON_TYPE_ARRAY ? tree->first : NULL;
    while (json_walk_next(&walk, &item)) {
        compare_item(&item, node);
        node = node != NULL ? node->next : NULL;
    }
    ck_assert_ptr_null(walk.fault);
    ck_assert_ptr_null(node);
}

static void compare_jansson(const json_t *other, const struct json *node);

static void compare_nested(const json_t *other, const struct json *node) {
    const struct json *one = node->first;
    size_t count = json_is_array(other) ? json_array_size(other) : json_object_size(other);
    ck_assert_uint_eq(count, node->count);
    for (size_t i = 0; one != NULL; one = one->next, i++) {
        compare_jansson(json_is_array(other) ? json_array_get(other, i)
                                             : json_object_getn(other, one->name.ptr, one->name.len),
                        one);
    }
}

static void compare_jansson(const json_t *other, const struct json *node) {
    int64_t number;
    ck_assert_ptr_nonnull(other);
    switch (node->type) {
    case JSON_TYPE_STRING:
        ck_assert(json_is_string(other) &&
                  str_equal((struct tam_str){ json_string_value(other), json_string_length(other) }, node->text));
        break;
    case JSON_TYPE_NUMBER:
        ck_assert(json_is_number(other));
        ck_assert(!json_to_integer(node, &number) || json_number_value(other) == (double)number);
        break;
    case JSON_TYPE_BOOL:
        ck_assert(json_is_boolean(other) && json_is_true(other) == str_equal(node->raw, STR("true")));
        break;
    case JSON_TYPE_NULL:
        ck_assert(json_is_null(other));
        break;
    default:
        ck_assert(node->type == JSON_TYPE_OBJECT ? json_is_object(other) : json_is_array(other));
        compare_nested(other, node);
    }
}

/* jansson keeps numbers, and refuses what it cannot keep; it allows more depth. */
static bool is_beside_the_point(const char *ours, const json_error_t *error) {
    return (ours != NULL && strstr(ours, "nested") != NULL) || json_error_code(error) == json_error_numeric_overflow;
}

static void compare_all(struct tam_str text) {
    json_error_t error = { .line = 0 };
    const char *fault = NULL, *scanned = scan_fault(text), *walked = walk_fault(text);
    const struct json *tree = json_read(text, &pool, &fault);
    json_t *other =
        json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL, &error);
    fault = tree != NULL ? NULL : fault;
    ck_assert_msg(scanned == fault && walked == fault, "%.*s: scan: %s, walk: %s, tree: %s", STR_PRINT(text),
                  scanned != NULL ? scanned : "good", walked != NULL ? walked : "good", fault != NULL ? fault : "good");
    ck_assert_msg((tree != NULL) == (other != NULL) || is_beside_the_point(fault, &error), "%.*s: %s; jansson: %s",
                  STR_PRINT(text), fault != NULL ? fault : "good", error.text);
    if (tree != NULL) {
        compare_items(text, tree);
    }
    if (tree != NULL && other != NULL) {
        compare_jansson(other, tree);
    }
    json_decref(other);
}

START_TEST(a_good_text_is_the_same_to_every_reader) {
    ck_assert_ptr_null(scan_fault(str_of(good[_i])));
    compare_all(str_of(good[_i]));
}
END_TEST

static uint64_t drawn = UINT64_C(0x2545f4914f6cdd1d);

static size_t draw(size_t below) {
    drawn ^= drawn << 13;
    drawn ^= drawn >> 7;
    drawn ^= drawn << 17;
    return (size_t)(drawn % below);
}

/* One byte more, less or another one, of those that mean something. */
static void change(struct buf *text) {
    static const char bytes[] = "{}[]\",:\\u0dc1.eE-+ntfa \n\x01\x7f\x80\xc3\xa9\xf0";
    size_t at = draw(text->len + 1);
    struct buf changed;
    buf_init(&changed, 4096);
    buf_add(&changed, (struct tam_str){ text->ptr, at });
    if (draw(3) > 0) {
        buf_add_byte(&changed, bytes[draw(sizeof bytes - 1)]);
    }
    buf_add(&changed, str_from(buf_str(text), at + (draw(3) > 0)));
    buf_free(text);
    *text = changed;
}

START_TEST(changed_texts_are_judged_alike) {
    for (size_t i = 0; i < CHANGES; i++) {
        struct buf text;
        buf_init(&text, 4096);
        buf_add_text(&text, good[draw(GOOD)]);
        for (size_t changes = 1 + draw(4); changes > 0 && text.len > 0; changes--) {
            change(&text);
        }
        teardown();
        setup();
        if (text.len > 0) {
            compare_all(buf_str(&text));
        }
        buf_free(&text);
    }
}
END_TEST

/* ---- Many members ---- */

/* A length and two ends in common, nothing in common, escapes, and beyond ASCII. */
static const struct {
    const char *before, *behind;
} names[] = {
    { "a", "z" }, { "", "" }, { "\\u0061", "" }, { "\xc3\xa9", "" }, { "a-name-of-a-claim-that-is-long-", "" },
};

/* `count` members in an object inside an object, with the first one's name again at that place; SIZE_MAX: nowhere. */
static void write_members(struct buf *text, int row, size_t count, size_t again) {
    buf_clear(text);
    buf_add_text(text, "{\"first\":{\"a\":1},\"m\":{");
    for (size_t i = 0; i < count; i++) {
        buf_format(text, "%s\"%s%05zu%s\":0", i > 0 ? "," : "", names[row].before, i == again ? 0 : i,
                   names[row].behind);
    }
    buf_add_text(text, "},\"last\":{\"a\":1,\"b\":2}}");
}

START_TEST(names_may_be_many_but_differ) {
    static const size_t counts[] = { 2, 16, 63, 64, 65, 127, 128, 129, 1700 };
    struct buf text;
    buf_init(&text, 1 << 20);
    for (size_t i = 0; i < COUNT(counts); i++) {
        write_members(&text, _i, counts[i], SIZE_MAX);
        compare_all(buf_str(&text));
        ck_assert_ptr_null(scan_fault(buf_str(&text)));
        for (size_t again = 1; again < counts[i]; again += 1 + counts[i] / 9) {
            write_members(&text, _i, counts[i], again);
            compare_all(buf_str(&text));
            ck_assert_str_eq(scan_fault(buf_str(&text)), "a duplicate member");
        }
        write_members(&text, _i, counts[i], counts[i] - 1);
        ck_assert_str_eq(scan_fault(buf_str(&text)), "a duplicate member");
    }
    buf_free(&text);
}
END_TEST

/* ---- What a scan finds ---- */

static const struct {
    const char *text;
    enum json_type type;
    uint32_t found; /* of cnf and act */
} scans[] = {
    { "{}", JSON_TYPE_OBJECT, 0 },
    { "[\"cnf\"]", JSON_TYPE_ARRAY, 0 },
    { "\"cnf\"", JSON_TYPE_STRING, 0 },
    { "{\"cnf\":{\"jkt\":\"x\"}}", JSON_TYPE_OBJECT, 1 },
    { "{\"a\":1,\"act\":{},\"cnf\":\"\"}", JSON_TYPE_OBJECT, 3 },
    { "{\"\\u0063nf\":0}", JSON_TYPE_OBJECT, 1 },
    { "{\"cnf\":null,\"act\":false}", JSON_TYPE_OBJECT, 2 },
    { "{\"Cnf\":1,\"cnf \":1,\"a\":{\"cnf\":1},\"b\":[{\"act\":1}]}", JSON_TYPE_OBJECT, 0 },
};

START_TEST(a_scan_says_which_members_are_there) {
    struct tam_str wanted[] = { STR_INIT("cnf"), STR_INIT("act") };
    struct json_scan found;
    ck_assert_ptr_null(json_scan(str_of(scans[_i].text), (struct tam_list){ wanted, 2 }, &found));
    ck_assert_uint_eq(found.type, scans[_i].type);
    ck_assert_uint_eq(found.found, scans[_i].found);
}
END_TEST

START_TEST(a_member_is_found_by_its_name) {
    struct tam_str raw, object = STR("{\"a\":{\"b\":[1]},\"\\u0062\\n\":\"x\\n\",\"\":null,\"b\\\\n\":2}");
    struct json_item item;
    ck_assert_ptr_null(scan_fault(object));
    ck_assert(json_find(object, STR("b\n"), &raw) && json_item_again(raw, &pool, &item));
    ck_assert(json_item_is(&item, JSON_TYPE_STRING) && str_equal(item.text, STR("x\n")));
    ck_assert(json_find(object, STR(""), &raw) && str_equal(raw, STR("null")));
    ck_assert(json_find(object, STR("b\\n"), &raw) && str_equal(raw, STR("2")));
    ck_assert(json_find(object, STR("a"), &raw) && json_find(raw, STR("b"), &raw));
    ck_assert(json_item_again(raw, &pool, &item));
    ck_assert(json_item_is(&item, JSON_TYPE_ARRAY) && item.count == 1 && !item.strings);
    ck_assert(!json_find(raw, STR("b"), &raw));
    ck_assert(!json_find(object, STR("b"), &raw));
    ck_assert(!json_find(object, STR("c"), &raw));
    ck_assert(!json_find(STR("{\"a\\n\":1}"), STR("a\\n"), &raw)); /* a line feed, not a backslash and an n */
}
END_TEST

/* A pool that gives nothing: what needs none is read, what does is told apart from a bad text. */
START_TEST(memory_that_runs_out_is_no_fault_of_the_text) {
    const char *fault = NULL;
    struct buf text;
    teardown();
    arena_init(&arena, NULL, 0, 0);
    ck_assert_ptr_null(walk_fault(str_of(good[9])));
    ck_assert_ptr_eq(walk_fault(STR("[\"\\n\"]")), json_no_memory);
    ck_assert_ptr_null(walk_fault(STR("[[\"\\n\"]]")));
    ck_assert_ptr_null(json_read(STR("{}"), &pool, &fault));
    ck_assert_ptr_eq(fault, json_no_memory);
    buf_init(&text, 1 << 20);
    write_members(&text, 1, 1700, SIZE_MAX);
    ck_assert_ptr_eq(walk_fault(buf_str(&text)), json_no_memory);
    ck_assert_ptr_null(scan_fault(buf_str(&text)));
    buf_free(&text);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("json");
    tcase_set_timeout(tests, 120);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, a_bad_text_has_one_fault_however_it_is_read, 0, COUNT(bad));
    tcase_add_loop_test(tests, a_good_text_is_the_same_to_every_reader, 0, COUNT(good));
    tcase_add_test(tests, changed_texts_are_judged_alike);
    tcase_add_loop_test(tests, names_may_be_many_but_differ, 0, COUNT(names));
    tcase_add_loop_test(tests, a_scan_says_which_members_are_there, 0, COUNT(scans));
    tcase_add_test(tests, a_member_is_found_by_its_name);
    tcase_add_test(tests, memory_that_runs_out_is_no_fault_of_the_text);
    return suite_run("json", tests);
}
