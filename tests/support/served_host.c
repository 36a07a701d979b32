/* SPDX-License-Identifier: MIT
 *
 * A service over the jwt plugin whose keys a scripted server serves.
 */
#include <config.h>

#include <tests/support/served_host.h>

#include <check.h>
#include <src/base/mem.h>
#include <src/base/str.h>
#include <tests/support/jose_support.h>
#include <time.h>

void served_host_open(struct plugin_host *host, const struct scripted_server *server, const char *options) {
    struct buf text;
    buf_init(&text, 65536);
    buf_format(&text, SERVED_JWT "%s ", options);
    scripted_server_add_options(server, &text);
    plugin_host_open(host, "jwt", text.ptr);
    buf_free(&text);
}

char *served_token(const char *key, const char *kid, const char *sub) {
    const char *alg = key[0] == 'R' ? "RS256" : key[0] == 'P' ? "ES256" : "EdDSA";
    struct buf header, claims;
    buf_init(&header, 4096);
    buf_init(&claims, 4096);
    buf_format(&header, "{\"alg\":\"%s\",\"kid\":\"%s\"}", alg, kid);
    buf_format(&claims, "{\"iss\":\"" SERVED_ISSUER "\",\"aud\":\"api\",\"sub\":\"%s\",\"exp\":%lld}", sub,
               (long long)time(NULL) + 3600);
    char *token = test_sign(alg, test_key(key), header.ptr, claims.ptr);
    buf_free(&header);
    buf_free(&claims);
    return token;
}

static const char *ask(const struct plugin_host *host, uint32_t flags, const char *token) {
    const struct tam_query query = { .size = sizeof query, .flags = flags, .token = str_of(token) };
    struct tam_result *result = tam_verify(host->service, &query);
    uint32_t verdict = tam_result_verdict(result);
    const char *name =
        verdict == TAM_VERDICT_REJECT ? tam_reason_name(tam_result_reason(result)) : tam_verdict_name(verdict);
    tam_result_free(result);
    return name;
}

const char *served_ask_token(const struct plugin_host *host, const char *token) {
    return ask(host, 0, token);
}

static const char *ask_anew(const struct plugin_host *host, uint32_t flags, char *token) {
    const char *name = ask(host, flags, token);
    mem_free(token);
    return name;
}

const char *served_ask(const struct plugin_host *host, const char *key, const char *kid, const char *sub) {
    return ask_anew(host, 0, served_token(key, kid, sub));
}

const char *served_ask_nonblock(const struct plugin_host *host, const char *key, const char *kid, const char *sub) {
    return ask_anew(host, TAM_NONBLOCK, served_token(key, kid, sub));
}

void served_expect_log(struct plugin_host *host, const char *where, const char *words) {
    struct buf line;
    buf_init(&line, 4096);
    buf_format(&line, "keys: %s: %s", where, words);
    plugin_host_expect_log(host, line.ptr);
    buf_free(&line);
}
