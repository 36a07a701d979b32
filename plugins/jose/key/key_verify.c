/* SPDX-License-Identifier: MIT
 *
 * Verifies signatures; nothing else in tam does. Contexts are prepared when a key is read. OpenSSL contexts are not
 * safe to share between threads, so each verification works on a duplicate; afterwards the duplicate is kept in the
 * thread's slot for the next verification. In doubt the answer is KEY_BAD, except that a lack of memory is
 * KEY_UNDECIDED. OpenSSL's error queue is left unchanged.
 */
#include <config.h>

#include <errno.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/rsa.h>
#include <plugins/jose/key/key_internal.h>
#include <src/base/assert.h>
#include <src/base/attr.h>
#include <src/base/thread.h>

#define DIGEST_MAX 64
#define ES_DER_MAX 160 /* a SEQUENCE of two INTEGERs of at most 67 bytes each */

/* ---- Preparing --------------------------------------------------------------------------------------------------- */

/* RFC 7518 §3.3 and §3.5: PSS with MGF1 over the same digest and a salt exactly as long as the digest. */
static bool prepare_padding(EVP_PKEY_CTX *verify, const struct algorithm *row, const EVP_MD *digest) {
    if (row->pss == 0) {
        return EVP_PKEY_CTX_set_rsa_padding(verify, RSA_PKCS1_PADDING) == 1;
    }
    return EVP_PKEY_CTX_set_rsa_padding(verify, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md(verify, digest) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(verify, RSA_PSS_SALTLEN_DIGEST) == 1;
}

static bool prepare_verify(const struct key *key, const struct algorithm *row, struct key_context *context) {
    context->digest = EVP_MD_fetch(NULL, row->digest, NULL);
    context->verify = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);
    if (context->digest == NULL || context->verify == NULL || EVP_PKEY_verify_init(context->verify) != 1) {
        return false;
    }
    if (key->type == KEY_RSA && !prepare_padding(context->verify, row, context->digest)) {
        return false;
    }
    return EVP_PKEY_CTX_set_signature_md(context->verify, context->digest) == 1;
}

static bool prepare_oneshot(const struct key *key, struct key_context *context) {
    context->oneshot = EVP_MD_CTX_new();
    return context->oneshot != NULL && EVP_DigestVerifyInit(context->oneshot, NULL, NULL, NULL, key->pkey) == 1;
}

static bool prepare_mac(const struct key *key, const struct algorithm *row, struct key_context *context) {
    char digest[16];
    EVP_MAC *mac = EVP_MAC_fetch(NULL, OSSL_MAC_NAME_HMAC, NULL);
    /* OSSL_PARAM_construct_utf8_string() takes no const pointer. */
    memcpy(digest, row->digest, strlen(row->digest) + 1);
    const OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                  OSSL_PARAM_construct_end() };
    context->mac = EVP_MAC_CTX_new(mac);
    EVP_MAC_free(mac);
    return context->mac != NULL &&
           EVP_MAC_init(context->mac, (const unsigned char *)key->secret, key->secret_len, params) == 1;
}

static bool prepare_context(const struct key *key, const struct algorithm *row, struct key_context *context) {
    switch (key->type) {
    case KEY_RSA:
    case KEY_EC:
        return prepare_verify(key, row, context);
    case KEY_OKP:
        return prepare_oneshot(key, context);
    case KEY_OCT:
        return prepare_mac(key, row, context);
    }
    return false;
}

bool key_prepare(struct key *key, struct buf *ret_why) {
    if (key->type == KEY_RSA || key->type == KEY_EC) {
        key->slots = mem_alloc_aligned(_Alignof(struct context_slot), CONTEXT_SLOTS * sizeof *key->slots);
        if (key->slots == NULL) {
            return key_refuse(ret_why, "no memory");
        }
    }
    for (enum algorithm_index i = 0; i < ALGORITHM_COUNT; i++) {
        const struct algorithm *row = algorithm_at(i);
        if ((key->algorithms & row->bit) != 0 && !prepare_context(key, row, &key->contexts[i])) {
            return key_refuse(ret_why, "OpenSSL cannot use it");
        }
    }
    return true;
}

static void verify_contexts_free(struct verify_contexts *contexts) {
    if (contexts == NULL) {
        return;
    }
    EVP_PKEY_CTX_free(contexts->verify);
    EVP_MD_CTX_free(contexts->digest);
    mem_free(contexts);
}

void key_contexts_free(struct key *key) {
    for (size_t i = 0; key->slots != NULL && i < CONTEXT_SLOTS * ALGORITHM_COUNT; i++) {
        verify_contexts_free(atomic_load(&key->slots[i / ALGORITHM_COUNT].contexts[i % ALGORITHM_COUNT]));
    }
    mem_free(key->slots);
    for (size_t i = 0; i < ALGORITHM_COUNT; i++) {
        EVP_PKEY_CTX_free(key->contexts[i].verify);
        EVP_MD_free(key->contexts[i].digest);
        EVP_MD_CTX_free(key->contexts[i].oneshot);
        EVP_MAC_CTX_free(key->contexts[i].mac);
    }
}

/* ---- Verifying --------------------------------------------------------------------------------------------------- */

static struct verify_contexts *verify_contexts_new(const struct key_context *context) {
    struct verify_contexts *contexts = mem_alloc(sizeof *contexts);
    if (contexts == NULL) {
        return NULL;
    }
    contexts->verify = EVP_PKEY_CTX_dup(context->verify);
    contexts->digest = EVP_MD_CTX_new();
    if (contexts->verify == NULL || contexts->digest == NULL ||
        EVP_DigestInit_ex2(contexts->digest, context->digest, NULL) != 1) {
        verify_contexts_free(contexts);
        return NULL;
    }
    return contexts;
}

static enum key_outcome outcome(int status) {
    return status == 1 ? KEY_GOOD : KEY_BAD;
}

/* A failure of the digest is a lack of memory: nothing is known of the signature. */
static enum key_outcome contexts_verify(const struct verify_contexts *contexts, struct tam_str input,
                                        struct tam_str signature) {
    unsigned char digest[DIGEST_MAX];
    unsigned int digest_len = 0;
    if (EVP_DigestInit_ex2(contexts->digest, NULL, NULL) != 1 ||
        EVP_DigestUpdate(contexts->digest, input.ptr, input.len) != 1 ||
        EVP_DigestFinal_ex(contexts->digest, digest, &digest_len) != 1) {
        return KEY_UNDECIDED;
    }
    return outcome(
        EVP_PKEY_verify(contexts->verify, (const unsigned char *)signature.ptr, signature.len, digest, digest_len));
}

/* Takes the contexts out of this thread's slot (NULL is left there), so that no other thread can use them meanwhile.
 * They go back only after a good signature; after a failed one they are freed, because their state is not known. */
static HOT enum key_outcome verify_digest(const struct key *key, enum algorithm_index algorithm, struct tam_str input,
                                          struct tam_str signature) {
    TAM_ASSERT(key->slots != NULL && (key->algorithms & ALGORITHM_BIT(algorithm)) != 0);
    _Atomic(struct verify_contexts *) *place = &key->slots[thread_number() % CONTEXT_SLOTS].contexts[algorithm];
    struct verify_contexts *contexts = atomic_exchange_explicit(place, NULL, memory_order_acquire);

    if (contexts == NULL) {
        contexts = verify_contexts_new(&key->contexts[algorithm]);
    }
    enum key_outcome found = contexts != NULL ? contexts_verify(contexts, input, signature) : KEY_UNDECIDED;
    if (found == KEY_GOOD) {
        contexts = atomic_exchange_explicit(place, contexts, memory_order_acq_rel);
    }
    verify_contexts_free(contexts);
    return found;
}

/* RFC 8017 §8.1.2 and §8.2.2, step 1: a signature is exactly as long as the modulus. Checked before OpenSSL reads
 * it. */
static enum key_outcome verify_rsa(const struct key *key, const struct algorithm *row, struct tam_str input,
                                   struct tam_str signature) {
    if (signature.len != (size_t)EVP_PKEY_get_size(key->pkey)) {
        return KEY_BAD;
    }
    return verify_digest(key, algorithm_index(row), input, signature);
}

/* r and s must be in 1..n-1: a verifier that accepts 0 accepts forgeries (CVE-2022-21449). */
static enum key_outcome coordinates_judge(const BIGNUM *r, const BIGNUM *s, const BIGNUM *order) {
    if (r == NULL || s == NULL) {
        return KEY_UNDECIDED;
    }
    bool good = !BN_is_zero(r) && !BN_is_zero(s) && BN_cmp(r, order) < 0 && BN_cmp(s, order) < 0;
    return good ? KEY_GOOD : KEY_BAD;
}

/* Encodes r and s in DER, as OpenSSL expects, and takes ownership of both. Returns the length; 0: no memory. */
static size_t coordinates_to_der(BIGNUM *r, BIGNUM *s, unsigned char *der) {
    ECDSA_SIG *pair = ECDSA_SIG_new();
    if (pair == NULL || ECDSA_SIG_set0(pair, r, s) != 1) {
        ECDSA_SIG_free(pair);
        BN_free(r);
        BN_free(s);
        return 0;
    }
    int len = i2d_ECDSA_SIG(pair, NULL);
    len = len > 0 && len <= ES_DER_MAX ? i2d_ECDSA_SIG(pair, &der) : 0;
    ECDSA_SIG_free(pair);
    return len > 0 ? (size_t)len : 0;
}

/* RFC 7518 §3.4: r || s, each as long as the order. */
static enum key_outcome verify_ec(const struct key *key, const struct algorithm *row, struct tam_str input,
                                  struct tam_str signature) {
    unsigned char der[ES_DER_MAX];
    const unsigned char *bytes = (const unsigned char *)signature.ptr;
    int half = (int)row->coordinate_len;
    if (signature.len != (size_t)half * 2) {
        return KEY_BAD;
    }
    BIGNUM *r = BN_bin2bn(bytes, half, NULL), *s = BN_bin2bn(bytes + half, half, NULL);
    enum key_outcome found = coordinates_judge(r, s, key->order);
    if (found != KEY_GOOD) {
        BN_free(r);
        BN_free(s);
        return found;
    }
    size_t der_len = coordinates_to_der(r, s, der);
    if (der_len == 0) {
        return KEY_UNDECIDED;
    }
    return verify_digest(key, algorithm_index(row), input, (struct tam_str){ (const char *)der, der_len });
}

static enum key_outcome verify_okp(const struct key_context *context, struct tam_str input, struct tam_str signature) {
    EVP_MD_CTX *oneshot = EVP_MD_CTX_new();
    enum key_outcome found = KEY_UNDECIDED;
    if (oneshot != NULL && EVP_MD_CTX_copy_ex(oneshot, context->oneshot) == 1) {
        found = outcome(EVP_DigestVerify(oneshot, (const unsigned char *)signature.ptr, signature.len,
                                         (const unsigned char *)input.ptr, input.len));
    }
    EVP_MD_CTX_free(oneshot);
    return found;
}

/* RFC 7518 §3.2. The bytes are compared in constant time; the length is public. */
static enum key_outcome verify_oct(const struct key_context *context, const struct algorithm *row, struct tam_str input,
                                   struct tam_str signature) {
    unsigned char tag[DIGEST_MAX];
    size_t tag_len = 0;
    enum key_outcome found = KEY_UNDECIDED;

    EVP_MAC_CTX *mac = EVP_MAC_CTX_dup(context->mac);
    if (mac != NULL && EVP_MAC_update(mac, (const unsigned char *)input.ptr, input.len) == 1 &&
        EVP_MAC_final(mac, tag, &tag_len, sizeof tag) == 1 && tag_len == row->digest_len) {
        found = outcome(signature.len == tag_len && CRYPTO_memcmp(tag, signature.ptr, tag_len) == 0);
    }
    EVP_MAC_CTX_free(mac);
    /* With the right tag an attacker could sign this input, so it must not stay on the stack. */
    mem_wipe(tag, sizeof tag);
    return found;
}

static enum key_outcome verify(const struct key *key, const struct algorithm *row, struct tam_str input,
                               struct tam_str signature) {
    const struct key_context *context = &key->contexts[algorithm_index(row)];
    switch (key->type) {
    case KEY_RSA:
        return verify_rsa(key, row, input, signature);
    case KEY_EC:
        return verify_ec(key, row, input, signature);
    case KEY_OKP:
        return verify_okp(context, input, signature);
    case KEY_OCT:
        return verify_oct(context, row, input, signature);
    }
    return KEY_BAD;
}

/* Whether the last verification failed for lack of memory: malloc() set errno, or the oldest error that OpenSSL queued
 * in this call is ERR_R_MALLOC_FAILURE. If the queue was not empty before, only the newest error is known to be of this
 * call. */
static COLD bool lacked_memory(bool queue_was_empty) {
    unsigned long error = queue_was_empty ? ERR_peek_error() : ERR_peek_last_error();
    return errno == ENOMEM || ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE;
}

/* For these algorithms OpenSSL queues no error in some cases, even when it had no memory for a digest. */
static bool is_silent(const struct key *key, const struct algorithm *algorithm) {
    return key->type == KEY_OKP || algorithm->pss != 0;
}

enum key_outcome key_judge(const struct key *key, const struct algorithm *algorithm, struct tam_str input,
                           struct tam_str signature) {
    /* RFC 8725 §3.1: the key decides which algorithms are allowed; the token's alg only selects among them. */
    if (key == NULL || algorithm == NULL || (key->algorithms & algorithm->bit) == 0) {
        return KEY_BAD;
    }

    int before = errno;
    bool queue_was_empty = ERR_peek_error() == 0;
    errno = 0;
    ERR_set_mark();
    enum key_outcome found = verify(key, algorithm, input, signature);
    if (found == KEY_BAD && is_silent(key, algorithm)) {
        found = verify(key, algorithm, input, signature); /* a bad signature is bad twice, a lack of memory seldom is */
    }
    if (found == KEY_BAD && lacked_memory(queue_was_empty)) {
        found = KEY_UNDECIDED;
    }
    ERR_pop_to_mark();
    errno = before;
    return found;
}
