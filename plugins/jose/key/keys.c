/* SPDX-License-Identifier: MIT
 *
 * A set of keys. It refuses a set that is too large or holds nothing usable, skips the keys that are no good and says
 * which and why, and never lets two keys answer to one name.
 */
#include <config.h>

#include <plugins/jose/key/keys.h>
#include <plugins/jose/jws/token.h>
#include <src/base/attr.h>
#include <src/base/arena.h>
#include <src/base/buf.h>
#include <src/base/quote.h>
#include <src/base/str.h>
#include <stdatomic.h>

#define TREE_LIMIT (16 * 1024 * 1024) /* memory for the JSON tree of the longest body */
#define WHY_LIMIT  1024               /* one sentence */

/* What checking the RSA keys of one set may cost, which grows with the cube of their length: as much as 32 of 4096 bits, a
 * third of a second. */
#define RSA_COST_MAX   (32 * RSA_COST(4096))
#define RSA_COST(bits) ((size_t)(bits) / 256 * ((bits) / 256) * ((bits) / 256))

/* A key that was skipped: its kid is remembered, as a token that names it is no reason to fetch the set again. */
struct skipped {
    char *sentence, *kid; /* owned; kid NULL: it had none */
    size_t sentence_len, kid_len;
    uint32_t claims; /* what it said that it verifies */
};

struct keys {
    atomic_uint references;
    bool any_kid; /* one key that was configured without a kid answers to every kid */
    size_t count, skipped_count;
    struct key *keys[KEYS_MAX];
    size_t numbers[KEYS_MAX]; /* the place of each in the body, from 0 */
    struct skipped skipped[KEYS_MAX];
    struct discovery origin; /* copies */
};

/* ---- Life ----------------------------------------------------------------------------------------------------------- */

static struct keys *keys_new(void) {
    struct keys *keys = mem_alloc(sizeof *keys);
    if (keys != NULL) {
        atomic_init(&keys->references, 1);
    }
    return keys;
}

struct keys *keys_ref(struct keys *keys) {
    atomic_fetch_add_explicit(&keys->references, 1, memory_order_relaxed);
    return keys;
}

static void text_free(struct tam_str text) {
    mem_free((void *)(uintptr_t)text.ptr);
}

static void origin_free(struct discovery *origin) {
    text_free(origin->issuer);
    text_free(origin->jwks_uri);
    text_free(origin->authorization_endpoint);
    text_free(origin->cloud_instance_name);
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
    struct keys *keys = keys_new();
    if (keys == NULL) {
        key_free(key);
        return NULL;
    }
    keys->keys[keys->count++] = key;
    keys->any_kid = !key_has_kid(key);
    return keys;
}

static bool text_copy(struct tam_str text, struct tam_str *ret_copy) {
    if (text.len == 0) {
        *ret_copy = STR_NONE;
        return true;
    }
    char *copy = mem_text(text);
    if (copy == NULL) {
        return false;
    }
    *ret_copy = (struct tam_str){ copy, text.len };
    return true;
}

bool keys_set_origin(struct keys *keys, const struct discovery *origin) {
    struct discovery copy = { .issuer = STR_NONE };
    if (!text_copy(origin->issuer, &copy.issuer) || !text_copy(origin->jwks_uri, &copy.jwks_uri) ||
        !text_copy(origin->authorization_endpoint, &copy.authorization_endpoint) ||
        !text_copy(origin->cloud_instance_name, &copy.cloud_instance_name)) {
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

/* ---- Reading -------------------------------------------------------------------------------------------------------- */

/* Writes `key 2 (kid "abc"): why` and remembers the kid. False: no memory. */
static bool keys_skip(struct keys *keys, size_t number, const struct tam_str *kid, struct tam_str why) {
    struct skipped *skipped = &keys->skipped[keys->skipped_count];
    struct buf sentence;
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

/* Of the element by the length of its modulus; one that is too long is refused before it costs anything. */
static size_t rsa_cost(const struct json *jwk) {
    const struct json *n = json_member(jwk, STR("n"));
    size_t bits = json_is(n, JSON_TYPE_STRING) ? n->text.len * 6 : 0;
    return bits < 8192 + 256 ? RSA_COST(bits) : 0;
}

/* One element of "keys": a key more, or a sentence more. *cost is what those before it took. False: no memory. */
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
        /* A kid that no token can name needs no memory. */
        bool named = json_is(kid, JSON_TYPE_STRING) && kid->text.len <= TOKEN_MAX_KID;
        good = keys_skip(keys, number, named ? &kid->text : NULL, buf_str(&why));
        keys->skipped[keys->skipped_count - 1].claims = key_jwk_claims(jwk);
    }
    buf_free(&why);
    return good;
}

/* Takes every key of `doomed` (a mask of indexes) out of the set. */
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

/* A key that is no good makes another one of its kid no better: which of the two was meant, nobody knows. */
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

/* Which keys share a kid and an algorithm with another one. */
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

/* Shared secrets, unless the set holds nothing else: a verifier of both would let a token choose. */
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

/* ---- Asking --------------------------------------------------------------------------------------------------------- */

size_t keys_count(const struct keys *keys) {
    return keys->count;
}

const struct key *keys_at(const struct keys *keys, size_t i) {
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
    return (struct tam_str){ keys->skipped[i].sentence, keys->skipped[i].sentence_len };
}

/* RFC 7515 §4.1.4 leaves a token without kid to the reader; jose's rule is the strict one. */
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
    /* No early way out: the last key costs what the first one does. */
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
