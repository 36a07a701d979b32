/* SPDX-License-Identifier: MIT
 *
 * Checks a shared secret. A public key in any known form is refused, because everybody who has it could sign with it
 * (RFC 8725 §2.1, CVE-2022-29217); so is a text that is easy to guess.
 */
#include <config.h>

#include <openssl/decoder.h>
#include <openssl/x509.h>
#include <plugins/jose/key/key_internal.h>
#include <src/base/arena.h>
#include <src/base/array.h>

#define DEPTH_MAX    4  /* nested encodings, such as a PEM in UTF-16 in base64 */
#define KEY_LEN_MIN  40 /* bytes; the shortest self-describing key, Ed25519 in DER, has 44 */
#define TREE_LIMIT   ((size_t)4 << 20)
#define DISTINCT_MIN 8
#define PERIOD_MIN   16 /* bytes; a shorter repeated pattern has less than 128 bits of entropy */

static bool has_part(struct tam_str text, const char *part) {
    return text.len > 0 && memmem(text.ptr, text.len, part, strlen(part)) != NULL;
}

/* ---- Forms of a public key: bytes are of a form if a decoder of that form accepts them --------------------------- */

/* RFC 7468 §2, RFC 9580 §6.2 (PGP), after any text. Also matches private keys, which are no shared secrets either. */
static bool is_pem(struct tam_str text) {
    return has_part(text, "-----BEGIN");
}

/* Reads a string (RFC 4251 §5) and removes it from *rest. */
static bool take_ssh_string(struct tam_str *rest, struct tam_str *ret_string) {
    const unsigned char *at = (const unsigned char *)rest->ptr;
    if (rest->len < 4) {
        return false;
    }
    size_t len = (size_t)at[0] << 24 | (size_t)at[1] << 16 | (size_t)at[2] << 8 | at[3];
    if (len > rest->len - 4) {
        return false;
    }
    *ret_string = (struct tam_str){ rest->ptr + 4, len };
    *rest = str_from(*rest, 4 + len);
    return true;
}

/* RFC 4253 §6.6: the name of the algorithm, then its numbers. RFC 4716: the same in base64 below a header line. */
static bool is_ssh(struct tam_str bytes) {
    static const struct tam_str families[] = { STR_INIT("ssh-"), STR_INIT("ecdsa-sha2-"), STR_INIT("sk-"),
                                               STR_INIT("rsa-sha2-"), STR_INIT("x509v3-") };
    struct tam_str rest = bytes, name, number;
    if (!take_ssh_string(&rest, &name) || !take_ssh_string(&rest, &number)) {
        return has_part(bytes, "---- BEGIN SSH2");
    }
    for (size_t i = 0; i < COUNT(families); i++) {
        if (str_starts(name, families[i])) {
            return true;
        }
    }
    return false;
}

static bool holds_jwk(const struct json *value) {
    if (json_is(json_member(value, STR("kty")), JSON_TYPE_STRING)) {
        return true;
    }
    bool nested = json_is(value, JSON_TYPE_OBJECT) || json_is(value, JSON_TYPE_ARRAY);
    for (const struct json *one = nested ? value->first : NULL; one != NULL; one = one->next) {
        if (holds_jwk(one)) {
            return true;
        }
    }
    return false;
}

/* The text from the first bracket to the last: a JWK may follow a byte order mark, a comment or an assignment. */
static struct tam_str json_within(struct tam_str text) {
    while (text.len > 0 && text.ptr[0] != '{' && text.ptr[0] != '[') {
        text = str_from(text, 1);
    }
    while (text.len > 0 && text.ptr[text.len - 1] != '}' && text.ptr[text.len - 1] != ']') {
        text.len--;
    }
    return text;
}

/* Finds a member "kty" in what only lenient readers take for JSON: names without quotes or in single quotes, YAML, JSON
 * inside a JSON string. No false alarms: the colon is in no alphabet that random bytes are encoded in. */
static bool has_kty(struct tam_str text) {
    for (; text.len > 0; text = str_from(text, 3)) {
        const char *at = memmem(text.ptr, text.len, "kty", 3);
        if (at == NULL) {
            return false;
        }
        text = str_from(text, (size_t)(at - text.ptr));
        struct tam_str rest = str_from(text, 3);
        while (rest.len > 0 && memchr("\\\"' ", rest.ptr[0], 4) != NULL) {
            rest = str_from(rest, 1);
        }
        if (str_starts(rest, STR(":")) || str_starts(rest, STR("%22"))) {
            return true;
        }
    }
    return false;
}

/* A JWK, a JWK set, or a document that holds one (RFC 7517 §4 and §5). */
static bool is_jwk(struct tam_str text) {
    const char *fault = NULL;
    struct arena arena;
    if (has_kty(text)) {
        return true;
    }
    arena_init(&arena, NULL, 0, TREE_LIMIT);
    const struct pool pool = arena_pool(&arena);
    bool found = holds_jwk(json_read(json_within(text), &pool, &fault));
    arena_free(&arena);
    return found;
}

/* The output of openssl with -modulus or -text, and XML (XML Signature §4.5.2). */
static bool is_printed(struct tam_str text) {
    return has_part(text, "Modulus=") || has_part(text, "Modulus:") || has_part(text, "Public-Key:") ||
           has_part(text, "KeyValue>");
}

static bool is_spki(const unsigned char *der, long len) {
    X509_PUBKEY *key = d2i_X509_PUBKEY(NULL, &der, len);
    X509_PUBKEY_free(key);
    return key != NULL;
}

static bool is_pkcs1(const unsigned char *der, long len) {
    EVP_PKEY *key = d2i_PublicKey(EVP_PKEY_RSA, NULL, &der, len);
    EVP_PKEY_free(key);
    return key != NULL;
}

static bool is_certificate(const unsigned char *der, long len) {
    X509 *certificate = d2i_X509(NULL, &der, len);
    X509_free(certificate);
    return certificate != NULL;
}

static bool is_request(const unsigned char *der, long len) {
    X509_REQ *request = d2i_X509_REQ(NULL, &der, len);
    X509_REQ_free(request);
    return request != NULL;
}

static bool is_bundle(const unsigned char *der, long len) {
    PKCS7 *bundle = d2i_PKCS7(NULL, &der, len);
    PKCS7_free(bundle);
    return bundle != NULL;
}

/* Every other form that OpenSSL decodes: private keys, DSA, Microsoft's key blobs. */
static bool is_decoded(const unsigned char *data, long len) {
    EVP_PKEY *key = NULL;
    size_t rest = (size_t)len;
    OSSL_DECODER_CTX *decoder = OSSL_DECODER_CTX_new_for_pkey(&key, NULL, NULL, NULL, 0, NULL, NULL);
    bool good = decoder != NULL && OSSL_DECODER_from_data(decoder, &data, &rest) == 1;
    OSSL_DECODER_CTX_free(decoder);
    EVP_PKEY_free(key);
    return good;
}

static bool is_der(struct tam_str bytes) {
    static bool (*const readers[])(const unsigned char *, long) = { is_spki,    is_pkcs1,  is_certificate,
                                                                    is_request, is_bundle, is_decoded };
    /* First byte of a SEQUENCE or of a Microsoft key blob. Checked first, because OpenSSL takes a millisecond to find
     * that no decoder accepts the bytes. */
    if (bytes.len == 0 || memchr("\x30\x06\x07\x1e", bytes.ptr[0], 4) == NULL) {
        return false;
    }
    for (size_t i = 0; i < COUNT(readers); i++) {
        if (readers[i]((const unsigned char *)bytes.ptr, (long)bytes.len)) {
            return true;
        }
    }
    return false;
}

/* The body of the first packet, if it is complete and a public key or subkey: tag 6 or 14 (RFC 9580 §4.2 and
 * §5.5.1). */
static bool take_pgp_packet(struct tam_str bytes, struct tam_str *ret_body) {
    const unsigned char *at = (const unsigned char *)bytes.ptr;
    bool new_format = bytes.len > 6 && (at[0] & 0xc0) == 0xc0, old_format = bytes.len > 6 && (at[0] & 0xc0) == 0x80;
    unsigned tag = new_format ? at[0] & 0x3fu : old_format ? at[0] >> 2 & 0x0fu : 0;
    size_t header = 2, len = 0;
    if (tag != 6 && tag != 14) {
        return false;
    }
    len = at[1];
    if (new_format ? len >= 192 && len < 224 : (at[0] & 3) == 1) {
        header = 3;
        len = new_format ? (len - 192) * 256 + at[2] + 192 : len * 256 + at[2];
    } else if (new_format ? len == 255 : (at[0] & 3) == 2) {
        size_t from = new_format ? 2 : 1;
        header = from + 4;
        len = (size_t)at[from] << 24 | (size_t)at[from + 1] << 16 | (size_t)at[from + 2] << 8 | at[from + 3];
    }
    *ret_body = (struct tam_str){ bytes.ptr + header, len };
    return len >= KEY_LEN_MIN && len <= bytes.len - header;
}

/* RFC 9580 §5.5.2 and §5.5.5: version, time and algorithm, then the first number or the curve of that algorithm. */
static bool is_pgp(struct tam_str bytes) {
    struct tam_str body;
    if (!take_pgp_packet(bytes, &body)) {
        return false;
    }
    const unsigned char *at = (const unsigned char *)body.ptr;
    size_t place = at[0] < 4 ? 7 : 5; /* of the algorithm */
    const unsigned char *number = at + place + (at[0] < 5 ? 1 : 5);
    size_t bits = (size_t)number[0] << 8 | number[1];
    switch (at[place]) {
    case 1: /* RSA, Elgamal, DSA: a number with its length in bits, the first of which is 1 */
    case 2:
    case 3:
    case 16:
    case 17:
        return at[0] >= 2 && at[0] <= 6 && bits >= 512 && bits <= 16384 && number[2] >> ((bits - 1) % 8) == 1;
    case 18: /* curves, by object identifier: the first byte encodes 1.2 or 1.3 */
    case 19:
    case 22:
        return at[0] >= 4 && at[0] <= 6 && number[0] < 20 && (number[1] == 0x2a || number[1] == 0x2b);
    default: /* the algorithms of version 6: a length that covers the rest of the body */
        return at[0] == 6 && at[place] >= 25 && at[place] <= 28 && body.len >= 10 && at[6] == 0 && at[7] == 0 &&
               at[8] == 0 && at[9] == body.len - 10;
    }
}

/* SEC 1 §2.3.3, the form that HSMs and browsers export: 4, x, y. A compressed point looks like random bytes, so it is
 * not recognised. */
static bool is_point_of(struct tam_str bytes, const struct key_curve *curve) {
    size_t len = curve->coordinate_len;
    struct tam_str x = { bytes.ptr + 1, len }, y = { bytes.ptr + 1 + len, len };
    struct buf why;
    if (bytes.len < 1 + 2 * len || bytes.ptr[0] != 4) {
        return false;
    }
    buf_init(&why, 128);
    EVP_PKEY *key = key_material_ec(curve, x, y, &why);
    EVP_PKEY_free(key);
    buf_free(&why);
    return key != NULL;
}

static bool is_point(struct tam_str bytes) {
    return is_point_of(bytes, key_curve_find(KEY_EC, STR("P-256"))) ||
           is_point_of(bytes, key_curve_find(KEY_EC, STR("P-384"))) ||
           is_point_of(bytes, key_curve_find(KEY_EC, STR("P-521")));
}

static const struct form {
    const char *sentence;
    bool (*fits)(struct tam_str bytes);
} forms[] = {
    { "a PEM is no shared secret", is_pem },
    { "an SSH public key is no shared secret", is_ssh },
    { "a JWK is no shared secret", is_jwk },
    { "a printed public key is no shared secret", is_printed },
    { "a key or certificate in DER is no shared secret", is_der },
    { "a PGP public key is no shared secret", is_pgp },
    { "a point of a curve is a public key and no shared secret", is_point },
};

/* ---- Encodings --------------------------------------------------------------------------------------------------- */

static int base64_digit(char byte) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = byte == '-' ? digits + 62 : byte == '_' ? digits + 63 : byte != '\0' ? strchr(digits, byte) : NULL;
    return at != NULL ? (int)(at - digits) : -1;
}

static int hex_digit(char byte) {
    static const char digits[] = "0123456789abcdef";
    char lower = byte >= 'A' && byte <= 'F' ? (char)(byte - 'A' + 'a') : byte;
    const char *at = lower != '\0' ? strchr(digits, lower) : NULL;
    return at != NULL ? (int)(at - digits) : -1;
}

static const struct alphabet {
    int (*digit)(char byte); /* the value of a digit, or -1 */
    unsigned bits;
    const char *between; /* bytes that may stand between digits */
} alphabets[] = {
    { base64_digit, 6, " \t\r\n\f\v" },
    { hex_digit, 4, " \t\r\n\f\v:,;" },
};

/* The number of leading bytes that separate digits and have no value: white space, the two characters "\n", 0x, and the
 * backslash of "\/" in JSON. */
static size_t count_between(const struct alphabet *alphabet, struct tam_str text) {
    bool hex = alphabet->bits == 4;
    if (str_starts(text, STR("\\n")) || str_starts(text, STR("\\r")) ||
        (hex && (str_starts_nocase(text, STR("0x")) || str_starts(text, STR("\\x"))))) {
        return 2;
    }
    return str_starts(text, STR("\\/")) ||
           (text.len > 0 && text.ptr[0] != '\0' && strchr(alphabet->between, text.ptr[0]) != NULL);
}

/* Decodes up to the first byte that is neither digit nor separator; `out` has room for text.len bytes. Returns the
 * length. */
static size_t decode(const struct alphabet *alphabet, struct tam_str text, char *out) {
    unsigned pending = 0, bits = 0;
    size_t len = 0;
    while (text.len > 0) {
        size_t skip = count_between(alphabet, text);
        int digit = skip > 0 ? 0 : alphabet->digit(text.ptr[0]);
        if (digit < 0) {
            break;
        }
        text = str_from(text, skip > 0 ? skip : 1);
        if (skip > 0) {
            continue;
        }
        pending = pending << alphabet->bits | (unsigned)digit;
        bits += alphabet->bits;
        if (bits >= 8) {
            bits -= 8;
            out[len++] = (char)(pending >> bits & 0xff);
        }
    }
    return len;
}

static const char *find_form(struct tam_str bytes, unsigned depth);

/* Decodes from each position where a run of digits begins, because text may precede the key. */
static const char *find_decoded(const struct alphabet *alphabet, struct tam_str text, unsigned depth) {
    const char *found = NULL;
    char *out = mem_alloc_raw(text.len);
    if (out == NULL) {
        return "no memory";
    }
    for (size_t i = 0; found == NULL && i < text.len; i++) {
        if (alphabet->digit(text.ptr[i]) >= 0 && (i == 0 || alphabet->digit(text.ptr[i - 1]) < 0)) {
            size_t len = decode(alphabet, str_from(text, i), out);
            found = len >= KEY_LEN_MIN ? find_form((struct tam_str){ out, len }, depth - 1) : NULL;
        }
    }
    mem_free_wiped(out, text.len);
    return found;
}

/* Removes zero bytes, which turns UTF-16 and UTF-32 of ASCII text into ASCII. */
static const char *find_without_zeros(struct tam_str text, unsigned depth) {
    const char *found = NULL;
    size_t len = 0;
    char *out = mem_alloc_raw(text.len);
    if (out == NULL) {
        return "no memory";
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] != '\0') {
            out[len++] = text.ptr[i];
        }
    }
    if (len >= KEY_LEN_MIN && len < text.len) {
        found = find_form((struct tam_str){ out, len }, depth - 1);
    }
    mem_free_wiped(out, text.len);
    return found;
}

/* Returns the sentence for the form of public key that the bytes have, as they are or decoded; NULL: none. */
static const char *find_form(struct tam_str bytes, unsigned depth) {
    const char *found = NULL;
    for (size_t i = 0; i < COUNT(forms); i++) {
        if (forms[i].fits(bytes)) {
            return forms[i].sentence;
        }
    }
    for (size_t i = 0; depth > 0 && found == NULL && i < COUNT(alphabets); i++) {
        found = find_decoded(&alphabets[i], bytes, depth);
    }
    return found != NULL || depth == 0 ? found : find_without_zeros(bytes, depth);
}

/* ---- Secrets that are easy to guess ------------------------------------------------------------------------------ */

static bool has_period(struct tam_str secret, size_t period) {
    return secret.len > period && memcmp(secret.ptr, secret.ptr + period, secret.len - period) == 0;
}

static bool is_periodic(struct tam_str secret) {
    for (size_t period = 1; period < PERIOD_MIN; period++) {
        if (has_period(secret, period)) {
            return true;
        }
    }
    return false;
}

/* 00 01 02 …, as in the examples of specifications. */
static bool is_sequence(struct tam_str secret) {
    for (size_t i = 2; i < secret.len; i++) {
        if ((unsigned char)(secret.ptr[i] - secret.ptr[i - 1]) != (unsigned char)(secret.ptr[1] - secret.ptr[0])) {
            return false;
        }
    }
    return true;
}

/* Few distinct bytes, or one byte in more than half of the secret (padding). 32 random hexadecimal digits have about 14
 * distinct ones. */
static bool is_uniform(struct tam_str secret) {
    size_t counts[256] = { 0 }, distinct = 0, most = 0;
    for (size_t i = 0; i < secret.len; i++) {
        size_t count = ++counts[(unsigned char)secret.ptr[i]];
        distinct += count == 1;
        most = count > most ? count : most;
    }
    mem_wipe(counts, sizeof counts);
    return distinct < DISTINCT_MIN || most > secret.len / 2;
}

/* Appends a newline, because the reader of KEY_file options removes a final one, and a key in DER may end in that
 * byte. */
static const char *find_form_with_newline(struct tam_str secret) {
    char *copy = mem_alloc_raw(secret.len + 1);
    if (copy == NULL) {
        return "no memory";
    }
    memcpy(copy, secret.ptr != NULL ? secret.ptr : "", secret.len);
    copy[secret.len] = '\n';
    const char *form = find_form((struct tam_str){ copy, secret.len + 1 }, DEPTH_MAX);
    mem_free_wiped(copy, secret.len + 1);
    return form;
}

bool key_secret_check(struct tam_str secret, struct buf *ret_why) {
    const char *form = find_form_with_newline(secret);
    if (form != NULL) {
        return key_refuse(ret_why, form);
    }
    return secret.len >= algorithm_at(ALGORITHM_HS256)->digest_len ||
           key_refuse(ret_why, "a shared secret of less than 32 bytes is too short for HS256 (RFC 7518 section 3.2)");
}

bool key_strength_check(const struct key *key, struct buf *ret_why) {
    struct tam_str secret = { key->secret, key->secret_len };
    return key->type != KEY_OCT || (!is_uniform(secret) && !is_periodic(secret) && !is_sequence(secret)) ||
           key_refuse(ret_why, "the shared secret is too simple, and can be guessed: take random bytes");
}
