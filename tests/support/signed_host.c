/* SPDX-License-Identifier: MIT
 *
 * Services whose keys lie in a file.
 */
#include <config.h>

#include <tests/support/signed_host.h>

#include <check.h>
#include <src/base/mem.h>
#include <stdio.h>
#include <string.h>
#include <tests/support/jose_support.h>
#include <tests/support/scratch.h>

#define PLUGIN(name) TAM_TOP_BUILDDIR "/plugins/" name "/.libs/tam_" name ".so "

static struct scratch scratch;
static char keys[600];

static const struct {
    const char *alg, *key, *kid;
} signers[] = {
    { "RS256", "RSA-2048", "r" },
    { "PS256", "RSA-2048", "r" },
    { "ES256", "P-256", "e" },
    { "EdDSA", "Ed25519", "o" },
};

void signed_host_setup(void) {
    scratch_make(&scratch);
    char *set = test_set(test_jwk(test_key("RSA-2048"), "r"), test_jwk(test_key("P-256"), "e"),
                         test_jwk(test_key("Ed25519"), "o"), NULL);
    (void)snprintf(keys, sizeof keys, "jwks_file=%s", scratch_text(&scratch, "keys.json", set));
    mem_free(set);
}

void signed_host_teardown(void) {
    scratch_remove(&scratch);
    test_keys_free();
}

static const char *line(const char *begin, const char *options) {
    static char lines[4][8192];
    static unsigned next;
    char *text = lines[next++ % 4];
    ck_assert_int_lt(snprintf(text, sizeof lines[0], "%s %s %s ", begin, keys, options), (int)sizeof lines[0]);
    return text;
}

const char *signed_host_jwt(const char *options) {
    return line(PLUGIN("jwt") "issuer=https://id.example audience=api algorithms=RS256,PS256,ES256,EdDSA", options);
}

const char *signed_host_azure(const char *options) {
    return line(PLUGIN("azure") "tenant_id=" AZURE_TENANT " client_id=" AZURE_CLIENT, options);
}

void signed_host_open(struct plugin_host *host, const char *text) {
    plugin_host_open(host, "jwt", text);
}

char *signed_host_token(const char *alg, const char *payload) {
    char header[64];
    size_t i = 0;
    while (strcmp(signers[i].alg, alg) != 0) {
        i++;
    }
    (void)snprintf(header, sizeof header, "{\"alg\":\"%s\",\"kid\":\"%s\"}", alg, signers[i].kid);
    return test_sign(alg, test_key(signers[i].key), header, payload);
}
