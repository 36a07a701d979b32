/* SPDX-License-Identifier: MIT
 *
 * Keys on disk: what jwks_cache_file keeps for a restart during an outage and when it is not believed, and how
 * jwks_file is watched.
 */
#include <config.h>

#include <fcntl.h>
#include <src/base/array.h>
#include <src/base/str.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <tests/support/jose_support.h>
#include <tests/support/keyset_scene.h>
#include <tests/support/scratch.h>
#include <tests/support/suite.h>
#include <unistd.h>

#define NOBODY 65534

static struct scene scene;
static struct scratch scratch;

/* ---- jwks_cache_file ---- */

/* A service that keeps its keys in the file `cache`. */
static void open_cached(const char *options) {
    struct buf text;
    buf_init(&text, 8192);
    buf_format(&text, "jwks_cache_file=%s %s", scratch_path(&scratch, "cache"), options);
    scene_open(&scene, text.ptr);
    buf_free(&text);
}

/* The same, closed as soon as the keys are there. */
static void fill_cache(const char *headers, const char *options) {
    scene_keys(headers, "P-256:a");
    open_cached(options);
    scene_await(&scene, "keys", 1);
    scene_close(&scene);
}

static bool cache_has(const char *part) {
    size_t len;
    char *content = test_file(scratch_path(&scratch, "cache"), &len);
    bool has = memmem(content, len, part, strlen(part)) != NULL;
    mem_free(content);
    return has;
}

START_TEST(the_cache_file_is_written_whole_and_private) {
    struct stat status;
    scratch_make(&scratch);
    scratch_text(&scratch, "cache", "an older one");
    ck_assert_int_eq(chmod(scratch_path(&scratch, "cache"), 0666), 0);
    umask(0);
    fill_cache(NULL, "");
    ck_assert_int_eq(stat(scratch_path(&scratch, "cache"), &status), 0);
    ck_assert_uint_eq(status.st_mode & 07777, 0600);
    ck_assert(cache_has("\"fetched_at\":1700000000,"));
    ck_assert(cache_has("\"kid\":\"a\""));
    ck_assert_int_eq(remove(scratch_path(&scratch, "cache")), 0);
    ck_assert_int_eq(rmdir(scratch.path), 0); /* no other file is left */
}
END_TEST

START_TEST(a_restart_during_an_outage_goes_on_with_the_kept_keys_and_their_age) {
    scratch_make(&scratch);
    fill_cache(NULL, "");
    scripted_server_close_port(&scene_server);
    scene_later = 1000;
    open_cached("");
    ck_assert_str_eq(scene_ask(&scene, "P-256:a"), "accept");
    scene_await(&scene, "failures", 1); /* it tries at once, nevertheless */
    ck_assert_int_eq(scene_count(&scene, "age"), 1000);
    ck_assert_int_eq(scene_count(&scene, "expires_in"), 2600);
    scene_step(&scene, 2599);
    scene_settle(&scene);
    ck_assert_str_eq(scene_ask(&scene, "P-256:a"), "accept");
    scene_step(&scene, 1);
    scene_await(&scene, "keys", 0);
    ck_assert_str_eq(scene_ask(&scene, "P-256:a"), "unavailable");
    scene_close(&scene);
    scratch_remove(&scratch);
}
END_TEST

START_TEST(kept_keys_are_replaced_by_the_first_fetch) {
    scratch_make(&scratch);
    fill_cache(NULL, "");
    scene_keys(NULL, "P-256/2:b");
    open_cached("");
    ck_assert_str_eq(scene_ask(&scene, "P-256/2:b"), "accept");
    ck_assert_str_eq(scene_ask(&scene, "P-256:a"), "unknown_key");
    ck_assert(cache_has("\"kid\":\"b\""));
    scene_close(&scene);
    scratch_remove(&scratch);
}
END_TEST

START_TEST(a_304_makes_the_kept_keys_young_again) {
    scratch_make(&scratch);
    scene_keys("ETag: \"one\"\r\n", "P-256:a");
    open_cached("jwks_refresh=10m");
    scene_await(&scene, "keys", 1);
    scene_answer("304 Not Modified", NULL, "");
    scene_step(&scene, 590);
    scene_await(&scene, "not_modified", 1);
    ck_assert(cache_has("\"fetched_at\":1700000590,"));
    ck_assert(cache_has("\"kid\":\"a\""));
    scene_close(&scene);
    scratch_remove(&scratch);
}
END_TEST

static const struct {
    int64_t later;
    const char *verdict;
} ages[] = { { 99, "accept" }, { 100, "unavailable" } };

START_TEST(without_jwks_ttl_kept_keys_have_the_age_that_the_server_gave_them) {
    scratch_make(&scratch);
    fill_cache("Cache-Control: max-age=100\r\n", "jwks_refresh=10m jwks_ttl=0");
    scripted_server_close_port(&scene_server);
    scene_later = ages[_i].later;
    open_cached("jwks_refresh=10m jwks_ttl=0");
    ck_assert_str_eq(scene_ask(&scene, "P-256:a"), ages[_i].verdict);
    scene_close(&scene);
    scratch_remove(&scratch);
}
END_TEST

START_TEST(a_cache_file_that_cannot_be_written_harms_nothing) {
    scene_keys(NULL, "P-256:a");
    scene_open(&scene, "jwks_cache_file=/nonexistent/cache");
    ck_assert_str_eq(scene_ask(&scene, "P-256:a"), "accept");
    ck_assert_uint_eq(
        fixture_log_count(&scene.fixture, "cannot be written: /nonexistent/cache cannot be opened: No such file"), 1);
    scene_close(&scene);
}
END_TEST

/* That user could make the directory a link to another one, and have a file of root's replaced there. */
START_TEST(nothing_is_written_into_a_directory_of_another_user) {
    struct scratch inner;
    if (geteuid() != 0) {
        puts("skipped: only root can give a directory away");
        return;
    }
    scratch_make(&scratch);
    ck_assert_int_eq(mkdir(scratch_path(&scratch, "inner"), 0700), 0);
    (void)snprintf(inner.path, sizeof inner.path, "%s", scratch_path(&scratch, "inner"));
    ck_assert_int_eq(symlink(inner.path, scratch_path(&scratch, "link")), 0);
    ck_assert_int_eq(lchown(scratch_path(&scratch, "link"), NOBODY, NOBODY), 0);
    scene_judges_owners = true;
    scene_keys(NULL, "P-256:a");
    for (int control = 0; control < 2; control++) {
        struct buf text;
        buf_init(&text, 8192);
        buf_format(&text, "jwks_cache_file=%s", scratch_path(&scratch, control ? "inner/cache" : "link/cache"));
        scene_open(&scene, text.ptr);
        ck_assert_str_eq(scene_ask(&scene, "P-256:a"), "accept");
        ck_assert_uint_eq(fixture_log_count(&scene.fixture, "/link is owned by neither root nor the user"),
                          control ? 0 : 2); /* when it is to be read, and written */
        ck_assert_int_eq(access(scratch_path(&inner, "cache"), F_OK), control ? 0 : -1);
        scene_close(&scene);
        buf_free(&text);
    }
    scratch_remove(&inner);
    scratch_remove(&scratch);
}
END_TEST

/* ---- When it is not believed ---- */

static void no_change(const char *path) {
    (void)path;
}

static void make_link(const char *path) {
    const char *target = scratch_path(&scratch, "target");
    ck_assert_int_eq(rename(path, target), 0);
    ck_assert_int_eq(symlink(target, path), 0);
}

static void make_directory(const char *path) {
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(mkdir(path, 0700), 0);
}

static void open_to_group(const char *path) {
    ck_assert_int_eq(chmod(path, 0640), 0);
}

static void open_to_all(const char *path) {
    ck_assert_int_eq(chmod(path, 0604), 0);
}

static void give_away(const char *path) {
    ck_assert_int_eq(chown(path, NOBODY, NOBODY), 0);
}

static void cut_short(const char *path) {
    struct stat status;
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_int_eq(truncate(path, status.st_size - 4), 0);
}

static void make_empty(const char *path) {
    ck_assert_int_eq(truncate(path, 0), 0);
}

#define SET "{\"keys\":[]}"

static const struct doubt {
    const char *other;      /* what follows the source's URL in the file */
    const char *fetched_at; /* NULL: absent */
    const char *jwks;       /* NULL: the good set */
    void (*change)(const char *path);
    bool as_root;      /* only root can do that */
    const char *words; /* NULL: it is believed */
} doubts[] = {
    { "", "1700000000", NULL, no_change, false, NULL },
    { "", "1699996401", NULL, no_change, false, NULL },
    { "", "1699996400", NULL, no_change, false, "too old" },
    { "", "0", NULL, no_change, false, "too old" },
    { "", "-1", NULL, no_change, false, "damaged" },
    { "", "-9223372036854775808", NULL, no_change, false, "damaged" },
    { "", "9223372036854775808", NULL, no_change, false, "damaged" },
    { "", "1700000001", NULL, no_change, false, "from the future" },
    { "", "9007199254740991", NULL, no_change, false, "from the future" },
    { "", "9223372036854775807", NULL, no_change, false, "damaged" },
    { "", "\"1700000000\"", NULL, no_change, false, "damaged" },
    { "", "1700000000.5", NULL, no_change, false, "damaged" },
    { "", "null", NULL, no_change, false, "damaged" },
    { "", "1700000000,\"age\":\"600\"", NULL, no_change, false, "damaged" },
    { "", "1700000000,\"fetched_at\":1700000000", NULL, no_change, false, "damaged" },
    { "", NULL, NULL, no_change, false, "damaged" },
    { "?p=b2c", "1700000000", NULL, no_change, false, "of another source" },
    { "/", "1700000000", NULL, no_change, false, "of another source" },
    { "", "1700000000", SET, no_change, false, "no usable key" },
    { "", "1700000000", "null", no_change, false, "not a key set" },
    { "", "1700000000", "\"\"", no_change, false, "not a key set" },
    { "", "1700000000", NULL, cut_short, false, "damaged" },
    { "", "1700000000", NULL, make_empty, false, "damaged" },
    { "", "1700000000", NULL, make_link, false, "cannot be opened" },
    { "", "1700000000", NULL, make_directory, false, "is not a regular file" },
    { "", "1700000000", NULL, open_to_group, false, "must be owned by the user of this process and have mode 0600" },
    { "", "1700000000", NULL, open_to_all, false, "must be owned by the user of this process and have mode 0600" },
    { "", "1700000000", NULL, give_away, true, "must be owned by the user of this process and have mode 0600" },
};

static void write_doubtful(const struct doubt *row) {
    struct buf text;
    buf_init(&text, 65536);
    buf_format(&text, "{\"url\":\"http://127.0.0.1:%u/keys%s\",", scene_server.port, row->other);
    if (row->fetched_at != NULL) {
        buf_format(&text, "\"fetched_at\":%s,", row->fetched_at);
    }
    buf_format(&text, "\"jwks\":%s}\n", row->jwks != NULL ? row->jwks : scene_set("P-256:a"));
    row->change(scratch_text(&scratch, "cache", text.ptr));
    buf_free(&text);
}

START_TEST(a_cache_file_is_believed_only_if_nobody_else_can_have_written_it_and_it_fits) {
    const struct doubt *row = &doubts[_i];
    if (row->as_root && geteuid() != 0) {
        puts("skipped: only root can give a file away");
        return;
    }
    scratch_make(&scratch);
    write_doubtful(row);
    scripted_server_close_port(&scene_server);
    open_cached("jwks_refresh=10m");
    ck_assert_str_eq(scene_ask(&scene, "P-256:a"), row->words == NULL ? "accept" : "unavailable");
    ck_assert_uint_eq(fixture_log_count(&scene.fixture, "cache is not used: "), row->words != NULL);
    ck_assert_msg(row->words == NULL || fixture_log_count(&scene.fixture, row->words) == 1, "not in the log: %s\n%s",
                  row->words, scene.fixture.log);
    scene_close(&scene);
    scratch_remove(&scratch);
}
END_TEST

/* What discovery found is part of what the keys are bound to. The server's port comes between the two halves. */
static const struct {
    const char *issuer[2], *jwks_uri[2];
    const char *words; /* NULL: it is believed */
} origins[] = {
    { { "http://127.0.0.1:", "" }, { "http://127.0.0.1:", "/keys" }, NULL },
    { { "http://127.0.0.1:", "/" }, { "http://127.0.0.1:", "/keys" }, "of another issuer" },
    { { "HTTP://127.0.0.1:", "" }, { "http://127.0.0.1:", "/keys" }, "of another issuer" },
    { { "https://127.0.0.1:", "" }, { "http://127.0.0.1:", "/keys" }, "of another issuer" },
    { { "http://127.0.0.1:", "" }, { "https://other.example:", "/keys" }, "on another host" },
    { { "http://127.0.0.1:", "" }, { "keys", "" }, "on another host" },
};

static void add_member(struct buf *text, const char *name, const char *const halves[2]) {
    buf_format(text, "\"%s\":\"%s%u%s\",", name, halves[0], scene_server.port, halves[1]);
}

START_TEST(a_cache_file_of_another_issuer_is_not_believed) {
    struct buf text;
    buf_init(&text, 65536);
    scratch_make(&scratch);
    buf_format(&text, "{\"url\":\"http://127.0.0.1:%u/.well-known/openid-configuration\",", scene_server.port);
    add_member(&text, "issuer", origins[_i].issuer);
    add_member(&text, "jwks_uri", origins[_i].jwks_uri);
    buf_format(&text, "\"fetched_at\":1700000000,\"jwks\":%s}\n", scene_set("P-256:a"));
    scratch_text(&scratch, "cache", text.ptr);
    scripted_server_close_port(&scene_server);

    buf_clear(&text);
    buf_format(&text, SCENE_LINE "authority=http://127.0.0.1:%u insecure_http=yes jwks_cache_file=%s",
               scene_server.port, scratch_path(&scratch, "cache"));
    scene_open_text(&scene, text.ptr);
    ck_assert_str_eq(scene_ask(&scene, "P-256:a"), origins[_i].words == NULL ? "accept" : "unavailable");
    ck_assert_msg(origins[_i].words == NULL || fixture_log_count(&scene.fixture, origins[_i].words) == 1,
                  "not in the log: %s\n%s", origins[_i].words, scene.fixture.log);
    scene_close(&scene);
    buf_free(&text);
    scratch_remove(&scratch);
}
END_TEST

/* ---- jwks_file ---- */

static void open_file(const char *options) {
    struct buf text;
    buf_init(&text, 8192);
    scratch_make(&scratch);
    scratch_text(&scratch, "keys", scene_set("P-256:a"));
    buf_format(&text, SCENE_LINE "jwks_file=%s %s", scratch_path(&scratch, "keys"), options);
    scene_open_text(&scene, text.ptr);
    ck_assert_str_eq(scene_ask(&scene, "P-256:a"), "accept");
    buf_free(&text);
}

static void close_file(void) {
    scene_close(&scene);
    scratch_remove(&scratch);
}

static void replace_file(const char *content) {
    const char *next = scratch_text(&scratch, "next", content);
    ck_assert_int_eq(rename(next, scratch_path(&scratch, "keys")), 0);
}

START_TEST(a_replaced_file_is_seen_within_a_second) {
    open_file("");
    const char *token = scene_token("P-256:a");
    ck_assert_str_eq(scene_ask_token(&scene, token), "accept");
    replace_file(scene_set("P-256/2:b P-256/3:c"));
    scene_step(&scene, 1);
    scene_await(&scene, "keys", 2);
    ck_assert_str_eq(scene_ask(&scene, "P-256/2:b"), "accept");
    ck_assert_int_eq(scene_count(&scene, "forced"), 0);
    scene_await(&scene, "revocations", 1);
    ck_assert_str_eq(scene_ask_token(&scene, token), "unknown_key"); /* its cached verdict is gone too */
    close_file();
}
END_TEST

START_TEST(a_file_written_in_place_is_seen_as_well) {
    open_file("");
    scratch_text(&scratch, "keys", scene_set("P-256:a P-256/2:b"));
    scene_step(&scene, 1);
    scene_await(&scene, "keys", 2);
    ck_assert_str_eq(scene_ask(&scene, "P-256/2:b"), "accept");
    close_file();
}
END_TEST

START_TEST(an_unknown_kid_looks_at_the_file_at_once) {
    open_file("");
    replace_file(scene_set("P-256:a P-256/2:b"));
    ck_assert_str_eq(scene_ask(&scene, "P-256/2:b"), "accept");
    ck_assert_int_eq(scene_count(&scene, "forced"), 1);
    close_file();
}
END_TEST

static const char *const bad_files[] = { "", "{", "{}", "{\"keys\":[]}", "<html>" };

START_TEST(bad_content_keeps_the_old_keys_until_better_comes) {
    open_file("");
    replace_file(bad_files[_i]);
    for (int i = 1; i <= 5; i++) {
        scene_step(&scene, 1);
        scene_await(&scene, "failures", i); /* no back-off: it is a file */
    }
    ck_assert_uint_eq(fixture_log_count(&scene.fixture, scene_text(&scene, "last_error")), 1);
    ck_assert_str_eq(scene_ask(&scene, "P-256:a"), "accept");
    replace_file(scene_set("P-256:a P-256/2:b"));
    scene_step(&scene, 1);
    scene_await(&scene, "keys", 2);
    ck_assert_str_eq(scene_text(&scene, "last_error"), "");
    close_file();
}
END_TEST

START_TEST(a_removed_file_is_an_outage) {
    open_file("jwks_ttl=1h");
    const char *keys = scratch_path(&scratch, "keys"), *aside = scratch_path(&scratch, "aside");
    ck_assert_int_eq(rename(keys, aside), 0);
    scene_step(&scene, 1);
    scene_await(&scene, "failures_in_row", 1);
    ck_assert_uint_eq(fixture_log_count(&scene.fixture, "cannot be opened: No such file"), 1);
    ck_assert_str_eq(scene_ask(&scene, "P-256:a"), "accept");
    scene_step(&scene, 3600);
    scene_await(&scene, "keys", 0);
    ck_assert_str_eq(scene_ask(&scene, "P-256:a"), "unavailable");
    ck_assert_int_eq(rename(aside, keys), 0); /* the very same file */
    scene_step(&scene, 1);
    scene_await(&scene, "keys", 1);
    ck_assert_str_eq(scene_ask(&scene, "P-256:a"), "accept");
    close_file();
}
END_TEST

/* The reason, which names the path, is longer than what is kept of it. It is looked at every second. */
START_TEST(an_outage_of_a_file_with_a_long_path_is_said_once) {
    struct buf text;
    scratch_make(&scratch);
    scratch_text(&scratch, "keys", scene_set("P-256:a"));
    buf_init(&text, 8192);
    buf_format(&text, SCENE_LINE "jwks_file=%s", scratch.path);
    for (int i = 0; i < 300; i++) {
        buf_add_text(&text, "/.");
    }
    buf_add_text(&text, "/keys");
    scene_open_text(&scene, text.ptr);
    scene_await(&scene, "keys", 1);
    ck_assert_int_eq(unlink(scratch_path(&scratch, "keys")), 0);
    for (int failures = 1; failures <= 3; failures++) {
        scene_step(&scene, 1);
        scene_await(&scene, "failures_in_row", failures);
    }
    ck_assert_uint_eq(fixture_log_count(&scene.fixture, "cannot be opened: No such file"), 1);
    buf_free(&text);
    close_file();
}
END_TEST

START_TEST(a_file_that_says_the_same_in_other_bytes_is_no_news) {
    struct buf text;
    open_file("");
    const char *token = scene_token("P-256:a");
    ck_assert_str_eq(scene_ask_token(&scene, token), "accept");
    fixture_log_clear(&scene.fixture);
    buf_init(&text, 8192);
    buf_format(&text, "%s\n", scene_set("P-256:a"));
    scratch_text(&scratch, "keys", text.ptr);
    buf_free(&text);
    scene_step(&scene, 1);
    scene_await(&scene, "fetches", 2);
    scene_settle(&scene);
    ck_assert_uint_eq(fixture_log_count(&scene.fixture, "keys: "), 0);
    ck_assert_int_eq(scene_count(&scene, "revocations"), 0);
    int64_t hits = scene_count(&scene, "hits");
    ck_assert_str_eq(scene_ask_token(&scene, token), "accept");
    ck_assert_int_eq(scene_count(&scene, "hits"), hits + 1);
    close_file();
}
END_TEST

/* Device, inode, size and time of modification are what they were. */
START_TEST(a_file_is_read_again_whatever_its_times_say) {
    struct stat before, after;
    open_file("");
    const char *path = scratch_path(&scratch, "keys");
    ck_assert_int_eq(stat(path, &before), 0);
    scratch_text(&scratch, "keys", scene_set("P-256:b"));
    const struct timespec times[] = { before.st_atim, before.st_mtim };
    ck_assert_int_eq(utimensat(AT_FDCWD, path, times, 0), 0);
    ck_assert_int_eq(stat(path, &after), 0);
    ck_assert_int_eq(before.st_size, after.st_size);
    ck_assert_uint_eq(before.st_ino, after.st_ino);
    scene_step(&scene, 1);
    scene_await(&scene, "revocations", 1);
    ck_assert_str_eq(scene_ask(&scene, "P-256:b"), "accept");
    ck_assert_int_eq(scene_count(&scene, "forced"), 0);
    close_file();
}
END_TEST

START_TEST(an_unchanged_file_is_no_fetch_and_does_not_grow_old) {
    open_file("jwks_ttl=1h");
    for (int i = 0; i < 5; i++) {
        scene_step(&scene, 3599);
        scene_settle(&scene);
        ck_assert_int_eq(scene_count(&scene, "age"), 0);
    }
    ck_assert_str_eq(scene_ask(&scene, "P-256:a"), "accept");
    ck_assert_int_eq(scene_count(&scene, "fetches"), 1);
    close_file();
}
END_TEST

int main(void) {
    const struct scene_test tests[] = {
        { the_cache_file_is_written_whole_and_private, 0 },
        { a_restart_during_an_outage_goes_on_with_the_kept_keys_and_their_age, 0 },
        { kept_keys_are_replaced_by_the_first_fetch, 0 },
        { a_304_makes_the_kept_keys_young_again, 0 },
        { without_jwks_ttl_kept_keys_have_the_age_that_the_server_gave_them, COUNT(ages) },
        { a_cache_file_that_cannot_be_written_harms_nothing, 0 },
        { nothing_is_written_into_a_directory_of_another_user, 0 },
        { a_cache_file_is_believed_only_if_nobody_else_can_have_written_it_and_it_fits, COUNT(doubts) },
        { a_cache_file_of_another_issuer_is_not_believed, COUNT(origins) },
        { a_replaced_file_is_seen_within_a_second, 0 },
        { a_file_written_in_place_is_seen_as_well, 0 },
        { an_unknown_kid_looks_at_the_file_at_once, 0 },
        { bad_content_keeps_the_old_keys_until_better_comes, COUNT(bad_files) },
        { a_removed_file_is_an_outage, 0 },
        { an_outage_of_a_file_with_a_long_path_is_said_once, 0 },
        { a_file_that_says_the_same_in_other_bytes_is_no_news, 0 },
        { a_file_is_read_again_whatever_its_times_say, 0 },
        { an_unchanged_file_is_no_fetch_and_does_not_grow_old, 0 },
    };
    return suite_run("keyset disk", scene_case("keyset disk", tests, COUNT(tests)));
}
