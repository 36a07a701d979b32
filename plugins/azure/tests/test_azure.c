/* SPDX-License-Identifier: MIT
 *
 * The azure plugin's behaviour by name, over a real tam-issuer: tokens cut at any byte, and keys that are
 * rotated. Each beside a control that passes. (What a token may say is in test_azure_matrix.c.)
 */
#include <config.h>

#include <src/base/buf.h>
#include <src/base/clock.h>
#include <src/base/str.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tests/support/plugin_host.h>
#include <tests/support/suite.h>

#include <check.h>

static struct plugin_host host;

static void open_host(const struct issuer_process *issuer) {
    struct buf options;
    buf_init(&options, 65536);
    issuer_process_add_options(issuer, &options);
    plugin_host_open_azure(&host, "", buf_str(&options));
    buf_free(&options);
}

/* An issuer, a good token of it, and a host that asks it. */
static void begin(struct issuer_process *issuer, struct buf *ret_token) {
    issuer_process_start(issuer, &(struct issuer_process_options){ .names = NULL });
    buf_init(ret_token, 65536);
    issuer_process_mint_json(issuer, NULL, AZURE_CLAIMS, ret_token);
    open_host(issuer);
}

static void end(struct issuer_process *issuer, struct buf *token) {
    plugin_host_close(&host);
    buf_free(token);
    issuer_process_stop(issuer);
}

static uint32_t reason_of(struct tam_str token) {
    struct tam_result *result = plugin_host_ask(&host, token);
    uint32_t reason = tam_result_reason(result);
    ck_assert_uint_eq(tam_result_verdict(result), reason == TAM_REASON_NONE ? TAM_VERDICT_ACCEPT : TAM_VERDICT_REJECT);
    tam_result_free(result);
    return reason;
}

/* A canonical rest of the signature is a signature, only not this one. */
START_TEST(azure_refuses_a_token_cut_at_any_byte) {
    struct issuer_process issuer;
    struct buf token;
    begin(&issuer, &token);
    struct tam_str whole = buf_str(&token);
    size_t signature = (size_t)((const char *)memrchr(whole.ptr, '.', whole.len) - whole.ptr) + 1, bad = 0;
    for (size_t len = 1; len < whole.len; len++) {
        uint32_t reason = reason_of((struct tam_str){ whole.ptr, len });
        bad += reason == TAM_REASON_BAD_SIGNATURE;
        ck_assert_msg(reason == TAM_REASON_MALFORMED || (len > signature && reason == TAM_REASON_BAD_SIGNATURE),
                      "cut to %zu bytes: %s", len, tam_reason_name(reason));
    }
    ck_assert_uint_gt(bad, 0);
    ck_assert_uint_eq(reason_of((struct tam_str){ whole.ptr, 0 }), TAM_REASON_NO_CREDENTIALS);
    ck_assert_uint_eq(reason_of(whole), TAM_REASON_NONE); /* the control */
    end(&issuer, &token);
}
END_TEST

/* A new key is found by one refresh; then the old one is still there, since the issuer keeps it. */
START_TEST(azure_follows_a_rotation) {
    struct issuer_process issuer;
    struct buf before, after;
    begin(&issuer, &before);
    buf_init(&after, 65536);
    ck_assert_uint_eq(reason_of(buf_str(&before)), TAM_REASON_NONE);
    issuer_process_rotate(&issuer);
    issuer_process_mint_json(&issuer, NULL, AZURE_CLAIMS, &after);
    size_t asked = issuer_process_requests(&issuer, "keys");
    ck_assert_uint_eq(reason_of(buf_str(&after)), TAM_REASON_NONE);
    ck_assert_uint_eq(reason_of(buf_str(&before)), TAM_REASON_NONE);
    ck_assert_uint_eq(issuer_process_requests(&issuer, "keys"), asked + 1);
    buf_free(&after);
    end(&issuer, &before);
}
END_TEST

static int64_t stepped(void *ctx) {
    return *(atomic_llong *)ctx;
}

/* An attacker who reads the key set knows the next kid before any good token has it. Sending that kid early must not
 * make the plugin refuse the good token later. */
START_TEST(azure_forgets_an_unknown_kid_when_the_cooldown_ends) {
    static atomic_llong clock = 5 * CLOCK_SECOND;
    struct tam_setup setup = { .size = sizeof setup,
                               .flags = TAM_SETUP_ANY_OWNER | TAM_SETUP_FETCH,
                               .plugin_dir = TAM_TOP_BUILDDIR "/plugins/azure/.libs",
                               .ctx = &clock,
                               .monotonic = stepped };
    struct issuer_process issuer;
    struct buf text, token, next;
    issuer_process_start(&issuer, &(struct issuer_process_options){ .names = NULL });
    buf_init(&text, 65536);
    buf_init(&token, 65536);
    buf_init(&next, 65536);
    buf_add_text(&text, AZURE_LINE "jwks_cooldown=10s ");
    issuer_process_add_options(&issuer, &text);
    ck_assert_int_eq(tam_service_open_string(text.ptr, &setup, &host.service, NULL), 0);
    issuer_process_mint_json(&issuer, "{\"alg\":\"RS256\",\"kid\":\"nobody\"}", AZURE_CLAIMS, &token);
    ck_assert_uint_eq(reason_of(buf_str(&token)), TAM_REASON_UNKNOWN_KEY); /* fetched, and the cooldown begins */
    issuer_process_rotate(&issuer);
    issuer_process_mint_json(&issuer, NULL, AZURE_CLAIMS, &next);
    clock += 9 * CLOCK_SECOND;
    ck_assert_uint_eq(reason_of(buf_str(&next)), TAM_REASON_UNKNOWN_KEY); /* nothing is fetched within it */
    clock += CLOCK_SECOND;
    ck_assert_uint_eq(reason_of(buf_str(&next)), TAM_REASON_NONE);
    tam_service_close(host.service);
    buf_free(&next);
    buf_free(&token);
    buf_free(&text);
    issuer_process_stop(&issuer);
}
END_TEST

/* ---- How its keys are ---- */

static int64_t number_of(const char *name) {
    return plugin_host_keyset(&host, name);
}

static bool status_says(const char *part) {
    struct tam_document *document = tam_status(host.service);
    struct tam_str text = tam_document_text(document);
    bool says = memmem(text.ptr, text.len, part, strlen(part)) != NULL;
    tam_document_free(document);
    return says;
}

START_TEST(azure_tells_how_its_keys_are) {
    struct issuer_process issuer;
    struct buf token;
    issuer_process_start(&issuer, &(struct issuer_process_options){ .names = NULL });
    buf_init(&token, 65536);
    open_host(&issuer);
    issuer_process_mint_json(&issuer, NULL, AZURE_CLAIMS, &token);
    ck_assert_uint_eq(reason_of(buf_str(&token)), TAM_REASON_NONE);
    ck_assert_int_eq(number_of("keys"), 1);
    ck_assert_int_eq(number_of("fetches"), 1);
    ck_assert_int_eq(number_of("forced"), 0);
    ck_assert_int_ge(number_of("age"), 0);
    ck_assert_int_gt(number_of("next_refresh"), 60);
    ck_assert_int_gt(number_of("expires_in"), 86000);
    ck_assert(status_says("\"last_error\":\"\""));
    issuer_process_rotate(&issuer);
    buf_clear(&token);
    issuer_process_mint_json(&issuer, NULL, AZURE_CLAIMS, &token);
    ck_assert_uint_eq(reason_of(buf_str(&token)), TAM_REASON_NONE);
    ck_assert_int_eq(number_of("keys"), 2);
    ck_assert_int_eq(number_of("fetches"), 2);
    ck_assert_int_eq(number_of("forced"), 1);
    issuer_process_rotate(&issuer);
    buf_clear(&token);
    issuer_process_mint_json(&issuer, NULL, AZURE_CLAIMS, &token);
    ck_assert_uint_eq(reason_of(buf_str(&token)), TAM_REASON_UNKNOWN_KEY); /* within the cooldown */
    ck_assert_int_eq(number_of("fetches"), 2);
    ck_assert_int_eq(number_of("suppressed"), 1);
    ck_assert_int_eq(number_of("failures"), 0);
    plugin_host_close(&host);
    buf_free(&token);
    issuer_process_stop(&issuer);
}
END_TEST

START_TEST(azure_tells_why_it_has_no_keys) {
    struct issuer_process issuer;
    issuer_process_start(&issuer, &(struct issuer_process_options){ .names = "login.example" });
    struct buf options;
    buf_init(&options, 65536);
    buf_format(&options, "ca_file=%s connect_to=login.microsoftonline.com:443:127.0.0.1:%u", issuer.ca, issuer.port);
    plugin_host_open_azure(&host, "", buf_str(&options));
    struct buf token;
    buf_init(&token, 65536);
    issuer_process_mint_json(&issuer, NULL, AZURE_CLAIMS, &token);
    struct tam_result *result = plugin_host_ask(&host, buf_str(&token)); /* waits for the first fetch */
    ck_assert_uint_eq(tam_result_verdict(result), TAM_VERDICT_UNAVAILABLE);
    tam_result_free(result);
    ck_assert_int_eq(number_of("keys"), 0);
    ck_assert(status_says("certificate is for another name"));
    ck_assert_int_eq(number_of("age"), -1);
    ck_assert_int_ge(number_of("failures"), 1);
    ck_assert_int_ge(number_of("failures_in_row"), 1);
    plugin_host_close(&host);
    buf_free(&token);
    buf_free(&options);
    issuer_process_stop(&issuer);
}
END_TEST

/* The verifiers of before and after share what was fetched: a reload during an outage of the issuer is none. */
START_TEST(azure_keeps_its_keys_over_a_reload) {
    struct issuer_process issuer;
    struct buf token;
    begin(&issuer, &token);
    ck_assert_uint_eq(reason_of(buf_str(&token)), TAM_REASON_NONE);
    issuer_process_hold(&issuer);
    ck_assert_int_eq(tam_service_reload(host.service, NULL), 0);
    struct tam_query query = { .size = sizeof query, .token = buf_str(&token), .flags = TAM_NONBLOCK };
    struct tam_result *result = tam_verify(host.service, &query);
    ck_assert_uint_eq(tam_result_verdict(result), TAM_VERDICT_ACCEPT);
    ck_assert_int_eq(plugin_host_keyset(&host, "fetches"), 1);
    tam_result_free(result);
    issuer_process_release(&issuer);
    end(&issuer, &token);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("azure");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, azure_refuses_a_token_cut_at_any_byte);
    tcase_add_test(tests, azure_follows_a_rotation);
    tcase_add_test(tests, azure_keeps_its_keys_over_a_reload);
    tcase_add_test(tests, azure_forgets_an_unknown_kid_when_the_cooldown_ends);
    tcase_add_test(tests, azure_tells_how_its_keys_are);
    tcase_add_test(tests, azure_tells_why_it_has_no_keys);
    return suite_run("azure", tests);
}
