/* SPDX-License-Identifier: MIT
 *
 * Reads with GnuTLS, which libmicrohttpd speaks TLS with: what it cannot use is found before anybody connects.
 */
#include <config.h>

#include <tools/tamd/http/tls.h>

#include <gnutls/x509.h>
#include <src/base/mem.h>
#include <src/base/file.h>
#include <src/base/str.h>
#include <stdatomic.h>

#define PEM_MAX ((size_t)1 << 20)
#define ID_MAX  64 /* a hash of the public key */

struct tls {
    atomic_uint holders;
    gnutls_x509_crt_t *chain; /* the certificate first */
    unsigned count;
    gnutls_x509_privkey_t key;
};

/* ---- Reading ---- */

static bool chain_read(struct tls *tls, const char *file, bool any_owner, struct buf *why) {
    struct buf pem;
    buf_init(&pem, PEM_MAX);
    bool good = file_read(file, any_owner ? FILE_ANY : 0, PEM_MAX, &pem, why);
    if (good) {
        const gnutls_datum_t datum = { (unsigned char *)pem.ptr, (unsigned)pem.len };
        int status = gnutls_x509_crt_list_import2(&tls->chain, &tls->count, &datum, GNUTLS_X509_FMT_PEM,
                                                  GNUTLS_X509_CRT_LIST_FAIL_IF_UNSORTED);
        good = status >= 0 && tls->count > 0;
        if (!good) {
            buf_format(why, "%s holds no certificate with its chain in PEM: %s", file, gnutls_strerror(status));
        }
    }
    buf_free(&pem);
    return good;
}

static bool key_read(struct tls *tls, const char *file, bool any_owner, struct buf *why) {
    struct buf pem;
    buf_init(&pem, PEM_MAX);
    bool good = file_read(file, FILE_SECRET | (any_owner ? FILE_ANY : 0), PEM_MAX, &pem, why);
    if (good) {
        const gnutls_datum_t datum = { (unsigned char *)pem.ptr, (unsigned)pem.len };
        int status = gnutls_x509_privkey_init(&tls->key);
        if (status >= 0) {
            status = gnutls_x509_privkey_import2(tls->key, &datum, GNUTLS_X509_FMT_PEM, NULL, 0);
        }
        good = status >= 0;
        if (!good) {
            buf_format(why, "%s holds no private key in PEM without a password: %s", file, gnutls_strerror(status));
        }
    }
    buf_free(&pem);
    return good;
}

static bool belong_together(const struct tls *tls) {
    unsigned char certificate[ID_MAX], key[ID_MAX];
    size_t certificate_len = sizeof certificate, key_len = sizeof key;
    return gnutls_x509_crt_get_key_id(tls->chain[0], GNUTLS_KEYID_USE_SHA256, certificate, &certificate_len) >= 0 &&
           gnutls_x509_privkey_get_key_id(tls->key, GNUTLS_KEYID_USE_SHA256, key, &key_len) >= 0 &&
           certificate_len == key_len && memcmp(certificate, key, key_len) == 0;
}

struct tls *tls_read(const char *certificate_file, const char *key_file, bool any_owner, struct buf *why) {
    struct tls *tls = mem_alloc(sizeof *tls);
    if (tls == NULL) {
        buf_add_text(why, "memory ran out");
        return NULL;
    }
    tls->holders = 1;
    bool good = chain_read(tls, certificate_file, any_owner, why) && key_read(tls, key_file, any_owner, why);
    if (good && !belong_together(tls)) {
        buf_format(why, "the key in %s is not that of the certificate in %s", key_file, certificate_file);
        good = false;
    }
    if (good) {
        return tls;
    }
    tls_give(tls);
    return NULL;
}

/* ---- Its life ---- */

struct tls *tls_take(struct tls *tls) {
    if (tls != NULL) {
        atomic_fetch_add(&tls->holders, 1);
    }
    return tls;
}

void tls_give(struct tls *tls) {
    if (tls == NULL || atomic_fetch_sub(&tls->holders, 1) > 1) {
        return;
    }
    for (unsigned i = 0; i < tls->count; i++) {
        gnutls_x509_crt_deinit(tls->chain[i]);
    }
    gnutls_free(tls->chain);
    if (tls->key != NULL) {
        gnutls_x509_privkey_deinit(tls->key);
    }
    mem_free(tls);
}

/* ---- Looking ---- */

/* The key is the one of the first certificate. */
bool tls_same(const struct tls *a, const struct tls *b) {
    bool same = a->count == b->count;
    for (unsigned i = 0; same && i < a->count; i++) {
        same = gnutls_x509_crt_equals(a->chain[i], b->chain[i]) != 0;
    }
    return same;
}

int64_t tls_begins(const struct tls *tls) {
    return gnutls_x509_crt_get_activation_time(tls->chain[0]);
}

int64_t tls_ends(const struct tls *tls) {
    return gnutls_x509_crt_get_expiration_time(tls->chain[0]);
}

/* ---- A handshake ---- */

bool tls_copy(const struct tls *tls, gnutls_pcert_st **ret_certificates, unsigned *ret_count,
              gnutls_privkey_t *ret_key) {
    gnutls_pcert_st *certificates = gnutls_calloc(tls->count, sizeof *certificates);
    gnutls_privkey_t key = NULL;
    unsigned count = 0;
    while (certificates != NULL && count < tls->count &&
           gnutls_pcert_import_x509(&certificates[count], tls->chain[count], 0) >= 0) {
        count++;
    }
    if (count == tls->count && gnutls_privkey_init(&key) >= 0 &&
        gnutls_privkey_import_x509(key, tls->key, GNUTLS_PRIVKEY_IMPORT_COPY) >= 0) {
        *ret_certificates = certificates;
        *ret_count = count;
        *ret_key = key;
        return true;
    }
    for (unsigned i = 0; i < count; i++) {
        gnutls_pcert_deinit(&certificates[i]);
    }
    gnutls_free(certificates);
    if (key != NULL) {
        gnutls_privkey_deinit(key);
    }
    return false;
}
