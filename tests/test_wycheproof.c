/* SPDX-License-Identifier: MIT
 *
 * Project Wycheproof's vectors, every file that lies in the shared folder and is of a kind we know. Each case's verdict
 * matches, or is one of the exceptions listed here with its reason. A token for decryption is always refused.
 */
#include <config.h>

#include <check.h>
#include <dirent.h>
#include <plugins/jose/jws.h>
#include <stdio.h>
#include <stdlib.h>
#include <tests/jose_support.h>
#include <tests/suite.h>

#define ANY UINT32_MAX

/* ---- Exceptions ------------------------------------------------------------------------------------------------------ */

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
    for (size_t i = 0; i < sizeof(exceptions) / sizeof(exceptions[0]); i++) {
        if (strcmp(exceptions[i].file, file) == 0 && exceptions[i].id == id)
            return &exceptions[i];
    }
    return NULL;
}

/* ---- One file -------------------------------------------------------------------------------------------------------- */

struct tally {
    const char *file;
    unsigned good, bad, excepted, other, wrong; /* other: of groups that are no algorithm of JOSE */
};

static const char *text(const json_t *object, const char *name) {
    const char *value = json_string_value(json_object_get(object, name));

    return value != NULL ? value : "";
}

/* The verdict of one case against what the file says of it ("acceptable" is whatever one likes). */
static void judge_case(struct tally *tally, const json_t *test, bool accepted) {
    int id = (int)json_integer_value(json_object_get(test, "tcId"));
    const char *result = text(test, "result");
    const struct exception *exception = exception_find(tally->file, id);

    if (exception != NULL && exception->accepted == accepted)
        tally->excepted++;
    else if (exception != NULL || (strcmp(result, "acceptable") != 0 && accepted != (strcmp(result, "valid") == 0)))
        tally->wrong += (unsigned)printf("%s %d: %s (%s)\n", tally->file, id, accepted ? "accepted" : "refused",
                                         text(test, "comment")) > 0;
    else if (accepted)
        tally->good++;
    else
        tally->bad++;
}

/* ---- JOSE ------------------------------------------------------------------------------------------------------------ */

/* A key that has signed nothing here, for groups that have none to verify with: their tokens are still read. */
static struct keys *stranger(void) {
    struct buf why;
    char *set = test_set(test_jwk(test_key("P-256"), "stranger"), NULL);
    struct keys *keys = test_keys(set, KEY_FROM_URL, &why);

    mem_free(set);
    return keys;
}

/* A key or a set of keys, as the verifier of that group would be given it. */
static struct keys *group_keys(const json_t *group) {
    struct buf why;
    json_t *key = json_object_get(group, "public");

    /* Groups of shared secrets have no public part; those of JWE bring what decrypts. */
    if (key == NULL)
        key = json_object_get(group, "private");
    bool is_set = json_object_get(key, "keys") != NULL;
    char *set = is_set ? test_text(json_incref(key)) : test_set(json_incref(key), NULL);
    struct keys *keys = test_keys(set, KEY_FROM_FILE, &why);
    buf_free(&why);
    mem_free(set);
    return keys != NULL ? keys : stranger();
}

static bool compact_verifies(const char *compact, const struct keys *keys) {
    struct test_memory memory;
    struct tam_str payload, detail;

    test_memory_open(&memory);
    uint32_t reason = jws_verify(str_of(compact), keys, ANY, &memory.pool, &payload, &detail);
    test_memory_close(&memory);
    return reason == TAM_REASON_NONE;
}

static void judge_jose(struct tally *tally, const json_t *group) {
    size_t i;
    const json_t *test;
    struct keys *keys = group_keys(group);

    json_array_foreach(json_object_get(group, "tests"), i, test) {
        bool encrypted = json_object_get(test, "jwe") != NULL;
        bool accepted = compact_verifies(text(test, encrypted ? "jwe" : "jws"), keys);
        if (!encrypted)
            judge_case(tally, test, accepted);
        else if (accepted)
            tally->wrong += (unsigned)printf("%s: a JWE was accepted\n", tally->file) > 0;
        else
            tally->bad++;
    }
    keys_unref(keys);
}

/* ---- Raw signatures --------------------------------------------------------------------------------------------------- */

static struct tam_str unhex(const char *hex, char *out) {
    size_t len = strlen(hex) / 2;

    for (size_t i = 0; i < len; i++)
        out[i] = (char)strtoul((char[]){ hex[2 * i], hex[2 * i + 1], '\0' }, NULL, 16);
    return (struct tam_str){ out, len };
}

/* The length in bits that an algorithm name of JOSE has of a digest; NULL: JOSE does not use it. */
static const char *digest_bits(const char *sha) {
    static const char *const names[][2] = { { "SHA-256", "256" }, { "SHA-384", "384" }, { "SHA-512", "512" } };

    for (size_t i = 0; i < 3; i++) {
        if (strcmp(names[i][0], sha) == 0)
            return names[i][1];
    }
    return NULL;
}

static bool pss_is_of_jose(const json_t *group) {
    const char *bits = digest_bits(text(group, "sha"));

    return bits != NULL && strcmp(text(group, "mgf"), "MGF1") == 0 &&
           strcmp(text(group, "mgfSha"), text(group, "sha")) == 0 &&
           json_integer_value(json_object_get(group, "sLen")) == strtol(bits, NULL, 10) / 8;
}

/* What JOSE calls the algorithm of a group; NULL: nothing (another digest, curve, salt or mask). */
static const struct algorithm *group_algorithm(const json_t *group) {
    const char *type = text(group, "type"), *bits = digest_bits(text(group, "sha"));
    const char *curve = text(json_object_get(group, "publicKey"), "curve");
    char name[8];

    if (strcmp(type, "EddsaVerify") == 0)
        return algorithm_at(ALGORITHM_EDDSA);
    if (bits == NULL || (strcmp(type, "RsassaPssVerify") == 0 && !pss_is_of_jose(group)))
        return NULL;
    snprintf(name, sizeof(name), "%s%s",
             type[0] == 'E'                         ? "ES"
             : strcmp(type, "RsassaPssVerify") == 0 ? "PS"
                                                    : "RS",
             bits);
    const struct algorithm *row = algorithm_find(str_of(name));
    /* RFC 7518 §3.4 ties each digest to one curve: "secp256r1" and P-256. */
    return row->type == KEY_EC && strncmp(curve + 4, row->curve + 2, 3) != 0 ? NULL : row;
}

static struct key *group_key(const json_t *group) {
    struct buf why;
    const json_t *jwk = json_object_get(group, "publicKeyJwk");
    struct key *key = NULL;

    if (jwk == NULL)
        jwk = json_object_get(group, "keyJwk");
    buf_init(&why, 1024);
    if (jwk != NULL) {
        char *one = test_text(json_deep_copy(jwk));
        key = test_key_read(one, KEY_FROM_URL, &why);
        mem_free(one);
    } else {
        key = key_from_pem(str_of(text(group, "publicKeyPem")), &why);
    }
    buf_free(&why);
    return key;
}

static void judge_raw(struct tally *tally, const json_t *group) {
    size_t i;
    const json_t *test;
    char input[65536], signature[8192];
    const struct algorithm *row = group_algorithm(group);
    struct key *key = row != NULL ? group_key(group) : NULL;

    json_array_foreach(json_object_get(group, "tests"), i, test) {
        if (row == NULL) {
            tally->other++;
            continue;
        }
        ck_assert_uint_lt(strlen(text(test, "msg")), 2 * sizeof(input));
        ck_assert_uint_lt(strlen(text(test, "sig")), 2 * sizeof(signature));
        bool accepted = key_verify(key, row, unhex(text(test, "msg"), input), unhex(text(test, "sig"), signature));
        judge_case(tally, test, accepted);
    }
    key_free(key);
}

/* ---- All files ------------------------------------------------------------------------------------------------------- */

static const struct {
    const char *type; /* of a group */
    void (*judge)(struct tally *, const json_t *group);
} kinds[] = {
    { "JsonWebSignature", judge_jose }, { "JsonWebKey", judge_jose },     { "JsonWebEncryption", judge_jose },
    { "JsonWebCrypto", judge_jose },    { "EddsaVerify", judge_raw },     { "EcdsaP1363Verify", judge_raw },
    { "RsassaPkcs1Verify", judge_raw }, { "RsassaPssVerify", judge_raw },
};

static void judge_file(struct tally *tally, const json_t *content) {
    size_t i;
    const json_t *group;

    json_array_foreach(json_object_get(content, "testGroups"), i, group) {
        size_t kind = 0;
        while (kind < sizeof(kinds) / sizeof(kinds[0]) && strcmp(kinds[kind].type, text(group, "type")) != 0)
            kind++;
        if (kind < sizeof(kinds) / sizeof(kinds[0]))
            kinds[kind].judge(tally, group);
        else
            tally->other += (unsigned)json_array_size(json_object_get(group, "tests"));
    }
}

START_TEST(wycheproof_agrees) {
    char *folder = test_shared_path("vectors/wycheproof");
    DIR *directory = opendir(folder);
    unsigned wrong = 0;

    if (directory == NULL) {
        printf("skipped: Wycheproof's vectors are not there\n");
        mem_free(folder);
        return;
    }
    for (struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory)) {
        char path[4096];
        size_t len = strlen(entry->d_name);
        if (len < 6 || strcmp(entry->d_name + len - 5, ".json") != 0)
            continue;
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        json_t *content = json_load_file(path, 0, NULL);
        ck_assert_msg(content != NULL, "%s", path);
        struct tally tally = { .file = entry->d_name };
        judge_file(&tally, content);
        printf("%s: %u accepted, %u refused, %u exceptions, %u not of JOSE\n", entry->d_name, tally.good, tally.bad,
               tally.excepted, tally.other);
        wrong += tally.wrong;
        /* A file of which nothing was judged proves nothing. */
        ck_assert_uint_gt(tally.good + tally.bad + tally.other + tally.wrong, 0);
        json_decref(content);
    }
    closedir(directory);
    mem_free(folder);
    fflush(stdout); /* a failure ends the process */
    ck_assert_uint_eq(wrong, 0);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("wycheproof");

    tcase_add_unchecked_fixture(tests, NULL, test_keys_free);
    tcase_set_timeout(tests, 300);
    tcase_add_test(tests, wycheproof_agrees);
    return suite_run("wycheproof", tests);
}
