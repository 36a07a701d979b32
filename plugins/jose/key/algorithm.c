/* SPDX-License-Identifier: MIT
 *
 * The table of signature algorithms. Names match byte for byte, and `none` has no row (RFC 8725 §3.1).
 */
#include <config.h>

#include <plugins/jose/key/algorithm.h>
#include <src/base/assert.h>
#include <src/base/str.h>

/* clang-format off */
static const struct algorithm algorithms[ALGORITHM_COUNT] = {
#define ROW(index, name, digest, digest_len, type, curve, pss, coordinate_len) \
    [index] = { STR_INIT(name), digest, curve, ALGORITHM_BIT(index), type, pss, coordinate_len, digest_len }
    ROW(ALGORITHM_RS256,   "RS256",   "SHA2-256", 32, KEY_RSA, NULL,      0, 0),
    ROW(ALGORITHM_RS384,   "RS384",   "SHA2-384", 48, KEY_RSA, NULL,      0, 0),
    ROW(ALGORITHM_RS512,   "RS512",   "SHA2-512", 64, KEY_RSA, NULL,      0, 0),
    ROW(ALGORITHM_PS256,   "PS256",   "SHA2-256", 32, KEY_RSA, NULL,      1, 0),
    ROW(ALGORITHM_PS384,   "PS384",   "SHA2-384", 48, KEY_RSA, NULL,      1, 0),
    ROW(ALGORITHM_PS512,   "PS512",   "SHA2-512", 64, KEY_RSA, NULL,      1, 0),
    ROW(ALGORITHM_ES256,   "ES256",   "SHA2-256", 32, KEY_EC,  "P-256",   0, 32),
    ROW(ALGORITHM_ES384,   "ES384",   "SHA2-384", 48, KEY_EC,  "P-384",   0, 48),
    ROW(ALGORITHM_ES512,   "ES512",   "SHA2-512", 64, KEY_EC,  "P-521",   0, 66),
    ROW(ALGORITHM_EDDSA,   "EdDSA",   NULL,       0,  KEY_OKP, NULL,      0, 0),
    ROW(ALGORITHM_ED25519, "Ed25519", NULL,       0,  KEY_OKP, "Ed25519", 0, 0),
    ROW(ALGORITHM_ED448,   "Ed448",   NULL,       0,  KEY_OKP, "Ed448",   0, 0),
    ROW(ALGORITHM_HS256,   "HS256",   "SHA2-256", 32, KEY_OCT, NULL,      0, 0),
    ROW(ALGORITHM_HS384,   "HS384",   "SHA2-384", 48, KEY_OCT, NULL,      0, 0),
    ROW(ALGORITHM_HS512,   "HS512",   "SHA2-512", 64, KEY_OCT, NULL,      0, 0),
#undef ROW
};
/* clang-format on */

const struct algorithm *algorithm_find(struct tam_str name) {
    for (size_t i = 0; i < ALGORITHM_COUNT; i++) {
        if (str_equal(algorithms[i].name, name)) {
            return &algorithms[i];
        }
    }
    return NULL;
}

const struct algorithm *algorithm_at(enum algorithm_index index) {
    TAM_ASSERT(index < ALGORITHM_COUNT);
    return &algorithms[index];
}

enum algorithm_index algorithm_index(const struct algorithm *row) {
    TAM_ASSERT(row >= algorithms && row < algorithms + ALGORITHM_COUNT);
    return (enum algorithm_index)(row - algorithms);
}

size_t algorithm_names(uint32_t mask, struct tam_str *names) {
    size_t count = 0;
    for (size_t i = 0; i < ALGORITHM_COUNT; i++) {
        if ((mask & algorithms[i].bit) != 0) {
            names[count++] = algorithms[i].name;
        }
    }
    return count;
}
