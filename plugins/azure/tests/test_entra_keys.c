/* SPDX-License-Identifier: MIT
 *
 * Microsoft's own key sets, as they were fetched once: they load, through the option that administrators have.
 * (What their keys' issuers mean is in test_azure_matrix.c.)
 */
#include <config.h>

#include <src/base/array.h>
#include <src/base/buf.h>
#include <src/base/str.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tests/support/plugin_host.h>
#include <tests/support/suite.h>
#include <unistd.h>

#include <check.h>

static struct issuer_process issuer;

/* The reason for a token with an invalid signature, which shows whether its kid was found. */
static uint32_t reason_of(const char *set, const char *kid) {
    struct plugin_host host;
    struct buf options, header, token;
    buf_init(&options, 65536);
    buf_init(&header, 4096);
    buf_init(&token, 65536);
    buf_format(&options, "jwks_file=" TAM_TOP_SRCDIR "/tests/data/entra/%s", set);
    plugin_host_open_azure(&host, "", buf_str(&options));
    buf_format(&header, "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"%s\"}", kid);
    issuer_process_mint_json(&issuer, header.ptr, AZURE_CLAIMS, &token);
    struct tam_result *result = plugin_host_ask(&host, buf_str(&token));
    uint32_t reason = tam_result_reason(result);
    tam_result_free(result);
    plugin_host_close(&host);
    buf_free(&token);
    buf_free(&header);
    buf_free(&options);
    return reason;
}

static const struct {
    const char *set, *kid;
    bool there;
} rows[] = {
    { "common.jwks.json", "Mc7l3Iz93g7uwgNeEmmw_WYGPko", true },
    { "common.jwks.json", "d-Zi0Gbus4sEaOqXgU8pMvYc3KI", true },
    { "common.jwks.json", "8IIDH6M8c3cXoeojKme8Jvqsr2Y", true }, /* of personal accounts */
    { "common.jwks.json", "Fdkuxg4kKVKOWUdliHLR1HArDmg", false },
    { "organizations.jwks.json", "Fdkuxg4kKVKOWUdliHLR1HArDmg", true },
    { "organizations.jwks.json", "iw1BXXcybk07kmtIeeJeIYqas18", true },
    { "organizations.jwks.json", "8IIDH6M8c3cXoeojKme8Jvqsr2Y", false },
};

START_TEST(microsofts_own_key_sets_load) {
    ck_assert_str_eq(tam_reason_name(reason_of(rows[_i].set, rows[_i].kid)),
                     rows[_i].there ? "bad_signature" : "unknown_key");
}
END_TEST

static void setup(void) {
    issuer_process_start(&issuer, &(struct issuer_process_options){ .names = NULL });
}

static void teardown(void) {
    issuer_process_stop(&issuer);
}

int main(void) {
    TCase *tests = tcase_create("entra keys");
    tcase_set_timeout(tests, 60);
    tcase_add_unchecked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, microsofts_own_key_sets_load, 0, COUNT(rows));
    return suite_run("entra keys", tests);
}
