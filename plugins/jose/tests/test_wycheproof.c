/* SPDX-License-Identifier: MIT
 *
 * Project Wycheproof's vectors, every file that lies in the shared folder, and files of the same form that are made
 * here: of the algorithms that none of those is about, and of what is near to one of JOSE's and must not be taken for
 * it.
 */
#include <config.h>

#include <check.h>
#include <dirent.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <src/base/array.h>
#include <tests/support/jose_support.h>
#include <tests/support/suite.h>
#include <tests/support/wycheproof.h>

START_TEST(wycheproof_agrees) {
    char *folder = test_project_path("data/wycheproof");
    DIR *directory = opendir(folder);
    unsigned wrong = 0;
    ck_assert_msg(directory != NULL, "%s", folder);
    for (struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory)) {
        char path[4096];
        size_t len = strlen(entry->d_name);
        if (len < 6 || strcmp(entry->d_name + len - 5, ".json") != 0) {
            continue;
        }
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        json_t *content = json_load_file(path, 0, NULL);
        ck_assert_msg(content != NULL, "%s", path);
        struct wycheproof_tally tally = { .file = entry->d_name };
        wycheproof_judge(&tally, content);
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

/* ---- Files that we make ---- */

/* One group each, in the form of Wycheproof's files: a good signature, and bad ones. */
static const struct own {
    const char *key, *type, *sha, *curve; /* curve NULL: RSA, where the file has none */
    const char *mgf_sha;                  /* NULL: no PSS */
    int salt_len;
    bool judged;
} own[] = {
    { "Ed25519", "EddsaVerify", "", "edwards25519", NULL, 0, true },
    { "Ed448", "EddsaVerify", "", "edwards448", NULL, 0, true },
    { "P-256", "EcdsaP1363Verify", "SHA-256", "secp256r1", NULL, 0, true },
    { "P-384", "EcdsaP1363Verify", "SHA-384", "secp384r1", NULL, 0, true },
    { "P-521", "EcdsaP1363Verify", "SHA-512", "secp521r1", NULL, 0, true },
    { "P-256", "EcdsaP1363Verify", "SHA-512", "secp256r1", NULL, 0, false },
    { "P-384", "EcdsaP1363Verify", "SHA-512", "secp384r1", NULL, 0, false },
    { "P-521", "EcdsaP1363Verify", "SHA-256", "secp521r1", NULL, 0, false },
    { "secp256k1", "EcdsaP1363Verify", "SHA-256", "secp256k1", NULL, 0, false },
    { "RSA-2048", "RsassaPkcs1Verify", "SHA-512", NULL, NULL, 0, true },
    { "RSA-3072", "RsassaPkcs1Verify", "SHA-384", NULL, NULL, 0, true },
    { "RSA-4096", "RsassaPkcs1Verify", "SHA-512", NULL, NULL, 0, true },
    { "RSA-2048", "RsassaPkcs1Verify", "SHA-224", NULL, NULL, 0, false },
    { "RSA-1024", "RsassaPkcs1Verify", "SHA-256", NULL, NULL, 0, false },
    { "RSA-3072", "RsassaPssVerify", "SHA-256", NULL, "SHA-256", 32, true },
    { "RSA-2048", "RsassaPssVerify", "SHA-384", NULL, "SHA-384", 48, true },
    { "RSA-4096", "RsassaPssVerify", "SHA-512", NULL, "SHA-512", 64, true },
    { "RSA-2048", "RsassaPssVerify", "SHA-1", NULL, "SHA-1", 20, false },
    { "RSA-2048", "RsassaPssVerify", "SHA-256", NULL, "SHA-1", 32, false },
    { "RSA-2048", "RsassaPssVerify", "SHA-256", NULL, "SHA-256", 0, false },
    { "RSA-2048", "RsassaPssVerify", "SHA-512", NULL, "SHA-512", 32, false },
    { "RSA-2048", "RsassaPssVerify", "SHA-512/256", NULL, "SHA-512/256", 32, false },
    { "PSS-2048", "RsassaPssVerify", "SHA-256", NULL, "SHA-256", 32, false },
};

/* Once, before the tests part ways. */
static void keys_make(void) {
    for (size_t i = 0; i < COUNT(own); i++) {
        test_key(own[i].key);
    }
}

static void set_hex(json_t *object, const char *name, const unsigned char *bytes, size_t len) {
    char hex[2 * TEST_SIGNATURE_MAX + 1] = "";
    for (size_t i = 0; i < len; i++) {
        snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
    }
    json_object_set_new(object, name, json_string(hex));
}

#define MESSAGE "a message"

static void add_case(json_t *tests, const char *comment, const unsigned char *signature, size_t len) {
    bool good = comment[0] == '\0';
    json_t *test = json_pack("{s:i, s:s, s:s}", "tcId", (int)json_array_size(tests) + 1, "comment", comment, "result",
                             good ? "valid" : "invalid");

    set_hex(test, "msg", (const unsigned char *)MESSAGE, strlen(MESSAGE));
    set_hex(test, "sig", signature, len);
    json_array_append_new(tests, test);
}

static void add_damaged(json_t *tests, const unsigned char *good, size_t len) {
    unsigned char bytes[TEST_SIGNATURE_MAX + 1] = { 0 };
    add_case(tests, "", good, len);
    add_case(tests, "empty", good, 0);
    add_case(tests, "a byte short", good, len - 1);
    add_case(tests, "the first byte gone", good + 1, len - 1);
    memcpy(bytes, good, len);
    add_case(tests, "a zero behind", bytes, len + 1);
    bytes[len / 2] ^= 1;
    add_case(tests, "a bit changed", bytes, len);
    bytes[0] = 0;
    memcpy(bytes + 1, good, len);
    add_case(tests, "a zero before", bytes, len + 1);
    memcpy(bytes, good + len / 2, len / 2);
    memcpy(bytes + len / 2, good, len / 2);
    add_case(tests, "halves exchanged", bytes, len);
    memset(bytes, 0, len);
    add_case(tests, "zeros", bytes, len);
    memset(bytes, 0xff, len);
    add_case(tests, "ones", bytes, len);
}

/* Good signatures of the same key, each in one respect of another scheme than that of the group. */
static void add_foreign(json_t *tests, const struct own *row, EVP_PKEY *pkey) {
    const struct test_scheme schemes[] = {
        { row->sha, row->mgf_sha != NULL ? NULL : row->sha, RSA_PSS_SALTLEN_DIGEST },
        { strcmp(row->sha, "SHA-256") == 0 ? "SHA-384" : "SHA-256", row->mgf_sha, row->salt_len },
        { row->sha, strcmp(row->sha, "SHA-256") == 0 ? "SHA-384" : "SHA-256", row->salt_len },
        { row->sha, row->sha, 0 },
        { row->sha, row->sha, row->salt_len - 1 },
        { row->sha, row->sha, row->salt_len + 1 },
        { row->sha, row->sha, RSA_PSS_SALTLEN_MAX },
    };
    unsigned char signature[TEST_SIGNATURE_MAX];
    size_t count = row->mgf_sha != NULL ? COUNT(schemes) : 2;

    for (size_t i = row->curve != NULL ? 1 : 0; i < count && row->sha[0] != '\0'; i++) {
        add_case(tests, "of another scheme", signature, test_signature(&schemes[i], pkey, STR(MESSAGE), signature));
    }
}

static char *pem_of(EVP_PKEY *pkey) {
    char *bytes = NULL;
    BIO *bio = BIO_new(BIO_s_mem());
    ck_assert_int_eq(PEM_write_bio_PUBKEY(bio, pkey), 1);
    long len = BIO_get_mem_data(bio, &bytes);
    char *pem = mem_text((struct tam_str){ bytes, (size_t)len });
    BIO_free(bio);
    return pem;
}

static json_t *own_group(const struct own *row) {
    unsigned char signature[TEST_SIGNATURE_MAX];
    EVP_PKEY *pkey = test_key(row->key);
    const struct test_scheme scheme = { row->sha[0] != '\0' ? row->sha : NULL, row->mgf_sha, row->salt_len };
    char *pem = pem_of(pkey);
    json_t *tests = json_array();
    add_damaged(tests, signature, test_signature(&scheme, pkey, STR(MESSAGE), signature));
    if (row->judged) {
        add_foreign(tests, row, pkey);
    }
    json_t *group = json_pack("{s:s, s:s, s:s, s:s*, s:i, s:{s:s*}, s:s, s:o}", "type", row->type, "sha", row->sha,
                              "mgf", "MGF1", "mgfSha", row->mgf_sha, "sLen", row->salt_len, "publicKey", "curve",
                              row->curve, "publicKeyPem", pem, "tests", tests);
    ck_assert_ptr_nonnull(group);
    mem_free(pem);
    return group;
}

START_TEST(files_of_the_other_kinds_are_judged_or_passed_over) {
    json_t *group = own_group(&own[_i]);
    unsigned cases = (unsigned)json_array_size(json_object_get(group, "tests"));
    json_t *content = json_pack("{s:[o]}", "testGroups", group);
    struct wycheproof_tally tally = { .file = own[_i].key };
    wycheproof_judge(&tally, content);
    fflush(stdout);
    ck_assert_uint_eq(tally.wrong, 0);
    ck_assert_uint_eq(tally.good, own[_i].judged ? 1 : 0);
    ck_assert_uint_eq(tally.bad, own[_i].judged ? cases - 1 : 0);
    ck_assert_uint_eq(tally.other, own[_i].judged ? 0 : cases);
    json_decref(content);
}
END_TEST

/* A reader that agrees with everything would be no judge. */
START_TEST(a_file_that_says_otherwise_is_disagreed_with) {
    json_t *content = json_pack("{s:[o]}", "testGroups", own_group(&own[0]));
    json_t *tests = json_object_get(json_array_get(json_object_get(content, "testGroups"), 0), "tests");
    struct wycheproof_tally tally = { .file = "a lie, and so disagreed with" };
    json_object_set_new(json_array_get(tests, 0), "result", json_string("invalid"));
    json_object_set_new(json_array_get(tests, 1), "result", json_string("valid"));
    wycheproof_judge(&tally, content);
    ck_assert_uint_eq(tally.wrong, 2);
    json_decref(content);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("wycheproof");
    tcase_add_unchecked_fixture(tests, keys_make, test_keys_free);
    tcase_set_timeout(tests, 300);
    tcase_add_test(tests, wycheproof_agrees);
    tcase_add_loop_test(tests, files_of_the_other_kinds_are_judged_or_passed_over, 0, COUNT(own));
    tcase_add_test(tests, a_file_that_says_otherwise_is_disagreed_with);
    return suite_run("wycheproof", tests);
}
