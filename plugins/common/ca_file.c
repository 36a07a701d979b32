/* SPDX-License-Identifier: MIT
 *
 * Reads the certificates of a ca_file as libcurl does: text between certificates is skipped, a damaged certificate is
 * an error.
 */
#include <config.h>

#include <plugins/common/ca_file.h>

#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <src/base/str.h>

static bool has(struct tam_str text, const char *part) {
    return text.len > 0 && memmem(text.ptr, text.len, part, strlen(part)) != NULL;
}

/* ASN.1: a SEQUENCE with a length in long form. */
static bool is_der(struct tam_str content) {
    return content.len > 4 && (unsigned char)content.ptr[0] == 0x30 && (unsigned char)content.ptr[1] >= 0x81 &&
           (unsigned char)content.ptr[1] <= 0x84;
}

static const char *fault_of(struct tam_str content) {
    if (content.len == 0) {
        return "it is empty";
    }
    if (is_der(content)) {
        return "it is DER, not PEM: convert it with `openssl x509 -inform DER`";
    }
    if (has(content, "PRIVATE KEY-----")) {
        return "it has a private key and no certificate; the certificates of the authorities are wanted";
    }
    if (has(content, "-----BEGIN PKCS7-----") || has(content, "-----BEGIN CERTIFICATE REQUEST-----") ||
        has(content, "-----BEGIN PUBLIC KEY-----")) {
        return "it is PEM of another kind: `-----BEGIN CERTIFICATE-----` is wanted";
    }
    return "it has no certificate in PEM (-----BEGIN CERTIFICATE-----)";
}

/* Refuses encrypted blocks; without it OpenSSL would ask for a passphrase on the terminal. */
static int no_passphrase(char *out, int size, int writing, void *ctx) {
    (void)out;
    (void)size;
    (void)writing;
    (void)ctx;
    return -1;
}

/* The number of certificates before the first damaged one; *ret_damaged: there is a damaged one. */
static size_t count_certificates(BIO *bio, bool *ret_damaged) {
    size_t count = 0;
    for (X509 *each = PEM_read_bio_X509_AUX(bio, NULL, no_passphrase, NULL); each != NULL;
         each = PEM_read_bio_X509_AUX(bio, NULL, no_passphrase, NULL)) {
        X509_free(each);
        count++;
    }
    *ret_damaged = ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE;
    return count;
}

bool ca_file_check(struct tam_str content, struct buf *why) {
    BIO *bio = content.len <= INT_MAX ? BIO_new_mem_buf(content.len > 0 ? content.ptr : "", (int)content.len) : NULL;
    bool damaged = false;
    if (bio == NULL) {
        buf_add_text(why, "out of memory");
        return false;
    }
    ERR_set_mark();
    size_t count = count_certificates(bio, &damaged);
    ERR_pop_to_mark();
    BIO_free(bio);
    if (damaged) {
        buf_format(why, "its certificate %zu is damaged", count + 1);
    } else if (count == 0) {
        buf_add_text(why, fault_of(content));
    }
    return count > 0 && !damaged;
}
