/* SPDX-License-Identifier: MIT
 *
 * Want of memory over the whole way of a token: whichever allocation fails, of libtam, of a plugin or of OpenSSL, the
 * answer is what it would have been, or an error, and never a refusal that is none. The program's own malloc() stands
 * before libc's for every library.
 */
#include <config.h>

#include <errno.h>
#include <pthread.h>
#include <src/base/array.h>
#include <src/base/mem.h>
#include <src/base/str.h>
#include <stdio.h>
#include <string.h>
#include <tests/support/jose_support.h>
#include <tests/support/signed_host.h>
#include <tests/support/suite.h>

#include <check.h>

/* glibc's own, under the names that it keeps for who stands before it. */
void *__libc_malloc(size_t size);                     /* NOLINT */
void *__libc_calloc(size_t count, size_t size);       /* NOLINT */
void *__libc_realloc(void *old, size_t size);         /* NOLINT */
void *__libc_memalign(size_t alignment, size_t size); /* NOLINT */

/* The allocations of a thread that fail: `count` from the `first` one on, which is the next one where it is 1; 0: none.
 */
struct plan {
    unsigned first, count;
    bool quiet; /* errno says nothing: then only OpenSSL's own words are left */
};
static _Thread_local struct plan plan;
static _Thread_local unsigned seen, failed;

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define FAILING true
#define EXPORT  __attribute__((visibility("default")))

static bool fails(void) {
    if (plan.first == 0 || ++seen < plan.first || seen - plan.first >= plan.count) {
        return false;
    }
    failed++;
    if (!plan.quiet) {
        errno = ENOMEM;
    }
    return true;
}

EXPORT void *malloc(size_t size) {
    return fails() ? NULL : __libc_malloc(size);
}

EXPORT void *calloc(size_t number, size_t size) {
    return fails() ? NULL : __libc_calloc(number, size);
}

EXPORT void *realloc(void *old, size_t size) {
    return fails() ? NULL : __libc_realloc(old, size);
}

EXPORT int posix_memalign(void **ret_memory, size_t alignment, size_t size) {
    *ret_memory = fails() ? NULL : __libc_memalign(alignment, size);
    return *ret_memory != NULL ? 0 : ENOMEM;
}
#else
#define FAILING false /* the sanitizer's allocator has that place */
#endif

/* Returns how many failed. */
static unsigned plan_begin(struct plan next) {
    unsigned before = failed;
    plan = next;
    seen = failed = 0;
    return before;
}

/* ---- One question ---- */

struct question {
    const struct plugin_host *host;
    struct tam_str token;
    struct tam_list scopes;
    bool explain;
    struct plan plan;
    /* what came of it */
    uint32_t verdict, reason;
    unsigned failed;
    bool claim_lost;
};

/* As in a thread that never had an error, and keeps no result: OpenSSL and libtam make what is made once. */
static void *ask(void *ctx) {
    struct question *question = ctx;
    const struct tam_query query = { .size = sizeof query, .token = question->token, .scopes = question->scopes };
    (void)plan_begin(question->plan);
    struct tam_result *result =
        question->explain ? tam_explain(question->host->service, &query) : tam_verify(question->host->service, &query);
    question->verdict = tam_result_verdict(result);
    question->reason = tam_result_reason(result);
    question->claim_lost = question->verdict == TAM_VERDICT_ACCEPT && tam_result_claim(result, "aud").len == 0;
    question->failed = plan_begin((struct plan){ 0 });
    tam_result_free(result);
    return NULL;
}

static void ask_in_thread(struct question *question) {
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, ask, question), 0);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
}

/* With every plan of so many failures in a row until none is met. Returns how often the answer was an error. */
static unsigned expect_same_or_error(const struct question *good, unsigned count, bool quiet, const char *what) {
    unsigned errors = 0;
    struct question question = *good;
    question.failed = 1;
    for (unsigned first = 1; question.failed > 0; first++) {
        question.plan = (struct plan){ first, count, quiet };
        ask_in_thread(&question);
        bool same = question.verdict == good->verdict && question.reason == good->reason;
        ck_assert_msg(same || question.verdict == TAM_VERDICT_ERROR, "%s, allocations %u to %u: %s %s", what, first,
                      first + count - 1, tam_verdict_name(question.verdict), tam_reason_name(question.reason));
        ck_assert_msg(!question.claim_lost, "%s, allocation %u: there is such a claim", what, first);
        ck_assert_uint_lt(first, 2000);
        errors += !same;
    }
    return errors;
}

/* The control: without a failure the answer is that one. Returns how often it was an error with one. */
static unsigned expect_all(struct question *good, uint32_t verdict, uint32_t reason, const char *what) {
    static const unsigned counts[] = { 1, 1, 2, 3, 1000000, 1000000 };
    unsigned errors = 0;
    for (int i = 0; i < 2; i++) {
        ask_in_thread(good);
        ck_assert_msg(good->verdict == verdict && good->reason == reason, "%s: %s %s", what,
                      tam_verdict_name(good->verdict), tam_reason_name(good->reason));
    }
    for (size_t i = 0; i < COUNT(counts); i++) {
        errors += expect_same_or_error(good, counts[i], i % 2 != 0, what);
    }
    return errors;
}

/* ---- Tokens ---- */

#define JWT(rest)   "{" SIGNED_JWT_CLAIMS rest "}"
#define AZURE(rest) "{" SIGNED_AZURE_CLAIMS rest "}"
#define USER        ",\"sub\":\"s\",\"scp\":\"read\""
#define MANY        "\"a\",\"\\u0062\",\"c\",\"d\",\"e\",\"f\",\"g\",\"h\",\"i\",\"j\",\"k\",\"l\",\"m\",\"n\",\"o\",\"p\""

static const struct row {
    const char *plugin, *options, *alg, *payload;
    uint32_t reason;
    bool spoilt; /* the last byte of the signature */
} rows[] = {
    { "jwt", "", "RS256", JWT(USER), TAM_REASON_NONE, false },
    { "jwt", "", "PS256", JWT(USER), TAM_REASON_NONE, false },
    { "jwt", "", "ES256", JWT(USER), TAM_REASON_NONE, false },
    { "jwt", "", "EdDSA", JWT(USER), TAM_REASON_NONE, false },
    { "jwt", "", "RS256", JWT(USER), TAM_REASON_BAD_SIGNATURE, true },
    { "jwt", "", "PS256", JWT(USER), TAM_REASON_BAD_SIGNATURE, true },
    { "jwt", "", "ES256", JWT(USER), TAM_REASON_BAD_SIGNATURE, true },
    { "jwt", "", "EdDSA", JWT(USER), TAM_REASON_BAD_SIGNATURE, true },
    { "jwt", "roles_claim=r required_scopes=read required_claims=x.y:1", "ES256",
      JWT(USER ",\"r\":[" MANY "],\"x\":{\"\\u0079\":\"1\"}"), TAM_REASON_NONE, false },
    { "jwt", "scope_claim=scp,s,t required_scopes=read", "ES256", JWT(USER ",\"s\":[" MANY "],\"t\":[" MANY "]"),
      TAM_REASON_NONE, false },
    { "jwt", "required_scopes=a,b,c", "ES256", JWT(USER), TAM_REASON_INSUFFICIENT_SCOPE, false },
    { "jwt", "", "ES256", JWT(",\"aud\":\"api\""), TAM_REASON_MALFORMED, false },
    { "jwt", "", "ES256", JWT(""), TAM_REASON_MISSING_CLAIM, false },
    { "jwt", "", "ES256", JWT(USER ",\"cnf\":{}"), TAM_REASON_WRONG_BINDING, false },
    { "jwt", "", "ES256", AZURE(USER), TAM_REASON_WRONG_ISSUER, false },
    { "azure", "required_scopes=read", "RS256", AZURE(USER), TAM_REASON_NONE, false },
    { "azure", "required_scopes=read", "RS256", AZURE(USER), TAM_REASON_BAD_SIGNATURE, true },
    { "azure", "required_roles=p,q role_match=all required_groups=33334444-dddd-5555-eeee-6666ffff7777 token_type=user",
      "RS256", AZURE(USER ",\"roles\":[" MANY "],\"groups\":[\"33334444-dddd-5555-eeee-6666ffff7777\"]"),
      TAM_REASON_INSUFFICIENT_SCOPE, false },
    { "azure", "required_scopes=write", "RS256", AZURE(USER), TAM_REASON_INSUFFICIENT_SCOPE, false },
    { "azure", "required_acrs=c1 required_scopes=read", "RS256", AZURE(USER ",\"xms_cc\":[\"CP1\"]"),
      TAM_REASON_INSUFFICIENT_CLAIMS, false },
    { "azure", "required_scopes=read", "RS256", AZURE(",\"sub\":\"s\""), TAM_REASON_WRONG_TOKEN_TYPE, false },
    { "azure", "required_scopes=read", "RS256", JWT(USER), TAM_REASON_WRONG_ISSUER, false },
};

/* The payload with one more member of so many bytes: what is on the stack holds a usual token, and then libtam
 * allocates nothing for a plugin. At each length another piece of its work is the first one that needs memory. */
static const size_t lengths[] = { 0, 11000, 13000, 14000, 15000, 15500, 16000, 20000, 40000 };

static char *payload_of(const struct row *row, size_t length) {
    size_t size = strlen(row->payload) + length + 16;
    char *text = mem_alloc(size), *at = text;
    at += snprintf(at, size, "%.*s", (int)strlen(row->payload) - 1, row->payload);
    if (length > 0) {
        at += snprintf(at, size, ",\"long\":\"");
        memset(at, 'x', length);
        at += length;
        *at++ = '"';
    }
    *at = '}';
    return text;
}

static void spoil(char *token) {
    char *last = token + strlen(token) - 3; /* all of its bits are in use */
    *last = *last == 'A' ? 'B' : 'A';
}

static void open_row(struct plugin_host *host, const struct row *row, const char *before) {
    static char text[16384];
    bool azure = row->plugin[0] == 'a';
    (void)snprintf(text, sizeof text, "%sresource url=https://api.example\n%s\n", before,
                   azure ? signed_host_azure(row->options) : signed_host_jwt(row->options));
    signed_host_open(host, text);
}

static unsigned expect_row(const struct plugin_host *host, const struct row *row, size_t length) {
    char *payload = payload_of(row, length), *token = signed_host_token(row->alg, payload);
    unsigned errors = 0;
    if (row->spoilt) {
        spoil(token);
    }
    for (int explain = 0; explain < 2; explain++) {
        struct question good = { .host = host, .token = str_of(token), .explain = explain != 0 };
        errors += expect_all(&good, row->reason == TAM_REASON_NONE ? TAM_VERDICT_ACCEPT : TAM_VERDICT_REJECT,
                             row->reason, row->payload);
    }
    mem_free(token);
    mem_free(payload);
    return errors;
}

START_TEST(no_allocation_that_fails_makes_a_refusal) {
    const struct row *row = &rows[_i];
    struct plugin_host host;
    if (!FAILING) {
        puts("skipped: a sanitizer allocates here");
        return;
    }
    open_row(&host, row, "service cache_size=0 max_token_size=64K\n");
    unsigned errors = 0;
    for (size_t i = 0; i < COUNT(lengths); i++) {
        errors += expect_row(&host, row, lengths[i]);
    }
    ck_assert_msg(errors > 0, "%s: no allocation was met", row->payload);
    plugin_host_close(&host);
}
END_TEST

/* The first verifier has no memory, the second says whose token it is not: that is no refusal by both. */
START_TEST(nor_does_it_in_a_stack_with_or_without_the_cache) {
    static const char *const starts[] = { "service cache_size=0\n", "" };
    static const struct tam_str wanted = STR_INIT("write");
    struct plugin_host host;
    char text[20000];
    if (!FAILING) {
        return;
    }
    (void)snprintf(text, sizeof text, "%ssufficient %s\nsufficient %s\n", starts[_i],
                   signed_host_azure("required_scopes=read"), signed_host_jwt(""));
    signed_host_open(&host, text);
    char *azure = signed_host_token("RS256", AZURE(USER)), *jwt = signed_host_token("ES256", JWT(USER));
    char *other = signed_host_token("ES256", "{\"iss\":\"https://other.example\"}");
    struct question good[] = {
        { .host = &host, .token = str_of(azure) },
        { .host = &host, .token = str_of(jwt) },
        { .host = &host, .token = str_of(other) },
        { .host = &host, .token = str_of(jwt), .scopes = { &wanted, 1 } },
    };
    unsigned errors = expect_all(&good[0], TAM_VERDICT_ACCEPT, TAM_REASON_NONE, "azure's");
    errors += expect_all(&good[1], TAM_VERDICT_ACCEPT, TAM_REASON_NONE, "jwt's");
    errors += expect_all(&good[2], TAM_VERDICT_REJECT, TAM_REASON_WRONG_ISSUER, "nobody's");
    errors += expect_all(&good[3], TAM_VERDICT_REJECT, TAM_REASON_INSUFFICIENT_SCOPE, "not enough");
    ck_assert_uint_gt(errors, 0);
    mem_free(azure);
    mem_free(jwt);
    mem_free(other);
    plugin_host_close(&host);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("memory");
    tcase_set_timeout(tests, 300);
    tcase_add_unchecked_fixture(tests, signed_host_setup, signed_host_teardown);
    tcase_add_loop_test(tests, no_allocation_that_fails_makes_a_refusal, 0, COUNT(rows));
    tcase_add_loop_test(tests, nor_does_it_in_a_stack_with_or_without_the_cache, 0, 2);
    return suite_run("memory", tests);
}
