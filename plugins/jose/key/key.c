/* SPDX-License-Identifier: MIT
 *
 * Creates, compares and frees keys, and returns their public attributes. No function returns key material.
 */
#include <config.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <plugins/jose/key/key_internal.h>

bool key_refuse(struct buf *ret_why, const char *sentence) {
    if (ret_why->len == 0) {
        buf_add_text(ret_why, sentence);
    }
    return false;
}

/* The shared secret of HS* must be at least as long as the digest (RFC 7518 §3.2). */
static uint32_t algorithms_of(enum key_type type, const char *curve, size_t secret_len) {
    uint32_t mask = 0;
    for (enum algorithm_index i = 0; i < ALGORITHM_COUNT; i++) {
        const struct algorithm *row = algorithm_at(i);
        if (row->type != type || (type == KEY_OCT && secret_len < row->digest_len)) {
            continue;
        }
        if (row->curve == NULL || (curve != NULL && strcmp(row->curve, curve) == 0)) {
            mask |= row->bit;
        }
    }
    return mask;
}

static bool order_take(struct key *key) {
    return key->type != KEY_EC || EVP_PKEY_get_bn_param(key->pkey, OSSL_PKEY_PARAM_EC_ORDER, &key->order) == 1;
}

struct key *key_of_pkey(EVP_PKEY *pkey, struct buf *ret_why) {
    struct key *key = mem_alloc(sizeof *key);
    if (key == NULL) {
        EVP_PKEY_free(pkey);
        key_refuse(ret_why, "no memory");
        return NULL;
    }
    const struct key_curve *curve = key_curve_of(pkey);
    key->pkey = pkey;
    key->type = curve != NULL ? curve->type : KEY_RSA;
    key->curve = curve != NULL ? curve->crv.ptr : NULL;
    key->algorithms = algorithms_of(key->type, key->curve, 0);
    if (!order_take(key)) {
        key_refuse(ret_why, "the order of the curve cannot be had");
        key_free(key);
        return NULL;
    }
    return key;
}

static struct key *key_with_secret(struct tam_str secret, uint32_t algorithms) {
    struct key *key = mem_alloc(sizeof *key);
    if (key == NULL) {
        return NULL;
    }
    key->type = KEY_OCT;
    key->algorithms = algorithms;
    key->secret = mem_text(secret);
    key->secret_len = secret.len;
    if (key->secret == NULL) {
        key_free(key);
        return NULL;
    }
    return key;
}

struct key *key_of_secret(struct tam_str secret, struct buf *ret_why) {
    if (!key_secret_check(secret, ret_why)) {
        return NULL;
    }
    struct key *key = key_with_secret(secret, algorithms_of(KEY_OCT, NULL, secret.len));
    if (key == NULL) {
        key_refuse(ret_why, "no memory");
    }
    return key;
}

struct key *key_from_secret(struct tam_str secret, struct buf *ret_why) {
    ERR_set_mark();
    struct key *key = key_of_secret(secret, ret_why);
    if (key != NULL && (!key_strength_check(key, ret_why) || !key_prepare(key, ret_why))) {
        key_free(key);
        key = NULL;
    }
    ERR_pop_to_mark();
    return key;
}

void key_free(struct key *key) {
    if (key == NULL) {
        return;
    }
    key_contexts_free(key);
    EVP_PKEY_free(key->pkey);
    BN_free(key->order);
    mem_free_wiped(key->secret, key->secret_len);
    mem_free_copy(key->kid);
    mem_free_copy(key->issuer);
    mem_free_copy(key->cloud);
    mem_free(key);
}

struct tam_str key_kid(const struct key *key) {
    return key->kid;
}

bool key_has_kid(const struct key *key) {
    return key->has_kid;
}

uint32_t key_algorithms(const struct key *key) {
    return key->algorithms;
}

enum key_type key_type(const struct key *key) {
    return key->type;
}

struct tam_str key_issuer(const struct key *key) {
    return key->issuer;
}

struct tam_str key_cloud_instance_name(const struct key *key) {
    return key->cloud;
}

static bool material_equal(const struct key *a, const struct key *b) {
    if (a->type == KEY_OCT) {
        return a->secret_len == b->secret_len && CRYPTO_memcmp(a->secret, b->secret, a->secret_len) == 0;
    }

    ERR_set_mark();
    int equal = EVP_PKEY_eq(a->pkey, b->pkey);
    ERR_pop_to_mark();
    return equal == 1;
}

bool key_equal(const struct key *a, const struct key *b) {
    return a->type == b->type && a->has_kid == b->has_kid && a->algorithms == b->algorithms &&
           str_equal(key_kid(a), key_kid(b)) && str_equal(key_issuer(a), key_issuer(b)) &&
           str_equal(key_cloud_instance_name(a), key_cloud_instance_name(b)) && material_equal(a, b);
}
