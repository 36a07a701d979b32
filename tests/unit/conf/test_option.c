/* SPDX-License-Identifier: MIT
 *
 * What libtam makes of option values, type by type, from the text of a service file to what a plugin is handed.
 */
#include <config.h>

#include <src/base/array.h>
#include <src/service/config.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <tests/support/fixture.h>
#include <tests/plugins/types.h>
#include <tests/support/scratch.h>
#include <tests/support/suite.h>
#include <unistd.h>

#define GUID_UPPER "0A1B2C3D-0000-4000-8000-ABCDEFABCDEF"
#define GUID_LOWER "0a1b2c3d-0000-4000-8000-abcdefabcdef"

/* What one line gave. */
struct reading {
    struct faults *faults;
    struct configuration *configuration;
};

static void read_text(struct reading *reading, const char *text, bool any_owner) {
    char *copy = strdup(text);
    const struct configuration_source source = { .text = copy };
    const struct configuration_setup options = { .plugin_dir = TEST_PLUGIN_DIR, .any_owner = any_owner };
    reading->faults = faults_new();
    ck_assert_ptr_nonnull(reading->faults);
    reading->configuration = configuration_read(&source, &options, reading->faults);
    free(copy); /* nothing may point into it */
}

static void read_line(struct reading *reading, const char *option) {
    char text[4096];
    (void)snprintf(text, sizeof text, "types needed=x %s", option);
    read_text(reading, text, true);
}

static void reading_end(struct reading *reading) {
    configuration_free(reading->configuration);
    faults_free(reading->faults);
}

static const struct tam_value *value_of(const struct reading *reading, uint32_t row) {
    ck_assert_msg(reading->configuration != NULL, "%s", faults_text(reading->faults, 0));
    const struct tam_config *config = &reading->configuration->verifiers[0].config;
    ck_assert_uint_eq(config->value_count, TYPES_COUNT);
    return tam_config_value(config, row);
}

/* ---- Good values ---- */

struct good {
    const char *option;
    uint32_t row;
    int64_t number;
    const char *text;
    const char *why;
};

static const struct good good_rows[] = {
    { "text=abc", TYPES_TEXT, 0, "abc", "as it is" },
    { "text=", TYPES_TEXT, 0, "", "empty, without a bound" },
    { "text=''", TYPES_TEXT, 0, "", "empty, quoted" },
    { "text='a b'", TYPES_TEXT, 0, "a b", "quoted" },
    { "text=\"a b\"", TYPES_TEXT, 0, "a b", "quoted otherwise" },
    { "text='it\\'s'", TYPES_TEXT, 0, "it's", "an escaped quote" },
    { "text=\"it's\"", TYPES_TEXT, 0, "it's", "the other quote" },
    { "text='a\\\\b'", TYPES_TEXT, 0, "a\\b", "an escaped backslash" },
    { "text=a\\ b", TYPES_TEXT, 0, "a b", "an escaped blank" },
    { "text=a=b=c", TYPES_TEXT, 0, "a=b=c", "the first equals sign ends the key" },
    { "text=a#b", TYPES_TEXT, 0, "a#b", "a comment begins behind a blank" },
    { "text=a #b", TYPES_TEXT, 0, "a", "as here" },
    { "text=$HOME", TYPES_TEXT, 0, "$HOME", "only ${ is a variable" },
    { "text=\\${TAM_TEST}", TYPES_TEXT, 0, "${TAM_TEST}", "unless it is escaped" },
    { "text=${TAM_TEST}", TYPES_TEXT, 0, "v ${NOT} a=b 'q", "put in once, after splitting" },
    { "text=<${TAM_TEST_EMPTY}>", TYPES_TEXT, 0, "<>", "set and empty is set" },
    { "text=ab\\\ncd", TYPES_TEXT, 0, "abcd", "a line joined within a value" },
    { "text='ab\\\r\n cd'", TYPES_TEXT, 0, "ab cd", "within quotes, with the other end of line" },
    { "text=\xc3\xa4", TYPES_TEXT, 0, "\xc3\xa4", "UTF-8" },
    { "short_text=ab", TYPES_SHORT_TEXT, 0, "ab", "the lower bound" },
    { "short_text=abcd", TYPES_SHORT_TEXT, 0, "abcd", "the upper bound" },
    { "", TYPES_NUMBER, 7, "7", "the default" },
    { "number=-5", TYPES_NUMBER, -5, "-5", "the lower bound" },
    { "number=100", TYPES_NUMBER, 100, "100", "the upper bound" },
    { "any_number=9223372036854775807", TYPES_ANY_NUMBER, INT64_MAX, "9223372036854775807", "the largest" },
    { "", TYPES_WAIT, 120, "2m", "the default, through the same reader" },
    { "wait=1", TYPES_WAIT, 1, "1", "whole seconds" },
    { "wait=90s", TYPES_WAIT, 90, "90s", "seconds" },
    { "wait=5m", TYPES_WAIT, 300, "5m", "minutes" },
    { "wait=24h", TYPES_WAIT, 86400, "24h", "hours, the upper bound" },
    { "any_wait=30d", TYPES_ANY_WAIT, 30 * 86400, "30d", "days" },
    { "any_wait=9223372036", TYPES_ANY_WAIT, INT64_C(9223372036), "9223372036", "the last that fits nanoseconds" },
    { "room=0", TYPES_ROOM, 0, "0", "the lower bound" },
    { "room=3K", TYPES_ROOM, 3072, "3K", "1024 each" },
    { "room=2M", TYPES_ROOM, 2 << 20, "2M", "mebibytes" },
    { "room=1G", TYPES_ROOM, 1 << 30, "1G", "the upper bound" },
    { "", TYPES_FLAG, 0, "no", "the default" },
    { "flag=yes", TYPES_FLAG, 1, "yes", "yes" },
    { "url=https://example.com:8443/a?b=c", TYPES_URL, 0, "https://example.com:8443/a?b=c", "all parts" },
    { "guid=" GUID_UPPER, TYPES_GUID, 0, GUID_LOWER, "handed over in lower case" },
    { "", TYPES_COLOUR, 1, "green", "the default" },
    { "colour=blue", TYPES_COLOUR, 2, "blue", "the index of the choice" },
    { "file=/etc/x", TYPES_FILE, 0, "/etc/x", "absolute" },
    { "secret=${TAM_TEST_SECRET}", TYPES_SECRET, 0, "hunter2!", "from the environment" },
    { "secret='${TAM_TEST_SECRET}'", TYPES_SECRET, 0, "hunter2!", "the same, quoted" },
};

static void set_environment(void) {
    ck_assert_int_eq(setenv("TAM_TEST", "v ${NOT} a=b 'q", 1), 0);
    ck_assert_int_eq(setenv("TAM_TEST_EMPTY", "", 1), 0);
    ck_assert_int_eq(setenv("TAM_TEST_SECRET", "hunter2!", 1), 0);
    ck_assert_int_eq(unsetenv("TAM_TEST_UNSET"), 0);
}

START_TEST(values_are_typed_and_complete) {
    set_environment();
    for (size_t i = 0; i < COUNT(good_rows); i++) {
        const struct good *row = &good_rows[i];
        struct reading reading;
        read_line(&reading, row->option);
        const struct tam_value *value = value_of(&reading, row->row);
        ck_assert_msg(value->number == row->number, "%s (%s)", row->option, row->why);
        ck_assert_msg(view_is(value->text, row->text), "%s: '%s' (%s)", row->option, value->text.ptr, row->why);
        ck_assert_int_eq(value->text.ptr[value->text.len], '\0');
        ck_assert_uint_eq(value->given, row->option[0] == '\0' ? TAM_GIVEN_DEFAULT : TAM_GIVEN_CONFIGURED);
        ck_assert(!faults_any_error(reading.faults));
        ck_assert_uint_eq(faults_count(reading.faults), strstr(row->option, "=$HOME") != NULL ? 1 : 0); /* a warning */
        reading_end(&reading);
    }
}
END_TEST

START_TEST(an_absent_option_is_zero) {
    struct reading reading;
    read_line(&reading, "");
    const struct tam_value *value = value_of(&reading, TYPES_URLS);
    ck_assert_uint_eq(value->given, TAM_GIVEN_ABSENT);
    ck_assert(value->number == 0 && value->text.len == 0 && value->list.count == 0);
    reading_end(&reading);
}
END_TEST

START_TEST(lists_are_cut_at_commas) {
    struct reading reading;
    read_line(&reading,
              "texts=x,yy,zzz guids=" GUID_UPPER " colours=blue,red urls=https://a/%2C,https://b numbers=-1,2");
    const struct tam_value *texts = value_of(&reading, TYPES_TEXTS);
    ck_assert_uint_eq(texts->list.count, 3);
    ck_assert(view_is(texts->list.items[0], "x") && view_is(texts->list.items[2], "zzz"));
    ck_assert_int_eq(texts->list.items[0].ptr[1], '\0');
    ck_assert(view_is(texts->text, "x,yy,zzz"));
    ck_assert(view_is(value_of(&reading, TYPES_GUIDS)->list.items[0], GUID_LOWER));
    ck_assert(view_is(value_of(&reading, TYPES_COLOURS)->list.items[1], "red"));
    ck_assert(view_is(value_of(&reading, TYPES_URLS)->list.items[0], "https://a/%2C"));
    ck_assert(view_is(value_of(&reading, TYPES_NUMBERS)->list.items[0], "-1"));
    reading_end(&reading);
}
END_TEST

/* ---- Bad values ---- */

struct bad {
    const char *option;
    const char *fault; /* must be in its text */
    const char *why;
};

static const struct bad bad_rows[] = {
    { "short_text=a", "of 2 to 4 bytes; found 'a'", "too short" },
    { "short_text=abcde", "of 2 to 4 bytes", "too long" },
    { "short_text=", "of 2 to 4 bytes", "empty" },
    { "text=\"a", "not closed", "an open quote" },
    { "text='a\nb'", "not closed", "a quote ends in its line" },
    { "text='a'b", "a blank must follow", "something behind the quote" },
    { "text=a'b'", "a quote within a value", "a quote in the middle: two readers would differ" },
    { "text=a\\b", "a backslash may stand before", "an escape that is none" },
    { "text=a\\", "the file ends behind a backslash", "a line joined to nothing" },
    { "text=${TAM_TEST_UNSET}", "TAM_TEST_UNSET is not set", "an unset variable" },
    { "text=${}", "expected ${NAME}", "a variable without a name" },
    { "text=${A", "expected ${NAME}", "an open variable" },
    { "text=${A-b}", "expected ${NAME}", "the shell's defaults are not ours" },
    { "text=\xff", "not UTF-8", "not UTF-8" },
    { "text=\x01", "control character", "a control character" },
    { "text=a\rb", "a carriage return within the line", "a carriage return within a line" },
    { "text=${TAM_TEST_LATIN1}", "not UTF-8", "not UTF-8, by the environment" },
    { "number=-6", "from -5 to 100; found '-6'", "below" },
    { "number=101", "from -5 to 100", "above" },
    { "number=1.5", "a whole number", "a fraction" },
    { "number=0x10", "a whole number", "another base" },
    { "number=+1", "a whole number", "a plus sign" },
    { "number=' 1'", "a whole number", "a blank" },
    { "number=", "a whole number", "empty" },
    { "number=-", "a whole number", "a sign alone" },
    { "number=--1", "a whole number", "two signs" },
    { "any_number=9223372036854775808", "a whole number", "one more than fits" },
    { "any_number=18446744073709551623", "a whole number", "7 after an overflow" },
    { "wait=0", "from 1s to 1d", "below" },
    { "wait=25h", "from 1s to 1d", "above" },
    { "wait=5 m", "expected key=value", "a blank before the unit" },
    { "wait=5x", "a duration", "an unknown unit" },
    { "wait=5M", "a duration", "minutes are m" },
    { "wait=m", "a duration", "a unit alone" },
    { "wait=1h30m", "a duration", "two units" },
    { "wait=-5s", "a duration", "negative" },
    { "wait=1.5h", "a duration", "a fraction" },
    { "any_wait=9223372037", "a duration", "more nanoseconds than fit" },
    { "any_wait=213503982334602d", "a duration", "seconds that wrap" },
    { "room=2G", "from 0 to 1G", "above" },
    { "room=1k", "a size", "K is upper-case" },
    { "room=1KB", "a size", "no B" },
    { "any_room=8589934592G", "a size", "bytes that wrap" },
    { "flag=true", "yes or no; found 'true'", "another word" },
    { "flag=Yes", "yes or no", "another case" },
    { "flag=1", "yes or no", "a number" },
    { "flag=", "yes or no", "empty" },
    { "url=example.com", "absolute URL", "no scheme" },
    { "url=https://", "absolute URL", "no host" },
    { "url=https://a/#b", "fragment", "a fragment" },
    { "url='https://a/ b'", "blank", "a blank" },
    { "url=https://u:hunter2@a/", "user information", "user information" },
    { "guid=" GUID_UPPER "0", "GUID", "too long" },
    { "guid=g0000000-0000-4000-8000-abcdefabcdef", "GUID", "not hexadecimal" },
    { "guid={" GUID_UPPER "}", "GUID", "in braces" },
    { "colour=yellow", "one of red, green or blue; found 'yellow'", "no choice" },
    { "colour=Red", "one of red", "another case" },
    { "colour=1", "one of red", "an index" },
    { "file=", "must be a path", "empty" },
    { "secret=hunter2!", "secret_file=PATH or secret=${NAME}", "a literal secret" },
    { "secret=${TAM_TEST_SECRET}2", "secret_file=PATH", "part of it is literal" },
    { "secret=x${TAM_TEST_SECRET}", "secret_file=PATH", "part of it is literal" },
    { "secret=\\${TAM_TEST_SECRET}", "secret_file=PATH", "all of it is literal" },
    { "secret=${TAM_TEST_EMPTY}", "not empty", "an empty secret" },
    { "secret_file=/nonexistent/x", "secret_file /nonexistent/x cannot be opened", "no such file" },
    { "secret_file=", "must be a path", "no path" },
    { "secret=${TAM_TEST_SECRET} secret_file=/x", "secret is given twice", "both" },
    { "texts=a,", "an empty entry", "an empty entry at the end" },
    { "texts=,a", "an empty entry", "an empty entry in front" },
    { "texts=a,,b", "an empty entry", "an empty entry between" },
    { "texts=", "an empty entry", "an empty list" },
    { "texts='a, b'", "a blank in an entry", "a blank behind a comma" },
    { "texts=a,b,a", "a repeated entry: 'a'", "a repeated entry" },
    { "texts=a,123456789", "each entry a text of 1 to 8 bytes; found '123456789'", "an entry out of bounds" },
    { "numbers=1,x", "each entry a whole number; found 'x'", "an entry of another type" },
    { "guids=" GUID_UPPER "," GUID_LOWER, "a repeated entry", "the same in another case" },
    { "colours=red,yellow", "each entry one of red, green or blue", "no choice" },
    { "urls=https://a,b", "each entry an absolute URL", "a comma in a URL is %2C" },
    { "txet=a", "types has no option 'txet'; the nearest is text", "unknown, and near" },
    { "secrte_file=a", "the nearest is secret_file", "unknown, and near to the file of a secret" },
    { "colour_file=a", "types has no option 'colour_file'", "only secrets have files" },
    { "completely_else=a", "types has no option 'completely_else'", "unknown" },
    { "Text=a", "'Text' names no option", "keys are lower-case" },
    { "te-xt=a", "'te-xt' names no option", "not a key" },
    { "text=a text=a", "text is given twice; the first time in line 1", "a duplicate, even of the same" },
    { "text = a", "without blanks round the '='", "libpq's blanks" },
    { "text= a", "without blanks round the '='", "a blank behind" },
    { "text", "expected", "a word alone" },
    { "=a", "without blanks round the '='", "no key" },
};

START_TEST(bad_values_are_faults_with_place_and_reason) {
    set_environment();
    setenv("TAM_TEST_LATIN1", "\xe4", 1);
    for (size_t i = 0; i < COUNT(bad_rows); i++) {
        const struct bad *row = &bad_rows[i];
        struct reading reading;
        read_line(&reading, row->option);
        ck_assert_msg(reading.configuration == NULL, "%s (%s)", row->option, row->why);
        const char *text = faults_text(reading.faults, 0);
        ck_assert_msg(text != NULL && strstr(text, row->fault) != NULL, "%s: %s (%s)", row->option, text, row->why);
        ck_assert_msg(strncmp(text, "<string>:1: ", 12) == 0, "%s", text);
        ck_assert_uint_eq(faults_level(reading.faults, 0), TAM_LOG_ERROR);
        for (size_t j = 0; j < faults_count(reading.faults); j++) {
            text = faults_text(reading.faults, j);
            ck_assert_msg(strstr(text, "hunter2") == NULL, "a secret is shown: %s", text);
        }
        reading_end(&reading);
    }
}
END_TEST

START_TEST(a_missing_required_option_is_named) {
    struct reading reading;
    read_text(&reading, "\n\ntypes text=a", true);
    ck_assert_ptr_null(reading.configuration);
    ck_assert_str_eq(faults_text(reading.faults, 0), "<string>:3: types needs the option needed");
    reading_end(&reading);
}
END_TEST

START_TEST(all_faults_come_at_once_in_the_order_of_their_lines) {
    struct reading reading;
    read_text(&reading, "types flag=maybe \\\n number=x \\\n nmuber=1\nservice timeout=x\n'", true);
    ck_assert_uint_eq(faults_count(reading.faults), 6);
    const unsigned lines[] = { 1, 1, 2, 3, 4, 5 };
    for (size_t i = 0; i < 6; i++) {
        ck_assert_uint_eq(faults_line(reading.faults, i), lines[i]);
        ck_assert_str_eq(faults_file(reading.faults, i), "<string>");
    }
    reading_end(&reading);
}
END_TEST

START_TEST(found_values_cannot_forge_lines_of_a_log) {
    struct reading reading;
    setenv("TAM_TEST_NEWLINE", "x\n<string>:9: forged \x1b[2J", 1);
    read_line(&reading, "flag=${TAM_TEST_NEWLINE}");
    const char *text = faults_text(reading.faults, 0);
    ck_assert_ptr_null(strpbrk(text, "\n\x1b"));
    ck_assert_ptr_null(strstr(text, "forged"));
    reading_end(&reading);
}
END_TEST

/* ---- Secrets and paths ---- */

struct secret {
    const char *content;
    size_t len;
    const char *text; /* NULL: refused */
    const char *why;
};

static const struct secret secrets[] = {
    { "hunter2!", 8, "hunter2!", "as it is" },
    { "hunter2!\n", 9, "hunter2!", "less one newline" },
    { "hunter2!\n\n", 10, "hunter2!\n", "less one, and only one" },
    { "\xff\xfe\xfd\xfc", 4, "\xff\xfe\xfd\xfc", "any bytes" },
    { "abc\n", 4, NULL, "too short without its newline" },
    { "", 0, NULL, "empty" },
    { "\n", 1, NULL, "a newline alone" },
    { "123456789012345678901234567890123", 33, NULL, "too long" },
};

START_TEST(secrets_come_from_files_less_one_newline) {
    struct scratch scratch;
    scratch_make(&scratch);
    for (size_t i = 0; i < COUNT(secrets); i++) {
        const struct secret *row = &secrets[i];
        struct reading reading;
        char line[1200];
        const char *path = scratch_write(&scratch, "secret", row->content, row->len);
        (void)snprintf(line, sizeof line, "secret_file=%s", path);
        read_line(&reading, line);
        ck_assert_msg((reading.configuration != NULL) == (row->text != NULL), "%s", row->why);
        if (row->text != NULL) {
            ck_assert_msg(view_is(value_of(&reading, TYPES_SECRET)->text, row->text), "%s", row->why);
        } else {
            ck_assert_ptr_nonnull(strstr(faults_text(reading.faults, 0), "secret_file must be a secret"));
            ck_assert_ptr_null(strstr(faults_text(reading.faults, 0), "1234"));
        }
        reading_end(&reading);
    }
    scratch_remove(&scratch);
}
END_TEST

START_TEST(a_secret_may_hold_a_nul) {
    struct scratch scratch;
    struct reading reading;
    char line[1200];
    scratch_make(&scratch);
    (void)snprintf(line, sizeof line, "secret_file=%s", scratch_write(&scratch, "secret", "a\0b\0c", 5));
    read_line(&reading, line);
    const struct tam_value *value = value_of(&reading, TYPES_SECRET);
    ck_assert_uint_eq(value->text.len, 5);
    ck_assert_int_eq(memcmp(value->text.ptr, "a\0b\0c", 6), 0);
    reading_end(&reading);
    scratch_remove(&scratch);
}
END_TEST

START_TEST(a_secret_that_others_could_write_is_refused) {
    struct scratch scratch;
    struct reading reading;
    char text[1200];
    scratch_make(&scratch);
    const char *path = scratch_text(&scratch, "secret", "hunter2!");
    (void)snprintf(text, sizeof text, "types needed=x secret_file=%s", path);
    ck_assert_int_eq(chmod(path, 0622), 0);
    read_text(&reading, text, false);
    ck_assert_ptr_nonnull(strstr(faults_text(reading.faults, 0), "can be written by"));
    reading_end(&reading);
    read_text(&reading, text, true); /* the control */
    ck_assert(view_is(value_of(&reading, TYPES_SECRET)->text, "hunter2!"));
    reading_end(&reading);
    scratch_remove(&scratch);
}
END_TEST

START_TEST(relative_paths_of_a_string_begin_at_the_working_directory) {
    struct scratch scratch;
    struct reading reading;
    char here[1024], wanted[1200];
    scratch_make(&scratch);
    ck_assert_ptr_nonnull(getcwd(here, sizeof here));
    scratch_text(&scratch, "secret", "hunter2!");
    ck_assert_int_eq(chdir(scratch.path), 0);
    read_line(&reading, "file=keys/a.pem secret_file=secret");
    ck_assert_int_eq(chdir(here), 0);
    (void)snprintf(wanted, sizeof wanted, "%s/keys/a.pem", scratch.path);
    ck_assert(view_is(value_of(&reading, TYPES_FILE)->text, wanted));
    ck_assert(view_is(value_of(&reading, TYPES_SECRET)->text, "hunter2!"));
    reading_end(&reading);
    scratch_remove(&scratch);
}
END_TEST

START_TEST(a_list_has_at_most_1024_entries) {
    struct reading reading;
    for (int count = 1024; count <= 1025; count++) {
        char text[8192];
        int len = snprintf(text, sizeof text, "types needed=x numbers=0");
        for (int i = 1; i < count; i++) {
            len += snprintf(text + len, sizeof text - (size_t)len, ",%d", i);
        }
        read_text(&reading, text, true);
        ck_assert_int_eq(reading.configuration != NULL, count == 1024);
        reading_end(&reading);
    }
}
END_TEST

int main(void) {
    const TTest *const tests[] = {
        values_are_typed_and_complete,
        an_absent_option_is_zero,
        lists_are_cut_at_commas,
        bad_values_are_faults_with_place_and_reason,
        a_missing_required_option_is_named,
        all_faults_come_at_once_in_the_order_of_their_lines,
        found_values_cannot_forge_lines_of_a_log,
        secrets_come_from_files_less_one_newline,
        a_secret_may_hold_a_nul,
        a_secret_that_others_could_write_is_refused,
        relative_paths_of_a_string_begin_at_the_working_directory,
        a_list_has_at_most_1024_entries,
    };
    return suite_run("option", suite_case("option", 60, tests, COUNT(tests)));
}
