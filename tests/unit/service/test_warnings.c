/* SPDX-License-Identifier: MIT
 *
 * Whoever checks a configuration is warned of all that opening it would warn of: the same texts, no more and no fewer.
 */
#include <config.h>

#include <src/base/array.h>
#include <tests/support/fixture.h>
#include <tests/support/suite.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Nobody is asked for keys but this machine, and nobody answers: that is one warning. */
#define AZURE                                                                                                          \
    TAM_TOP_BUILDDIR "/plugins/azure/.libs/tam_azure.so tenant_id=aaaabbbb-0000-cccc-1111-dddd2222eeee "               \
                     "connect_to=login.microsoftonline.com:443:127.0.0.1:1 required_scopes=read"
#define CLIENT    " client_id=00001111-aaaa-2222-bbbb-3333cccc4444"
#define JWT       TAM_TOP_BUILDDIR "/plugins/jwt/.libs/tam_jwt.so audience=api connect_to=issuer.example:443:127.0.0.1:1"
#define KEYS      " issuer=https://issuer.example jwks_uri=https://issuer.example/keys"
#define AUTHORITY " authority=https://issuer.example"
#define RESOURCE  "resource url=https://api.example.com/mcp\n"

#define FAILS SIZE_MAX

static char kept[] = "/tmp/tam-warnings-XXXXXX"; /* a jwks_file with a key that is too short, and no jwks_cache_file */
static const char content[] =
    "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
    "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"},"
    "{\"kty\":\"RSA\",\"kid\":\"short\",\"n\":\"7777\",\"e\":\"AQAB\"}]}";

static const struct {
    const char *text;
    size_t warnings;
} rows[] = {
    { RESOURCE "puppet", 0 },
    { "puppet prefix=api://x/ described_scopes=offline_access", 0 }, /* without a resource nobody reads them */
    { RESOURCE "puppet prefix=api://x/", 1 },
    { RESOURCE "puppet described_scopes=offline_access", 1 },
    { RESOURCE "puppet described_scopes='a\"b'", 1 },
    { "resource url=https://api.example.com/mcp/\npuppet prefix=api://x/ described_scopes=offline_access", 3 },
    { "resource url=https://api.example.com scopes=offline_access\npuppet", 1 },
    { RESOURCE "puppet init=warn", 1 },
    { RESOURCE "required puppet init=warn\nsufficient puppet init=warn prefix=api://x/", 3 },
    { AZURE CLIENT, 1 },
    { RESOURCE AZURE CLIENT, 2 },
    { RESOURCE AZURE CLIENT " identifier_uri=https://api.example.com/mcp", 1 },
    { RESOURCE AZURE " client_id=api", 3 },
    { RESOURCE AZURE CLIENT " jwks_cache_file=KEPT", 3 },
    { RESOURCE "azure-of-nobody", FAILS },
    { JWT KEYS " required_scopes=read", 1 },
    { RESOURCE JWT KEYS " required_scopes=read,offline_access", 2 },
    { RESOURCE JWT KEYS " required_scopes=read jwks_cache_file=KEPT", 2 },
    { JWT " issuer=https://issuer.example jwks_file=KEPT", 2 },
    { JWT AUTHORITY " jwks_hosts=a.example,b.example:8443,[::1],[::1]:8443", 1 },
    { JWT AUTHORITY " jwks_hosts=https://a.example", FAILS },
    { JWT AUTHORITY " jwks_hosts=a.example/keys", FAILS },
    { JWT AUTHORITY " jwks_hosts=a.example:", FAILS },
    { JWT AUTHORITY " jwks_hosts=a.example:0", FAILS },
    { JWT AUTHORITY " jwks_hosts=a.example:65536", FAILS },
    { JWT AUTHORITY " jwks_hosts=b@a.example", FAILS },
    { JWT AUTHORITY " jwks_hosts=::1", FAILS },
};

/* The row with the path of the file for KEPT. */
static void complete(const char *text, char *out, size_t size) {
    const char *at = strstr(text, "KEPT");
    if (at == NULL) {
        (void)snprintf(out, size, "%s", text);
    } else {
        (void)snprintf(out, size, "%.*s%s%s", (int)(at - text), text, kept, at + 4);
    }
}

/* What stands behind "FILE:LINE: " and, where the verifier itself warns, the plugin's name. */
static const char *sentence_of(const char *fault) {
    static const char *const names[] = { "puppet: ", "azure: ", "jwt: " };
    const char *at = strncmp(fault, "<string>", 8) == 0 ? strstr(fault, ": ") + 2 : fault;

    for (size_t i = 0; i < COUNT(names); i++) {
        if (strncmp(at, names[i], strlen(names[i])) == 0) {
            return at + strlen(names[i]);
        }
    }
    return at;
}

/* Without what the thread that fetches keys has to say, sooner or later. */
static size_t lines_of_warning(struct fixture *fixture) {
    const char *line = fixture->log;
    size_t count = 0;
    pthread_mutex_lock(&fixture->lock);
    for (; *line != '\0'; line = strchr(line, '\n') + 1) {
        const char *end = strchr(line, '\n'), *keys = strstr(line, ": keys: ");
        count += line[0] <= '0' + TAM_LOG_WARNING && (keys == NULL || keys > end);
    }
    pthread_mutex_unlock(&fixture->lock);
    return count;
}

START_TEST(a_check_warns_of_what_opening_warns_of) {
    static struct fixture fixture;
    struct tam_faults *faults = NULL;
    char text[2048];
    complete(rows[_i].text, text, sizeof text);
    fixture_init(&fixture);
    if (tam_service_open_string(text, &fixture.setup, &fixture.service, NULL) == 0) {
        size_t opened = lines_of_warning(&fixture);
        ck_assert_msg(opened == rows[_i].warnings, "%s: opened with %zu: %s", text, opened, fixture.log);
        ck_assert_int_eq(tam_service_check_string(text, &fixture.setup, &faults), 0);
        ck_assert_msg(tam_faults_count(faults) == opened, "%s: checked with %zu", text, tam_faults_count(faults));
        for (size_t i = 0; i < tam_faults_count(faults); i++) {
            ck_assert_uint_eq(tam_faults_level(faults, i), TAM_LOG_WARNING);
            ck_assert_msg(fixture_log_count(&fixture, sentence_of(tam_faults_text(faults, i))) > 0, "%s",
                          tam_faults_text(faults, i));
        }
        ck_assert_msg(lines_of_warning(&fixture) == opened, "a check logs nothing: %s", fixture.log);
    } else {
        ck_assert_msg(rows[_i].warnings == FAILS, "%s", text);
        ck_assert_int_eq(tam_service_check_string(text, &fixture.setup, &faults), -1);
    }
    tam_faults_free(faults);
    fixture_close(&fixture);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("warnings");
    int file = mkstemp(kept), failed;
    if (file < 0 || write(file, content, strlen(content)) != (ssize_t)strlen(content) || close(file) != 0) {
        return EXIT_FAILURE;
    }
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, a_check_warns_of_what_opening_warns_of, 0, COUNT(rows));
    failed = suite_run("warnings", tests);
    (void)unlink(kept);
    return failed;
}
