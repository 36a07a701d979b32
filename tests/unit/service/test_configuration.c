/* SPDX-License-Identifier: MIT
 *
 * Service files and configuration strings as a whole: statements, includes, limits, and what they may not say.
 */
#include <config.h>

#include <src/base/array.h>
#include <src/service/config.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <tests/support/fixture.h>
#include <tests/plugins/types.h>
#include <tests/support/scratch.h>
#include <tests/support/suite.h>
#include <unistd.h>

/* Is this a set-uid process? As the kernel would say (--wrap=getauxval). */
static unsigned long secure;
/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): the linker makes these names. */
unsigned long __real_getauxval(unsigned long type);
unsigned long __wrap_getauxval(unsigned long type);
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
unsigned long __wrap_getauxval(unsigned long type) {
    return type == AT_SECURE ? secure : __real_getauxval(type);
}

/* What one source gave. */
struct reading {
    struct faults *faults;
    struct configuration *configuration;
};

static void read_source(struct reading *reading, const char *path, const char *text, bool any_owner) {
    char *path_copy = path != NULL ? strdup(path) : NULL, *text_copy = text != NULL ? strdup(text) : NULL;
    const struct configuration_source source = { .path = path_copy, .text = text_copy };
    const struct configuration_setup options = { .plugin_dir = TEST_PLUGIN_DIR, .any_owner = any_owner };
    reading->faults = faults_new();
    ck_assert_ptr_nonnull(reading->faults);
    reading->configuration = configuration_read(&source, &options, reading->faults);
    free(path_copy); /* nothing may point into them */
    free(text_copy);
    ck_assert_int_eq(reading->configuration == NULL, faults_any_error(reading->faults));
}

static void read_text(struct reading *reading, const char *text) {
    read_source(reading, NULL, text, true);
}

static void reading_end(struct reading *reading) {
    configuration_free(reading->configuration);
    faults_free(reading->faults);
}

static const char *first_fault(const struct reading *reading) {
    const char *text = faults_text(reading->faults, 0);
    return text != NULL ? text : "(no fault)";
}

static bool has_fault(const struct reading *reading, const char *part) {
    for (size_t i = 0; i < faults_count(reading->faults); i++) {
        if (strstr(faults_text(reading->faults, i), part) != NULL) {
            return true;
        }
    }
    return false;
}

/* ---- Good ones ---- */

START_TEST(a_line_is_a_service_with_defaults) {
    struct reading reading;
    read_text(&reading, "control text=a");
    ck_assert_msg(reading.configuration != NULL, "%s", first_fault(&reading));
    const struct configuration *configuration = reading.configuration;
    ck_assert(!configuration->resource.given);
    ck_assert_int_eq(configuration->options.timeout_ns, 5 * SECOND);
    ck_assert_uint_eq(configuration->options.cache_size, 16 << 20);
    ck_assert_int_eq(configuration->options.cache_ttl, 300);
    ck_assert_uint_eq(configuration->options.max_token_size, 16384);
    ck_assert_uint_eq(configuration->options.implication_count, 0);
    ck_assert_uint_eq(configuration->verifier_count, 1);
    ck_assert_int_eq(configuration->verifiers[0].control, CONTROL_REQUIRED);
    ck_assert_str_eq(configuration->verifiers[0].file, "<string>");
    ck_assert_uint_eq(configuration->verifiers[0].line, 1);
    ck_assert(view_is(configuration->verifiers[0].config.name, "<string>:1"));
    ck_assert_uint_eq(configuration->verifiers[0].option_lines[0], 1);
    reading_end(&reading);
}
END_TEST

START_TEST(every_statement_is_read) {
    static const char text[] = "# what the host says of itself\n"
                               "resource    url=https://api.example.com/mcp name=\"Example API\" \\\n"
                               "            documentation=https://example.com/doc scopes=read,write \\\n"
                               "            authorization_servers=https://login.example.com/a,http://127.0.0.1:80\n"
                               "\r\n"
                               "service     timeout=1m cache_size=0 cache_ttl=0 max_token_size=64K \\\r\n"
                               "            scope_implies=write:read,api://id/all:write # and a comment\n"
                               "   \t\n"
                               "sufficient  control \\\n"
                               "            text=a";
    struct reading reading;
    read_text(&reading, text);
    ck_assert_msg(reading.configuration != NULL, "%s", first_fault(&reading));
    ck_assert_uint_eq(faults_count(reading.faults), 0);
    const struct configuration_resource *resource = &reading.configuration->resource;
    ck_assert(resource->given && resource->scopes_given && resource->authorization_servers_given);
    ck_assert(view_is(resource->url, "https://api.example.com/mcp") && view_is(resource->name, "Example API"));
    ck_assert(view_is(resource->documentation, "https://example.com/doc"));
    ck_assert(view_is(resource->scopes.items[1], "write"));
    ck_assert(view_is(resource->authorization_servers.items[1], "http://127.0.0.1:80"));
    const struct service_options *limits = &reading.configuration->options;
    ck_assert_int_eq(limits->timeout_ns, 60 * SECOND);
    ck_assert(limits->cache_size == 0 && limits->cache_ttl == 0 && limits->max_token_size == 65536);
    ck_assert_uint_eq(limits->implication_count, 2);
    ck_assert(view_is(limits->implications[1].broad, "api://id/all"));
    ck_assert(view_is(limits->implications[1].narrow, "write"));
    const struct configuration_verifier *verifier = &reading.configuration->verifiers[0];
    ck_assert_int_eq(verifier->control, CONTROL_SUFFICIENT);
    ck_assert_uint_eq(verifier->line, 9);
    ck_assert_uint_eq(verifier->option_lines[0], 10);
    reading_end(&reading);
}
END_TEST

/* ---- Bad ones ---- */

struct row {
    const char *text;
    const char *fault;
    const char *why;
};

static const struct row bad[] = {
    { "", "<string>: there is no verifier", "nothing" },
    { "# control", "there is no verifier", "a comment" },
    { "service timeout=5s", "there is no verifier", "limits of nothing" },
    { "# hidden \\\ncontrol nothing=1", "<string>:2: control has no option", "a comment hides no line" },
    { "control # hidden \\\ncontrol", "<string>:2: there are several verifiers", "nor behind a statement" },
    { "control\ncontrol", "<string>:1: there are several verifiers: write required or sufficient", "two" },
    { "required control\ncontrol", "<string>:2: there are several verifiers", "one of two without a control" },
    { "required", "expected a plugin's name behind required", "a control alone" },
    { "required text=a", "expected a plugin's name behind required", "a control before an option" },
    { "requisite control", "or required or sufficient before it", "PAM's other words" },
    { "required control more", "expected key=value", "three words" },
    { "control required", "or required or sufficient before it", "the control behind" },
    { "absent", "there is no plugin 'absent'", "no such plugin" },
    { "resorce url=https://a", "did you mean resource", "almost a statement" },
    { "${TAM_TEST} text=a", "${NAME} may stand in values only", "a plugin named by the environment" },
    { "include ${TAM_TEST}", "${NAME} may stand in values only", "a file named by the environment" },
    { "text=a", "a line begins with a word, such as a plugin's name", "an option without a plugin" },
    { "control text=a 'b'", "expected key=value", "a quoted word" },
    { "\xef\xbb\xbf"
      "control",
      "byte order mark (BOM)", "a byte order mark" },
    { "control\x7f", "control character", "DEL" },
    { "service timeout=5s\nservice cache_ttl=1", "more than one statement service; the first is in line 1", "twice" },
    { "resource url=https://a\nresource url=https://a", "more than one statement resource", "twice" },
    { "resource https://a", "expected key=value behind resource", "a value without its key" },
    { "resource name=x", "resource needs the option url", "no url" },
    { "resource url=http://example.com", "url must begin with https://", "in the clear" },
    { "resource url=http://127.0.0.1.example.com", "url must begin with https://", "almost loopback" },
    { "resource url=ftp://127.0.0.1", "url must begin with https://", "another scheme" },
    { "resource url=https://a/#b", "has a fragment", "RFC 9728 §1.2" },
    { "resource url=/mcp", "absolute URL", "relative" },
    { "resource url=https://a name=", "name must be a text of 1 to 256 bytes", "an empty name" },
    { "resource url=https://a scopes=a\\\"b", "RFC 6749 section 3.3", "a quote in a scope" },
    { "resource url=https://a scopes=\xc3\xa4", "RFC 6749 section 3.3", "a letter that no scope has" },
    { "resource url=https://a authorization_servers=http://b", "authorization_servers must begin with https://",
      "http" },
    { "resource url=https://a authorization_servers=https://b?c", "must not have a query", "RFC 8414 §2" },
    { "service timeout=0", "from 1s to 5m", "no time" },
    { "service timeout=1h", "from 1s to 5m", "too long" },
    { "service max_token_size=512", "from 1K to 64K", "too small" },
    { "service max_token_size=65K", "from 1K to 64K", "too large" },
    { "service cache_size=5G", "from 0 to 4G", "too large" },
    { "service cache_ttl=2d", "from 0 to 1d", "too long" },
    { "service scope_implies=write", "each entry of scope_implies", "no colon" },
    { "service scope_implies=a:b:c", "each entry of scope_implies", "two colons, and no telling which" },
    { "service scope_implies=:read", "each entry of scope_implies", "no broad one" },
    { "service scope_implies=write:", "each entry of scope_implies", "no narrow one" },
    { "service scope_implies=abc:abc", "each entry of scope_implies", "itself" },
    { "service scope_implies=api://abc", "each entry of scope_implies", "the colon of a URI" },
    { "service timeuot=1s", "the nearest is timeout", "a mistyped key" },
    { "include", "expected include PATH", "no path" },
    { "include a b", "expected key=value", "two paths" },
    { "include /nonexistent/a text=b", "expected include PATH", "an option" },
    { "include ''", "what is included must be a path", "an empty path" },
    { "include /nonexistent/a", "/nonexistent/a cannot be opened", "no such file" },
};

START_TEST(what_is_wrong_is_said_with_its_line) {
    setenv("TAM_TEST", "control", 1);
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct reading reading;
        read_text(&reading, bad[i].text);
        ck_assert_msg(reading.configuration == NULL, "%s (%s)", bad[i].text, bad[i].why);
        ck_assert_msg(has_fault(&reading, bad[i].fault), "%s: %s (%s)", bad[i].text, first_fault(&reading), bad[i].why);
        reading_end(&reading);
    }
}
END_TEST

static const struct row warned[] = {
    { "resource url=https://a/mcp/\ncontrol", "<string>:1: url ends with a slash", "a slash that clients drop" },
    { "resource url=https://a/\ncontrol", "url ends with a slash", "even alone" },
    { "resource url=https://a scopes=read,offline_access\ncontrol", "offline_access", "not for a resource to ask" },
};

START_TEST(what_works_but_is_unwise_is_a_warning) {
    for (size_t i = 0; i < COUNT(warned); i++) {
        struct reading reading;
        read_text(&reading, warned[i].text);
        ck_assert_msg(reading.configuration != NULL, "%s: %s", warned[i].text, first_fault(&reading));
        ck_assert_uint_eq(faults_count(reading.faults), 1);
        ck_assert_uint_eq(faults_level(reading.faults, 0), TAM_LOG_WARNING);
        ck_assert_msg(has_fault(&reading, warned[i].fault), "%s: %s", warned[i].text, first_fault(&reading));
        reading_end(&reading);
    }
}
END_TEST

/* ---- The environment ---- */

START_TEST(a_set_uid_process_takes_nothing_from_the_environment) {
    struct reading reading;
    setenv("TAM_TEST", "x", 1);
    secure = 1;
    read_text(&reading, "control text=${TAM_TEST}");
    secure = 0;
    ck_assert_ptr_null(reading.configuration);
    ck_assert(has_fault(&reading, "a set-uid process takes nothing from the environment"));
    reading_end(&reading);
    read_text(&reading, "control text=${TAM_TEST}"); /* the control */
    ck_assert_ptr_nonnull(reading.configuration);
    reading_end(&reading);
}
END_TEST

/* A variable in the wrong place may hold a secret. */
static const struct {
    const char *text, *value, *fault;
} hidden[] = {
    { "types needed=x number=${TAM_TEST}", "hunter2",
      "a whole number from -5 to 100; what the environment gave is not" },
    { "types needed=x number=${TAM_TEST}", "s3", "to 100; what the environment gave is not shown" },
    { "types needed=x guid=${TAM_TEST}", "hunter2!", "guid must be a GUID" },
    { "types needed=x url=${TAM_TEST}", "hunter2!", "url must be an absolute URL" },
    { "types needed=x numbers=1,${TAM_TEST}", "hunter2", "numbers must be a list" },
    { "types needed=x texts=a,${TAM_TEST}", "hunter2 4", "found a blank in an entry" },
    { "types needed=x colour=${TAM_TEST}", "hunter2", "colour must be one of" },
    { "service timeout=${TAM_TEST}\ncontrol", "hunter2", "timeout must be a duration" },
    { "service scope_implies=a:b,${TAM_TEST}\ncontrol", "hunter2", "found '${TAM_TEST}'" },
    { "resource url=${TAM_TEST}\ncontrol", "https://hunter2/?a#b", "url must be an absolute URL" },
    { "types secret_file=/nonexistent/${TAM_TEST}", "hunter2\\\n\xc3\xa9\xe2\x80\xae",
      "/nonexistent/${TAM_TEST} cannot be opened" },
    { "service scope_implies=a:b,${TAM_TEST}\ncontrol", "hunter2\\\n\xc3\xa9\xe2\x80\xae", "found '${TAM_TEST}'" },
    { "types secret_file=/nonexistent/${TAM_TEST}", "hunter2", "/nonexistent/${TAM_TEST} cannot be opened" },
};

START_TEST(what_the_environment_gave_is_in_no_fault) {
    for (size_t i = 0; i < COUNT(hidden); i++) {
        struct reading reading;
        setenv("TAM_TEST", hidden[i].value, 1);
        read_text(&reading, hidden[i].text);
        ck_assert_ptr_null(reading.configuration);
        ck_assert_msg(has_fault(&reading, hidden[i].fault), "%s: %s", hidden[i].text, first_fault(&reading));
        ck_assert_msg(!has_fault(&reading, "hunter2") && !has_fault(&reading, "found 's"), "%s: %s", hidden[i].text,
                      first_fault(&reading));
        reading_end(&reading);
    }
}
END_TEST

/* Faults are cut short, so that what is left of a long value is none of the values that are known. */
START_TEST(the_beginning_of_a_long_value_is_in_no_fault) {
    static char value[701];
    struct reading reading;
    for (size_t i = 0; i + 8 < sizeof value; i += 8) {
        memcpy(value + i, "hunter2/", 8);
    }
    setenv("TAM_TEST", value, 1);
    read_text(&reading, "service scope_implies=a:b,${TAM_TEST}\ncontrol");
    ck_assert_msg(has_fault(&reading, "found '${TAM_TEST}"), "%s", first_fault(&reading));
    ck_assert_msg(!has_fault(&reading, "hunter2"), "%s", first_fault(&reading));
    reading_end(&reading);
}
END_TEST

/* ---- Files ---- */

START_TEST(a_file_is_read_with_what_it_includes) {
    struct scratch scratch;
    struct reading reading;
    char wanted[1200];
    scratch_make(&scratch);
    scratch_text(&scratch, "verifier", "# a comment\ntypes needed=x file=key.pem\n");
    scratch_text(&scratch, "common", "include verifier");
    const char *path = scratch_text(&scratch, "api.example.com", "service timeout=2s\ninclude common # here\n");
    read_source(&reading, path, NULL, false);
    ck_assert_msg(reading.configuration != NULL, "%s", first_fault(&reading));
    const struct configuration_verifier *verifier = &reading.configuration->verifiers[0];
    ck_assert(view_is(reading.configuration->name, "api.example.com"));
    ck_assert(view_is(verifier->config.name, "api.example.com:verifier:2"));
    ck_assert_str_eq(verifier->file, scratch_path(&scratch, "verifier"));
    ck_assert_int_eq(reading.configuration->options.timeout_ns, 2 * SECOND);
    (void)snprintf(wanted, sizeof wanted, "%s/key.pem", scratch.path);
    ck_assert(view_is(tam_config_value(&verifier->config, TYPES_FILE)->text, wanted));
    reading_end(&reading);
    scratch_remove(&scratch);
}
END_TEST

START_TEST(no_two_verifiers_have_one_name) {
    static const char *const names[] = { "svc:1",          "svc:common:1", "svc:common#2:1",
                                         "svc:common#3:1", "svc:svc#2:1",  "svc:common#2#2:1" };
    struct scratch scratch;
    struct reading reading;
    scratch_make(&scratch);
    ck_assert_int_eq(mkdir(scratch_path(&scratch, "other"), 0700), 0);
    scratch_text(&scratch, "common", "required control");
    scratch_text(&scratch, "other/common", "required control");
    scratch_text(&scratch, "other/svc", "required control");
    scratch_text(&scratch, "common#2", "required control");
    read_source(&reading,
                scratch_text(&scratch, "svc",
                             "required control\ninclude common\ninclude other/common\ninclude common\n"
                             "include other/svc\ninclude common\\#2\n"),
                NULL, false);
    ck_assert_msg(reading.configuration != NULL, "%s", first_fault(&reading));
    ck_assert_uint_eq(reading.configuration->verifier_count, COUNT(names));
    for (size_t i = 0; i < COUNT(names); i++) {
        struct tam_str name = reading.configuration->verifiers[i].config.name;
        ck_assert_msg(view_is(name, names[i]), "%.*s, not %s", (int)name.len, name.ptr, names[i]);
    }
    reading_end(&reading);
    ck_assert_int_eq(unlink(scratch_path(&scratch, "other/common")), 0);
    ck_assert_int_eq(unlink(scratch_path(&scratch, "other/svc")), 0);
    scratch_remove(&scratch);
}
END_TEST

START_TEST(faults_of_an_included_file_name_it) {
    struct scratch scratch;
    struct reading reading;
    scratch_make(&scratch);
    scratch_text(&scratch, "verifier", "\ncontrol txet=a\n");
    read_source(&reading, scratch_text(&scratch, "svc", "include verifier\nservice x=1"), NULL, false);
    ck_assert_uint_eq(faults_count(reading.faults), 2);
    ck_assert_str_eq(faults_file(reading.faults, 0), scratch_path(&scratch, "verifier"));
    ck_assert_uint_eq(faults_line(reading.faults, 0), 2);
    ck_assert_str_eq(faults_file(reading.faults, 1), scratch_path(&scratch, "svc"));
    reading_end(&reading);
    scratch_remove(&scratch);
}
END_TEST

START_TEST(includes_end) {
    struct scratch scratch;
    struct reading reading;
    scratch_make(&scratch);
    read_source(&reading, scratch_text(&scratch, "a", "include a\ncontrol\n"), NULL, false);
    ck_assert_ptr_null(reading.configuration);
    ck_assert(has_fault(&reading, "included in a circle"));
    reading_end(&reading);
    scratch_text(&scratch, "b", "include c\n");
    scratch_text(&scratch, "c", "include ../a/../b\n");
    ck_assert_int_eq(symlink("b", scratch_path(&scratch, "d")), 0);
    read_source(&reading, scratch_text(&scratch, "c", "include d\n"), NULL, false);
    ck_assert(has_fault(&reading, "included in a circle"));
    reading_end(&reading);
    scratch_remove(&scratch);
}
END_TEST

/* 0 includes 1, and so on; the last is the verifier. */
static bool read_chain(const struct scratch *scratch, int files) {
    struct reading reading;
    char name[16], text[32];
    for (int i = 0; i < files; i++) {
        (void)snprintf(name, sizeof name, "%d", i);
        (void)snprintf(text, sizeof text, i + 1 < files ? "include %d" : "control", i + 1);
        scratch_text(scratch, name, text);
    }
    read_source(&reading, scratch_path(scratch, "0"), NULL, false);
    bool good = reading.configuration != NULL;
    reading_end(&reading);
    return good;
}

START_TEST(includes_go_eight_files_deep) {
    struct scratch scratch;
    scratch_make(&scratch);
    ck_assert(read_chain(&scratch, 9));
    ck_assert(!read_chain(&scratch, 10));
    scratch_remove(&scratch);
}
END_TEST

START_TEST(a_bomb_of_includes_is_defused) {
    struct scratch scratch;
    struct reading reading;
    char name[16], text[64];
    scratch_make(&scratch);
    for (int i = 0; i < 8; i++) {
        (void)snprintf(name, sizeof name, "%d", i);
        (void)snprintf(text, sizeof text, "include %d\ninclude %d\ninclude %d\n", i + 1, i + 1, i + 1);
        scratch_text(&scratch, name, text);
    }
    scratch_text(&scratch, "8", "# nothing\n");
    read_source(&reading, scratch_path(&scratch, "0"), NULL, false);
    ck_assert_ptr_null(reading.configuration);
    ck_assert(has_fault(&reading, "more than 64 files"));
    reading_end(&reading);
    scratch_remove(&scratch);
}
END_TEST

START_TEST(files_that_others_could_write_are_refused) {
    struct scratch scratch;
    struct reading reading;
    scratch_make(&scratch);
    const char *included = scratch_text(&scratch, "included", "control\n");
    const char *path = scratch_text(&scratch, "svc", "include included\n");
    ck_assert_int_eq(chmod(path, 0666), 0);
    read_source(&reading, path, NULL, false);
    ck_assert(has_fault(&reading, "can be written by"));
    reading_end(&reading);
    ck_assert_int_eq(chmod(path, 0600), 0);
    ck_assert_int_eq(chmod(included, 0620), 0);
    read_source(&reading, path, NULL, false);
    ck_assert(has_fault(&reading, "svc:1: ") && has_fault(&reading, "can be written by"));
    reading_end(&reading);
    read_source(&reading, path, NULL, true); /* TAM_SETUP_ANY_OWNER */
    ck_assert_ptr_nonnull(reading.configuration);
    reading_end(&reading);
    scratch_remove(&scratch);
}
END_TEST

START_TEST(a_file_too_large_or_of_another_kind_is_refused) {
    static char large[(256 << 10) + 1];
    struct scratch scratch;
    struct reading reading;
    scratch_make(&scratch);
    memset(large, '#', sizeof large);
    read_source(&reading, scratch_write(&scratch, "large", large, sizeof large), NULL, false);
    ck_assert(has_fault(&reading, "larger than 262144 bytes"));
    reading_end(&reading);
    read_source(&reading, scratch_write(&scratch, "large", large, sizeof large - 1), NULL, false);
    ck_assert(has_fault(&reading, "there is no verifier")); /* the control: it is read */
    reading_end(&reading);
    read_source(&reading, scratch_write(&scratch, "nul", "control\0\n", 9), NULL, false);
    ck_assert(has_fault(&reading, "nul:1: a NUL byte"));
    reading_end(&reading);
    ck_assert_int_eq(mkfifo(scratch_path(&scratch, "fifo"), 0600), 0);
    read_source(&reading, scratch_path(&scratch, "fifo"), NULL, false);
    ck_assert(has_fault(&reading, "not a regular file"));
    reading_end(&reading);
    read_source(&reading, scratch.path, NULL, false);
    ck_assert(has_fault(&reading, "not a regular file"));
    reading_end(&reading);
    scratch_remove(&scratch);
}
END_TEST

START_TEST(the_public_calls_report_what_was_found) {
    struct fixture fixture;
    struct scratch scratch;
    struct tam_faults *faults = NULL;
    fixture_init(&fixture);
    scratch_make(&scratch);
    ck_assert_int_eq(tam_service_check_string("control text=a", &fixture.setup, &faults), 0);
    ck_assert_ptr_null(faults);
    ck_assert_int_eq(tam_service_check_string("control txet=a", &fixture.setup, &faults), -1);
    ck_assert_str_eq(tam_faults_text(faults, 0), "<string>:1: control has no option 'txet'; the nearest is text");
    ck_assert_ptr_null(tam_faults_text(faults, 1));
    tam_faults_free(faults);
    ck_assert_int_eq(tam_service_check_file(scratch_text(&scratch, "a", "control txet=a"), &fixture.setup, &faults),
                     -1);
    ck_assert_str_eq(tam_faults_file(faults, 0), scratch_path(&scratch, "a"));
    tam_faults_free(faults);
    fixture_close(&fixture);
    scratch_remove(&scratch);
}
END_TEST

/* Every text of a few bytes: no crash, and either a configuration or a fault. */
START_TEST(every_short_text_is_a_configuration_or_a_fault) {
    static const char bytes[] = "a=' \"\\\n\r$#{}\t,";
    const size_t count = sizeof bytes - 1;
    for (size_t number = 0; number < count * count * count * count; number++) {
        struct reading reading;
        char text[32] = "control text=";
        size_t rest = number, len = strlen(text);
        for (int i = 0; i < 4; i++, rest /= count) {
            text[len++] = bytes[rest % count];
        }
        read_text(&reading, text);
        reading_end(&reading);
    }
}
END_TEST

int main(void) {
    const TTest *const tests[] = {
        a_line_is_a_service_with_defaults,
        every_statement_is_read,
        what_is_wrong_is_said_with_its_line,
        what_works_but_is_unwise_is_a_warning,
        a_set_uid_process_takes_nothing_from_the_environment,
        what_the_environment_gave_is_in_no_fault,
        the_beginning_of_a_long_value_is_in_no_fault,
        a_file_is_read_with_what_it_includes,
        no_two_verifiers_have_one_name,
        faults_of_an_included_file_name_it,
        includes_end,
        includes_go_eight_files_deep,
        a_bomb_of_includes_is_defused,
        files_that_others_could_write_are_refused,
        a_file_too_large_or_of_another_kind_is_refused,
        the_public_calls_report_what_was_found,
        every_short_text_is_a_configuration_or_a_fault,
    };
    return suite_run("configuration", suite_case("configuration", 60, tests, COUNT(tests)));
}
