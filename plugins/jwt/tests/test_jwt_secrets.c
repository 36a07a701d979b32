/* SPDX-License-Identifier: MIT
 *
 * The check of shared secrets in the jwt plugin. A public key is refused in every form and encoding, because everybody
 * who has it could sign; so is a text that is easy to guess. The controls are random bytes, which are accepted.
 */
#include <config.h>

#include <openssl/rand.h>
#include <openssl/x509.h>
#include <src/base/array.h>
#include <src/base/base64.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tests/support/jose_support.h>
#include <tests/support/scratch.h>
#include <tests/support/suite.h>
#include <tam/tam.h>

#define SECRET_MAX 4096 /* of the option */
#define JWT        "jwt issuer=https://id.example audience=api "

static struct scratch scratch;

static void setup(void) {
    scratch_make(&scratch);
    test_key("RSA-2048");
    test_key("P-256");
    test_key("Ed25519");
}

static void teardown(void) {
    scratch_remove(&scratch);
    test_keys_free();
}

/* words NULL: these bytes are taken. */
static void expect(const char *what, struct tam_str bytes, const char *options, const char *words) {
    const struct tam_setup setup = { .size = sizeof setup,
                                     .flags = TAM_SETUP_ANY_OWNER,
                                     .plugin_dir = TAM_TOP_BUILDDIR "/plugins/jwt/.libs" };
    struct tam_faults *faults = NULL;
    char text[1024];
    (void)snprintf(text, sizeof text, JWT "%s secret_file=%s", options,
                   scratch_write(&scratch, "secret", bytes.ptr, bytes.len));
    int status = tam_service_check_string(text, &setup, &faults);
    const char *fault = tam_faults_text(faults, 0);
    ck_assert_msg((status == 0) == (words == NULL), "%s: %s", what, fault != NULL ? fault : "taken");
    ck_assert_msg(words == NULL || strstr(fault, words) != NULL, "%s: %s", what, fault);
    tam_faults_free(faults);
}

/* ---- The forms of a public key ----------------------------------------------------------------------------------- */

#define DER     "a key or certificate in DER is no shared secret"
#define SSH     "an SSH public key is no shared secret"
#define JWK     "a JWK is no shared secret"
#define PGP     "a PGP public key is no shared secret"
#define PEM     "a PEM is no shared secret"
#define PRINTED "a printed public key is no shared secret"

#define ED25519_SSH "AAAAC3NzaC1lZDI1NTE5AAAAIIpkNDsBe1EeqJ/xydJ5HoNZfiJdeHVRzzJ89n4r4yrG"
#define EC_JWK                                                                                                         \
    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","                         \
    "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}"
#define PGP_PACKETS                                                                                                    \
    "mDMEawmbyBYJKwYBBAHaRw8BAQdAOqcvzYxJzejA35gjttsZqpvcaj8+OQ/AtcatP8dqoBq0A2JAeIiQBBMWCAA4FiEEy1G0Ze+MRavUHeHvM455" \
    "lyaDfcQFAmsJm8gCGwMFCwkIBwIGFQoJCAsCBBYCAwECHgECF4AACgkQM455lyaDfcR//wD/cD2CUo5Bh1B6NjKLChbPTKiImBx+kyWceKUdAdjS" \
    "eJgA/3fm58CZ91RS/FwtZWiBZnPLf9r+SU76ZxRVivB6hCEA"

/* Made by others than OpenSSL: ssh-keygen, gpg, a browser. */
static const struct {
    const char *text, *words;
} texts[] = {
    { "ssh-ed25519 " ED25519_SSH " alice@host", SSH },
    { "host.example,192.0.2.1 ssh-ed25519 " ED25519_SSH, SSH },
    { "no-pty,command=\"/bin/true x\" ssh-ed25519 " ED25519_SSH, SSH },
    { ED25519_SSH, SSH },
    { "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBBPxH2cZvceUllvLo43F9JEYD+Jmwk6iysBhI9EM"
      "BwHs9uuT94vIxMmAfZLNUPhEbrTQa/ktlLEVD+5rlMG976g= alice",
      SSH },
    { "---- BEGIN SSH2 PUBLIC KEY ----\nComment: \"256-bit ED25519\"\n" ED25519_SSH "\n---- END SSH2 PUBLIC KEY ----",
      SSH },
    { EC_JWK, JWK },
    { "\xef\xbb\xbf" EC_JWK, JWK },
    { "{\"keys\":[" EC_JWK "]}", JWK },
    { "[ " EC_JWK " ]", JWK },
    { "{\"jwks\":{\"keys\":[" EC_JWK ",]}}", JWK }, /* not strict */
    { "{kty:'EC',crv:'P-256',x:'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU'}", JWK },
    { "kty: EC\ncrv: P-256\nx: f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", JWK },
    { "\"{\\\"kty\\\":\\\"EC\\\",\\\"x\\\":\\\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\\\"}\"", JWK },
    { "%7B%22kty%22%3A%22EC%22%2C%22x%22%3A%22f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU%22%7D", JWK },
    { "Modulus=C0B6A1F4D2E3859A7B6C5D4E3F2A1B0C9D8E7F6A5B4C3D2E1F0A9B8C7D6E5F4A", PRINTED },
    { "<RSAKeyValue><Modulus>wLah9NLjhZp7bF1OPyobDJ2Of2pbTD0uHwqbjH1uX0o=</Modulus></RSAKeyValue>", PRINTED },
    { "{\"\\u006bty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}", JWK },
    { "// of the issuer\nvar key = " EC_JWK ";", JWK },
    { PGP_PACKETS, PGP },
    { "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n" PGP_PACKETS "\n=3a0j\n-----END PGP PUBLIC KEY BLOCK-----", PEM },
};

START_TEST(a_public_key_as_text_is_no_secret) {
    char decoded[SECRET_MAX];
    size_t len = 0;
    expect(texts[_i].text, str_of(texts[_i].text), "", texts[_i].words);
    if (base64_decode(str_of(texts[_i].text), (unsigned char *)decoded, &len)) {
        expect("the bytes themselves", (struct tam_str){ decoded, len }, "", texts[_i].words);
    }
}
END_TEST

static int write_spki(EVP_PKEY *pkey, unsigned char **ret_der) {
    return i2d_PUBKEY(pkey, ret_der);
}

static int write_pkcs1(EVP_PKEY *pkey, unsigned char **ret_der) {
    return i2d_PublicKey(pkey, ret_der);
}

static int write_certificate(EVP_PKEY *pkey, unsigned char **ret_der) {
    X509 *certificate = test_certificate(pkey);
    int len = i2d_X509(certificate, ret_der);
    X509_free(certificate);
    return len;
}

static int write_request(EVP_PKEY *pkey, unsigned char **ret_der) {
    X509_REQ *request = X509_REQ_new();
    ck_assert(X509_REQ_set_pubkey(request, pkey) == 1 && X509_REQ_sign(request, pkey, NULL) > 0);
    int len = i2d_X509_REQ(request, ret_der);
    X509_REQ_free(request);
    return len;
}

static int write_private(EVP_PKEY *pkey, unsigned char **ret_der) {
    return i2d_PrivateKey(pkey, ret_der);
}

static const struct form {
    const char *key;
    int (*write)(EVP_PKEY *pkey, unsigned char **ret_der);
    const char *label;
} forms[] = {
    { "RSA-2048", write_spki, "PUBLIC KEY" },
    { "RSA-2048", write_pkcs1, "RSA PUBLIC KEY" },
    { "RSA-2048", write_certificate, "CERTIFICATE" },
    { "RSA-2048", write_private, "PRIVATE KEY" },
    { "P-256", write_spki, "PUBLIC KEY" },
    { "P-256", write_certificate, "CERTIFICATE" },
    { "Ed25519", write_spki, "PUBLIC KEY" },
    { "Ed25519", write_request, "CERTIFICATE REQUEST" },
};

/* ---- The ways of writing one down -------------------------------------------------------------------------------- */

/* What stands before it, what is written, and after how many characters which line end. */
static const struct way {
    const char *before;
    enum { RAW, BASE64, HEX, HEX_UPPER, ARMOUR, ARMOUR_IN_BASE64, ARMOUR_IN_UTF_16, ARMOUR_IN_UTF_16_BE } what;
    size_t width; /* 0: one line */
    const char *end;
} ways[] = {
    { "", RAW, 0, "" },
    { "", BASE64, 0, "" },
    { "", BASE64, 64, "\n" },
    { "", BASE64, 76, "\r\n" },
    { "", BASE64, 7, " " },
    { "", BASE64, 64, "\\n" },
    { "# the key of the issuer\n", BASE64, 1, "\n\t" },
    { "key = \"", BASE64, 0, "" },
    { "", HEX, 0, "" },
    { "", HEX_UPPER, 60, "\n" },
    { "", HEX, 2, ":" },
    { "", HEX_UPPER, 2, " " },
    { "0x", HEX, 0, "" },
    { "0x", HEX, 2, ", 0x" },
    { "", ARMOUR, 0, "" },
    { "# made by hand\n\n", ARMOUR, 0, "" },
    { "\xef\xbb\xbf", ARMOUR, 0, "" },
    { "Bag Attributes\n    localKeyID: 01 02 03\nKey Attributes: <No Attributes>\n", ARMOUR, 0, "" },
    { " \t\r\n \n", ARMOUR, 0, "" },
    { "", ARMOUR_IN_BASE64, 76, "\n" },
    { "\xff\xfe", ARMOUR_IN_UTF_16, 0, "" },
    { "", ARMOUR_IN_UTF_16, 0, "" },
    { "\xfe\xff", ARMOUR_IN_UTF_16_BE, 0, "" },
};

static void add_lines(struct buf *out, const char *text, size_t len, size_t width, const char *end) {
    for (size_t i = 0; i < len; i++) {
        buf_add_text(out, width > 0 && i > 0 && i % width == 0 ? end : "");
        buf_add_byte(out, text[i]);
    }
}

static void add_base64(struct buf *out, struct tam_str bytes, size_t width, const char *end) {
    char *text = mem_alloc(BASE64_ENCODED_MAX(bytes.len));
    add_lines(out, text, base64_encode(bytes, text), width, end);
    mem_free(text);
}

static void add_hex(struct buf *out, struct tam_str bytes, bool upper, size_t width, const char *end) {
    const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    char *text = mem_alloc(bytes.len * 2);
    for (size_t i = 0; i < bytes.len * 2; i++) {
        text[i] = digits[(unsigned char)bytes.ptr[i / 2] >> (i % 2 == 0 ? 4 : 0) & 15];
    }
    add_lines(out, text, bytes.len * 2, width, end);
    mem_free(text);
}

/* low: which byte of each two is not zero. */
static void add_utf16(struct buf *out, struct tam_str text, size_t low) {
    for (size_t i = 0; i < text.len * 2; i++) {
        buf_add_byte(out, i % 2 == low ? text.ptr[i / 2] : '\0');
    }
}

static void write_down(const struct way *way, struct tam_str der, const char *label, struct buf *out) {
    struct buf pem;
    buf_init(&pem, 2 * SECRET_MAX);
    buf_format(&pem, "-----BEGIN %s-----\n", label);
    add_base64(&pem, der, 64, "\n");
    buf_format(&pem, "\n-----END %s-----\n", label);
    buf_add_text(out, way->before);
    if (way->what == RAW) {
        buf_add(out, der);
    } else if (way->what == BASE64) {
        add_base64(out, der, way->width, way->end);
    } else if (way->what == HEX || way->what == HEX_UPPER) {
        add_hex(out, der, way->what == HEX_UPPER, way->width, way->end);
    } else if (way->what == ARMOUR) {
        buf_add(out, buf_str(&pem));
    } else if (way->what == ARMOUR_IN_BASE64) {
        add_base64(out, buf_str(&pem), way->width, way->end);
    } else {
        add_utf16(out, buf_str(&pem), way->what == ARMOUR_IN_UTF_16_BE);
    }
    ck_assert(!out->failed);
    buf_free(&pem);
}

START_TEST(a_public_key_is_no_secret_however_it_is_written) {
    unsigned char *der = NULL;
    int len = forms[_i].write(test_key(forms[_i].key), &der);
    struct tam_str bytes = { (const char *)der, (size_t)len };
    struct buf out;
    ck_assert_int_gt(len, 0);
    buf_init(&out, 4 * SECRET_MAX);
    for (size_t n = 0; n < COUNT(ways); n++) {
        char what[64];
        (void)snprintf(what, sizeof what, "%s of %s, way %zu", forms[_i].label, forms[_i].key, n);
        buf_clear(&out);
        write_down(&ways[n], bytes, forms[_i].label, &out);
        if (buf_str(&out).len <= SECRET_MAX) {
            expect(what, buf_str(&out), "", "is no shared secret");
        }
    }
    buf_free(&out);
    OPENSSL_free(der);
}
END_TEST

/* The final newline of a file is not of the secret. A key whose last byte is one would be no key without it, to a
 * decoder. */
START_TEST(a_key_that_ends_like_a_line_is_no_secret) {
    unsigned char der[] = { 0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00, [43] = '\n' };
    for (size_t i = 12; i < 43; i++) {
        der[i] = (unsigned char)(i * 37);
    }
    expect("a key that ends in 0x0a", (struct tam_str){ (const char *)der, sizeof der }, "", DER);
}
END_TEST

/* Web Cryptography's "raw" format. */
START_TEST(a_point_of_a_curve_is_no_secret) {
    unsigned char *point = NULL;
    size_t len = EVP_PKEY_get1_encoded_public_key(test_key("P-256"), &point);
    ck_assert_uint_eq(len, 65);
    expect("a point", (struct tam_str){ (const char *)point, len }, "", "a point of a curve is a public key");
    point[40] ^= 1;
    expect("no point", (struct tam_str){ (const char *)point, len }, "", NULL);
    OPENSSL_free(point);
}
END_TEST

/* ---- Strength ---------------------------------------------------------------------------------------------------- */

#define LONG_256 "names an algorithm with a hash longer than the secret"
#define SIMPLE   "the shared secret is too simple"

/* RFC 7518 §3.2, of all algorithms that are named. */
static const struct {
    size_t len;
    const char *options, *words;
} lengths[] = {
    { 31, "", "of 32 to 4096 bytes" },
    { 32, "", NULL },
    { 32, "algorithms=HS256", NULL },
    { 32, "algorithms=HS256,HS384", LONG_256 },
    { 47, "algorithms=HS384", "names no algorithm that the key can verify" },
    { 48, "algorithms=HS384,HS256", NULL },
    { 63, "algorithms=HS256,HS384,HS512", LONG_256 },
    { 63, "algorithms=HS512", "names no algorithm that the key can verify" },
    { 64, "algorithms=HS256,HS384,HS512", NULL },
};

START_TEST(a_secret_has_the_length_of_every_hash_that_is_named) {
    static const char bytes[] = "Zq3v8Lx1Rk5TnB7wYc2HdGf9JsPmVu4Xa6Ee0oQiWtCgDhKjMbNlAySrUpFzIvO+";
    expect("length", (struct tam_str){ bytes, lengths[_i].len }, lengths[_i].options, lengths[_i].words);
}
END_TEST

static const struct {
    const char *text, *words;
} simple_rows[] = {
    { "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", SIMPLE },
    { "00000000000000000000000000000000", SIMPLE },
    { "01011101001010110101010010101011010101001101010010101010", SIMPLE },
    { "abcabcabcabcabcabcabcabcabcabcabc", SIMPLE },
    { "secretsecretsecretsecretsecretsecret", SIMPLE },
    { "passwordpasswordpasswordpassword", SIMPLE },
    { "changeme123changeme123changeme123", SIMPLE },
    { "012345678901234567890123456789012345", SIMPLE },
    { "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa123456789", SIMPLE },
    { "0123456789:;<=>?@ABCDEFGHIJKLMNO", SIMPLE }, /* each byte one more than the last */
    { "a secret of thirty-two bytes or more", NULL },
    { "8f14e45fceea167a5a36dedd4bea2543", NULL },
    { "73190462850917364281950637284915", NULL },
    { "correct horse battery staple, and a sentence more", NULL },
};

START_TEST(what_can_be_guessed_is_no_secret) {
    expect(simple_rows[_i].text, str_of(simple_rows[_i].text), "", simple_rows[_i].words);
}
END_TEST

START_TEST(random_bytes_are_a_secret) {
    static const size_t lens[] = { 32, 33, 48, 64, 65, 128, 4096 };
    unsigned char bytes[SECRET_MAX];
    struct buf text;
    buf_init(&text, 4 * SECRET_MAX);
    for (size_t i = 0; i < 8 * COUNT(lens); i++) {
        size_t len = lens[i / 8];
        struct tam_str view = { (const char *)bytes, len };
        ck_assert_int_eq(RAND_bytes(bytes, (int)len), 1);
        bytes[len - 1] |= 0x80; /* no newline, which would be taken off */
        expect("bytes", view, "", NULL);
        if (len > 1024) {
            continue;
        }
        buf_clear(&text);
        add_base64(&text, view, 0, "");
        expect("base64", buf_str(&text), "", NULL);
        buf_clear(&text);
        add_base64(&text, view, 20, "\n");
        expect("base64 in lines", buf_str(&text), "", NULL);
        buf_clear(&text);
        add_hex(&text, view, false, 0, "");
        expect("hexadecimal", buf_str(&text), "", NULL);
    }
    buf_free(&text);
}
END_TEST

#define LOOP(tests, test, rows) tcase_add_loop_test(tests, test, 0, COUNT(rows))

int main(void) {
    TCase *tests = tcase_create("jwt secrets");
    tcase_set_timeout(tests, 60);
    tcase_add_unchecked_fixture(tests, setup, teardown);
    LOOP(tests, a_public_key_as_text_is_no_secret, texts);
    LOOP(tests, a_public_key_is_no_secret_however_it_is_written, forms);
    tcase_add_test(tests, a_key_that_ends_like_a_line_is_no_secret);
    tcase_add_test(tests, a_point_of_a_curve_is_no_secret);
    LOOP(tests, a_secret_has_the_length_of_every_hash_that_is_named, lengths);
    LOOP(tests, what_can_be_guessed_is_no_secret, simple_rows);
    tcase_add_test(tests, random_bytes_are_a_secret);
    return suite_run("jwt secrets", tests);
}
