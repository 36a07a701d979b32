/* SPDX-License-Identifier: MIT
 *
 * A hundred thousand tokens, each with a kid of its own, against the jwt plugin: they cause one fetch, take no memory
 * that stays, and cost what reading them costs. The figure is printed.
 */
#include <config.h>

#include <malloc.h>
#include <src/base/clock.h>
#include <src/base/mem.h>
#include <src/base/str.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tests/support/jose_support.h>
#include <tests/support/served_host.h>
#include <tests/support/suite.h>
#include <time.h>

#define TOKENS    100000
#define BATCHES   20
#define BATCH     (TOKENS / BATCHES)
#define COST_MOST 2000        /* ns beyond an expired token, which is read and looks for no key */
#define GROWTH    (64 * 1024) /* bytes */
#define SIGNATURE "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static struct scripted_server server;
static char *good_set;

static void setup(void) {
    scripted_server_start(&server, &(struct scripted_server_options){ .names = NULL });
    good_set = test_set(test_jwk(test_key("P-256"), "good"), NULL);
}

static void teardown(void) {
    scripted_server_stop(&server);
    mem_free(good_set);
    test_keys_free();
}

static char *payload_make(long long exp) {
    char claims[256];
    (void)snprintf(claims, sizeof claims,
                   "{\"iss\":\"" SERVED_ISSUER "\",\"aud\":\"api\",\"sub\":\"alice\",\"exp\":%lld}", exp);
    return test_base64url(str_of(claims));
}

/* With that kid, and a signature that is never verified. */
static size_t token_write(char *token, size_t size, unsigned kid, const char *payload) {
    char header[64];
    (void)snprintf(header, sizeof header, "{\"alg\":\"ES256\",\"kid\":\"kid-%08x\"}", kid * 2654435761u);
    char *encoded = test_base64url(str_of(header));
    int len = snprintf(token, size, "%s.%s." SIGNATURE, encoded, payload);
    mem_free(encoded);
    ck_assert_int_lt(len, (int)size);
    return (size_t)len;
}

static int64_t thread_time(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * CLOCK_SECOND + now.tv_nsec;
}

/* Nanoseconds of one question. Each must be refused for that reason. */
static int64_t batch(const struct plugin_host *host, unsigned first, const char *payload, uint32_t reason) {
    static char tokens[BATCH][512];
    static size_t lengths[BATCH];
    for (unsigned i = 0; i < BATCH; i++) {
        lengths[i] = token_write(tokens[i], sizeof tokens[i], first + i, payload);
    }
    int64_t began = thread_time();
    for (unsigned i = 0; i < BATCH; i++) {
        const struct tam_query query = { .size = sizeof query,
                                         .flags = TAM_NONBLOCK,
                                         .token = { tokens[i], lengths[i] } };
        struct tam_result *result = tam_verify(host->service, &query);
        uint32_t found = tam_result_reason(result);
        tam_result_free(result);
        ck_assert_msg(found == reason, "token %u: %s", first + i, tam_reason_name(found));
    }
    return (thread_time() - began) / BATCH;
}

static int compare(const void *a, const void *b) {
    int64_t one = *(const int64_t *)a, other = *(const int64_t *)b;
    return (one > other) - (one < other);
}

START_TEST(random_kids_cause_one_fetch_and_cost_no_more_than_reading_them) {
    int64_t costs[BATCHES], reading[BATCHES];
    struct plugin_host host;
    char *expired = payload_make((long long)time(NULL) - 86400), *fresh = payload_make((long long)time(NULL) + 3600);
    scripted_server_answer(&server, "/keys", &(struct scripted_answer){ .body = str_of(good_set) });
    served_host_open(&host, &server, "jwks_cooldown=1h jwks_uri=" SERVED_KEYS);
    ck_assert_str_eq(served_ask(&host, "P-256", "good", "alice"), "accept");
    ck_assert_str_eq(served_ask(&host, "P-256", "first", "bob"), "unknown_key"); /* and so the forced fetch is done */
    batch(&host, 0, expired, TAM_REASON_EXPIRED);
    size_t before = mallinfo2().uordblks;
    for (unsigned i = 0; i < BATCHES; i++) {
        reading[i] = batch(&host, i * BATCH, expired, TAM_REASON_EXPIRED);
        costs[i] = batch(&host, i * BATCH, fresh, TAM_REASON_UNKNOWN_KEY) - reading[i];
    }
    size_t after = mallinfo2().uordblks;
    qsort(costs, BATCHES, sizeof costs[0], compare);
    qsort(reading, BATCHES, sizeof reading[0], compare);
    printf("random kids: %d tokens, %u fetches; %lld ns each beyond the %lld ns of an expired one (medians)\n", TOKENS,
           scripted_server_requests(&server, "/keys"), (long long)costs[BATCHES / 2], (long long)reading[BATCHES / 2]);
    ck_assert_uint_eq(scripted_server_requests(&server, "/keys"), 2);
    ck_assert_int_ge(plugin_host_keyset(&host, "suppressed"), TOKENS);
    ck_assert_uint_le(after, before + GROWTH);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) /* they cost time of their own */
    ck_assert_int_le(costs[BATCHES / 2], COST_MOST);
#endif
    ck_assert_str_eq(served_ask(&host, "P-256", "good", "carol"), "accept");
    plugin_host_close(&host);
    mem_free(expired);
    mem_free(fresh);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("flood");
    tcase_set_timeout(tests, 120);
    tcase_add_unchecked_fixture(tests, setup, teardown);
    tcase_add_test(tests, random_kids_cause_one_fetch_and_cost_no_more_than_reading_them);
    return suite_run("flood", tests);
}
