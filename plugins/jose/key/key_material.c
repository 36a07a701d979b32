/* SPDX-License-Identifier: MIT
 *
 * Makes an EVP_PKEY of the numbers of a public key. Sizes are checked before OpenSSL does any arithmetic, because a
 * hostile key set may hold numbers that take long to compute with; weak keys are refused.
 */
#include <config.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <plugins/jose/key/key_internal.h>
#include <src/base/array.h>

#define RSA_MIN_BITS   2048 /* RFC 7518 §3.3 */
#define RSA_MAX_BITS   8192
#define RSA_MAX_E_BITS 32 /* with an exponent as long as the modulus a verification takes a hundred times longer */
#define FERMAT_ROUNDS  16
#define COORDINATE_MAX 66

static const struct key_curve curves[] = {
    { STR_INIT("P-256"), "P-256", "prime256v1", KEY_EC, 32 }, /* RFC 7518 §6.2.1.1 */
    { STR_INIT("P-384"), "P-384", "secp384r1", KEY_EC, 48 },  { STR_INIT("P-521"), "P-521", "secp521r1", KEY_EC, 66 },
    { STR_INIT("Ed25519"), "ED25519", NULL, KEY_OKP, 32 }, /* RFC 8037 §2 */
    { STR_INIT("Ed448"), "ED448", NULL, KEY_OKP, 57 },
};

const struct key_curve *key_curve_find(enum key_type type, struct tam_str crv) {
    for (size_t i = 0; i < COUNT(curves); i++) {
        if (curves[i].type == type && str_equal(curves[i].crv, crv)) {
            return &curves[i];
        }
    }
    return NULL;
}

static bool curve_fits(const struct key_curve *curve, const EVP_PKEY *pkey) {
    char group[32];
    if (curve->type == KEY_OKP) {
        return EVP_PKEY_is_a(pkey, curve->openssl) == 1;
    }
    return EVP_PKEY_is_a(pkey, "EC") == 1 && EVP_PKEY_get_group_name(pkey, group, sizeof group, NULL) == 1 &&
           strcmp(group, curve->group) == 0;
}

const struct key_curve *key_curve_of(const EVP_PKEY *pkey) {
    for (size_t i = 0; i < COUNT(curves); i++) {
        if (curve_fits(&curves[i], pkey)) {
            return &curves[i];
        }
    }
    return NULL;
}

/* OpenSSL's own check. EC: the point is on the curve and has its order (SEC 1 §3.2.2.1). OpenSSL checks no OKP key:
 * see key_edwards.c. */
static bool public_check(EVP_PKEY *pkey) {
    EVP_PKEY_CTX *check = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    bool good = check != NULL && EVP_PKEY_public_check(check) == 1;
    EVP_PKEY_CTX_free(check);
    return good;
}

/* ---- RSA --------------------------------------------------------------------------------------------------------- */

static bool in_powers(unsigned long value, unsigned long base, unsigned long prime) {
    unsigned long power = 1;
    do {
        if (power == value) {
            return true;
        }
        power = power * base % prime;
    } while (power != 1);
    return false;
}

/*
 * Refuses small factors, and ROCA (CVE-2017-15361): a modulus from Infineon's library is a power of 65537 modulo each
 * of these primes. One in 2^27 other moduli is so too.
 */
static bool rsa_structure_check(const BIGNUM *n, struct buf *ret_why) {
    static const unsigned char primes[] = { 3,   5,   7,   11,  13,  17,  19,  23,  29,  31,  37,  41,  43,
                                            47,  53,  59,  61,  67,  71,  73,  79,  83,  89,  97,  101, 103,
                                            107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167 };
    bool roca = true;

    for (size_t i = 0; i < sizeof primes; i++) {
        unsigned long rest = (unsigned long)BN_mod_word(n, primes[i]);
        if (rest == 0) {
            return key_refuse(ret_why, "the modulus has a small factor");
        }
        roca = roca && in_powers(rest, 65537 % primes[i], primes[i]);
    }
    return !roca || key_refuse(ret_why, "the modulus has the ROCA weakness (CVE-2017-15361)");
}

/* The integer part of the square root, by Newton's method from above; n is not 0. False: no memory. */
static bool root_take(BIGNUM *root, const BIGNUM *n, BN_CTX *ctx) {
    BN_CTX_start(ctx);
    BIGNUM *next = BN_CTX_get(ctx);
    bool good = next != NULL && BN_set_bit(next, (BN_num_bits(n) + 1) / 2) == 1;
    do {
        good = good && BN_copy(root, next) != NULL && BN_div(next, NULL, n, root, ctx) == 1 &&
               BN_add(next, next, root) == 1 && BN_rshift1(next, next) == 1;
    } while (good && BN_cmp(next, root) < 0);
    BN_CTX_end(ctx);
    return good;
}

/* Fermat's method: n = (a + b)(a - b) with a among the first FERMAT_ROUNDS above the root of n. False: no memory. */
static bool find_close_factors(const BIGNUM *n, BN_CTX *ctx, bool *ret_found) {
    BIGNUM *a = BN_CTX_get(ctx), *rest = BN_CTX_get(ctx), *b = BN_CTX_get(ctx), *square = BN_CTX_get(ctx);
    bool good = square != NULL && root_take(a, n, ctx);
    *ret_found = false;
    for (int i = 0; i < FERMAT_ROUNDS && good && !*ret_found; i++) {
        good = BN_add_word(a, 1) == 1 && BN_sqr(rest, a, ctx) == 1 && BN_sub(rest, rest, n) == 1 &&
               root_take(b, rest, ctx) && BN_sqr(square, b, ctx) == 1;
        *ret_found = good && BN_cmp(square, rest) == 0;
    }
    return good;
}

/* Refuses a modulus of two primes close to each other, which some printers generated (CVE-2022-26320). */
static bool rsa_distance_check(const BIGNUM *n, struct buf *ret_why) {
    bool good = false, found = false;
    BN_CTX *ctx = BN_CTX_new();
    if (ctx != NULL) {
        BN_CTX_start(ctx);
        good = find_close_factors(n, ctx, &found);
        BN_CTX_end(ctx);
    }
    BN_CTX_free(ctx);
    if (!good) {
        return key_refuse(ret_why, "no memory");
    }
    return !found || key_refuse(ret_why, "the factors of the modulus are too close to each other (CVE-2022-26320)");
}

static bool rsa_check(const BIGNUM *n, const BIGNUM *e, struct buf *ret_why) {
    if (BN_num_bits(n) < RSA_MIN_BITS) {
        return key_refuse(ret_why, "the modulus has less than 2048 bits");
    }
    if (BN_num_bits(n) > RSA_MAX_BITS) {
        return key_refuse(ret_why, "the modulus has more than 8192 bits");
    }
    if (!BN_is_odd(n)) {
        return key_refuse(ret_why, "the modulus is even");
    }
    if (BN_num_bits(e) > RSA_MAX_E_BITS) {
        return key_refuse(ret_why, "the exponent has more than 32 bits");
    }
    if (!BN_is_odd(e) || BN_is_one(e)) {
        return key_refuse(ret_why, "the exponent is even or less than 3");
    }
    return rsa_structure_check(n, ret_why) && rsa_distance_check(n, ret_why);
}

/* Makes a key of type "RSA" or "EC". EVP_PKEY_fromdata() decodes nothing, so it takes 4.5 µs; a PEM takes 276. */
static EVP_PKEY *pkey_from_params(const char *type, OSSL_PARAM_BLD *build) {
    EVP_PKEY *pkey = NULL;
    EVP_PKEY_CTX *make = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
    if (make == NULL || params == NULL || EVP_PKEY_fromdata_init(make) != 1 ||
        EVP_PKEY_fromdata(make, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1) {
        pkey = NULL;
    }
    OSSL_PARAM_free(params);
    EVP_PKEY_CTX_free(make);
    return pkey;
}

static EVP_PKEY *rsa_make(const BIGNUM *n, const BIGNUM *e) {
    EVP_PKEY *pkey = NULL;
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    if (build != NULL && OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e) == 1) {
        pkey = pkey_from_params("RSA", build);
    }
    OSSL_PARAM_BLD_free(build);
    return pkey;
}

/* RFC 7518 §6.3.1.1: some libraries write one leading zero byte, so one is removed. More than one is refused. */
static struct tam_str without_sign(struct tam_str number) {
    return number.len > 1 && number.ptr[0] == '\0' ? str_from(number, 1) : number;
}

static BIGNUM *number_read(struct tam_str number) {
    return BN_bin2bn((const unsigned char *)number.ptr, (int)number.len, NULL);
}

/* NIST SP 800-56B §6.4.2.2, by OpenSSL: the modulus is composite, no power of a prime, and has no factor below 752.
 * With a prime or a prime power as modulus, anybody can compute the private exponent. */
static bool rsa_public_check(EVP_PKEY *pkey, struct buf *ret_why) {
    if (public_check(pkey)) {
        return true;
    }
    bool weak = ERR_GET_REASON(ERR_peek_last_error()) == RSA_R_INVALID_MODULUS;
    return key_refuse(ret_why, weak ? "the modulus is a prime, a power of one, or has a small factor"
                                    : "OpenSSL refuses n and e");
}

EVP_PKEY *key_material_rsa(struct tam_str n, struct tam_str e, struct buf *ret_why) {
    EVP_PKEY *pkey = NULL;
    BIGNUM *modulus = NULL, *exponent = NULL;
    n = without_sign(n);
    e = without_sign(e);
    if (n.len == 0 || n.ptr[0] == '\0' || e.len == 0 || e.ptr[0] == '\0') {
        key_refuse(ret_why, "n or e is empty or begins with zeros");
        return NULL;
    }
    if (n.len > RSA_MAX_BITS / 8 || e.len > RSA_MAX_E_BITS / 8) {
        key_refuse(ret_why, n.len > RSA_MAX_BITS / 8 ? "the modulus has more than 8192 bits"
                                                     : "the exponent has more than 32 bits");
        return NULL;
    }
    modulus = number_read(n);
    exponent = number_read(e);
    if (modulus != NULL && exponent != NULL && rsa_check(modulus, exponent, ret_why)) {
        pkey = rsa_make(modulus, exponent);
    }
    if (pkey != NULL && !rsa_public_check(pkey, ret_why)) {
        EVP_PKEY_free(pkey);
        pkey = NULL;
    }
    if (pkey == NULL) {
        key_refuse(ret_why, "OpenSSL refuses n and e");
    }
    BN_free(modulus);
    BN_free(exponent);
    return pkey;
}

/* ---- EC ---------------------------------------------------------------------------------------------------------- */

static EVP_PKEY *ec_make(const struct key_curve *curve, const unsigned char *point, size_t point_len) {
    EVP_PKEY *pkey = NULL;
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    if (build != NULL && OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, curve->openssl, 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, point_len) == 1) {
        pkey = pkey_from_params("EC", build);
    }
    OSSL_PARAM_BLD_free(build);
    return pkey;
}

/* RFC 7518 §6.2.1.2: a coordinate has the full length of the field, leading zeros included. */
EVP_PKEY *key_material_ec(const struct key_curve *curve, struct tam_str x, struct tam_str y, struct buf *ret_why) {
    unsigned char point[1 + 2 * COORDINATE_MAX];
    size_t len = curve->coordinate_len;
    if (x.len != len || y.len != len) {
        key_refuse(ret_why, "x or y is not as long as the curve's coordinates are");
        return NULL;
    }
    point[0] = POINT_CONVERSION_UNCOMPRESSED;
    memcpy(point + 1, x.ptr, len);
    memcpy(point + 1 + len, y.ptr, len);
    EVP_PKEY *pkey = ec_make(curve, point, 1 + 2 * len);
    if (pkey != NULL && !public_check(pkey)) {
        EVP_PKEY_free(pkey);
        pkey = NULL;
    }
    if (pkey == NULL) {
        key_refuse(ret_why, "x and y are no point of the curve");
    }
    return pkey;
}

/* ---- OKP --------------------------------------------------------------------------------------------------------- */

EVP_PKEY *key_material_okp(const struct key_curve *curve, struct tam_str x, struct buf *ret_why) {
    if (x.len != curve->coordinate_len) {
        key_refuse(ret_why, "x is not as long as a public key of that curve is");
        return NULL;
    }
    if (!key_edwards_check(curve, x, ret_why)) {
        return NULL;
    }
    EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key_ex(NULL, curve->openssl, NULL, (const unsigned char *)x.ptr, x.len);
    if (pkey == NULL) {
        key_refuse(ret_why, "OpenSSL refuses x");
    }
    return pkey;
}

/* ---- What OpenSSL read ------------------------------------------------------------------------------------------- */

static bool rsa_pkey_check(EVP_PKEY *pkey, struct buf *ret_why) {
    BIGNUM *n = NULL, *e = NULL;
    bool good = EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_N, &n) == 1 &&
                EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_E, &e) == 1;

    good = good ? rsa_check(n, e, ret_why) && rsa_public_check(pkey, ret_why)
                : key_refuse(ret_why, "its modulus and exponent cannot be had");
    BN_free(n);
    BN_free(e);
    return good;
}

/* Only named curves: with explicit parameters an attacker chooses the generator, and so a private key
 * (CVE-2020-0601). */
static bool ec_pkey_check(EVP_PKEY *pkey, struct buf *ret_why) {
    int explicit_parameters = 1;
    if (EVP_PKEY_get_int_param(pkey, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &explicit_parameters) != 1 ||
        explicit_parameters != 0) {
        return key_refuse(ret_why, "the curve is not given by its name");
    }
    return public_check(pkey) || key_refuse(ret_why, "it is no point of the curve");
}

static bool okp_pkey_check(const struct key_curve *curve, const EVP_PKEY *pkey, struct buf *ret_why) {
    unsigned char x[COORDINATE_MAX];
    size_t len = sizeof x;
    if (EVP_PKEY_get_raw_public_key(pkey, x, &len) != 1) {
        return key_refuse(ret_why, "its public key cannot be had");
    }
    return key_edwards_check(curve, (struct tam_str){ (const char *)x, len }, ret_why);
}

bool key_material_check(EVP_PKEY *pkey, struct buf *ret_why) {
    /* A key restricted to RSASSA-PSS has the type "RSA-PSS" in OpenSSL, and is refused below. */
    if (EVP_PKEY_is_a(pkey, "RSA") == 1) {
        return rsa_pkey_check(pkey, ret_why);
    }
    const struct key_curve *curve = key_curve_of(pkey);
    if (curve == NULL) {
        return key_refuse(ret_why, "it is no RSA, P-256, P-384, P-521, Ed25519 or Ed448 key");
    }
    return curve->type == KEY_EC ? ec_pkey_check(pkey, ret_why) : okp_pkey_check(curve, pkey, ret_why);
}
