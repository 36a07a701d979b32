/* SPDX-License-Identifier: MIT
 *
 * Reads one JSON Web Key (RFC 7517 §4). The reader refuses a JWK whose members contradict each other, that has private
 * members, or whose `use` or `key_ops` exclude verification.
 */
#include <config.h>

#include <openssl/err.h>
#include <openssl/x509.h>

#include <plugins/jose/key/key_internal.h>

#include <src/base/arena.h>
#include <src/base/array.h>
#include <src/base/base64.h>
#include <src/base/quote.h>

#define DECODED_LIMIT (512 * 1024) /* for decoded members; a whole key set has at most 256 KiB */

/* One JWK being read. */
struct reading {
    const struct json *jwk;
    enum key_source source;
    struct pool pool;
    struct buf *why;
};

/* ---- Members ----------------------------------------------------------------------------------------------------- */

static const struct json *member(const struct reading *reading, const char *name) {
    return json_member(reading->jwk, str_of(name));
}

static bool refuse_value(const struct reading *reading, const char *sentence, struct tam_str value) {
    if (reading->why->len == 0) {
        buf_add_text(reading->why, sentence);
        buf_add_text(reading->why, " \"");
        quote_add(reading->why, value);
        buf_add_text(reading->why, "\"");
    }
    return false;
}

/* An optional string member; absent: *ret_there is false and *ret_text empty. */
static bool text_member(const struct reading *reading, const char *name, bool *ret_there, struct tam_str *ret_text) {
    const struct json *value = member(reading, name);
    if (value != NULL && !json_is(value, JSON_TYPE_STRING)) {
        if (reading->why->len == 0) {
            buf_format(reading->why, "%s is not a string", name);
        }
        return false;
    }
    *ret_there = value != NULL;
    *ret_text = value != NULL ? value->text : STR_NONE;
    return true;
}

/* A required member in base64url, decoded. */
static bool bytes_member(const struct reading *reading, const char *name, struct tam_str *ret_bytes) {
    const struct json *value = member(reading, name);
    size_t len = 0;
    if (!json_is(value, JSON_TYPE_STRING)) {
        if (reading->why->len == 0) {
            buf_format(reading->why, "%s is missing or not a string", name);
        }
        return false;
    }
    unsigned char *bytes = pool_alloc(&reading->pool, BASE64_DECODED_MAX(value->text.len));
    if (bytes == NULL || !base64url_decode(value->text, bytes, &len)) {
        if (reading->why->len == 0) {
            buf_format(reading->why, "%s is not canonical base64url", name);
        }
        return false;
    }
    *ret_bytes = (struct tam_str){ (const char *)bytes, len };
    return true;
}

/* ---- kty and the numbers ----------------------------------------------------------------------------------------- */

/* RFC 7518 §6.2.2, §6.3.2 and §6.4.1: the private members. The owner of a published private key is not its only
 * user. */
static bool private_check(const struct reading *reading, enum key_type type) {
    static const char *const names[] = { "d", "p", "q", "dp", "dq", "qi", "oth" };

    for (size_t i = 0; i < COUNT(names); i++) {
        if (member(reading, names[i]) != NULL) {
            return key_refuse(reading->why, "it carries members of a private key");
        }
    }
    if (type != KEY_OCT && member(reading, "k") != NULL) {
        return key_refuse(reading->why, "it carries a shared secret");
    }
    return true;
}

static struct key *key_over(EVP_PKEY *pkey, const struct reading *reading) {
    return pkey != NULL ? key_of_pkey(pkey, reading->why) : NULL;
}

static struct key *read_rsa(const struct reading *reading) {
    struct tam_str n, e;
    if (!bytes_member(reading, "n", &n) || !bytes_member(reading, "e", &e)) {
        return NULL;
    }
    return key_over(key_material_rsa(n, e, reading->why), reading);
}

/* The row of `crv`; NULL: the member is missing, or names no signature curve of this kty. */
static const struct key_curve *read_curve(const struct reading *reading, enum key_type type) {
    const struct json *crv = member(reading, "crv");
    if (!json_is(crv, JSON_TYPE_STRING)) {
        key_refuse(reading->why, "crv is missing or not a string");
        return NULL;
    }
    const struct key_curve *curve = key_curve_find(type, crv->text);
    if (curve == NULL) {
        refuse_value(reading, "no curve to verify signatures with is called", crv->text);
    }
    return curve;
}

static struct key *read_ec(const struct reading *reading) {
    struct tam_str x, y;
    const struct key_curve *curve = read_curve(reading, KEY_EC);
    if (curve == NULL || !bytes_member(reading, "x", &x) || !bytes_member(reading, "y", &y)) {
        return NULL;
    }
    return key_over(key_material_ec(curve, x, y, reading->why), reading);
}

static struct key *read_okp(const struct reading *reading) {
    struct tam_str x;
    const struct key_curve *curve = read_curve(reading, KEY_OKP);
    if (curve == NULL || !bytes_member(reading, "x", &x)) {
        return NULL;
    }
    return key_over(key_material_okp(curve, x, reading->why), reading);
}

static struct key *read_oct(const struct reading *reading) {
    struct tam_str secret;
    /* A key server publishes to everybody, so an `oct` key from a URL is no secret. */
    if (reading->source != KEY_FROM_FILE) {
        key_refuse(reading->why, "a shared secret (oct) from a URL is nobody's secret");
        return NULL;
    }
    return bytes_member(reading, "k", &secret) ? key_of_secret(secret, reading->why) : NULL;
}

static const struct kty_row {
    struct tam_str name;
    enum key_type type;
    struct key *(*read)(const struct reading *);
} kty_rows[] = {
    { STR_INIT("RSA"), KEY_RSA, read_rsa },
    { STR_INIT("EC"), KEY_EC, read_ec },
    { STR_INIT("OKP"), KEY_OKP, read_okp },
    { STR_INIT("oct"), KEY_OCT, read_oct },
};

static const struct kty_row *read_kty(const struct reading *reading) {
    const struct json *kty = member(reading, "kty");
    if (!json_is(kty, JSON_TYPE_STRING)) {
        key_refuse(reading->why, "kty is missing or not a string");
        return NULL;
    }
    for (size_t i = 0; i < COUNT(kty_rows); i++) {
        if (str_equal(kty_rows[i].name, kty->text)) {
            return &kty_rows[i];
        }
    }
    refuse_value(reading, "no kty that this verifier knows is called", kty->text);
    return NULL;
}

/* ---- What the key is for ----------------------------------------------------------------------------------------- */

/* RFC 7517 §4.2 */
static bool use_check(const struct reading *reading) {
    bool there;
    struct tam_str use;
    if (!text_member(reading, "use", &there, &use)) {
        return false;
    }
    return !there || str_equal(use, STR("sig")) || refuse_value(reading, "it is not for signatures: use is", use);
}

static bool is_signing(struct tam_str operation) {
    return str_equal(operation, STR("verify")) || str_equal(operation, STR("sign"));
}

/* RFC 7517 §4.3: key_ops, if present, has "verify", and no operation in it contradicts `use`. */
static bool key_ops_check(const struct reading *reading) {
    const struct json *operations = member(reading, "key_ops");
    bool verify = false;
    if (operations == NULL) {
        return true;
    }
    if (!json_is(operations, JSON_TYPE_ARRAY)) {
        return key_refuse(reading->why, "key_ops is not an array");
    }
    for (const struct json *one = operations->first; one != NULL; one = one->next) {
        if (!json_is(one, JSON_TYPE_STRING)) {
            return key_refuse(reading->why, "key_ops holds something else than strings");
        }
        if (str_equal(one->text, STR("verify"))) {
            if (verify) {
                return key_refuse(reading->why, "key_ops holds verify twice");
            }
            verify = true;
        }
        if (!is_signing(one->text) && member(reading, "use") != NULL) {
            return refuse_value(reading, "use contradicts key_ops, which holds", one->text);
        }
    }
    return verify || key_refuse(reading->why, "key_ops does not hold verify");
}

/* RFC 7517 §4.4, taken as a restriction: with `alg` the key is for that algorithm alone. */
static bool alg_take(const struct reading *reading, struct key *key) {
    bool there;
    struct tam_str alg;
    if (!text_member(reading, "alg", &there, &alg)) {
        return false;
    }
    if (!there) {
        return true;
    }
    const struct algorithm *row = algorithm_find(alg);
    if (row == NULL) {
        return refuse_value(reading, "no signature algorithm is called", alg);
    }
    if ((key->algorithms & row->bit) == 0) {
        return refuse_value(reading, "kty, crv or length of the key do not fit its alg", alg);
    }
    key->algorithms = row->bit;
    return true;
}

/* ---- x5c --------------------------------------------------------------------------------------------------------- */

static X509 *certificate_read(const struct reading *reading, struct tam_str text) {
    size_t len = 0;
    unsigned char *bytes = pool_alloc(&reading->pool, BASE64_DECODED_MAX(text.len));
    if (bytes == NULL || !base64_decode(text, bytes, &len)) {
        return NULL;
    }
    const unsigned char *end = bytes;
    X509 *certificate = d2i_X509(NULL, &end, (long)len);
    if (certificate != NULL && end != bytes + len) {
        X509_free(certificate);
        certificate = NULL;
    }
    return certificate;
}

static bool is_strings(const struct json *array) {
    bool strings = json_is(array, JSON_TYPE_ARRAY);
    for (const struct json *one = strings ? array->first : NULL; one != NULL && strings; one = one->next) {
        strings = json_is(one, JSON_TYPE_STRING);
    }
    return strings;
}

/* RFC 7517 §4.7: the first certificate of x5c must hold this key. The chain is not verified: trust comes from the key
 * set, which was fetched over TLS. */
static bool x5c_check(const struct reading *reading, const struct key *key) {
    const struct json *chain = member(reading, "x5c");
    if (chain == NULL) {
        return true;
    }
    if (key->pkey == NULL || !is_strings(chain) || chain->first == NULL) {
        return key_refuse(reading->why, "x5c is not an array of certificates");
    }
    X509 *certificate = certificate_read(reading, chain->first->text);
    if (certificate == NULL) {
        return key_refuse(reading->why, "x5c does not begin with a certificate");
    }
    const EVP_PKEY *certified = X509_get0_pubkey(certificate);
    bool same = certified != NULL && EVP_PKEY_eq(certified, key->pkey) == 1;
    X509_free(certificate);
    return same || key_refuse(reading->why, "x5c does not match: its first certificate carries another key");
}

/* ---- Names ------------------------------------------------------------------------------------------------------- */

static bool name_take(const struct reading *reading, const char *name, bool *ret_there, struct tam_str *ret_copy) {
    struct tam_str text;
    if (!text_member(reading, name, ret_there, &text)) {
        return false;
    }
    if (!*ret_there) {
        return true;
    }
    return mem_copy(text, ret_copy) || key_refuse(reading->why, "no memory");
}

static bool names_take(const struct reading *reading, struct key *key) {
    bool there;
    const struct json *kid = member(reading, "kid");
    if (json_is(kid, JSON_TYPE_STRING) && kid->text.len > KEY_MAX_KID) {
        return key_refuse(reading->why, "kid is longer than 256 bytes");
    }
    return name_take(reading, "kid", &key->has_kid, &key->kid) && name_take(reading, "issuer", &there, &key->issuer) &&
           name_take(reading, "cloud_instance_name", &there, &key->cloud);
}

/* ---- The whole --------------------------------------------------------------------------------------------------- */

static bool is_text(const struct json *value, struct tam_str text) {
    return json_is(value, JSON_TYPE_STRING) && str_equal(value->text, text);
}

static bool claims_to_verify(const struct json *jwk) {
    const struct json *use = json_member(jwk, STR("use")), *operations = json_member(jwk, STR("key_ops"));
    if (use != NULL && !is_text(use, STR("sig"))) {
        return false;
    }
    if (!json_is(operations, JSON_TYPE_ARRAY)) {
        return true;
    }
    for (const struct json *one = operations->first; one != NULL; one = one->next) {
        if (is_text(one, STR("verify"))) {
            return true;
        }
    }
    return false;
}

static bool claims_algorithm(const struct json *jwk, const struct algorithm *row) {
    const struct json *kty = json_member(jwk, STR("kty")), *crv = json_member(jwk, STR("crv"));
    const struct json *alg = json_member(jwk, STR("alg"));
    if (row->curve != NULL && !is_text(crv, str_of(row->curve))) {
        return false;
    }
    if (alg != NULL && !is_text(alg, row->name)) {
        return false;
    }
    for (size_t i = 0; i < COUNT(kty_rows); i++) {
        if (kty_rows[i].type == row->type) {
            return is_text(kty, kty_rows[i].name);
        }
    }
    return false;
}

uint32_t key_jwk_claims(const struct json *jwk) {
    uint32_t mask = 0;
    for (enum algorithm_index i = 0; i < ALGORITHM_COUNT && claims_to_verify(jwk); i++) {
        if (claims_algorithm(jwk, algorithm_at(i))) {
            mask |= algorithm_at(i)->bit;
        }
    }
    return mask;
}

static struct key *read_jwk(const struct reading *reading) {
    if (!json_is(reading->jwk, JSON_TYPE_OBJECT)) {
        key_refuse(reading->why, "it is not a JSON object");
        return NULL;
    }
    const struct kty_row *row = read_kty(reading);
    if (row == NULL || !private_check(reading, row->type) || !use_check(reading) || !key_ops_check(reading)) {
        return NULL;
    }
    struct key *key = row->read(reading);
    if (key == NULL) {
        return NULL;
    }
    if (!alg_take(reading, key) || !x5c_check(reading, key) || !names_take(reading, key) ||
        !key_prepare(key, reading->why)) {
        key_free(key);
        return NULL;
    }
    return key;
}

struct key *key_from_jwk(const struct json *jwk, enum key_source source, struct buf *ret_why) {
    struct arena arena;
    arena_init(&arena, NULL, 0, DECODED_LIMIT);
    const struct reading reading = { jwk, source, arena_pool(&arena), ret_why };
    ERR_set_mark();
    struct key *key = read_jwk(&reading);
    ERR_pop_to_mark();
    arena_free(&arena);
    return key;
}
