/* SPDX-License-Identifier: MIT
 *
 * The reader of Wycheproof's files: JOSE's through test_jws_verify, raw signatures through key_judge. Each case's
 * verdict matches, or is one of the exceptions listed here with its reason. A token for decryption is always refused.
 */
#include <config.h>

#include <check.h>
#include <plugins/jose/key/keys.h>
#include <stdio.h>
#include <stdlib.h>
#include <src/base/array.h>
#include <tests/support/jose_support.h>
#include <tests/support/wycheproof.h>

#define ANY UINT32_MAX

/* ---- Exceptions ---- */

static const struct exception {
    const char *file;
    int id;
    bool accepted; /* what we say */
    const char *reason;
} exceptions[] = {
    { "json_web_signature_test.json", 346, false,
      "alg of the key is PS256, of the token PS384: a key is for its alg alone" },
    { "json_web_signature_test.json", 350, false,
      "alg of the key is PS256, of the token PS384: a key is for its alg alone" },
    { "json_web_signature_test.json", 347, false, "alg of the key is ES521, which is no registered name" },
    { "json_web_signature_test.json", 351, false, "alg of the key is ES521, which is no registered name" },
    { "json_web_signature_test.json", 367, true, "the same bytes as case 357, which is called valid" },
    { "json_web_signature_test.json", 370, true, "the same bytes as case 357, which is called valid" },
    { "json_web_signature_test.json", 372, false, "a question mark is no digit of base64url" },
    { "json_web_signature_test.json", 373, false, "a question mark is no digit of base64url" },
};

static const struct exception *exception_find(const char *file, int id) {
    for (size_t i = 0; i < COUNT(exceptions); i++) {
        if (strcmp(exceptions[i].file, file) == 0 && exceptions[i].id == id) {
            return &exceptions[i];
        }
    }
    return NULL;
}

/* ---- One file ---- */

static const char *text(const json_t *object, const char *name) {
    const char *value = json_string_value(json_object_get(object, name));
    return value != NULL ? value : "";
}

static int id_of(const json_t *test) {
    return (int)json_integer_value(json_object_get(test, "tcId"));
}

static void disagree(struct wycheproof_tally *tally, const json_t *test, bool accepted) {
    printf("%s %d: %s (%s)\n", tally->file, id_of(test), accepted ? "accepted" : "refused", text(test, "comment"));
    tally->wrong++;
}

/* The verdict of one case against what the file says of it ("acceptable" is whatever one likes). */
static void judge_case(struct wycheproof_tally *tally, const json_t *test, bool accepted) {
    const char *result = text(test, "result");
    const struct exception *exception = exception_find(tally->file, id_of(test));
    if (exception != NULL && exception->accepted == accepted) {
        tally->excepted++;
    } else if (exception != NULL || (strcmp(result, "acceptable") != 0 && accepted != (strcmp(result, "valid") == 0))) {
        disagree(tally, test, accepted);
    } else if (accepted) {
        tally->good++;
    } else {
        tally->bad++;
    }
}

/* ---- JOSE ---- */

/* A key that has signed nothing here, for groups that have none to verify with: their tokens are still read. */
static struct keys *stranger(void) {
    return test_keys_of(test_jwk(test_key("P-256"), "stranger"), KEY_FROM_URL);
}

/* A key or a set of keys, as the verifier of that group would be given it. */
static struct keys *group_keys(const json_t *group) {
    struct buf why;
    json_t *key = json_object_get(group, "public");
    /* Groups of shared secrets have no public part; those of JWE bring what decrypts. */
    if (key == NULL) {
        key = json_object_get(group, "private");
    }
    bool is_set = json_object_get(key, "keys") != NULL;
    char *set = is_set ? test_text(json_incref(key)) : test_set(json_incref(key), NULL);
    struct keys *keys = test_keys(set, KEY_FROM_FILE, &why);
    buf_free(&why);
    mem_free(set);
    return keys != NULL ? keys : stranger();
}

static void judge_jose(struct wycheproof_tally *tally, const json_t *group) {
    size_t i;
    const json_t *test;
    struct keys *keys = group_keys(group);
    json_array_foreach(json_object_get(group, "tests"), i, test) {
        bool encrypted = json_object_get(test, "jwe") != NULL;
        const char *token = text(test, encrypted ? "jwe" : "jws");
        bool accepted = test_jws_verify(token, keys, ANY) == TAM_REASON_NONE;
        if (!encrypted) {
            judge_case(tally, test, accepted);
        } else if (accepted) {
            disagree(tally, test, accepted);
        } else {
            tally->bad++;
        }
    }
    keys_unref(keys);
}

/* ---- Raw signatures ---- */

static struct tam_str unhex(const char *hex, char *out) {
    size_t len = strlen(hex) / 2;
    for (size_t i = 0; i < len; i++) {
        out[i] = (char)strtoul((char[]){ hex[2 * i], hex[2 * i + 1], '\0' }, NULL, 16);
    }
    return (struct tam_str){ out, len };
}

/* The groups that JOSE has a name for (RFC 7518 §3.1, RFC 8037 §3.1). What else belongs to PSS is asked in pss_fits().
 */
static const struct {
    const char *type, *sha, *curve; /* curve NULL: of no interest */
    int salt_len;                   /* 0: no PSS */
    const char *alg;
} groups[] = {
    { "EddsaVerify", "", NULL, 0, "EdDSA" },
    { "EcdsaP1363Verify", "SHA-256", "secp256r1", 0, "ES256" },
    { "EcdsaP1363Verify", "SHA-384", "secp384r1", 0, "ES384" },
    { "EcdsaP1363Verify", "SHA-512", "secp521r1", 0, "ES512" },
    { "RsassaPkcs1Verify", "SHA-256", NULL, 0, "RS256" },
    { "RsassaPkcs1Verify", "SHA-384", NULL, 0, "RS384" },
    { "RsassaPkcs1Verify", "SHA-512", NULL, 0, "RS512" },
    { "RsassaPssVerify", "SHA-256", NULL, 32, "PS256" },
    { "RsassaPssVerify", "SHA-384", NULL, 48, "PS384" },
    { "RsassaPssVerify", "SHA-512", NULL, 64, "PS512" },
};
#define GROUPS COUNT(groups)

/* RFC 7518 §3.5: MGF1 with the digest of the message, and a salt as long as it. */
static bool pss_fits(const json_t *group, int salt_len) {
    return strcmp(text(group, "mgf"), "MGF1") == 0 && strcmp(text(group, "mgfSha"), text(group, "sha")) == 0 &&
           json_integer_value(json_object_get(group, "sLen")) == salt_len;
}

/* What JOSE calls the algorithm of a group; NULL: nothing (another digest, curve, salt or mask). */
static const struct algorithm *group_algorithm(const json_t *group) {
    const char *curve = text(json_object_get(group, "publicKey"), "curve");
    for (size_t i = 0; i < GROUPS; i++) {
        if (strcmp(groups[i].type, text(group, "type")) != 0 || strcmp(groups[i].sha, text(group, "sha")) != 0) {
            continue;
        }
        if (groups[i].curve != NULL && strcmp(groups[i].curve, curve) != 0) {
            continue;
        }
        if (groups[i].salt_len == 0 || pss_fits(group, groups[i].salt_len)) {
            return algorithm_find(str_of(groups[i].alg));
        }
    }
    return NULL;
}

/* Keys that no token of ours is verified with, whatever they signed. Any other key that is refused is a fault of ours.
 */
static const struct {
    const char *type; /* of a group; NULL: any */
    const char *words;
} weak[] = {
    { NULL, "the modulus has less than 2048 bits" },
    { NULL, "the modulus has more than 8192 bits" },
    { NULL, "the exponent has more than 32 bits" },
    { NULL, "the exponent is even or less than 3" },
    { NULL, "the modulus has the ROCA weakness" },
    { "RsassaPssVerify", "it is no RSA, P-256, P-384, P-521, Ed25519 or Ed448 key" }, /* for RSASSA-PSS alone */
};

static bool is_weak(const json_t *group, const char *why) {
    for (size_t i = 0; i < COUNT(weak); i++) {
        if (strstr(why, weak[i].words) != NULL) {
            return weak[i].type == NULL || strcmp(weak[i].type, text(group, "type")) == 0;
        }
    }
    return false;
}

/* NULL with why. */
static struct key *group_key(const json_t *group, struct buf *ret_why) {
    const json_t *jwk = json_object_get(group, "publicKeyJwk");
    if (jwk == NULL) {
        jwk = json_object_get(group, "keyJwk");
    }
    if (json_object_size(jwk) == 0) {
        buf_init(ret_why, 1024);
        return key_from_pem(str_of(text(group, "publicKeyPem")), ret_why);
    }
    char *one = test_text(json_deep_copy(jwk));
    struct key *key = test_key_read(one, KEY_FROM_URL, ret_why);
    mem_free(one);
    return key;
}

static void pass_over(struct wycheproof_tally *tally, const json_t *group, const char *why) {
    size_t cases = json_array_size(json_object_get(group, "tests"));
    printf("%s: %zu cases of %s %s passed over: %s\n", tally->file, cases, text(group, "type"), text(group, "sha"),
           why);
    tally->other += (unsigned)cases;
}

static void judge_signatures(struct wycheproof_tally *tally, const json_t *group, const struct algorithm *row,
                             const struct key *key) {
    size_t i;
    const json_t *test;
    json_array_foreach(json_object_get(group, "tests"), i, test) {
        const char *message = text(test, "msg"), *signature = text(test, "sig");
        char *room = mem_alloc(strlen(message) + strlen(signature) + 1);
        struct tam_str input = unhex(message, room);
        bool accepted = test_key_verify(key, row, input, unhex(signature, room + input.len));
        judge_case(tally, test, accepted);
        mem_free(room);
    }
}

static void judge_raw(struct wycheproof_tally *tally, const json_t *group) {
    struct buf why;
    const struct algorithm *row = group_algorithm(group);
    if (row == NULL) {
        pass_over(tally, group, "no algorithm of JOSE");
        return;
    }
    struct key *key = group_key(group, &why);
    if (key == NULL && is_weak(group, why.ptr)) {
        pass_over(tally, group, why.ptr);
    } else {
        judge_signatures(tally, group, row, key);
    }
    key_free(key);
    buf_free(&why);
}

/* ---- A file ------------------------------------------------------------------------------------------------------ */

static const struct {
    const char *type; /* of a group */
    void (*judge)(struct wycheproof_tally *, const json_t *group);
} kinds[] = {
    { "JsonWebSignature", judge_jose }, { "JsonWebKey", judge_jose },     { "JsonWebEncryption", judge_jose },
    { "JsonWebCrypto", judge_jose },    { "EddsaVerify", judge_raw },     { "EcdsaP1363Verify", judge_raw },
    { "RsassaPkcs1Verify", judge_raw }, { "RsassaPssVerify", judge_raw },
};

void wycheproof_judge(struct wycheproof_tally *tally, const json_t *content) {
    size_t i;
    const json_t *group;
    json_array_foreach(json_object_get(content, "testGroups"), i, group) {
        size_t kind = 0;
        while (kind < COUNT(kinds) && strcmp(kinds[kind].type, text(group, "type")) != 0) {
            kind++;
        }
        if (kind < COUNT(kinds)) {
            kinds[kind].judge(tally, group);
        } else {
            pass_over(tally, group, "a kind that is not for verifiers of JWS");
        }
    }
}
