/* SPDX-License-Identifier: MIT
 *
 * The certificate authority of a directory, and the server certificates that it issues. It is made once and stays, so
 * that a client that was given ca.pem need not hear of a restart.
 */
#include <config.h>

#include <tools/issuer/authority.h>

#include <src/base/clock.h>
#include <src/base/mem.h>
#include <src/base/str.h>
#include <sys/file.h>
#include <tools/issuer/certificate.h>
#include <tools/issuer/files.h>
#include <tools/issuer/signing.h>
#include <unistd.h>

#define PEM_MAX   ((size_t)64 << 10)
#define WHY_MAX   1024
#define CA_NAME   "tam-issuer development CA (not for production)"
#define CA_DAYS   3650
#define CA_RENEWS (30 * 24 * 3600)

static EVP_PKEY *tls_key_make(struct buf *why) {
    return signing_key_make(signing_algorithm_find(STR("ES256")), 0, why);
}

void issuer_authority_free(struct issuer_authority *authority) {
    X509_free(authority->certificate);
    EVP_PKEY_free(authority->key);
    *authority = (struct issuer_authority){ NULL, NULL };
}

static bool authority_usable(const struct issuer_authority *authority) {
    if (authority->certificate == NULL || authority->key == NULL) {
        return false;
    }
    time_t soon = (time_t)(clock_now() + CA_RENEWS);
    return X509_check_private_key(authority->certificate, authority->key) == 1 &&
           X509_cmp_time(X509_get0_notAfter(authority->certificate), &soon) > 0;
}

/* Whatever is wrong with the files, the answer is a new authority: why it had to be is of no interest. */
static void authority_read(const char *certificate_path, const char *key_path, struct issuer_authority *ret_authority) {
    struct buf pem, ignored;
    buf_init(&pem, PEM_MAX);
    buf_init(&ignored, WHY_MAX);
    if (access(certificate_path, R_OK) == 0 && issuer_file_read(certificate_path, &pem, &ignored)) {
        ret_authority->certificate = certificate_read_pem(buf_str(&pem), &ignored);
    }
    buf_clear(&pem);
    if (access(key_path, R_OK) == 0 && issuer_file_read(key_path, &pem, &ignored)) {
        ret_authority->key = certificate_read_private_pem(buf_str(&pem), &ignored);
    }
    buf_free(&pem);
    buf_free(&ignored);
}

static bool authority_write(const struct issuer_authority *authority, const char *certificate_path,
                            const char *key_path, struct buf *why) {
    struct buf pem;
    buf_init(&pem, PEM_MAX);
    bool good =
        certificate_add_private_pem(authority->key, &pem, why) && issuer_file_write(key_path, buf_str(&pem), 0600, why);
    buf_free(&pem);
    good = good && certificate_add_pem(authority->certificate, &pem, why) &&
           issuer_file_write(certificate_path, buf_str(&pem), 0644, why);
    buf_free(&pem);
    return good;
}

static bool authority_make(struct issuer_authority *ret_authority, struct buf *why) {
    struct issuer_authority made = { NULL, tls_key_make(why) };
    if (made.key == NULL) {
        return false;
    }
    struct certificate_request request = {
        .name = CA_NAME, .key = made.key, .valid_from = -1, .valid_to = CA_DAYS, .is_authority = true
    };
    made.certificate = certificate_make(&request, why);
    if (made.certificate == NULL) {
        issuer_authority_free(&made);
        return false;
    }
    *ret_authority = made;
    return true;
}

static bool authority_open(const char *certificate_path, const char *key_path, struct issuer_authority *ret_authority,
                           struct buf *why) {
    struct issuer_authority found = { NULL, NULL };
    authority_read(certificate_path, key_path, &found);
    bool good = authority_usable(&found);
    if (!good) {
        issuer_authority_free(&found);
        good = authority_make(&found, why) && authority_write(&found, certificate_path, key_path, why);
    }
    if (good) {
        *ret_authority = found;
    } else {
        issuer_authority_free(&found);
    }
    return good;
}

bool issuer_authority_open(const char *dir, struct issuer_authority *ret_authority, struct buf *why) {
    char *certificate_path = issuer_path(dir, "ca.pem");
    char *key_path = issuer_path(dir, "ca.key");
    char *lock_path = issuer_path(dir, "lock");
    bool good = certificate_path != NULL && key_path != NULL && lock_path != NULL;
    int lock = good ? issuer_file_lock(lock_path, LOCK_EX, why) : -1;
    good = lock >= 0 && authority_open(certificate_path, key_path, ret_authority, why);
    if (lock >= 0) {
        close(lock);
    }
    mem_free(lock_path);
    mem_free(key_path);
    mem_free(certificate_path);
    return good;
}

bool issuer_authority_certify(const struct issuer_authority *authority, const char *const *names, size_t count,
                              int valid_from, int valid_to, struct buf *ret_certificate, struct buf *ret_key,
                              struct buf *why) {
    EVP_PKEY *key = tls_key_make(why);
    if (key == NULL) {
        return false;
    }
    struct certificate_request request = { .name = "tam-issuer",
                                           .key = key,
                                           .authority = authority->certificate,
                                           .authority_key = authority->key,
                                           .host_names = names,
                                           .host_count = count,
                                           .valid_from = valid_from,
                                           .valid_to = valid_to };
    X509 *certificate = certificate_make(&request, why);
    bool good = certificate != NULL && certificate_add_pem(certificate, ret_certificate, why) &&
                certificate_add_private_pem(key, ret_key, why);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return good;
}
