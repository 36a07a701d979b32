/* SPDX-License-Identifier: MIT
 *
 * A key server whose certificate is not to be believed: no verdict, and a line in the log that says what is wrong.
 */
#include <config.h>

#include <src/base/buf.h>
#include <src/base/str.h>
#include <stdlib.h>
#include <tests/plugin_host.h>
#include <tests/suite.h>

#include <check.h>

static const struct {
    const char *names;     /* that its certificate has */
    const char *validity;  /* an argument of tam-issuer, or NULL */
    bool others_authority; /* the host trusts the CA of another issuer */
    const char *words;     /* in the log; NULL: all is well */
} rows[] = {
    { "login.microsoftonline.com", NULL, false, NULL }, /* the control */
    { "login.microsoftonline.com", "--certificate-days=-1", false, "its certificate has expired" },
    { "login.example", NULL, false, "its certificate is for another name" },
    { "login.microsoftonline.com", NULL, true, "its certificate is of an unknown authority" },
};

/* The real name is always asked for, whatever the server at the other end calls itself. */
static void options_add(const struct issuer_process *issuer, const char *ca, struct buf *options) {
    buf_format(options, "ca_file=%s connect_to=login.microsoftonline.com:443:127.0.0.1:%u", ca, issuer->port);
}

START_TEST(a_certificate_that_is_not_to_be_believed_is_told_apart) {
    struct issuer_process issuer, other;
    struct plugin_host host;
    struct buf options, token;
    issuer_process_start(
        &issuer, &(struct issuer_process_options){ .names = rows[_i].names, .arguments = { rows[_i].validity } });
    issuer_process_start(&other, &(struct issuer_process_options){ .names = NULL });
    buf_init(&options, 65536);
    buf_init(&token, 65536);
    options_add(&issuer, rows[_i].others_authority ? other.ca : issuer.ca, &options);
    plugin_host_open_azure(&host, "", buf_str(&options));
    issuer_process_mint_json(&issuer, NULL, AZURE_CLAIMS, &token);

    struct tam_result *result = plugin_host_ask(&host, buf_str(&token));
    const char *words = rows[_i].words;
    ck_assert_str_eq(tam_verdict_name(tam_result_verdict(result)), words == NULL ? "accept" : "unavailable");
    ck_assert_msg(words == NULL || plugin_host_logged(&host, words), "not in the log: %s\n%.*s", words,
                  STR_PRINT(buf_str(&host.log)));
    ck_assert_uint_eq(issuer_process_requests(&issuer, "keys"), words == NULL ? 1 : 0); /* nothing was asked */

    tam_result_free(result);
    plugin_host_close(&host);
    buf_free(&token);
    buf_free(&options);
    issuer_process_stop(&other);
    issuer_process_stop(&issuer);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("tls");
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, a_certificate_that_is_not_to_be_believed_is_told_apart, 0, sizeof rows / sizeof rows[0]);
    return suite_run("tls", tests);
}
