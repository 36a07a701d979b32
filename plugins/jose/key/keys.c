/* SPDX-License-Identifier: MIT
 *
 * Reads and searches a set of keys. The reader refuses a set that is too large or has no usable key. It skips unusable
 * keys and records one sentence for each. No two keys of a set share a kid and an algorithm.
 */
#include <config.h>

#include <plugins/jose/key/keys.h>

#include <src/base/assert.h>
#include <src/base/attr.h>
#include <src/base/arena.h>
#include <src/base/buf.h>
#include <src/base/quote.h>
#include <src/base/str.h>
#include <stdatomic.h>

#define TREE_LIMIT (16 * 1024 * 1024) /* memory for the JSON tree of the longest body */
#define WHY_LIMIT  1024               /* one sentence */

/* Limits the time to check the RSA keys of one set, which grows with the cube of their length: 32 keys of 4096 bits,
 * about a third of a second. Without the limit a hostile key server could keep the refresher busy. */
#define RSA_COST_MAX   (32 * RSA_COST(4096))
#define RSA_COST(bits) ((size_t)(bits) / 256 * ((bits) / 256) * ((bits) / 256))

/* A key that was skipped. Its kid is kept, because a token that names it must not cause a forced refresh. */
struct skipped {
    char *sentence, *kid; /* owned; kid NULL: the key had none */
    size_t sentence_len, kid_len;
    uint32_t claims; /* key_jwk_claims() of the key */
};

struct keys {
    atomic_uint references;
    bool any_kid; /* the set is one configured key without a kid, which matches every kid */
    size_t count, skipped_count;
    struct key *keys[KEYS_MAX];
    size_t numbers[KEYS_MAX]; /* the index of each key in the body */
    struct skipped skipped[KEYS_MAX];
    struct discovery origin; /* copies */
};

/* ---- Life -------------------------------------------------------------------------------------------------------- */

static struct keys *keys_new(void) {
    struct keys *keys = mem_alloc(sizeof *keys);
    if (keys != NULL) {
        atomic_init(&keys->references, 1);
    }
    return keys;
}

struct keys *keys_ref(struct keys *keys) {
    unsigned before = atomic_fetch_add_explicit(&keys->references, 1, memory_order_relaxed);
    TAM_ASSERT(before > 0);
    (void)before;
    return keys;
}

static void origin_free(struct discovery *origin) {
    mem_free_copy(origin->issuer);
    mem_free_copy(origin->jwks_uri);
    mem_free_copy(origin->authorization_endpoint);
    mem_free_copy(origin->cloud_instance_name);
    *origin = (struct discovery){ .issuer = STR_NONE };
}

void keys_unref(struct keys *keys) {
    if (keys == NULL || atomic_fetch_sub_explicit(&keys->references, 1, memory_order_acq_rel) != 1) {
        return;
    }
    for (size_t i = 0; i < keys->count; i++) {
        key_free(keys->keys[i]);
    }
    for (size_t i = 0; i < keys->skipped_count; i++) {
        mem_free(keys->skipped[i].sentence);
        mem_free(keys->skipped[i].kid);
    }
    origin_free(&keys->origin);
    mem_free(keys);
}

struct keys *keys_from_key(struct key *key) {
    TAM_ASSERT(key != NULL);
    struct keys *keys = keys_new();
    if (keys == NULL) {
        key_free(key);
        return NULL;
    }
    keys->keys[keys->count++] = key;
    keys->any_kid = !key_has_kid(key);
    return keys;
}

bool keys_set_origin(struct keys *keys, const struct discovery *origin) {
    struct discovery copy = { .issuer = STR_NONE };
    if (!mem_copy(origin->issuer, &copy.issuer) || !mem_copy(origin->jwks_uri, &copy.jwks_uri) ||
        !mem_copy(origin->authorization_endpoint, &copy.authorization_endpoint) ||
        !mem_copy(origin->cloud_instance_name, &copy.cloud_instance_name)) {
        origin_free(&copy);
        return false;
    }
    origin_free(&keys->origin);
    keys->origin = copy;
    return true;
}

const struct discovery *keys_origin(const struct keys *keys) {
    return &keys->origin;
}

/* ---- Reading ----------------------------------------------------------------------------------------------------- */

/* Adds a skipped key: the sentence `key 2 (kid "abc"): why`, and the kid. False: no memory. */
static bool keys_skip(struct keys *keys, size_t number, const struct tam_str *kid, struct tam_str why) {
    struct skipped *skipped = &keys->skipped[keys->skipped_count];
    struct buf sentence;
    TAM_ASSERT(keys->skipped_count < KEYS_MAX);
    buf_init(&sentence, WHY_LIMIT * 2);
    buf_format(&sentence, "key %zu (", number + 1);
    if (kid != NULL) {
        buf_add_text(&sentence, "kid \"");
        quote_add(&sentence, *kid);
        buf_add_text(&sentence, "\"): ");
        skipped->kid = mem_text(*kid);
        skipped->kid_len = kid->len;
    } else {
        buf_add_text(&sentence, "no kid): ");
    }
    buf_add(&sentence, why);
    skipped->sentence = mem_text(buf_str(&sentence));
    skipped->sentence_len = buf_str(&sentence).len;
    buf_free(&sentence);
    keys->skipped_count++;
    return skipped->sentence != NULL && (kid == NULL || skipped->kid != NULL);
}

/* The cost of checking an element, from the length of its encoded modulus. 0 for a modulus over 8192 bits:
 * key_from_jwk() refuses that one before any arithmetic. */
static size_t rsa_cost(const struct json *jwk) {
    const struct json *n = json_member(jwk, STR("n"));
    size_t bits = json_is(n, JSON_TYPE_STRING) ? n->text.len * 6 : 0;
    return bits < 8192 + 256 ? RSA_COST(bits) : 0;
}

/* Reads one element of "keys": adds a key, or a skipped key with its sentence. *cost is the sum over the elements
 * before, and grows by this one. False: no memory. */
static bool element_read(struct keys *keys, size_t number, const struct json *jwk, enum key_source source,
                         size_t *cost) {
    const struct json *kid = json_member(jwk, STR("kid"));
    struct buf why;
    bool good = true;
    buf_init(&why, WHY_LIMIT);
    struct key *key = NULL;
    size_t own_cost = rsa_cost(jwk);
    if (own_cost <= RSA_COST_MAX - *cost) {
        *cost += own_cost;
        key = key_from_jwk(jwk, source, &why);
    } else {
        buf_add_text(&why, "it is not checked, as the key set has too many large RSA keys");
    }
    if (key != NULL) {
        keys->numbers[keys->count] = number;
        keys->keys[keys->count++] = key;
    } else {
        /* A longer kid is not kept: no token can name it. */
        bool named = json_is(kid, JSON_TYPE_STRING) && kid->text.len <= KEY_MAX_KID;
        good = keys_skip(keys, number, named ? &kid->text : NULL, buf_str(&why));
        keys->skipped[keys->skipped_count - 1].claims = key_jwk_claims(jwk);
    }
    buf_free(&why);
    return good;
}

/* Moves every key of `doomed` (a mask of indices) to the skipped ones, with that sentence. False: no memory. */
static bool keys_drop(struct keys *keys, uint64_t doomed, struct tam_str why) {
    size_t kept = 0;
    bool good = true;
    for (size_t i = 0; i < keys->count; i++) {
        struct key *key = keys->keys[i];
        if ((doomed >> i & 1) == 0) {
            keys->numbers[kept] = keys->numbers[i];
            keys->keys[kept++] = key;
            continue;
        }
        struct tam_str kid = key_kid(key);
        good = keys_skip(keys, keys->numbers[i], key_has_kid(key) ? &kid : NULL, why) && good;
        key_free(key);
    }
    keys->count = kept;
    return good;
}

static bool keys_collide(const struct key *a, const struct key *b) {
    return key_has_kid(a) && key_has_kid(b) && str_equal(key_kid(a), key_kid(b)) &&
           (key_algorithms(a) & key_algorithms(b)) != 0;
}

/* A skipped key makes a usable key of the same kid and algorithm unusable too: the issuer may have meant either. */
static bool keys_collide_with_skipped(const struct keys *keys, const struct key *key) {
    for (size_t i = 0; i < keys->skipped_count; i++) {
        const struct skipped *skipped = &keys->skipped[i];
        if (key_has_kid(key) && skipped->kid != NULL && (skipped->claims & key_algorithms(key)) != 0 &&
            str_equal((struct tam_str){ skipped->kid, skipped->kid_len }, key_kid(key))) {
            return true;
        }
    }
    return false;
}

/* The mask of keys that share a kid and an algorithm with another key, usable or skipped. */
static uint64_t keys_colliding(const struct keys *keys) {
    uint64_t doomed = 0;
    for (size_t i = 0; i < keys->count; i++) {
        if (keys_collide_with_skipped(keys, keys->keys[i])) {
            doomed |= UINT64_C(1) << i;
        }
    }
    for (size_t i = 0; i < keys->count; i++) {
        for (size_t j = i + 1; j < keys->count; j++) {
            if (keys_collide(keys->keys[i], keys->keys[j])) {
                doomed |= UINT64_C(1) << i | UINT64_C(1) << j;
            }
        }
    }
    return doomed;
}

/* The mask of shared secrets, empty if the set holds nothing else. With secrets beside public keys the token's alg
 * would choose between them (RFC 8725 §2.1). */
static uint64_t keys_secrets_among_public(const struct keys *keys) {
    uint64_t secrets = 0;
    size_t count = 0;
    for (size_t i = 0; i < keys->count; i++) {
        if (key_type(keys->keys[i]) == KEY_OCT) {
            secrets |= UINT64_C(1) << i;
            count++;
        }
    }
    return count == keys->count ? 0 : secrets;
}

static bool elements_read(struct keys *keys, const struct json *array, enum key_source source) {
    size_t number = 0, cost = 0;
    for (const struct json *jwk = array->first; jwk != NULL; jwk = jwk->next) {
        if (!element_read(keys, number++, jwk, source, &cost)) {
            return false;
        }
    }
    return keys_drop(keys, keys_secrets_among_public(keys), STR("a shared secret beside public keys")) &&
           keys_drop(keys, keys_colliding(keys), STR("another key has the same kid and fits the same alg"));
}

static const struct json *array_find(struct tam_str body, const struct pool *pool, struct buf *ret_why) {
    const char *fault = NULL;
    if (body.len > KEYS_MAX_BODY) {
        buf_add_text(ret_why, "the key set is longer than 256 KiB");
        return NULL;
    }
    const struct json *set = json_read(body, pool, &fault);
    if (set == NULL) {
        buf_format(ret_why, "the key set is not strict JSON: %s", fault);
        return NULL;
    }
    const struct json *array = json_member(set, STR("keys"));
    if (!json_is(array, JSON_TYPE_ARRAY)) {
        buf_add_text(ret_why, "not a key set: an object with an array \"keys\" was expected (RFC 7517 section 5)");
        return NULL;
    }
    if (array->count > KEYS_MAX) {
        buf_format(ret_why, "the key set has %u keys, more than %d", (unsigned)array->count, KEYS_MAX);
        return NULL;
    }
    return array;
}

static void say_unusable(const struct keys *keys, struct buf *ret_why) {
    buf_add_text(ret_why, "the key set has no usable key");
    if (keys->skipped_count > 0) {
        buf_add_text(ret_why, "; ");
        buf_add(ret_why, keys_skipped(keys, 0));
    }
    if (keys->skipped_count > 1) {
        buf_format(ret_why, " (and %zu more)", keys->skipped_count - 1);
    }
}

static struct keys *keys_read(const struct json *array, enum key_source source, struct buf *ret_why) {
    struct keys *keys = keys_new();
    if (keys == NULL || !elements_read(keys, array, source)) {
        buf_add_text(ret_why, "no memory");
    } else if (keys->count == 0) {
        say_unusable(keys, ret_why);
    } else {
        return keys;
    }
    keys_unref(keys);
    return NULL;
}

struct keys *keys_from_jwks(struct tam_str body, enum key_source source, struct buf *ret_why) {
    struct arena arena;
    arena_init(&arena, NULL, 0, TREE_LIMIT);
    const struct pool pool = arena_pool(&arena);
    const struct json *array = array_find(body, &pool, ret_why);
    struct keys *keys = array != NULL ? keys_read(array, source, ret_why) : NULL;
    arena_free(&arena);
    return keys;
}

/* ---- Asking ------------------------------------------------------------------------------------------------------ */

size_t keys_count(const struct keys *keys) {
    return keys->count;
}

const struct key *keys_at(const struct keys *keys, size_t i) {
    TAM_ASSERT(i < keys->count);
    return keys->keys[i];
}

bool keys_fit(const struct keys *keys, uint32_t algorithms) {
    for (size_t i = 0; i < keys->count; i++) {
        if ((key_algorithms(keys->keys[i]) & algorithms) != 0) {
            return true;
        }
    }
    return false;
}

size_t keys_skipped_count(const struct keys *keys) {
    return keys->skipped_count;
}

struct tam_str keys_skipped(const struct keys *keys, size_t i) {
    TAM_ASSERT(i < keys->skipped_count);
    return (struct tam_str){ keys->skipped[i].sentence, keys->skipped[i].sentence_len };
}

/* RFC 7515 §4.1.4 leaves open how a token without a kid finds its key. Strict: only in a set of exactly one key. */
static const struct key *find_only(const struct keys *keys, const struct algorithm *algorithm,
                                   struct tam_str *ret_detail) {
    if (keys->count != 1) {
        *ret_detail = STR("the token names no kid, and the key set has several keys");
        return NULL;
    }
    if ((key_algorithms(keys->keys[0]) & algorithm->bit) == 0) {
        *ret_detail = STR("the token names no kid, and the only key is not for this algorithm");
        return NULL;
    }
    return keys->keys[0];
}

HOT const struct key *keys_find(const struct keys *keys, bool has_kid, struct tam_str kid,
                                const struct algorithm *algorithm, struct tam_str *ret_detail) {
    const struct key *found = NULL;
    bool known = false;
    if (!has_kid) {
        return find_only(keys, algorithm, ret_detail);
    }
    /* The loop does not stop at a match, so the time does not tell at which index the key is. */
    for (size_t i = 0; i < keys->count; i++) {
        const struct key *key = keys->keys[i];
        bool named = keys->any_kid || (key_has_kid(key) && str_equal(key_kid(key), kid));
        known = known || named;
        if (named && (key_algorithms(key) & algorithm->bit) != 0) {
            found = key;
        }
    }
    if (found == NULL) {
        *ret_detail = known                     ? STR("the key of that kid is not for this algorithm")
                      : keys_has_kid(keys, kid) ? STR("the key of that kid is in the set but not usable")
                                                : STR("no key of that kid in the set");
    }
    return found;
}

bool keys_has_kid(const struct keys *keys, struct tam_str kid) {
    bool known = keys->any_kid;
    for (size_t i = 0; i < keys->count; i++) {
        known = known || (key_has_kid(keys->keys[i]) && str_equal(key_kid(keys->keys[i]), kid));
    }
    for (size_t i = 0; i < keys->skipped_count; i++) {
        const struct skipped *skipped = &keys->skipped[i];
        known = known || (skipped->kid != NULL && str_equal((struct tam_str){ skipped->kid, skipped->kid_len }, kid));
    }
    return known;
}

static bool keys_have(const struct keys *keys, const struct key *key) {
    for (size_t i = 0; i < keys->count; i++) {
        if (key_equal(keys->keys[i], key)) {
            return true;
        }
    }
    return false;
}

bool keys_all_kept(const struct keys *old, const struct keys *now) {
    for (size_t i = 0; i < old->count; i++) {
        if (!keys_have(now, old->keys[i])) {
            return false;
        }
    }
    return true;
}
