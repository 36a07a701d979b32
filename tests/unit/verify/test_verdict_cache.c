/* SPDX-License-Identifier: MIT
 *
 * The cache of verdicts, seen through tam.h: the puppet numbers its answers, so a kept one is told from a new one.
 */
#include <config.h>

#include <src/base/array.h>
#include <tests/support/fixture.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <tests/support/scratch.h>
#include <tests/support/suite.h>
#include <unistd.h>

#define TOKEN "count.60"

static struct fixture fixture;

/* Was the answer the Nth that the plugin gave? */
static bool is_call(const char *token, unsigned number) {
    struct tam_result *result = ask(&fixture, token);
    char wanted[32];
    snprintf(wanted, sizeof wanted, "call-%u", number);
    bool is = tam_result_verdict(result) == TAM_VERDICT_ACCEPT && view_is(tam_result_subject(result), wanted);
    tam_result_free(result);
    return is;
}

static unsigned long long count_of(const char *name) {
    struct tam_document *document = tam_status(fixture.service);
    const char *text = text_of(tam_document_text(document)), *cache = strstr(text, "\"cache\":{");
    char member[64];
    snprintf(member, sizeof member, "\"%s\":", name);
    ck_assert_ptr_nonnull(cache);
    cache = strstr(cache, member);
    ck_assert_ptr_nonnull(cache);
    unsigned long long count = strtoull(cache + strlen(member), NULL, 10);
    tam_document_free(document);
    return count;
}

START_TEST(a_token_seen_again_is_not_judged_again_and_says_the_same) {
    fixture_open(&fixture, "puppet scopes=read,write roles=Admin");
    struct tam_result *first = ask(&fixture, TOKEN), *second = ask(&fixture, TOKEN);

    ck_assert(view_is(tam_result_subject(first), "call-1"));
    ck_assert(view_is(tam_result_subject(second), "call-1"));
    tam_result_free(first); /* the second is no view of it */
    ck_assert(view_is(tam_result_issuer(second), "https://issuer.example/v2.0"));
    ck_assert(view_is(tam_result_tenant(second), "tenant-1"));
    ck_assert(view_is(tam_result_client_id(second), "client-1"));
    ck_assert_uint_eq(tam_result_kind(second), TAM_KIND_USER);
    ck_assert_uint_eq(tam_result_scopes(second).count, 2);
    ck_assert(view_is(tam_result_scopes(second).items[1], "write"));
    ck_assert_uint_eq(tam_result_roles(second).count, 1);
    ck_assert(view_is(tam_result_roles(second).items[0], "Admin"));
    ck_assert(view_is(tam_result_claim(second, "sub"), "\"alice\""));
    ck_assert_int_eq(tam_result_expires_at(second), 2000000000);
    ck_assert_uint_eq(tam_result_check_count(second), 0);
    ck_assert_int_eq(tam_result_status(second), 200);
    tam_result_free(second);
    ck_assert_uint_eq(count_of("hits"), 1);
    ck_assert_uint_eq(count_of("misses"), 1);
    ck_assert_uint_eq(count_of("insertions"), 1);
    ck_assert_uint_eq(count_of("entries"), 1);
    fixture_close(&fixture);
}
END_TEST

/* Seconds after the first answer, and whether it still counts. */
static const struct {
    const char *configuration, *token;
    int after;
    bool kept;
} times[] = {
    { "puppet", "count.60", 0, true },
    { "puppet", "count.60", 59, true },
    { "puppet", "count.60", 60, false },   /* not_after */
    { "puppet", "count.60", -1, false },   /* a clock that was set back */
    { "puppet", "count.0", 0, false },     /* the plugin does not want it kept */
    { "puppet", "count.9999", 299, true }, /* cache_ttl=300s */
    { "puppet", "count.9999", 300, false },
    { "service cache_ttl=10s\npuppet", "count.60", 9, true },
    { "service cache_ttl=10s\npuppet", "count.60", 10, false },
    { "service cache_ttl=0\npuppet", "count.60", 0, false },
    { "service cache_size=0\npuppet", "count.60", 0, false },
    { "service cache_size=64K\npuppet", "count.60", 0, true },
};

START_TEST(a_verdict_lasts_until_its_time_is_over_and_no_longer) {
    for (size_t i = 0; i < COUNT(times); i++) {
        fixture_open(&fixture, times[i].configuration);
        ck_assert(is_call(times[i].token, 1));
        fixture.now += times[i].after;
        ck_assert_msg(is_call(times[i].token, times[i].kept ? 1 : 2), "row %zu", i);
        fixture_close(&fixture);
    }
}
END_TEST

START_TEST(only_the_very_same_token_is_found) {
    fixture_open(&fixture, "puppet");
    ck_assert(is_call("count.60.a", 1));
    ck_assert(is_call("count.60.b", 2));
    ck_assert(is_call("count.60.aa", 3));
    ck_assert(is_call("count.60", 4));
    ck_assert(is_call("count.60.a", 1)); /* the control */
    fixture_close(&fixture);
}
END_TEST

/* A known token's bytes are not looked at again; everybody else's are, as where nothing is kept. */
static const struct {
    const char *token, *authorization;
    uint32_t reason;
} beside_a_known_one[] = {
    { "count.60", NULL, TAM_REASON_NONE },
    { NULL, "Bearer count.60", TAM_REASON_NONE },
    { NULL, "bearer   count.60", TAM_REASON_NONE },
    { "count.60\"", NULL, TAM_REASON_MALFORMED },
    { "count.60 ", NULL, TAM_REASON_MALFORMED },
    { " count.60", NULL, TAM_REASON_MALFORMED },
    { "count.6\xb0", NULL, TAM_REASON_MALFORMED },
    { "====", NULL, TAM_REASON_MALFORMED },
    { NULL, "Bearer count.60 ", TAM_REASON_INVALID_REQUEST },
    { NULL, "Bearer count.60,", TAM_REASON_INVALID_REQUEST },
    { NULL, "Bearer count.60, Bearer count.60", TAM_REASON_INVALID_REQUEST },
    { NULL, "Bearer count.60 count.60", TAM_REASON_INVALID_REQUEST },
    { NULL, "Bearer\tcount.60", TAM_REASON_INVALID_REQUEST },
    { NULL, "Bearer ", TAM_REASON_INVALID_REQUEST },
    { NULL, "Bearer", TAM_REASON_INVALID_REQUEST },
    { NULL, "Bearercount.60", TAM_REASON_NO_CREDENTIALS },
    { NULL, "Basic count.60", TAM_REASON_NO_CREDENTIALS },
    { "count.60", "Bearer count.60", TAM_REASON_INVALID_REQUEST },
};

START_TEST(a_known_token_opens_the_door_for_no_other_spelling) {
    fixture_open(&fixture, "puppet");
    ck_assert(is_call("count.60", 1));
    for (size_t i = 0; i < COUNT(beside_a_known_one); i++) {
        const char *token = beside_a_known_one[i].token, *authorization = beside_a_known_one[i].authorization;
        struct tam_query query = { .size = sizeof query };
        query.token = token != NULL ? view(token) : query.token;
        query.authorization = authorization != NULL ? view(authorization) : query.authorization;
        struct tam_result *result = tam_verify(fixture.service, &query);
        ck_assert_msg(tam_result_reason(result) == beside_a_known_one[i].reason, "row %zu: %s", i,
                      tam_reason_name(tam_result_reason(result)));
        ck_assert_uint_eq(tam_result_verdict(result),
                          beside_a_known_one[i].reason == TAM_REASON_NONE ? TAM_VERDICT_ACCEPT : TAM_VERDICT_REJECT);
        tam_result_free(result);
    }
    ck_assert_uint_eq(count_of("hits"), 3);
    ck_assert_uint_eq(count_of("misses"), 1); /* what is no token is not counted as one that was not there */
    fixture_close(&fixture);
}
END_TEST

/* Only what was accepted is kept. */
START_TEST(a_refusal_is_never_kept) {
    static const char *const tokens[] = { "reject.10", "unavailable.3", "verdict.0", "unknown" };

    fixture_open(&fixture, "puppet");
    for (size_t i = 0; i < COUNT(tokens); i++) {
        ask_verdict(&fixture, tokens[i]);
        ask_verdict(&fixture, tokens[i]);
    }
    ck_assert_uint_eq(count_of("insertions"), 0);
    ck_assert_uint_eq(count_of("hits"), 0);
    fixture_close(&fixture);
}
END_TEST

START_TEST(an_examination_goes_round_the_cache_both_ways) {
    struct tam_query query = { .size = sizeof query, .token = view(TOKEN), .at = FIXTURE_NOW };
    fixture_open(&fixture, "puppet");
    struct tam_result *at = tam_verify(fixture.service, &query);
    query.at = 0;
    struct tam_result *explained = tam_explain(fixture.service, &query);
    ck_assert(view_is(tam_result_subject(at), "call-1"));
    ck_assert(view_is(tam_result_subject(explained), "call-2"));
    tam_result_free(at);
    tam_result_free(explained);
    ck_assert(is_call(TOKEN, 3)); /* neither was kept */
    explained = tam_explain(fixture.service, &query);
    ck_assert(view_is(tam_result_subject(explained), "call-4")); /* nor was what is kept asked for */
    tam_result_free(explained);
    ck_assert(is_call(TOKEN, 3));
    ck_assert_uint_eq(count_of("misses"), 1);
    fixture_close(&fixture);
}
END_TEST

/* What the operation needs is asked after a kept verdict as after a new one. */
START_TEST(the_operation_is_judged_each_time) {
    struct tam_str reads[] = { view("read") }, deletes[] = { view("delete") };
    struct tam_query may = { .size = sizeof may, .token = view(TOKEN), .scopes = { reads, 1 } }, may_not = may;
    fixture_open(&fixture, "puppet scopes=read");
    may_not.scopes.items = deletes;
    for (int i = 0; i < 3; i++) {
        struct tam_result *yes = tam_verify(fixture.service, &may), *no = tam_verify(fixture.service, &may_not);
        ck_assert_uint_eq(tam_result_verdict(yes), TAM_VERDICT_ACCEPT);
        ck_assert(view_is(tam_result_subject(yes), "call-1"));
        ck_assert_int_eq(tam_result_status(no), 403);
        ck_assert(view_has(tam_result_challenge(no), "scope=\"delete\""));
        ck_assert_uint_eq(tam_result_subject(no).len, 0);
        tam_result_free(yes);
        tam_result_free(no);
    }
    ck_assert_uint_eq(count_of("hits"), 5);
    fixture_close(&fixture);
}
END_TEST

START_TEST(a_token_that_may_not_is_not_judged_anew_each_time) {
    struct tam_str deletes[] = { view("delete") };
    struct tam_query may_not = { .size = sizeof may_not, .token = view(TOKEN), .scopes = { deletes, 1 } };
    fixture_open(&fixture, "puppet scopes=read");
    for (int i = 0; i < 3; i++) {
        struct tam_result *no = tam_verify(fixture.service, &may_not);
        ck_assert_int_eq(tam_result_status(no), 403);
        tam_result_free(no);
    }
    ck_assert_uint_eq(count_of("hits"), 2);
    ck_assert(is_call(TOKEN, 1));
    fixture_close(&fixture);
}
END_TEST

START_TEST(a_revoke_takes_every_verdict_of_before_and_the_one_that_is_being_made) {
    fixture_open(&fixture, "puppet");
    ck_assert(is_call(TOKEN, 1));
    ck_assert(is_call(TOKEN, 1));
    ck_assert_uint_eq(ask_verdict(&fixture, "revoke.1"), TAM_VERDICT_ACCEPT); /* between verify and insertion */
    ck_assert_uint_eq(ask_verdict(&fixture, "revoke.1"), TAM_VERDICT_ACCEPT);
    ck_assert_uint_eq(count_of("hits"), 1);
    ck_assert_uint_eq(count_of("insertions"), 1);
    ck_assert(is_call(TOKEN, 2));
    ck_assert(is_call(TOKEN, 2));
    fixture_close(&fixture);
}
END_TEST

START_TEST(a_reload_begins_with_nothing) {
    struct tam_faults *faults = NULL;
    fixture_open(&fixture, "puppet");
    ck_assert(is_call(TOKEN, 1));
    ck_assert(is_call("count.60.other", 2));
    ck_assert_int_eq(tam_service_reload(fixture.service, &faults), 0);
    ck_assert_uint_eq(count_of("entries"), 0);
    ck_assert(is_call(TOKEN, 1)); /* the new verifier's first */
    ck_assert_uint_eq(count_of("hits"), 0);
    fixture_close(&fixture);
}
END_TEST

START_TEST(a_cache_too_small_for_anything_is_a_fault) {
    struct tam_faults *faults = NULL;
    fixture_init(&fixture);
    ck_assert_int_lt(
        tam_service_open_string("service cache_size=1K\npuppet", &fixture.setup, &fixture.service, &faults), 0);
    ck_assert_ptr_nonnull(strstr(tam_faults_text(faults, 0), "cache_size must be 0 or at least 64K"));
    tam_faults_free(faults);
    fixture_close(&fixture);
}
END_TEST

/* proc(5): `dd` is MADV_DONTDUMP. */
START_TEST(the_cache_is_not_for_core_dumps) {
    char line[512];
    bool here = false, found = false;
    fixture_open(&fixture, "service cache_size=12M\npuppet");
    ck_assert(is_call(TOKEN, 1));
    FILE *file = fopen("/proc/self/smaps", "r");
    ck_assert_ptr_nonnull(file);
    while (fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, "Size:", 5) == 0) {
            here = strtoul(line + 5, NULL, 10) == 12 * 1024;
        }
        if (here && strncmp(line, "VmFlags:", 8) == 0) {
            found = found || strstr(line, " dd") != NULL;
        }
    }
    fclose(file);
    ck_assert(found);
    fixture_close(&fixture);
}
END_TEST

/* In pieces, so that the program's own text does not have it. */
static void make_token(char token[static 64], unsigned number) {
    snprintf(token, 64, "count.9999.%08x%08x", 0x5eed5eedU, number);
}

/* The child keeps a token, forgets its own copy, and dies. */
static _Noreturn void die_with_a_core(const char *dir) {
    const struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };
    static char control[64];
    char token[64];
    (void)setrlimit(RLIMIT_CORE, &limit);
    if (chdir(dir) != 0) {
        _exit(1);
    }
    make_token(token, 1);
    make_token(control, 2); /* stays */
    fixture_open(&fixture, "puppet");
    struct tam_query query = { .size = sizeof query, .token = { token, strlen(token) } };
    tam_result_free(tam_verify(fixture.service, &query));
    tam_result_free(tam_verify(fixture.service, &query)); /* once more, from the cache */
    explicit_bzero(token, sizeof token);
    abort();
}

/* 1: the core dump has the text; 0: it has not; -1: there is no core dump. */
static int core_has(const struct scratch *scratch, pid_t pid, const char *text) {
    char name[32];
    struct stat stat;
    snprintf(name, sizeof name, "core.%d", (int)pid);
    int fd = open(scratch_path(scratch, "core"), O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        fd = open(scratch_path(scratch, name), O_RDONLY | O_CLOEXEC);
    }
    if (fd < 0 || fstat(fd, &stat) != 0) {
        return -1;
    }
    void *core = mmap(NULL, (size_t)stat.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    ck_assert_ptr_ne(core, MAP_FAILED);
    int has = memmem(core, (size_t)stat.st_size, text, strlen(text)) != NULL;
    munmap(core, (size_t)stat.st_size);
    close(fd);
    return has;
}

START_TEST(a_core_dump_has_no_token) {
    struct scratch scratch;
    char token[64], control[64];
    int status;
    scratch_make(&scratch);
    pid_t pid = fork();
    if (pid == 0) {
        die_with_a_core(scratch.path);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    make_token(control, 2);
    int has_control = core_has(&scratch, pid, control);
    if (has_control < 0) {
        puts("skipped: this system writes no core dump here");
    } else {
        ck_assert_int_eq(has_control, 1);
    }
    make_token(token, 1);
    ck_assert_int_ne(core_has(&scratch, pid, token), 1);
    scratch_remove(&scratch);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {
        a_token_seen_again_is_not_judged_again_and_says_the_same,
        a_verdict_lasts_until_its_time_is_over_and_no_longer,
        only_the_very_same_token_is_found,
        a_known_token_opens_the_door_for_no_other_spelling,
        a_refusal_is_never_kept,
        an_examination_goes_round_the_cache_both_ways,
        the_operation_is_judged_each_time,
        a_token_that_may_not_is_not_judged_anew_each_time,
        a_revoke_takes_every_verdict_of_before_and_the_one_that_is_being_made,
        a_reload_begins_with_nothing,
        a_cache_too_small_for_anything_is_a_fault,
        the_cache_is_not_for_core_dumps,
        a_core_dump_has_no_token,
    };

    return suite_run("verdict cache", suite_case("verdict cache", 60, tests, COUNT(tests)));
}
